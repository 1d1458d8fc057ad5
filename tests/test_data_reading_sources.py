# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.reading.sources import *
import datetime as dt
import os
import numpy as np
import pandas as pd
import polars as pl
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.reading.spec import read_spec

def bars():
    """Three assets with awkward names, three days each, in no order."""
    days = pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-04"])
    frame = pd.DataFrame(
        [(d, a, i + k + 0.5) for k, a in enumerate(["NA", "TRUE", "1E5"]) for i, d in enumerate(days)],
        columns=["date", "asset", "close"],
    )
    return frame.assign(volume=[100.0, 200, 300] * 3).sample(frac=1, random_state=0)

def rows(table):
    """The content of a canonical table, in order."""
    return table.frame.with_columns(pl.col("asset").cast(pl.String)).sort("asset", "date").rows()

def test_a_partition_keeps_the_zeros_of_its_assets(tmp_path):
    frame = bars().replace({"asset": {"NA": "000001", "TRUE": "1", "1E5": "600000"}})
    want = rows(open_source(frame))
    frame.to_parquet(tmp_path / "cn", partition_cols=["asset"])
    assert rows(open_source(tmp_path / "cn")) == want and {r[1] for r in want} == {"000001", "1", "600000"}
    frame.assign(day=frame.date.dt.strftime("%Y-%m-%d"), year=2024).drop(columns="date").to_parquet(
        tmp_path / "v=2" / "days", partition_cols=["year", "day"]
    )
    t = open_source(tmp_path / "v=2" / "days", columns={"date": "day"}, fields=["close", "volume"])
    assert rows(t) == want
    t = open_source(tmp_path / "v=2" / "days", columns={"date": "day"})
    assert t.fields == ["close", "volume"] and [f["column"] for f in t.findings if "column" in f] == [
        "year"
    ]  # a key of partitions is no characteristic...
    assert open_source(tmp_path / "v=2" / "days", columns={"date": "day"}, fields=["close", "year"]).frame[
        "year"
    ].unique().to_list() == [2024]  # ...unless it is asked for

def test_what_one_file_of_a_folder_proves_holds_for_the_others(tmp_path):
    days = pd.bdate_range("2024-01-02", periods=30)

    def write(name, dates, close):
        return pd.DataFrame({"Date": dates, "Close": close}).to_csv(tmp_path / f"{name}.csv", index=False, sep=";")

    write("LONG", days.strftime("%d/%m/%Y"), [f"{100 + i},5" for i in range(30)])
    write("SHORT", days[:6].strftime("%d/%m/%Y"), [f"{100 + i},125" for i in range(6)])
    got = rows(open_source(tmp_path))
    assert [r[2] for r in got if r[1] == "SHORT"] == [100.125 + i for i in range(6)] and [
        r[0] for r in got if r[1] == "SHORT"
    ] == list(days[:6])

def test_years_of_one_asset_are_not_taken_for_assets(tmp_path):
    days = pd.bdate_range("2022-12-01", periods=60)
    for year, part in pd.DataFrame({"date": days, "close": np.arange(60.0) + 1}).groupby(days.year):
        part.to_csv(tmp_path / f"{year}.csv", index=False)
    with pytest.raises(NeuralphaError, match="follow one another in time .2022.csv, then 2023.csv.*say asset="):
        open_source(tmp_path)
    assert len(rows(open_source(tmp_path, asset="AAPL"))) == 60

def test_a_file_for_each_field_is_no_folder_of_assets(tmp_path):
    wide = bars().pivot(index="date", columns="asset", values="close")
    for field in ("Close", "volume"):
        wide.to_csv(tmp_path / f"{field}.csv")
    with pytest.raises(
        NeuralphaError, match="called like fields .Close.csv, volume.csv., not like assets.*wide_field="
    ):
        open_source(tmp_path)
    wide.to_csv(tmp_path / "AAPL.csv")  # a ticker may be a word, too
    open_source(tmp_path)

def test_a_ticker_of_two_exchanges_is_not_taken_for_one_asset(tmp_path):
    frame = bars()
    name = frame["asset"].iloc[0]
    own = frame[frame["asset"] == name].drop(columns="asset")
    for folder, part in (("US", own[:2]), ("LSE", own[2:])):
        (tmp_path / "by exchange" / folder).mkdir(parents=True)
        part.to_csv(tmp_path / "by exchange" / folder / f"{name}.csv", index=False)
    with pytest.raises(NeuralphaError, match="are called alike, so whether they are one asset is not known"):
        open_source(tmp_path / "by exchange")
    for folder, part in (("2023", own[:2]), ("part 2", own[2:])):
        (tmp_path / "by year" / folder).mkdir(parents=True)
        part.to_csv(tmp_path / "by year" / folder / f"{name}.csv", index=False)
    assert rows(open_source(tmp_path / "by year")) == rows(open_source(frame[frame["asset"] == name]))

def csvs(folder, frame, **change):
    """One CSV per asset, changed by name."""
    for a, part in frame.groupby("asset"):
        file = folder / f"{a}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        change.get(a, lambda f: f)(part.drop(columns="asset")).to_csv(file, index=False)
    return folder

def test_a_folder_of_csv_is_what_one_csv_would_be(tmp_path):
    frame = bars().sort_values(["asset", "date"], ignore_index=True)

    def first(f):
        return f[f.date < "2024-01-03"]

    dead = frame[(frame.asset != "NA") | (frame.date < "2024-01-03")]
    assert rows(open_source(csvs(tmp_path / "dead", frame, NA=first), start="2024-01-03")) == rows(
        open_source(dead, start="2024-01-03")
    )
    with pytest.raises(NeuralphaError, match="dead: no rows between 2025-01-01"):
        open_source(tmp_path / "dead", start="2025-01-01")
    with pytest.raises(NeuralphaError, match="NA.csv: no rows"):
        open_source(csvs(tmp_path / "empty", frame, NA=lambda f: f.iloc[:0]), start="2024-01-03")
    nested = csvs(tmp_path / "nested" / "sub", frame)
    (nested / "._NA.csv").write_bytes(b"\0\5\x16\7")
    (nested / ".ipynb_checkpoints").mkdir()
    (nested / ".ipynb_checkpoints" / "NA.csv").write_text("x")
    assert rows(open_source(tmp_path / "nested")) == rows(open_source(frame))

@pytest.mark.parametrize("empty", ["", "nan"])
def test_a_column_that_is_empty_in_one_file_of_a_folder_is_a_column(tmp_path, empty):
    frame = bars().sort_values(["asset", "date"], ignore_index=True).assign(si="1.5", x="2")
    frame.loc[frame.asset == "1E5", "si"] = empty
    t = open_source(csvs(tmp_path / "si", frame))
    assert t.fields == ["close", "volume", "si", "x"] and t.attributes.columns.empty
    assert rows(t) == rows(open_source(frame))
    with pytest.raises(
        NeuralphaError,
        match="1E5.csv: fields close, volume, x, but other files of .*no have close, volume, si, x; give all files "
        "the same columns",
    ):
        open_source(csvs(tmp_path / "no", frame, **{"1E5": lambda f: f.drop(columns="si")}))

def test_what_the_files_of_a_folder_leave_out_is_one_finding(tmp_path):
    frame = bars().sort_values(["asset", "date"], ignore_index=True)
    frame = frame.assign(turn=[f"{i}x" for i in range(9)])
    frame.loc[2, "close"] = np.nan
    found = {f["check"]: f for f in open_source(csvs(tmp_path / "k", frame)).findings}
    assert (
        found["text_column"]["rows"] == 9
        and found["outside_life"]["rows"] == 1
        and found["outside_life"]["assets"] == ["1E5"]
        and len(found) == 2
    )

def test_an_index_that_a_column_repeats_is_one_column():
    frame = bars()
    for index in ("asset", "date", ["date", "asset"]):
        assert rows(open_source(frame.set_index(index, drop=False))) == rows(open_source(frame))
    twice = frame.set_index("asset", drop=False)
    with pytest.raises(NeuralphaError, match="'asset' is a column and a level of the index, and they differ"):
        open_source(twice.assign(asset="A"))

def test_a_frame_by_field_and_asset_ends_where_its_assets_do():
    frame = bars()
    wide = frame.pivot(index="date", columns="asset", values=["close", "volume"])
    wide.loc["2024-01-03":, (slice(None), "NA")] = np.nan  # delisted, as yfinance shows it
    want = rows(open_source(frame[(frame.asset != "NA") | (frame.date < "2024-01-03")]))
    for turned in (wide, wide.swaplevel(axis=1)):
        t = open_source(turned)
        assert rows(t) == want and [(f["check"], f["rows"]) for f in t.findings] == [("outside_life", 2)]

def test_an_index_of_asset_and_date_may_stand_either_way():
    frame = bars()
    want = rows(open_source(frame))
    for levels in (["date", "asset"], ["asset", "date"]):
        turned = frame.set_index(levels)
        assert rows(open_source(turned)) == want == rows(open_source(turned.rename_axis([None, None])))
        assert (
            rows(open_source(turned.rename_axis([{"date": "datetime", "asset": "instrument"}[n] for n in levels])))
            == want
        )
        assert rows(open_source(turned["close"])) == [r[:3] for r in want]
    unclear = frame.set_index("asset", append=True).rename_axis([None, None])
    with pytest.raises(NeuralphaError, match="told neither by their names .* nor by their values: say index.names"):
        open_source(unclear)

def test_a_column_that_counts_rows_is_no_field():
    frame = bars()
    for counted in (
        frame.rename_axis("idx").sort_index(),
        pd.concat([frame] * 3, ignore_index=True).assign(
            n=range(27), date=lambda f: f.date + pd.to_timedelta(np.repeat([0, 10, 20], 9), "D")
        ),
    ):
        assert open_source(counted).fields == ["close", "volume"]

def test_a_dictionary_of_wide_frames_is_the_long_frame():
    frame = bars()
    want = rows(open_source(frame))
    wide = {f: frame.pivot(index="date", columns="asset", values=f) for f in ("close", "volume")}
    plain = {f.title(): w.rename_axis(index=None, columns=None) for f, w in wide.items()}
    lazy = {f: pl.from_pandas(w.reset_index()) for f, w in wide.items()}
    for given in (wide, plain, lazy, {f: w.reset_index() for f, w in wide.items()}):
        table = open_source(given)
        assert rows(table) == want and table.fields == ["close", "volume"]
        assert rows(open_source(given, layout="wide")) == want
    assert rows(open_source(pd.concat(wide, axis=1), layout="wide")) == want
    assert rows(open_source({"close": wide["close"]})) == [r[:3] for r in want]
    some = open_source({**wide, "short_interest": wide["volume"][["NA"]] / 4})
    assert some.fields == ["close", "volume", "short_interest"]
    assert some.frame.filter(pl.col("asset") == "NA")["short_interest"].to_list() == [25, 50, 75]
    assert some.frame.filter(pl.col("asset") != "NA")["short_interest"].is_null().all()

@pytest.mark.parametrize(
    "change, says",
    [
        (lambda w: {}, "the dictionary is empty"),
        (lambda w: {"close": w.values}, "'close' is a ndarray; give a frame with a row per date"),
        (lambda w: {"close": w["NA"]}, "'close' is a Series; give a frame with a row per date"),
        (lambda w: {"close": w, "volume": w.reset_index(drop=True)}, "'volume' has no dates: its index"),
        (lambda w: {"close": w, "volume": pd.concat([w, w[:1]])}, "'volume': 2024-01-02 00:00:00 occurs twice"),
        (lambda w: {"close": w, "volume": w.shift(9, freq="D")}, "'close' .* and 'volume' .* no date in common"),
        (lambda w: {"close": w, "volume": w.tz_localize("UTC")}, "UTC.* have no date in common"),
    ],
)
def test_a_dictionary_that_holds_no_wide_frames_is_refused_in_a_sentence(change, says):
    wide = bars().pivot(index="date", columns="asset", values="close")
    with pytest.raises(NeuralphaError, match=says):
        open_source(change(wide))

def test_a_path_is_a_name_and_no_pattern(tmp_path, monkeypatch):
    mine = bars().head(6)
    other = bars().tail(3)
    for stem in ("prices[1]", "prices?", "a*", "100%", "#1", "a b", "{x}", "ünï", "[", "x]"):
        folder = tmp_path / f"uni {stem}"
        folder.mkdir()
        other.to_parquet(folder / "prices1.parquet")
        other.to_parquet(folder / "pricesA.parquet")
        other.to_csv(folder / "prices1.csv", index=False)
        mine.to_parquet(folder / f"{stem}.parquet")
        mine.to_csv(folder / f"{stem}.csv", index=False)
        pl.from_pandas(mine).write_ipc(folder / f"{stem}.feather")
        for ending in ("parquet", "csv", "feather"):
            assert rows(open_source(folder / f"{stem}.{ending}")) == rows(open_source(mine)), (stem, ending)
        (folder / f"all {stem}").mkdir()
        mine.to_parquet(folder / f"all {stem}" / f"{stem}.parquet")
        assert rows(open_source(folder / f"all {stem}")) == rows(open_source(mine))
    monkeypatch.chdir(tmp_path)
    mine.to_parquet("~tilde.parquet")
    assert rows(open_source("~tilde.parquet")) == rows(open_source(mine))
    monkeypatch.setenv("HOME", str(tmp_path / "uni a b"))
    assert rows(open_source("~/a b.parquet")) == rows(open_source(mine))

def test_files_of_one_asset_each_are_one_table_whatever_their_kind(tmp_path):
    frame = bars().sort_values(["asset", "date"], ignore_index=True)
    csvs(tmp_path / "order", frame, NA=lambda f: f[["volume", "close", "date"]])
    assert rows(open_source(tmp_path / "order")) == rows(open_source(frame))  # columns in another order
    (tmp_path / "parq").mkdir()
    for a, part in frame.groupby("asset"):
        part.drop(columns="asset").to_parquet(tmp_path / "parq" / f"{a}.parquet", index=False)
    assert rows(open_source(tmp_path / "parq")) == rows(open_source(frame))
    one = frame[frame.asset == "NA"].drop(columns="asset").assign(open=1.0, high=2.0)
    one.to_csv(tmp_path / "AAPL.csv", index=False)
    with pytest.raises(NeuralphaError, match="column 'asset' is missing.*say asset='AAPL' .its name. or give a folder"):
        open_source(tmp_path / "AAPL.csv")
    assert {r[1] for r in rows(open_source(tmp_path / "AAPL.csv", asset="AAPL"))} == {"AAPL"}
    with pytest.raises(NeuralphaError, match="open, high.* are fields of one asset, not assets.*say asset='AAPL'"):
        open_source(tmp_path / "AAPL.csv", layout="wide")
    with pytest.raises(NeuralphaError, match="column 'asset' names its assets; leave the option out"):
        open_source(frame, asset="X")

def test_a_folder_of_both_kinds_is_refused(tmp_path):
    csvs(tmp_path / "both", bars())
    bars().to_parquet(tmp_path / "both" / "A.PARQUET")
    with pytest.raises(NeuralphaError, match="both: holds Parquet and CSV .A.PARQUET, 1E5.csv."):
        open_source(tmp_path / "both")
    for f in (tmp_path / "both").glob("*.csv"):
        f.unlink()
    assert rows(open_source(tmp_path / "both")) == rows(open_source(bars()))

BESIDE = {
    "README.txt": "Columns: Date, Open, High, Low, Close\nFrom 2020-01-02 on, adjusted.",
    "readme.md": "# Prices",
    ".DS_Store": "\0\0\0\1Bud1",
    "Thumbs.db": "\0\1",
    "_SUCCESS": "",
    "LICENSE": "MIT, 2020",
    "LICENSE.txt": "Copyright (c) 2020, somebody, 12",
    "MD5SUMS.txt": "d41d8cd98f00b204e9800998ecf8427e  NA.csv",
    "sha256sums.csv": "file,sum\nNA.csv,1234",
    "NA.csv.sha256": "1234",
    "desktop.ini": "[x]",
    "note from Ann.txt": "These are the prices that we spoke about.",
}

def test_what_is_plainly_no_data_is_skipped_and_named(tmp_path):
    frame = bars().sort_values(["asset", "date"], ignore_index=True)
    csvs(tmp_path / "csv", frame)
    (tmp_path / "parquet").mkdir()
    frame.to_parquet(tmp_path / "parquet" / "all.parquet")
    for folder in ("csv", "parquet"):
        for name, said in BESIDE.items():
            (tmp_path / folder / name).write_text(said)
        read = open_source(tmp_path / folder)
        assert rows(read) == rows(open_source(frame))
        (found,) = [f for f in read.findings if f["check"] == "skipped_files"]
        assert found["rows"] == len(BESIDE) and ".DS_Store, LICENSE" in found["note"]

@pytest.mark.parametrize(
    "name, said, message",
    [
        ("MSFT.csv", "rate limit reached", "MSFT.csv"),
        ("MSFT.csv", "Date,Close", "MSFT.csv: no rows"),
        ("MSFT.csv", "", "MSFT.csv: the file is empty"),
        ("MSFT.txt", "02.01.2024;12,5", "MSFT.txt"),
        ("README.txt", "Date,Close\n2024-01-02,x\n2024-01-03,2\n2024-01-04,3\n2024-01-05,4", "README.txt"),
        ("MSFT.xlsx", "PK", "MSFT.xlsx may be some of the data and is not read beside 1E5.csv"),
        ("MSFT.csv.part", "Date,Close", "MSFT.csv.part may be some of the data"),
    ],
)
def test_what_may_be_data_and_cannot_be_read_is_refused(tmp_path, name, said, message):
    folder = csvs(tmp_path / "f", bars())
    (folder / name).write_text(said)
    with pytest.raises(NeuralphaError, match=message):
        open_source(folder)

def test_every_door_leads_to_the_same_table(tmp_path):
    frame = bars()
    want = rows(open_source(frame))
    assert len(want) == 9 and want[0] == (dt.datetime(2024, 1, 2), "1E5", 2.5, 100)
    frame.to_parquet(tmp_path / "a.parquet")
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_csv(tmp_path / "semicolon.csv", index=False, sep=";", decimal=",", encoding="utf-8-sig")
    (tmp_path / "parts").mkdir()
    (tmp_path / "each").mkdir()
    for a, part in frame.groupby("asset"):
        (tmp_path / "parts" / f"y={len(a)}").mkdir(exist_ok=True)
        part.to_parquet(tmp_path / "parts" / f"y={len(a)}" / f"{a}.parquet")
        part.drop(columns="asset").to_csv(tmp_path / "each" / f"{a}.csv", index=False)
    fields = ["close", "volume"]
    assert rows(open_source(tmp_path / "a.parquet")) == want == rows(open_source(tmp_path / "a.csv"))
    assert rows(open_source(tmp_path / "semicolon.csv", decimal=",")) == want
    assert rows(open_source(tmp_path / "parts", fields=fields)) == want == rows(open_source(tmp_path / "each"))
    assert rows(open_source(pl.from_pandas(frame))) == want == rows(open_source(pl.from_pandas(frame).to_arrow()))
    one = [r for r in want if r[1] == "NA"]
    assert (
        rows(open_source(tmp_path / "each", assets=["NA"]))
        == one
        == rows(open_source(tmp_path / "a.csv", assets=["NA"]))
    )
    with pytest.raises(NeuralphaError, match="each: no row of the asked-for asset 'NOPE'"):
        open_source(tmp_path / "each", assets=["NA", "NOPE"])
    wide = frame.pivot(index="date", columns="asset", values="close")
    assert rows(open_source(wide, layout="wide")) == [r[:3] for r in want]
    import duckdb, sqlalchemy

    with duckdb.connect(str(tmp_path / "a.duckdb")) as con:
        con.register("bars", frame)
        con.execute("CREATE TABLE prices AS SELECT * FROM bars")
        assert rows(open_source(con, query="SELECT * FROM prices")) == want
    assert rows(open_source(tmp_path / "a.duckdb")) == want
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/a.db")
    frame.to_sql("prices", engine, index=False)
    assert rows(open_source(engine)) == want == rows(open_source(f"sqlite:///{tmp_path}/a.db", table="prices"))
    both = frame.pivot(index="date", columns="asset", values=["close", "volume"])
    assert rows(open_source(both)) == want

def test_a_database_says_who_trades_after_end(tmp_path):
    import duckdb, sqlalchemy

    days = pd.to_datetime([f"2024-01-{d:02d}" for d in range(1, 21)])
    frame = pd.concat(
        [pd.DataFrame({"date": days, "asset": a, "close": 1.0, "delisting_return": -0.5}) for a in "AB"],
        ignore_index=True,
    )
    frame = frame[
        ((frame.asset != "A") | ~frame.date.between("2024-01-04", "2024-01-15"))
        & ((frame.asset != "B") | (frame.date < "2024-01-03"))
    ]
    with duckdb.connect(str(tmp_path / "a.duckdb")) as con:
        con.register("bars", frame)
        con.execute("CREATE TABLE prices AS SELECT * FROM bars")
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/a.db")
    frame.to_sql("prices", engine, index=False)
    for source in (frame, tmp_path / "a.duckdb", engine, f"sqlite:///{tmp_path}/a.db"):
        t = open_source(source, end="2024-01-08")
        assert t.attributes["delisting_return"].isna().to_dict() == {"A": True, "B": False} and t.frame[
            "date"
        ].max() == dt.datetime(2024, 1, 3)

def test_what_cannot_be_opened_is_named(tmp_path):
    for nothing in (b"\xef\xbb\xbf", b"\n\n", b""):
        (tmp_path / "x.csv").write_bytes(nothing)
        with pytest.raises(NeuralphaError, match="x.csv: the file is empty"):
            open_source(tmp_path / "x.csv")
    with pytest.raises(NeuralphaError, match="no such file"):
        open_source(tmp_path / "x.parquet")
    (tmp_path / "x.parquet").write_bytes(b"PAR1garbage")
    with pytest.raises(NeuralphaError, match="x.parquet: not a readable Parquet"):
        open_source(tmp_path / "x.parquet")
    (tmp_path / "x.xlsx").write_bytes(b"x")
    with pytest.raises(NeuralphaError, match="'.xlsx' are not known"):
        open_source(tmp_path / "x.xlsx")
    with pytest.raises(NeuralphaError, match="int is no source"):
        open_source(3)
    for empty in ("", " "):
        with pytest.raises(NeuralphaError, match="The source is an empty text"):
            open_source(empty)
