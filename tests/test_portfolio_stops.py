# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.portfolio.stops import *
import numpy as np
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.portfolio.backtest import backtest
from neuralpha.portfolio.policies import Quantiles, RankWeights
from neuralpha.trading.clock import Clock

def _day(panel, date, weights, notes):
    from neuralpha.portfolio.policies import Day

    return Day(panel, date, np.zeros(1), np.ones(1), np.asarray(weights, float), notes)

def test_a_stop_lets_go_when_the_loss_is_reached_and_not_before():
    panel, notes = simulate_universe(3, 60, seed=0), {}
    returns = np.zeros((60, 3), np.float32)
    returns[11:16, 0] = -0.03  # held long: down 2.97, 5.9, 8.7, 11.5 %
    returns[11:16, 1] = 0.03  # held short
    notes["returns"] = returns
    stop, wish, held = StopLoss(Quantiles(5), 0.1, pause=3), np.array([0.5, -0.5, 0.2]), []
    weights = wish
    for d in range(10, 20):
        weights = stop.adjust(_day(panel, d, weights, notes), wish)
        held.append((weights != 0).tolist())
    assert held[:4] == [[True, True, True]] * 4 and held[4] == [False, False, True]
    assert held[5] == held[6] == [False, False, True] and held[7] == [True, True, True]
    assert notes["stop-loss hits"] == 2

def test_a_time_stop_counts_bars_and_a_new_side_is_a_new_position():
    panel, notes = simulate_universe(2, 60, seed=0), {"returns": np.zeros((60, 2), np.float32)}
    stop, held = TimeStop(Quantiles(5), bars=3, pause=2), []
    weights = np.array([0.5, 0.5])
    for d in range(10, 18):
        wish = np.array([0.5, 0.5 if d < 12 else -0.5])
        weights = stop.adjust(_day(panel, d, weights, notes), wish)
        held.append(np.sign(weights).tolist())
    assert [h[0] for h in held] == [1, 1, 1, 0, 0, 1, 1, 1]
    assert [h[1] for h in held] == [1, 1, -1, -1, -1, -1, 0, 0]

def test_stops_change_no_earlier_position_when_the_future_changes():
    from dataclasses import replace

    panel = simulate_universe(30, 200, seed=4)
    scores = np.where(panel.tradable, np.random.default_rng(0).normal(size=panel.n_rows), np.nan)
    late = panel.date_code > 120
    fields = {k: np.where(late, 1.7 * v, v) for k, v in panel.fields.items()}
    policy = NoTrade(TimeStop(StopLoss(RankWeights(), 0.02), 3), 0.002)
    one, two = (backtest(scores, p, policy, "flat", clock=Clock()) for p in (panel, replace(panel, fields=fields)))
    before = one.weights.index <= panel.dates[120]
    np.testing.assert_array_equal(one.weights[before], two.weights[before])
    assert one.notes["stop-loss hits"] > 0 and one.notes["time-stop hits"] > 0

def test_the_true_range_by_hand_and_its_size():
    import pandas as pd
    from neuralpha.data.panel import panel_from_frame

    days = pd.bdate_range("2020-01-01", periods=3)
    bars = dict(open=[10, 10, 12], high=[11, 11, 13], low=[9, 10, 12], close=[10.0, 10, 12], volume=1.0)
    panel = panel_from_frame(pd.DataFrame({"date": days, "asset": "A"} | bars))
    ranges = [(11 - 9) / 10, (11 - 10) / 10, (13 - 10) / 12]
    np.testing.assert_allclose(true_range(panel, 2), [ranges[0], np.mean(ranges[:2]), np.mean(ranges[1:])], rtol=1e-6)
    market = simulate_universe(40, 200, seed=1)
    scores = np.where(market.tradable, np.random.default_rng(0).normal(size=market.n_rows), np.nan)
    base, sized = RankWeights().weights(scores, market), RangeTarget(RankWeights(), 0.02).weights(scores, market)
    known = np.isfinite(true_range(market)) & (base != 0)
    times = sized[known] / base[known]
    np.testing.assert_allclose((times * true_range(market)[known])[times < 3], 0.02, rtol=1e-9)

def test_merton_to_the_digit_and_a_band_by_hand():
    assert merton_width(0.5, 3, 0.01) == pytest.approx(0.067860, abs=6e-7)
    held, wish = np.array([0.10, 0.10, 0.10, 0.10]), np.array([0.11, 0.13, 0.05, 0.0])
    np.testing.assert_allclose(in_band(held, wish, 0.02), [np.nan, 0.11, 0.07, 0.0])

def test_mertons_width_is_as_good_as_the_best_that_a_search_finds():
    """One stock and cash, 1 % of what is traded: return less half the risk by width of the band, on the same paths."""
    rng, gamma, cost, bars = np.random.default_rng(0), 3.0, 0.01, 252 * 40
    mean, deviation = 0.06 / 252, 0.2 / np.sqrt(252)
    target = 0.06 / (gamma * 0.04)
    widths = np.array([0.01, 0.02, 0.03, 0.045, merton_width(target, gamma, cost), 0.09, 0.12, 0.16, 0.2, 0.25])
    held = np.full((400, len(widths)), target)
    worth = np.zeros(held.shape)
    for _ in range(bars):
        moved = mean + deviation * rng.normal(size=(len(held), 1))
        worth += held * mean - gamma / 2 * held**2 * deviation**2
        held = held * (1 + moved) / (1 + held * moved)
        edge = np.clip(held, target - widths, target + widths)
        worth -= cost * np.abs(edge - held)
        held = edge
    lost = 252 * (mean * target - gamma / 2 * target**2 * deviation**2 - worth.mean(0) / bars)
    best = lost.min()
    assert lost[4] <= 1.03 * best  # within 3 % of the smallest loss that any width has
    assert lost[0] > 2 * best and lost[-1] > 1.5 * best

def test_a_band_trades_less_and_holds_nearly_the_same():
    panel = simulate_universe(60, 300, seed=6)
    slow = (
        panel.series(np.where(panel.tradable, panel.truth["oracle"], np.nan))
        .dropna()
        .groupby("asset")
        .transform(lambda x: x.ewm(20).mean())
    )
    plain, banded = (
        backtest(slow, panel, p, "flat", clock=Clock()) for p in (RankWeights(), NoTrade(RankWeights(), 0.01))
    )
    assert banded.returns.turnover.mean() < 0.6 * plain.returns.turnover.mean()
    assert (banded.weights - plain.weights).abs().stack().quantile(0.95) < 0.0125
