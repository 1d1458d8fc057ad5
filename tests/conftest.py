"Shared by all tests: one thread per process, so that results and times do not depend on neighbours."
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"): os.environ.setdefault(name, "1")
os.environ.setdefault("MPLBACKEND", "agg")
os.environ["NEURALPHA_PROGRESS"] = "0"


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes minutes; run with `pytest -m slow`")
