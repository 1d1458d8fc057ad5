# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.checks.rules import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.data.checks.planted import (
    AT,
    CLEAN,
    FIRST,
    LAST,
    OHLC,
    PLANTED,
    bouncing,
    check_frame,
    clean_market,
    count_found,
    locked_at_limit,
    monthly,
    report_line,
    rescaled,
    stale_for,
)
from neuralpha.data.panel import panel_from_frame

def test_bars_see_neither_other_assets_nor_masked_rows():
    usable = np.array([1, 0, 1, 1, 1, 1, 0, 1], bool)
    panel = panel_from_frame(
        pd.DataFrame(
            {
                "date": list(pd.bdate_range("2024-01-01", periods=4)) * 2,
                "asset": list("AAAABBBB"),
                "close": np.arange(8.0),
            }
        )
    )
    bars = UsableRows(panel, usable, 0, 2)
    nan = np.nan
    np.testing.assert_array_equal(bars.close, [0, 2, 3, 4, 5, 7])
    np.testing.assert_array_equal(bars.prev(bars.close), [nan, 0, 2, nan, 4, 5])
    np.testing.assert_array_equal(bars.next(bars.close), [2, 3, nan, 5, 7, nan])
    np.testing.assert_array_equal(bars.mean_before(bars.close, 2), [nan, nan, 1, nan, nan, 4.5])
    assert bars.at.tolist() == [0, 1, 2] * 2 and bars.left.tolist() == [2, 1, 0] * 2
    alone = UsableRows(panel, usable, 1, 2)
    np.testing.assert_array_equal(alone.close, [4, 5, 7])
    assert alone.rows.tolist() == [4, 5, 7] and alone.volume is None
    parted = UsableRows(panel, usable, 0, 2, cuts=[5])
    np.testing.assert_array_equal(parted.prev(parted.close), [nan, 0, 2, nan, nan, 5])
    assert parted.at.tolist() == [0, 1, 2, 0, 0, 1] and parted.left.tolist() == [2, 1, 0, 0, 1, 0]

def test_impossible_returns_of_a_table_of_characteristics():
    f = pd.DataFrame(
        {
            "date": np.repeat(pd.date_range("2020-01-31", periods=24, freq="ME"), 3),
            "asset": list("ABC") * 24,
            "size": np.linspace(-1, 1, 72),
            "return": np.tile([0.01, -0.02, 0.03], 24),
        }
    )
    assert count_found(f)["impossible_return"] == 0
    f.loc[[5, 9], "return"] = [-1.5, 80]
    p = check_frame(f)
    assert p.checks.set_index("check").rows["impossible_return"] == 2 and (~p.tradable).sum() == 2
    assert (p.checks.set_index("check").action[["stale_run", "unadjusted_split", "non_trading"]] == "not run").all()

def test_returns_beside_a_close_mask_nothing():
    f = clean_market()
    f["return"] = 100 * f.groupby("asset")["close"].pct_change() * 7  # no return of this close in any unit
    panel = check_frame(f)
    assert panel.tradable.all() and "impossible_return" not in set(panel.checks.check[panel.checks.rows > 0])
    alone = f[["date", "asset", "return"]].assign(**{"return": np.where(f.index % 120 == 7, -1.5, 0.01)})
    assert count_found(alone)["impossible_return"] == (f.index % 120 == 7).sum()

def test_a_quiet_stock_is_not_stale():
    quiet = stale_for(10)
    quiet.loc[AT : AT + 10, "volume"] += np.arange(11)
    assert count_found(quiet)["stale_run"] == 0

@pytest.mark.parametrize("halted", [2, 6])
def test_a_halt_that_begins_with_the_listing_has_no_trade_on_its_first_bar_either(halted):
    f = clean_market()
    row = f.index[f.asset == f.asset.iloc[0]]
    first, rest = row[0], row[:halted]
    for column in ("open", "high", "low", "close"):
        f.loc[rest, column] = f.loc[first, "close"]
    f.loc[rest, "volume"] = 0.0
    assert count_found(f)["non_trading"] == halted
    traded = f.copy()
    traded.loc[first, "volume"] = 1000.0
    assert count_found(traded)["non_trading"] == halted - 1

def test_a_crash_to_a_third_is_not_a_split():
    calm = rescaled(range(AT, LAST + 1), 1 / 3, 3)
    assert count_found(calm)["unadjusted_split"] == 1
    for column, factor in (("volume", 12), ("high", 1.3)):  # news shows in the volume of the day, or in its range
        crash = calm.copy()
        crash.loc[AT, column] *= factor
        assert count_found(crash)["unadjusted_split"] == 0 and check_frame(crash).tradable.all()

def test_what_a_share_did_in_missing_months_is_no_split():
    calm = rescaled(range(AT, LAST + 1), 1 / 3, 3)
    later = calm.assign(date=calm.date + pd.to_timedelta(np.where(calm.date < calm.date[AT], 0, 182), "D"))
    for days, found in ((calm, 1), (later, 0)):
        assert count_found(days, {"calendar": "none"})["unadjusted_split"] == found

def test_a_split_opens_at_the_new_price():
    split = rescaled(range(AT, LAST + 1), 1 / 3, 3)
    late = split.copy()
    late.loc[AT, ["open", "high"]] = (
        split.loc[AT - 1, "close"] * 0.97
    )  # opens where it closed, and falls by two thirds during the day
    assert count_found(split)["unadjusted_split"] == 1
    assert check_frame(late, {"split_calm": 1e3}).checks.set_index("check").rows["unadjusted_split"] == 0
    quiet = check_frame(late.drop(columns=["open", "high", "low"]))
    line = quiet.checks.set_index("check").loc["unadjusted_split"]
    assert (
        line.rows == 1
        and "no column 'open'" in line.note
        and "no column" not in check_frame(split).checks.set_index("check").note["unadjusted_split"]
    )
    unknown = split.copy()
    unknown.loc[AT, "open"] = np.nan
    assert count_found(unknown)["unadjusted_split"] == 1

def test_real_moves_of_months_are_neither_rescaled_nor_masked():
    for name in ("unadjusted_split", "unit_flip", "reverting_spike"):
        bars = monthly(PLANTED[name].frame)
        p = check_frame(bars)
        rows = PLANTED[name].rows
        assert p.checks.set_index("check").loc[name, ["rows", "severity", "action"]].tolist() == [rows, "note", "noted"]
        table = bars[bars.asset == "A03"]
        assert p.tradable.all() and p.masked.empty
        for c in (*OHLC, "volume"):
            np.testing.assert_array_equal(p.fields[c][p.rows_of("A03")], table[c].to_numpy(np.float32))
        asked = check_frame(bars, {"severity": {name: "mask"}}).masked  # who knows better says so
        assert len(asked) == rows and set(asked.check) == {name}

def test_a_month_within_the_assets_own_volatility_is_no_split():
    wild = monthly(PLANTED["unadjusted_split"].frame)
    mine = wild.asset == "A03"
    level = wild.close[FIRST]
    for c in OHLC:
        wild.loc[mine, c] *= (wild.close[mine] / level) ** 7  # 18% a month, as a small company has
    wild.loc[AT:LAST, OHLC] *= 3**7  # the third itself stays a third
    assert (
        count_found(wild)["unadjusted_split"] == 0 and count_found(wild, {"split_sigmas": 1})["unadjusted_split"] == 1
    )

def test_one_price_on_quiet_days_is_no_limit():
    f = locked_at_limit()
    for c in ("open", "high", "low"):
        f.loc[AT + 10 : AT + 13, c] = f.loc[AT + 10 : AT + 13, "close"]
    assert report_line(locked_at_limit(), "locked_limit").rows == 1 and report_line(f, "locked_limit").rows == 0
    assert check_frame(locked_at_limit()).tradable.all()

@pytest.mark.parametrize("rate", [1.7, 0.4])
def test_a_change_of_currency_is_said_to_look_like_one(rate):
    note = report_line(rescaled(range(AT, LAST + 1), rate), "large_move").note
    assert "open at the new price on a day of ordinary range and volume" in note and "2022-10-19 A03" in note
    loud = rescaled(range(AT, LAST + 1), rate)
    loud.loc[AT, "volume"] *= 20
    assert "2022-10-19 A03" not in report_line(loud, "large_move").note

def test_a_split_that_nobody_can_see_is_at_least_a_large_move():
    rng = np.random.default_rng(3)
    for seed in range(8):  # a half and the day's own move: -48% to -52%
        f = clean_market(seed).drop(columns="volume")
        rows = f.index[(f.asset == "A03")][200:]
        f.loc[rows, OHLC] *= 0.5 * np.exp(rng.uniform(-0.02, 0.02))
        assert count_found(f)["large_move"] >= 1

def test_a_wild_stock_is_rarely_a_bounce():
    n = LAST - FIRST + 1

    def wild(seed):
        f = CLEAN.copy()
        walk = np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.12, n)))
        for c in OHLC:
            f.loc[FIRST:LAST, c] *= walk
        return f

    assert (
        sum(count_found(wild(seed))["bid_ask_bounce"] for seed in range(6)) < 0.02 * 6 * n
    )  # 12% a day without any bounce: chance finds some
    assert count_found(bouncing())["bid_ask_bounce"] > 25
