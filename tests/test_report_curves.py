# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.curves import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.report.curves import _look

def test_a_long_curve_is_thinned_from_its_last_date_and_says_so():
    dates = pd.bdate_range("2010-01-01", periods=1000)
    values = pd.DataFrame({"ridge": np.arange(1000.0), "mlp": np.nan}, dates)
    found = curves([Pane("sum", 1, values)])
    assert len(found["dates"]) == 250 and found["dates"][-1] == str(dates[-1].date())
    line = dict(zip(found["dates"], found["panels"][0]["lines"][0]))
    assert all(values.loc[date, "ridge"] == value for date, value in line.items())
    assert found["panels"][0]["lines"][1] == [None] * 250 and found["note"].startswith("One bar in 4")
    assert curves([Pane("sum", 1, values[-260:])])["note"] == "Every bar."

def test_twenty_lines_have_twenty_looks_and_black_follows_the_page():
    names = [_look(f"m{j}", j) for j in range(20)]
    assert len({(look["colour"], look["dash"]) for look in names}) == 20
    assert [look["colour"] for look in names].count("currentColor") == 2

def test_a_date_without_an_ic_leaves_the_sum_where_it_was():
    dates = pd.bdate_range("2020-01-01", periods=3).repeat(2)
    ics = pd.DataFrame({"date": dates, "model": ["b", "a"] * 3, "ic": [np.nan, 0.1, 0.2, np.nan, 0.3, 0.25]})
    found = ic_curves(ics)
    assert [look["name"] for look in found["names"]] == ["b", "a"]
    assert found["panels"][0]["lines"] == [[None, 0.2, 0.5], [0.1, 0.1, 0.35]]

def test_what_is_not_finite_is_a_gap_so_that_the_page_can_be_read():
    table = pd.DataFrame({"a": [0.1, np.inf, -np.inf]}, pd.bdate_range("2020-01-01", periods=3))
    assert curves([Pane("sum", 1, table)])["panels"][0]["lines"] == [[0.1, None, None]]

def test_accounts_are_summed_and_the_market_stands_beside_them():
    dates = pd.bdate_range("2020-01-01", periods=3)
    legs = {"long": [0.02, 0.0, 0.02], "short": 0.0}
    one = pd.DataFrame({"date": dates, "model": MARKET, "net": [0.01, -0.02, 0.03], "market": 0.001, **legs})
    found = account_curves(pd.concat([one, one.assign(model="b", net=0.0)]))
    assert [look["name"] for look in found["names"]] == [MARKET, "b", MARKET + " "]
    assert found["panels"][0]["lines"] == [[1.0, -1.0, 2.0], [0.0, 0.0, 0.0], [0.1, 0.2, 0.3]]
    assert found["panels"][1]["lines"][0] == [0.0, -2.0, 0.0]
    found = leg_curves(one)
    assert [look["name"] for look in found["names"]] == ["long leg", "short leg", "net", MARKET]
    assert found["panels"][0]["lines"] == [[2.0, 2.0, 4.0], [0.0, 0.0, 0.0], [1.0, -1.0, 2.0], [0.1, 0.2, 0.3]]

def test_a_report_from_before_the_legs_were_kept_has_its_other_curves(tmp_path):
    dates = pd.bdate_range("2020-01-01", periods=3)
    table = pd.DataFrame({"date": dates, "model": "a", "gross": 0.0, "net": [0.01, 0.0, 0.02], "market": 0.001})
    table.to_parquet(tmp_path / "returns.parquet", index=False)
    assert list(curves_of(tmp_path)) == ["figures/universe/money-curves.png"]
    table.assign(long=0.0, short=0.0).to_parquet(tmp_path / "returns.parquet", index=False)
    assert list(curves_of(tmp_path)) == ["figures/universe/money-curves.png", "figures/a/money-legs.png"]
    table.drop(columns="net").to_parquet(tmp_path / "returns.parquet", index=False)
    with pytest.raises(NeuralphaError, match="column 'net' is missing"):
        curves_of(tmp_path)
