"""Runs that meet a full disk, a forbidden folder or a unit that fails: real `neuralpha` processes on a tiny study."""

import json, os, re, shutil, subprocess, sys
from contextlib import contextmanager
import pandas as pd
import pytest
from neuralpha.core import file_digest, read_json, write_json
from place import RIDGE, Place, assert_nothing_left, assert_same


@contextmanager
def disk(folder, size):
    """A small disk of its own, mounted at `folder`; yields a function that changes its options."""
    folder.mkdir(parents=True)

    def mount(*a):
        return subprocess.run(["mount", *a], capture_output=True)

    if shutil.which("mount") is None or mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder).returncode:
        pytest.skip("a file system cannot be mounted here (not root)")
    try:
        yield lambda options: mount("-o", f"remount,{options}", folder)
    finally:
        subprocess.run(["umount", "-l", folder])


def size(folder):
    return sum(4096 * (1 + p.stat().st_size // 4096) for p in folder.rglob("*"))


@pytest.mark.parametrize("when", ["fitting", pytest.param("writing", marks=pytest.mark.slow)])
def test_a_full_disk_is_one_line_and_loses_no_unit(reference, tmp_path, when):
    tables = size(reference.units / "features")  # are written before the first unit
    units, report = size(reference.units) - tables, size(reference.report)
    place = Place(tmp_path, out="disk/out")
    room = {"fitting": 0.35 * units, "writing": units + 0.5 * report}[when]
    with disk(tmp_path / "disk", int(tables + room)) as remount:
        full = place.run("--jobs", 1)
        said = [line for line in full.err.splitlines() if "error" in line]
        assert (
            full.returncode == 2
            and len(said) == 1
            and re.match(r"error: Cannot write .*: No space left on device\. What was finished is kept", said[0])
        ), full.err
        assert "Traceback" not in full.err
        kept = {p.parent.name: p.stat().st_mtime_ns for p in place.units.glob("*/unit.json")}
        assert len(kept) == 4 if when == "writing" else 0 < len(kept) < 4, (kept, tables, units, report)
        before = len(place.fits())
        remount("size=1g")
        again = place.run("--jobs", 1)
        assert again.returncode == 0, again.err
        assert len(place.fits()) - before == 4 - len(kept)
        assert all((place.units / key / "unit.json").stat().st_mtime_ns == t for key, t in kept.items())
        assert_same(place.report, reference.report)
        assert_nothing_left(place)


def test_a_read_only_disk_is_one_line_and_harms_nothing(reference, tmp_path):
    place = Place(tmp_path, out="disk/out")
    with disk(tmp_path / "disk", "100m") as remount:
        shutil.copytree(reference.folder / reference.out, place.folder / place.out)
        remount("ro")
        got = place.run()
        assert got.returncode == 2 and got.err.splitlines()[-1].startswith(
            "error: Cannot write disk/out/mini: Read-only file system."
        ), got.err
        remount("rw")
        assert_same(place.report, reference.report)
        assert place.fits() == []


def test_a_forbidden_folder_is_one_line(tmp_path):
    Place(tmp_path)
    (tmp_path / "out").mkdir(mode=0o555)
    command = [sys.executable, "-m", "neuralpha.cli", "run", "mini.toml", "--out", "out"]
    if os.geteuid() == 0:  # the right to ignore permissions is given up
        if not shutil.which("setpriv"):
            pytest.skip("setpriv is not on this machine and this is root")
        command = [
            "setpriv",
            "--bounding-set=-dac_override,-dac_read_search",
            "--inh-caps=-dac_override,-dac_read_search",
            *command,
        ]
    got = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert got.returncode == 2 and got.stderr.splitlines()[-1].startswith(
        "error: Cannot write out/mini: Permission denied"
    ), got.stderr
    assert list((tmp_path / "out").iterdir()) == []


HOLES = (
    RIDGE
    + """[models.huge]
model = "mlp"
hidden = [100000000, 100000000]
[models.wild]
model = "mlp"
learning_rate = 1e30
clip = 1e30
max_epochs = 2
[models.odd]
model = "lightgbm"
max_bin = 3000000000
[models.lstm]
max_epochs = 1
"""
)


@pytest.mark.parametrize("mend", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_what_fails_is_reported_with_its_log_and_the_rest_goes_on(tmp_path, mend):
    place = Place(tmp_path, HOLES)
    (tmp_path / "mini.toml").write_text(
        (tmp_path / "mini.toml").read_text().replace('test = "3M"', 'test = "1Y"')
    )  # one fold
    got = place.run(SPY_KILL="lstm")
    assert got.returncode == 1, got.err
    page = (place.report / "index.html").read_text()
    logs = {p.name.split("-")[0]: p.read_text() for p in place.report.glob("sim-tiny/failed/*.log")}
    for model, error in {
        "huge": "allocate",
        "wild": "diverged",
        "odd": "max_bin",
        "lstm": "killed by signal 9",
    }.items():
        line = next(x for x in got.err.splitlines() if x.startswith(f"failed: sim-tiny · {model} · fold 0 · seed 0: "))
        assert error in line, line
        assert f"log: out/mini/sim-tiny/failed/{model}-fold-0-seed-0.log" in got.err
        assert f"Missing: sim-tiny · {model}" in page and error in page
    assert all("Traceback" in logs[m] for m in ("huge", "wild", "odd")) and "lstm" in logs
    assert "ridge" in json.loads((place.report / "sim-tiny" / "metrics.json").read_text())["models"]
    assert (place.report / "sim-tiny" / "model-ridge.html").exists() and not (
        place.report / "sim-tiny" / "done.json"
    ).exists()

    def fits(name):
        return sorted(unit for _, unit in place.fits() if unit.startswith(name))

    folds = fits("ridge")
    assert len(set(folds)) == len(folds)
    assert all(
        2 <= fits("lstm").count(f.replace("ridge", "lstm")) <= 3 for f in folds
    )  # a killed one gets a second chance; a third begins where a worker is quicker than the parent
    if not mend:
        return
    mended = place.run("--models", "ridge,lstm", "--name", "mini")  # what failed is tried again, the rest is read
    assert mended.returncode == 0, mended.err
    assert fits("ridge") == folds and len(fits("lstm")) == 3 * len(folds)
    assert (
        "Missing" not in (place.report / "index.html").read_text()
        and not (place.report / "sim-tiny" / "failed").exists()
    )
    assert_nothing_left(place)


def test_where_everything_fails_the_page_says_so(tmp_path):
    place = Place(tmp_path, '[models.odd]\nmodel = "lightgbm"\nmax_bin = 3000000000\n')
    got = place.run()
    assert got.returncode == 1 and "max_bin" in got.err
    assert (
        "Missing: sim-tiny" in (place.report / "index.html").read_text()
        and "max_bin" in (place.report / "index.html").read_text()
    )


@pytest.mark.slow
def test_a_run_that_meets_a_crafted_unit_says_so_and_heals_when_it_is_gone(reference, tmp_path):
    place = Place(tmp_path)
    shutil.copytree(reference.folder / reference.out, place.folder / place.out)
    shutil.rmtree(place.report)
    unit = next(place.units.glob("*/unit.json")).parent
    pd.read_parquet(unit / "scores.parquet").drop(columns="score").to_parquet(unit / "scores.parquet", index=False)
    note = read_json(unit / "unit.json")
    write_json(
        unit / "unit.json", note | {"files": note["files"] | {"scores.parquet": file_digest(unit / "scores.parquet")}}
    )
    got = place.run()
    assert (
        got.returncode == 1
        and "Traceback" not in got.err
        and f"{unit.name}/scores.parquet: column 'score' is missing" in got.err
    ), got.err
    shutil.rmtree(unit)
    assert place.run().returncode == 0 and len(place.fits()) == 1
    assert_same(place.report, reference.report)
    assert_nothing_left(place)
