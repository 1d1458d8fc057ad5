# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.audit.files import *
import numpy as np
import pytest
from pathlib import Path
from neuralpha.audit.pipeline import audit_pipeline
from neuralpha.audit.worlds import walks

def test_what_python_is_not_told_of_is_counted(tmp_path):
    import pyarrow as pa, pyarrow.parquet as pq, subprocess, sys

    pq.write_table(pa.table({"x": np.random.default_rng(0).normal(size=5000)}), tmp_path / "scaler.parquet")
    with watched_files() as files:
        np.arange(10_000).sum()
    assert not files.programs and files.unheard < LITTLE
    (tmp_path / "given.csv").write_text("1\n" * 10_000)
    with watched_files() as files:
        (tmp_path / "given.csv").read_text()
    assert files.unheard < LITTLE
    with watched_files() as files:
        pq.read_table(tmp_path / "scaler.parquet")
    assert files.unheard > 30_000 and not files.programs
    with watched_files() as files:
        subprocess.run([sys.executable, "-c", f"open({str(tmp_path / 'given.csv')!r}).read()"], check=True)
    assert files.programs == [Path(sys.executable).name] and files.unheard > 20_000

@pytest.mark.parametrize("how", ["library", "program"])
def test_a_file_that_python_is_not_told_of_is_not_certified(tmp_path, how):
    import pyarrow as pa, pyarrow.parquet as pq, subprocess

    pq.write_table(pa.table({"x": np.random.default_rng(0).normal(size=5000)}), tmp_path / "scaler.parquet")

    def reads(panel):
        if how == "library":
            shift = pq.read_table(tmp_path / "scaler.parquet")["x"][0].as_py()
        else:
            shift = len(
                subprocess.run(["cat", str(tmp_path / "scaler.parquet")], capture_output=True, check=True).stdout
            )
        return {"features": {"x": panel.fields["close"] / panel.fields["open"] + shift}}

    def does_not(panel):
        return {"features": {"x": panel.fields["close"] / panel.fields["open"] + 2}}

    certificate = audit_pipeline(reads, walks(), cuts=1)
    said = [c for c in certificate.checks if c.verdict == "not checkable"]
    assert certificate.outcome == "passed in part" and len(said) == 1
    assert ("starts other programs (cat)" if how == "program" else "bytes of files that Python is not told of") in said[
        0
    ].found
    assert audit_pipeline(does_not, walks(), cuts=1).outcome == "passed"

def test_files_come_back_whatever_happens(tmp_path):
    kept = tmp_path / "kept"
    kept.write_text("mine")
    with pytest.raises(KeyError), put_away([kept, tmp_path / "absent"]) as stuck:
        assert not kept.exists() and not stuck
        kept.write_text("other")
        raise KeyError
    assert kept.read_text() == "mine" and [p.name for p in tmp_path.iterdir()] == ["kept"]

def test_a_file_that_cannot_come_back_keeps_no_other_away(tmp_path):
    folder = tmp_path / "gone"
    folder.mkdir()
    lost, kept = folder / "lost", tmp_path / "kept"
    lost.write_text("lost")
    kept.write_text("mine")
    for order in ([lost, kept], [kept, lost]):
        with pytest.raises(FileNotFoundError), put_away(order):
            for path in folder.iterdir():
                path.rename(tmp_path / "hidden")
        assert kept.read_text() == "mine"
        (tmp_path / "hidden").rename(lost)

def test_what_is_written_and_what_is_read_is_told_apart_and_programs_are_neither(tmp_path):
    (tmp_path / "given.csv").write_text("1")
    (tmp_path / "own.py").write_text("1")
    with watched_files() as files:
        np.save(tmp_path / "made.npy", np.ones(3))
        np.load(tmp_path / "made.npy")
        (tmp_path / "given.csv").read_text()
        (tmp_path / "own.py").read_text()
        Path(np.__file__).read_text()
    assert files.written == {tmp_path / "made.npy"} and files.only_read == [tmp_path / "given.csv"]
    (tmp_path / "given.csv").write_text("2")
    assert len(files.written) == 1, "what comes later is not heard"

def scaled_by(path, whole):
    """A pipeline that keeps the mean of all prices in a file, or one that makes it anew."""

    def pipeline(p):
        close = p.fields["close"].astype(float)
        if whole and not path.exists():
            np.save(path, np.nanmean(close))
        return {"features": {"x": close / (np.load(path) if whole else 7.0)}}

    return pipeline

def test_what_is_remembered_in_a_file_anywhere_is_caught(tmp_path):
    p = walks(0, 6, 200)
    options = dict(levels=["x"], checks=("future", "memory"), cuts=1)
    path = tmp_path / "home" / "mean.npy"
    path.parent.mkdir()
    caught = audit_pipeline(scaled_by(path, True), p, **options)
    assert not caught.passed and "in a new process" in caught.failures[0].found
    assert path.exists(), "the file is where it was"
    again = audit_pipeline(scaled_by(path, True), p, **options)  # written by an earlier audit: it is only read
    assert again.outcome == "passed in part" and "it reads" in repr(again) and "mean.npy" in repr(again)
    assert audit_pipeline(scaled_by(path, False), p, **options).outcome == "passed"
