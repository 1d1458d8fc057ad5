# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.checks.padding import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.data.checks.planted import CLEAN, check_frame, clean_market, filled_forward, report_line, with_coins

@pytest.mark.parametrize("empty_volume", [False, True])
@pytest.mark.parametrize("flat", [False, True])  # flat: open, high and low are the close before
def test_a_file_filled_forward_is_the_file_before(empty_volume, flat):
    frame = filled_forward(CLEAN)
    added = ~frame.set_index(["asset", "date"]).index.isin(CLEAN.set_index(["asset", "date"]).index)
    if flat:
        for price in ("open", "high", "low"):
            frame.loc[added, price] = frame.loc[added, "close"]
    if empty_volume:
        frame.loc[added, "volume"] = 0.0
    panel, clean = check_frame(frame.sample(frac=1, random_state=0)), check_frame(CLEAN)
    line = panel.checks.set_index("check").loc["padded_day"]
    assert (line.rows, line.action) == (added.sum(), "dropped") and " on Saturdays" in line.note
    assert panel.digest == clean.digest and "XNYS" in panel.checks.set_index("check").note["wrong_session"]

def test_one_stock_is_enough_for_its_weekends_and_not_for_a_holiday():
    one = filled_forward(CLEAN[CLEAN.asset == "A03"])
    weekend = one.date.dt.day_of_week >= 5
    assert report_line(one, "padded_day").rows == weekend.sum()
    assert report_line(one[~weekend], "padded_day").rows == 0

def test_coins_keep_the_weekends_that_stocks_beside_them_lose():
    coins = with_coins()
    coins = coins[coins.asset > "B"]
    noise = np.exp(0.01 * np.random.default_rng(0).standard_normal(len(coins)))
    prices = ["open", "high", "low", "close"]
    moving = coins.assign(**coins[prices].mul(noise, axis=0))
    panel = check_frame(
        pd.concat([filled_forward(CLEAN[CLEAN.asset < "A20"]), moving]), {"severity": {"mixed_calendars": "note"}}
    )
    line = panel.checks.set_index("check").loc["padded_day"]
    assert line.assets == 20 and (panel.fields["close"][panel.rows_of("C1")] > 0).all()

@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_shares_that_often_stand_still_are_left_alone(share):
    frame = clean_market(1)
    rng = np.random.default_rng(0)
    for _, rows in frame.groupby("asset").groups.items():
        idle = rng.random(len(rows)) < share
        for price in ("open", "high", "low", "close"):
            values = frame.loc[rows, price].where(~idle).ffill()
            frame.loc[rows, price] = values.fillna(frame.loc[rows, price])
    assert report_line(frame, "padded_day").rows == 0

def test_nothing_is_told_of_what_stands_still_half_of_the_time():
    from neuralpha.data.checks.padding import _is_idle

    assert _is_idle(200, 200, 400, 1000) and not _is_idle(200, 200, 600, 1000)
    assert not _is_idle(4, 4, 100, 1000) and _is_idle(10, 10, 100, 1000)

def test_an_unchanged_close_of_a_day_that_was_traded_is_kept():
    frame = CLEAN.copy()
    friday = frame.date.dt.day_of_week == 4
    frame.loc[friday, "close"] = frame.groupby("asset").close.shift(1)[friday].fillna(frame.close)
    frame["high"], frame["low"] = frame[["high", "close"]].max(axis=1), frame[["low", "close"]].min(axis=1)
    assert report_line(frame, "padded_day").rows == 0

def test_weekends_are_kept_where_the_severity_notes_them():
    frame = filled_forward(CLEAN)
    panel = check_frame(frame, {"severity": {"padded_day": "note"}})
    assert panel.checks.set_index("check").rows["padded_day"] == len(frame) - len(CLEAN)
    assert len(panel.dates) > len(check_frame(CLEAN).dates)
