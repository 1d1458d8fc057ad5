# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.checks.rules import *
import datetime as dt
import os
from pathlib import Path
import numpy as np
import pandas as pd
import polars as pl
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.reading.tables import Table, canonical, read_spec

def test_prices_in_thousands_come_back_to_the_last_digit():
    from neuralpha.data.universes import load_universe

    rng = np.random.default_rng(0)
    dates = pd.bdate_range("2020-01-01", periods=300)
    true = (1000 * np.exp(np.cumsum(rng.normal(0, 0.015, (300, 6)), 0))).round(0)
    wide = pd.DataFrame(np.where(true >= 1000, true / 1000, true), dates, list("ABCDEF")).rename_axis("date")
    p = load_universe(wide.melt(ignore_index=False, var_name="asset", value_name="close").reset_index())
    got = p.frame().pivot(index="date", columns="asset", values="close").to_numpy()
    known = np.isfinite(got)
    ratio = (got / true)[known]
    assert known.mean() > 0.85 and np.abs(ratio / 10.0 ** np.round(np.log10(ratio)) - 1).max() < 1e-6

def clean_market(seed=0, n_assets=30, n_days=400, start="2022-01-03"):
    """Long frame of a clean market; one asset is delisted half-way, so that not all are survivors."""
    import exchange_calendars as xc

    days = xc.get_calendar("XNYS", start="2021-12-01", end="2024-12-31").sessions
    days = days[days >= start][:n_days].to_numpy("datetime64[ns]")
    rng = np.random.default_rng(seed)
    market = rng.standard_t(3, n_days) * 0.012
    r = market[:, None] * rng.uniform(0.6, 1.4, n_assets) + rng.standard_t(3, (n_days, n_assets)) * 0.01
    close = 50 * np.exp(np.cumsum(r, 0))
    open_ = close * np.exp(rng.normal(0, 0.004, close.shape))
    pad = np.exp(np.abs(rng.normal(0, 0.006, close.shape)))
    volume = np.round(np.exp(rng.normal(11, 0.4, close.shape)))
    names = [f"A{i:02d}" for i in range(n_assets)]

    def long(x):
        return pd.DataFrame(x, days, names).T.stack()

    frame = (
        pd.DataFrame(
            {
                "open": long(open_),
                "high": long(np.maximum(open_, close) * pad),
                "low": long(np.minimum(open_, close) / pad),
                "close": long(close),
                "volume": long(volume),
            }
        )
        .rename_axis(["asset", "date"])
        .reset_index()
    )
    return frame[(frame.asset != "A29") | (frame.date < days[n_days // 2])].reset_index(drop=True)

def panel_of(frame, checks=None, halt=True):
    return checked_panel(canonical(pl.from_pandas(frame).lazy(), "t", "t"), checks, halt)

def found(frame, checks=None):
    """Check -> rows, of every check that found something."""
    lines = panel_of(frame, checks, halt=False).checks
    return dict(zip(lines.check, lines.rows)) | {"": 0}

CLEAN = clean_market()

@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_found_in_a_clean_market_with_fat_tails(seed):
    panel = panel_of(clean_market(seed))
    wrong = panel.checks[(panel.checks.rows > 0) & (panel.checks.check != "large_move")]
    assert wrong.empty, wrong.to_string()
    assert panel.tradable.all() and panel.masked.empty
    assert set(panel.checks.check) >= set(CHECKS) - {"duplicate"}  # every check has its line

P = ["open", "high", "low", "close"]

AT = int(np.flatnonzero(CLEAN.asset == "A03")[200])

LAST = int(np.flatnonzero(CLEAN.asset == "A03")[-1])

FIRST = int(np.flatnonzero(CLEAN.asset == "A03")[0])

def edit(rows, columns, value):
    """A frame with some cells replaced, or transformed where `value` is a function."""
    f = CLEAN.copy()
    f.loc[rows, columns] = value(f.loc[rows, columns]) if callable(value) else value
    return f

def stale(n):
    f = CLEAN.copy()
    for c in [*P, "volume"]:
        f.loc[AT : AT + n, c] = f.loc[AT, c]
    return f

def rescaled(rows, price, volume=None):
    f = edit(rows, P, lambda x: x * price)
    if volume:
        f.loc[rows, "volume"] *= volume
    return f

def bouncing():
    f = CLEAN.copy()
    side = np.where(np.arange(60) % 2, 1.06, 0.94)
    for c in P:
        f.loc[AT : AT + 59, c] = f.loc[AT, "close"] * side
    return f

def shifted():
    """A03 one session late: each bar under the date of the next."""
    f = CLEAN.copy()
    f.loc[FIRST : LAST - 1, "date"] = f.loc[FIRST + 1 : LAST, "date"].to_numpy()
    return f.drop(index=LAST)

def locked():
    """A03 at its upper limit from the opening on."""
    f = rescaled(range(AT, LAST + 1), 1.1 * CLEAN.close[AT - 1] / CLEAN.close[AT])
    f.loc[AT, P] = f.loc[AT, "close"]
    return f

def with_coins():
    """Three coins that trade every day beside the stocks."""
    days = pd.date_range(CLEAN.date.min(), CLEAN.date.max())
    rows = CLEAN[CLEAN.asset == "A03"].set_index("date").reindex(days, method="ffill").rename_axis("date").reset_index()
    rng = np.random.default_rng(1)
    coins = [
        rows.assign(asset=f"C{k}", volume=rng.integers(9e4, 11e4, len(rows)), **{c: rows[c] * x for c in P})
        for k, x in enumerate(np.exp(rng.normal(0, 0.01, (4, len(rows)))))
    ]
    return pd.concat([CLEAN, *coins])

def without(rows):
    return CLEAN.drop(index=rows)

def added(**cells):
    return pd.concat([CLEAN, CLEAN.loc[[AT]].assign(**cells)], ignore_index=True)

DAY = CLEAN.date[AT]

FAULTS = {  # check -> (frame, rows, action)
    "missing_key": (edit(AT, "asset", None), 1, "dropped"),
    "unsorted_rows": (CLEAN.sample(frac=1, random_state=0), None, "sorted"),
    "future_date": (added(date=pd.Timestamp("2100-01-04")), 1, "dropped"),
    "wrong_session": (added(date=pd.Timestamp("2022-10-01")), 1, "dropped"),
    "mixed_calendars": (with_coins(), None, "dropped"),
    "duplicate_rows": (added(), 1, "repaired"),
    "not_tradable": (CLEAN.assign(tradable=CLEAN.index != AT), 1, "masked"),
    "conflicting_rows": (added(close=CLEAN.close[AT] * 1.001), 2, "masked"),
    "missing_price": (edit(AT, "close", np.nan), 1, "masked"),
    "infinite_value": (edit(AT, "high", np.inf), 1, "masked"),
    "non_trading": (edit(AT, ["open", "high", "low", "volume"], 0), 1, "masked"),
    "nonpositive_price": (edit(AT, "low", 0.0), 1, "masked"),
    "negative_volume": (edit(AT, "volume", -5), 1, "masked"),
    "missing_volume": (edit(AT, "volume", 0), 1, "repaired"),
    "high_below_low": (edit(AT, ["high", "low"], CLEAN.loc[AT, ["low", "high"]].to_numpy(float)), 1, "masked"),
    "close_outside_range": (edit(AT, "close", CLEAN.high[AT] * 1.01), 1, "masked"),
    "open_outside_range": (edit(AT, "open", CLEAN.low[AT] * 0.98), 1, "masked"),
    "stale_run": (stale(6), 6, "masked"),
    "decimal_slip": (rescaled(range(AT, AT + 2), 10), 2, "masked"),
    "reverting_spike": (rescaled([AT], 2.2), 1, "masked"),
    "unit_flip": (rescaled(range(AT, AT + 30), 1.9), 30, "masked"),
    "unadjusted_split": (rescaled(range(AT, LAST + 1), 1 / 3, 3), 1, "repaired"),
    "absurd_jump": (rescaled(range(AT, LAST + 1), 7), 1, "masked"),
    "large_move": (rescaled(range(AT, LAST + 1), 1.7), 1, "noted"),
    "locked_limit": (locked(), 1, "noted"),
    "volume_spike": (edit(AT, "volume", CLEAN.volume[AT] * 300), 1, "noted"),
    "volume_unit_flip": (edit(range(AT, LAST + 1), "volume", lambda x: x * 100), 1, "noted"),
    "bid_ask_bounce": (bouncing(), None, "noted"),
    "missing_session": (without(CLEAN.index[CLEAN.date == DAY]), 1, "noted"),
    "gap": (without([AT, AT + 1]), 2, "noted"),
    "thin_session": (without(CLEAN.index[(CLEAN.date == DAY) & (CLEAN.asset < "A10")]), 1, "noted"),
    "date_slip": (shifted(), 399, "masked"),
    "adjusted_volume": (edit(range(FIRST, LAST + 1), "volume", lambda x: x / 7), None, "noted"),
    "short_history": (pd.concat([CLEAN, CLEAN.loc[[AT]].assign(asset="LONE")]), 1, "noted"),
    "far_dates": (added(date=pd.Timestamp("1985-01-02")), 1, "noted"),
    "copied_asset": (pd.concat([CLEAN, CLEAN[CLEAN.asset == "A03"].assign(asset="COPY")]), 1, "noted"),
    "survivors_only": (CLEAN[CLEAN.asset != "A29"], 29, "noted"),
}

SIDE_EFFECTS = {  # what else these faults are
    "missing_key": {"gap"},
    "thin_session": {"gap"},
    "bid_ask_bounce": {"locked_limit"},
    "volume_unit_flip": {"volume_spike"},
    "date_slip": {"short_history"},
    **dict.fromkeys(
        ("future_date", "wrong_session", "far_dates", "duplicate_rows", "conflicting_rows"), {"unsorted_rows"}
    ),
}

@pytest.mark.parametrize("check", [c for c in CHECKS if c != "impossible_return"])
def test_planted_fault_is_found_and_nothing_else(check):
    frame, rows, action = FAULTS[check]
    panel = panel_of(frame, halt=False)
    lines = panel.checks.set_index("check")
    natural = found(CLEAN)
    assert lines.rows[check] == rows + natural[check] if rows else lines.rows[check] > natural[check]
    assert lines.action[check] == action
    others = set(lines.index[lines.rows > 0]) - {check, "large_move"} - SIDE_EFFECTS.get(check, set())
    assert not others, others

def test_a_crash_to_a_third_is_not_a_split():
    calm = rescaled(range(AT, LAST + 1), 1 / 3, 3)
    assert found(calm)["unadjusted_split"] == 1
    for column, factor in (("volume", 12), ("high", 1.3)):  # news shows in the volume of the day, or in its range
        crash = calm.copy()
        crash.loc[AT, column] *= factor
        assert found(crash)["unadjusted_split"] == 0 and panel_of(crash).tradable.all()

def test_a_split_opens_at_the_new_price():
    split = rescaled(range(AT, LAST + 1), 1 / 3, 3)
    late = split.copy()
    late.loc[AT, ["open", "high"]] = (
        split.loc[AT - 1, "close"] * 0.97
    )  # opens where it closed, and falls by two thirds during the day
    assert found(split)["unadjusted_split"] == 1
    assert panel_of(late, {"split_calm": 1e3}).checks.set_index("check").rows["unadjusted_split"] == 0
    quiet = panel_of(late.drop(columns=["open", "high", "low"]))
    line = quiet.checks.set_index("check").loc["unadjusted_split"]
    assert (
        line.rows == 1
        and "no column 'open'" in line.note
        and "no column" not in panel_of(split).checks.set_index("check").note["unadjusted_split"]
    )
    unknown = split.copy()
    unknown.loc[AT, "open"] = np.nan
    assert found(unknown)["unadjusted_split"] == 1

def _line(frame, check, **checks):
    return panel_of(frame, checks, halt=False).checks.set_index("check").loc[check]

@pytest.mark.parametrize("freq, gap", [("B", 20), ("W-FRI", 30), ("ME", 100), ("QE", 300), ("h", 20)])
def test_a_stray_date_is_found_on_every_frequency(freq, gap):
    days = pd.date_range("1995-01-30", periods=90, freq=freq)
    f = pd.DataFrame([(d, a) for d in days for a in "ABCDE"], columns=["date", "asset"]).assign(
        close=10 + np.random.default_rng(0).random(450), volume=1e5
    )
    none = {"calendar": "none"}
    assert _line(f, "far_dates", **none).rows == 0
    for stray in (
        days[0] - pd.Timedelta(days=gap),
        days[0] - pd.Timedelta(days=9000),
        days[-1] + pd.Timedelta(days=gap),
    ):
        line = _line(pd.concat([f, f[:1].assign(date=stray)]), "far_dates", **none)
        assert (
            line.rows == 1
            and "1 of 451 bars lie apart" in line.note
            and str(min(stray, days[-1]).date()) == line["first"]
        )
    hole = f[(f.date < days[40]) | (f.date > days[40] + pd.Timedelta(days=gap * 2))]
    if freq == "B":
        assert _line(hole, "far_dates", **none).rows == 1

def test_a_copy_of_another_length_or_unit_is_found_and_a_cousin_is_not():
    a = CLEAN[CLEAN.asset == "A03"]
    part = a[150:].assign(asset="PART")
    pence = a.assign(asset="PENCE", **{c: a[c] * 97.3 for c in P})
    again = CLEAN[CLEAN.asset == "A05"].assign(asset="ZZ")
    line = _line(pd.concat([CLEAN, part, pence, again]), "copied_asset")
    assert (
        line.rows == 3
        and line.assets == 5
        and "A03, PART, PENCE are one" in line.note
        and "A05, ZZ are one" in line.note
    )
    close = a.close.to_numpy() * np.exp(1e-4 * np.random.default_rng(0).standard_normal(len(a)).cumsum())
    assert (
        _line(
            pd.concat([CLEAN, a.assign(asset="ETF", close=close, open=close, high=close, low=close)]), "copied_asset"
        ).rows
        == 0
    )
    quiet = pd.concat([CLEAN, *[a.assign(asset=name, open=7.0, high=7.0, low=7.0, close=7.0) for name in ("Q1", "Q2")]])
    assert _line(quiet, "copied_asset").rows == 0  # prices that never move are nobody's

def test_a_month_in_common_is_no_copy():
    a = CLEAN[CLEAN.asset == "A03"]
    b = CLEAN[CLEAN.asset == "A05"]
    growth = np.log(b.close.to_numpy() / b.close.to_numpy()[0])
    growth[100:161] = growth[100] + np.log(a.close.to_numpy()[100:161] / a.close.to_numpy()[100])
    close = np.exp(growth) * 7
    assert (
        _line(
            pd.concat([CLEAN[CLEAN.asset != "A05"], b.assign(close=close, open=close, high=close, low=close)]),
            "copied_asset",
        ).rows
        == 0
    )

def test_copies_are_found_in_a_large_market_within_a_second():
    import time
    from neuralpha.data.checks.rules import _copies
    from neuralpha.data.panel import panel_from_frame

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
    groups = _copies(p, p.tradable, check_spec())
    assert [g.tolist() for g in groups] == [[k, k + 1] for k in range(0, 400, 20)] and time.perf_counter() - began < 1

def test_one_price_on_quiet_days_is_no_limit():
    f = locked()
    for c in ("open", "high", "low"):
        f.loc[AT + 10 : AT + 13, c] = f.loc[AT + 10 : AT + 13, "close"]
    assert _line(locked(), "locked_limit").rows == 1 and _line(f, "locked_limit").rows == 0
    assert panel_of(locked()).tradable.all()

def test_the_dead_are_in_a_file_that_pads_them_to_its_end():
    f = CLEAN[CLEAN.asset != "A29"].copy()
    rows = f.index[f.asset == "A03"][250:]
    f.loc[rows, P] = f.loc[rows[0] - 1, "close"]
    f.loc[rows, "volume"] = 0
    p = panel_of(f)
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
        ).assign(**{c: 9.0 for c in P})
        f = pd.concat([alive, coin.assign(close=9 + np.random.default_rng(0).random(len(coin)))])
    p = panel_of(f, {"calendar": "none", "severity": {"close_outside_range": "off", "stale_run": "off"}}, halt=False)
    line = p.checks.set_index("check").loc["survivors_only"]
    assert line.rows == p.n_assets and not p.gone.any()

def monthly(frame):
    """The same bars as if each were a month."""
    days = np.unique(frame.date)
    return frame.assign(
        date=pd.date_range("1985-01-31", periods=len(days), freq="ME")[np.searchsorted(days, frame.date)]
    )

def test_real_moves_of_months_are_neither_rescaled_nor_masked():
    for name in ("unadjusted_split", "unit_flip", "reverting_spike"):
        bars = monthly(FAULTS[name][0])
        p = panel_of(bars)
        rows = FAULTS[name][1]
        assert p.checks.set_index("check").loc[name, ["rows", "severity", "action"]].tolist() == [rows, "note", "noted"]
        table = bars[bars.asset == "A03"]
        assert p.tradable.all() and p.masked.empty
        for c in (*P, "volume"):
            np.testing.assert_array_equal(p.fields[c][p.rows_of("A03")], table[c].to_numpy(np.float32))
        asked = panel_of(bars, {"severity": {name: "mask"}}).masked  # who knows better says so
        assert len(asked) == rows and set(asked.check) == {name}

def test_a_month_within_the_assets_own_volatility_is_no_split():
    wild = monthly(FAULTS["unadjusted_split"][0])
    mine = wild.asset == "A03"
    level = wild.close[FIRST]
    for c in P:
        wild.loc[mine, c] *= (wild.close[mine] / level) ** 7  # 18% a month, as a small company has
    wild.loc[AT:LAST, P] *= 3**7  # the third itself stays a third
    assert found(wild)["unadjusted_split"] == 0 and found(wild, {"split_sigmas": 1})["unadjusted_split"] == 1

def test_a_wild_stock_is_rarely_a_bounce():
    n = LAST - FIRST + 1

    def wild(seed):
        f = CLEAN.copy()
        walk = np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.12, n)))
        for c in P:
            f.loc[FIRST:LAST, c] *= walk
        return f

    assert (
        sum(found(wild(seed))["bid_ask_bounce"] for seed in range(6)) < 0.02 * 6 * n
    )  # 12% a day without any bounce: chance finds some
    assert found(bouncing())["bid_ask_bounce"] > 25

def test_a_quiet_stock_is_not_stale():
    quiet = stale(10)
    quiet.loc[AT : AT + 10, "volume"] += np.arange(11)
    assert found(quiet)["stale_run"] == 0

def test_an_inverse_fund_is_not_a_day_off():
    f = CLEAN.copy()
    m = f.asset == "A03"
    f.loc[m, P] = 2500 / f.loc[m, ["open", "low", "high", "close"]].to_numpy()
    assert found(f)["date_slip"] == 0

def test_a_late_and_an_early_asset_are_both_found():
    early = CLEAN.copy()
    early.loc[FIRST + 1 : LAST, "date"] = CLEAN.loc[FIRST : LAST - 1, "date"].to_numpy()
    assert found(early.drop(index=FIRST))["date_slip"] == 399

def test_impossible_returns_of_a_table_of_characteristics():
    f = pd.DataFrame(
        {
            "date": np.repeat(pd.date_range("2020-01-31", periods=24, freq="ME"), 3),
            "asset": list("ABC") * 24,
            "size": np.linspace(-1, 1, 72),
            "return": np.tile([0.01, -0.02, 0.03], 24),
        }
    )
    assert found(f)["impossible_return"] == 0
    f.loc[[5, 9], "return"] = [-1.5, 80]
    p = panel_of(f)
    assert p.checks.set_index("check").rows["impossible_return"] == 2 and (~p.tradable).sum() == 2
    assert (p.checks.set_index("check").action[["stale_run", "unadjusted_split", "non_trading"]] == "not run").all()

def test_repaired_split_equals_the_clean_market():
    for ratio in (3, 1 / 4):
        p = panel_of(rescaled(range(AT, LAST + 1), 1 / ratio, ratio))
        clean = panel_of(CLEAN)

        def r(p):
            return np.diff(np.log(p.fields["close"][p.rows_of("A03")]))

        np.testing.assert_allclose(r(p), r(clean), atol=2e-6)
        np.testing.assert_allclose(
            (p.fields["close"] * p.fields["volume"])[p.rows_of("A03")],
            (clean.fields["close"] * clean.fields["volume"])[clean.rows_of("A03")],
            rtol=1e-5,
        )
        row = p.masked.iloc[0]
        assert (row["check"], row["action"], row["date"]) == ("unadjusted_split", "repaired", DAY)

def test_pence_that_became_pounds_for_good_are_one_series_again():
    p = panel_of(rescaled(range(AT, LAST + 1), 0.01))
    clean = panel_of(CLEAN)

    def r(p):
        return np.diff(np.log(p.fields["close"][p.rows_of("A03")]))

    assert p.checks.set_index("check").action["unit_flip"] == "repaired"
    np.testing.assert_allclose(r(p), r(clean), atol=2e-6)

def test_an_absurd_jump_leaves_no_return_across_it():
    p = panel_of(rescaled(range(AT, LAST + 1), 7))
    rows = p.rows_of("A03")
    c = p.fields["close"][rows]
    assert np.isnan(c[200]) and abs(np.log(c[201] / c[199])) < 0.1

def test_severity_and_repair_can_be_changed():
    split = FAULTS["unadjusted_split"][0]
    with pytest.raises(NeuralphaError, match="'unadjusted_split' halts.*1 rows, first 2022-10-19 A03"):
        panel_of(split, {"severity": {"unadjusted_split": "halt"}})
    p = panel_of(split, {"repair": ["duplicate_rows"]})
    assert (~p.tradable).sum() == 1 and p.checks.set_index("check").action["unadjusted_split"] == "masked"
    assert panel_of(split, {"severity": {"unadjusted_split": "note"}, "repair": []}).tradable.all()
    assert "unadjusted_split" not in set(
        panel_of(split, {"severity": {"unadjusted_split": "off"}}).checks.query("rows > 0").check
    )

@pytest.mark.parametrize(
    "spec, message",
    [
        ({"stale_bar": 3}, "Did you mean 'stale_bars'"),
        ({"severity": {"stale": "mask"}}, "Unknown check 'stale'"),
        ({"severity": {"gap": "fatal"}}, "severity.gap"),
        ({"jump_up": "big"}, "jump_up"),
        ({"calendar": "NASDAQX"}, "Unknown calendar"),
    ],
)
def test_wrong_specifications_are_named(spec, message):
    with pytest.raises(NeuralphaError, match=message):
        panel_of(CLEAN, spec)

def test_masked_rows_keep_their_values_and_their_place():
    p = panel_of(FAULTS["nonpositive_price"][0])
    assert p.masked[["date", "asset", "check", "action"]].iloc[0].tolist() == [
        DAY,
        "A03",
        "nonpositive_price",
        "masked",
    ]
    assert p.masked.close.iloc[0] == np.float32(CLEAN.close[AT])
    i = p.rows_of("A03").start + 200
    assert not p.tradable[i] and all(np.isnan(v[i]) for v in p.fields.values())

def test_masked_rows_before_a_repaired_split_keep_what_the_file_said():
    f = rescaled(range(AT, LAST + 1), 1 / 3, 3)
    f.loc[AT - 50, "low"] = 0.0
    p = panel_of(f)
    row = p.masked[p.masked.check == "nonpositive_price"].iloc[0]
    assert row.close == np.float32(f.close[AT - 50]) and row.volume == f.volume[AT - 50]

def test_rows_that_disagree_can_be_noted_instead():
    f = FAULTS["conflicting_rows"][0]
    p = panel_of(f, {"severity": {"conflicting_rows": "note"}})
    assert p.tradable.all() and p.checks.set_index("check").action["conflicting_rows"] == "first kept"
    assert p.fields["close"][p.rows_of("A03")][200] == np.float32(CLEAN.close[AT])

def test_a_panels_own_frame_comes_back_as_the_same_panel(tmp_path):
    p = panel_of(FAULTS["unit_flip"][0])
    p.frame().to_csv(tmp_path / "p.csv", index=False)
    for frame in (pl.from_pandas(p.frame()), pl.read_csv(tmp_path / "p.csv", infer_schema=False)):
        back = checked_panel(canonical(frame.lazy(), "t", "t", read_spec()))
        assert list(back.fields) == list(p.fields) and back.digest == p.digest
    p = panel_of(
        CLEAN.assign(size=1.0)[["date", "asset", "size"]].assign(tradable=CLEAN.index != AT)
    )  # no close that could say so
    assert list(p.fields) == ["size"] and (~p.tradable).sum() == 1 and p.masked.check.tolist() == ["not_tradable"]

def test_order_and_other_assets_do_not_change_what_is_found():
    dirty = pd.concat([f for f in (FAULTS["non_trading"][0],)])
    a = panel_of(dirty)
    b = panel_of(dirty.sample(frac=1, random_state=3))
    assert a.digest == b.digest
    alone = panel_of(dirty[dirty.asset == "A03"])
    np.testing.assert_array_equal(alone.fields["close"], a.fields["close"][a.rows_of("A03")])

def test_a_mostly_masked_table_is_refused():
    with pytest.raises(NeuralphaError, match="93% of the rows would be masked, most by 'missing_price'"):
        panel_of(edit(CLEAN.index[:11000], "close", np.nan))

def test_a_table_of_the_wrong_shape_is_refused():
    good = canonical(pl.from_pandas(CLEAN).lazy(), "t", "t")
    for bad in (
        good.frame.with_columns(pl.col("close").cast(pl.String)),
        good.frame.with_columns(pl.col("asset").cast(pl.String)),
        good.frame.drop("date"),
        good.frame.with_columns(pl.col("date").cast(pl.Date)),
        good.frame.select("date", "asset"),
    ):
        with pytest.raises(NeuralphaError, match="t: (not a canonical|column 'asset'|no field)"):
            checked_panel(Table("t", "t", bad))

def test_a_whole_table_one_day_early_is_refused():
    early = CLEAN.assign(date=CLEAN.date - pd.Timedelta(days=1))
    with pytest.raises(NeuralphaError, match="Sundays and never on Fridays.*tz="):
        panel_of(early)
    assert panel_of(early, {"calendar": "none"}).tradable.all()

def test_a_recognised_calendar_gives_way_to_a_market_that_trades_and_a_named_one_does_not():
    import exchange_calendars as xc

    days = (
        xc.get_calendar("XNYS", start="2022-10-01", end="2024-12-31")
        .sessions[:299]
        .append(pd.DatetimeIndex(["2023-01-02"]))
        .sort_values()
    )  # no exchange is open
    f = pd.DataFrame({"date": np.tile(days, 3), "asset": np.repeat(list("ABC"), 300), "close": 10 + np.arange(900) % 7})
    p = panel_of(f)
    assert p.n_dates == 300 and "bars on 1 days outside it" in p.checks.set_index("check").note["wrong_session"]
    assert panel_of(f, {"calendar": "XNYS"}).n_dates == 299
    assert (
        panel_of(pd.concat([f, f.iloc[:3].assign(date=pd.Timestamp("2023-01-07"))])).n_dates == 300
    )  # a Saturday is dropped all the same

def test_a_split_that_nobody_can_see_is_at_least_a_large_move():
    rng = np.random.default_rng(3)
    for seed in range(8):  # a half and the day's own move: -48% to -52%
        f = clean_market(seed).drop(columns="volume")
        rows = f.index[(f.asset == "A03")][200:]
        f.loc[rows, P] *= 0.5 * np.exp(rng.uniform(-0.02, 0.02))
        assert found(f)["large_move"] >= 1

def test_returns_beside_a_close_mask_nothing():
    f = clean_market()
    f["return"] = 100 * f.groupby("asset")["close"].pct_change() * 7  # no return of this close in any unit
    panel = panel_of(f)
    assert panel.tradable.all() and "impossible_return" not in set(panel.checks.check[panel.checks.rows > 0])
    alone = f[["date", "asset", "return"]].assign(**{"return": np.where(f.index % 120 == 7, -1.5, 0.01)})
    assert found(alone)["impossible_return"] == (f.index % 120 == 7).sum()
