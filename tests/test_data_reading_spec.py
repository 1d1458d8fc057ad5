# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.reading.spec import *
import datetime as dt
import pytest
from neuralpha.core import NeuralphaError

def test_misspelt_and_wrong_options_are_named():
    with pytest.raises(NeuralphaError, match="Did you mean 'columns'"):
        read_spec(colums={})
    with pytest.raises(NeuralphaError, match="'tz'.*'Mars'"):
        read_spec(tz="Mars")
    assert read_spec(start="2020-01-02").start == dt.date(2020, 1, 2)

def test_an_option_to_be_left_out_is_none_that_is_asked_for():
    said = "leave layout='wide' out and say asset='AAPL' (its name)"
    assert options_named(said) == [("asset", "'AAPL'")]

def test_one_mark_cannot_mean_two_things():
    for mark, other in (".,", ",."):
        with pytest.raises(NeuralphaError, match=f"'thousands'.*decimal mark as well; say decimal='{other}'"):
            read_spec(decimal=mark, thousands=mark)
        assert read_spec(decimal=other, thousands=mark).thousands == mark

@pytest.mark.parametrize(
    "option, example", [("columns", "columns={'close': 'PX_LAST'}"), ("assets", "assets=['AAPL', 'MSFT']")]
)
def test_a_wrong_notation_is_answered_with_the_right_one(option, example):
    with pytest.raises(NeuralphaError) as e:
        read_spec(**{option: 3})
    assert f"write {example}" in str(e.value)
