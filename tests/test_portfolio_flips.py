# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.portfolio.flips import *
import numpy as np
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.portfolio.backtest import backtest
from neuralpha.portfolio.policies import Breaker, Quantiles
from neuralpha.trading.clock import Clock
from neuralpha.trading.costs import Costs, Impact, make_costs

def test_an_assumption_changes_in_one_thing_alone():
    costs = Costs(5.0, Impact(0.6), Impact(0.2, 1.0), commission_bps=1.0)
    today = Assumption(costs, 1e7, Clock(1, horizon=5))
    wider = assume(today, "half-spread, bps", 20)
    assert wider.costs.half_spread_bps == 20 and wider.costs.temporary == costs.temporary and wider.capital == 1e7
    harder = assume(today, "impact, times", 2).costs
    assert (harder.temporary.coefficient, harder.permanent.coefficient, harder.half_spread_bps) == (1.2, 0.4, 5.0)
    assert assume(today, "delay, bars", 3).clock == Clock(3, horizon=5) and assume(today, "capital", 5).capital == 5
    for axis in AXES:
        assert value_of(assume(today, axis, value_of(today, axis)), axis) == value_of(today, axis)
        assert value_of(today, axis) in values_to_try(today, axis)
    assert values_to_try(today._replace(costs=make_costs("flat")), "impact, times") is None
    with pytest.raises(NeuralphaError, match="assumption"):
        assume(today, "weather", 1)

def _fast_and_slow(seed=5, **how):
    panel = simulate_universe(80, 400, seed=seed)
    fast = panel.series(np.where(panel.tradable, panel.truth["oracle"], np.nan)).dropna()
    slow = fast.groupby("asset").transform(lambda x: x.ewm(8).mean())
    return {n: backtest(s, panel, **how) for n, s in (("fast", fast), ("slow", slow))}, panel, slow

def test_every_cell_of_a_map_is_a_backtest():
    both, panel, slow = _fast_and_slow(costs="square-root", capital=1e7)
    found = flips(both, grids={"half-spread, bps": (0, 10), "capital": (1e6, 1e8)})
    assert list(found.ys) == [0, 5, 10] and list(found.xs) == [1e6, 1e7, 1e8]
    for bps, capital in ((10, 1e6), (0, 1e8)):
        costs = make_costs("square-root", half_spread_bps=float(bps))
        alone = backtest(slow, panel, Quantiles(5), costs, capital, compounding=False).net
        cell = found.net[:, 1, list(found.ys).index(bps), list(found.xs).index(capital)]
        np.testing.assert_allclose(cell, alone, atol=1e-15)
    mean = found.net.mean(0)
    expected = np.where(mean.max(0) > 0, np.array(["fast", "slow"])[mean.argmax(0)], "")
    np.testing.assert_array_equal(found.winners.to_numpy(), expected)
    late = flips(both, "impact, times", "delay, bars", {"delay, bars": (1, 3), "impact, times": (1,)})
    alone = backtest(slow, panel, Quantiles(5), "square-root", 1e7, Clock(3, horizon=5), compounding=False).net
    np.testing.assert_allclose(late.net[:, 1, 0, 1], alone.iloc[: len(late.net)], atol=1e-15)

def test_books_that_cannot_be_compared_are_refused():
    both, panel, slow = _fast_and_slow(costs="flat")
    with pytest.raises(NeuralphaError, match="One model"):
        flips({"slow": both["slow"]})
    with pytest.raises(NeuralphaError, match="no single impact"):
        flips(both, "impact, times")
    with pytest.raises(NeuralphaError, match="A map varies two things"):
        flips(both, "delay, bars", "delay, bars")
    with pytest.raises(NeuralphaError, match="Did you mean 'delay, bars'"):
        flip_distances(both, {"delay": [1, 2]})
    with pytest.raises(NeuralphaError, match="capital is empty"):
        flip_distances(both, {"capital": []})
    with pytest.raises(NeuralphaError, match="One of half-spread, bps is -1"):
        flips(both, across="delay, bars", grids={"half-spread, bps": [-1]})
    with pytest.raises(NeuralphaError, match="No bar is left that all assumptions share: the longest delay is 5000"):
        flips(both, across="delay, bars", grids={"delay, bars": [5000]})
    with pytest.raises(NeuralphaError, match="differ in costs"):
        flips(both | {"slow": backtest(slow, panel, costs="none")})
    with pytest.raises(NeuralphaError, match="slow: Breaker follows the account"):
        flips(both | {"slow": backtest(slow, panel, Breaker(Quantiles(5)), "flat", clock=Clock())})

def test_the_winner_flips_where_the_two_lines_cross():
    both, _, _ = _fast_and_slow(costs="flat", capital=1e6)
    found = flip_distances(both, {"half-spread, bps": (0, 10, 20, 40, 80)})
    row = found.loc["half-spread, bps"]
    assert row["winner"] == "fast" and row["beyond it"] == "slow" and row["low"] < row["distance"] < row["high"]
    around = {"half-spread, bps": (row["frontier"] * 0.95, row["frontier"] * 1.05)}
    close = flips(both, across="delay, bars", grids=around | {"delay, bars": (1,)})
    earned = close.net.mean(0)[:, list(close.ys.searchsorted(around["half-spread, bps"])), 0]
    assert earned[0, 0] > earned[1, 0] and earned[0, 1] < earned[1, 1]
    assert list(found.index) == ["half-spread, bps", "delay, bars"]  # under flat costs size plays no part
    never = flip_distances(both, {"half-spread, bps": (4, 5, 6)}).loc["half-spread, bps"]
    assert np.isnan(never["frontier"]) and never["high"] == np.inf

def test_the_nearest_flip_by_hand():
    place = np.array([0.0, 1.0, 2.0, 4.0])
    lead = np.array([[1, 1, -1, -1], [-1, 1, 1, 1], [1, 1, 1, 1], [1, -1, 1, 1], [3, 1, 1, -1]])
    np.testing.assert_array_equal(nearest_flip(lead, place, 1), [1.5, 0.5, np.nan, 1.0, 3.0])

def test_the_interval_of_a_distance_covers_the_true_one():
    """Two lines whose crossing is known, seen through noise: the interval holds it about as often as it says."""
    from neuralpha.evaluate.statistics import bootstrap_means
    from neuralpha.portfolio.flips import _distance

    rng, hits = np.random.default_rng(0), 0
    grid = np.array([0.0, 5, 10, 20, 40])
    for run in range(200):
        noise = rng.normal(0, 0.02, (250, 2, 1))
        net = np.stack([0.010 - 0.0005 * grid, 0.004 - 0.0001 * grid])[None] + noise  # cross at 15: 10 bps from 5
        drawn = bootstrap_means(net.reshape(250, -1), 1, 300, run).reshape(300, 2, 5)
        row = _distance("half-spread, bps", grid, 5.0, net.mean(0), drawn, ["a", "b"])
        hits += row["low"] <= 10 <= row["high"]
    assert 0.88 <= hits / 200 <= 1.0
