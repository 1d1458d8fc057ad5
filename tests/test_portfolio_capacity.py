# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.portfolio.capacity import *
from dataclasses import replace
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.portfolio.backtest import backtest
from neuralpha.portfolio.capacity import _run_at, _sizes_of
from neuralpha.portfolio.policies import Breaker, Policy, Quantiles, RankWeights, TopN
from neuralpha.trading.account import Account
from neuralpha.trading.clock import Clock
from neuralpha.trading.costs import Costs, Impact, make_costs

def test_an_account_that_loses_at_every_size_has_names_that_bind():
    import neuralpha as na

    panel = na.load_universe("sim-tiny")
    noise = panel.series(np.random.default_rng(0).normal(size=panel.n_rows))
    costs = Costs(100.0, Impact(0.05, 0.5, by_volatility=False))
    curve = capacity(backtest(noise, panel, costs=costs, capital=1e6), n_resamples=20)
    assert curve.most_dollars == 0.0 and 0 < curve.binding(5)["share of costs"].sum() <= 1

class _Flip(Policy):
    """Holds the one asset long and short in turn."""

    def weights(self, scores, panel):
        return np.where(panel.date_code % 2 == 0, 1.0, -1.0)

def _made(a=0.001, bars=400):
    """A market made for the closed form: the price earns `a` for whoever flips, and trades the same money every bar."""
    sign = np.where(np.arange(bars) % 2 == 0, 1.0, -1.0)  # decided at t, entered at t+1, earns from t+1 to t+2
    returns = np.append([0.0, 0.0], a * sign[:-2])
    close = 100 * np.cumprod(1 + returns)
    dates = pd.bdate_range("2020-01-01", periods=bars)
    frame = pd.DataFrame({"date": dates, "asset": "A", "close": close, "volume": 1e7 / close})
    return panel_from_frame(frame)

def test_capacity_is_the_closed_form_on_a_market_made_for_it():
    panel = _made()
    costs = Costs(0.0, Impact(0.05, 0.5, by_volatility=False))
    book = backtest(np.ones(panel.n_rows), panel, _Flip(), costs, 1e6, Clock(), compounding=False, drift=False)
    curve = capacity(book, np.logspace(-1, 6, 60))
    bars = len(book.net)
    gross = book.returns.gross.mean()
    flips = book.returns.turnover.to_numpy()
    paid = (flips**1.5).mean() * 0.05 / np.sqrt(1e7)  # per unit of money and root of the size
    nothing = (gross / paid) ** 2
    assert bars > 390
    np.testing.assert_allclose(curve.nothing, nothing, rtol=1e-6)
    np.testing.assert_allclose(curve.most_dollars, 4 / 9 * nothing, rtol=1e-5)
    left = net_returns(book, [4 / 9 * nothing]).mean() / gross
    np.testing.assert_allclose(left, 1 / 3, rtol=1e-6)

def test_the_marks_of_a_curve_do_not_hang_on_which_sizes_are_shown():
    panel = _made()
    costs = Costs(0.0, Impact(0.05, 0.5, by_volatility=False))
    book = backtest(np.ones(panel.n_rows), panel, _Flip(), costs, 1e6, Clock(), compounding=False, drift=False)
    whole = capacity(book, np.logspace(-1, 6, 60), 20)
    marks = [whole.most_dollars, whole.half_sharpe, whole.nothing]
    for times in ([10, 0.5, 1e-2, 1e-5], [0.7, 1.5, 50], [3, 30]):
        curve = capacity(book, whole.nothing * np.array(times), 20)
        assert curve.table.index.is_monotonic_increasing
        np.testing.assert_allclose([curve.most_dollars, curve.half_sharpe, curve.nothing], marks, rtol=0.01)
    beyond = capacity(book, whole.nothing * np.array([1e-4, 1e-3]), 20)
    assert beyond.most_dollars == beyond.nothing == np.inf

def test_one_run_says_what_every_size_earns():
    panel = simulate_universe(60, 300, seed=4)
    score = panel.series(panel.truth["oracle"]).dropna()
    every = Costs(3.0, Impact(0.7), Impact(0.1, 1.0), 1.0, borrow_bps="by-liquidity", financing_bps=300)
    sizes = np.array([1e5, 1e7, 1e9])
    for costs in (
        every,
        make_costs("almgren"),
        make_costs("classic"),
        make_costs("square-root", commission_minimum=2.0),
    ):
        book = backtest(score, panel, TopN(10), costs, 1e7, Clock(horizon=5))
        alone = _run_at(book, sizes)
        np.testing.assert_allclose(net_returns(book, sizes), alone, rtol=1e-9, atol=1e-14)
        assert isinstance(_sizes_of(book), Scaled) == (not costs.commission_minimum)
    assert (alone[:, 0] != alone[:, 1]).any()

def test_a_curve_is_many_backtests():
    panel = simulate_universe(60, 300, seed=1)
    score = panel.series(panel.truth["oracle"]).dropna()
    book = backtest(score, panel, Quantiles(5), "square-root", 1e7)
    curve = capacity(book, [1e6, 1e9])
    for capital in curve.table.index:
        alone = backtest(score, panel, Quantiles(5), "square-root", capital, compounding=False)
        np.testing.assert_allclose(curve.table.net[capital], 100 * panel.bars_per_year * alone.net.mean(), rtol=1e-10)
    assert curve.table.net.iloc[0] > curve.table.net.iloc[1]
    assert (curve.table["net low"] < curve.table.net).all() and (curve.table.net < curve.table["net high"]).all()
    with pytest.raises(NeuralphaError, match="Breaker follows the account"):
        capacity(backtest(score, panel, Breaker(Quantiles(5))))

def test_at_the_break_even_cost_nothing_is_left():
    panel = simulate_universe(60, 300, seed=2)
    score = panel.series(panel.truth["oracle"]).dropna()
    book = backtest(score, panel, Quantiles(5), Costs(2, commission_bps=1), 1e7, compounding=False, drift=False)
    got = break_even(book)
    again = backtest(
        score, panel, Quantiles(5), Costs(got["value"], commission_bps=1), 1e7, compounding=False, drift=False
    )
    assert abs(again.net.mean()) < 1e-12 and got["low"] < got["value"] < got["high"]

def test_every_convention_is_a_backtest():
    panel = simulate_universe(60, 300, seed=3)
    score = panel.series(panel.truth["oracle"]).dropna()
    matrix = conventions(score, panel, costs="flat", capital=1e6)
    assert len(matrix) == 2 * 2 * (3 + 2 + 2)
    for fill, delay, positions, paid in matrix.index[[0, 6, 18]]:
        assert paid == "after"
        alone = backtest(score, panel, Quantiles(5), "flat", 1e6, Clock(delay, fill, 5), False, positions == "drift")
        np.testing.assert_allclose(
            matrix.loc[(fill, delay, positions, paid), "net"], 100 * panel.bars_per_year * alone.net.mean(), rtol=1e-9
        )
    after, first = (matrix.xs(paid, level="costs")["gross"] for paid in ("after", "first"))
    assert (first.abs() < after.abs()).all()  # what paid the orders is not invested
    assert matrix.attrs["spread"] == matrix.net.max() - matrix.net.min() > 0

def _noise(panel, count, seed=0):
    rng = np.random.default_rng(seed)
    every = (panel.series(rng.normal(size=panel.n_rows)).rename(f"s{k}") for k in range(count))
    return {s.name: backtest(s, panel, RankWeights(), "flat", 1e8, Clock()) for s in every}

@pytest.mark.parametrize("count", [2, 4, 9])
def test_independent_signals_pay_one_over_the_root_of_their_number(count):
    panel = simulate_universe(100, 150, seed=7)
    saved = netting(_noise(panel, count), n_resamples=50)
    np.testing.assert_allclose(saved.attrs["share"], 1 / np.sqrt(count), rtol=0.08)
    value = saved["% a year"]
    np.testing.assert_allclose(value["saved"], value["costs together"] - value["costs apart"])
    np.testing.assert_allclose(value["net"], value["gross"] + value["costs together"])

def test_a_signal_beside_itself_saves_nothing_and_against_itself_everything():
    panel = simulate_universe(60, 150, seed=8)
    book = _noise(panel, 1)["s0"]
    np.testing.assert_allclose(netting({"a": book, "b": book}, 50).attrs["share"], 1.0)
    against = replace(book, decided=-book.decided)
    assert abs(netting({"a": book, "b": against}, 50).attrs["share"]) < 1e-12
    with pytest.raises(NeuralphaError, match="two books or more"):
        netting({"a": book})
    dear = backtest(panel.series(panel.truth["oracle"]).dropna(), panel, RankWeights(), 20.0, 1e8, Clock())
    with pytest.raises(NeuralphaError, match="b has another panel, account or clock"):
        netting({"a": book, "b": dear})
