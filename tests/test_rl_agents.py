# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.rl.agents import *
import numpy as np
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.rl.truths import SignalMarket, draw_signals, no_trade_zone, play, quadratic_optimum

@pytest.fixture(scope="module")
def shares():
    known = quadratic_market()
    agent = train_agent(known.market, **known.training)
    return share_of_optimum(known.market, known.rules | {"agent": agent}, "optimum", known.signals)

def test_the_agent_reaches_the_optimum_of_quadratic_costs(shares):
    assert shares.loc["agent", "low"] > 99.5
    assert shares.loc["agent", "share, %"] <= 100.05
    assert shares.loc["one step ahead", "share, %"] < 95

def test_the_agent_finds_a_future_that_was_leaked():
    known = leaked_market()
    agent = train_agent(known.market, **known.training | dict(updates=100))
    table = share_of_optimum(known.market, known.rules | {"agent": agent}, "optimum", known.signals)
    assert table.loc["agent", "low"] > 95
    assert table.loc["agent", "share, %"] <= 100.2

def test_where_there_is_nothing_it_finds_what_costs_imply():
    market = NoiseMarket()
    past = draw_signals(market, np.random.default_rng(5).standard_normal((250, 1, 2)))
    agent = train_agent(market, seeds=2, updates=40, recorded=past)
    signals = np.repeat(new_signals(market)[:, None], 2, 1)
    held = play(market, agent, signals)[1]
    assert np.abs(held).mean() > 1e-3
    for seed in range(2):
        found = net_sharpe(market, signals[:, seed], held[:, seed])
        assert found["low"] < found["implied"] < found["high"]
        assert found["implied"] < 0

def test_the_same_seed_is_the_same_agent_to_the_byte_whoever_learns_beside_it():
    market = SignalMarket()
    alone = train_agent(market, seeds=[3], updates=20)
    again = train_agent(market, seeds=[3], updates=20)
    for first, second in zip(alone.net.parameters(), again.net.parameters()):
        assert first.detach().numpy().tobytes() == second.detach().numpy().tobytes()
    beside = train_agent(market, seeds=[1, 3], updates=20)
    for first, second in zip(alone.net.parameters(), beside.net.parameters()):
        assert np.allclose(first.detach()[0], second.detach()[1], atol=1e-5)

def test_nothing_to_train_is_a_clear_line():
    with pytest.raises(NeuralphaError, match="0 seeds"):
        train_agent(SignalMarket(), seeds=[])
