# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.splits import *
from itertools import combinations
from math import comb
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.labels import Label, forward_return

def test_what_is_no_fold_is_refused_by_name():
    for given, said in (
        (None, "None was given"),
        (3, "int was given"),
        ("3Y", "str was given"),
        ([1], "int was given"),
    ):
        with pytest.raises(NeuralphaError, match=f"Fold is meant, and {said}; na.walk_forward"):
            list_folds(given)

def _label(years=7, horizon=5, delay=1):
    days = pd.bdate_range("2015-01-01", periods=260 * years)
    return forward_return(
        panel_from_frame(
            pd.DataFrame([(d, a) for a in "ABC" for d in days], columns=["date", "asset"]).assign(close=1.0), "toy"
        ),
        horizon,
        delay,
    )

def _kept(dates):
    """Whether a test from December to May is kept as complete."""
    y = forward_return(panel_from_frame(pd.DataFrame({"date": dates, "asset": "A", "close": 1.0})), 1, 0)
    every, complete = (
        walk_forward(y, "1Y", "4M", "6M", 0, align="M", last_partial=p)[-1].dates["test"] for p in (True, False)
    )
    assert every[0].month == 12 and every[0].year == 2019 and every[1] == dates[-1]
    return every == complete

def test_test_periods_tile_without_overlap():
    y = _label()
    tests = np.concatenate([f.test for f in walk_forward(y, "2Y", "6M", "4M")])
    assert len(tests) == len(set(tests))
    codes = np.unique(y.panel.date_code[tests])
    assert (np.diff(codes) == 1).all() and codes[-1] == y.panel.n_dates - 1

def test_sliding_keeps_its_length_and_expanding_its_start():
    y = _label()
    grow, slide = (walk_forward(y, "2Y", "6M", "6M", scheme=s) for s in ("expanding", "sliding"))
    assert {f.dates["train"][0] for f in grow} == {pd.Timestamp(y.panel.dates[0])}
    assert all(abs((f.dates["train"][1] - f.dates["train"][0]).days - 730) < 8 for f in slide)

@pytest.mark.parametrize("align, months", [("M", range(1, 13)), ("Q", (1, 4, 7, 10)), ("Y", (1,))])
def test_aligned_tests_begin_with_the_calendar(align, months):
    folds = walk_forward(_label(), "13M", "5M", {"M": "1M", "Q": "3M", "Y": "1Y"}[align], align=align)
    for f in folds:
        assert f.dates["test"][0].month in months and f.dates["test"][0].day <= 4

def test_a_cut_last_test_period_can_be_left_out():
    y = _label()
    assert len(walk_forward(y, "2Y", "6M", "7M", last_partial=False)) == len(walk_forward(y, "2Y", "6M", "7M")) - 1

@pytest.mark.parametrize("freq", ["D", "B", "W-FRI", "BME"])
@pytest.mark.parametrize(
    "end, kept", [("2020-05-31", True), ("2020-05-29", None), ("2020-05-27", False)]
)  # a Sunday, a Friday, a Wednesday
def test_a_complete_last_test_period_is_kept(freq, end, kept):
    assert _kept(pd.date_range("2015-01-02", end, freq=freq)) == (kept if kept is not None else freq != "D")

@pytest.mark.parametrize(
    "end, kept", [("2020-05-29 20:00", True), ("2020-05-29 16:00", False), ("2020-05-28 20:00", False)]
)
def test_intraday_bars_complete_a_test_period_with_the_last_of_the_day(end, kept):
    bars = pd.DatetimeIndex(
        [d + pd.Timedelta(hours=h) for d in pd.bdate_range("2017-02-01", "2020-06-30") for h in (12, 16, 20)]
    )
    assert _kept(bars[1 : bars.get_loc(end) + 1]) == kept

def test_test_periods_of_intraday_bars_begin_with_a_day():
    bars = pd.DatetimeIndex(
        [d + pd.Timedelta(hours=h) for d in pd.date_range("2018-06-01", "2020-06-30") for h in (12, 16, 20)]
    )[2:]  # the first day is cut
    y = forward_return(panel_from_frame(pd.DataFrame({"date": bars, "asset": "A", "close": 1.0})), 1, 0)
    assert {f.dates["test"][0].hour for f in walk_forward(y, "6M", "1M", "1M")} == {12}

def test_a_last_test_period_without_a_known_label_is_left_out():
    y = _label()
    left_out = 0
    for days in range(30, 70):
        folds = walk_forward(y, "2Y", "6M", f"{days}D")
        assert all(np.isfinite(y.values[f.test]).any() for f in folds)
        left_out += folds[-1].dates["test"][1] < pd.Timestamp(y.panel.dates[-1])
    assert 0 < left_out < 40

def test_fixed_split_takes_the_four_dates():
    y = _label()
    f = fixed_split(y, "2015-01-02", "2017-01-02", "2018-01-02", "2018-06-29")[0]
    assert [str(f.dates[k][0].date()) for k in ("train", "valid", "test")] == ["2015-01-02", "2017-01-02", "2018-01-02"]
    assert str(f.dates["test"][1].date()) == "2018-06-29"

def _hourly(first, last, hours=range(14, 21), freq="B"):
    bars = [d + pd.Timedelta(hours=h) for d in pd.date_range(first, last, freq=freq) for h in hours]
    return forward_return(
        panel_from_frame(
            pd.DataFrame([(d, a) for a in "ABC" for d in bars], columns=["date", "asset"]).assign(close=1.0), "hourly"
        ),
        3,
        1,
    )

@pytest.mark.parametrize(
    "end, last",
    [
        ("2020-05-29", "2020-05-29 20:00"),
        ("2020-05-29 16:00", "2020-05-29 16:00"),
        (pd.Timestamp("2020-05-29"), "2020-05-28 20:00"),
    ],
)
def test_the_last_day_of_a_fixed_split_is_whole_on_intraday_bars(end, last):
    f = fixed_split(_hourly("2020-01-01", "2020-06-30"), "2020-01-01", "2020-03-02", "2020-05-01", end)[0]
    assert f.dates["test"] == (pd.Timestamp("2020-05-01 14:00"), pd.Timestamp(last)) and f.dates["valid"][
        1
    ] == pd.Timestamp("2020-04-30 20:00")

def test_the_fold_of_today_learns_all_that_is_known_and_nothing_else():
    y = _label(3, horizon=5, delay=1)
    f = newest_fold(y, "6M", embargo=3)
    last = y.panel.n_dates - 1
    known = np.flatnonzero(y.labelled)
    assert y.known_code[known].max() == last and y.panel.date_code[f.valid].max() == last - 6
    assert set(f.valid) | set(f.train) <= set(known)
    first_held = y.panel.date_code[f.valid].min()
    lost = np.setdiff1d(known, np.r_[f.train, f.valid])
    assert f.purged == len(lost) > 0
    assert (y.known_code[f.train] < first_held - 3).all() and (y.known_code[lost] >= first_held - 3).all()
    assert (y.panel.date_code[f.test] == last).all() and len(f.test)
    assert f.dates["valid"][0] >= f.dates["valid"][1] - pd.DateOffset(months=6)
    short = newest_fold(y, "6M", train="6M")
    assert len(short.train) < len(f.train) and short.dates["train"][0] > f.dates["train"][0]
    with pytest.raises(NeuralphaError, match="too short for a validation of 9Y"):
        newest_fold(y, "9Y")

def test_validation_follows_the_test_and_is_never_trained_on():
    y = _label()
    for k, f in enumerate(purged_kfold(y, 5)):

        def first(rows):
            return y.panel.date_code[rows].min()

        assert (first(f.valid) > first(f.test)) == (k < 4) and not set(f.valid) & set(f.train)

def _random_label(rng):
    """A ragged panel with labels of random life spans, some missing."""
    days = pd.bdate_range("2015-01-01", periods=int(rng.integers(500, 900)))
    rows = [(d, a) for a in "ABC" for d in days[rng.integers(0, 100) :] if rng.random() < 0.9]
    p = panel_from_frame(pd.DataFrame(rows, columns=["date", "asset"]).assign(close=1.0), "ragged")
    longest = int(rng.integers(1, 40))
    values = np.where((rng.random(p.n_rows) < 0.9) & p.tradable, 1.0, np.nan)
    return Label(
        p, "random", values, (p.date_code + rng.integers(1, longest + 1, p.n_rows)).astype(np.int32), longest, 0
    )

def _random_design(rng, y):
    e = int(rng.integers(0, 15))
    kind = rng.choice(["expanding", "sliding", "fixed", "kfold", "combinatorial"])
    if kind == "kfold":
        return purged_kfold(y, int(rng.integers(3, 7)), e, int(rng.integers(0, 2))), e
    if kind == "combinatorial":
        n = int(rng.integers(4, 7))
        return combinatorial_purged(y, n, int(rng.integers(1, n - 1)), e, int(rng.integers(0, 2))), e
    if kind == "fixed":
        return fixed_split(y, "2015-01-02", "2015-10-01", "2016-03-01", "2016-11-01", e), e
    return walk_forward(
        y,
        f"{rng.integers(6, 10)}M",
        f"{rng.integers(4, 7)}M",
        f"{rng.integers(1, 8)}M",
        e,
        kind,
        align=rng.choice([None, "M", "Q"]),
    ), e

def _touched(y, rows, own, e):
    """Brute force: date positions covered by the life spans of `rows` (and their own dates), widened by e bars."""
    hit = set()
    for r in rows:
        end = y.known_code[r] if y.labelled[r] else y.start_code[r]
        hit.update(range(y.start_code[r] - e, max(end, y.start_code[r]) + e + 1))
    for d in own:
        hit.update(range(d - e, d + e + 1))
    return hit

def _one_asset(n, known):
    p = panel_from_frame(pd.DataFrame({"date": pd.bdate_range("2015-01-01", periods=n), "asset": "A", "close": 1.0}))
    return Label(p, "given", np.ones(n), known.astype(np.int32), int((known - np.arange(n)).max()), 0)

@pytest.mark.parametrize(
    "call, message",
    [
        (lambda y: walk_forward(y, "30Y"), "too short"),
        (lambda y: walk_forward(y, "three"), "not understood"),
        (lambda y: walk_forward(y, scheme="random"), "expanding"),
        (lambda y: walk_forward(y, valid="2D"), "no valid rows"),
        (lambda y: walk_forward(y, embargo=-1), "0 or more"),
        (lambda y: walk_forward(y, align="W"), "align"),
        (lambda y: purged_kfold(y, 1), "from 2"),
        (lambda y: combinatorial_purged(y, 6, 5), "nothing to train"),
        (lambda y: backtest_paths(walk_forward(y)), "no groups"),
        (lambda y: fixed_split(y, "2015", "2014", "2016", "2017"), "ascend"),
        (lambda y: fixed_split(y, "2031", "2032", "2033", "2034"), "outside"),
    ],
)
def test_impossible_splits_say_why(call, message):
    with pytest.raises(NeuralphaError, match=message):
        call(_label())

@pytest.mark.parametrize("seed", range(40))
def test_no_life_span_touches_test_and_embargo(seed):
    rng = np.random.default_rng(seed)
    y = _random_label(rng)
    folds, e = _random_design(rng, y)
    p = y.panel
    session = {pd.Timestamp(d): i for i, d in enumerate(p.dates)}
    for f in folds[:6]:
        own = {
            k: {c for a, b in ([f.dates[k]] if not f.groups else f.spans[k]) for c in range(session[a], session[b] + 1)}
            for k in ("test",)
        }
        test = _touched(y, f.test, own["test"], e)
        valid = _touched(y, f.valid, [], e)

        def life(r):
            return set(range(y.start_code[r], y.known_code[r] + 1))

        for r in f.valid:
            assert not life(r) & test
        for r in f.train:
            assert not life(r) & (test | valid)
        assert y.labelled[f.train].all() and y.labelled[f.valid].all() and p.tradable[f.test].all()
        for part in (f.train, f.valid, f.test):
            assert (np.diff(p.date_code[part]) >= 0).all() and len(set(part)) == len(part)

@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_purged_without_need(seed):
    rng = np.random.default_rng(100 + seed)
    y = _random_label(rng)
    for f in combinatorial_purged(y, 5, 2, e := int(rng.integers(0, 10)), valid=0):
        edges = [y.panel.date_code[r] for r in f.groups.values()]
        test = _touched(y, f.test, [c for d in edges for c in range(d.min(), d.max() + 1)], e)
        for r in set(np.flatnonzero(y.labelled)) - set(f.train) - set(f.test):
            assert set(range(y.start_code[r], y.known_code[r] + 1)) & test

@pytest.mark.parametrize("n, k, splits, paths", [(6, 2, 15, 5), (10, 2, 45, 9), (10, 8, 45, 36)])
def test_splits_and_paths_are_as_many_as_they_should_be(n, k, splits, paths):
    y = _label(1, 1, 0)
    folds = combinatorial_purged(y, n, k, 0)
    strung = backtest_paths(folds)
    assert len(folds) == splits == comb(n, k) and len(strung) == paths
    used = [(number, int(rows[0])) for path in strung for number, rows in path]
    assert len(set(used)) == len(used) == splits * k
    for path in strung:
        np.testing.assert_array_equal(np.concatenate([r for _, r in path]), y.panel.rows_by_date)

@pytest.mark.parametrize("seed", range(5))
def test_purge_equals_its_definition_for_labels_of_different_lives(seed):
    n = 120
    rng = np.random.default_rng(seed)
    known = np.arange(n) + rng.integers(0, 12, n)
    folds = combinatorial_purged(_one_asset(n, known), 6, 2, 0, valid=0)
    for f, groups in zip(folds, combinations(range(6), 2), strict=True):
        test = np.concatenate([np.arange(n).reshape(6, -1)[g] for g in groups])
        lives = [range(t, known[t] + 1) for t in test]
        free = [
            i
            for i in np.setdiff1d(np.arange(n), test)
            if not any(i <= life[-1] and life[0] <= known[i] for life in lives)
        ]
        np.testing.assert_array_equal(f.test, test)
        np.testing.assert_array_equal(f.train, free)

def test_fixed_horizons_equal_skfolio():
    from skfolio.model_selection import CombinatorialPurgedCV

    n = 120
    h = 4
    ours = combinatorial_purged(_one_asset(n, np.arange(n) + h), 6, 2, 0, valid=0)
    theirs = CombinatorialPurgedCV(n_folds=6, n_test_folds=2, purged_size=h)
    for f, (train, tests) in zip(ours, theirs.split(np.zeros((n, 1))), strict=True):
        np.testing.assert_array_equal(f.train, train)
        np.testing.assert_array_equal(f.test, np.concatenate(tests))
    assert theirs.n_splits == len(ours) and theirs.n_test_paths == len(backtest_paths(ours))
