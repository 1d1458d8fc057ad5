"""Does a neural network beat gradient boosting on your universe of stocks, by how much, and can you trust it?

`import neuralpha as na` is light: a name below loads its module on first use."""

import os

__version__ = "0.1.0"


def _place_for_compiled_code():
    """numba keeps what it compiles in `NUMBA_CACHE_DIR`, beside the code or in the user's cache, and refuses to work where none can be written.

    Then it is a folder for temporary files, for this process and those it starts."""
    def writable(folder):
        there = os.path.abspath(folder)
        while not os.path.lexists(there): there = os.path.dirname(there)
        return os.path.isdir(there) and os.access(there, os.W_OK | os.X_OK)

    here = os.path.dirname(os.path.abspath(__file__))
    chosen, users = os.environ.get("NUMBA_CACHE_DIR"), os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    packages = [here, *(os.path.join(here, name) for name in sorted(os.listdir(here)) if os.path.exists(os.path.join(here, name, "__init__.py")))]
    if chosen and writable(chosen) or writable(os.path.join(users, "numba")): return
    if all(writable(os.path.join(package, "__pycache__")) for package in packages): return
    import sys
    try: folder = _own_temporary_folder(f"neuralpha-numba-{os.getuid()}")
    except OSError as e: return print(f"neuralpha: compiled code can be kept nowhere ({e}); set NUMBA_CACHE_DIR to a folder that can be written.", file=sys.stderr)
    os.environ["NUMBA_CACHE_DIR"] = folder
    if "numba" in sys.modules: sys.modules["numba"].config.CACHE_DIR = folder # it has read the variable already
    print(f"neuralpha: {here} and {users} cannot be written; compiled code is kept in {folder}, or where NUMBA_CACHE_DIR says.", file=sys.stderr)


def _own_temporary_folder(name):
    "A folder that only this user can write: numba runs what it finds there. Where another holds the name, a new one."
    import stat
    import tempfile
    folder = os.path.join(tempfile.gettempdir(), name)
    try: os.mkdir(folder, 0o700)
    except FileExistsError:
        found = os.lstat(folder)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022: return tempfile.mkdtemp(prefix=f"{name}-")
    return folder


_place_for_compiled_code()

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
