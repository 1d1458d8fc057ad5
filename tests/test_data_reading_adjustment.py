# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.reading.adjustment import *
import numpy as np
import pytest
from neuralpha.core import NeuralphaError

def _rounded_walk(digits, level, n=400, assets=5, seed=0):
    """Close and an adjusted close with dividends every 63 bars and a split of 3:1, each in its digits."""
    rng = np.random.default_rng(seed)
    true = level * np.exp(np.cumsum(0.015 * rng.standard_normal((assets, n)), 1))
    paid = np.exp(-0.006 * (np.arange(n)[::-1] // 63)) * np.where(np.arange(n) < n // 2, 1 / 3, 1)
    close = np.round(true / paid, digits)
    return np.repeat(np.arange(assets), n), close, np.round(true, digits)

@pytest.mark.parametrize("digits, level", [(2, 60.0), (2, 0.6), (4, 0.05), (0, 300.0), (8, 3e-4), (6, 4e5)])
def test_an_adjusted_close_in_few_digits_rests(digits, level):
    asset, close, adjusted = _rounded_walk(digits, level)
    assert find_restless(asset, close.ravel(), adjusted.ravel()) is None
    assert find_restless(asset, close.ravel().astype("f4").astype(float), adjusted.ravel()) is None

@pytest.mark.parametrize("rows, said", [(1, "one row earlier"), (-1, "one row later")])
def test_an_adjusted_close_a_row_off_is_found(rows, said):
    asset, close, adjusted = _rounded_walk(2, 60.0)
    adjusted[3] = np.roll(adjusted[3], rows)
    found = find_restless(asset, close.ravel(), adjusted.ravel())
    assert found.assets == 1 and 3 * 400 <= found.first < 3 * 400 + 5 and said in found.why

@pytest.mark.parametrize("bars", [25, 60])
@pytest.mark.parametrize("column, said", [(1, "it stands still"), (0, "the close stands still")])
def test_a_column_that_stands_still_is_found_where_it_does(bars, column, said):
    asset, *both = _rounded_walk(2, 60.0)
    both[column][2, 100 : 100 + bars] = both[column][2, 100]
    found = find_restless(asset, *(values.ravel() for values in both))
    assert found.assets == 1 and abs(found.first - (2 * 400 + 100)) < 12 and said in found.why

def test_dividends_on_every_bar_of_months_are_no_fault():
    rng = np.random.default_rng(0)
    close = 50 * np.exp(np.cumsum(0.04 * rng.standard_normal(240)))
    adjusted = np.round(close, 2) * np.exp(-0.02 * np.arange(240)[::-1])
    assert find_restless(np.zeros(240, int), np.round(close, 2), adjusted) is None

def market(n=300, assets=6, seed=0, sigma=0.02, dividends=True, split=2.0):
    """True adjusted closes, their factor (adjusted / quoted) and the split ratios on their days, sorted by asset."""
    rng = np.random.default_rng(seed)
    asset = np.repeat(np.arange(assets), n)
    close = np.exp(sigma * rng.standard_normal((assets, n)).cumsum(1) + 4).ravel()
    ratios = np.ones((assets, n))
    ratios[:, n // 2] = split
    paid = np.ones((assets, n))
    if dividends:
        paid[:, 30::63] = 0.99
    step = np.log(ratios) - np.log(paid)
    factor = np.exp(step.cumsum(1) - step.sum(1, keepdims=True)).ravel()
    return asset, close, factor, ratios.ravel()

@pytest.mark.parametrize("split", [2.0, 1.5, 10.0, 0.2])
@pytest.mark.parametrize("last", [1.0, 7.0])  # a factor may end at one or begin there
def test_every_direction_of_a_factor_is_told_by_the_prices(split, last):
    asset, true, factor, ratios = market(split=split)
    assert judge_ways(changes(asset, true / factor, last * factor)) == AdjustmentProof("multiply", "multiply")
    assert judge_ways(changes(asset, true / factor, last / factor)) == AdjustmentProof("divide", "divide")
    assert judge_ways(changes(asset, true, last * factor)) == AdjustmentProof("adjusted", "adjusted")

def test_split_ratios_on_their_days_are_events():
    asset, true, factor, ratios = market(dividends=False)
    for idle in (1.0, 0.0, np.nan):
        events = np.where(ratios == 1, idle, ratios)
        c = changes(asset, true / factor, events)
        assert c.kind == "events" and judge_ways(c).way == "multiply"
        way, level, note = settle_factor(c, "auto", "t", "split_ratio")
        np.testing.assert_allclose(np.exp(level) * true / factor, true)
        assert judge_ways(changes(asset, true, events)).way == "adjusted"
        assert changes(asset, true, np.full(len(true), idle)).kind == "nothing"
    c = changes(asset, true / factor, 1 / ratios)  # one new for two old, written as a half
    np.testing.assert_allclose(np.exp(settle_factor(c, "auto", "t", "splits")[1]) * true / factor, true)

@pytest.mark.parametrize("seed", range(5))
def test_a_score_is_no_factor(seed):
    asset, true, factor, _ = market(seed=seed + 100)
    rng = np.random.default_rng(seed)
    slow = 1 + 0.08 * np.cumsum(rng.standard_normal(len(true))) / 40
    monthly = np.repeat(1 + 0.1 * rng.standard_normal(len(true) // 20), 20)
    for score in (slow, monthly, 1 + 0.1 * rng.standard_normal(len(true)), np.round(slow, 1) + 0.2):
        verdict = judge_ways(changes(asset, true, np.abs(score)))
        assert verdict.way in (None, "adjusted")  # either way the prices stay as they are
    with pytest.raises(
        NeuralphaError, match="'factor' may adjust the prices, but it changes on .* of the bars.*say adjust='none'"
    ):
        settle_factor(changes(asset, true, np.abs(slow)), "auto", "t", "factor")

def test_small_dividends_alone_decide_nothing_and_many_decide():
    asset, true, factor, _ = market(assets=1, n=250, split=1.0)
    assert judge_ways(changes(asset, true / factor, factor)).way is None
    asset, true, factor, _ = market(assets=60, n=750, split=1.0)
    assert [
        judge_ways(changes(asset, *x)).way
        for x in ((true / factor, factor), (true / factor, 1 / factor), (true, factor))
    ] == ["multiply", "divide", "adjusted"]

def test_a_factor_that_never_changes_is_asked_for_and_a_name_that_says_its_way_is_believed():
    asset, true, _, _ = market(assets=1)
    still = changes(asset, true, np.full(len(true), 0.25))
    with pytest.raises(NeuralphaError, match="never changes.*say adjust='none'"):
        settle_factor(still, "auto", "t", "factor")
    assert settle_factor(still, "auto", "t", "CFACPR", "divide")[0] == "divide"

def test_a_split_that_is_dated_on_another_day_is_refused():
    asset, true, factor, _ = market(dividends=False)
    for k in (-2, -1, 1, 2):
        verdict = judge_ways(changes(asset, true / factor, np.roll(factor.reshape(6, -1), k, axis=1).ravel()))
        assert verdict.way is None

def test_assets_of_both_kinds_in_one_file_are_refused():
    asset, true, factor, _ = market(dividends=False)
    mixed = np.where(asset < 3, true / factor, true)
    assert judge_ways(changes(asset, mixed, factor)).why.startswith("on 3 of its 6 large changes")

def test_returns_are_compared_with_the_close_beside_them():
    asset, true, factor, _ = market()
    own = np.where(np.arange(len(true)) % 300 == 0, np.nan, np.r_[np.nan, np.diff(true) / true[:-1]])
    assert compare_returns(asset, true, own) == Agreement("fraction", 1.0, 0)
    assert (
        compare_returns(asset, true, np.round(100 * own, 2)).unit == "percent"
        and compare_returns(asset, true, np.log1p(own)).unit == "log"
    )
    assert compare_returns(asset, true, np.r_[own[1:], np.nan]).unit == "none"  # tomorrow's
    found = compare_returns(asset, true / factor, own)
    assert found.unit == "fraction" and 6 <= found.apart <= 40
    small = np.exp(-0.003 * (np.arange(len(true)) % 300 < 150))  # a dividend of 0.3% is seen as well
    assert compare_returns(asset, np.round(true / small, 2), own.round(6)).apart == 6
    adjusted = np.exp(by_returns(asset, true / factor, own)) * true / factor
    np.testing.assert_allclose(adjusted, true)

def test_ratios_of_prices_are_no_returns():
    r = np.random.default_rng(0).normal(0, 0.02, 500)
    assert are_price_ratios(1 + r) and are_price_ratios(1 + 8 * np.abs(r))
    assert not are_price_ratios(r) and not are_price_ratios(100 * r) and not are_price_ratios(100 * np.abs(r))

def test_returns_in_percent_are_recognised_without_a_close():
    r = 0.02 * np.random.default_rng(0).standard_normal(500)
    assert (
        "below -1" in returns_in_percent(100 * r)
        and returns_in_percent(r) == ""
        and "typical value" in returns_in_percent(20 * r)
        and returns_in_percent(5 * r, True) == ""
    )

def _late(factor, bars, n=300):
    """The same factor, some bars later within each asset."""
    rows = factor.reshape(-1, n)
    return (
        np.stack([rows[:, 0]] * bars + list(rows.T[: n - bars]), 1).ravel()
        if bars > 0
        else np.concatenate([rows[:, -bars:], np.repeat(rows[:, -1:], -bars, 1)], 1).ravel()
    )

@pytest.mark.parametrize("split", [2.0, 0.2, 1.05])
@pytest.mark.parametrize("bars", [-12, -3, 2, 3, 10, 25])
def test_a_factor_beside_its_splits_is_asked_for_and_not_taken_for_done(bars, split):
    asset, true, factor, _ = market(dividends=False, split=split, sigma=0.012, assets=8)
    for given in (factor, 1 / factor):
        verdict = judge_ways(changes(asset, true / factor, _late(given, bars)))
        assert verdict.way is None, (verdict, bars)
    assert judge_ways(changes(asset, true, factor)).way == "adjusted"  # beside prices that carry it, it still is

@pytest.mark.parametrize("apart", [1, 2, 12])
@pytest.mark.parametrize("earlier", [False, True])
def test_a_split_written_on_two_days_is_found_with_the_day_that_is_wrong(apart, earlier):
    asset, true, factor, ratios = market(dividends=False, split=2.0)
    last = 300 * asset + (150 if earlier else 150 + apart)  # of the two days in each asset's rows
    row = np.arange(len(asset))
    ends = np.where((row == last) | (row == last - apart), 2.0, 1.0)
    days = np.where((row <= last) & (row >= last - apart), 2.0, 1.0)  # the ratio on every day between them
    for written in (ends, days) if apart < REPEATED else (ends,):
        c = changes(asset, true / factor, written)
        twice = find_written_twice(c)
        moved = (twice.first, twice.second)[twice.moved == "second"]
        assert twice.moved != "neither" and moved == 150 and twice.ratio == pytest.approx(2)
        assert twice.count == (written > 1).sum() - 6
        assert find_written_twice(changes(asset, true, written)).moved == "neither"
    assert find_written_twice(changes(asset, true / factor, ratios)) is None
    two = np.where((np.arange(300) == 150) | (np.arange(300) == 160), 2.0, 1.0)  # two splits that the price both makes
    halves = np.exp(-np.log(two).cumsum()) * 4
    both = np.tile(two, 6), np.tile(halves, 6)
    assert find_written_twice(changes(asset, true * both[1], both[0])) is None

def test_money_paid_on_its_day_is_no_split():
    asset, true, _, ratios = market(dividends=False, sigma=0.012)
    paid = np.where(np.arange(len(true)) % 63 == 20, 0.3, 0.0)
    with pytest.raises(NeuralphaError, match="'factor' may adjust.*dividends in money.*say adjust='none'"):
        settle_factor(changes(asset, true, paid), "auto", "t", "factor")
    assert (
        settle_factor(changes(asset, true, np.where(ratios == 1, 0, ratios)), "auto", "t", "Stock Splits")[0]
        == "adjusted"
    )

@pytest.mark.parametrize("written", [1.0, 0.7, 1.3])
@pytest.mark.parametrize("tails", [False, True])
def test_the_share_of_its_steps_that_a_price_makes_is_known_with_its_error(written, tails):
    asset, day = np.repeat(np.arange(10), 600), np.tile(np.arange(600), 10)
    paid = np.where(day % 63 == 20 + asset // 2, 0.01, 0.0)
    off = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        noise = rng.standard_t(3, (10, 600)) / 3**0.5 if tails else rng.standard_normal((10, 600))
        price = np.exp(np.cumsum(0.01 * noise + 0.005 * rng.standard_normal(600) - paid.reshape(10, -1), 1))
        got = share_made(changes(asset, price.ravel(), np.exp(written * paid)), day)
        off.append((got.value - 1 / written) / got.error)
    assert got.dates == 50
    assert abs(np.mean(off)) < 0.5 and np.mean(np.abs(off) > 2) < 0.15
