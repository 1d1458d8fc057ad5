# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.study.remote import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import DiskError, NeuralphaError
from neuralpha.study.units import Unit, UnitStore

SCORES = pd.DataFrame(
    {"part": ["test"] * 2, "date": pd.Timestamp("2020-01-02"), "asset": ["A", "B"], "score": np.float32([1, 2])}
)

UNIT = Unit("u", "ridge", 0, 0, '{"a":1}')

@pytest.fixture
def remote():
    import fsspec

    fs = fsspec.filesystem("memory")
    if fs.exists("/r"):
        fs.rm("/r", recursive=True)
    return Remote("memory://r/reports")

def test_a_unit_goes_and_comes_back(remote, tmp_path):
    one = UnitStore(tmp_path / "one")
    two = UnitStore(tmp_path / "two")
    assert not pull_unit(remote, two, UNIT.key)
    one.save(UNIT, SCORES)
    push_unit(remote, one, UNIT.key)
    assert pull_unit(remote, two, UNIT.key)
    pd.testing.assert_frame_equal(two.scores(UNIT.key), SCORES)
    assert (two.path(UNIT.key) / "unit.json").read_bytes() == (one.path(UNIT.key) / "unit.json").read_bytes()

@pytest.mark.parametrize(
    "name, data",
    [
        ("scores.parquet", b"changed"),
        ("scores.parquet", None),
        ("unit.json", b'{"key": "half'),
        ("unit.json", b"[]"),
        ("unit.json", b'{"inputs": {"a": 2}, "files": {}}'),
        ("unit.json", b'{"inputs": {"a": 1}, "files": {"../../x": "0"}}'),
        ("unit.json", b'{"inputs": {"a": 1}, "files": {}}'),
        ("unit.json", b'{"inputs": {"a": 1}, "files": {"a\\u0000b": "0"}}'),
        ("unit.json", b"[" * 10**5 + b"]" * 10**5),
    ],
)
def test_what_is_not_whole_there_is_left_there(remote, tmp_path, name, data):
    one = UnitStore(tmp_path / "one")
    two = UnitStore(tmp_path / "two")
    one.save(UNIT, SCORES)
    push_unit(remote, one, UNIT.key)
    at = f"{remote.root}/.units/{UNIT.key}/{name}"
    if data is None:
        remote.fs.rm_file(at)
    else:
        remote.fs.pipe_file(at, data)
    assert not pull_unit(remote, two, UNIT.key) and UNIT.key not in two and not list(tmp_path.rglob("x"))

def test_a_report_is_copied_whole_and_what_is_gone_is_removed(remote, tmp_path):
    folder = tmp_path / "s"
    (folder / "u").mkdir(parents=True)
    for name in ("manifest.json", "u/a.html", "u/b.html"):
        (folder / name).write_text(name)
    (tmp_path / "index.html").write_text("all")
    push_report(remote, folder)
    (folder / "u" / "b.html").unlink()
    push_report(remote, folder)
    assert remote.names("s") == {"manifest.json", "u/a.html"} and remote.read("index.html") == b"all"

def test_an_address_nobody_knows_is_one_line():
    with pytest.raises(NeuralphaError, match="--reports nowhere://x: .*nowhere"):
        Remote("nowhere://x")

def test_a_table_of_another_shape_is_left_where_it_is(remote, tmp_path):
    one = UnitStore(tmp_path / "one")
    two = UnitStore(tmp_path / "two")
    one.save(UNIT, SCORES.drop(columns="score"))
    push_unit(remote, one, UNIT.key)
    assert not pull_unit(remote, two, UNIT.key) and pull_unit(remote, two, UNIT.key, dict(part="text"))

def test_an_address_that_refuses_is_one_line_and_not_taken_for_an_empty_one(remote, tmp_path, monkeypatch):
    remote.try_out()
    assert remote.names("") == set()

    def refuse(*_, **__):
        raise PermissionError("Access Denied")

    monkeypatch.setattr(remote.fs, "cat_file", refuse)
    for ask in (remote.try_out, lambda: pull_unit(remote, UnitStore(tmp_path), UNIT.key)):
        with pytest.raises(
            DiskError, match="Cannot read memory://r/reports: PermissionError: Access Denied. What was finished"
        ):
            ask()
    monkeypatch.setattr(remote.fs, "pipe_file", refuse)
    with pytest.raises(DiskError, match="Cannot write to memory://r/reports: PermissionError"):
        remote.try_out()
