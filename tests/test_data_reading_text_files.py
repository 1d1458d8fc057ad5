# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.reading.text_files import *
import gzip, re, zipfile
import polars as pl
import pytest
from neuralpha.core import NeuralphaError

def read(folder, text, name="t.csv", **said):
    """The rows of a file of this text."""
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    file = without_remarks(text_file(folder / name, **said))
    return scan_text(file).collect().rows(), file

ROWS = [("2024-01-02", "A", "1.5"), ("2024-01-03", "A", "2.5")]

PLAIN = "date,asset,close\n2024-01-02,A,1.5\n2024-01-03,A,2.5\n"

@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace(",", "|"),
        "sep=,\n" + PLAIN,
        '"sep=;"\n' + PLAIN.replace(",", ";"),
        "sep=;\r\n" + PLAIN.replace(",", ";"),
        "# made on Monday\n" + PLAIN,
        "\n" + PLAIN,
        PLAIN.replace("\n", ",\n"),
        PLAIN.replace(".5\n", ".5,\n"),
        PLAIN.replace("A", '"A"'),
        PLAIN + "Source: nobody\n",
    ],
)
def test_one_table_in_many_files(tmp_path, text):
    assert read(tmp_path, text)[0] == ROWS

@pytest.mark.parametrize("day", ["2024-01-02", "2-Jan-2024", "02 Jan 2024", "2024-01-02T00:00:00", "1704153600"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_table_is_data_whatever_it_is_called(tmp_path, day, mark):
    assert not is_no_data(tmp_path / "AAPL.csv", True)  # not even opened
    rows = [mark.join(["Date", "Open", "Close"]), *3 * [mark.join([day, "12.5", "12.6"])]]
    (tmp_path / "history.csv").write_text("\n".join(rows))
    assert not is_no_data(tmp_path / "history.csv")

def test_a_table_of_an_archive_is_not_dropped_for_its_name(tmp_path):
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as z:
        z.writestr("history.csv", PLAIN)
        z.writestr("sectors.csv", "asset,sector\nA,x\n")
    with pytest.raises(NeuralphaError, match="holds 2 files"):
        read(tmp_path, (tmp_path / "p.zip").read_bytes(), "q.zip")

def test_compressed_files(tmp_path):
    import bz2, lzma, pyarrow as pa

    packed = {
        "gz": gzip.compress,
        "bz2": bz2.compress,
        "xz": lzma.compress,
        "zst": lambda b: pa.compress(b, "zstd", asbytes=True),
    }
    for ending, pack in packed.items():
        assert read(tmp_path, pack(PLAIN.encode()), f"BRK.B.csv.{ending}")[0] == ROWS
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as z:
        z.writestr("a.csv", PLAIN)
    assert scan_text(text_file(tmp_path / "a.zip")).collect().rows() == ROWS and {
        text_stem(tmp_path / n) for n in ("BRK.B.csv.gz", "BRK.B.zip", "BRK.B.csv.zip", "BRK.B.txt")
    } == {"BRK.B"}
    with zipfile.ZipFile(tmp_path / "a.zip", "a") as z:
        z.writestr("README.txt", "Prices")
    assert scan_text(text_file(tmp_path / "a.zip")).collect().rows() == ROWS
    with zipfile.ZipFile(tmp_path / "a.zip", "a") as z:
        z.writestr("b.csv", PLAIN)
    with pytest.raises(NeuralphaError, match="holds 2 files .a.csv, b.csv.; unpack it"):
        text_file(tmp_path / "a.zip")
    with pytest.raises(NeuralphaError, match="x.csv.gz: cannot be unpacked"):
        read(tmp_path, b"\x1f\x8b\x08broken", "x.csv.gz")

def test_what_yfinance_writes(tmp_path):
    text = "Price,Close,Close,High,High\nTicker,A,B,A,B\nDate,,,,\n2024-01-02,1.5,7,1.6,\n2024-01-03,2.5,,2.6,\n"
    rows = read(tmp_path, text)[0]
    assert rows == [
        ("2024-01-02", "A", "1.5", "1.6"),
        ("2024-01-03", "A", "2.5", "2.6"),
        ("2024-01-02", "B", "7", None),
    ]
    by_ticker = "Ticker,A,A,B,B\nPrice,Close,High,Close,High\nDate,,,,\n2024-01-02,1.5,1.6,7,\n2024-01-03,2.5,2.6,,\n"
    assert read(tmp_path, by_ticker)[0] == rows
    assert read(tmp_path, by_ticker.replace("Ticker", "").replace("Price", "").replace("Date,,,,\n", ""))[0] == rows

def test_remarks_behind_the_table_are_counted_and_a_cut_line_is_refused(tmp_path):
    rows, file = read(tmp_path, PLAIN + "\nSource: nobody\n2 rows in all\n")
    assert rows == ROWS and [(n["check"], n["rows"]) for n in file.notes] == [("remark_lines", 2)]
    with pytest.raises(NeuralphaError, match="line 4 has 1 fields, the header 3"):
        read(tmp_path, PLAIN + "2024-01\n")
    with pytest.raises(NeuralphaError, match="line 2 has 1 fields"):
        read(tmp_path, "date,asset,close\nremark in the middle\n2024-01-02,A,1.5\n")

def test_letters_that_are_not_utf8_are_asked_for(tmp_path):
    text = PLAIN.replace("A", "SOCIÉTÉ")
    with pytest.raises(NeuralphaError, match="encoding='cp1252'"):
        read(tmp_path, text.replace("date", "daté").encode("cp1252"))
    assert read(tmp_path, text.encode("cp1252"), encoding="cp1252")[0][0][1] == "SOCIÉTÉ"
    with pytest.raises(NeuralphaError, match="'klingon' is no encoding"):
        read(tmp_path, text, encoding="klingon")
    with pytest.raises(NeuralphaError, match="holds 'x'; name it"):
        read(tmp_path, PLAIN.replace("close\n", "close,\n").replace(".5\n", ".5,x\n"))

HEADERS = {"cp1252": "Datum;Eröffnung;Schluß", "cp1251": "Дата;Тикер;Закрытие", "cp932": "日付;コード;終値"}

@pytest.mark.parametrize("encoding", HEADERS)
def test_the_encoding_that_is_asked_for_first_is_that_in_which_the_header_has_words(encoding, tmp_path):
    with pytest.raises(NeuralphaError, match=f"the header is not UTF-8; .* or say encoding='{encoding}'"):
        read(tmp_path, (HEADERS[encoding] + "\n2024-01-02;A;1\n").encode(encoding))

@pytest.mark.parametrize("mark", ["~", "^", " ", "!"])
def test_a_delimiter_that_nobody_looks_for_is_named(mark, tmp_path):
    text = PLAIN.replace(",", mark)
    with pytest.raises(NeuralphaError, match=re.escape(f"stand between columns: say delimiter={mark!r}")):
        read(tmp_path, text)
    assert read(tmp_path, text, delimiter=mark)[0] == read(tmp_path, PLAIN)[0]

FIXED = """Date        Symbol  Adj Close      Volume
2024-01-02  A             1.5   1,000,000
2024-01-03  BRK.B      1,234.5
"""

@pytest.mark.parametrize(
    "lines",
    [
        ["Fecha       Symbol  Máximo", "2024-11-01  AAPL      1.25", "2024-11-04  MSFT      2.50"],
        ["Date        Symbol  Close ", "2024-11-01  NESTLÉ    1.25", "2024-11-04  MSFT      2.50"],
        ["Price,Close,Close", "Ticker,NESTLÉ,MSFT", "2024-11-01,1.25,2.50", "2024-11-04,1.26,2.51"],
    ],
    ids=["header", "row", "second line of a header"],
)
def test_no_letter_is_replaced_wherever_the_bytes_stand(lines, tmp_path):
    path = tmp_path / "prices.txt"
    path.write_bytes("\n".join(lines).encode("cp1252"))
    with pytest.raises(NeuralphaError, match="not UTF-8"):
        text_file(path)
    read = text_file(path, encoding="cp1252")
    assert any("Á" in str(name).upper() or "É" in str(name) for name in read.names) or "É".encode() in read.data

def test_columns_that_every_line_keeps_apart_are_columns_of_a_fixed_width(tmp_path):
    cut = [("2024-01-02", "A", "1.5", "1,000,000"), ("2024-01-03", "BRK.B", "1,234.5", None)]
    for text in (FIXED, FIXED.replace("\n", "\r\n"), "\n" + FIXED, "# of a vendor\n" + FIXED, FIXED.encode("utf-16")):
        rows, file = read(tmp_path, text)
        assert rows == cut and file.names == ["Date", "Symbol", "Adj Close", "Volume"]
        assert [note["check"] for note in file.notes] == ["fixed_width"]
    narrow = "date       close volume\n2024-01-02   1.5   1000\n2024-01-03  12.5      7\n"
    assert read(tmp_path, narrow)[0] == [("2024-01-02", "1.5", "1000"), ("2024-01-03", "12.5", "7")]
    assert read(tmp_path, gzip.compress(narrow.encode()), "n.txt.gz")[0][1] == ("2024-01-03", "12.5", "7")

@pytest.mark.parametrize(
    "line", ["2024-01-04  A          12345678901234.5      7", "2024-01-04 A 1.5 7", "Source: a vendor of prices, 2024"]
)
def test_a_line_that_crosses_the_columns_of_a_fixed_width_is_refused(tmp_path, line):
    with pytest.raises(NeuralphaError, match="no blank that all lines have parts them.*pandas.read_fwf"):
        read(tmp_path, FIXED + line + "\n")

def test_columns_that_blanks_keep_apart_and_a_column_alone_are_told_apart(tmp_path):
    with pytest.raises(NeuralphaError, match="several blanks stand between the columns"):
        read(tmp_path, PLAIN.replace(",", "   "))
    assert read(tmp_path, "adj close\n1\n2\n")[1].names == ["adj close"]
    assert read(tmp_path, "date_close\n1\n2\n")[1].names == ["date_close"]
