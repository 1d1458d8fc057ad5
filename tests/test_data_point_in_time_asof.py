# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.point_in_time.asof import *
from zoneinfo import ZoneInfo
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame

def test_sessions_by_hand():
    def at(t):
        return str(session_of(pd.Series([pd.Timestamp(t, tz="UTC")]))[0])[:10]

    assert (
        at("2014-03-07 21:00") == "2014-03-07" and at("2014-03-07 21:00:01") == "2014-03-10"
    )  # winter: the close is 21:00 UTC
    assert (
        at("2014-03-10 20:00") == "2014-03-10" and at("2014-03-10 20:00:01") == "2014-03-11"
    )  # summer time began on the 9th
    assert (
        at("2014-10-31 20:00:01") == "2014-11-03" and at("2014-11-03 20:59") == "2014-11-03"
    )  # and ended on 2 November
    assert (
        at("2014-07-03 17:00") == "2014-07-03" and at("2014-07-03 17:30") == "2014-07-07"
    )  # early close, holiday, weekend

def _twin(t):
    """The session of a UTC time in 2014, by walking days with New York's wall clock."""
    holidays = {
        "2014-01-01",
        "2014-01-20",
        "2014-02-17",
        "2014-04-18",
        "2014-05-26",
        "2014-07-04",
        "2014-09-01",
        "2014-11-27",
        "2014-12-25",
        "2015-01-01",
    }
    early = {"2014-07-03", "2014-11-28", "2014-12-24"}
    local = t.astimezone(ZoneInfo("America/New_York"))
    day = local.date()
    while True:
        closed = day.weekday() > 4 or str(day) in holidays
        close = pd.Timestamp(f"{day} {'13' if str(day) in early else '16'}:00").tz_localize("America/New_York")
        if not closed and t <= close:
            return str(day)
        day += pd.Timedelta(days=1).to_pytimedelta()

def test_sessions_of_a_year_equal_a_walk_through_its_days():
    seconds = np.random.default_rng(0).integers(0, 365 * 86400, 3000)
    times = pd.Series(pd.Timestamp("2014-01-01", tz="UTC") + pd.to_timedelta(np.sort(seconds), unit="s"))
    assert [str(s)[:10] for s in session_of(times)] == [_twin(t) for t in times]

def test_lead_and_missing_times():
    t = pd.Series([pd.Timestamp("2014-03-07 20:50", tz="UTC"), pd.NaT])
    assert str(session_of(t, lead="15min")[0])[:10] == "2014-03-10" and np.isnat(session_of(t)[1])

@pytest.mark.parametrize("lead", ["15 foo", "", "15", 15, "-15min", None])
def test_a_lead_is_a_length_of_time_before_the_close(lead):
    with pytest.raises(NeuralphaError, match="lead=.* '15min'"):
        session_of(pd.Series([pd.Timestamp("2014-03-07 20:50", tz="UTC")]), lead=lead)

@pytest.mark.parametrize(
    "given, said",
    [
        (["03/04/2020 10:00Z"], "2020-12-31"),
        (["13/04/2020 10:00Z", "03/04/2020 10:00Z"], "2020-12-31"),
        ([1577836800], "a number may count days or seconds"),
        ([20200102], "a number may count days or seconds"),
        (["2020-01-01T10:00:00+01:00", "2020-01-01T10:00:00Z"], "mixes time zones"),
        (["2020-01-01T10:00:00", "2020-01-01T10:00:00Z"], "mixes time zones"),
    ],
)
def test_times_that_can_be_read_in_two_ways_are_refused(given, said):
    with pytest.raises(NeuralphaError, match=f"Column 'created_at'.*{said}"):
        utc(given, "UTC", "created_at")

def test_times_with_and_without_seconds_are_read():
    got = utc(["2020-01-02 10:00", "2020-01-02 10:00:30.5", "2020-01-03", None], "UTC")
    assert got[1] == pd.Timestamp("2020-01-02 10:00:30.5", tz="UTC") and got.isna().tolist() == [False] * 3 + [True]

def test_times_without_a_zone_are_refused_unless_it_is_given():
    naive = pd.Series(pd.to_datetime(["2014-03-10 16:00"]))
    with pytest.raises(NeuralphaError, match="no time zone"):
        utc(naive)
    assert utc(naive, "America/New_York")[0] == pd.Timestamp("2014-03-10 20:00", tz="UTC")
    with pytest.raises(NeuralphaError, match="Column 'created_at': .*soon"):
        utc(["soon"], what="created_at")
    with pytest.raises(NeuralphaError, match="Unknown exchange"):
        session_of(utc(naive, "UTC"), "NOWHERE")

def test_bars_of_a_weekly_and_of_an_intraday_panel():
    weekly = panel_from_frame(
        pd.DataFrame({"date": pd.to_datetime(["2014-03-07", "2014-03-14", "2014-03-21"]), "asset": "A", "close": 1.0})
    )
    t = pd.to_datetime(
        pd.Series(["2014-02-28 12:00", "2014-03-07 20:00", "2014-03-07 22:00", "2014-03-14 21:00", "2014-03-24 12:00"]),
        utc=True,
    )
    assert list(bar_of(weekly, t)) == [-1, 0, 1, 2, 3]
    hourly = panel_from_frame(
        pd.DataFrame({"date": pd.to_datetime(["2014-03-07 15:00", "2014-03-07 16:00"]), "asset": "A", "close": 1.0})
    )
    assert list(
        bar_of(
            hourly,
            pd.to_datetime(pd.Series(["2014-03-07 15:00", "2014-03-07 15:01"]), utc=True),
            calendar=None,
            tz="UTC",
        )
    ) == [0, 1]

def _intraday(dates):
    return panel_from_frame(pd.DataFrame({"date": pd.to_datetime(dates), "asset": "A", "close": 1.0}), "intraday")

@pytest.mark.parametrize("tz", ["America/New_York", "Asia/Tokyo", "UTC"])
def test_an_intraday_bar_knows_what_was_public_at_its_close_in_its_own_zone(tz):
    panel = _intraday([f"2024-01-0{d} {t}" for d in (2, 3, 4) for t in ("10:30", "13:30", "16:00")])
    t = pd.Series(
        pd.to_datetime(
            ["2024-01-03 10:30", "2024-01-03 10:31", "2024-01-03 15:45", "2024-01-03 16:01", "2024-01-04 16:01"]
        )
    ).dt.tz_localize(tz)
    assert list(bar_of(panel, t, calendar=None, tz=tz)) == [3, 4, 5, 6, 9]
    with pytest.raises(NeuralphaError, match="lead='15 foo'"):
        bar_of(panel, t, None, "15 foo", tz)
    assert (
        list(bar_of(panel, t, calendar=None, tz=tz, lead="15min")) == [4, 4, 5, 6, 9]
        and bar_of(panel, t, None, "16min", tz)[2] == 6
    )

@pytest.mark.parametrize("how", [dict(), dict(calendar=None), dict(calendar="XTKS", tz="Asia/Tokyo"), dict(tz="UTC")])
def test_closing_times_without_a_zone_are_refused(how):
    t = pd.Series(pd.to_datetime(["2024-01-03 15:45"], utc=True))
    with pytest.raises(NeuralphaError, match="intraday .*2024-01-02 10:30:00.*calendar=None and tz="):
        bar_of(_intraday(["2024-01-02 10:30", "2024-01-03 10:30"]), t, **how)

def test_calendar_and_zone_are_one_or_the_other():
    daily = _intraday(["2024-01-02", "2024-01-03"])
    t = pd.Series(pd.to_datetime(["2024-01-02 15:45"], utc=True))
    assert list(bar_of(daily, t)) == [0] and list(bar_of(daily, t, calendar=None, tz="UTC")) == [
        1
    ]  # a session of New York, and a day that ended at midnight
    for how in (dict(calendar=None), dict(tz="UTC")):
        with pytest.raises(NeuralphaError, match="give calendar=None and tz="):
            bar_of(daily, t, **how)
    with pytest.raises(NeuralphaError, match="tz='Mars' is no time zone"):
        bar_of(daily, t, calendar=None, tz="Mars")

def test_the_hour_that_comes_twice_is_the_first_of_the_two():
    panel = _intraday(
        ["2024-11-03 00:30", "2024-11-03 01:30", "2024-11-03 02:30"]
    )  # clocks went from 02:00 back to 01:00
    first, second = (pd.Timestamp(f"2024-11-03 {h}", tz="UTC") for h in ("05:30", "06:30"))
    assert list(bar_of(panel, pd.Series([first, second]), calendar=None, tz="America/New_York")) == [1, 2]

@pytest.mark.parametrize("first", ["2014-03-07", "2014-03-10", "2014-07-03", "2014-07-07"])
def test_the_first_daily_bar_has_no_events_of_the_sessions_before(first):
    days = pd.bdate_range(first, periods=15)
    daily = panel_from_frame(pd.DataFrame({"date": days[days != "2014-07-04"], "asset": "A", "close": 1.0}))
    posted = pd.Series(pd.date_range(days[0] - pd.Timedelta("8D"), days[0] + pd.Timedelta("15h"), freq="3h", tz="UTC"))
    want = np.where(session_of(posted) < daily.dates[0], -1, 0)
    np.testing.assert_array_equal(bar_of(daily, posted), want)
    assert (want == 0).any() and (want == -1).any()

def test_a_date_is_known_when_its_day_has_ended():
    day = np.array(["2024-01-03", "NaT"], "M8[ns]")
    time = np.array(["2024-01-03 11:00"], "M8[ns]")
    daily = _intraday(["2024-01-02", "2024-01-03"])
    hourly = _intraday(["2024-01-03 10:30", "2024-01-03 16:00"])
    assert (
        str(known_at(daily, day)[0])[:16] == "2024-01-03T00:00"
        and str(known_at(hourly, day)[0])[:16] == "2024-01-04T00:00"
    )
    assert known_at(hourly, time) == time and np.isnat(known_at(hourly, day)[1])

def test_rows_of_assets_on_dates():
    p = panel_from_frame(
        pd.DataFrame(
            {
                "date": pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-03", "2024-01-04"]),
                "asset": list("AABB"),
                "close": 1.0,
            }
        )
    )
    assert list(row_at(p, np.array([0, 0, 0, 1, 1]), np.array([0, 1, 2, 0, 2]))) == [0, 1, -1, -1, 3]
