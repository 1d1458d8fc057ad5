# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.reading.stacked import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.reading.sources import open_source

def _bars(n=40):
    rng = np.random.default_rng(0)
    dates = pd.bdate_range("2024-01-02", periods=n)
    close = np.round(50 * np.exp(np.cumsum(0.01 * rng.standard_normal((n, 3)), 0)), 2).ravel()
    frame = pd.DataFrame({"date": np.repeat(dates, 3), "asset": list("ABC") * n, "close": close})
    return frame.assign(open=close, high=close + 1, low=close - 1, volume=1000.0, vwap=close)

@pytest.mark.parametrize("by", ["field", "bar"])
@pytest.mark.parametrize("called", [("variable", "value"), ("field", "price"), ("Datatype", "Value"), ("x", "y")])
def test_fields_in_rows_become_columns(by, called, tmp_path):
    bars = _bars()
    rows = bars.melt(["date", "asset"], var_name=called[0], value_name=called[1])
    rows = rows if by == "field" else rows.sort_values(["date", "asset"], kind="stable")
    rows.to_csv(tmp_path / "rows.csv")
    for read in (open_source(rows), open_source(tmp_path / "rows.csv")):
        assert set(read.fields) == {"open", "high", "low", "close", "volume", "vwap"}
        got = read.frame.sort("date", "asset").to_pandas()
        for field in read.fields:
            np.testing.assert_allclose(got[field], bars[field], rtol=1e-6)
        assert [f["check"] for f in read.findings if "names fields" in f["note"]] == ["fields_in_rows"]

def test_fields_in_rows_that_conflict_are_two_rows_and_a_row_without_a_field_is_none():
    rows = _bars().melt(["date", "asset"])
    other = rows[(rows.variable == "close") & (rows.asset == "A")].assign(value=9.0)
    assert open_source(pd.concat([rows, other])).frame.height == 120 + 40
    assert open_source(pd.concat([rows, rows[:1].assign(variable=None)])).frame.height == 120

def test_where_several_columns_could_hold_the_values_the_cause_is_named():
    rows = _bars().melt(["date", "asset"])
    with pytest.raises(NeuralphaError, match="column 'variable' names fields .* 'value', 'revised' could hold"):
        open_source(rows.assign(revised=1.0))
    with pytest.raises(NeuralphaError, match="names fields .* no column holds their values"):
        open_source(rows.drop(columns="value"))

def test_fields_in_rows_and_assets_in_columns_are_read_too_and_dates_in_columns_are_named():
    rows = _bars().melt(["date", "asset"], var_name="field")
    beside = rows.pivot(index=["date", "field"], columns="asset", values="value").reset_index()
    got = open_source(beside).frame.sort("date", "asset").to_pandas()
    np.testing.assert_allclose(got["close"], _bars()["close"], rtol=1e-6)
    np.testing.assert_allclose(got["volume"], 1000.0)
    with pytest.raises(NeuralphaError, match="column 'field' names fields .*; leave layout='wide' out"):
        open_source(beside, layout="wide")
    rows["date"] = rows["date"].astype(str)
    side = rows.pivot(index=["asset", "field"], columns="date", values="value").reset_index()
    with pytest.raises(NeuralphaError, match=r"40 columns are dates \(2024-01-02, ...\): the table lies on its side"):
        open_source(side)

def test_text_that_describes_an_asset_names_no_fields():
    bars = _bars()
    for words in (["open", "open", "closed"], ["close", "close", "close"], ["Tech", "Bank", "Oil"]):
        read = open_source(bars.assign(state=np.tile(words, 40)))
        assert read.frame.height == 120 and "state" in read.attributes
