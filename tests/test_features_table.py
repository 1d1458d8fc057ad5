# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.features.table import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame

def _table():
    days = pd.bdate_range("2024-01-01", periods=4)
    panel = panel_from_frame(
        pd.DataFrame({"date": list(days) * 2, "asset": ["A"] * 4 + ["B"] * 4, "close": np.arange(8.0), "volume": 1.0})
    )
    return Features(panel, ("close", "volume"), np.stack([panel.fields[c] for c in ("close", "volume")], 1), (0, 3))

def test_a_lag_never_reaches_into_another_asset():
    np.testing.assert_array_equal(
        _table().view([3, 4]).lagged([0, 1]), np.float32([[3, 1, 2, 1], [4, 1, np.nan, np.nan]])
    )
    with pytest.raises(NeuralphaError, match="would look ahead"):
        _table().view([3]).lagged([0, -1])

def test_select_keeps_the_given_order_and_names_what_is_unknown():
    X = _table().select(["volume", "close"])
    assert X.names == ("volume", "close") and X.lookbacks == (3, 0) and X.values[2].tolist() == [1, 2]
    with pytest.raises(NeuralphaError, match="Did you mean 'volume'"):
        _table().select(["volum"])

def test_a_mean_that_rounds_to_zero_has_no_sign():
    panel = _table().panel
    X = Features(panel, ("a",), np.full((panel.n_rows, 1), -1e-5, np.float32), (0,))
    assert "<td>0.0</td>" in X._repr_html_() and "-0.0" not in X._repr_html_()

def test_shape_is_checked():
    X = _table()
    with pytest.raises(NeuralphaError, match="one row"):
        Features(X.panel, ("close",), X.values, (0,))
