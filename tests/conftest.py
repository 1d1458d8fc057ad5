"""Shared by all tests: one thread per process, so that results and times do not depend on neighbours."""

import gc
import glob
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

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


def pytest_collection_finish(session):
    """A million objects of torch and pandas are there to stay: they are not looked through in every test."""
    gc.collect()
    gc.freeze()


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
    "split": {"train": "9M", "valid": "3M", "test": "6M"},
}


@pytest.fixture(scope="session")
def made_once(request, tmp_path_factory):
    """A function that has a folder made by the first of pytest's workers that asks; all of them read it."""
    from neuralpha.core import lock

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if hasattr(request.config, "workerinput") else base

    def folder_of(name, make):
        folder, done = shared / name, shared / f"{name}.made"
        with lock(shared / f"{name}.lock"):
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                make(folder)
                done.touch()
        return folder

    return folder_of


@pytest.fixture(scope="session")
def desk_report(made_once):
    """A small report on which desks can be opened; read it, do not write to it."""
    from neuralpha.core import write_json
    from neuralpha.report.pages.draw import write_site
    from neuralpha.report.steps import Report
    from neuralpha.study.experiment import open_experiment
    from neuralpha.study.spec import make_study

    def make(folder):
        study = make_study(DESK_STUDY)
        made = Report(open_experiment(study), folder, device="cpu")
        for step in (made.data, made.fit, made.leaderboard, made.save):
            step()
        write_json(folder / "desk" / "study.json", study.model_dump(mode="json"))
        write_site(study, folder)

    return made_once("reports", make) / "desk"


@pytest.fixture(scope="session")
def opened_once(desk_report, made_once):
    """A desk on `desk_report` before its first bar; read it, do not write to it."""
    from neuralpha.report.desk import desk_at, open_desk

    def make(folder):
        open_desk(desk_report, folder / "desk", "lightgbm", ["ridge"], costs="square-root")

    return desk_at(made_once("opened", make) / "desk")


@pytest.fixture(scope="session")
def replayed_once(opened_once, made_once):
    """The folder of the same desk after the held-out months; read it, do not write to it."""
    import pandas as pd
    from neuralpha.report.desk import replay_desk

    def make(folder):
        shutil.copytree(opened_once.folder, folder / "desk")
        # the whole replay alarms twice in 119 bars without any planted fault
        before_its_own_alarm = pd.Timedelta(47, "D")
        replay_desk(folder / "desk", last=pd.Timestamp(opened_once.terms.since) + before_its_own_alarm)

    return made_once("replayed", make) / "desk"


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


@pytest.fixture(scope="session")
def postgres():
    """The address of a PostgreSQL server started for these tests."""
    tools = shutil.which("initdb") or next(
        iter(sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), reverse=True)), None
    )
    if not tools:
        pytest.skip("no PostgreSQL server programs (initdb, pg_ctl) on this machine: install the package `postgresql`")
    tools = Path(tools).parent
    root = os.geteuid() == 0
    if root and subprocess.run(["id", "postgres"], capture_output=True).returncode:
        pytest.skip("PostgreSQL refuses to run as root and there is no user `postgres`")
    folder = tempfile.mkdtemp(prefix="na_pg_")
    if root:
        shutil.chown(folder, "postgres")
    runuser = shutil.which("runuser", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if root and not runuser:
        pytest.skip(
            "PostgreSQL does not run as root, and there is no runuser on this machine to start it as another user"
        )
    user = [runuser, "-u", "postgres", "--"] if root else []

    def call(*a):
        return subprocess.run([*user, *map(str, a)], cwd=folder, capture_output=True, text=True, timeout=120)

    try:
        for step in (
            [tools / "initdb", "-D", f"{folder}/db", "-A", "trust", "-U", "postgres", "-N"],
            [
                tools / "pg_ctl",
                "-D",
                f"{folder}/db",
                "-w",
                "-l",
                f"{folder}/log",
                "-o",
                f"-c listen_addresses='' -k {folder}",
                "start",
            ],
        ):
            done = call(*step)
            if done.returncode:
                pytest.skip(f"PostgreSQL could not be started: {done.stderr.strip()[-300:]}")
        yield f"postgresql+psycopg://postgres:secret@/postgres?host={folder}"
    finally:
        call(tools / "pg_ctl", "-D", f"{folder}/db", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
