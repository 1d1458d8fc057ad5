"Runs that are killed, run twice at once, meet a full disk or a unit that fails: real `neuralpha` processes on a tiny study."
import json, os, random, re, shutil, subprocess, sys, time
from contextlib import contextmanager
import pytest
from place import RIDGE, Place, assert_nothing_left, assert_same, kill


def test_killed_again_and_again_a_study_ends_with_the_same_bytes(reference, tmp_path):
    seed = random.randrange(10**6)
    moments = random.Random(seed)
    place = Place(tmp_path)
    for whole_tree in (True, False):
        p = place.start()
        time.sleep(moments.uniform(.05, .8)*reference.seconds)
        kill(p, whole_tree)
    last = place.run()
    assert last.returncode == 0, (seed, last.err)
    assert_same(place.report, reference.report)
    assert_nothing_left(place)


@pytest.mark.slow
def test_killed_at_fifty_random_moments(reference, tmp_path):
    "Each followed by a run: of five runs in a row each is killed, the sixth goes to the end. NEURALPHA_KILLS sets another number."
    seed, kills, study = random.randrange(10**6), 0, 0
    moments, wanted = random.Random(seed), int(os.environ.get("NEURALPHA_KILLS", 50))
    while kills < wanted:
        place, here = Place(tmp_path/str(study)), []
        for _ in range(min(5, wanted - kills)):
            p, when = place.start("--jobs", 1, SPY_SLEEP=reference.seconds/10), moments.uniform(.05, 1)*reference.seconds # half of it fitting
            time.sleep(when)
            if p.poll() is not None: break # it was faster
            kill(p, whole_tree=moments.random() < .7)
            here.append((round(when), len(list(place.units.glob("*/unit.json")))))
        kills, study = kills + len(here), study + 1
        last = place.run()
        assert last.returncode == 0, (seed, here, last.err)
        assert_same(place.report, reference.report)
        assert_nothing_left(place)
        assert len(place.fits()) <= 4 + len(here), "only units in flight may be fitted again"
        print(f"{kills} kills; (second, units finished): {here}; {len(place.fits())} fits", flush=True)
        shutil.rmtree(place.folder)


def test_two_runs_at_once_divide_the_units(reference, tmp_path):
    place = Place(tmp_path)
    runs = [place.start("--jobs", 2, SPY_SLEEP=4) for _ in range(2)]
    for p in runs: p.out, p.err = p.communicate(timeout=900)
    assert [p.returncode for p in runs] == [0, 0], [p.err for p in runs]
    fits = place.fits()
    assert len(fits) == 4 and len({unit for _, unit in fits}) == 4 # none twice
    assert {int(who.split(':')[0]) for who, _ in fits} == {p.pid for p in runs} # both took part
    assert sum("reused" in p.out for p in runs) == 1 # one wrote the report, the other found it
    assert_same(place.report, reference.report)
    assert_nothing_left(place)


@contextmanager
def disk(folder, size):
    "A small disk of its own, mounted at `folder`; yields a function that changes its options."
    folder.mkdir(parents=True)
    mount = lambda *a: subprocess.run(["mount", *a], capture_output=True)
    if shutil.which("mount") is None or mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder).returncode: pytest.skip("a file system cannot be mounted here (not root)")
    try: yield lambda options: mount("-o", f"remount,{options}", folder)
    finally: subprocess.run(["umount", "-l", folder])


def size(folder): return sum(4096*(1 + p.stat().st_size//4096) for p in folder.rglob("*"))


@pytest.mark.parametrize("when", ["fitting", pytest.param("writing", marks=pytest.mark.slow)])
def test_a_full_disk_is_one_line_and_loses_no_unit(reference, tmp_path, when):
    units, report = size(reference.units), size(reference.report)
    place = Place(tmp_path, out="disk/out")
    with disk(tmp_path/"disk", int({"fitting": .6*units, "writing": units + .5*report}[when])) as remount:
        full = place.run("--jobs", 1)
        said = [line for line in full.err.splitlines() if "error" in line]
        assert full.returncode == 2 and len(said) == 1 and re.match(r"error: Cannot write .*: No space left on device\. What was finished is kept", said[0]), full.err
        assert "Traceback" not in full.err
        kept = {p.parent.name: p.stat().st_mtime_ns for p in place.units.glob("*/unit.json")}
        assert len(kept) == 4 if when == "writing" else 0 < len(kept) < 4
        before = len(place.fits())
        remount("size=1g")
        again = place.run("--jobs", 1)
        assert again.returncode == 0, again.err
        assert len(place.fits()) - before == 4 - len(kept)
        assert all((place.units/key/"unit.json").stat().st_mtime_ns == t for key, t in kept.items())
        assert_same(place.report, reference.report)
        assert_nothing_left(place)


def test_a_read_only_disk_is_one_line_and_harms_nothing(reference, tmp_path):
    place = Place(tmp_path, out="disk/out")
    with disk(tmp_path/"disk", "100m") as remount:
        shutil.copytree(reference.folder/reference.out, place.folder/place.out)
        remount("ro")
        got = place.run()
        assert got.returncode == 2 and got.err.splitlines()[-1].startswith("error: Cannot write disk/out/mini: Read-only file system."), got.err
        remount("rw")
        assert_same(place.report, reference.report)
        assert place.fits() == []


def test_a_forbidden_folder_is_one_line(tmp_path):
    Place(tmp_path)
    (tmp_path/"out").mkdir(mode=0o555)
    command = [sys.executable, "-m", "neuralpha.cli", "run", "mini.toml", "--out", "out"]
    if os.geteuid() == 0: # the right to ignore permissions is given up
        if not shutil.which("setpriv"): pytest.skip("setpriv is not on this machine and this is root")
        command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search", *command]
    got = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert got.returncode == 2 and got.stderr.splitlines()[-1].startswith("error: Cannot write out/mini: Permission denied"), got.stderr
    assert list((tmp_path/"out").iterdir()) == []


HOLES = RIDGE + """[models.huge]
model = "mlp"
hidden = [100000000, 100000000]
[models.wild]
model = "mlp"
learning_rate = 1e30
clip = 1e30
max_epochs = 2
[models.odd]
model = "lightgbm"
num_leaves = 1
[models.lstm]
"""


def test_what_fails_is_reported_with_its_log_and_the_rest_goes_on(reference, tmp_path):
    place = Place(tmp_path, HOLES)
    (tmp_path/"mini.toml").write_text((tmp_path/"mini.toml").read_text().replace('test = "3M"', 'test = "9M"'))
    got = place.run(SPY_KILL="lstm")
    assert got.returncode == 1, got.err
    page = (place.report/"index.html").read_text()
    logs = {p.name.split("-")[0]: p.read_text() for p in place.report.glob("sim-tiny/failed/*.log")}
    for model, error in {"huge": "allocate", "wild": "diverged", "odd": "num_leaves", "lstm": "killed by signal 9"}.items():
        line = next(x for x in got.err.splitlines() if x.startswith(f"failed: sim-tiny · {model} · fold 0 · seed 0: "))
        assert error in line, line
        assert f"log: out/mini/sim-tiny/failed/{model}-fold-0-seed-0.log" in got.err
        assert f"Missing: sim-tiny · {model}" in page and error in page
    assert all("Traceback" in logs[m] for m in ("huge", "wild", "odd")) and "lstm" in logs
    assert "ridge" in json.loads((place.report/"sim-tiny"/"metrics.json").read_text())["models"]
    assert (place.report/"sim-tiny"/"model-ridge.html").exists() and not (place.report/"sim-tiny"/"done.json").exists()
    fits = lambda name: sorted(unit for _, unit in place.fits() if unit.startswith(name))
    folds = fits("ridge")
    assert len(set(folds)) == len(folds) and len(fits("lstm")) == 2*len(folds) # a killed one gets a second chance
    mended = place.run("--models", "ridge,lstm", "--name", "mini") # what failed is tried again, the rest is read
    assert mended.returncode == 0, mended.err
    assert fits("ridge") == folds and len(fits("lstm")) == 3*len(folds)
    assert "Missing" not in (place.report/"index.html").read_text() and not (place.report/"sim-tiny"/"failed").exists()
    assert_nothing_left(place)


def test_where_everything_fails_the_page_says_so(tmp_path):
    place = Place(tmp_path, '[models.odd]\nmodel = "lightgbm"\nnum_leaves = 1\n')
    got = place.run()
    assert got.returncode == 1 and "num_leaves" in got.err
    assert "Missing: sim-tiny" in (place.report/"index.html").read_text() and "num_leaves" in (place.report/"index.html").read_text()


def test_another_machine_continues_from_an_address(reference, tmp_path):
    one, two, far = Place(tmp_path/"one"), Place(tmp_path/"two"), tmp_path/"far"
    p = one.start("--jobs", 1, "--reports", f"file://{far}", SPY_SLEEP=3)
    until, copied = time.time() + 300, lambda: {f.parent.name for f in far.rglob("unit.json")}
    while len(copied()) < 2 and p.poll() is None and time.time() < until: time.sleep(.1)
    kill(p)
    kept = copied()
    assert 2 <= len(kept) < 4
    shutil.rmtree(one.folder) # the first machine is gone
    got = two.run("--jobs", 1, "--reports", f"file://{far}")
    assert got.returncode == 0, got.err
    assert len(two.fits()) == 4 - len(kept) and copied() == {f.parent.name for f in two.units.glob("*/unit.json")}
    assert_same(two.report, reference.report)
    assert_same(far/"mini", reference.report)
    assert_nothing_left(two)
