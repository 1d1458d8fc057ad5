# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.rl.given import *
from fractions import Fraction
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import Panel

NO_NUMBERS = [
    "a",
    None,
    True,
    np.True_,
    1j,
    np.nan,
    np.inf,
    [],
    {},
    object(),
    np.array([1j]),
    pd.Series([1.0, 2.0]),
    int,
]

@pytest.mark.parametrize("value", NO_NUMBERS, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("check", [check_number, check_count])
def test_what_is_no_number_is_one_line_that_names_the_parameter(check, value):
    with pytest.raises(NeuralphaError, match="^memory is .*; it must be a (finite|whole) number") as e:
        check("memory", value)
    assert "\n" not in str(e.value)

@pytest.mark.parametrize("value", [1, 0.5, np.float32(0.5), np.int64(1), Fraction(1, 2)])
def test_numbers_of_every_library_are_numbers(value):
    check_number("memory", value, "(0, 1]")

def test_the_ends_of_an_interval_belong_to_it_where_it_says_so():
    check_number("memory", 1, "(0, 1]")
    for value, interval, told in (
        (0, "(0, 1]", "memory is 0; it must be a finite number, above 0 and at most 1."),
        (1.0, "[0, 1)", "memory is 1.0; it must be a finite number, at least 0 and below 1."),
        (-1, "[0, inf)", "memory is -1; it must be a finite number, at least 0."),
        ("a", "(-inf, inf)", "memory is 'a'; it must be a finite number."),
    ):
        with pytest.raises(NeuralphaError) as e:
            check_number("memory", value, interval)
        assert str(e.value) == told
    check_count("copies", np.int64(1), 1)
    with pytest.raises(NeuralphaError, match="^copies is 0; it must be a whole number, at least 1.$"):
        check_count("copies", 0, 1)
    with pytest.raises(NeuralphaError, match="^by_asset is 1; it must be True or False.$"):
        check_truth("by_asset", 1)

@pytest.mark.parametrize(
    ("values", "shape", "told"),
    [
        ([1.0], ("n",), r"is \[1.0\]; it must be a numpy array of finite numbers, \(n,\)"),
        (np.array([1j]), ("n",), "is an array of complex128"),
        (np.array([True]), ("n",), "is an array of bool"),
        (np.array(["a"]), ("n",), "is an array of <U1"),
        (np.zeros(3), ("n", "k"), r"has the shape \(3,\); it must be \(n, k\)"),
        (np.zeros((3, 4)), ("n", 2), r"has the shape \(3, 4\); it must be \(n, 2\)"),
        (np.zeros((3, 4, 2)), ("n", 2), "has the shape"),
        (np.zeros(2), ("n", ..., 2), r"has the shape \(2,\); it must be \(n, ..., 2\)"),
        (np.zeros((0, 2)), ("n", ..., 2), "has the shape"),
        (np.array([0.0, np.inf]), ("n",), r"is inf at \(1,\); it must be finite everywhere"),
    ],
)
def test_an_array_that_does_not_fit_is_one_line(values, shape, told):
    with pytest.raises(NeuralphaError, match="^signals " + told):
        check_array("signals", values, shape)

def test_an_array_may_have_any_axes_where_the_shape_leaves_them_open():
    for fits in (np.zeros((3, 2)), np.zeros((3, 5, 2)), np.zeros((3, 5, 7, 2), int)):
        check_array("signals", fits, ("n_bars", ..., 2))

def test_an_object_of_another_class_is_told_the_way():
    with pytest.raises(NeuralphaError, match=r"^f\(p=\): Panel is meant, and str was given; .* makes one"):
        check_kind("f(p=)", "a", Panel)
