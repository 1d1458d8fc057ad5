# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.reading.stamps import *
import datetime as dt
import numpy as np
import pandas as pd
import polars as pl
import pytest
from neuralpha.core import NeuralphaError

def _priced(dates, **more):
    """A table of two assets whose dates are written as given."""
    close = 50 * np.exp(np.cumsum(0.01 * np.random.default_rng(0).standard_normal((len(dates), 2)), 0))
    columns = {
        "date": np.repeat(np.asarray(dates), 2),
        "asset": np.tile(["A", "B"], len(dates)),
        "close": close.ravel(),
    }
    return pd.DataFrame(columns | more)

WORKDAYS = pd.bdate_range("2010-01-04", periods=60)

EVERY_DAY = pd.date_range("2010-01-04", periods=60)

FROM_1900 = pd.Timestamp("1899-12-30")

@pytest.mark.parametrize("kind", ["number", "text", "point", "clock"])
@pytest.mark.parametrize("unit, zero", [("excel", "1899-12-30"), ("excel-1904", "1904-01-01"), ("days", "1970-01-01")])
def test_counted_days_are_told_by_their_weekends(tmp_path, kind, unit, zero):
    from neuralpha.data.universes import load_universe

    counts = (WORKDAYS - pd.Timestamp(zero)).days.to_numpy()
    written = {"number": counts, "text": counts, "point": counts.astype(float), "clock": counts + 16 / 24}[kind]
    frame = _priced(written)
    if kind == "text":
        frame.to_csv(tmp_path / "days.csv", index=False)
    panel = load_universe(str(tmp_path / "days.csv") if kind == "text" else frame, "days")
    assert pd.DatetimeIndex(panel.dates).normalize().equals(WORKDAYS)
    assert f"days counted as {unit}, the only reading" in panel.checks.set_index("check").note["date_form"]

def test_counted_days_with_weekends_are_asked_for_and_read_as_said():
    from neuralpha.data.universes import load_universe

    counts = (EVERY_DAY - FROM_1900).days
    with pytest.raises(
        NeuralphaError, match=r"say date_unit='excel' \(40182 is 2010-01-04\) or date_unit='excel-1904'"
    ):
        load_universe(_priced(counts), "days", checks={"calendar": "none"})
    for unit, first in (("excel", "2010-01-04"), ("excel-1904", "2014-01-05")):
        panel = load_universe(_priced(counts), "days", date_unit=unit, checks={"calendar": "none"})
        assert str(panel.dates[0])[:10] == first
    with pytest.raises(NeuralphaError, match="20100104.0|numbers with a point"):
        load_universe(_priced(WORKDAYS.strftime("%Y%m%d").astype(float)), "floats")

@pytest.mark.parametrize("form", ["%y%m%d", "%d%m%y", "%m%d%y", "%d%m%Y", "%m%d%Y", "%Y%m%d"])
@pytest.mark.parametrize("as_number", [True, False])
def test_dates_without_marks_are_read_or_asked_for_with_the_right_form_first(form, as_number):
    from neuralpha.data.universes import load_universe

    dates = pd.bdate_range("2005-01-03", periods=400)
    written = dates.strftime(form)
    frame = _priced(written.astype(int) if as_number else written)
    try:
        panel = load_universe(frame, "packed")
    except NeuralphaError as e:
        assert f"say date_format={form!r}" in str(e), str(e)
        panel = load_universe(frame, "packed", date_format=form)
    assert pd.DatetimeIndex(panel.dates).equals(dates)

def days(*cells, **said):
    """The stamps of a column of texts, '?' where a text is none."""
    lf = pl.LazyFrame({"date": list(cells)})
    stamps = text_stamps(lf, "date", **said)
    out = lf.select(stamps.value.alias("v"), stamps.wrong.alias("w")).collect()
    return ["?" if w else v for v, w in out.rows()], stamps

SECOND = dt.datetime(2024, 1, 2)

SIXTEENTH = dt.datetime(2024, 1, 16)

@pytest.mark.parametrize(
    "cells",
    [
        ("2024-01-02", "2024-01-16"),
        ("2024.01.02", "2024.01.16"),
        ("20240102", "20240116"),
        ("01/02/2024", "01/16/2024"),
        ("2/1/2024", "16/1/2024"),
        ("02.01.2024", "16.01.2024"),
        ("02-Jan-2024", "16-Jan-2024"),
        ("02JAN2024", "16JAN2024"),
        ("02.Jan.2024", "16.Jan.2024"),
        ("Jan 02 2024", "Jan 16 2024"),
        ("Jan-02-2024", "Jan-16-2024"),
        ("Tue, 02 Jan 2024", "Tue, 16 Jan 2024"),
        ("Tue 2 January 2024", "Tue 16 January 2024"),
        ("Jan 2, 2024 9:30 AM", "Jan 16, 2024 9:30 AM"),
        ("2jan2024", "16jan2024"),
        ("02/Jan/2024", "16/Jan/2024"),
        ("2024-Jan-02", "2024-Jan-16"),
        ("2024JAN02", "2024JAN16"),
        ("02JAN2024:00:00:00", "16JAN2024:00:00:00"),
        ("02-Jan-2024 00:00", "16-Jan-2024 00:00"),
        ("Jan 2, 2024", "Jan 16, 2024"),
        ("January 2, 2024", "January 16, 2024"),
        ("2 January 2024", "16 January 2024"),
        ("2024-1-2", "2024-1-16"),
        ("01/02/2024 00:00:00", "01/16/2024 00:00:00"),
        ("2024/01/02 00:00", "2024/01/16 00:00"),
    ],
)
def test_a_form_that_can_be_read_in_one_way_is_read(cells):
    at = dt.timedelta(hours=9, minutes=30) if cells[0].endswith("AM") else dt.timedelta(0)
    assert days(*cells)[0] == [SECOND + at, SIXTEENTH + at]

def test_may_is_a_month_in_three_letters_and_in_full():
    for later, day in (("3 June 2024", dt.datetime(2024, 6, 3)), ("3 Jun 2024", dt.datetime(2024, 6, 3))):
        assert days("2 May 2024", later)[0] == [dt.datetime(2024, 5, 2), day]

@pytest.mark.parametrize(
    "cell", ["02Okt2024", "02.Jan-2024", "Sun 02 Jan 2024", "Jan 2024", "2 Tuesday 2024", "32JAN2024"]
)
def test_letters_that_are_no_day_are_no_date(cell):
    assert days(cell)[0] == ["?"]

@pytest.mark.parametrize(
    "cells, fix",
    [
        (["01/02/2024", "01/03/2024"], "say date_format='%m/%d/%Y' or date_format='%d/%m/%Y'"),
        (["02/01/2024", "03/01/2024"], "say date_format='%d/%m/%Y' or date_format='%m/%d/%Y'"),
        (["02.01.24", "16.01.24"], "say date_format='%d.%m.%y'"),
        (["01/16/24"], "say date_format='%m/%d/%y'"),
        (["1704153600000"], "milliseconds since 1970, say date_unit='ms'"),
        (["1704153600"], "date_unit='s'"),
        (["20240102163000"], "date_format='%Y%m%d%H%M%S'"),
        (["202401021630"], "date_format='%Y%m%d%H%M'"),
        (["01/02/2024 09:30 AM"], "say date_format='%m/%d/%Y %I:%M %p' or"),
        (["soon"], "write dates as 2020-12-31"),
        (["02JAN24"], "write dates as 2020-12-31"),
    ],
)
def test_what_can_be_read_in_two_ways_is_asked_for_with_the_formats_that_fit(cells, fix):
    values, stamps = days(*cells)
    assert values == ["?"] * len(cells) and fix in stamps.fix

def test_a_day_beyond_the_twelfth_in_both_places_is_no_order():
    assert "?" in days("13/01/2024", "01/14/2024")[0] and "date_format='" not in days("13/01/2024", "01/14/2024")[1].fix

def test_a_year_of_two_digits_is_not_a_year_of_antiquity():
    assert days("02.01.24", date_format="%d.%m.%Y")[0] == ["?"] and days("02.01.24", date_format="%d.%m.%y")[0] == [
        SECOND
    ]

def test_a_year_of_two_digits_that_is_to_come_was_a_hundred_years_ago():
    old = ["31.01.65", "28.02.68", "31.12.69", "31.12.94", "02.01.24"]
    years = [value.year for value in days(*old, date_format="%d.%m.%y")[0]]
    assert years == [1965, 1968, 1969, 1994, 2024]
    assert days("31.01.2065", date_format="%d.%m.%Y")[0][0].year == 2065  # said in full, and so refused later

def counted(values, unit, text=False):
    lf = pl.LazyFrame({"date": [str(v) for v in values] if text else values})
    stamps = counted_stamps(lf, "date", text, unit, "t.csv", "open_time")
    return lf.select(stamps.value.alias("v")).collect()["v"].to_list(), stamps.said

@pytest.mark.parametrize("text", [True, False])
def test_counts_say_their_own_unit(text):
    ms, us = 1704153600000, 1705363200000000
    assert counted([ms], "ms", text) == ([SECOND], "")
    values, said = counted([ms, us], "ms", text)
    assert values == [SECOND, SIXTEENTH] and "milliseconds (1 rows) and microseconds (1 rows)" in said
    for unit in ("s", "us", "ns"):
        with pytest.raises(NeuralphaError, match="'open_time' does not count .* since 1970.*say date_unit='ms'"):
            counted([ms] * 9, unit, text)
    with pytest.raises(NeuralphaError, match="before 1971 or in the future.*leave date_unit out"):
        counted([20240102, 20240103], "s", text)

@pytest.mark.parametrize(
    "cells, seconds",
    [
        (["09:30", "16:00"], [34200, 57600]),
        (["09:30:00", "16:00:00"], [34200, 57600]),
        (["93000", "160000"], [34200, 57600]),
        (["930", "1600"], [34200, 57600]),
        (["000000", "000000"], [0, 0]),
        (["9:30 AM", "4:00 PM"], [34200, 57600]),
        ([93000, 160000], [34200, 57600]),
    ],
)
def test_a_time_of_day_in_its_own_column(cells, seconds):
    lf = pl.LazyFrame({"time": cells})
    assert lf.select(time_of_day(lf, "time", "t.csv", "Time").dt.total_seconds()).collect()["time"].to_list() == seconds

def test_a_column_of_times_that_are_none_is_named():
    lf = pl.LazyFrame({"time": ["09:30", "noon"]})
    with pytest.raises(NeuralphaError, match="'<TIME>': 'noon' is no time of day"):
        time_of_day(lf, "time", "t.csv", "<TIME>")

def test_stamps_that_were_counted_in_the_wrong_unit_are_refused():
    wrong = pl.Series([1704153600000, 1704240000000]).cast(pl.Datetime("us"))
    with pytest.raises(NeuralphaError, match="'date' holds stamps from 1970-01-20"):
        refuse_epoch(wrong, "t.parquet", "date")
    refuse_epoch(pl.Series([dt.datetime(1970, 1, 2), dt.datetime(1970, 5, 4)]), "t.parquet", "date")

def _written(dates, damaged):
    """Days as d/m/Y; damaged: up to the twelfth as m/d/Y."""
    return [d.strftime("%m/%d/%Y" if damaged and d.day <= 12 else "%d/%m/%Y") for d in dates]

@pytest.mark.parametrize("every", [True, False])  # coins trade on weekends, too
def test_days_that_a_spreadsheet_turned_round_are_refused(every):
    all_days = [dt.date(2020, 1, 1) + dt.timedelta(k) for k in range(420)]
    dates = [d for d in all_days if every or d.weekday() < 5]
    for rows in (dates * 3, [d for d in dates for _ in range(3)]):  # by asset, by date
        assert "?" not in days(*_written(rows, False))[0]
        with pytest.raises(NeuralphaError, match="the other way round.*date_format='%d/%m/%Y'"):
            days(*_written(rows, True))
        assert "?" not in days(*_written(rows, True), date_format="%d/%m/%Y")[0]

def test_iso_dates_in_which_a_spreadsheet_exchanged_day_and_month_are_refused():
    days = pd.bdate_range("2021-02-01", periods=120)
    true = days.strftime("%Y-%m-%d")
    turned = np.where(days.day <= 12, days.strftime("%Y-%d-%m"), true)
    coins = pd.date_range("2021-02-01", periods=200).strftime("%Y-%m-%d")
    for kept in (true, true[::-1], np.random.default_rng(0).permutation(true), coins, np.tile(true, 3)):
        lf = pl.LazyFrame({"d": np.asarray(kept, str)})
        assert lf.select(text_stamps(lf, "d").value.is_not_null().all()).collect().item()
    for tail in ("", " 16:00:00", "T00:00:00Z"):
        with pytest.raises(NeuralphaError, match="stand the other way round .* say date_format='%Y-%m-%d'"):
            text_stamps(pl.LazyFrame({"d": [d + tail for d in np.tile(turned, 2)]}), "d")
