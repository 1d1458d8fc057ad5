# Exported from nbs/ by `make sync`; edit the notebook.
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.universes import import_universe, load_universe

DAYS = pd.bdate_range("2024-01-02", periods=8)

CLEAN = pd.DataFrame(
    {
        "date": np.tile(DAYS, 2),
        "asset": np.repeat(["AAA", "BBB"], 8),
        "open": np.r_[10:18, 20:28] + 0.25,
        "high": np.r_[10:18, 20:28] + 1.0,
        "low": np.r_[10:18, 20:28] - 1.0,
        "close": np.r_[10:18, 20:28] + 0.5,
        "volume": np.r_[100:108, 200:208],
    }
)

def csv(change=None, text=None, name="bad.csv", encoding="utf-8", **kw):
    """Write the clean table as CSV, changed as a frame, as text or as bytes."""

    def make(folder):
        f = CLEAN.astype(object)
        f["date"] = CLEAN.date.dt.strftime("%Y-%m-%d")
        if change:
            f = change(f)
        body = f.to_csv(index=False, **kw)
        body = text(body) if text else body
        (folder / name).write_bytes(body if isinstance(body, bytes) else body.encode(encoding))
        return folder / name

    return make

def parquet(change=None, raw=None, name="bad.parquet"):
    """Write the clean table as Parquet, changed as a frame or as bytes."""

    def make(folder):
        f = change(CLEAN.copy()) if change else CLEAN
        if isinstance(f, pa.Table):
            pq.write_table(f, folder / name)
        else:
            f.to_parquet(folder / name)
        if raw:
            (folder / name).write_bytes(raw((folder / name).read_bytes()))
        return folder / name

    return make

def put(row, column, value):
    """A change of one cell."""

    def change(f):
        f[column] = f[column].astype(object)
        f.loc[row, column] = value
        return f

    return change

def typed(row, column, value):
    """A change of one cell that keeps the column's type."""

    def change(f):
        f.loc[row, column] = value
        return f

    return change

def folder_of(**files):
    """Several files in one folder: name -> change of the clean table's frame; `None` leaves it out."""

    def make(folder):
        (folder / "many").mkdir()
        for name, change in files.items():
            part = CLEAN[CLEAN.asset == ("AAA" if name == "a" else "BBB")].copy()
            change(part).to_parquet(folder / "many" / f"{name}.parquet")
        return folder / "many"

    return make

def same(f):
    return f

REFUSED = {  # name -> (how to make it, what the message must say, options of reading)
    "truncated Parquet": (parquet(raw=lambda b: b[:-20]), "bad.parquet: not a readable Parquet file", {}),
    "Parquet cut in the middle": (
        parquet(raw=lambda b: b[: len(b) // 2]),
        "bad.parquet: not a readable Parquet file",
        {},
    ),
    "empty Parquet file": (parquet(raw=lambda b: b""), "bad.parquet: not a readable Parquet file", {}),
    "CSV named Parquet": (csv(name="bad.parquet"), "bad.parquet: not a readable Parquet file", {}),
    "Parquet without rows": (parquet(lambda f: f.iloc[:0]), "bad.parquet: no rows", {}),
    "no date": (parquet(lambda f: f.drop(columns="date")), "column 'date' is missing.*columns=", {}),
    "no asset": (
        parquet(lambda f: f.drop(columns="asset")),
        "column 'asset' is missing.*if the table is of one asset, say asset='bad'",
        {},
    ),
    "no numbers": (parquet(lambda f: f[["date", "asset"]]), "no column with numbers", {}),
    "dates as floats": (parquet(lambda f: f.assign(date=1.5)), "column 'date' is Float64, not a date; store it", {}),
    "dates as spreadsheet serials": (
        parquet(lambda f: f.assign(date=45292)),
        "column 'date' counts days, and from when is not said: say date_unit='excel'",
        {},
    ),
    "dates as nanoseconds": (
        parquet(lambda f: f.assign(date=f.date.astype("int64"))),
        "column 'date', row 1: .* is no date",
        {},
    ),
    "assets as floats": (parquet(lambda f: f.assign(asset=1.0)), "column 'asset' is Float64, not text", {}),
    "closes as truth values": (parquet(lambda f: f.assign(close=True)), "column 'close' is Boolean, not numbers", {}),
    "closes as lists": (parquet(lambda f: f.assign(close=[[1.0]] * 16)), "column 'close' is List.*not numbers", {}),
    "words among the closes": (
        parquet(lambda f: put(4, "close", "halted")(f.astype({"close": str}))),
        "column 'close', row 5: 'halted' is no number",
        {},
    ),
    "a column twice in Parquet": (
        parquet(
            lambda f: pa.table(
                [pa.array(f.date), pa.array(f.asset.to_list()), pa.array(f.close), pa.array(f.close)],
                names=["date", "asset", "close", "close"],
            )
        ),
        "bad.parquet: column 'close' occurs twice",
        {},
    ),
    "a column twice by case": (
        parquet(lambda f: f.assign(Close=f.close)),
        "columns 'close' and 'Close' both mean 'close'; drop one",
        {},
    ),
    "two columns for the date": (
        parquet(lambda f: f.assign(timestamp=f.date)),
        "columns 'date' and 'timestamp' both mean 'date'",
        {},
    ),
    "a type that changes from file to file": (
        folder_of(a=same, b=lambda f: f.astype({"volume": float})),
        "b.parquet: column 'volume' is double, in .*a.parquet it is int64",
        {},
    ),
    "a column missing in one file": (
        folder_of(a=same, b=lambda f: f.drop(columns="open")),
        "b.parquet: column 'open' of .*a.parquet is missing",
        {},
    ),
    "folder without data": (lambda folder: folder, "no .parquet and no .csv file", {}),
    "spreadsheet": (csv(name="bad.xlsx"), "bad.xlsx: files ending in '.xlsx' are not known", {}),
    "wide table read as long": (
        parquet(lambda f: f.pivot(index="date", columns="asset", values="close").reset_index()),
        "column 'asset' is missing.*layout='wide'",
        {},
    ),
    "empty CSV": (csv(text=lambda t: ""), "bad.csv: the file is empty", {}),
    "only a header": (csv(text=lambda t: t.splitlines()[0] + "\n"), "bad.csv: no rows", {}),
    "UTF-16 without its mark": (csv(encoding="utf-16-le"), "bad.csv: not UTF-8 text .*save it as UTF-8", {}),
    "Latin-1": (csv(put(3, "asset", "SOCIÉTÉ"), encoding="latin-1"), "bad.csv: not UTF-8 text", {}),
    "zero bytes": (csv(text=lambda t: t.replace("12.5", "\0\0\0\0", 1)), "bad.csv: not UTF-8 text", {}),
    "a column twice in CSV": (
        csv(text=lambda t: t.replace("volume", "close", 1)),
        "column 'close' occurs twice in the header",
        {},
    ),
    "a line that is too long": (
        csv(text=lambda t: t.replace(",103\n", ",103,7\n", 1)),
        "bad.csv: line 5 has 8 fields, the header 7; mend the line",
        {},
    ),
    "a line that is too short": (
        csv(text=lambda t: t.replace(",13.5,103\n", "\n", 1)),
        "bad.csv: line 5 has 5 fields, the header 7",
        {},
    ),
    "last line cut off in the date": (
        csv(text=lambda t: "\n".join(t.splitlines()[:-1]) + "\n2024-01"),
        "bad.csv: line 17 has 1 fields",
        {},
    ),
    "quote that never ends": (
        csv(text=lambda t: t.replace("13.5", '"13.5', 1)),
        "bad.csv: (line|not a well-formed)",
        {},
    ),
    "thousands that are no thousands": (
        csv(put(2, "close", "1,0125")),
        "column 'open' has '10.25' and column 'close' has '1,0125': both '.' and ',' are decimal marks",
        {},
    ),
    "thousands or decimals": (
        csv(lambda f: f[["date", "asset"]].assign(close=[f"{v},125" for v in range(10, 26)])),
        "column 'close' has '10,125': ',' has three digits behind it in every cell.*decimal=',' or thousands=','",
        {},
    ),
    "a thousands mark that the cells refute": (
        csv(sep=";", decimal=",", change=lambda f: f.astype({c: float for c in ("open", "high", "low", "close")})),
        "column 'open' has '10,25'.*say decimal=','",
        dict(thousands=","),
    ),
    "decimal commas": (
        csv(sep=";", decimal=",", change=lambda f: f.astype({"close": float})),
        "column 'open' has '10.25' and column 'close' has '10,5': both '.' and ',' are decimal marks",
        {},
    ),
    "currency signs": (csv(put(2, "close", "$12.50")), "column 'close', row 3: '\\$12.50' is no number", {}),
    "volume in millions": (csv(put(2, "volume", "1.2M")), "column 'volume', row 3: '1.2M' is no number", {}),
    "percent signs": (csv(put(2, "open", "5%")), "column 'open', row 3: '5%' is no number", {}),
    "mixed date formats": (
        csv(put(9, "date", "03/01/2024")),
        "column 'date', row 10: '03/01/2024' is no date .*date_format=",
        {},
    ),
    "American dates": (
        csv(lambda f: f.assign(date=CLEAN.date.dt.strftime("%m/%d/%Y"))),
        "column 'date', row 1: '01/02/2024' is no date .*date_format=",
        {},
    ),
    "a day that does not exist": (
        csv(put(9, "date", "2024-02-30")),
        "column 'date', row 10: '2024-02-30' is no date",
        {},
    ),
    "dates with and without a time": (
        csv(put(9, "date", "2024-01-03 16:00:00")),
        "column 'date', row 10: .* is no date",
        {},
    ),
    "mixed time zones": (
        csv(lambda f: f.assign(date=f.date + np.where(np.arange(16) < 8, "T10:00:00-05:00", "T10:00:00+01:00"))),
        "column 'date' mixes time zones .*tz=",
        {},
    ),
    "some stamps with a zone": (
        csv(lambda f: f.assign(date=f.date + np.where(np.arange(16) < 8, "T10:00:00Z", "T10:00:00"))),
        "column 'date' mixes time zones .*8 rows without one",
        {},
    ),
    "UTC stamps of an unknown exchange": (
        csv(lambda f: f.assign(date=f.date + "T21:00:00Z")),
        "stamps in UTC that are not midnights.*tz=",
        {},
    ),
    "every date a day early": (
        parquet(
            lambda f: f.assign(date=np.tile(pd.bdate_range("2024-01-08", periods=8) - pd.Timedelta(days=1), 2)).pipe(
                lambda f: pd.concat([f, f.assign(date=f.date + pd.Timedelta(weeks=2))])
            )
        ),
        "Sundays and never on Fridays",
        {},
    ),
    "invisible characters": (
        csv(put(3, "asset", "AA\u200bA")),
        "column 'asset': asset 'AA.*A' holds the invisible character U\\+200B; remove it",
        {},
    ),
    "two currencies in one asset": (
        csv(lambda f: f.assign(currency=np.where(np.arange(16) % 2, "USD", "GBP"))),
        "column 'currency': asset AAA is quoted in more than one currency",
        {},
    ),
    "nothing but faults": (
        parquet(lambda f: f.assign(close=-1.0)),
        "100% of the rows would be masked, most by 'nonpositive_price'",
        {},
    ),
    "a span that misses the file": (parquet(), "no rows between 2030-01-01", dict(start="2030-01-01")),
    "a column that was asked for": (
        parquet(),
        "field 'vwap' was asked for; the table has date, asset",
        dict(fields=["close", "vwap"]),
    ),
    "mixed objects in a frame": (
        lambda folder: put(3, "close", "x")(CLEAN.copy()),
        "column 'close' mixes float, str",
        {},
    ),
    "a column twice in a frame": (
        lambda folder: pd.concat([CLEAN, CLEAN.close], axis=1),
        "column 'close' occurs twice",
        {},
    ),
}

COUNTED = {  # name -> (how to make it, check, rows)
    "no asset name": (csv(put(3, "asset", "")), "missing_key", 1),
    "no date in a row": (csv(put(3, "date", "")), "missing_key", 1),
    "blanks around a name": (csv(lambda f: put(3, "asset", " AAA ")(f)), "asset_text", 1),
    "names that differ by case": (csv(put(3, "asset", "aaa")), "similar_names", 2),
    "a close that is not there": (csv(put(3, "close", "N/A")), "missing_price", 1),
    "NaN": (parquet(typed(3, "close", np.nan)), "missing_price", 1),
    "infinity": (csv(put(3, "close", "inf")), "infinite_value", 1),
    "a number float32 cannot hold": (parquet(typed(3, "high", 1e39)), "infinite_value", 1),
    "a day in the future": (parquet(typed(3, "date", pd.Timestamp("2150-01-05"))), "future_date", 1),
    "a day in antiquity": (csv(put(3, "date", "0024-01-05")), "future_date", 1),
    "a Saturday": (
        lambda folder: pd.concat(
            [
                CLEAN,
                *(CLEAN.assign(date=np.tile(pd.bdate_range("2024-01-02", periods=24)[k : k + 8], 2)) for k in (8, 16)),
                CLEAN.iloc[[0]].assign(date=pd.Timestamp("2024-01-06")),
            ]
        ),
        "wrong_session",
        1,
    ),
    "an asset without any value": (
        parquet(lambda f: f.assign(close=f.close.where(f.asset != "BBB"), high=f.high + 0)),
        "missing_price",
        8,
    ),
    "an asset with one row": (csv(lambda f: pd.concat([f, f.iloc[[0]].assign(asset="LONE")])), "short_history", 1),
    "the same line twice": (csv(lambda f: pd.concat([f, f.iloc[[3]]])), "duplicate_rows", 1),
    "two lines that disagree": (csv(lambda f: pd.concat([f, f.iloc[[3]].assign(close=13.6)])), "conflicting_rows", 2),
    "a table upside down": (csv(lambda f: f.iloc[::-1]), "unsorted_rows", None),
    "a price below zero": (parquet(typed(3, "low", -1.0)), "nonpositive_price", 1),
    "a day without trades": (
        parquet(lambda f: f.assign(**{c: f[c].where(f.index != 3, 0) for c in ("open", "high", "low", "volume")})),
        "non_trading",
        1,
    ),
    "high and low swapped": (
        parquet(lambda f: f.assign(high=f.high.where(f.index != 3, f.low), low=f.low.where(f.index != 3, f.high))),
        "high_below_low",
        1,
    ),
    "volume below zero": (csv(put(3, "volume", "-5")), "negative_volume", 1),
    "an adjusted close of zero": (
        csv(lambda f: f.assign(adj_close=f.close).pipe(put(3, "adj_close", 0))),
        "missing_price",
        1,
    ),
    "a slipped decimal point": (
        parquet(
            lambda f: f.assign(**{c: f[c].where(f.index != 3, f[c] * 100) for c in ("open", "high", "low", "close")})
        ),
        "decimal_slip",
        1,
    ),
    "a text column that changes": (csv(lambda f: f.assign(remark=[f"n{i}" for i in range(16)])), "text_column", None),
}

SAME = {  # name -> (how to make it, options of reading, new names of the assets)
    "byte order mark": (csv(encoding="utf-8-sig"), {}, None),
    "tickers that look like values": (
        csv(lambda f: f.replace({"asset": {"AAA": "NA", "BBB": "TRUE"}})),
        {},
        ["NA", "TRUE"],
    ),
    "tickers that look like numbers": (
        csv(lambda f: f.replace({"asset": {"AAA": "007", "BBB": "1E5"}})),
        {},
        ["007", "1E5"],
    ),
    "unicode tickers": (parquet(lambda f: f.replace({"asset": {"AAA": "茅台", "BBB": "ÅÖ"}})), {}, ["ÅÖ", "茅台"]),
    "numbers as asset names": (parquet(lambda f: f.assign(asset=np.repeat([10001, 10002], 8))), {}, ["10001", "10002"]),
    "thousands separators, announced": (
        csv(lambda f: f.assign(volume=[f"{v:,.1f}" for v in CLEAN.volume])),
        dict(thousands=","),
        None,
    ),
    "decimal commas, announced": (
        csv(sep=";", decimal=",", change=lambda f: f.astype({c: float for c in ("open", "high", "low", "close")})),
        dict(decimal=","),
        None,
    ),
    "American dates, announced": (
        csv(lambda f: f.assign(date=CLEAN.date.dt.strftime("%m/%d/%Y"))),
        dict(date_format="%m/%d/%Y"),
        None,
    ),
    "UTC stamps, announced": (csv(lambda f: f.assign(date=f.date + "T21:00:00Z")), dict(tz="America/New_York"), None),
    "numbers as text": (parquet(lambda f: f.astype({"close": str, "volume": str})), {}, None),
    "UTF-16": (csv(encoding="utf-16"), {}, None),
    "thousands separators beside decimal points": (
        csv(lambda f: f.assign(volume=[f"{v:,.1f}" for v in CLEAN.volume]).pipe(put(0, "volume", "100.0"))),
        {},
        None,
    ),
    "decimal commas that are proven": (
        csv(sep=";", decimal=",", change=lambda f: f.astype({c: float for c in ("open", "high", "low", "close")})),
        {},
        None,
    ),
    "tabs": (csv(sep="\t", name="bad.tsv"), {}, None),
    "other column names": (
        parquet(lambda f: f.rename(columns=dict(date="Date", asset="Ticker", close="PX_LAST_EUR"))),
        dict(columns={"close": "PX_LAST_EUR"}),
        None,
    ),
}

def imported(source, folder, **options):
    """The names of what an import wrote; raises what it raised."""
    (folder / "universes").mkdir()
    try:
        import_universe(source, "mine", folder=folder / "universes", **options)
    finally:
        left = sorted(p.name for p in (folder / "universes").iterdir())
    return left

@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_line_that_names_it(name, tmp_path):
    make, message, options = REFUSED[name]
    source = make(tmp_path)
    with pytest.raises(NeuralphaError, match=f"(?s){message}") as e:
        load_universe(source, **options)
    assert "\n" not in str(e.value) and len(str(e.value)) < 600
    if not isinstance(source, pd.DataFrame):
        assert source.name in str(e.value)
    with pytest.raises(NeuralphaError):
        imported(source, tmp_path, **options)
    assert list((tmp_path / "universes").iterdir()) == []

@pytest.mark.parametrize("name", COUNTED)
def test_masked_or_left_out_and_counted(name, tmp_path):
    make, check, rows = COUNTED[name]
    panel = load_universe(source := make(tmp_path))
    line = panel.checks.set_index("check").loc[check]
    natural = load_universe(CLEAN).checks.set_index("check").rows.get(check, 0)
    assert natural == 0 and (line.rows == rows if rows else line.rows > 0 or line.note)
    if line.action == "masked":
        assert (~panel.tradable).sum() == len(panel.masked.drop_duplicates(["date", "asset"])) > 0
    if line.action == "dropped":
        assert len(panel.masked) == rows
    assert imported(source, tmp_path) == ["mine"]

@pytest.mark.parametrize("name", SAME)
def test_read_in_the_only_way_it_can_be_read(name, tmp_path):
    make, options, assets = SAME[name]
    panel = load_universe(make(tmp_path), **options)
    clean = load_universe(CLEAN)
    assert list(panel.assets) == (assets or ["AAA", "BBB"])
    order = [0, 1] if not assets or name != "unicode tickers" else [1, 0]
    for field in clean.fields:
        want = np.concatenate([clean.fields[field][clean.rows_of(clean.assets[i])] for i in order])
        np.testing.assert_array_equal(panel.fields[field], want)
    assert (panel.dates == clean.dates).all()

def test_a_file_cut_anywhere_is_refused_or_is_a_shorter_table(tmp_path):
    whole = csv()(tmp_path).read_bytes()
    for cut in range(0, len(whole), 7):
        (tmp_path / "cut.csv").write_bytes(whole[:cut])
        try:
            assert load_universe(tmp_path / "cut.csv").n_rows <= 16
        except NeuralphaError as e:
            assert "cut.csv" in str(e)
    whole = parquet()(tmp_path).read_bytes()
    for cut in np.linspace(0, len(whole) - 1, 25).astype(int):
        (tmp_path / "cut.parquet").write_bytes(whole[:cut])
        with pytest.raises(NeuralphaError, match="cut.parquet"):
            load_universe(tmp_path / "cut.parquet")

def test_a_file_with_flipped_bits_never_ends_in_a_stack_trace(tmp_path):
    rng = np.random.default_rng(0)
    for make, name in ((csv(), "bad.csv"), (parquet(), "bad.parquet")):
        whole = np.frombuffer(make(tmp_path).read_bytes(), np.uint8)
        for _ in range(60):
            damaged = whole.copy()
            damaged[rng.integers(len(whole), size=3)] ^= rng.integers(1, 256, 3).astype(np.uint8)
            (tmp_path / name).write_bytes(damaged.tobytes())
            try:
                load_universe(tmp_path / name)
            except NeuralphaError as e:
                assert name in str(e)
