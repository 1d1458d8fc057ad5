# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.checks.clocks import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.checks.planted import CLEAN, check_frame, report_line, two_clocks_within_the_day

@pytest.mark.parametrize("days", [-1, 1])
@pytest.mark.parametrize("assets", ["A05", "A15", "A25"])
def test_assets_a_day_apart_are_refused(days, assets):
    frame = CLEAN.copy()
    frame.loc[frame.asset < assets, "date"] += pd.Timedelta(days=days)
    before = (
        "such as A00.*a day before.*such as " + assets if days < 0 else f"such as {assets}.*a day before.*such as A00"
    )
    with pytest.raises(NeuralphaError, match=before):
        check_frame(frame)

def test_closing_times_on_two_sides_of_midnight_are_refused():
    frame = CLEAN.copy()
    frame["date"] += pd.Timedelta(hours=16)
    frame.loc[frame.asset < "A15", "date"] += pd.Timedelta(hours=9)
    with pytest.raises(NeuralphaError, match="such as A15.*a day before.*such as A00"):
        check_frame(frame)

def test_two_exchanges_of_other_weekdays_are_not_refused():
    one = CLEAN[CLEAN.asset < "A15"]
    sundays = pd.bdate_range("2022-01-02", periods=420, freq="C", weekmask="Sun Mon Tue Wed Thu").to_numpy(
        "datetime64[ns]"
    )
    sundays = np.delete(sundays, np.random.default_rng(0).choice(420, 20, replace=False))  # holidays of its own
    other = CLEAN[(CLEAN.asset >= "A15") & (CLEAN.asset < "A29")]
    other = other.assign(date=sundays[other.groupby("asset").cumcount()])
    assert check_frame(pd.concat([one, other])).n_assets == 29

def test_assets_whose_calendars_are_named_are_taken_as_they_are():
    frame = CLEAN.copy()
    frame.loc[frame.asset < "A15", "date"] -= pd.Timedelta(days=1)
    named = {name: "XNYS" if name >= "A15" else "24/7" for name in np.unique(frame.asset)}
    assert check_frame(frame, {"calendar": named}).n_assets == 30

def test_half_of_the_assets_in_utc_are_said():
    line = report_line(two_clocks_within_the_day(), "two_clocks")
    assert line.rows == 15 and line.action == "noted"
    assert "15 assets (such as A15) from 09:30 to 15:30, 15 assets (such as A00) from 14:30 to 20:30" in line.note

def test_exchanges_of_other_hours_and_one_exchange_are_not_spoken_of():
    frame = two_clocks_within_the_day()
    assert report_line(frame[frame.asset >= "A15"], "two_clocks").rows == 0
    shorter = frame[(frame.asset >= "A15") | (frame.date.dt.hour < 19)]
    assert report_line(shorter, "two_clocks").rows == 0
