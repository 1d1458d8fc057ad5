# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.rl.smooth import *
import numpy as np
import pytest
import torch
from neuralpha.core import NeuralphaError
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.rl.environment import ActionLimits, trade_env
from neuralpha.trading.account import RECORD
from neuralpha.trading.clock import Clock
from neuralpha.trading.costs import PRESETS, Costs, Impact

@pytest.fixture(scope="module")
def stocks():
    return simulate_universe(12, 120, seed=3)

OWN = Costs(3.0, Impact(0.1, 0.6), Impact(0.02, 1.0), 1.0, 0.005, 2.0, 40.0, 100.0, name="own")

def play_both(stocks, costs, clock):
    """The same actions in the environment and here; wealth by bar."""
    env = trade_env(stocks, costs=costs, clock=clock, limits=ActionLimits(0.4, 1.5, 0.3), copies=2, first=30)
    market = SmoothMarket(stocks, costs, clock=clock)
    rng, wealths = np.random.default_rng(0), []
    (position, cash), wait = market.empty(2), Queue(clock.delay - 1, torch.zeros(2, env.n_assets))
    over = False
    while not over:
        action = rng.uniform(-1, 1, (2, env.n_assets))
        bar = torch.full((2,), env.date + 1)
        wish = wait(torch.as_tensor(env.limits.weights(action * env.seen[0, env.date, :, -1])))
        _, _, over, record = env.step(action)
        position, cash, wealth = trade_bar(market, bar, wish, position, cash)
        wealths.append((record[:, RECORD.index("wealth")], wealth.numpy()))
    return np.array(wealths)

@pytest.mark.parametrize("costs", [*PRESETS, OWN, Costs("corwin-schultz")], ids=str)
def test_every_bar_is_that_of_the_ledger(stocks, costs):
    ledger, smooth = play_both(stocks, costs, Clock()).transpose(1, 0, 2)
    assert smooth == pytest.approx(ledger, rel=1e-11) and np.ptp(ledger) > 1e5

@pytest.mark.parametrize("clock", [Clock(delay=3), Clock(fill="open")], ids=str)
def test_every_clock_is_that_of_the_ledger(stocks, clock):
    ledger, smooth = play_both(stocks, "square-root", clock).transpose(1, 0, 2)
    assert smooth == pytest.approx(ledger, rel=1e-11)

def test_the_slope_is_what_a_small_change_does(stocks):
    market = SmoothMarket(stocks)

    def left(first):
        position, cash = market.empty(1)
        for bar in range(31, 50):
            wish = first if bar == 31 else torch.full((1, 12), 0.05, dtype=torch.float64)
            position, cash, wealth = trade_bar(market, torch.tensor([bar]), wish, position, cash)
        return wealth[0] / market.capital

    start = torch.full((1, 12), 0.05, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(left, (start,), eps=1e-6, atol=1e-6)

def test_limits_are_those_of_the_environment():
    rng = np.random.default_rng(1)
    action = rng.uniform(-1, 1, (200, 9))
    for limits in (ActionLimits(), ActionLimits(0.3, 1.0, 0.0), ActionLimits(0.2, 0.5, 0.1)):
        assert limit_weights(limits, torch.as_tensor(action)).numpy() == pytest.approx(
            limits.weights(action), abs=1e-12
        )

@pytest.mark.parametrize(
    ("given", "told"),
    [
        (dict(panel="sim-tiny"), r"SmoothMarket\(panel=\): Panel is meant, and str was given"),
        (dict(clock=3), r"SmoothMarket\(clock=\): Clock is meant, and int was given"),
        (dict(costs=[5.0]), r"SmoothMarket\(costs=\): Costs is meant, and list was given"),
        (dict(dtype="float64"), r"SmoothMarket\(dtype=\): dtype is meant, and str was given; torch.float64 is one"),
        (dict(capital="a"), "capital is 'a'"),
        (dict(device="abacus"), "device is 'abacus'; torch knows 'cpu' and 'cuda'"),
        (dict(device=2.5), "device is 2.5; torch knows"),
    ],
)
def test_what_is_no_market_is_one_line(stocks, given, told):
    with pytest.raises(NeuralphaError, match=told) as e:
        SmoothMarket(**{"panel": stocks} | given)
    assert "\n" not in str(e.value)
