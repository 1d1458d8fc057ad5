# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.reading.tables import *
import datetime as dt
import numpy as np
import pandas as pd
import polars as pl
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.reading.spec import ReadSpec, read_spec

def read(frame, **options):
    return to_canonical(pl.DataFrame(frame).lazy(), "t", "t.csv", read_spec(**options))

DAY = [dt.date(2024, 1, 2), dt.date(2024, 1, 3)]

def test_text_numbers_dates_and_tickers():
    t = read(
        {
            "date": ["20240102", "20240103"],
            "asset": [" NA ", "1E5"],
            "open": ["999", "7"],
            "close": ["1'000.5", "none"],
        },
        thousands="'",
    )
    assert t.frame["date"].to_list() == [dt.datetime(2024, 1, 2), dt.datetime(2024, 1, 3)]
    assert t.frame["asset"].cast(pl.String).to_list() == ["NA", "1E5"] and t.frame["close"].to_list() == [1000.5, None]
    assert [f["check"] for f in t.findings] == ["asset_text"] and t.findings[0]["rows"] == 1

@pytest.mark.parametrize("form", ['="{}"', "'{}", "{}.0", " ={} "])
def test_what_stands_around_every_asset_name_is_no_part_of_one(form):
    names = ["10107", "14593", "10107"]
    days = ["20240102", "20240102", "20240103"]
    t = read({"date": days, "asset": [form.format(n) for n in names], "close": [1.0, 2.0, 3.0]})
    read_as = t.frame["asset"].cast(pl.String).to_list()
    assert read_as == (["=10107", "=14593", "=10107"] if form == " ={} " else names)
    assert [f["rows"] for f in t.findings if f["check"] == "asset_text"] == [3]
    mixed = ["10107.0", "BRK.B", "'C"]  # one that is not so: each is a name of its own
    kept = read({"date": days, "asset": mixed, "close": [1.0, 2.0, 3.0]})
    assert kept.frame["asset"].cast(pl.String).to_list() == mixed and not kept.findings

@pytest.mark.parametrize(
    "column, message",
    [
        ({"date": ["2024-01-02", "03/01/2024"]}, "'date', row 2: '03/01/2024' is no date .*date_format"),
        (
            {"close": ["1", "1,234"]},
            "column 'close' has '1,234': ',' has three digits behind it .*decimal=',' or thousands=','",
        ),
        ({"asset": [1.0, 2.0]}, "'asset' is Float64, not text"),
        ({"date": [1.5, 2.5]}, "'date' is Float64, not a date"),
        ({"asset": ["A\u200b", "B"]}, "invisible character U\\+200B"),
        ({"date": ["2024-01-02T10:00:00-05:00", "2024-01-03T10:00:00+01:00"]}, "mixes time zones"),
        ({"date": ["2024-01-02T10:00:00Z", "2024-01-03T11:00:00Z"]}, "not midnights.*tz="),
        ({"currency": ["USD", "EUR"], "asset": ["A", "A"]}, "asset A is quoted in more than one currency"),
    ],
)
def test_what_can_be_read_two_ways_is_refused(column, message):
    with pytest.raises(NeuralphaError, match="t.csv: .*" + message):
        read({"date": ["2024-01-02", "2024-01-03"], "asset": ["A", "B"], "close": ["1", "2"], **column})

def test_stamps_go_to_the_exchange_day():
    stamps = ["2024-03-08T21:00:00Z", "2024-03-11T20:00:00Z"]  # 16:00 in New York, before and after the clocks change
    t = read({"date": stamps, "asset": ["A", "A"], "close": [1.0, 2.0]}, tz="America/New_York")
    assert t.frame["date"].to_list() == [dt.datetime(2024, 3, 8), dt.datetime(2024, 3, 11)]
    own = pl.Series(DAY).cast(pl.Datetime("ns")).dt.replace_time_zone("America/New_York")
    assert read({"date": own, "asset": ["A", "A"], "close": [1.0, 2.0]}).frame["date"].dt.date().to_list() == DAY
    utc = pl.Series(DAY).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    assert (
        read({"date": utc, "asset": ["A", "A"], "close": [1.0, 2.0]}, tz="America/New_York")
        .frame["date"]
        .dt.date()
        .to_list()
        == DAY
    )

def test_span_assets_and_fields_are_kept_to():
    rows = {"date": DAY * 2, "asset": ["A", "A", "B", "B"], "close": [1.0, 2, 3, 4], "x": [5.0, 6, 7, 8]}
    t = read(rows, start="2024-01-03", assets=["B"], fields=["close"])
    assert t.frame.columns == ["date", "asset", "close"] and t.frame["close"].to_list() == [4]
    with pytest.raises(NeuralphaError, match="no rows between 2025-01-01"):
        read(rows, start="2025-01-01")

def test_assets_that_are_not_there_are_named():
    rows = {"date": DAY * 2, "asset": ["A", "A", "B", "B"], "close": [1.0, 2, 3, 4]}
    with pytest.raises(NeuralphaError, match="t.csv: no row of the asked-for asset 'NOPE'"):
        read(rows, assets=["A", "NOPE"])
    with pytest.raises(NeuralphaError, match="assets 'C', 'D', 'E', 'F', 'G' and 1 more"):
        read(rows, assets=list("ACDEFGH"))

def test_adjustment_by_adjusted_close_and_by_factor_agree():
    rows = {"date": DAY, "asset": ["A", "A"], "open": [100.0, 52], "close": [100.0, 51], "volume": [10.0, 20]}
    a = read({**rows, "adj close": [50.0, 51]}).frame
    b = read({**rows, "factor": [0.5, 1]}).frame
    assert a["close"].to_list() == b["close"].to_list() == [50, 51] and a["open"].to_list() == [50, 52]
    assert a["volume"].to_list() == [20, 20] and a["raw_close"].to_list() == [100, 51]
    assert read({**rows, "factor": [0.5, 1]}, adjust="none").frame["close"].to_list() == [100, 51]

def test_wide_equals_long():
    wide = read({"date": DAY, "A": [1.0, 2], "B": [None, 3.0]}, layout="wide").frame.sort("asset", "date")
    assert wide.with_columns(pl.col("asset").cast(pl.String)).rows() == [
        (dt.datetime(2024, 1, 2), "A", 1),
        (dt.datetime(2024, 1, 3), "A", 2),
        (dt.datetime(2024, 1, 3), "B", 3),
    ]

def test_text_that_describes_the_asset_becomes_an_attribute():
    t = read({"date": DAY, "asset": ["A", "B"], "close": [1.0, 2], "sector": ["tech", "oil"]})
    assert t.attributes["sector"].to_dict() == {"A": "tech", "B": "oil"} and t.fields == ["close"]
    for codes in ([10, 45], [10.0, 45.0], ["10.0", "45"]):  # a GICS code is a name
        t = read({"date": DAY, "asset": ["A", "B"], "close": [1.0, 2], "sector": codes})
        assert t.attributes["sector"].to_dict() == {"A": "10", "B": "45"} and t.fields == ["close"]

def test_a_thousands_mark_that_the_cells_refute_is_refused():
    rows = {"date": ["2024-01-02", "2024-01-03"], "asset": ["A", "A"]}
    with pytest.raises(NeuralphaError, match="column 'close' has '50.09'.*say decimal='.'"):
        read({**rows, "close": ["50.09", "51.10"]}, thousands=".")  # would be 5009
    with pytest.raises(NeuralphaError, match="column 'close' has '160,31'.*say decimal=','"):
        read({**rows, "close": ["160,31", "1,234"]}, thousands=",")
    with pytest.raises(NeuralphaError, match="decimal mark as well"):
        read_spec(decimal=".", thousands=".")

NAN = float("nan")

DAYS = [dt.date(2024, 1, d) for d in range(1, 9)]

def on(table):
    return [(d.day, a) for d, a in table.frame.select("date", pl.col("asset").cast(pl.String)).rows()]

def found(table):
    return {f["check"]: f["rows"] for f in table.findings}

@pytest.mark.parametrize("empty", [NAN, None, "nan", "", "-nan"])
def test_rows_without_a_price_outside_an_assets_life_are_left_out(empty):
    price = [empty, 2.0, empty, 4.0, 5.0, empty, empty, empty]
    text = isinstance(empty, str)
    long = {
        "date": DAYS * 2,
        "asset": ["A"] * 8 + ["B"] * 8,
        "close": pl.Series([str(v) if text else v for v in price + [1.0] * 8], strict=False),
        "volume": [7.0] * 16,
    }
    t = read(long)
    assert on(t) == [(d, "A") for d in (2, 3, 4, 5)] + [(d, "B") for d in range(1, 9)]
    assert found(t) == {"outside_life": 4} and t.findings[0]["assets"] == ["A"]
    assert t.frame["close"].to_list()[:4] == [2, None, 4, 5]  # a hole is no death
    t = read({"date": DAYS, "A": long["close"][:8], "B": long["close"][8:]}, layout="wide")
    assert on(t) == [(d, "A") for d in (2, 4, 5)] + [(d, "B") for d in range(1, 9)] and found(t) == {}

def test_any_quoted_price_is_life():
    rows = {"date": DAYS[:3], "asset": ["A"] * 3, "close": [1.0, 2, None]}
    assert len(on(read({**rows, "open": [None, None, 3.0]}))) == 3
    assert (
        len(on(read({**rows, "close": [1.0, 2, 3], "adj_close": [1.0, 2, NAN]}))) == 3
    )  # the quote is there, only its adjustment is not
    assert len(on(read({"date": DAYS[:3], "asset": ["A"] * 3, "size": [1.0, NAN, NAN]}))) == 3  # a table without prices
    assert (
        read({**rows, "date": [DAYS[0], DAYS[1], None]}).frame["date"].null_count() == 1
    )  # a row without a date is another fault

def test_a_delisting_return_on_one_row_stands_for_the_asset():
    for empty in (NAN, None):
        t = read(
            {
                "date": DAYS[:3] * 2,
                "asset": ["A"] * 3 + ["B"] * 3,
                "close": [1.0, 2, NAN, 1, 2, 3],
                "delisting_return": pl.Series([empty, empty, -0.3, empty, empty, empty], dtype=pl.Float64),
            }
        )
        assert t.attributes["delisting_return"].to_dict() == {
            "A": pytest.approx(-0.3),
            "B": pytest.approx(NAN, nan_ok=True),
        } and found(t) == {"outside_life": 1}

def test_a_delisting_after_end_is_not_known_before_it():
    trades = [1, 2, 3, 7, 8]  # A is suspended on the 4th to the 6th
    rows = {
        "date": [DAYS[d - 1] for d in trades] + DAYS + DAYS[:3] * 2,
        "asset": ["A"] * 5 + ["B"] * 8 + ["C"] * 3 + ["D"] * 3,
        "close": [1.0] * 16 + [1.0, 1, NAN],
        "delisting_return": [-0.9] * 5 + [None] * 8 + [-0.5] * 6,
    }
    rows["date"][-1] = DAYS[7]  # D's row on the grid, long after its last price

    def final(**kw):
        return read(rows, **kw).attributes["delisting_return"].astype(float).round(6).fillna(9).to_dict()

    assert final() == {"A": -0.9, "B": 9, "C": -0.5, "D": -0.5}
    for end in (
        "2024-01-04",
        "2024-01-05",
        "2024-01-06",
        "2024-01-07",
    ):  # later rows within the two days read for zones, and beyond
        assert final(end=end) == {"A": 9, "B": 9, "C": -0.5, "D": -0.5}
    assert final(end="2024-01-08") == final()
    t = read(rows, end="2024-01-05")
    assert found(t)["delisting_return"] == 1 and "assets that trade after 2024-01-05" in t.findings[0]["note"]

def test_counts_from_1970_of_every_width_and_as_text():
    stamps = pl.Series(DAY).cast(pl.Datetime("us"))
    for unit, per in (("s", 10**6), ("ms", 10**3), ("us", 1)):
        count = stamps.to_physical() // per
        for dtype in (pl.Int64, pl.String, *([pl.Int32, pl.UInt32] if unit == "s" else [])):
            assert (
                read({"date": count.cast(dtype), "asset": ["A", "A"], "close": [1.0, 2]}, date_unit=unit)
                .frame["date"]
                .to_list()
                == stamps.to_list()
            ), (unit, dtype)
    with pytest.raises(NeuralphaError, match="'date', row 2: '2024-01-03' is no count from 1970 .*leave date_unit out"):
        read({"date": ["1704153600", "2024-01-03"], "asset": ["A", "A"], "close": [1.0, 2]}, date_unit="s")

@pytest.mark.parametrize(
    "form, texts",
    [
        ("%m/%d/%Y %I:%M %p", ["01/02/2024 09:30 AM", "01/02/2024 04:00 PM"]),
        ("%d.%m.%Y %T", ["02.01.2024 09:30:00", "02.01.2024 16:00:00"]),
        ("%Y%m%d %R", ["20240102 09:30", "20240102 16:00"]),
        ("%Y%m%d %k:%M", ["20240102  9:30", "20240102 16:00"]),
    ],
)
def test_a_format_with_a_time_keeps_the_time(form, texts):
    assert read({"date": texts, "asset": ["A", "A"], "close": [1.0, 2]}, date_format=form).frame["date"].to_list() == [
        dt.datetime(2024, 1, 2, 9, 30),
        dt.datetime(2024, 1, 2, 16),
    ]

def test_a_format_with_an_offset_is_a_stamp_with_a_zone():
    rows = {"date": ["02.01.2024 16:00:00-0500", "03.01.2024 16:00:00-0500"], "asset": ["A", "A"], "close": [1.0, 2]}
    with pytest.raises(NeuralphaError, match="stamps in UTC that are not midnights.*tz="):
        read(rows, date_format="%d.%m.%Y %H:%M:%S%z")
    assert read(rows, date_format="%d.%m.%Y %H:%M:%S%z", tz="America/New_York").frame["date"].dt.date().to_list() == DAY

def test_the_first_cell_may_be_empty():
    for empty in ("NaT", "nan", "", None):
        assert read({"date": [empty, "2024-01-02"], "asset": ["A", "A"], "close": [1.0, 2]}).frame[
            "date"
        ].to_list() == [None, dt.datetime(2024, 1, 2)]

def test_columns_that_are_left_out_are_counted():
    rows = {"date": DAY * 2, "asset": list("AABB"), "close": [1.0, 2, 3, 4]}
    t = read(
        {
            **rows,
            "Size": ["big", "1.1M", None, "9K"],
            "sector": ["x", "y", "x", "x"],
            "report_date": DAY * 2,
            "lag": [dt.timedelta(1)] * 4,
        }
    )
    assert t.fields == ["close"] and t.attributes.columns.empty
    said = {f["column"]: (f["check"], f["rows"], f["note"]) for f in t.findings}
    assert said["Size"] == (
        "text_column",
        3,
        "column 'Size' changes within an asset (first A) and is text such as 'big': it was left out",
    )
    assert (
        said["sector"][1] == 4
        and said["lag"][1] == 4
        and said["report_date"][2] == "column 'report_date' is Date, neither number nor text: it was left out"
    )
    with pytest.raises(NeuralphaError, match="field 'lag' was asked for; its column is Duration"):
        read({**rows, "lag": [dt.timedelta(1)] * 4}, fields=["close", "lag"])

def test_numbers_after_a_thousand_empty_cells_are_numbers():
    n = 1500
    rows = {
        "date": [dt.date(2020, 1, 1) + dt.timedelta(days=i) for i in range(n)],
        "asset": ["A"] * n,
        "close": ["1"] * n,
        "short_interest": [""] * (n - 2) + ["1.5", "2.5"],
        "remark": [None] * n,
    }
    t = read(rows)
    assert (
        t.fields == ["close", "short_interest"]
        and t.frame["short_interest"].to_list()[-3:] == [None, 1.5, 2.5]
        and found(t) == {}
    )

def test_prices_kept_as_categories_are_numbers():
    t = read(
        {
            "date": DAY,
            "asset": pl.Series(["A", "A"], dtype=pl.Categorical),
            "close": pl.Series(["1.5", "2.5"], dtype=pl.Categorical),
            "kind": pl.Series(["x", "x"], dtype=pl.Enum(["x"])),
        }
    )
    assert t.frame["close"].to_list() == [1.5, 2.5] and t.attributes["kind"].to_dict() == {"A": "x"}

def test_a_bad_cell_of_a_wide_table_is_named_by_its_own_column_and_row():
    rows = {
        "date": ["2024-01-02", "2024-01-03", "2024-01-04"],
        "A": ["1", "2", "3"],
        "px b": ["4", "5", "y"],
        "C": ["6", "x", "y"],
    }
    with pytest.raises(
        NeuralphaError, match=r"column 'C', row 2: 'x' is no number \(2 such rows\); say missing=\['x', 'y'\]"
    ):
        read(rows, layout="wide")
    with pytest.raises(NeuralphaError, match="column 'px b', row 3: 'y'.*say missing='y'"):
        read({**rows, "C": ["6", "7", "8"]}, layout="wide", columns={"B": "px b"})
    with pytest.raises(NeuralphaError, match=r"column 'date', row 2: 'soon' is no date \(1 such rows\)"):
        read(
            {**rows, "date": ["2024-01-02", "soon", "2024-01-04"], "px b": list("456"), "C": list("678")}, layout="wide"
        )
    with pytest.raises(NeuralphaError, match="column 'stamp' is Date, not numbers; every column of a wide table"):
        read({"date": DAY, "A": [1.0, 2], "stamp": DAY}, layout="wide")

def test_wide_assets_called_like_a_date():
    t = read({"Date": DAY, "DAY": [1.0, 2], "INDEX": [3.0, 4]}, layout="wide", without=[])
    assert on(t) == [(2, "DAY"), (3, "DAY"), (2, "INDEX"), (3, "INDEX")] and t.frame["close"].to_list() == [1, 2, 3, 4]

def walk(n=60, assets="AB", seed=0):
    """Random closes by asset, with the days."""
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2023-01-03", periods=n)
    return pd.DataFrame(
        {
            "date": np.tile(days, len(assets)),
            "asset": np.repeat(list(assets), n),
            "close": np.exp(0.02 * rng.standard_normal((len(assets), n)).cumsum(1)).ravel() * 50,
        }
    )

def frame_of(f, **options):
    return read({c: f[c].tolist() for c in f}, **options)

def closes(table):
    return table.frame.sort("asset", "date")["close"].to_numpy()

def test_crsp_is_read_as_its_handbook_says():
    f = walk()
    f["RET"] = f.groupby("asset")["close"].pct_change().map("{:.6f}".format).replace("nan", "C")
    f.loc[[30, 90], "RET"] = "B"
    f["PRC"] = f["close"].where(f.index % 7 != 3, -f["close"])
    f = (
        f.rename(columns={"asset": "TICKER"})
        .assign(PERMNO=np.repeat([10107, 14593], 60), VOL=100.0, SHROUT=5.0)
        .drop(columns="close")
    )
    with pytest.raises(
        NeuralphaError, match=r"column 'RET', row 1: 'C' is no number .4 such rows.; say missing=\['C', 'B'\]"
    ):
        frame_of(f)
    t = frame_of(f, missing=["B", "C"])
    np.testing.assert_allclose(closes(t), f["PRC"].abs(), rtol=1e-6)
    assert (
        t.columns["asset"] == "PERMNO"
        and found(t)["bid_ask_middle"] == (f["PRC"] < 0).sum()
        and set(t.fields) == {"close", "volume", "return", "SHROUT"}
    )
    with pytest.raises(NeuralphaError, match="say missing='B'"):
        frame_of(f, missing="C")

def test_a_total_return_beside_a_quoted_close_adjusts_it():
    f = walk(120)
    f["return"] = f.groupby("asset")["close"].pct_change()
    f["close"] *= np.where(f.groupby("asset").cumcount() < 60, 2.0, 1.0)  # quoted before a split
    t = frame_of(f)
    true = walk(120)["close"]
    np.testing.assert_allclose(closes(t), true, rtol=1e-5)
    assert "on which it holds splits or dividends" in next(
        n["note"] for n in t.findings if n["check"] == "return_column"
    )
    np.testing.assert_allclose(closes(frame_of(f, adjust="none")), f["close"], rtol=1e-6)
    ragged = f.assign(close=f["close"] * np.where(f.index % 20 == 3, 1.1, 1.0))
    with pytest.raises(
        NeuralphaError,
        match="'return' goes with the close but for 26 bars, too many.*say adjust='returns' .* or adjust='none'",
    ):
        frame_of(ragged)
    np.testing.assert_allclose(
        np.diff(np.log(closes(frame_of(ragged, adjust="returns"))))[:119], np.log1p(f["return"][1:120]), atol=1e-5
    )
    with pytest.raises(NeuralphaError, match="does not go with the close beside it, so prices cannot follow it"):
        frame_of(f.assign(**{"return": f["return"].shift(-1)}), adjust="returns")

@pytest.mark.parametrize("percent", [(), "return"])
def test_ratios_of_prices_and_basis_points_are_no_returns_in_percent(percent):
    f = walk(120)
    moves = f.groupby("asset")["close"].pct_change()
    alone = f.drop(columns="close")
    with pytest.raises(NeuralphaError, match=r"'return' holds ratios of prices, 1 \+ return.*subtract 1"):
        frame_of(alone.assign(**{"return": 1 + moves}), percent=percent)
    with pytest.raises(NeuralphaError, match="basis points, .*divide it by 10,000"):
        frame_of(alone.assign(**{"return": 10_000 * moves}), percent=percent)

def test_returns_in_percent_are_divided_or_asked_for():
    f = walk(120)
    f["return"] = 100 * f.groupby("asset")["close"].pct_change()
    t = frame_of(f)
    np.testing.assert_allclose(
        t.frame.sort("asset", "date")["return"].to_numpy()[1:120], f["return"][1:120] / 100, rtol=1e-5
    )
    np.testing.assert_allclose(closes(t), f["close"], rtol=1e-6)
    with pytest.raises(
        NeuralphaError, match="'return' is in percent, or no return: .* lie below -1.*say percent='return'"
    ):
        frame_of(f.drop(columns="close"))
    alone = frame_of(f.drop(columns="close"), percent="return").frame.sort("asset", "date")["return"]
    np.testing.assert_allclose(alone.to_numpy()[1:120], f["return"][1:120] / 100, rtol=1e-5)
    with pytest.raises(
        NeuralphaError, match="'delisting_return' holds losses of more than everything.*percent='delisting_return'"
    ):
        frame_of(f.drop(columns="return").assign(delisting_return=-30.0))
    assert frame_of(f.drop(columns="return").assign(delisting_return=-30.0), percent="delisting_return").attributes[
        "delisting_return"
    ].tolist() == pytest.approx([-0.3, -0.3])

@pytest.mark.parametrize("fault", ["late", "early", "frozen"])
def test_an_adjusted_close_that_does_not_go_with_the_close_is_refused(fault):
    f = walk(120).assign(adj_close=lambda f: f["close"] * np.where(f.groupby("asset").cumcount() < 60, 0.97, 1.0))
    assert frame_of(f).frame.height == 240
    mine = f.asset == "B"
    adjusted = f.adj_close[mine]
    f.loc[mine, "adj_close"] = {
        "late": adjusted.shift(1),
        "early": adjusted.shift(-1),
        "frozen": adjusted.where(np.arange(120) < 40).ffill(),
    }[fault]
    with pytest.raises(
        NeuralphaError, match="column 'adj_close' does not go with the close: asset B from 2.*adjust='none'"
    ):
        frame_of(f)
    np.testing.assert_array_equal(closes(frame_of(f, adjust="none")), f["close"].to_numpy("f4"))

def test_a_factor_is_used_as_the_prices_tell():
    f = walk(120).assign(volume=1000.0)
    true = f["close"].to_numpy()
    half = np.where(f.groupby("asset").cumcount() < 60, 0.5, 1.0)
    ways = {
        "close * factor": (true / half, half),
        "close / factor": (true / half, 1 / half),
        "adjusted": (true, half),
        "ratio": (true / half, np.where(f.groupby("asset").cumcount() == 60, 2.0, 0.0)),
    }
    for name, (close, factor) in ways.items():
        t = frame_of(f.assign(close=close, factor=factor))
        np.testing.assert_allclose(closes(t), true, rtol=1e-6, err_msg=name)
        np.testing.assert_allclose(t.frame.sort("asset", "date")["raw_close"], true / half, rtol=1e-6)
        np.testing.assert_allclose(
            t.frame.sort("asset", "date")["volume"], 1000.0 if name == "adjusted" else 1000 / half, rtol=1e-6
        )
        np.testing.assert_allclose(
            closes(frame_of(f.assign(close=close, factor=factor).drop(columns="volume"), start="2023-05-01")),
            true[f["date"] >= "2023-05-01"],
            rtol=1e-6,
        )
    for name, scale in (
        ("close * factor", 4.0),
        ("close / factor", 0.25),
        ("adjusted", 1.0),
    ):  # in the asked-for span the factor rests: the whole file tells
        close, factor = ways[name]
        late = frame_of(f.assign(close=close, factor=4 * factor), start="2023-05-01")
        np.testing.assert_allclose(closes(late), scale * true[f["date"] >= "2023-05-01"], rtol=1e-6)
    score = f.assign(factor=1 + 0.05 * np.random.default_rng(5).standard_normal(240))
    with pytest.raises(
        NeuralphaError, match="'factor' may adjust the prices, but it changes on 100% of the bars.*; say adjust='none'"
    ):
        frame_of(score)
    np.testing.assert_allclose(closes(frame_of(score, adjust="none")), true, rtol=1e-6)
    with pytest.raises(NeuralphaError, match="adjust='divide' speaks of a column 'factor', and there is none"):
        frame_of(f, adjust="divide")

@pytest.mark.parametrize("name", ["Adj. Close", "Adj Close*", "Close (adj)", "adjusted_close", "5. adjusted close"])
def test_an_adjusted_close_is_used_however_it_is_spelt(name):
    f = walk(60)
    quoted = f.assign(close=f["close"] * np.where(f.groupby("asset").cumcount() < 30, 2, 1)).assign(
        **{name: f["close"], "Adj. High": f["close"]}
    )
    t = frame_of(quoted)
    np.testing.assert_allclose(closes(t), f["close"], rtol=1e-6)
    assert "Adj. High" not in t.fields and found(t)["unused_column"] == 120
    t = frame_of(quoted.rename(columns={name: "close, dividend adjusted"}).drop(columns="Adj. High"))
    np.testing.assert_allclose(closes(t), f["close"], rtol=1e-6)  # its name alone is likely; the prices prove it
    assert "unused_adjusted_close" not in found(t)
    paid = f["close"] * np.where(f.groupby("asset").cumcount() < 30, 0.997, 1)
    t = frame_of(f.assign(**{"close, dividend adjusted": paid}))
    assert [x["note"] for x in t.findings if "say columns={'adj_close': 'close, dividend adjusted'}" in x["note"]]
    assert found(t)["unused_adjusted_close"] == 120 and len(t.findings) == 1

def test_a_date_and_a_time_in_two_columns_are_one_stamp():
    rows = {
        "<DATE>": ["2023.01.02"] * 2 + ["2023.01.03"] * 2,
        "<TIME>": ["09:30", "16:00"] * 2,
        "<TICKER>": ["A"] * 4,
        "<CLOSE>": ["1", "2", "3", "4"],
    }
    t = read(rows)
    assert t.frame["date"].to_list() == [
        dt.datetime(2023, 1, d, *h) for d in (2, 3) for h in ((9, 30), (16, 0))
    ] and t.fields == ["close"]
    t = read({**rows, "<TIME>": [93000, 160000] * 2}, columns={"date": "<DATE>"})
    assert t.frame["date"].dt.hour().to_list() == [9, 16] * 2

def test_a_column_whose_meaning_was_given_to_another_is_left_out():
    f = walk().assign(PERMNO=1, PX=lambda f: f["close"] * 2).rename(columns={"asset": "firm"})
    t = frame_of(f, columns={"asset": "firm", "close": "PX"})
    assert t.fields == ["close"] and "column 'close' means 'close', which is read from 'PX'; it was left out" in [
        n["note"] for n in t.findings
    ]

def test_a_vol_that_is_a_volatility_is_asked_for():
    f = walk().assign(vol=0.25)
    with pytest.raises(NeuralphaError, match="'vol' may be volume or volatility.*say columns={'volatility': 'vol'}"):
        frame_of(f)
    assert frame_of(f, columns={"volatility": "vol"}).fields == ["close", "volatility"] and frame_of(
        f, columns={"volume": "vol"}
    ).fields == ["close", "volume"]
    assert frame_of(f.assign(vol=25.0)).fields == ["close", "volume"]

def test_a_column_that_says_its_zone_has_said_it():
    stamps = pl.Series([dt.datetime(2024, 3, d, 16) for d in (8, 11)]).dt.replace_time_zone("America/New_York")
    assert read({"date": stamps, "asset": ["A", "A"], "close": [1.0, 2]}).frame["date"].dt.date().to_list() == [
        dt.date(2024, 3, 8),
        dt.date(2024, 3, 11),
    ]
    texts = ["2024-03-08T16:00:00-05:00", "2024-03-11T16:00:00-04:00"]
    assert read({"date": texts, "asset": ["A", "A"], "close": [1.0, 2]}).frame["date"].dt.date().to_list() == [
        dt.date(2024, 3, 8),
        dt.date(2024, 3, 11),
    ]
    with pytest.raises(NeuralphaError, match="stamps in UTC that are not midnights"):
        read({"date": stamps.dt.convert_time_zone("UTC"), "asset": ["A", "A"], "close": [1.0, 2]})

def test_dates_in_a_wrong_unit_are_refused():
    rows = {"asset": ["A"] * 9, "close": [1.0] * 9}
    ms = pl.Series([1704153600000 + 86400000 * i for i in range(9)])
    with pytest.raises(NeuralphaError, match="'date' holds stamps from 1970-01-20.*wrong unit"):
        read({"date": ms.cast(pl.Datetime("us")), **rows})
    with pytest.raises(NeuralphaError, match="9 of 9 dates lie in the future"):
        read({"date": (ms * 10).cast(pl.Datetime("ms")), **rows})
    with pytest.raises(NeuralphaError, match="say date_unit='ms'"):
        read({"date": ms, **rows})
    with pytest.raises(NeuralphaError, match="'date' does not count seconds.*say date_unit='ms'"):
        read({"date": ms, **rows}, date_unit="s")

from neuralpha.data.reading.sources import open_source

@pytest.mark.parametrize("form", ["{} EUR", "EUR {}", "{} €", "€{}", "EUR{}"])
def test_prices_with_a_mark_of_money_are_read_and_the_currency_is_said(form):
    days = ["2024-01-02", "2024-01-03"]
    t = read({"date": days, "asset": ["A", "A"], "close": [form.format("80.5"), form.format("1,081.25")]})
    assert t.frame["close"].to_list() == [80.5, 1081.25]
    money = "EUR" if "EUR" in form else "€"
    assert f"column 'close': numbers in {money}" in [f["note"] for f in t.findings]

@pytest.mark.parametrize(
    "columns, message",
    [
        (dict(close=["80.44 EUR", "81 USD"]), "column 'close': numbers in EUR and in USD; prices are in one currency"),
        (dict(close=["$80.44", "€81"]), r"column 'close': numbers in \$ and in €"),
        (dict(close=["80.44 €", "81 €"], open=["$80", "$81"]), "columns '.*' and '.*': numbers in .* and in "),
        (dict(close=["80.44 EUR"] * 2999 + ["81 USD"]), "numbers in EUR and in USD"),
        (dict(close=["80.44 EUR", "81"]), "'81' is no number|'80.44 EUR' is no number"),
        (
            dict(close=["80", "81"], volume=["$5,000.00", "$7"]),
            "column 'volume': numbers in \\$; a volume counts shares",
        ),
    ],
)
def test_a_second_currency_is_refused_by_name(columns, message):
    n = len(columns["close"])
    days = pd.bdate_range("2010-01-04", periods=n).strftime("%Y-%m-%d")
    with pytest.raises(NeuralphaError, match=message):
        read({"date": days, "asset": ["A"] * n, **columns})

def test_names_that_may_be_one_and_currencies_side_by_side_are_said():
    def alike(*names):
        return [f["note"] for f in similar_names(list(names))]

    assert "zeros in front: 000001, 1" in alike("000001", "1", "600000")[0]
    assert "only by a year: AAPL_2020, AAPL_2021" in alike("AAPL_2020", "AAPL_2021", "MSFT")[0]
    assert alike("aapl", "AAPL")[0].endswith("aapl, AAPL") and not alike(
        "A", "B", "ES2021", "100", "1000", "002012", "002013", "2014"
    )
    days = pd.bdate_range("2021-01-04", periods=30)
    f = pd.DataFrame({"date": np.repeat(days, 2), "asset": ["A", "B"] * 30, "close": 10.0 + np.arange(60) % 7})
    for money, expected in ((["USD", "EUR"], 1), (["USD", "USD"], 0)):
        findings = open_source(f.assign(currency=money * 30)).findings
        assert sum(x["check"] == "currency" and "EUR, USD" in x["note"] for x in findings) == expected
