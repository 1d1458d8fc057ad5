# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.rl.truths import *
from dataclasses import fields, replace
import numpy as np
import pytest
from neuralpha.core import NeuralphaError

def test_quadratic_costs_give_the_known_gains_and_rewards():
    market = SignalMarket()
    best = quadratic_optimum(market)
    assert best.keep[0, 0] == pytest.approx(0.582109, abs=1e-6)
    assert best.gain[0, 0] == pytest.approx(0.611329, abs=1e-6)
    assert expected_reward(market, best) == pytest.approx(0.033790, abs=1e-6)
    assert expected_reward(market, myopic(market)) == pytest.approx(0.031465, abs=1e-6)
    assert expected_reward(market, market.frictionless()) == pytest.approx(0.014620, abs=1e-6)

def test_no_linear_policy_beside_the_optimum_earns_more():
    market = SignalMarket()
    best = quadratic_optimum(market)
    for keep, gain in ((0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01)):
        other = LinearPolicy(best.keep + keep, best.gain + gain)
        assert expected_reward(market, other) < expected_reward(market, best)

def test_the_expected_reward_is_what_a_long_simulation_earns():
    market = SignalMarket()
    best = quadratic_optimum(market)
    signals = draw_signals(market, np.random.default_rng(1).normal(size=(600, 2000, 1)))
    earned = play(market, best, signals)[0][100:].mean(0)
    error = earned.std() / np.sqrt(len(earned))
    assert abs(earned.mean() - expected_reward(market, best)) < 4 * error

@pytest.fixture(scope="module")
def linear():
    market = SignalMarket(cost=4.0, power=1, standardised=True)
    return market, no_trade_zone(market)

def test_the_published_score_is_reproduced_to_the_digit():
    market = SignalMarket(cost=4.0, power=1, standardised=True)
    rewards, _ = play(market, PUBLISHED_BAND, published_episodes(market))
    assert len(rewards) == 4998
    assert round(rewards.sum(0).mean(), 2) == PUBLISHED_SCORES["band"]

def test_the_exact_zone_is_the_known_one_and_beats_the_published_band(linear):
    market, zone = linear
    for signal, low, high in ((0, -1.02, 1.03), (1, 0.10, 2.28), (2, 1.15, 3.68)):
        assert np.interp(signal, zone.signal, zone.low) == pytest.approx(low, abs=0.03)
        assert np.interp(signal, zone.signal, zone.high) == pytest.approx(high, abs=0.03)
    rewards, _ = play(market, zone, published_episodes(market))
    assert rewards.sum(0).mean() == pytest.approx(1269.6, abs=0.5)

def test_a_market_without_costs_worth_the_name_has_no_zone_left():
    market = SignalMarket(cost=1e-6, power=1)
    zone = no_trade_zone(market)
    inner = np.abs(zone.signal) < 0.5
    wanted = zone.signal[inner] / (2 * market.risk_aversion)
    assert np.abs(zone.low[inner] - wanted).max() < 1e-3
    assert np.abs(zone.high[inner] - wanted).max() < 1e-3

def test_a_market_that_makes_no_sense_says_so_in_a_line():
    with pytest.raises(NeuralphaError, match="power is 3"):
        SignalMarket(power=3)
    with pytest.raises(NeuralphaError, match="mean_reversion is 0"):
        SignalMarket(mean_reversion=0)
    with pytest.raises(NeuralphaError, match="use no_trade_zone"):
        quadratic_optimum(SignalMarket(power=1))

def two_assets(discount=0.02):
    covariance = np.array([[0.04, 0.01], [0.01, 0.09]])
    loadings = np.array([[0.10, 0.05, 0.0], [0.02, 0.0, 0.08]])
    return FactorMarket(loadings, np.array([0.05, 0.5, 0.2]), covariance, np.full(3, 0.3), discount=discount)

def riccati(market, rounds=3000):
    """Gains by brute force: the quadratic value of (before, signal), iterated."""
    n, k = market.n_assets, market.n_signals
    decay, kept = np.diag(market.decay), 1 - market.discount
    value = np.zeros((n + k, n + k))
    for _ in range(rounds):
        xx, xf, ff = value[:n, :n], value[:n, n:], value[n:, n:]
        bend = (kept * market.risk_aversion + market.cost) * market.covariance - kept * xx
        keep = np.linalg.solve(bend, market.cost * market.covariance)
        gain = np.linalg.solve(bend, kept * market.loadings + kept * xf @ decay)
        both = np.hstack([keep, gain])
        value = both.T @ bend @ both
        value[:n, :n] -= market.cost * market.covariance
        value[n:, n:] += kept * decay @ ff @ decay
    return LinearPolicy(keep, gain)

def test_the_published_example_of_factors_has_its_rate_and_aim():
    example = FactorMarket(np.array([[0.10, 0.05]]), np.array([0.05, 0.5]), np.array([[0.04]]), np.array([0.3, 0.3]))
    policy = factor_optimum(example)
    rate = 1 - policy.keep[0, 0]
    assert rate == pytest.approx(0.382754, abs=1e-6)
    assert policy.gain[0] / rate == pytest.approx([4.644463, 1.416024], abs=1e-6)
    assert example.frictionless().gain[0] == pytest.approx([5, 2.5])

def test_the_closed_form_is_the_brute_force_solution_for_several_assets():
    market = two_assets()
    closed, brute = factor_optimum(market), riccati(market)
    assert closed.keep == pytest.approx(brute.keep, abs=1e-9)
    assert closed.gain == pytest.approx(brute.gain, abs=1e-9)

def test_a_percent_of_cost_has_the_known_half_width():
    market = MertonMarket()
    assert market.target == pytest.approx(0.5)
    assert market.half_width == pytest.approx(0.067860, abs=1e-6)

def test_the_exact_band_becomes_the_cube_root_where_costs_vanish():
    for cost, within in ((1e-3, 0.05), (1e-5, 0.005)):
        market = MertonMarket(cost=cost)
        band = market.band()
        assert (band.high - band.low) / 2 == pytest.approx(market.half_width, rel=within)

def test_growth_inside_the_exact_band_is_the_promised_rate_and_less_elsewhere():
    market = MertonMarket(excess_return=0.02, volatility=0.2, risk_aversion=1.0, cost=0.01)  # logarithmic utility
    band = market.band()
    grown = band_growth(market, band.low, band.high)
    error = grown.std() / np.sqrt(len(grown))
    assert abs(grown.mean() - band.safe_rate) < 4 * error + 2e-6  # the second for the grid of time
    assert error < 2e-5
    tight, wide = band_growth(market, 0.48, 0.52), band_growth(market, 0.2, 0.8)
    for other in (tight, wide):
        lost = grown - other
        assert lost.mean() > 3 * lost.std() / np.sqrt(len(lost))

def test_in_steps_the_exact_band_grows_almost_at_the_promised_rate_and_others_less():
    market = ShareMarket()
    signals = np.random.default_rng(0).standard_normal((1200, 400, 1))
    band = share_band(market)
    promised = MertonMarket(0.08, 0.4, 1.0, 0.03).band().safe_rate

    def growth(policy):
        return 12 * play(market, policy, signals)[0][100:].mean()

    assert growth(band) == pytest.approx(promised, rel=0.02)
    for other in (KeepBetween(0.5, 0.5), KeepBetween(0.2, 0.8), KeepBetween(0.45, 0.55)):
        assert growth(other) < growth(band)

def test_selling_step_by_step_is_the_published_frontier():
    market = SellMarket()
    table = {
        1e-7: (757_882, 670_057.5, 961_623),
        1e-6: (541_956, 911_227, 603_431),
        2e-6: (428_599, 1_140_715, 449_368),
    }
    owners = np.log10(np.array(list(table)) / market.risk_aversion) / market.spread
    noise = np.random.default_rng(0).normal(size=(10, 3, 2))
    noise[::5, :, 1] = owners
    signals = draw_signals(market, noise)
    saved, left = play(market, SellBest(market), signals)
    for j, (aversion, (first, mean, deviation)) in enumerate(table.items()):
        assert 1e6 * left[[0, 5], j, 0] == pytest.approx(first, abs=1) and left[[4, 9], j, 0] == pytest.approx(0)
        cost = (1 - saved[:5, j].sum()) * 2_562_500
        assert cost == pytest.approx(mean + aversion * deviation**2, rel=1e-5)
        assert saved[5:, j] == pytest.approx(saved[:5, j])
    best, evenly = (play(market, policy, signals)[0].mean(0) for policy in (SellBest(market), SellEvenly()))
    assert (best > evenly).all()
    for push in (0.97, 1.03):  # no step may be another
        pushed = play(market, lambda signal, before: push * SellBest(market)(signal, before), signals)[0].mean(0)
        assert (pushed < best).all()

@pytest.mark.parametrize(
    ("aversion", "holdings", "mean", "deviation"),
    [
        (0.0, (800_000, 600_000, 400_000, 200_000), 662_500, 1_040_673),
        (1e-7, (757_882, 544_564, 351_940, 172_689), 670_057.5, 961_623),
        (1e-6, (541_956, 289_854, 147_897, 62_142), 911_227, 603_431),
        (2e-6, (428_599, 182_933, 76_296, 27_643), 1_140_715, 449_368),
    ],
)
def test_the_frontier_of_execution_is_the_published_one(aversion, holdings, mean, deviation):
    market = ExecutionMarket()
    best = market.best_holdings(aversion)
    assert best[1:-1] == pytest.approx(holdings, abs=0.6)
    assert market.cost(best) == pytest.approx((mean, deviation), abs=0.6)

def test_selling_at_once_costs_what_is_published_and_risks_nothing():
    assert ExecutionMarket().cost(np.array([1e6, 0, 0, 0, 0, 0])) == pytest.approx((2_562_500, 0))

def test_simulated_orders_cost_what_the_formula_says():
    market = ExecutionMarket()
    best = market.best_holdings(1e-6)
    mean, deviation = market.cost(best)
    paid = market.simulate(best, 40_000)
    assert abs(paid.mean() - mean) < 4 * deviation / 200
    assert paid.std() == pytest.approx(deviation, rel=0.02)

@pytest.mark.parametrize(
    "value", ["a", None, True, 1j, np.nan, np.inf, -1.0, []], ids=lambda value: type(value).__name__
)
@pytest.mark.parametrize("market", [SignalMarket, MertonMarket, ShareMarket, ExecutionMarket, SellMarket])
def test_a_number_that_makes_no_market_is_one_line_that_names_it(market, value):
    numbers = [each.name for each in fields(market) if each.type in (int, float)]
    assert len(numbers) >= 2
    for name in numbers:
        with pytest.raises(NeuralphaError, match=f"^{market.__name__} {name} is .*; it must be a") as e:
            market(**{name: value})
        assert "\n" not in str(e.value)

def _gives(position):
    def give(signal, before):
        return position

    return give

@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: two_assets(discount=1.0), "FactorMarket discount is 1.0; it must be a finite number, at least 0 and"),
        (lambda: replace(two_assets(), loadings=[[0.1]]), "FactorMarket loadings is .*; it must be a numpy array"),
        (
            lambda: replace(two_assets(), covariance=np.eye(3)),
            r"covariance has the shape \(3, 3\); it must be \(2, 2\)",
        ),
        (lambda: replace(two_assets(), innovation=np.full(3, np.nan)), r"innovation is nan at \(0,\)"),
        (lambda: SignalMarket(standardised="no"), "SignalMarket standardised is 'no'; it must be True or False"),
        (lambda: SellMarket(order=5), r"SellMarket\(order=\): ExecutionMarket is meant, and int was given"),
        (lambda: SellBest(SignalMarket()), r"SellBest\(market=\): SellMarket is meant"),
        (lambda: ExecutionMarket(permanent=5e-6), "to split an order would cost more than to sell at once"),
        (lambda: ExecutionMarket().best_holdings("a"), "risk_aversion is 'a'"),
        (lambda: ExecutionMarket().cost(np.ones(3)), r"holdings has the shape \(3,\); it must be \(6,\)"),
        (lambda: ExecutionMarket().simulate(np.ones(6), 0), "n_paths is 0; it must be a whole number, at least 1"),
        (lambda: draw_signals("a", np.ones((3, 1))), r"draw_signals\(market=\): Market is meant, and str was given"),
        (lambda: draw_signals(SignalMarket(), np.ones((3, 2))), r"noise has the shape \(3, 2\); it must be \(n_bars"),
        (lambda: draw_signals(SignalMarket(), np.ones((3, 1)), "a"), "start is 'a'"),
        (lambda: play(SignalMarket(), "a", np.ones((3, 1))), r"play\(policy=\): Callable is meant, and str was given"),
        (
            lambda: play(SignalMarket(), SellBest, np.ones((3, 1))),
            r"the class SellBest was given; SellBest\(...\) makes",
        ),
        (lambda: play(SignalMarket(), _gives(None), np.ones((3, 1))), "The policy give gave None; what is held after"),
        (
            lambda: play(SignalMarket(), _gives(np.ones(2)), np.ones((3, 1))),
            r"an array \(2,\) of float64; .* \(1,\) of",
        ),
        (lambda: play(SignalMarket(), myopic(SignalMarket()), np.full((3, 1), np.nan)), r"signals is nan at \(0, 0\)"),
        (lambda: expected_reward(SignalMarket(), 1), "LinearPolicy is meant, and int was given"),
        (lambda: no_trade_zone(SignalMarket(power=1), n_signals="a"), "n_signals is 'a'"),
        (
            lambda: no_trade_zone(SignalMarket(power=1), tolerance=0),
            "tolerance is 0; it must be a finite number, above",
        ),
        (lambda: band_growth(MertonMarket(), 0.6, 0.4), "high is 0.4; it must be a finite number, at least 0.6 and at"),
        (lambda: published_episodes(SignalMarket(), 0), "n_episodes is 0"),
    ],
)
def test_what_cannot_be_played_is_one_line(make, told):
    with pytest.raises(NeuralphaError, match=told) as e:
        make()
    assert "\n" not in str(e.value)

@pytest.mark.parametrize("use", [quadratic_optimum, myopic, no_trade_zone, factor_optimum, share_band, plot_frontier])
def test_who_asks_for_the_optimum_of_something_else_is_told_what_is_meant(use):
    with pytest.raises(NeuralphaError, match=rf"^{use.__name__}\(market=\): \w+Market is meant, and str was given"):
        use("a")
