"""Runs that are killed, run twice at once or continued elsewhere: real `neuralpha` processes on a tiny study."""

import os, random, shutil, time
import pytest
from place import Place, assert_nothing_left, assert_same, kill


def test_killed_again_and_again_a_study_ends_with_the_same_bytes(reference, tmp_path):
    seed = random.randrange(10**6)
    moments = random.Random(seed)
    place = Place(tmp_path)
    for whole_tree in (True, False):
        p = place.start()
        time.sleep(moments.uniform(0.05, 0.8) * reference.seconds)
        kill(p, whole_tree)
    last = place.run()
    assert last.returncode == 0, (seed, last.err)
    assert_same(place.report, reference.report)
    assert_nothing_left(place)


@pytest.mark.slow
def test_killed_at_fifty_random_moments(reference, tmp_path):
    """Each kill is followed by a run to the end. NEURALPHA_KILLS sets another number."""
    seed, wanted, length, kills = (
        random.randrange(10**6),
        int(os.environ.get("NEURALPHA_KILLS", 50)),
        reference.seconds,
        [],
    )
    moments = random.Random(seed)
    while len(kills) < wanted:
        place, when, started = Place(tmp_path / "study"), moments.uniform(0, length), time.time()
        p = place.start()
        while p.poll() is None and time.time() < started + when:
            time.sleep(0.02)
        if p.poll() is None:
            whole_tree = moments.random() < 0.7
            kill(p, whole_tree)
            kills.append((round(when, 1), len(list(place.units.glob("*/unit.json")))))
            seconds, finished = kills[-1]
            killed = "all processes" if whole_tree else "the parent alone"
            print(f"{len(kills)}: killed after {seconds} s, {finished} units finished, {killed}", flush=True)
        else:
            length = time.time() - started  # the machine is less busy than it was
        last = place.run()
        assert last.returncode == 0, (seed, when, last.err)
        assert_same(place.report, reference.report)
        assert_nothing_left(place)
        assert len(place.fits()) <= 4 + 2, "only the units in flight may be fitted again"
        shutil.rmtree(place.folder)
    assert {units for _, units in kills} >= {0, 4} or wanted < 20, "moments before and after the units were fitted"


@pytest.mark.slow
def test_two_runs_at_once_divide_the_units(reference, tmp_path):
    place = Place(tmp_path)
    runs = [place.start("--jobs", 2, SPY_SLEEP=4) for _ in range(2)]
    for p in runs:
        p.out, p.err = p.communicate(timeout=900)
    assert [p.returncode for p in runs] == [0, 0], [p.err for p in runs]
    fits = place.fits()
    assert len(fits) == 4 and len({unit for _, unit in fits}) == 4  # none twice
    assert {int(who.split(':')[0]) for who, _ in fits} == {p.pid for p in runs}  # both took part
    assert sum("reused" in p.out for p in runs) == 1  # one wrote the report, the other found it
    assert_same(place.report, reference.report)
    assert_nothing_left(place)


@pytest.mark.slow
def test_another_machine_continues_from_an_address(reference, tmp_path):
    one, two, far = Place(tmp_path / "one"), Place(tmp_path / "two"), tmp_path / "far"
    p = one.start("--jobs", 1, "--reports", f"file://{far}", SPY_SLEEP=3)
    until, copied = time.time() + 300, lambda: {f.parent.name for f in far.rglob("unit.json")}
    while len(copied()) < 2 and p.poll() is None and time.time() < until:
        time.sleep(0.1)
    kill(p)
    kept = copied()
    assert 2 <= len(kept) < 4
    shutil.rmtree(one.folder)  # the first machine is gone
    got = two.run("--jobs", 1, "--reports", f"file://{far}")
    assert got.returncode == 0, got.err
    assert len(two.fits()) == 4 - len(kept) and copied() == {f.parent.name for f in two.units.glob("*/unit.json")}
    assert_same(two.report, reference.report)
    assert_same(far / "mini", reference.report)
    assert_nothing_left(two)
