# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.reading.columns import *
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.reading.spec import read_spec

def test_columns_are_matched_by_case_alias_and_mapping():
    assert match_columns(["Date", " Symbol", "PX"], read_spec(columns={"close": "PX"}), "t") == {
        "Date": "date",
        " Symbol": "asset",
        "PX": "close",
    }
    assert match_columns(["", "symbol", "close"], read_spec(), "t") == {"symbol": "asset", "close": "close", "": "date"}
    assert match_columns(["__index_level_0__", "date", "asset"], read_spec(), "t") == {"date": "date", "asset": "asset"}
    assert match_columns(["Date", "open", "A"], read_spec(layout="wide"), "t") == {
        "Date": "date",
        "open": "open",
        "A": "A",
    }

def test_tickers_that_are_words_for_a_date_are_assets_of_a_wide_table():
    def wide(names, **kw):
        return match_columns(names, read_spec(layout="wide", **kw), "t")

    assert (
        wide(["date", "DAY", "DT", "INDEX"])
        == wide(["date", "DAY", "DT", "INDEX"], columns={"date": "date"})
        == {"date": "date", "DAY": "DAY", "DT": "DT", "INDEX": "INDEX"}
    )
    assert wide(["", "DAY", "A"]) == {"": "date", "DAY": "DAY", "A": "A"} and wide(["DAY", "TIME"]) == {
        "DAY": "date",
        "TIME": "TIME",
    }
    for names in (
        ["OPEN", "LOW", "RAW", "PX"],
        ["LOW.N", "OPEN.N", "A.N", "B.N"],
        ["BRK.A", "BRK.B", "A Close", "B Close"],
    ):
        assert wide(["date", *names]) == {n: n for n in ["date", *names]}
    assert wide(["Unnamed: 0", "DATE", "A"]) == {"DATE": "date", "A": "A"}  # the number of the row is nobody's price
    with pytest.raises(NeuralphaError, match="'date' and 'timestamp' both mean 'date'"):
        wide(["date", "timestamp", "A"])
    assert wide(["date", "timestamp", "A"], columns={"date": "date"}) == {
        "date": "date",
        "timestamp": "timestamp",
        "A": "A",
    }

@pytest.mark.parametrize(
    "names, options, message",
    [
        (["date", "ticker", "symbol"], {}, "t: columns 'ticker' and 'symbol' both mean 'asset'"),
        (["date", "close"], {}, "t: column 'asset' is missing; the table has date, close.*layout='wide'"),
        (["asset", "close"], {}, "t: column 'date' is missing"),
        (["date", "asset"], dict(columns={"close": "PX"}), "names 'PX'"),
        (
            ["ticker", "2020-01-02", "2020-01-03"],
            dict(layout="wide"),
            "2 of the 3 columns are dates .2020-01-02, .*frame.T",
        ),
        (
            ["date", "A Close", "A Volume", "B Close", "B Volume"],
            dict(layout="wide"),
            "'A Close', 'A Volume' are 2 fields of one",
        ),
        (
            ["date", "('Close', 'A')", "('High', 'A')", "('Close', 'B')", "('High', 'B')"],
            dict(layout="wide"),
            "2 fields of one",
        ),
        (["ticker", "11/06/2023", "11/07/2023"], {}, "2 of the 3 columns are dates .11/06/2023, "),
        (["1699228800", "80.4", "80.8", "7"], {}, "the first line .1699228800, 80.4, .* holds values, not names"),
        (["2023.11.06", "00:00", "1.1", "1.2"], {}, "the first line .* holds values, not names"),
        (["2023-11-06", "AAPL", "80.4", "80.8"], {}, "the first line .* holds values, not names"),
        (["", "2330", "2317"], {}, "column 'asset' is missing.*layout='wide'"),
        (["open", "close", "__index_level_0__", "__index_level_1__"], {}, "levels of the index have no names"),
        (["date", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ"], {}, "the table has date, A, .*, K, [.]{3}[.] Name it"),
        (["date", "A", "A_adj", "B", "B_adj", "C"], dict(layout="wide"), "'A', 'A_adj' are 2 fields of one asset"),
        ([], {}, "the table has no columns at all"),
    ],
)
def test_wrong_columns_are_named(names, options, message):
    with pytest.raises(NeuralphaError, match=message):
        match_columns(names, read_spec(**options), "t")
