"""Shared by all tests: one thread per process, so that results and times do not depend on neighbours."""

import os
import shutil

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


DESK_STUDY = {
    "name": "desk",
    "universes": ["sim-tiny"],
    "features": "classic",
    "models": {"ridge": {}, "lightgbm": {"n_trees": 20}},
    "seeds": 1,
    "split": {"train": "9M", "valid": "3M", "test": "4M"},
}


@pytest.fixture(scope="session")
def desk_report(tmp_path_factory):
    """A small report on which desks can be opened; read it, do not write to it."""
    from neuralpha.core import write_json
    from neuralpha.report.pages import write_site
    from neuralpha.report.steps import Report
    from neuralpha.study.experiment import open_experiment
    from neuralpha.study.spec import make_study

    folder = tmp_path_factory.mktemp("reports")
    study = make_study(DESK_STUDY)
    made = Report(open_experiment(study), folder, device="cpu")
    for step in (made.data, made.fit, made.leaderboard, made.save):
        step()
    write_json(folder / "desk" / "study.json", study.model_dump(mode="json"))
    write_site(study, folder)
    return folder / "desk"


@pytest.fixture(scope="session")
def opened_once(desk_report, tmp_path_factory):
    from neuralpha.report.desk import open_desk

    return open_desk(desk_report, tmp_path_factory.mktemp("opened") / "desk", "lightgbm", ["ridge"])


@pytest.fixture(scope="session")
def replayed_once(opened_once, tmp_path_factory):
    from neuralpha.report.desk import replay_desk

    folder = tmp_path_factory.mktemp("replayed") / "desk"
    shutil.copytree(opened_once.folder, folder)
    replay_desk(folder)
    return folder


@pytest.fixture
def opened(opened_once, tmp_path):
    """A desk on `desk_report` that has seen no bar yet, the test's own."""
    return _own(opened_once.folder, tmp_path / "opened")


@pytest.fixture
def replayed(replayed_once, tmp_path):
    """The same desk after the held-out months were replayed."""
    return _own(replayed_once, tmp_path / "replayed")


def _own(folder, place):
    from neuralpha.report.desk import desk_at

    shutil.copytree(folder, place)
    return desk_at(place)
