"""Does a neural network beat gradient boosting on your universe of stocks, by how much, and can you trust it?

`import neuralpha as na` is light: a name below loads its module on first use."""

__version__ = "0.1.0"

_HOMES = {
    "core": "NeuralphaError",
    "data.panel": "Panel panel_from_frame",
    "data.universes": "load_universe list_universes import_universe",
    "data.simulate": "simulate_universe",
    "features.compute": "compute_features",
    "features.table": "Features View",
    "labels": "Label forward_return triple_barrier multi_horizon",
    "splits": "Fold walk_forward fixed_split purged_kfold combinatorial_purged plot_folds",
    "models.registry": "make_model load_model model_names",
    "models.linear": "Ridge",
    "models.trees": "LightGBM",
    "models.nets": "MLP",
    "models.recurrent": "LSTM GRU",
    "models.predict": "Predictions cross_predict",
    "evaluate.ic": "ic rank_ic",
    "evaluate.metrics": "evaluate_scores",
    "evaluate.compare": "compare compare_studies",
    "evaluate.tearsheet": "tear_sheet",
    "explain": "explain",
    "study.spec": "Study load_study",
    "study.bench": "open_bench",
    "study.audit": "audit_features audit_label audit_pipeline audit_study",
    "study.holdout": "seal_holdout open_holdout",
    "study.verify": "verify_report",
    "study.run": "run_study",
}
_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}
__all__ = sorted(_HOME)


def __getattr__(name):
    if name not in _HOME: raise AttributeError(f"module 'neuralpha' has no attribute {name!r}")
    from importlib import import_module
    return getattr(import_module(f"neuralpha.{_HOME[name]}"), name)


def __dir__(): return [*globals(), *__all__]
