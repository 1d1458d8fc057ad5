"""Shared by all tests: one thread per process, so that results and times do not depend on neighbours."""

import os

import pytest

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("MPLBACKEND", "agg")
os.environ["NEURALPHA_PROGRESS"] = "0"


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes minutes; run with `pytest -m slow`")
    for line in (
        "ignore::PendingDeprecationWarning:shap",
        "ignore:.*flash_attention_for_cpu:UserWarning",  # what libraries say to their own authors
        *(f"ignore::pandas.errors.Pandas4Warning:{m}" for m in ("pandas", "alphalens", "exchange_calendars")),
    ):
        config.addinivalue_line("filterwarnings", line)


@pytest.fixture
def browser():
    """A real Chromium; a test that needs one is skipped where none is installed."""
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    from neuralpha.core import NeuralphaError
    from neuralpha.pictures import chromium

    try:
        with chromium() as found:
            yield found
    except NeuralphaError as missing:
        pytest.skip(str(missing))
