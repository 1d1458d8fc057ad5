# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.characteristics import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError

TABLE = pd.DataFrame(
    {
        "date": pd.to_datetime(["2024-01-31", "2024-02-29", "2024-03-31"] * 2),
        "asset": list("AAABBB"),
        "value": [0.1, 0.2, 0.3, 0.9, np.inf, 0.7],
        "size": [1.0, 2, 3, 4, 5, 6],
        "return": [0.01, 0.02, 0.03, 0.04, 0.05, 0.06],
    }
)

def test_trailing_returns_stay_and_ahead_returns_move_down():
    stay = characteristics_panel(TABLE)
    moved = characteristics_panel(TABLE, timing="ahead")
    np.testing.assert_array_equal(stay.fields["return"], np.float32([0.01, 0.02, 0.03, 0.04, 0.05, 0.06]))
    np.testing.assert_array_equal(moved.fields["return"], np.float32([np.nan, 0.01, 0.02, np.nan, 0.04, 0.05]))
    np.testing.assert_array_equal(moved.fields["value"], np.float32([0.1, 0.2, 0.3, 0.9, np.nan, 0.7]))
    assert moved.checks.set_index("check").loc["infinite value", "first"] == "B on 2024-02-29"

def test_last_return_of_a_stock_that_left_is_kept():
    panel = characteristics_panel(TABLE.drop(index=5), timing="ahead")
    rows = panel.rows_of("B")
    np.testing.assert_array_equal(panel.fields["return"][rows], np.float32([np.nan, 0.04, 0.05]))
    assert np.isnan(panel.fields["size"][rows][-1]) and panel.tradable[rows][-1]

def test_impossible_returns_are_masked_and_kept_aside():
    panel = characteristics_panel(TABLE.assign(**{"return": [0.01, -1.5, 0.03, 0.04, 0.05, 0.06]}))
    assert not panel.tradable[1] and np.isnan(panel.fields["size"][1]) and panel.masked["return"].tolist() == [-1.5]
    assert panel.checks.set_index("check").loc["return below -100%", "rows"] == 1

def test_tradable_is_a_mask():
    panel = characteristics_panel(TABLE.assign(tradable=TABLE.index != 1))
    assert list(panel.fields) == ["value", "size", "return"] and panel.tradable.tolist() == [
        True,
        False,
        True,
        True,
        True,
        True,
    ]
    assert panel.masked.check.tolist() == ["not tradable"]

@pytest.mark.parametrize(
    "frame, message",
    [
        (TABLE.drop(columns="return"), "'return' is missing"),
        (TABLE[["date", "asset", "return"]], "no characteristic"),
        (TABLE.assign(size="big"), "'size'.*not a number"),
        (pd.concat([TABLE, TABLE[["size"]]], axis=1), "'size' occurs more than once"),
        (pd.concat([TABLE, TABLE.iloc[[4]]]), "B on 2024-02-29"),
    ],
)
def test_bad_characteristics_tables_are_refused(frame, message):
    with pytest.raises(NeuralphaError, match=message):
        characteristics_panel(frame)

def test_timing_must_be_known():
    with pytest.raises(NeuralphaError, match="'trailing' or 'ahead'"):
        characteristics_panel(TABLE, timing="next")
