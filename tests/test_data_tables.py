# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.tables import *
import datetime as dt
import numpy as np
import pandas as pd
import polars as pl
import pytest
from neuralpha.core import NeuralphaError

def test_misspelt_and_wrong_options_are_named():
    with pytest.raises(NeuralphaError, match="Did you mean 'columns'"): read_spec(colums={})
    with pytest.raises(NeuralphaError, match="'tz'.*'Mars'"): read_spec(tz="Mars")
    assert read_spec(start="2020-01-02").start == dt.date(2020, 1, 2)

def test_columns_are_matched_by_case_alias_and_mapping():
    assert match_columns(["Date", " Symbol", "PX"], read_spec(columns={"close": "PX"}), "t") == {"Date": "date", " Symbol": "asset", "PX": "close"}
    assert match_columns(["", "symbol", "close"], read_spec(), "t") == {"symbol": "asset", "close": "close", "": "date"}
    assert match_columns(["__index_level_0__", "date", "asset"], read_spec(), "t") == {"date": "date", "asset": "asset"}
    assert match_columns(["Date", "open", "A"], read_spec(layout="wide"), "t") == {"Date": "date", "open": "open", "A": "A"}

@pytest.mark.parametrize("names, options, message", [
    (["date", "ticker", "symbol"], {}, "t: columns 'ticker' and 'symbol' both mean 'asset'"),
    (["date", "close"], {}, "t: column 'asset' is missing; the table has date, close.*layout='wide'"),
    (["asset", "close"], {}, "t: column 'date' is missing"),
    (["date", "asset"], dict(columns={"close": "PX"}), "names 'PX'")])
def test_wrong_columns_are_named(names, options, message):
    with pytest.raises(NeuralphaError, match=message): match_columns(names, read_spec(**options), "t")

def read(frame, **options): return canonical(pl.DataFrame(frame).lazy(), "t", "t.csv", read_spec(**options))

DAY = [dt.date(2024, 1, 2), dt.date(2024, 1, 3)]

def test_text_numbers_dates_and_tickers():
    t = read({"date": ["20240102", "20240103"], "asset": [" NA ", "1E5"], "close": ["1'000.5", "none"]}, thousands="'")
    assert t.frame["date"].to_list() == [dt.datetime(2024, 1, 2), dt.datetime(2024, 1, 3)]
    assert t.frame["asset"].cast(pl.String).to_list() == ["NA", "1E5"] and t.frame["close"].to_list() == [1000.5, None]
    assert [f["check"] for f in t.findings] == ["asset_text"] and t.findings[0]["rows"] == 1

@pytest.mark.parametrize("column, message", [
    ({"date": ["2024-01-02", "03/01/2024"]}, "'date', row 2: '03/01/2024' is no date .*date_format"),
    ({"close": ["1", "1,234"]}, "'close', row 2: '1,234' is no number .*thousands"),
    ({"asset": [1.0, 2.0]}, "'asset' is Float64, not text"), ({"date": [1.5, 2.5]}, "'date' is Float64, not a date"),
    ({"asset": ["A\u200b", "B"]}, "invisible character U\\+200B"),
    ({"date": ["2024-01-02T10:00:00-05:00", "2024-01-03T10:00:00+01:00"]}, "mixes time zones"),
    ({"date": ["2024-01-02T10:00:00Z", "2024-01-03T11:00:00Z"]}, "not midnights.*tz="),
    ({"currency": ["USD", "EUR"], "asset": ["A", "A"]}, "asset A is quoted in more than one currency")])
def test_what_can_be_read_two_ways_is_refused(column, message):
    with pytest.raises(NeuralphaError, match="t.csv: .*" + message):
        read({"date": ["2024-01-02", "2024-01-03"], "asset": ["A", "B"], "close": ["1", "2"], **column})

def test_stamps_go_to_the_exchange_day():
    stamps = ["2024-03-08T21:00:00Z", "2024-03-11T20:00:00Z"] # 16:00 in New York, before and after the clocks change
    t = read({"date": stamps, "asset": ["A", "A"], "close": [1., 2.]}, tz="America/New_York")
    assert t.frame["date"].to_list() == [dt.datetime(2024, 3, 8), dt.datetime(2024, 3, 11)]
    own = pl.Series(DAY).cast(pl.Datetime("ns")).dt.replace_time_zone("America/New_York")
    assert read({"date": own, "asset": ["A", "A"], "close": [1., 2.]}).frame["date"].dt.date().to_list() == DAY
    utc = pl.Series(DAY).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    assert read({"date": utc, "asset": ["A", "A"], "close": [1., 2.]}, tz="America/New_York").frame["date"].dt.date().to_list() == DAY

def test_span_assets_and_fields_are_kept_to():
    rows = {"date": DAY*2, "asset": ["A", "A", "B", "B"], "close": [1., 2, 3, 4], "x": [5., 6, 7, 8]}
    t = read(rows, start="2024-01-03", assets=["B"], fields=["close"])
    assert t.frame.columns == ["date", "asset", "close"] and t.frame["close"].to_list() == [4]
    with pytest.raises(NeuralphaError, match="no rows between 2025-01-01"): read(rows, start="2025-01-01")

def test_assets_that_are_not_there_are_named():
    rows = {"date": DAY*2, "asset": ["A", "A", "B", "B"], "close": [1., 2, 3, 4]}
    with pytest.raises(NeuralphaError, match="t.csv: no row of the asked-for asset 'NOPE'"): read(rows, assets=["A", "NOPE"])
    with pytest.raises(NeuralphaError, match="assets 'C', 'D', 'E', 'F', 'G' and 1 more"): read(rows, assets=list("ACDEFGH"))

def test_adjustment_by_adjusted_close_and_by_factor_agree():
    rows = {"date": DAY, "asset": ["A", "A"], "open": [100., 52], "close": [100., 51], "volume": [10., 20]}
    a = read({**rows, "adj close": [50., 51]}).frame
    b = read({**rows, "factor": [.5, 1]}).frame
    assert a["close"].to_list() == b["close"].to_list() == [50, 51] and a["open"].to_list() == [50, 52]
    assert a["volume"].to_list() == [20, 20] and a["raw_close"].to_list() == [100, 51]
    assert read({**rows, "factor": [.5, 1]}, adjust="none").frame["close"].to_list() == [100, 51]

def test_wide_equals_long():
    wide = read({"date": DAY, "A": [1., 2], "B": [None, 3.]}, layout="wide").frame.sort("asset", "date")
    assert wide.with_columns(pl.col("asset").cast(pl.String)).rows() == [
        (dt.datetime(2024, 1, 2), "A", 1), (dt.datetime(2024, 1, 3), "A", 2), (dt.datetime(2024, 1, 3), "B", 3)]

def test_text_that_describes_the_asset_becomes_an_attribute():
    t = read({"date": DAY, "asset": ["A", "B"], "close": [1., 2], "sector": ["tech", "oil"]})
    assert t.attributes["sector"].to_dict() == {"A": "tech", "B": "oil"} and t.fields == ["close"]
