# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.given import *
from fractions import Fraction
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError

def test_an_interval_says_whether_its_ends_belong_to_it():
    assert [within(v, "(0, 1]") for v in (-1, 0, 1e-9, 1, 1.1, np.nan)] == [False, False, True, True, False, False]
    assert [within(v, "[0, inf)") for v in (-1e-9, 0, 10**20, np.inf)] == [False, True, True, False]

def test_members_of_a_list_are_looked_at_one_by_one():
    assert check_each("levels", (0.01, np.float32(0.5)), check_number, "(0, 1)") == [0.01, np.float32(0.5)]
    assert check_each("delays", pd.Series([0, 1]), check_count) == [0, 1]
    assert check_names("method", "methods", "mean", ("mean", "max")) == ["mean"]
    for check, said in (
        (lambda: check_each("levels", 0.05, check_number), "levels is 0.05; it must be a list."),
        (lambda: check_each("levels", "ab", check_number), "levels is 'ab'; it must be a list."),
        (lambda: check_each("levels", {}, check_number), "levels is {}; it must be a list."),
        (lambda: check_each("levels", np.eye(2), check_number), "something of the kind ndarray; it must be a list."),
        (lambda: check_each("levels", pd.DataFrame(), check_number), "kind DataFrame; it must be a list."),
        (lambda: check_each("levels", [], check_number), "levels is empty; give at least one."),
        (
            lambda: check_each("levels", [1, 2], check_number, "(0, 1)"),
            "One of levels is 1; it must be a finite number",
        ),
        (lambda: check_names("method", "methods", [], ("mean",)), "methods is empty; choose from: mean."),
        (lambda: check_names("method", "methods", None, ("mean",)), "methods is None; it must be a list."),
        (lambda: check_names("method", "methods", ["men"], ("mean",)), "Unknown method 'men'. Did you mean 'mean'?"),
        (lambda: check_names("method", "methods", [3], ("mean",)), "Unknown method 3. Choose from: mean."),
    ):
        with pytest.raises(NeuralphaError) as e:
            check()
        assert said in str(e.value)

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

class Panel:
    pass

class Simulated(Panel):
    pass

@check_kinds
def _of_panel(panel: Panel, other: "pd.DataFrame | None" = None, horizon: int = 5) -> int:
    return horizon

def test_an_object_of_another_kind_is_named_beside_the_one_that_is_meant():
    assert _of_panel(Panel()) == 5 and _of_panel(Simulated(), None, 3) == 3 and _of_panel(panel=Panel(), horizon=1) == 1
    for given, said in (
        (pd.DataFrame(), "Panel is meant, and DataFrame was given; na.panel_from_frame"),
        (Panel, r"the class Panel was given; Panel\(...\) makes an object of it"),
        (None, "None was given; na.load_universe"),
        ("prices.csv", "str was given; na.load_universe"),
        (3, "int was given; na.load_universe"),
    ):
        with pytest.raises(NeuralphaError, match=said):
            _of_panel(given)
    with pytest.raises(NeuralphaError, match=r"_of_panel\(other=\): DataFrame is meant"):
        _of_panel(Panel(), [1, 2])
    with pytest.raises(TypeError, match=r"_of_panel\(\) got an unexpected keyword"):
        _of_panel(Panel(), horizons=3)

@check_kinds
def _of_numbers(seed: int = 0, level: "float | None" = None, is_sold: bool = False, name: str = "a", days: int = 0):
    return seed

@pytest.mark.parametrize(
    ("given", "said"),
    [
        (dict(seed="a"), "seed is 'a'; it must be a whole number, at least 0."),
        (dict(seed=2.0), "seed is 2.0; it must be a whole number, at least 0."),
        (dict(seed=-1), "seed is -1; it must be a whole number, at least 0."),
        (dict(seed=None), "seed is None; it must be a whole number, at least 0."),
        (dict(seed=True), "seed is True; it must be a whole number, at least 0."),
        (dict(days=np.nan), "days is nan; it must be a whole number."),
        (dict(level=1), "level is 1; it must be a finite number, above 0 and below 1."),
        (dict(level=[0.5]), "level is [0.5]; it must be a finite number, above 0 and below 1."),
        (dict(is_sold=1), "is_sold is 1; it must be True or False."),
        (dict(name=3), "name is 3; it must be text."),
    ],
)
def test_a_number_a_text_and_a_truth_are_told_by_their_annotation(given, said):
    with pytest.raises(NeuralphaError) as e:
        _of_numbers(**given)
    assert str(e.value) == said

def test_numpys_numbers_are_numbers_to_a_function_too():
    assert _of_numbers(np.int64(3), np.float32(0.5), np.True_, "b", -3) == 3 and _of_numbers(level=None) == 0
