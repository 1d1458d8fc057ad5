"""Ctrl-C while units are fitted or the report is written: a word, exit code 130, nobody left; the next run goes on."""

import os, signal, time
import psutil
import pytest
from place import Place, assert_nothing_left, assert_same

SENTENCE = "interrupted; finished units are kept, run again to continue."
SOON = 20  # seconds on a busy machine; on an idle one it is below 5


@pytest.fixture(autouse=True)
def heard():
    """What a shell starts in the background ignores SIGINT, and hands that down; these runs are to hear it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def until(process, reached):
    """Wait for a moment of a run."""
    end = time.time() + 300
    while not reached():
        assert process.poll() is None and time.time() < end, "the run ended before the moment came"
        time.sleep(0.02)


def interrupt(process, whole_group):
    """Send SIGINT as a terminal does, or to the parent alone; nothing may be left of the run."""
    children, started = psutil.Process(process.pid).children(recursive=True), time.time()
    (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert time.time() - started < SOON
    assert process.returncode == 130 and out == "", (out, err)
    said = [line for line in err.splitlines() if not line.startswith("sim-tiny: ")]
    assert said == [SENTENCE]
    assert children and psutil.wait_procs(children, timeout=5)[1] == []


def writes_report(process):
    """Whether a kernel of the run is there: a copy of the process that loaded what reports need, or one of its own."""
    try:
        return any(
            "ipykernel_launcher" in child.cmdline()
            or (child.ppid() != process.pid and "serve()" in child.cmdline()[-1])
            for child in psutil.Process(process.pid).children(recursive=True)
        )
    except (psutil.NoSuchProcess, IndexError):  # it has ended, or ends
        return False


def test_interrupted_while_fitting_and_while_reporting_a_study_goes_on(reference, tmp_path):
    place = Place(tmp_path)
    as_a_terminal_does, the_parent_alone = True, False
    for whole_group in (as_a_terminal_does, the_parent_alone):
        begun = len(place.fits())
        fitting = place.start("--jobs", 2, SPY_SLEEP=60)
        until(fitting, lambda: len(place.fits()) > begun)
        interrupt(fitting, whole_group)
    for whole_group in (as_a_terminal_does, the_parent_alone):
        reporting = place.start()
        until(reporting, lambda: writes_report(reporting))
        time.sleep(1)
        interrupt(reporting, whole_group)
        assert not (place.report / "sim-tiny").exists(), "half a report is none"
    begun = len(place.fits())
    last = place.run()
    assert last.returncode == 0, last.err
    assert len(place.fits()) == begun, "units that were finished are not fitted again"
    assert_same(place.report, reference.report)
    assert_nothing_left(place)
