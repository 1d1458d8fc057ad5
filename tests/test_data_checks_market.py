# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.checks.market import *
import time
import numpy as np
import pandas as pd
import pytest
from neuralpha.data.checks.planted import (
    clean_market,
    CLEAN,
    FIRST,
    LAST,
    OHLC,
    PLANTED,
    check_frame,
    count_found,
    report_line,
)
from neuralpha.data.checks.spec import check_spec
from neuralpha.data.panel import panel_from_frame

def test_an_inverse_fund_is_not_a_day_off():
    f = CLEAN.copy()
    m = f.asset == "A03"
    f.loc[m, OHLC] = 2500 / f.loc[m, ["open", "low", "high", "close"]].to_numpy()
    assert count_found(f)["date_slip"] == 0

def test_a_late_and_an_early_asset_are_both_found():
    early = CLEAN.copy()
    early.loc[FIRST + 1 : LAST, "date"] = CLEAN.loc[FIRST : LAST - 1, "date"].to_numpy()
    assert count_found(early.drop(index=FIRST))["date_slip"] == 399

def test_the_grouped_correlation_is_that_of_each_group():
    from neuralpha.data.checks.market import _group_correlation

    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 200))
    y = y + x
    x[5] = np.nan
    group = np.repeat([0, 1, 2], [90, 100, 10])
    got = _group_correlation(x, y, group, 4, 20)
    frame = pd.DataFrame({"x": x, "y": y, "group": group})
    expected = [abs(part.x.corr(part.y)) for _, part in frame.groupby("group")]
    np.testing.assert_allclose(got[:2], expected[:2], rtol=1e-12)
    assert np.isnan(got[2:]).all()  # too few to say

@pytest.mark.parametrize("answers, rows", [(True, 0), (False, 1)])
def test_raw_volume_must_answer_a_factor(answers, rows):
    from neuralpha.data.checks.market import find_adjusted_volume

    n = 80
    late = np.arange(n) >= 40
    days = pd.bdate_range("2024-01-01", periods=n)
    factor = np.where(late, 1.0, 0.5)
    raw = 1000.0 * np.where(late & answers, 2, 1)  # a split of two for one doubles the shares that are traded
    frame = pd.DataFrame(
        {"date": days, "asset": "A", "close": 10.0, "raw_close": 10 / factor, "factor": factor, "volume": raw / factor}
    )
    panel = panel_from_frame(frame)
    hit = find_adjusted_volume(panel, panel.tradable, check_spec())
    assert hit.sum() == rows and (rows == 0 or hit[40])

@pytest.mark.parametrize("freq, gap", [("B", 20), ("W-FRI", 30), ("ME", 100), ("QE", 300), ("h", 20)])
def test_a_stray_date_is_found_on_every_frequency(freq, gap):
    days = pd.date_range("1995-01-30", periods=90, freq=freq)
    f = pd.DataFrame([(d, a) for d in days for a in "ABCDE"], columns=["date", "asset"]).assign(
        close=10 + np.random.default_rng(0).random(450), volume=1e5
    )
    none = {"calendar": "none"}
    assert report_line(f, "far_dates", **none).rows == 0
    for stray in (
        days[0] - pd.Timedelta(days=gap),
        days[0] - pd.Timedelta(days=9000),
        days[-1] + pd.Timedelta(days=gap),
    ):
        line = report_line(pd.concat([f, f[:1].assign(date=stray)]), "far_dates", **none)
        assert (
            line.rows == 1
            and "1 of 451 bars lie apart" in line.note
            and str(min(stray, days[-1]).date()) == line["first"]
        )
    hole = f[(f.date < days[40]) | (f.date > days[40] + pd.Timedelta(days=gap * 2))]
    if freq == "B":
        assert report_line(hole, "far_dates", **none).rows == 1

def test_a_copy_of_another_length_or_unit_is_found_and_a_cousin_is_not():
    a = CLEAN[CLEAN.asset == "A03"]
    part = a[150:].assign(asset="PART")
    pence = a.assign(asset="PENCE", **{c: a[c] * 97.3 for c in OHLC})
    again = CLEAN[CLEAN.asset == "A05"].assign(asset="ZZ")
    line = report_line(pd.concat([CLEAN, part, pence, again]), "copied_asset")
    assert (
        line.rows == 3
        and line.assets == 5
        and "A03, PART, PENCE are one" in line.note
        and "A05, ZZ are one" in line.note
    )
    close = a.close.to_numpy() * np.exp(1e-4 * np.random.default_rng(0).standard_normal(len(a)).cumsum())
    assert (
        report_line(
            pd.concat([CLEAN, a.assign(asset="ETF", close=close, open=close, high=close, low=close)]), "copied_asset"
        ).rows
        == 0
    )
    quiet = pd.concat([CLEAN, *[a.assign(asset=name, open=7.0, high=7.0, low=7.0, close=7.0) for name in ("Q1", "Q2")]])
    assert report_line(quiet, "copied_asset").rows == 0  # prices that never move are nobody's

def test_a_month_in_common_is_no_copy():
    a = CLEAN[CLEAN.asset == "A03"]
    b = CLEAN[CLEAN.asset == "A05"]
    growth = np.log(b.close.to_numpy() / b.close.to_numpy()[0])
    growth[100:161] = growth[100] + np.log(a.close.to_numpy()[100:161] / a.close.to_numpy()[100])
    close = np.exp(growth) * 7
    assert (
        report_line(
            pd.concat([CLEAN[CLEAN.asset != "A05"], b.assign(close=close, open=close, high=close, low=close)]),
            "copied_asset",
        ).rows
        == 0
    )

def test_copies_are_found_in_a_large_market_within_a_second():
    from neuralpha.data.checks.market import find_copies

    rng = np.random.default_rng(0)
    days = pd.bdate_range("2010-01-01", periods=1000)
    close = np.exp(0.02 * rng.standard_normal((1000, 400)).cumsum(0))
    close[:, 1::20] = close[:, ::20]
    p = panel_from_frame(
        pd.DataFrame(
            {
                "date": np.repeat(days, 400),
                "asset": np.tile([f"{k:03}" for k in range(400)], 1000),
                "close": close.ravel(),
            }
        )
    )
    began = time.perf_counter()
    groups = find_copies(p, p.tradable, check_spec())
    assert [g.tolist() for g in groups] == [[k, k + 1] for k in range(0, 400, 20)] and time.perf_counter() - began < 1

def late_before(asset):
    """The clean market with the assets before one a session late."""
    days = np.unique(CLEAN.date)
    following = np.searchsorted(days, CLEAN.date) + (CLEAN.asset < asset)
    inside = following < len(days)
    return CLEAN[inside].assign(date=days[following[inside]])

@pytest.mark.parametrize("assets", ["A14", "A15", "A16"])
def test_half_of_a_market_a_session_late_is_said(assets):
    line = report_line(late_before(assets), "two_clocks")
    assert line.rows >= 10 and "such as A00) are those of" in line.note

def test_fewer_than_half_a_session_late_are_masked():
    assert report_line(late_before("A11"), "date_slip").rows > 11 * 300

def test_no_two_clocks_in_one_market():
    for seed in range(4):
        assert report_line(clean_market(seed), "two_clocks").rows == 0
    closes = 50 * np.exp(np.cumsum(0.02 * np.random.default_rng(0).standard_normal((300, 105)), axis=1))
    days = np.unique(CLEAN.date)[:105]
    parts = [pd.DataFrame({"date": days, "asset": f"R{i:03d}", "close": close}) for i, close in enumerate(closes)]
    assert report_line(pd.concat(parts), "two_clocks").rows == 0  # few bars, and assets that have nothing in common

def test_the_dead_are_in_a_file_that_pads_them_to_its_end():
    f = CLEAN[CLEAN.asset != "A29"].copy()
    rows = f.index[f.asset == "A03"][250:]
    f.loc[rows, OHLC] = f.loc[rows[0] - 1, "close"]
    f.loc[rows, "volume"] = 0
    p = check_frame(f)
    assert p.assets[p.gone].tolist() == ["A03"] and p.checks.set_index("check").rows["survivors_only"] == 0

@pytest.mark.parametrize("ends", ["thin", "Saturday"])
def test_a_thin_end_is_no_death(ends):
    alive = CLEAN[CLEAN.asset != "A29"]
    last = np.unique(alive.date)[-1]
    if ends == "thin":
        f = alive[(alive.date < last) | (alive.asset < "A15")]
    else:
        coin = pd.DataFrame(
            {
                "date": pd.date_range(alive.date.min(), pd.Timestamp(last) + pd.Timedelta(days=2)),
                "asset": "COIN",
                "volume": 1e5,
            }
        ).assign(**{c: 9.0 for c in OHLC})
        f = pd.concat([alive, coin.assign(close=9 + np.random.default_rng(0).random(len(coin)))])
    p = check_frame(f, {"calendar": "none", "severity": {"close_outside_range": "off", "stale_run": "off"}}, halt=False)
    line = p.checks.set_index("check").loc["survivors_only"]
    assert line.rows == p.n_assets and not p.gone.any()
