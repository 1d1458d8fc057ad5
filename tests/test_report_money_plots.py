# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.money_plots import *
def test_a_model_that_never_earns_does_not_stretch_the_capacity_of_those_that_do():
    def curve(earned):  # of the smallest account, less what grows with its root
        capital = np.logspace(5, 11, 20)
        table = {"capital": capital, "net": earned - 0.01 * np.sqrt(capital)}
        table["dollars"] = table["net"] * capital / 100
        sides = {f"{name} {side}": table[name] for name in ("net", "dollars") for side in ("low", "high")}
        return {"capacity": {"curve": pd.DataFrame(table | sides).to_dict("records"), "nothing": (earned / 0.01) ** 2}}

    alone, beside = curve(30.0), curve(0.0)
    [left, right] = plot_capacities({"good": alone, "bad": beside}).axes
    assert left.get_ylim()[0] > -60 and left.get_xlim()[1] < 1e8 and right.get_ylim()[0] > -5e6
    [left, _] = plot_capacities({"bad": beside}).axes
    assert len(left.lines[0].get_xdata()) > 1 and left.get_xlim()[1] < 2e6
    beyond = {"capacity": alone["capacity"] | {"nothing": None}}
    assert plot_capacities({"good": beyond}).axes[0].lines[0].get_xdata()[-1] == pytest.approx(1e11)

def test_the_tiles_are_the_correlations():
    rows = [{"asset": a, "weight, %": 1.0, "with": {"A": x, "B": y}} for a, x, y in (("A", 1, 0.25), ("B", 0.25, 1))]
    rows[1]["with"]["A"] = None  # a name without a past beside another's
    [ax] = plot_correlations(rows).axes
    np.testing.assert_array_equal(ax.images[0].get_array().filled(np.nan), [[1, 0.25], [np.nan, 1]])
    assert [said.get_text() for said in ax.texts] == ["1.0", "0.2", "1.0"]

def test_the_rolling_lines_are_the_numbers():
    from neuralpha.portfolio.anatomy import rolling_numbers

    book = _book()
    known = rolling_numbers(book)
    for ax, column in zip(plot_rolling(book).axes, ("Sharpe", "beta", "turnover")):
        np.testing.assert_array_equal(ax.lines[0].get_ydata(), known[column])

import numpy as np

import pandas as pd

import pytest

from neuralpha.data.simulated.market import simulate_universe

from neuralpha.portfolio.anatomy import contributors, monthly_returns

from neuralpha.portfolio.backtest import backtest

def _book():
    panel = simulate_universe(40, 400, seed=1)
    return backtest(np.where(panel.tradable, panel.truth["oracle"], np.nan), panel, capital=1e7)

def test_a_waterfall_ends_at_the_net_return():
    book = _book()
    parts = {name: {"value": row["% a year"]} for name, row in book.costs().iterrows()}
    left, right = plot_cost_waterfall(parts, contributors(book)).axes
    bars = left.patches
    assert bars[-1].get_height() == pytest.approx(parts["net"]["value"])
    last_cost = bars[-2]
    assert last_cost.get_y() + last_cost.get_height() == pytest.approx(parts["net"]["value"])
    assert len(right.patches) == len(contributors(book))

def test_every_month_is_a_tile_with_its_number():
    book = _book()
    tiles = [t.get_text() for t in plot_months(book).axes[1].texts]
    table = monthly_returns(book).to_numpy()
    assert tiles == [f"{v:.1f}" for v in table.ravel() if np.isfinite(v)]
