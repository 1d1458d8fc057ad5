# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.panel import *
import datetime as dt
from dataclasses import replace
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError

def test_what_follows_from_a_panel_is_computed_once_for_each_and_forgotten_with_it():
    import gc

    seen = []

    @once_each
    def highest(panel, times=1):
        seen.append(panel.name)
        return times * float(np.nanmax(panel.fields["close"]))

    p = panel_from_frame(LONG, "a")
    other = replace(p, name="b").with_fields(close=2 * p.fields["close"])
    assert [highest(p), highest(p), highest(other), highest(p, 3)] == [12, 12, 24, 36]
    assert seen == ["a", "b", "a"]
    doubled = once_each(lambda panel: (2 * panel.fields["close"], panel.name))
    with pytest.raises(ValueError, match="read-only"):
        doubled(p)[0][:] = 0.0
    with pytest.raises(ValueError, match="read-only"):
        p.fields["close"][0] = 1.0
    p.fields["close"] = 3 * p.fields["close"]
    assert highest(p) == 36 and seen[2:] == ["a", "a"]
    memory = next(cell.cell_contents for cell in highest.__closure__ if hasattr(cell.cell_contents, "data"))
    del p, other
    gc.collect()
    assert len(memory) == 0

def _lives(days, **ends):
    """A panel whose assets have a bar on every one of `days` until position `end`."""
    pairs = [(d, a) for a, end in ends.items() for d in days[:end]]
    return panel_from_frame(pd.DataFrame(pairs, columns=["date", "asset"]).assign(close=1.0))

def test_one_of_a_thing_is_not_several():
    one = repr(_lives(pd.bdate_range("2015-01-01", periods=1), A=1))
    assert "1 row, 1 asset, 1 date (" in one and "0 masked" in one
    assert "60 rows, 2 assets, 30 dates (" in repr(_lives(pd.bdate_range("2015-01-01", periods=30), A=30, B=30))

DAILY = pd.bdate_range("2015-01-01", periods=300)

WEEKLY = pd.date_range("2015-01-02", periods=120, freq="W-FRI")

MONTHLY = pd.date_range("2010-01-31", periods=60, freq="ME")

HOURLY = pd.DatetimeIndex([d + pd.Timedelta(hours=h) for d in DAILY[:200] for h in range(10, 17)])

@pytest.mark.parametrize(
    "days, missed, gone",
    [
        (DAILY, 1, False),
        (DAILY, 20, False),
        (DAILY, 30, True),
        (WEEKLY, 1, False),
        (WEEKLY, 4, False),
        (WEEKLY, 5, True),
        (MONTHLY, 1, False),
        (MONTHLY, 3, False),
        (MONTHLY, 4, True),
        (HOURLY, 1, False),
        (HOURLY, 7 * 15, False),
        (HOURLY, 7 * 30, True),
    ],
)
def test_who_misses_a_thin_end_is_not_gone(days, missed, gone):
    p = _lives(days, A=len(days), B=len(days) - missed)
    assert p.gone.tolist() == [False, gone]

def test_stocks_are_not_gone_in_a_file_of_coins_that_ends_on_a_sunday():
    hours = pd.date_range("2024-01-01", "2024-03-31 23:00", freq="h")
    open_ = hours[(hours.dayofweek < 5) & (hours.hour > 9) & (hours.hour < 17)][
        :-21
    ]  # Good Friday and two days before are missing, too
    p = panel_from_frame(
        pd.DataFrame([(d, "coin") for d in hours] + [(d, "stock") for d in open_], columns=["date", "asset"]).assign(
            close=1.0
        )
    )
    assert p.n_dates - 1 - p.date_code[-1] > 100 and not p.gone.any()

def test_a_stray_last_date_kills_nobody():
    late = panel_from_frame(
        pd.DataFrame(
            [(d, a) for d in DAILY for a in "AB"] + [(pd.Timestamp("2024-05-03"), "A")], columns=["date", "asset"]
        ).assign(close=1.0)
    )
    assert not late.gone.any()

def test_a_panel_shorter_than_the_threshold_has_no_dead_but_those_it_names():
    p = _lives(DAILY[:15], A=15, B=4, C=14, D=15)
    assert not p.gone.any()
    assert replace(
        p, attributes=pd.DataFrame({"delisting_return": [np.nan, np.nan, -0.3, -0.3]}, list("ABCD"))
    ).gone.tolist() == [False, False, True, False]
    assert replace(
        p, attributes=pd.DataFrame({"delisting_date": [pd.NaT, DAILY[5], pd.NaT, DAILY[16]]}, list("ABCD"))
    ).gone.tolist() == [False, True, False, False]

def test_rows_without_a_price_are_no_life():
    p = _lives(DAILY, A=300, B=300, C=300)
    halted = replace(
        p, tradable=np.where(p.asset_code == 1, p.date_code < 200, np.where(p.asset_code == 2, p.date_code < 295, True))
    )
    assert halted.gone.tolist() == [False, True, False]
    never = replace(p, tradable=p.asset_code != 1)
    assert never.gone.tolist() == [False, True, False]

def test_exits_by_hand():
    days = pd.bdate_range("2024-01-01", periods=6)
    close = dict(A=[1, 2, np.nan, 4, 5, 6], B=[1, 2, 3, np.nan], C=[1, np.nan, np.nan, np.nan, np.nan, np.nan])
    f = pd.DataFrame(
        [(d, a, v) for a, values in close.items() for d, v in zip(days, values)], columns=["date", "asset", "close"]
    )
    p = panel_from_frame(f, attributes=pd.DataFrame({"delisting_return": [np.nan, -0.5, -0.9]}, list("ABC")))
    out = exits(p, p.fields["close"], 1)
    assert out.row.tolist() == [1, 3, 3, 4, 5, -1, 7, 8, 8, 8, *[10] * 5, -1]
    assert out.late.tolist() == [False, True, *[False] * 4, False, False, True, False, *[True] * 5, False]
    assert out.left.tolist() == [*[False] * 6, False, False, True, True, *[True] * 5, False]
    np.testing.assert_array_equal(out.factor, [1] * 6 + [1, 1, 0.5, 0.5] + [1 - 0.9] * 5 + [1])
    assert out.known_code.tolist() == [1, 3, 3, 4, 5, 6, 1, 2, 4, 4, 5, 5, 5, 5, 5, 6]

@pytest.mark.parametrize("n", [1, 2])
def test_fewer_than_three_assets_cannot_be_ranked(n):
    frame = pd.DataFrame(
        {"date": list(pd.date_range("2024-01-01", periods=5)) * 3, "asset": list("AAAAABBBBBCCCCC"), "close": 1.0}
    )
    check_breadth(panel_from_frame(frame, "three"))
    with pytest.raises(NeuralphaError, match=f"few has at most {n} asset.* takes 3"):
        check_breadth(panel_from_frame(frame[frame["asset"].isin(list("ABC")[:n])], "few"))

LONG = pd.DataFrame(
    {
        "date": pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-03", "2024-01-05", "2024-01-02"]),
        "asset": list("BBBAAC"),
        "close": [10, 11, 12, 5, 6, 7.0],
    }
)

def test_layout_of_a_tiny_panel():
    p = panel_from_frame(LONG)
    assert list(p.assets) == ["A", "B", "C"] and list(p.asset_offsets) == [0, 3, 6, 7]
    assert list(p.date_code) == [1, 2, 3, 0, 1, 2, 0]
    assert list(p.tradable) == [True, False, True, True, True, True, True]
    np.testing.assert_array_equal(p.fields["close"], np.float32([5, np.nan, 6, 10, 11, 12, 7]))
    assert list(p.rows_on("2024-01-02")) == [3, 6] and p.rows_of("B") == slice(3, 6)
    assert p.index.is_(p.index) and p.index[3] == (pd.Timestamp("2024-01-02"), "B")  # made once: it takes a while
    frame = pd.DataFrame({"close": p.fields["close"]}, p.index)
    frame.index.names = ["day", "share"]
    assert list(p.index.names) == ["date", "asset"]

def test_last_known_values_stay_within_the_asset():
    p = panel_from_frame(LONG)
    assert p.last_known(p.fields["close"]).tolist() == [2, 5, 6]
    assert p.last_known([1, np.nan, np.nan, np.nan, np.nan, np.nan, 1]).tolist() == [0, -1, 6]

@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "UTC"])
def test_midnights_in_a_zone_are_days(zone):
    days = pd.bdate_range("2020-01-01", periods=20)
    f = pd.DataFrame({"date": days.tz_localize(zone), "asset": "A", "close": 1.0})
    np.testing.assert_array_equal(panel_from_frame(f).dates, days)
    with pytest.raises(NeuralphaError, match="not midnights.*tz_convert"):
        panel_from_frame(f.assign(date=f.date + pd.Timedelta(hours=9, minutes=30)))
    with pytest.raises(NeuralphaError, match="column 'date'"):
        panel_from_frame(
            pd.DataFrame(
                {
                    "date": [pd.Timestamp("2020-01-01", tz="Asia/Tokyo"), pd.Timestamp("2020-01-02", tz="UTC")],
                    "asset": "A",
                    "close": 1.0,
                }
            )
        )

def _sessions_of(kind):
    import exchange_calendars as xc

    nyse = xc.get_calendar("XNYS", start="2012-01-03", end="2020-12-31").sessions
    month = pd.date_range("2010-01-31", periods=120, freq="ME")
    return {
        "NYSE": (nyse, 252),
        "24/7": (pd.date_range("2012-01-01", periods=2000), 365.25),
        "Shanghai": (xc.get_calendar("XSHG", start="2012-01-04", end="2020-12-31").sessions, 243),
        "weekly": (pd.date_range("2010-01-01", periods=400, freq="W-FRI"), 52.18),
        "monthly": (month, 12),
        "business months": (month.map(lambda d: pd.offsets.BMonthEnd().rollback(d)), 12),
        "quarterly": (month[2::3], 4),
        "hourly": (pd.DatetimeIndex([d + pd.Timedelta(hours=h) for d in nyse[:500] for h in range(10, 17)]), 252 * 7),
        "half hours": (
            pd.DatetimeIndex([d + pd.Timedelta(minutes=570 + 30 * k) for d in nyse[:300] for k in range(13)]),
            252 * 13,
        ),
    }[kind]

def _with_assets(days, *rows):
    """Thirty assets on every day, and further rows (day, asset)."""
    pairs = pd.MultiIndex.from_product([days, [f"A{i:02}" for i in range(30)]]).to_frame(
        index=False, name=["date", "asset"]
    )
    return panel_from_frame(pd.concat([pairs, pd.DataFrame(list(rows), columns=["date", "asset"])]).assign(close=1.0))

@pytest.mark.parametrize(
    "kind", ["NYSE", "24/7", "Shanghai", "weekly", "monthly", "business months", "quarterly", "hourly", "half hours"]
)
def test_bars_per_year_are_those_of_the_calendar_whatever_strays(kind):
    days, known = _sessions_of(kind)
    year = pd.Timedelta(days=365)
    plain = _with_assets(days).bars_per_year
    n = len(days)
    assert abs(plain / known - 1) < 0.01
    months = pd.date_range(days[0] - 5 * year, periods=50, freq="31D")
    cases = {
        "a stray row before": _with_assets(days, (days[0] - 30 * year, "A03")),
        "and after": _with_assets(days, (days[-1] + 10 * year, "A03")),
        "three before": _with_assets(days, *[(days[0] - k * year, "A03") for k in (7, 5, 2)]),
        "a few days before": _with_assets(days, (days[0] - pd.Timedelta(days=12), "A03")),
        "a thin start": _with_assets(days, *[(d, a) for d in months for a in ("A03", "A04")]),
    }
    if kind != "quarterly":
        cases["a year is missing"] = _with_assets(days[: n // 2].append(days[n // 2 :] + year))
    for what, p in cases.items():
        assert abs(p.bars_per_year / plain - 1) < 0.01, what

def test_row_order_of_the_source_does_not_matter():
    assert panel_from_frame(LONG).digest == panel_from_frame(LONG.sample(frac=1, random_state=1)).digest

def test_a_panels_frame_is_the_panel_again():
    p = panel_from_frame(LONG)
    assert panel_from_frame(p.frame()).digest == p.digest and list(panel_from_frame(p.frame()).fields) == ["close"]

def test_date_index_is_the_transpose_of_the_asset_index():
    rng = np.random.default_rng(0)
    pairs = [(d, a) for d in pd.date_range("2020", periods=30) for a in "VWXYZ" if rng.random() < 0.7]
    p = panel_from_frame(pd.DataFrame(pairs, columns=["date", "asset"]).assign(close=1.0))
    for d in range(p.n_dates):
        rows = p.rows_by_date[p.date_offsets[d] : p.date_offsets[d + 1]]
        assert (p.date_code[rows] == d).all() and (np.diff(p.asset_code[rows]) > 0).all()
    assert p.series(p.date_code).index.is_monotonic_increasing

@pytest.mark.parametrize(
    "frame, message",
    [
        (LONG.drop(columns="asset"), "'asset' is missing"),
        (LONG.iloc[:0], "no rows"),
        (pd.concat([LONG, LONG.iloc[[3]]]), "A on 2024-01-03"),
        (LONG.assign(date=pd.NaT), "empty values"),
    ],
)
def test_bad_tables_are_refused(frame, message):
    with pytest.raises(NeuralphaError, match=message):
        panel_from_frame(frame, "bad")

@pytest.mark.parametrize(
    "change, said",
    [
        (
            dict(date=[20240102, 20240103, 20240104, 20240103, 20240105, 20240102]),
            "'date' holds int64, and a number may",
        ),
        (dict(date=["01/02/2024"] * 3 + ["01/03/2024"] * 3), "'date': .*give dates, or text like 2020-12-31"),
        (dict(date=["2999-01-02"] * 3 + ["2999-01-03"] * 3), "'date' holds 2999-01-02.*between 1678 and 2261"),
        (dict(asset=["B", "B", "B", "A", None, "C"]), "'asset' has 1 empty value"),
        (dict(asset=["B", "B", "B", "A", np.nan, "C"]), "'asset' has 1 empty value"),
        (dict(tradable=["True"] * 5 + ["False"]), "tradable is neither True nor False"),
        (dict(tradable=[1.0] * 5 + [np.nan]), "tradable is neither True nor False"),
    ],
)
def test_what_pandas_and_numpy_would_guess_at_is_refused(change, said):
    with pytest.raises(NeuralphaError, match=said):
        panel_from_frame(LONG.assign(**change))

def test_dates_as_text_days_and_periods_are_the_same_dates():
    for given in (
        LONG["date"].dt.strftime("%Y-%m-%d"),
        LONG["date"].dt.date,
        LONG["date"].dt.to_period("D"),
        LONG["date"].astype("datetime64[s]"),
    ):
        p = panel_from_frame(LONG.assign(date=given, tradable=[1, 1, 1, 1, 1, 0]))
        np.testing.assert_array_equal(p.dates, panel_from_frame(LONG).dates)
        assert p.dates.dtype == "datetime64[ns]" and p.tradable.sum() == 5

def test_a_cut_panel_is_the_panel_of_the_cut_table():
    rng = np.random.default_rng(1)
    pairs = [(d, a) for d in pd.date_range("2020", periods=30) for a in "VWXYZ" if rng.random() < 0.7]
    long = pd.DataFrame(pairs, columns=["date", "asset"]).assign(close=rng.random(len(pairs)))
    long = long[(long.asset != "Z") | (long.date > "2020-01-20")]
    p = panel_from_frame(long)
    first, last = "2020-01-05", "2020-01-18"
    ours = cut_panel(p, first, last)
    theirs = panel_from_frame(long[long.date.between(first, last)])
    keep = ours.tradable  # the table's own holes at an asset's edges are rows of the cut panel
    assert list(ours.assets) == list("VWXY") and str(ours.dates[0])[:10] == first
    a = ours.frame()[keep].drop(columns="tradable")
    b = theirs.frame()[theirs.tradable].drop(columns="tradable")
    pd.testing.assert_frame_equal(a.reset_index(drop=True), b.reset_index(drop=True))

def test_a_cut_panel_forgets_delistings_to_come():
    p = panel_from_frame(LONG, attributes=pd.DataFrame({"delisting_return": [np.nan, -0.5, -0.9]}, list("ABC")))
    assert cut_panel(p, last="2024-01-04").attributes.delisting_return.isna().tolist() == [True, True, False]
    assert cut_panel(p).digest == p.digest
    assert cut_panel(p, last="2024-01-05").attributes.delisting_return.fillna(9).tolist() == [9, -0.5, -0.9]
    on_the_last = panel_from_frame(LONG[LONG.date < "2024-01-05"], attributes=p.attributes)
    assert cut_panel(on_the_last, last="2024-01-04").attributes.delisting_return.isna().tolist() == [True, True, False]
    halted = panel_from_frame(
        LONG, attributes=pd.DataFrame({"delisting_return": [-0.9, np.nan, -0.9]}, list("ABC"))
    )  # A has no bar on the 4th and one on the 5th
    assert cut_panel(halted, last="2024-01-04").attributes.delisting_return.isna().tolist() == [True, True, False]
    with pytest.raises(NeuralphaError, match="no session"):
        cut_panel(p, first="2025-01-01")

def test_a_day_without_a_time_is_the_whole_day():
    bars = pd.date_range("2024-01-02", "2024-01-04 23:00", freq="h")
    p = panel_from_frame(pd.DataFrame({"date": bars, "asset": "A", "close": 1.0}))
    ends = {
        "2024-01-03": 23,
        dt.date(2024, 1, 3): 23,
        "2024-01-03 15:00": 15,
        "20240103T0930": 9,
        pd.Timestamp("2024-01-03"): 0,
        dt.datetime(2024, 1, 3, 1): 1,
        np.datetime64("2024-01-03T02", "ns"): 2,
    }
    assert [cut_panel(p, last=d).dates[-1] for d in ends] == [
        np.datetime64("2024-01-03") + np.timedelta64(h, "h") for h in ends.values()
    ]
    for beyond in ("2999-01-01", "-1", pd.Timestamp("1600-01-01")):
        with pytest.raises(NeuralphaError, match="is no date of a market; dates lie between 1678 and 2261"):
            cut_panel(p, last=beyond)
    assert cut_panel(p, first="2024-01-03", last="2024-01-03").n_dates == 24

def test_leaving_assets_out_keeps_the_others_bit_for_bit():
    p = without_assets(panel_from_frame(LONG), ["B"])
    assert list(p.assets) == ["A", "C"] and p.n_dates == 4 and list(p.date_code) == [1, 2, 3, 0]
    with pytest.raises(NeuralphaError, match="'Q'"):
        without_assets(p, ["Q"])
