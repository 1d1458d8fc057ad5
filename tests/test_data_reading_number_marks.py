# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.reading.number_marks import *
import polars as pl
import pytest
from neuralpha.core import NeuralphaError

def read(*cells, **said):
    """The values of a column of cells; the message where it is refused."""
    lf = pl.LazyFrame({"close": list(cells)})
    marks = settle_marks(mark_counts(lf, ["close"]), **said)
    signs = column_signs(lf, ["close"]).get("close", Signs())
    value, wrong = parse_number("close", marks, signs)
    out = lf.select(value.alias("v"), wrong.alias("w")).collect()
    return [("?" if w else v) for v, w in out.rows()]

@pytest.mark.parametrize(
    "cells, values",
    [
        (["160,31", "7,5"], [160.31, 7.5]),
        (["4.809,15", "848"], [4809.15, 848]),
        (["1.234.567", "12"], [1234567, 12]),
        (["12.50", "1,234"], [12.5, 1234]),
        (["1,234,567.5"], [1234567.5]),
        (["0.123", "1.234"], [0.123, 1.234]),
        (["1234.567", "1.234"], [1234.567, 1.234]),
        (["1.5e3", "2.125"], [1500, 2.125]),
        (["4\u00a0809,15", "3\u202f203,27", "1\u2009000,00"], [4809.15, 3203.27, 1000]),
        (["12'345.67", "1’000.10"], [12345.67, 1000.1]),
        (["12 345", "7"], [12345, 7]),
        (["-", "n/a", ".", "#N/A", "5"], [None] * 4 + [5]),
        (["$224.93", "$1,224.93"], [224.93, 1224.93]),
        (["80.44 EUR", "1,080.40 EUR"], [80.44, 1080.4]),
        (["80.44EUR", "-9EUR", "0"], [80.44, -9, 0]),
        (["EUR 80,44", "EUR 1.080,40"], [80.44, 1080.4]),
        (["US$80.44", "US$ 0.5"], [80.44, 0.5]),
        (["₺80,44", "₺7,5"], [80.44, 7.5]),
        (["- $5.25", "-$5", "$-1.5", "$ 2"], [-5.25, -5, -1.5, 2]),
        (["1.2M EUR", "900K EUR"], [1.2e6, 9e5]),
        (["80.44 usd", "81 usd"], [80.44, 81]),
        (["80,44 kr", "1.081,50 kr"], [80.44, 1081.5]),
        (["Rs. 80.44", "Rs. 4,00,846.5"], [80.44, 400846.5]),
        (["4,00,846", "12,34,56,789.5", "40,846", "846"], [400846, 123456789.5, 40846, 846]),
        (["₹ 4,00,846.25", "₹ 46.5"], [400846.25, 46.5]),
        (["4,00,846", "400846", "0,40,846", "4,0,846"], [400846, 400846, "?", "?"]),
        (["80.44 SHS", "5 SHS"], ["?", "?"]),
        (["1.2M", "900K", "2.55B"], [1.2e6, 9e5, 2.55e9]),
        (["-1.5%", "0.25%"], [-0.015, 0.0025]),
        (["+5", "-1.25"], [5, -1.25]),
        (
            ["2:1", "3/2", "1 for 10", "3-for-2", "7 to 1", "1", "0", "", "1.5:1"],
            [2, 1.5, 0.1, 1.5, 7, 1, 0, None, 1.5],
        ),
        (["2:1", "0:1", "1:0", "x"], ["?"] * 4),
        (["2:1", "0:1", "1:0"], [2, "?", "?"]),
        (["1.5", "1,5x"], [1.5, "?"]),
    ],
)
def test_a_file_proves_its_own_marks(cells, values):
    assert read(*cells) == pytest.approx(values)

@pytest.mark.parametrize(
    "cells, said, message",
    [
        (["1.234", "7.730"], {}, "three digits behind it in every cell .2.*decimal='.' or thousands='.'"),
        (["1,234", "848"], dict(prefer_thousands=True), "say thousands=',' or decimal=','"),
        (["160,31", "160,3"], dict(thousands=","), "say decimal=','"),
        (["160,31"], dict(decimal="."), "say decimal=','"),
        (["1.5", "1,5"], {}, "both '.' and ',' are decimal marks"),
        (["1.5", "1.234.567"], {}, "'1.5', where '.' can only be a decimal mark, and .*'1.234.567'"),
        (["1.234", "1,234"], {}, "no cell tells which"),
        (["4,00,846", "400,846"], {}, "'4,00,846' with groups of two digits.*'400,846' with groups of three"),
        (["4,00,846", "1,000,846"], {}, "'1,000,846' with groups of three"),
        (["4,00,846", "1,5"], {}, "'1,5', where ',' can only be a decimal mark"),
        (["4,00,846"], dict(decimal=","), "say decimal='.'"),
    ],
)
def test_what_a_file_does_not_prove_is_asked_for(cells, said, message):
    with pytest.raises(NeuralphaError, match=message):
        read(*cells, **said)

def test_the_answer_settles_the_question():
    assert read("1.234", "7.730", decimal=".") == [1.234, 7.73]
    assert read("1.234", "7.730", thousands=".") == [1234, 7730]
    assert read("7.730", "848", "1,5", decimal=",") == [7730, 848, 1.5]

def test_groups_of_thousands_are_groups_of_three():
    assert read("1,234.5", "12,34.5", "1234,567.5", "0,123.5") == [1234.5, "?", "?", "?"]

def test_a_sign_on_some_cells_is_a_fault():
    assert (
        read("$12.50", "12.50") == ["?", 12.5] and read("1.2M", "950") == ["?", 950] and read("5%", "4.5") == ["?", 4.5]
    )
