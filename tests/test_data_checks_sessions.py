# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.checks.sessions import *
import numpy as np

import pandas as pd

import polars as pl

import pytest

from neuralpha.core import NeuralphaError

from neuralpha.data.checks.calendars import calendar_sessions

from neuralpha.data.checks.planted import CLEAN, check_frame

from neuralpha.data.checks.run import check_panel

from neuralpha.data.reading.tables import to_canonical

from neuralpha.labels import forward_return

def market(days_of):
    """Closes of assets on their days: asset -> days."""
    rng = np.random.default_rng(0)
    frames = [
        pd.DataFrame(
            {"date": days, "asset": asset, "close": np.round(50 * np.exp(np.cumsum(rng.normal(0, 0.01, len(days)))), 3)}
        )
        for asset, days in days_of.items()
    ]
    return pd.concat(frames, ignore_index=True)

def read(frame, checks=None):
    return check_panel(to_canonical(pl.from_pandas(frame).lazy(), "t", "t"), checks)

def line(panel, check):
    return panel.checks.set_index("check").loc[check]

def sessions(name, first="2019-01-01", last="2021-12-31"):
    return calendar_sessions(name, first, last).days

def stocks(days, n=6, prefix="S"):
    return {f"{prefix}{k:02d}": days for k in range(n)}

COINS = sessions("24/7")

NEW_YORK = sessions("XNYS")

MARKETS = {
    "XSHG": "Shanghai",
    "XTKS": "Tokyo",
    "XETR": "Xetra",
    "BVMF": "Brazil",
    "XKRX": "Korea",
    "XLON": "London",
    "XTSE": "Toronto",
    "XHKG": "Hong Kong",
    "XBOM": "India",
    "XNYS": "New York",
    "XOSL": "Oslo",
    "24/7": "coins",
    "24/5": "currencies",
}

@pytest.mark.parametrize("name", MARKETS)
def test_every_market_is_read_by_its_own_calendar(name):
    days = sessions(name)
    panel = read(market(stocks(days)))
    assert f"calendar {name}" in line(panel, "wrong_session").note
    assert panel.n_dates == len(days) and panel.masked.empty
    assert (
        line(panel, "wrong_session").rows
        == line(panel, "missing_session").rows
        == line(panel, "mixed_calendars").rows
        == 0
    )

def test_a_growing_market_of_shanghai_keeps_every_bar():
    days = sessions("XSHG")
    panel = read(market(stocks(days, 4) | stocks(days[len(days) // 2 :], 16, "N")))
    assert panel.tradable.all() and panel.masked.empty and "calendar XSHG" in line(panel, "wrong_session").note

def test_calendars_that_fit_as_well_are_said():
    panel = read(market(stocks(pd.bdate_range("2024-03-04", periods=15).to_numpy())))
    assert (
        "calendar XNYS, recognised; XLON" in line(panel, "wrong_session").note
        and "fit as well" in line(panel, "wrong_session").note
    )

def test_a_lone_weekend_bar_is_left_out_and_a_day_of_a_similar_exchange_is_not():
    days = sessions("XNYS")
    saturday = np.datetime64("2019-07-06", "ns")
    fourth = np.datetime64("2019-07-04", "ns")  # London trades on the fourth of July
    panel = read(market(stocks(days) | {"B": np.sort(np.append(days, [saturday, fourth]))}))
    assert panel.masked.date.tolist() == [pd.Timestamp(saturday)] and line(panel, "wrong_session").rows == 1
    assert (
        "bars on 1 days outside it" in line(panel, "wrong_session").note
        and "2019-07-04" in line(panel, "wrong_session").note
    )
    named = read(market(stocks(days) | {"B": np.sort(np.append(days, [saturday, fourth]))}), {"calendar": "XNYS"})
    assert line(named, "wrong_session").rows == 2

def test_a_calendar_that_ends_is_used_up_to_its_end():
    days = sessions("XSHG", "2025-01-01", "2026-12-24")
    panel = read(market(stocks(days)), {"calendar": "XSHG", "today": "2027-12-31"})
    assert panel.n_dates == len(days) and line(panel, "wrong_session").note.endswith(
        "calendar XSHG"
    )  # nothing is said of an end
    further = np.append(days, pd.bdate_range("2027-01-04", periods=20).to_numpy())
    for calendar in ("XSHG", "auto"):
        panel = read(market(stocks(further)), {"calendar": calendar, "today": "2027-12-31"})
        assert (
            panel.n_dates == len(further)
            and "calendar XSHG" in line(panel, "wrong_session").note
            and "up to 2026-12-31, where it ends" in line(panel, "wrong_session").note
        )

@pytest.mark.parametrize(
    "name, first, begins",
    [("XSAU", "2019-01-01", "2021-01-01"), ("XTKS", "1995-01-02", "1997-01-01"), ("XBOM", "1996-01-01", "1997-01-01")],
)
def test_a_calendar_that_begins_late_is_used_from_there(name, first, begins):
    later = calendar_sessions(name, begins, pd.Timestamp(begins) + pd.Timedelta(days=900)).days
    week = "Sun Mon Tue Wed Thu" if name == "XSAU" else "Mon Tue Wed Thu Fri"
    before = pd.bdate_range(first, begins, freq="C", weekmask=week).to_numpy("datetime64[ns]")[:-2]
    days = np.append(before, later)
    panel = read(market(stocks(days)), {"calendar": name})
    assert panel.n_dates == len(days) and f"from {begins} on, where it begins" in line(panel, "wrong_session").note
    assert line(panel, "missing_session").rows == 0

@pytest.mark.parametrize("name", ["XTAE", "ASEX"])
def test_a_calendar_that_cannot_be_built_is_one_sentence(name):
    days = pd.bdate_range("2015-01-01", periods=60, freq="C", weekmask="Sun Mon Tue Wed Thu").to_numpy()
    with pytest.raises(NeuralphaError, match=f"Calendar '{name}' cannot be built for any year of 2015-01-01 to 2015"):
        read(market(stocks(days)), {"calendar": name})

def test_a_recognised_calendar_gives_way_to_a_market_that_trades_and_a_named_one_does_not():
    import exchange_calendars as xc

    days = (
        xc.get_calendar("XNYS", start="2022-10-01", end="2024-12-31")
        .sessions[:299]
        .append(pd.DatetimeIndex(["2023-01-02"]))
        .sort_values()
    )  # no exchange is open
    f = pd.DataFrame({"date": np.tile(days, 3), "asset": np.repeat(list("ABC"), 300), "close": 10 + np.arange(900) % 7})
    p = check_frame(f)
    assert p.n_dates == 300 and "bars on 1 days outside it" in p.checks.set_index("check").note["wrong_session"]
    assert check_frame(f, {"calendar": "XNYS"}).n_dates == 299
    assert (
        check_frame(pd.concat([f, f.iloc[:3].assign(date=pd.Timestamp("2023-01-07"))])).n_dates == 300
    )  # a Saturday is dropped all the same

def test_no_hint_offers_a_calendar_that_cannot_be_built():
    for first, offers in (("2015-01-01", []), ("2022-01-01", ["XSAU"])):
        days = pd.bdate_range(first, periods=60, freq="C", weekmask="Sun Mon Tue Wed Thu").to_numpy()
        with pytest.raises(NeuralphaError, match="lies on Sundays and never on Fridays") as error:
            read(market(stocks(days)))
        named = [name for name in ("XTAE", "XSAU") if name in str(error.value)]
        assert named == offers
        for name in (*named, "none"):
            read(market(stocks(days)), {"calendar": name})
    with pytest.raises(NeuralphaError, match="Unknown calendar 'XTEA'") as error:
        read(market(stocks(sessions("XNYS"))), {"calendar": "XTEA"})

def test_a_whole_table_one_day_early_is_refused():
    early = CLEAN.assign(date=CLEAN.date - pd.Timedelta(days=1))
    with pytest.raises(NeuralphaError, match="Sundays and never on Fridays.*tz="):
        check_frame(early)
    assert check_frame(early, {"calendar": "none"}).tradable.all()

def test_stocks_beside_coins_keep_every_bar_and_the_weekends_are_said():
    panel = read(market(stocks(NEW_YORK, 20) | stocks(COINS, 10, "C")))
    off = len(COINS) - len(NEW_YORK)
    assert panel.n_dates == len(NEW_YORK) and panel.tradable.all()  # nobody has a hole
    found = line(panel, "mixed_calendars")
    assert found.rows == off * 10 == len(panel.masked) and found.action == "dropped"
    assert "20 assets follow XNYS (such as S00), 10 follow 24/7 (such as C00)" in found.note
    assert line(panel, "wrong_session").rows == line(panel, "missing_session").rows == 0

def test_weekends_can_be_kept():
    panel = read(market(stocks(NEW_YORK, 20) | stocks(COINS, 10, "C")), {"severity": {"mixed_calendars": "note"}})
    assert panel.n_dates == len(COINS) and "were kept" in line(panel, "mixed_calendars").note and panel.masked.empty

def test_coins_of_which_one_is_named_are_still_told_from_stocks():
    panel = read(market(stocks(NEW_YORK, 20) | stocks(COINS, 10, "C")), {"calendar": {"C00": "24/7"}})
    assert panel.n_dates == len(NEW_YORK) and panel.tradable.all()

def test_six_weeks_tell_stocks_from_coins():
    panel = read(market(stocks(NEW_YORK[:30], 20) | stocks(COINS[:44], 10, "C")))
    assert panel.n_dates == 30 and panel.tradable.all()

def test_stocks_beside_coins_have_the_labels_they_have_alone():
    panel = read(market(stocks(NEW_YORK, 20) | stocks(COINS, 10, "C")))
    alone = read(market(stocks(NEW_YORK, 20)))
    together, without = (forward_return(p, horizon=5) for p in (panel, alone))
    rows = slice(panel.rows_of("S00").start, panel.rows_of("S19").stop)
    np.testing.assert_array_equal(
        np.isfinite(np.asarray(together.values)[rows]), np.isfinite(np.asarray(without.values))
    )

def test_a_calendar_can_be_named_by_asset():
    tokyo = sessions("XTKS")
    frame = market(stocks(NEW_YORK) | stocks(tokyo, 3, "T"))
    panel = read(frame, {"calendar": {f"T{k:02d}": "XTKS" for k in range(3)}})
    assert panel.n_dates == len(np.intersect1d(NEW_YORK, tokyo)) and panel.tradable.all()
    assert "6 assets follow XNYS (such as S00), 3 follow XTKS (such as T00)" in line(panel, "mixed_calendars").note
    with pytest.raises(NeuralphaError, match="'TOO'.*T00"):
        read(frame, {"calendar": {"TOO": "XTKS"}})
    with pytest.raises(NeuralphaError, match="Unknown calendar 'XTKSS'"):
        read(frame, {"calendar": {"T00": "XTKSS"}})

def test_one_asset_that_lies_on_other_weekdays_decides_nothing_for_the_others():
    early = NEW_YORK - np.timedelta64(1, "D")
    panel = read(market(stocks(NEW_YORK, 20) | {"EARLY": early}))
    assert np.isin(NEW_YORK, panel.dates).all() and panel.n_dates == len(NEW_YORK)
    assert "no say" in line(panel, "mixed_calendars").note
    fund = read(market(stocks(COINS, 20) | {"FUND": NEW_YORK}))
    assert (
        fund.n_dates == len(COINS)
        and line(fund, "mixed_calendars").rows == 0
        and "1 follow XNYS" in line(fund, "mixed_calendars").note
    )

def test_saturdays_that_ended_long_ago_keep_their_bars_and_do_not_part_the_assets():
    old = pd.bdate_range("1951-01-01", "1951-12-31", freq="C", weekmask="Mon Tue Wed Thu Fri Sat").to_numpy()
    new = sessions("XNYS", "1952-01-01", "1955-12-31")
    panel = read(
        market(stocks(old.astype("datetime64[ns]"), 2) | stocks(np.append(old, new), 3, "L") | stocks(new, 30, "N"))
    )
    assert (
        panel.n_dates == len(old) + len(new)
        and panel.masked.empty
        and line(panel, "mixed_calendars").note.endswith("left out")
    )
    assert "bars on" in line(panel, "wrong_session").note

@pytest.mark.parametrize("name", ["XLON", "XTKS"])
def test_exchanges_of_the_same_weekdays_are_said_and_no_bar_is_left_out(name):
    other = sessions(name)
    panel = read(market(stocks(NEW_YORK) | stocks(other, 4, "O")))
    assert panel.masked.empty and panel.n_dates == len(np.union1d(NEW_YORK, other))
    assert f"6 fit XNYS (such as S00), 4 fit {name} (such as O00)" in line(panel, "mixed_calendars").note

def test_an_exchange_with_missing_sessions_is_one_exchange():
    days = np.delete(NEW_YORK, [50, 150, 250, 350])
    panel = read(market(stocks(days)))
    assert line(panel, "missing_session").rows == 4 and "different holidays" not in line(panel, "mixed_calendars").note

def test_venues_that_close_at_different_times_have_daily_bars():
    late = {asset: days + np.timedelta64(990, "m") for asset, days in stocks(NEW_YORK, 3, "L").items()}
    panel = read(market({asset: days + np.timedelta64(960, "m") for asset, days in stocks(NEW_YORK, 3).items()} | late))
    assert panel.n_dates == len(NEW_YORK) and panel.tradable.all() and (panel.dates == NEW_YORK).all()
    assert "16:00, 16:30" in line(panel, "daily_bars").note and "calendar XNYS" in line(panel, "wrong_session").note

def test_intraday_bars_and_one_closing_time_keep_their_stamps():
    hours = (NEW_YORK[:30, None] + np.array([10, 12, 16]) * np.timedelta64(1, "h")).ravel()
    assert (read(market(stocks(hours))).dates == hours).all()
    closes = NEW_YORK + np.where(NEW_YORK < np.datetime64("2020-06-01"), 20, 21) * np.timedelta64(1, "h")
    panel = read(market(stocks(closes)))
    assert panel.n_dates == len(closes) and "daily_bars" not in set(panel.checks.check)

@pytest.mark.parametrize("early, late", [("BME", "ME"), ("W-FRI", "W-SUN"), ("BQE", "QE"), ("MS", "BMS")])
def test_longer_bars_dated_a_few_days_apart_share_a_date(early, late):
    dates = [pd.date_range("2010-01-01", periods=40, freq=freq).to_numpy("datetime64[ns]") for freq in (early, late)]
    panel = read(market(stocks(dates[0]) | stocks(dates[1], 3, "L")))
    assert (panel.dates == np.maximum(*dates)).all() and panel.tradable.all()
    moved = (dates[0] < dates[1]).sum() * 6 + (dates[1] < dates[0]).sum() * 3
    assert line(panel, "one_period").rows == moved

@pytest.mark.parametrize("freq", ["W-SUN", "W-FRI", "W-MON", "ME", "BME", "MS", "QE", "28D", "YE"])
def test_bars_longer_than_days_are_held_against_no_weekday(freq):
    dates = pd.date_range("2004-01-04", periods=20, freq=freq).to_numpy("datetime64[ns]")
    panel = read(market(stocks(dates)))
    assert (panel.dates == dates).all() and panel.tradable.all() and line(panel, "wrong_session").action == "not run"

def test_a_whole_table_one_day_late_is_refused():
    late = CLEAN.assign(date=CLEAN.date + pd.Timedelta(days=1))
    with pytest.raises(NeuralphaError, match="lies on Saturdays and never on Mondays: every date is one day late"):
        check_frame(late)
    assert check_frame(late, {"calendar": "none"}).tradable.all()
