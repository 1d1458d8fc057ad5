# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.labels import *
import itertools
from dataclasses import replace
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.cross_section import standardise_by_date
from neuralpha.data.panel import panel_from_frame

def _random(seed=0, dates=40, assets="ABCDEFG", density=0.8, **columns):
    """A ragged panel of random walks; `columns` are further fields, drawn by a function of (rng, n)."""
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2024-01-01", periods=dates)
    rows = [(d, a) for a in assets for d in days if rng.random() < density]
    frame = pd.DataFrame(rows, columns=["date", "asset"])
    frame["close"] = 100 * np.exp(
        0.02 * frame.groupby("asset").date.transform(lambda s: rng.standard_normal(len(s)).cumsum())
    )
    return panel_from_frame(frame.assign(**{k: f(rng, len(frame)) for k, f in columns.items()}), "random")

DAYS = pd.bdate_range("2024-01-01", periods=5)

def test_a_rank_lives_as_long_as_the_longest_label_of_its_date():
    p = panel_from_frame(
        pd.DataFrame([(d, a) for d in DAYS for a in "ABC"], columns=["date", "asset"]).assign(close=1.0)
    )
    known = np.int32([3, 2, 1, 3, 3, 5, 2, 2, 2, 3, 3, 3, 4, 4, 4])[np.arange(15).reshape(5, 3).T.ravel()]
    y = standardise_label(Label(p, "mixed", np.arange(15.0), known, 4, 0))
    assert y.known_code[p.rows_by_date].tolist() == [3] * 3 + [5] * 3 + [2] * 3 + [3] * 3 + [4] * 3
    assert np.isnan(y.values[p.date_code == 1]).all() and y.labelled[p.date_code != 1].all()
    y = Label(p, "mixed", np.arange(15.0), known, 4, 0)
    with pytest.raises(NeuralphaError, match="different bars"):
        y.target("rank")
    with pytest.raises(NeuralphaError, match="Did you mean 'rank'"):
        y.target("rnak")

@pytest.mark.parametrize("after", [0.0, np.nan])
def test_rows_that_go_on_without_a_price_are_a_delisting_and_no_halt(after):
    from neuralpha.data.universes import load_universe

    dates = pd.bdate_range("2020-01-01", periods=300)
    wide = pd.DataFrame(
        50 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.015, (300, 4)), 0)), dates, list("ABCD")
    ).rename_axis("date")
    wide.loc[dates[200] :, "A"] = after
    p = load_universe(wide.melt(ignore_index=False, var_name="asset", value_name="close").reset_index())
    y = forward_return(p, 5)
    assert p.gone.tolist() == [True, False, False, False]
    assert y.counts["delisting return unknown"] == 5 and y.counts.get("exit bar suspended", 0) == 0, y.counts

def _every_label(p):
    y = forward_return(p, 5)
    side = np.where(np.arange(p.n_rows) % 3, 1.0, 0.0)
    bets = triple_barrier(p, 1, 1, 5, side=side, window=8)
    returns = [y, forward_return(p, 5, exit="next trade"), excess_return(y), excess_return(y, "beta", 20)]
    outcomes = [triple_barrier(p, 1, 1, 5), bets, meta_label(bets), meta_label(y, side), trend_scan(p, 3, 6)]
    made = [
        volatility_scaled(y, 10),
        standardise_label(y),
        standardise_label(outcomes[0]),
        classes(y),
        classes(y, threshold=0.01),
    ]
    return [*returns, *outcomes, *made, MultiTaskLabel([volatility_scaled(y, 10)], scored=y), multi_horizon(p, (1, 5))]

@pytest.mark.parametrize("k", range(16))
def test_every_row_without_a_label_has_one_reason_and_no_other_row_has(k):
    p = _halted(k)
    y = _every_label(p)[k]
    assert not y.labelled.all() and y.labelled.any() and "not said" not in y.counts, y
    np.testing.assert_array_equal(y.reason.isna(), y.labelled)
    assert sum(y.counts.values()) == (p.tradable & ~y.labelled).sum()
    assert (y.reason[~p.tradable] == "no price on the date itself").all()

def test_reasons_are_those_of_the_row_itself():
    p = panel_from_frame(
        pd.DataFrame(
            {
                "date": [*DAYS, *DAYS[:3], *DAYS],
                "asset": ["A"] * 5 + ["B"] * 3 + ["C"] * 5,
                "close": [100, 110, 121, 121, 242, 50, 40, 20.0, 9, 9, np.nan, 9, 9],
            }
        ),
        attributes=pd.DataFrame({"delisting_return": [np.nan, -0.5, np.nan]}, ["A", "B", "C"]),
    )
    y = forward_return(p, horizon=1, delay=1)
    ahead = "beyond the last date"
    assert y.reason[p.rows_of("A")].tolist() == [np.nan, np.nan, np.nan, ahead, ahead]
    assert y.reason[p.rows_of("B")].tolist() == [np.nan, np.nan, "delisted before entry"]
    halted = ["exit bar suspended", "no price at entry: no trade", "no price on the date itself", ahead, ahead]
    assert y.reason[p.rows_of("C")].tolist() == halted

def test_a_row_that_a_later_step_loses_gets_the_reason_of_that_step():
    p = _random(density=1.0)
    y = forward_return(p, 5)
    early = p.date_code < 10  # half a window of 20 bars, the first of which has no return
    scaled = volatility_scaled(y, 20)
    assert set(scaled.reason[early & y.labelled]) == {"no volatility yet"} and not scaled.labelled[early].any()
    touched = triple_barrier(p, 1, 1, 5)
    ranked = standardise_label(touched)
    cut = touched.labelled & ~ranked.labelled  # touched in time, but others of the date were not
    assert cut.any() and set(ranked.reason[cut]) == {"beyond the last date"}

def test_a_label_made_by_hand_says_that_nobody_said_why():
    p = _panel()
    y = Label(p, "mine", np.where(p.date_code == 1, np.nan, 1.0), p.date_code + 1, 1, 0)
    assert y.counts == {"not said": 2} and y.reason[p.date_code == 1].tolist() == ["not said"] * 2

PRICES = pd.DataFrame(
    {
        "date": list(DAYS) + list(DAYS[:3]),
        "asset": ["A"] * 5 + ["B"] * 3,
        "close": [100, 110, 121, 121, 242, 50, 40, 20.0],
    }
)

def _panel(final=-0.5):
    return panel_from_frame(PRICES, attributes=pd.DataFrame({"delisting_return": [np.nan, final]}, ["A", "B"]))

def test_forward_return_by_hand():
    y = forward_return(_panel(), horizon=1, delay=1)
    np.testing.assert_allclose(y.values, [0.1, 0, 1, np.nan, np.nan, -0.5, -0.5, np.nan])
    assert list(y.known_code) == [2, 3, 4, 5, 6, 2, 3, 4]
    assert y.counts == {"beyond the last date": 2, "delisted before entry": 1}

def test_unknown_delisting_return_is_missing_and_counted():
    days = pd.bdate_range("2024-01-01", periods=60)
    p = panel_from_frame(pd.DataFrame({"date": [*days, *days[:30]], "asset": ["A"] * 60 + ["B"] * 30, "close": 1.0}))
    y = forward_return(p, horizon=2, delay=1)
    assert y.labelled[p.rows_of("B")].sum() == 27 and y.counts == {
        "delisted before entry": 1,
        "beyond the last date": 3,
        "delisting return unknown": 2,
    }

def test_who_merely_misses_a_thin_end_is_not_delisted():
    days = pd.bdate_range("2024-01-01", periods=60)
    p = panel_from_frame(pd.DataFrame({"date": [*days, *days[:56]], "asset": ["A"] * 60 + ["B"] * 56, "close": 1.0}))
    y = forward_return(p, horizon=2, delay=1)
    assert y.counts == {"beyond the last date": 6} and y.labelled[p.rows_of("B")].sum() == 53

def _halted(seed=0, returns=False):
    """Ragged walks; half of the assets end before the last date, most of these after a halt, with a delisting return
    of −90%.
    """
    rng = np.random.default_rng(seed)
    f = _random(seed, dates=60).frame()
    ends = dict(zip("ABCD", rng.integers(25, 50, 4)))
    day = f.date.rank(method="dense")
    end = f.asset.map(ends).fillna(99)
    f["close"] = f.close.mask(day > end - f.asset.map(dict(zip("ABCD", (0, 2, 4, 7)))).fillna(0))
    if returns:
        f["return"] = f.groupby("asset").close.pct_change(fill_method=None)
    f["tradable"] = f.close.notna()
    f = f[day <= end].drop(columns=["close"] * returns)
    return panel_from_frame(f, attributes=pd.DataFrame({"delisting_return": -0.9}, list("ABCD")))

def test_a_delisting_after_a_halt_is_lost_from_the_last_known_price():
    close = [100, 80, np.nan, np.nan]
    p = panel_from_frame(
        pd.concat([PRICES[PRICES.asset == "A"], pd.DataFrame({"date": DAYS[:4], "asset": "B", "close": close})]),
        attributes=pd.DataFrame({"delisting_return": [np.nan, -0.9]}, ["A", "B"]),
    )
    y = forward_return(p, 3, 0)
    np.testing.assert_allclose(
        y.values[p.rows_of("B")], [0.8 * 0.1 - 1, -0.9, np.nan, np.nan]
    )  # the first exits in the halt
    assert y.counts == {"beyond the last date": 3} and y.known_code[p.rows_of("B")].tolist() == [4, 4, 5, 6]
    assert y.late[p.rows_of("B")].tolist() == [
        True,
        False,
        False,
        False,
    ]  # nobody knows before the first day without the stock
    np.testing.assert_allclose(forward_return(p, 4, 0).values[p.rows_of("B")], [0.8 * 0.1 - 1, -0.9, np.nan, np.nan])

@pytest.mark.parametrize("horizon, delay", [(1, 0), (3, 1), (9, 2)])
def test_a_delisting_is_the_same_from_prices_and_from_returns(horizon, delay):
    p, q = (_halted(3, returns) for returns in (False, True))
    a, b = (forward_return(x, horizon, delay) for x in (p, q))
    gone = (
        a.labelled
        & (p.asset_code < 4)
        & (p.date_code + delay + horizon > p.date_code[p.asset_offsets[1:] - 1][p.asset_code])
    )
    assert gone.sum() >= 4 * (horizon == 9)
    both = a.labelled & b.labelled  # a return is unknown after a hole, a price is not
    np.testing.assert_allclose(a.values[both], b.values[both], atol=1e-5)
    assert (both & gone).sum() >= 4 * (horizon == 9) and not (b.labelled & ~a.labelled).any()

def test_horizon_counts_bars_and_delay_shifts():
    p = _panel()
    a = forward_return(p, 2, 0)
    b = forward_return(p, 2, 1)
    np.testing.assert_allclose(a.values[:3], [0.21, 0.1, 1])
    np.testing.assert_allclose(a.values[1:3], b.values[:2])

def test_no_label_where_entry_or_exit_is_suspended():
    p = panel_from_frame(PRICES.drop(index=2))
    y = forward_return(p, 1, 0)
    assert np.isnan(y.values[1]) and np.isnan(y.values[2]) and y.counts["exit bar suspended"] == 1
    assert forward_return(p, 1, 1).counts["no price at entry: no trade"] == 1

def test_the_next_trade_ends_what_a_suspension_keeps_open():
    p = panel_from_frame(PRICES, tradable=~PRICES.index.isin([2, 3]))  # A is suspended on two of five days
    y = forward_return(p, 1, 0, exit="next trade")
    np.testing.assert_allclose(y.values[p.rows_of("A")], [0.1, 1.2, np.nan, np.nan, np.nan])
    assert y.known_code[p.rows_of("A")].tolist() == [1, 4, 4, 4, 5] and y.late[:2].tolist() == [False, True]
    assert "1 that a halt keeps open, up to 3 bars" in repr(y) and "next trade" in y.name
    with pytest.raises(NeuralphaError, match="'next trad'.*'next trade'"):
        forward_return(p, 1, 0, exit="next trad")

def _one_exit(p, i, horizon, delay, exit):
    """Label and the date on which it is known, read off the asset's own prices."""
    a = p.asset_code[i]
    price = p.fields["close"][p.asset_offsets[a] : p.asset_offsets[a + 1]].astype(float)
    day = p.date_code[p.asset_offsets[a] : p.asset_offsets[a + 1]]
    i -= p.asset_offsets[a]
    e = i + delay
    due = i + delay + horizon
    due_code = day[i] + delay + horizon
    final = p.attributes["delisting_return"].get(p.assets[a], np.nan)
    if not np.isfinite(price[i]) or e >= len(price) or not np.isfinite(price[e]):
        return np.nan, None
    if due < len(price) and np.isfinite(price[due]):
        return price[due] / price[e] - 1, due_code
    later = [j for j in range(due, len(price)) if np.isfinite(price[j])]
    if later:
        return (price[later[0]] / price[e] - 1, day[later[0]]) if exit == "next trade" else (np.nan, None)
    last = max(j for j in range(len(price)) if np.isfinite(price[j]))
    ends_early = day[-1] < p.n_dates - 1
    if not np.isfinite(final) or not ends_early and due >= len(price):
        return np.nan, None
    return price[last] * (1 + final) / price[e] - 1, max(due_code, min(day[-1] + 1, p.n_dates - 1))

@pytest.mark.parametrize("exit", ["bar", "next trade"])
@pytest.mark.parametrize("seed", range(4))
def test_every_exit_equals_its_definition(seed, exit):
    p = _halted(seed)
    late = 0
    for horizon, delay in ((1, 0), (4, 1), (9, 2)):
        y = forward_return(p, horizon, delay, exit)
        for i in range(p.n_rows):
            value, known = _one_exit(p, i, horizon, delay, exit)
            np.testing.assert_allclose(y.values[i], value)
            if known is not None:
                assert y.known_code[i] == known
        late += (y.late & y.labelled).sum()
    assert late > 10

@pytest.mark.parametrize("exit", ["bar", "next trade"])
def test_no_label_changes_after_the_date_on_which_it_is_known(exit):
    from neuralpha.data.panel import cut_panel

    p = _halted(1)
    y = forward_return(p, 4, 1, exit)
    for cut in range(10, p.n_dates - 1):
        past = cut_panel(p, last=p.dates[cut])
        then = forward_return(past, 4, 1, exit)
        rows = np.flatnonzero(p.date_code <= cut)
        settled = (y.known_code[rows] <= cut) | (then.known_code <= cut)
        np.testing.assert_array_equal(then.values[settled], y.values[rows][settled])
        there = (past.date_code[past.asset_offsets[1:] - 1] == cut)[past.asset_code]
        assert not (np.isfinite(then.values) & (then.known_code > cut) & there).any()

def test_a_halt_to_the_end_of_the_panel_takes_a_delisting_return_that_is_stated():
    close = [50, 40, np.nan, np.nan, np.nan]
    frame = pd.concat([PRICES[PRICES.asset == "A"], pd.DataFrame({"date": DAYS, "asset": "B", "close": close})])
    p = panel_from_frame(frame, attributes=pd.DataFrame({"delisting_return": [np.nan, -0.9]}, ["A", "B"]))
    y = forward_return(p, 2, 0)
    np.testing.assert_allclose(y.values[p.rows_of("B")], [0.8 * 0.1 - 1, -0.9, np.nan, np.nan, np.nan])
    assert y.known_code[p.rows_of("B")][:2].tolist() == [4, 4]
    silent = forward_return(panel_from_frame(frame), 2, 0)
    assert np.isnan(silent.values[p.rows_of("B")]).all() and silent.counts["exit bar suspended"] == 2

def test_nobody_waits_for_a_suspended_stock_to_be_ranked():
    p = _halted(2)
    y = forward_return(p, 4, 1, "next trade")
    in_time = y.labelled & ~y.late
    for kind in ("rank", "z", "gauss", "quantile"):
        got = y.target(kind)
        np.testing.assert_array_equal(
            got[in_time], standardise_by_date(p, np.where(in_time, y.values, np.nan), kind)[in_time].astype(np.float32)
        )
        for i in np.flatnonzero(y.late & y.labelled)[:40]:
            among = in_time & (p.date_code == p.date_code[i])
            among[i] = True
            np.testing.assert_allclose(
                got[i], standardise_by_date(p, np.where(among, y.values, np.nan), kind)[i], rtol=1e-6
            )
    changed = replace(
        y, values=np.where(y.late, 99.0, y.values)
    )  # what a late label says later moves no other row's target
    np.testing.assert_array_equal(changed.target("rank")[in_time], y.target("rank")[in_time])
    for other in (excess_return(changed), classes(changed), standardise_label(changed)):
        same = {"return": excess_return, "class": classes, "rank": standardise_label}[other.unit](y)
        np.testing.assert_array_equal(other.values[in_time], same.values[in_time])
        np.testing.assert_array_equal(other.known_code[in_time], (p.date_code + 5)[in_time])

def test_the_purge_sees_the_longer_life():
    from neuralpha.splits import walk_forward

    rng = np.random.default_rng(3)
    days = pd.bdate_range("2020-01-01", periods=400)
    f = pd.DataFrame(
        {
            "date": np.tile(days, 8),
            "asset": np.repeat(list("ABCDEFGH"), 400),
            "close": np.exp(0.02 * rng.standard_normal(3200).cumsum()),
        }
    )
    p = panel_from_frame(f, tradable=rng.random(3200) > 0.2)
    y = forward_return(p, 3, 1, "next trade")
    folds = walk_forward(y, "6M", "2M", "2M", 0)
    crossing = 0
    for fold in folds:
        first = p.date_code[fold.valid].min()
        before = y.labelled & (p.date_code < first)
        crossing += (before & (p.date_code + 4 < first) & (y.known_code >= first)).sum()
        assert (y.known_code[fold.train] < first).all() and (
            y.known_code[fold.valid] < p.date_code[fold.test].min()
        ).all()
    assert crossing > 5

def test_a_missing_return_is_not_a_return_of_zero():
    days = pd.bdate_range("2024-01-01", periods=6)
    p = panel_from_frame(
        pd.DataFrame({"date": days, "asset": "A", "size": 1.0, "return": [0, 0.1, np.nan, 0.2, 0.1, 0]})
    )
    y = forward_return(p, 1, 0)
    np.testing.assert_allclose(y.values, [0.1, np.nan, 0.2, 0.1, 0, np.nan], atol=1e-6)
    assert y.counts["no return between entry and exit"] == 1
    np.testing.assert_allclose(forward_return(p, 2, 0).values[:4], [np.nan, np.nan, 0.32, 0.1], atol=1e-6)

def test_returns_alone_give_the_same_labels_as_prices():
    p = panel_from_frame(PRICES[PRICES.asset == "A"])
    r = PRICES[PRICES.asset == "A"].assign(**{"return": lambda d: d.close.pct_change().fillna(0)}).drop(columns="close")
    np.testing.assert_allclose(
        forward_return(panel_from_frame(r), 2, 1).values, forward_return(p, 2, 1).values, rtol=1e-6
    )

def test_one_assets_returns_do_not_touch_anothers_bits():
    p = _random(**{"return": lambda rng, n: rng.normal(0, 0.02, n)})
    p.fields.pop("close")
    other = p.with_fields(**{"return": np.where(p.asset_code == 0, 0.5, p.fields["return"])})
    a = forward_return(p, 3).values
    b = forward_return(other, 3).values
    np.testing.assert_array_equal(a[p.asset_code > 0], b[p.asset_code > 0])

@pytest.mark.parametrize("kw", [dict(horizon=0), dict(delay=-1), dict(horizon=1.5)])
def test_bad_horizons_are_refused(kw):
    with pytest.raises(NeuralphaError, match="whole number"):
        forward_return(_panel(), **kw)

def test_targets_are_cross_sectional():
    rng = np.random.default_rng(0)
    p = panel_from_frame(
        pd.DataFrame([(d, a) for d in DAYS for a in "ABCDE"], columns=["date", "asset"]).assign(
            close=rng.uniform(1, 2, 25)
        )
    )
    y = forward_return(p, 1, 0)
    rank = y.target("rank")
    z = y.target("z")
    for d in range(4):
        rows = p.rows_on(p.dates[d])
        np.testing.assert_allclose(sorted(rank[rows]), np.arange(-2, 3) / 3, atol=1e-6)
        assert abs(z[rows].mean()) < 1e-6 and abs(z[rows].std() - 1) < 1e-6

def _sectors(p):
    return pd.DataFrame({"sector": ["x", "x", "y", "y", "y", "z", "z"]}, index=p.assets)

def test_excess_returns_by_hand_and_by_pandas():
    base = _random()
    p = panel_from_frame(base.frame().drop(columns="tradable"), attributes=_sectors(base))
    y = forward_return(p, 3)
    f = pd.DataFrame({"y": y.values, "d": p.date_code, "s": p.attributes.sector.to_numpy()[p.asset_code]})
    np.testing.assert_allclose(excess_return(y).values, f.y - f.groupby("d").y.transform("mean"), atol=1e-14)
    np.testing.assert_allclose(
        excess_return(y, "sector").values, f.y - f.groupby(["d", "s"]).y.transform("mean"), atol=1e-14
    )
    with pytest.raises(NeuralphaError, match="'sector'"):
        excess_return(forward_return(base, 3), "sector")

def test_trailing_volatility_and_beta_equal_numpy_on_the_window():
    p = _random(2, dates=60, density=1.0)
    r = p.frame().groupby("asset").close.pct_change().to_numpy()
    m = pd.Series(r).groupby(p.date_code).transform("mean").to_numpy()
    vol = trailing_volatility(p, 10)
    beta = trailing_beta(p, 20)
    for i in (p.rows_of("C").start + 25, p.rows_of("G").stop - 1):
        np.testing.assert_allclose(vol[i], r[i - 9 : i + 1].std(ddof=1), rtol=1e-5)
        np.testing.assert_allclose(beta[i], np.polyfit(m[i - 19 : i + 1], r[i - 19 : i + 1], 1)[0], rtol=1e-5)
    assert np.isnan(vol[p.rows_of("C").start + 4]) and np.isfinite(vol[p.rows_of("C").start + 5])

def test_beta_residual_removes_a_pure_market_and_sees_no_label_bar():
    p = _random(3, dates=80, density=1.0)
    y = forward_return(p, 5)
    e = excess_return(y, "beta", window=30)
    bumped = p.with_fields(close=np.where(p.date_code > 50, 2 * p.fields["close"], p.fields["close"]))
    np.testing.assert_array_equal(trailing_beta(bumped, 30)[p.date_code <= 50], trailing_beta(p, 30)[p.date_code <= 50])
    at = p.date_code == 40
    np.testing.assert_allclose(e.values[at], y.values[at] - trailing_beta(p, 30)[at] * y.values[at].mean())

def test_scaled_label_is_in_standard_deviations():
    p = _random(4, density=1.0)
    y = forward_return(p, 4)
    k = 25
    np.testing.assert_allclose(volatility_scaled(y, 10).values[k], y.values[k] / trailing_volatility(p, 10)[k] / 2)

def test_classes_take_shares_of_a_date_or_a_threshold():
    p = panel_from_frame(pd.DataFrame({"date": "2024-01-02", "asset": [f"{i:02}" for i in range(10)], "close": 1.0}))
    y = Label(p, "y", np.linspace(-0.09, 0.09, 10), np.zeros(10, np.int32), 1, 0)
    assert classes(y).values.tolist() == [-1] * 3 + [0] * 4 + [1] * 3
    assert classes(y, threshold=0.04).values.tolist() == [-1] * 3 + [0] * 4 + [1] * 3
    with pytest.raises(NeuralphaError, match="sum to at most 1"):
        classes(y, 0.8, 0.4)

def _barrier_by_hand(p, i, profit, stop, horizon, delay, width):
    """The definition, one row at a time."""
    close = p.fields["close"].astype(float)
    a = p.asset_code[i]
    last = p.asset_offsets[a + 1] - 1
    if not np.isfinite(close[i]) or not np.isfinite(width[i]) or i + delay > last or not np.isfinite(close[i + delay]):
        return np.nan, None
    for j in range(i + delay + 1, min(i + delay + horizon, last) + 1):
        r = close[j] / close[i + delay] - 1
        if r > profit * width[i]:
            return 1.0, p.date_code[j]
        if r < -stop * width[i]:
            return -1.0, p.date_code[j]
    if i + delay + horizon > last or not np.isfinite(close[i + delay + horizon]):
        return np.nan, None
    return 0.0, p.date_code[i] + delay + horizon

@pytest.mark.parametrize("seed", range(8))
def test_triple_barrier_equals_its_definition(seed):
    rng = np.random.default_rng(seed)
    p = _random(seed, dates=50, density=rng.choice([0.8, 1.0]))
    profit = rng.uniform(0.5, 3)
    stop = rng.uniform(0.5, 3)
    horizon = int(rng.integers(1, 15))
    delay = int(rng.integers(0, 3))
    y = triple_barrier(p, profit, stop, horizon, delay, 10)
    width = trailing_volatility(p, 10)
    for i in range(p.n_rows):
        value, known = _barrier_by_hand(p, i, profit, stop, horizon, delay, width)
        assert value == y.values[i] or (np.isnan(value) and np.isnan(y.values[i]))
        if known is not None:
            assert known == y.known_code[i]
    assert np.isfinite(y.values).any()

def _path(*close):
    return panel_from_frame(
        pd.DataFrame({"date": pd.bdate_range("2024-01-01", periods=len(close)), "asset": "A", "close": close})
    )

@pytest.mark.parametrize("seed", range(6))
def test_without_barriers_the_return_is_the_forward_return(seed):
    p = _halted(seed)
    for exit, (horizon, delay) in itertools.product(("bar", "next trade"), ((1, 0), (3, 1), (12, 2))):
        barrier = triple_barrier(p, np.inf, np.inf, horizon, delay, None, exit=exit)
        y = forward_return(p, horizon, delay, exit)
        np.testing.assert_allclose(barrier.parts["return"], y.values, atol=1e-12)
        np.testing.assert_array_equal(barrier.known_code[y.labelled], y.known_code[y.labelled])

def test_a_touch_is_strict():
    y = triple_barrier(_path(100, 150, 150, 150), 0.5, 0.5, 2, 0, None)
    assert y.values[0] == 0 and y.known_code[0] == 2
    assert triple_barrier(_path(100, 150.1, 10, 10), 0.5, 0.5, 2, 0, None).values[0] == 1

def test_the_first_touch_counts_and_ends_the_life_span():
    y = triple_barrier(_path(100, 70, 200, 200), 0.5, 0.25, 3, 0, None)
    assert y.values[0] == -1 and y.known_code[0] == 1 and abs(y.parts["return"][0] + 0.3) < 1e-6

def test_far_barriers_leave_time_only_and_near_ones_never_do():
    p = _random(1, density=1.0)
    assert np.nanmax(np.abs(triple_barrier(p, 1e3, 1e3).values)) == 0
    assert np.nanmin(np.abs(triple_barrier(p, 1e-9, 1e-9).values)) == 1
    assert np.nanmax(triple_barrier(p, 1e4, 1e-9).values) < 1

def test_delisting_is_the_last_point_of_the_path():
    stopped = triple_barrier(_panel(-0.9), 0.5, 0.5, 4, 0, None)
    known = _panel(-0.9)
    assert stopped.values[known.rows_of("B").stop - 1] == -1
    assert np.isnan(triple_barrier(_panel(np.nan), 0.9, 0.9, 4, 0, None).values[7])

def test_a_short_bet_profits_from_a_fall():
    p = _path(100, 100, 60, 60)
    y = triple_barrier(p, 0.3, 0.3, 2, 0, None, side=[-1, 0, 1, 1])
    assert y.values[0] == 1 and np.isnan(y.values[1]) and y.parts["return"][0] < 0
    with pytest.raises(NeuralphaError, match="other than"):
        triple_barrier(p, side=[2, 0, 0, 0])

def test_meta_labels_say_whether_the_bet_paid():
    p = _path(100, 110, 99, 99)
    y = forward_return(p, 1, 0)
    assert meta_label(y, [1, 1, 1, 1]).values[:2].tolist() == [1, 0]
    m = meta_label(y, [-1, -1, 0, 1])
    assert m.values[:2].tolist() == [0, 1] and np.isnan(m.values[2]) and (m.known_code == y.known_code).all()
    with pytest.raises(NeuralphaError, match="no side"):
        meta_label(y)

def test_meta_label_of_barriers_takes_their_side():
    side = np.array([-1.0, 1, -1, -1])
    y = triple_barrier(_path(100, 90, 80, 70), 0.05, 0.05, 1, 0, None, side=side)
    assert meta_label(y).values[:3].tolist() == [1, 0, 1]

def test_trend_scan_equals_least_squares_on_every_span():
    import statsmodels.api as sm

    p = _random(6, dates=40, assets="AB", density=1.0)
    y = trend_scan(p, 3, 10, 1)
    logp = np.log(p.fields["close"].astype(float))
    for i in (0, 7, 25, 44, 60):
        t = {
            L: sm.OLS(logp[i + 1 : i + 2 + L], sm.add_constant(np.arange(L + 1.0))).fit().tvalues[1]
            for L in range(3, 11)
        }
        L = max(t, key=lambda k: abs(t[k]))
        assert y.parts["span"][i] == L and y.values[i] == np.sign(t[L])
        np.testing.assert_allclose(y.parts["t_value"][i], t[L], rtol=1e-6)
        assert y.known_code[i] == p.date_code[i] + 11
    assert np.isnan(y.values[p.rows_of("A").stop - 11 : p.rows_of("A").stop]).all()

def test_a_straight_line_is_a_trend_and_a_flat_one_is_not():
    assert trend_scan(_path(*np.exp(0.01 * np.arange(12))), 3, 5, 0).values[0] == 1
    assert trend_scan(_path(*np.full(12, 7.0)), 3, 5, 0).values[0] == 0

def test_labels_say_what_their_values_are():
    base = _random(12, density=1.0)
    p = panel_from_frame(base.frame().drop(columns="tradable"), attributes=_sectors(base))
    y = forward_return(p, 3)
    barrier = triple_barrier(p)
    assert [excess_return(y, over, 20).unit for over in ("market", "sector", "beta")] == ["return"] * 3 == [y.unit] * 3
    assert [standardise_label(y, k).unit for k in ("rank", "z", "gauss", "quantile")] == [
        "rank",
        "standard deviations",
        "normal score",
        "quantile",
    ]
    assert [
        label.unit
        for label in (
            volatility_scaled(y),
            classes(y),
            classes(y, threshold=0.01),
            barrier,
            meta_label(y, np.ones(p.n_rows)),
            trend_scan(p),
        )
    ] == ["standard deviations", "class", "class", "outcome", "outcome", "direction"]
    assert excess_return(volatility_scaled(y)).unit == "standard deviations"

@pytest.mark.parametrize(
    "world",
    [dict(split=2), dict(split=8), dict(split=3 / 2), dict(split=1 / 10), dict(dividend=0.97), dict(dividend=1e-6)],
)
def test_adjusting_prices_after_the_file_moves_no_label(world):
    from neuralpha.features.compute import adjusted_panel

    p = _random(8, 80, density=0.95)
    p = replace(p, attributes=pd.DataFrame({"sector": list("xxyyyzz"), "delisting_return": np.nan}, p.assets))
    made = {
        "forward": forward_return,
        "returns": lambda q: multi_horizon(q).tasks[2],
        "excess": lambda q: excess_return(forward_return(q), "sector"),
        "beta": lambda q: excess_return(forward_return(q), "beta"),
        "scaled": lambda q: volatility_scaled(forward_return(q)),
        "classes": lambda q: classes(forward_return(q)),
        "barrier": triple_barrier,
        "meta": lambda q: meta_label(triple_barrier(q, side=np.ones(q.n_rows))),
        "trend": trend_scan,
    }
    for name, label in made.items():
        before = label(p)
        after = label(adjusted_panel(p, **world))
        np.testing.assert_allclose(after.values, before.values, rtol=1e-6, atol=1e-9, err_msg=name)
        np.testing.assert_array_equal(after.known_code, before.known_code, err_msg=name)

def test_tasks_share_rows_and_the_longest_life():
    p = _random(7, density=1.0)
    y = multi_horizon(p, (1, 5))
    one = forward_return(p, 1)
    assert "known at most 6 bars later" in repr(y) and "known at most 2 bars later" in repr(one)
    assert y.target("z").shape == (p.n_rows, 2) and (y.horizon, y.delay, y.name) == (1, 1, one.name)
    np.testing.assert_array_equal(y.target("raw"), np.stack([y[0].values, y[1].values], 1).astype(np.float32))
    np.testing.assert_array_equal(y.known_code, p.date_code + 6)
    np.testing.assert_array_equal(y.values, one.values)
    np.testing.assert_array_equal(y.labelled, one.labelled)
    assert len({y.digest, one.digest, multi_horizon(p, (1, 4)).digest}) == 3 and "return 5 bars" in repr(y)
    z = MultiTaskLabel([volatility_scaled(one)], scored=one)
    lost = one.labelled & ~z[0].labelled
    assert (
        lost.any()
        and z.counts[f"no {z[0].name}"] == lost.sum()
        and (z.unit, z[0].unit) == ("return", "standard deviations")
    )
    np.testing.assert_array_equal(z.values, np.where(lost, np.nan, one.values))
    np.testing.assert_array_equal(z.target("raw"), z[0].values.astype(np.float32))
    np.testing.assert_array_equal(MultiTaskLabel([forward_return(p, 9)], scored=one).known_code, p.date_code + 10)
    assert len({z.digest, one.digest, z[0].digest}) == 3 and repr(z).endswith(
        "learnt: return 1 bars ahead, delay 1, volatility-scaled"
    )
    touch = triple_barrier(p, horizon=5)
    with pytest.raises(NeuralphaError, match="ends on different bars"):
        touch.target("rank")
    np.testing.assert_array_equal(
        MultiTaskLabel([touch], scored=forward_return(p, 5)).target("rank"),
        standardise_label(touch, "rank").values.astype(np.float32),
    )
    y[0].digest  # known before its label of several tasks is built
    assert (
        MultiTaskLabel(y.tasks).digest == y.digest
        and MultiTaskLabel((standardise_label(one), one)).unit == "rank"
        and y.unit == "return"
    )
    with pytest.raises(NeuralphaError, match="task by task"):
        standardise_label(y)
    with pytest.raises(NeuralphaError, match="different panels"):
        MultiTaskLabel((one, forward_return(_random(8, density=1.0), 5)))

@pytest.mark.parametrize("exit", EXITS)
def test_no_label_reaches_across_a_stated_return_that_is_missing(exit):
    rng = np.random.default_rng(0)
    days = pd.bdate_range("2020-01-01", periods=120)
    frame = pd.DataFrame({"date": days, "asset": "A", "size": 1.0, "return": 0.02 * rng.standard_normal(120)})
    whole, lost = (
        panel_from_frame(frame),
        panel_from_frame(frame.assign(**{"return": frame["return"].mask(days == days[80])})),
    )
    row = np.arange(120)
    across = (row + 1 < 80) & (row + 11 >= 80)
    for make in (
        lambda panel: forward_return(panel, 10, exit=exit),
        lambda panel: triple_barrier(panel, np.inf, np.inf, 10, window=None, exit=exit),
        lambda panel: trend_scan(panel, 5, 10),
    ):
        complete, y = make(whole), make(lost)
        np.testing.assert_array_equal(y.labelled, complete.labelled & ~across)
        np.testing.assert_allclose(y.values[y.labelled], complete.values[y.labelled], rtol=1e-9)
        assert set(y.reason[across]) == {"no return between entry and exit"}
    y = triple_barrier(lost, 0.03, 0.03, 10, window=None, exit=exit)
    ends_before = y.known_code < 80
    assert y.labelled[across & ends_before].all() and not y.labelled[across & ~ends_before].any()
    assert (across & ends_before).any()

def test_uniqueness_of_the_textbook_example():
    np.testing.assert_allclose(average_uniqueness([0, 2, 4], [2, 3, 5]), [5 / 6, 3 / 4, 1])

def test_sequential_bootstrap_of_the_textbook_example():
    np.testing.assert_allclose(draw_probabilities([0, 2, 4], [2, 3, 5]), [1 / 3] * 3)
    np.testing.assert_allclose(draw_probabilities([0, 2, 4], [2, 3, 5], drawn=[1]), [5 / 14, 3 / 14, 6 / 14])

def test_uniqueness_equals_the_indicator_matrix():
    y = triple_barrier(_random(8, dates=60), 1.5, 1.5, 8)
    p = y.panel
    u = uniqueness(y)
    for a in range(p.n_assets):
        rows = np.arange(*p.asset_offsets[a : a + 2])
        rows = rows[y.labelled[rows]]
        if not len(rows):
            continue
        t = np.arange(p.n_dates + 20)
        end = p.date_code[p.asset_offsets[a + 1] - 1]
        held = (t > p.date_code[rows, None] + 1) & (t <= np.minimum(y.known_code[rows], end)[:, None])
        expected = (held / np.maximum(held.sum(0), 1)).sum(1) / held.sum(1)
        np.testing.assert_allclose(u[rows], expected, rtol=1e-10)
    assert (np.isnan(u) == ~y.labelled).all()

def test_weights_of_a_train_part_ignore_the_rest():
    y = forward_return(_random(9, dates=30, assets="A", density=1.0), 5, 0)
    assert abs(uniqueness(y)[10] - 0.2) < 1e-12
    w = uniqueness(y, rows=np.arange(6))
    np.testing.assert_allclose(w[5], np.mean([1 / 5, 1 / 4, 1 / 3, 1 / 2, 1]))
    assert np.isnan(w[6:]).all()

def test_labels_of_one_bar_are_unique_and_overlap_divides():
    p = _random(9, dates=100, density=1.0)
    np.testing.assert_allclose(np.nanmin(uniqueness(forward_return(p, 1))), 1)
    assert abs(np.nanmedian(uniqueness(forward_return(p, 10))) - 0.1) < 1e-9

def test_sequential_draws_overlap_less_than_random_ones():
    y = forward_return(_random(10, dates=120, assets="A", density=1.0), 10)
    rows = np.flatnonzero(y.labelled)

    def mean(picks):
        return average_uniqueness(picks, picks + 9).mean()

    random = [mean(np.random.default_rng(s).choice(rows, len(rows))) for s in range(20)]
    sequential = [mean(sequential_bootstrap(y, s)) for s in range(20)]
    assert np.mean(sequential) > np.mean(random)
    np.testing.assert_array_equal(sequential_bootstrap(y, 3), sequential_bootstrap(y, 3))

def test_sequential_bootstrap_keeps_every_assets_share():
    y = forward_return(_random(11), 3)
    train = np.flatnonzero(y.labelled & (y.panel.date_code < 20))
    picks = sequential_bootstrap(y, 0, train)
    assert np.isin(picks, train).all()
    np.testing.assert_array_equal(np.bincount(y.panel.asset_code[picks]), np.bincount(y.panel.asset_code[train]))

def test_time_decay_is_a_line_from_oldest_to_one():
    p = panel_from_frame(
        pd.DataFrame({"date": pd.bdate_range("2024-01-01", periods=11), "asset": "A", "close": np.arange(1.0, 12)})
    )
    y = forward_return(p, 1, 0)
    w = np.arange(1, 11) / 10
    np.testing.assert_allclose(time_decay(y, 0.5)[:10], 0.5 + 0.5 * w)
    np.testing.assert_allclose(time_decay(y, 1.0)[:10], 1)
    np.testing.assert_allclose(time_decay(y, -0.5)[:10], np.maximum(0, 2 * w - 1))
    assert np.isnan(time_decay(y)[10])

def test_weights_of_a_fit_know_its_rows_alone_and_have_mean_one():
    y = forward_return(_random(density=1), 5, 1)
    rows = np.flatnonzero(y.labelled & (y.panel.date_code < y.panel.n_dates // 2))
    w = sample_weights(y, rows, ["uniqueness", "time_decay"], 0.2)
    assert abs(w[rows].mean() - 1) < 1e-12 and np.isnan(np.delete(w, rows)).all()
    alone = uniqueness(y, rows) * time_decay(y, 0.2, uniqueness(y, rows))
    np.testing.assert_allclose(w[rows], alone[rows] / alone[rows].mean())
    later = replace(y, values=np.where(y.panel.date_code < y.panel.n_dates // 2, y.values, 2 * y.values))
    np.testing.assert_array_equal(w, sample_weights(later, rows, ["uniqueness", "time_decay"], 0.2))
    for wrong, said in [
        ("unique", "uniqueness"),
        (lambda y, r: np.ones(3), "shape"),
        (lambda y, r: -np.ones(y.panel.n_rows), "negative"),
        (
            lambda y: np.ones(y.panel.n_rows),
            "<lambda> fails: TypeError: .*takes 1 positional argument but 2 were given",
        ),
        (lambda y, r: "heavy", "gave 'heavy'; weights are numbers"),
    ]:
        with pytest.raises(NeuralphaError, match=said):
            sample_weights(y, rows, wrong)

def best_close(panel, horizon):
    """The best close of the next bars over today's, known at their end."""
    close = pd.Series(panel.fields["close"].astype(float)).groupby(panel.asset_code)
    ahead = pd.concat([close.shift(-k) for k in range(2, horizon + 2)], axis=1)
    dates = pd.Series(panel.dates[panel.date_code]).groupby(panel.asset_code)
    value = (ahead.max(axis=1, skipna=False) / panel.fields["close"] - 1).where(panel.tradable)
    return pd.DataFrame({"value": value, "exit": dates.shift(-horizon - 1)})

def test_a_label_of_ones_own_is_values_that_say_when_they_are_known():
    panel = _random(density=1)
    y = own_label(best_close, panel, 3, 1)
    assert y.horizon == 3 and y.name == "best_close" and (y.known_code - panel.date_code)[y.labelled].max() == 4
    assert own_label(lambda panel: forward_return(panel, 5, 1), panel).unit == "return"
    for wrong, said in [
        (lambda panel: 3, "return a Label"),
        (lambda panel: best_close(panel, 3)[:5], "5 rows"),
        (lambda panel: forward_return(panel, 7, 1), "set horizon = 7"),
        (lambda panel: best_close(panel, 3).assign(exit=panel.dates[panel.date_code]), "before it could be entered"),
        (lambda panel: best_close(panel, 3).assign(value=np.nan), "no row"),
        (lambda panel: best_close(panel, 3).assign(exit=20240105), "column 'exit' holds int64"),
        (3, "is a int"),
        (lambda panel: panel.no_such_field, "<lambda> fails: AttributeError: .*no_such_field"),
    ]:
        with pytest.raises(NeuralphaError, match=said):
            own_label(wrong, panel)
