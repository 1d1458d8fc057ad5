"""Does a neural network beat gradient boosting on your universe of stocks, by how much, and can you trust it?

`import neuralpha as na` is light: a name below loads its module on first use.
"""

import os

__version__ = "0.1.0"


def _writable(folder):
    """Whether a folder can be written, or made."""
    there = os.path.abspath(folder)
    while not os.path.lexists(there):
        there = os.path.dirname(there)
    return os.path.isdir(there) and os.access(there, os.W_OK | os.X_OK)


def _places_for_caches():
    """Where neither home nor installation can be written, numba refuses to work, and matplotlib complains in a report.

    Then what they keep goes to a folder for temporary files, for this process and those it starts.
    """
    here = os.path.dirname(os.path.abspath(__file__))
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    config = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    folders = [os.path.join(here, name) for name in sorted(os.listdir(here))]
    packages = [here, *(folder for folder in folders if os.path.exists(os.path.join(folder, "__init__.py")))]
    usual = {  # each of one of the lists is needed
        "NUMBA_CACHE_DIR": [
            [os.path.join(cache, "numba")],
            [os.path.join(package, "__pycache__") for package in packages],
        ],
        "MPLCONFIGDIR": [[os.path.join(cache, "matplotlib"), os.path.join(config, "matplotlib")]],
    }
    for variable, places in usual.items():
        if os.environ.get(variable):
            places = [[os.environ[variable]]]
        if not any(all(map(_writable, needed)) for needed in places):
            _move_cache(variable, places)


def _move_cache(variable, places):
    """Say once where a cache is now: processes that are started from here find the variable set."""
    import sys

    tried = ", ".join(needed[0] for needed in places)
    try:
        folder = _own_temporary_folder(f"neuralpha-{variable.lower()}-{os.getuid()}")
    except OSError as e:
        print(
            f"neuralpha: {tried}: cannot be written, nor can any folder for temporary files ({e}); set {variable} to "
            "one that can.",
            file=sys.stderr,
        )
        return
    os.environ[variable] = folder
    if variable == "NUMBA_CACHE_DIR" and "numba" in sys.modules:
        sys.modules["numba"].config.CACHE_DIR = folder  # it has read the variable already
    print(f"neuralpha: {tried}: cannot be written; {folder} is used. {variable} names another place.", file=sys.stderr)


def _own_temporary_folder(name):
    """A folder that only this user can write: compiled code is run as it is found. Another where it is taken."""
    import stat
    import tempfile

    folder = os.path.join(tempfile.gettempdir(), name)
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        found = os.lstat(folder)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
            return tempfile.mkdtemp(prefix=f"{name}-")
    return folder


_places_for_caches()

_HOMES = {
    "core": "NeuralphaError",
    "data.panel": "Panel panel_from_frame",
    "data.universes": "load_universe list_universes import_universe check_universe check_source",
    "data.simulated.market": "simulate_universe",
    "features.compute": "compute_features",
    "features.own": "check_feature",
    "features.pipeline": "Pipeline",
    "features.table": "Features View",
    "labels": "Label forward_return excess_return volatility_scaled triple_barrier multi_horizon own_label "
    "sample_weights",
    "splits": "Fold walk_forward fixed_split purged_kfold combinatorial_purged plot_folds",
    "models.registry": "make_model load_model model_names",
    "models.contract": "check_model",
    "models.linear": "Ridge",
    "models.trees": "LightGBM",
    "models.nets": "MLP",
    "models.recurrent": "LSTM GRU",
    "models.predict": "Predictions cross_predict",
    "trading.costs": "Costs make_costs",
    "trading.clock": "Clock",
    "evaluate.ic": "ic rank_ic",
    "evaluate.metrics": "evaluate_scores",
    "evaluate.neutral": "neutral_scores",
    "evaluate.compare": "compare compare_studies",
    "report.feature_study": "study_feature quantiles",
    "evaluate.plots": "plot_ic plot_cumulative_ic plot_evidence plot_ic_by_horizon plot_quantiles plot_regimes "
    "plot_exposures "
    "plot_folds_ic plot_score_correlation plot_spread plot_leaderboard",
    "evaluate.tearsheet": "tear_sheet",
    "attribution.explain": "explain plot_importance plot_lags plot_summary plot_time plot_regime",
    "portfolio.policies": "Policy Quantiles TopN RankWeights Band FractionalKelly ConstrainedSize Capped Neutral "
    "Slowed VolatilityTarget DrawdownCut Breaker",
    "portfolio.stops": "StopLoss TimeStop RangeTarget NoTrade",
    "portfolio.balance": "Balanced",
    "portfolio.forecast": "forecast_returns",
    "portfolio.backtest": "Book backtest",
    "portfolio.capacity": "capacity break_even conventions netting",
    "portfolio.anatomy": "monthly_returns drawdowns contributors book_exposures rolling_numbers return_quantiles",
    "portfolio.flips": "flips flip_distances",
    "portfolio.optimise": "MeanVariance Limits",
    "portfolio.league": "league judge_breaker",
    "portfolio.risk": "risk stress",
    "portfolio.resilience": "resilience",
    "portfolio.foresight": "audit_policy",
    "rl.environment": "trade_env Reward ActionLimits",
    "rl.agents": "train_agent",
    "rl.by_reward": "train_by_reward load_agent find_leaked_future",
    "rl.cross_trade": "cross_trade agent_league find_lookahead",
    "monitor.charts": "watch",
    "monitor.decay": "rolling_band half_life",
    "monitor.drift": "drift_table severity",
    "monitor.sequential": "decide years_to_decide",
    "monitor.journal": "write_journal read_journal verify_journal",
    "monitor.policy": "load_policy",
    "monitor.registry": "contest promote roll_back",
    "report.desk": "open_desk step_desk replay_desk retrain_desk",
    "study.spec": "Study load_study",
    "study.experiment": "open_experiment",
    "audit.pipeline": "audit_features audit_label audit_pipeline",
    "audit.studies": "audit_study",
    "audit.holdout": "seal_holdout open_holdout",
    "report.verify": "verify_report",
    "report.inspect": "inspect",
    "report.asset": "asset",
    "report.worst": "worst",
    "report.score": "score",
    "report.run": "run_study",
    "report.sweep": "sweep",
}
_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}
__all__ = sorted(_HOME)


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module 'neuralpha' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"neuralpha.{_HOME[name]}"), name)


def __dir__():
    """What stands behind `na.<tab>`: the public names, and no module that something else has loaded."""
    return [*(name for name in globals() if name.startswith("__")), *__all__]
