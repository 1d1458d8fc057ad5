# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.checks.calendars import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.checks.calendars import (
    calendar_sessions,
    coarser_than_daily,
    exchange_sessions,
    fitting_calendars,
    weekday,
)

@pytest.mark.parametrize("name", ["XSHG", "XTKS", "XNYS", "24/5", "24/7"])
def test_the_sessions_of_an_exchange_are_recognised_and_others_agree_less(name):
    days = calendar_sessions(name, "2019-01-01", "2021-12-31").days
    sessions, fits = exchange_sessions(days)
    assert sessions.calendar == name and fits[0].agreement == 1
    np.testing.assert_array_equal(sessions.days, days)
    assert [fit.agreement for fit in fits] == sorted([fit.agreement for fit in fits], reverse=True)

def test_agreement_is_common_days_over_days_of_either():
    days = calendar_sessions("XNYS", "2019-01-01", "2021-12-31").days
    saturday = np.datetime64("2019-07-06", "ns")
    spoilt = np.sort(np.append(np.delete(days, [10, 20]), saturday))
    best = fitting_calendars(spoilt)[0]
    assert best.sessions.calendar == "XNYS" and best.agreement == pytest.approx((len(days) - 2) / (len(days) + 1))

def test_a_named_calendar_is_taken_and_longer_bars_have_none():
    days = calendar_sessions("XNYS", "2019-01-01", "2019-12-31").days
    assert exchange_sessions(days, "XLON")[0].calendar == "XLON" and exchange_sessions(days, "none")[1] == []
    assert exchange_sessions(days[::5])[0].calendar == "none"
    with pytest.raises(NeuralphaError, match="Unknown calendar 'NASDAQX'"):
        exchange_sessions(days, "NASDAQX")

def test_a_year_of_which_a_calendar_knows_a_part_is_used_in_part():
    import exchange_calendars as xc

    assert calendar_sessions("XSHG", "1990-01-01", "1992-12-31").since == np.datetime64("1990-12-03")

    class Half(type(xc.get_calendar("XSHG", start="2024-01-01", end="2024-12-31"))):
        @classmethod
        def bound_max(cls):
            return pd.Timestamp("2025-06-30")

    xc.register_calendar_type("HALF", Half)
    try:
        assert calendar_sessions("HALF", "2024-01-01", "2026-12-31").until == np.datetime64("2025-06-30")
    finally:
        xc.deregister_calendar("HALF")

@pytest.mark.parametrize("name", ["XNYS", "XLON", "XHKG", "XTKS", "24/5"])
def test_sessions_are_those_of_the_library_in_every_span(name):
    import exchange_calendars as xc

    spans = [("2004-01-01", "2006-12-31"), ("2018-01-01", "2021-12-31"), ("2039-01-01", "2040-12-31")]
    before_its_holidays = [("1968-01-01", "1975-12-31")] if name in ("XNYS", "XLON") else []
    for first, last in [*spans, *before_its_holidays, ("2040-01-01", "2043-12-31")]:
        theirs = xc.get_calendar(name, start=first, end=last).sessions
        np.testing.assert_array_equal(calendar_sessions(name, first, last).days, theirs.to_numpy("datetime64[ns]"))

def test_weekdays_are_those_of_pandas_and_a_long_weekend_is_no_week():
    days = pd.date_range("1960-01-01", "2030-01-01", freq="97D")
    np.testing.assert_array_equal(weekday(days.to_numpy()), days.day_of_week)
    assert not coarser_than_daily(np.array(["2024-03-28", "2024-04-02"], "datetime64[ns]")[:1])
    assert not coarser_than_daily(pd.bdate_range("2024-01-01", periods=9).to_numpy())
    assert coarser_than_daily(pd.date_range("2024-01-05", periods=9, freq="W-FRI").to_numpy())
