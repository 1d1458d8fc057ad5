# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.rl.agents import *
import numpy as np
import pytest
from neuralpha.core import NeuralphaError
import torch
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.rl.environment import trade_env
from neuralpha.rl.truths import SignalMarket, draw_signals, play

@pytest.mark.parametrize(
    ("seeds", "told"),
    [
        ([0, 1, 0], "one is given twice; an interval over seeds would be too narrow"),
        ([-1, 0], "a whole number from 0 to 2\\*\\*31 - 1; -1 is none"),
        ([1.5], "1.5 is none"),
        (None, "seeds is None; give how many"),
        ([], "0 seeds train nothing"),
    ],
)
def test_seeds_that_mean_nothing_are_one_clear_line(seeds, told):
    with pytest.raises(NeuralphaError, match=told):
        list_seeds(seeds)

def test_a_number_of_seeds_may_be_numpys():
    assert list_seeds(np.int64(3)) == list_seeds(3) == [0, 1, 2]

def test_of_seeds_that_are_worth_the_same_the_smaller_stays():
    assert best_seeds({3: 0.1, 1: 0.5, 2: 0.1}, 2) == [1, 2]
    assert best_seeds({0: 1.0, 1: 1.0, 2: 1.0}, 1) == [0] and best_seeds({4: -1.0}, 3) == [4]

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

def test_every_seed_learns_to_sell_an_order():
    known = execution_market()
    seeds = [3, 6]  # with large first aims 3 stands still, and 6 in a zone without a slope
    agent = train_agent(known.market, seeds, **known.training | dict(updates=110))
    signals = np.repeat(known.signals[:, None, :10], 2, 1)
    earned = play(known.market, agent, signals)[0].mean((0, 2))
    best = play(known.market, known.rules["optimum"], signals[:, 0])[0].mean()
    assert earned.min() > 0.95 * best

def test_accounts_are_opened_all_along():
    empty = []

    class Watched(SignalMarket):
        def reward(self, signal, before, after):
            if torch.is_tensor(before):
                empty.append((before == 0).sum().item())
            return super().reward(signal, before, after)

    train_agent(Watched(), [0], updates=20, bars=2, paths=32)
    assert min(empty[::2]) >= 2  # on the first bar of every update

def test_an_agent_learns_on_one_thread_and_leaves_the_others_as_they_were():
    threads = []

    class Watched(SignalMarket):
        def reward(self, signal, before, after):
            threads.append(torch.get_num_threads())
            return super().reward(signal, before, after)

    had = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        train_agent(Watched(), [0], updates=2, bars=2, paths=4)
        assert set(threads[:4]) == {1} and torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(had)

def test_the_slope_through_the_zone_changes_nothing_that_is_said():
    net = TradeNet(2, 1, [0])
    net.start.data += 5  # a zone that nobody leaves
    seen, before = torch.ones(1, 5, 2), torch.zeros(1, 5, 1)
    learning = net(seen, before)
    learning.sum().backward()
    assert torch.equal(learning, before) and net.direct.grad.abs().min() > 0
    assert torch.equal(net.eval()(seen, before), learning)

@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: train_agent(SignalMarket(), seeds=[]), "0 seeds"),
        (lambda: train_agent(SignalMarket(), seeds=True), "seeds is True; give how many"),
        (lambda: train_agent(SignalMarket(), updates=0), "updates is 0; it must be a whole number, at least 1"),
        (lambda: train_agent(SignalMarket(), bars="a"), "bars is 'a'; it must be a whole number"),
        (lambda: train_agent(SignalMarket(), paths=2.5), "paths is 2.5"),
        (lambda: train_agent(SignalMarket(), hidden=True), "hidden is True"),
        (lambda: train_agent(SignalMarket(), learning_rate=np.nan), "learning_rate is nan; it must be a finite number"),
        (lambda: train_agent(SignalMarket(), recorded="a"), r"recorded is 'a'; .*, \(n_bars, paths, 1\)"),
        (lambda: best_seeds([0.1], 1), r"best_seeds\(worth=\): dict is meant, and list was given"),
        (lambda: best_seeds({0: 0.1}, 0), "keep is 0; it must be a whole number, at least 1"),
        (lambda: usual_position("a"), r"usual_position\(market=\): Market is meant, and str was given"),
        (lambda: usual_reward(None), r"usual_reward\(market=\): Market is meant, and None was given"),
        (lambda: HoldEqual("a"), "HoldEqual amount is 'a'"),
        (lambda: FollowScore(1.0), "FollowScore loadings is 1.0; it must be a numpy array"),
        (lambda: FollowScore(np.ones((2, 1)), np.ones(3)), r"FollowScore amount has the shape \(3,\)"),
        (lambda: FollowScore(np.ones((2, 1)), 1j), "FollowScore amount is 1j"),
        (lambda: NoiseMarket(mean_reversion=0), "NoiseMarket mean_reversion is 0"),
        (lambda: net_sharpe(SignalMarket(), None, None), r"net_sharpe\(market=\): NoiseMarket is meant"),
        (
            lambda: net_sharpe(NoiseMarket(), np.ones((3, 2)), np.ones((2, 1))),
            r"has the shape \(2, 1\); it must be \(3, 1\)",
        ),
        (lambda: new_signals(SignalMarket(), 0), "n_bars is 0; it must be a whole number, at least 1"),
        (lambda: new_signals(SignalMarket(), seed="a"), "seed is 'a'; it must be a whole number, at least 0"),
        (lambda: share_of_optimum(SignalMarket(), {}, "best", np.ones((3, 2, 1))), "Unknown optimum 'best'"),
        (lambda: share_of_optimum(SignalMarket(), [], "best", np.ones((3, 2, 1))), "dict is meant, and list was given"),
        (lambda: share_of_optimum(SignalMarket(), {}, "best", np.ones((3, 1))), r"it must be \(n_bars, paths, 1\)"),
    ],
)
def test_what_means_nothing_is_a_clear_line(make, told):
    with pytest.raises(NeuralphaError, match=told) as e:
        make()
    assert "\n" not in str(e.value)

def test_who_brings_an_environment_is_told_the_way():
    with pytest.raises(NeuralphaError, match="train_by_reward"):
        train_agent(trade_env(simulate_universe(3, 60)))
