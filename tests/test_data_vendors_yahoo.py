# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.vendors.yahoo import *
import datetime as dt
import sys, types
import pandas as pd
import polars as pl
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.reading.spec import read_spec
from neuralpha.data.reading.tables import to_canonical

def bars_like_yahoo(start="2024-01-02", periods=3):
    return pd.DataFrame(
        {
            "Open": 10.0,
            "High": 12.0,
            "Low": 9.0,
            "Close": [10.0, 11, 12],
            "Adj Close": [5.0, 5.5, 12],
            "Volume": [100, 100, 100],
        },
        index=pd.bdate_range(start, periods=periods, name="Date"),
    )

def stub(monkeypatch, answer):
    calls = []

    def fake(ticker, **kw):
        calls.append(ticker)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setitem(sys.modules, "yfinance", types.SimpleNamespace(download=fake))
    return calls

def test_downloads_are_cached_and_adjusted(tmp_path, monkeypatch):
    spec = read_spec(start="2024-01-02", end="2024-01-04", cache=str(tmp_path))
    calls = stub(monkeypatch, bars_like_yahoo())
    first = to_canonical(scan_yahoo("AAPL, MSFT", spec), "y", "yahoo", spec).frame
    assert calls == ["AAPL", "MSFT"] and first["close"].to_list() == [5, 5.5, 12] * 2 and first["raw_close"][0] == 10
    stub(monkeypatch, ConnectionError("offline"))
    assert to_canonical(scan_yahoo("AAPL,MSFT", spec), "y", "yahoo", spec).frame.equals(first)

@pytest.mark.parametrize(
    "answer, message",
    [
        (ConnectionError("no route"), "AAPL could not be downloaded.*no route"),
        (pd.DataFrame(), "nothing came back for AAPL"),
    ],
)
def test_offline_is_an_error_and_leaves_no_file(tmp_path, monkeypatch, answer, message):
    stub(monkeypatch, answer)
    with pytest.raises(NeuralphaError, match=message):
        scan_yahoo("AAPL", read_spec(start="2024-01-02", end="2024-01-04", cache=str(tmp_path)))
    assert list(tmp_path.iterdir()) == []

def test_yahoo_needs_a_start_and_the_extra(monkeypatch):
    with pytest.raises(NeuralphaError, match="start="):
        scan_yahoo("AAPL", read_spec())
    monkeypatch.setitem(sys.modules, "yfinance", None)
    with pytest.raises(NeuralphaError, match="neuralpha\\[yahoo\\]"):
        download("AAPL", dt.date(2024, 1, 2), dt.date(2024, 1, 4))

def test_a_ticker_is_a_name_and_no_pattern(tmp_path, monkeypatch):
    folder = tmp_path / "cache [x]"
    folder.mkdir()
    for ticker in ("BRK[B]", "BRKB"):
        pd.DataFrame(
            {"date": pd.to_datetime(["2024-01-02", "2024-01-03"]), "Close": [1.0, 2.0] if "[" in ticker else [8.0, 9.0]}
        ).to_parquet(folder / f"{ticker}_2024-01-01_2024-01-31.parquet")
    spec = read_spec(start="2024-01-02", end="2024-01-30", cache=str(folder))
    for ticker, want in (("BRK[B]", [1, 2]), ("BRKB", [8, 9])):
        assert scan_yahoo(ticker, spec).collect()["Close"].to_list() == want
