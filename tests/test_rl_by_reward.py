# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.rl.by_reward import *
import importlib.util

import random

import tempfile

import numpy as np

import pandas as pd

import pytest

import torch

from neuralpha.core import NeuralphaError

from neuralpha.data.panel import panel_from_frame

from neuralpha.rl.agents import LEAKED, NoiseMarket, net_sharpe, new_signals

from neuralpha.rl.environment import trade_env

from neuralpha.rl.truths import SignalMarket, draw_signals, play

with_agents = pytest.mark.skipif(
    importlib.util.find_spec("stable_baselines3") is None, reason="stable-baselines3 is not installed"
)

def test_a_small_wish_is_no_trade_and_a_large_one_stays_within_reach():
    held, unit = np.array([[1.0], [3.9], [-3.9]]), np.array([2.0])
    assert moved("trade", np.array([[0.33], [-0.3], [0.0]]), held, unit).tolist() == held.tolist()
    assert moved("trade", np.array([[1.0], [1.0], [-1.0]]), held, unit).ravel().tolist() == [2.0, 4.0, -4.0]
    assert moved("trade", np.array([[2 / 3]]), held[:1], unit).item() == pytest.approx(1.5)
    assert moved("position", np.array([[0.5]]), held[:1], unit).item() == 3.0
    with pytest.raises(NeuralphaError, match="Unknown acts 'band'"):
        moved("band", held, held, unit)
    for wrong, told in (
        (("a", held, unit), r"action is 'a'; it must be a numpy array of finite numbers, \(..., 1\)"),
        ((held, [1.0], unit), r"held is \[1.0\]; it must be a numpy array"),
        ((np.full((3, 1), np.nan), held, unit), r"action is nan at \(0, 0\)"),
        ((np.ones((3, 2)), held, unit), r"action has the shape \(3, 2\); it must be \(..., 1\)"),
        ((held, held, 2.0), r"unit is 2.0; it must be a numpy array of finite numbers, \(n_assets,\)"),
    ):
        with pytest.raises(NeuralphaError, match=told):
            moved("trade", *wrong)
    for accounts in ("a", 0):
        with pytest.raises(NeuralphaError, match="^accounts is .*; it must be a whole number, at least 1"):
            open_game(trade_env(_walk(0)[0], costs=0.0), accounts)
    for market, told in ((SignalMarket(), "Unknown acts 'band'"), (trade_env(_walk(0)[0], costs=0.0), "is a position")):
        with pytest.raises(NeuralphaError, match=told):
            open_game(market, acts="band")

@with_agents
def test_an_agent_that_learnt_to_trade_is_played_as_it_learnt():
    market = SignalMarket(cost=4.0, power=1, standardised=True)
    trained = train_by_reward(market, "TD3", 1, 640, acts="trade", learning_starts=160)
    game = open_game(market, 2, 5, acts="trade")
    seen = game.reset()
    for _ in range(20):
        signal, before = game._signal[None], game._held[None]
        seen = game.step(trained.agents[0].act(seen))[0]
        assert np.array_equal(trained(signal, before)[0], game._held)

@with_agents
@pytest.mark.parametrize(
    ("given", "told"),
    [
        (dict(gamma=1.5), "PPO gamma is 1.5; it must be a finite number, at least 0 and at most 1"),
        (dict(gamma=-0.1), "PPO gamma is -0.1"),
        (dict(gamma=float("nan")), "PPO gamma is nan"),
        (dict(gamma="x"), "PPO gamma is 'x'"),
        (dict(gae_lambda=2.0), "PPO gae_lambda is 2.0"),
        (dict(exploration=0.0), "PPO exploration is 0.0; it must be a finite number, above 0"),
        (dict(learning_rate=-1.0), "PPO learning_rate is -1.0"),
        (dict(n_steps=0), "PPO n_steps is 0; it must be a whole number, at least 1"),
        (dict(batch_size="a"), "PPO batch_size is 'a'; it must be a whole number, at least 2"),
        (dict(hidden=0), "hidden is 0; it must be a whole number, at least 1"),
        (dict(accounts=0), "accounts is 0; it must be a whole number, at least 1"),
        (dict(accounts=True), "accounts is True; it must be a whole number"),
        (dict(steps="a"), "steps is 'a'; it must be a whole number, at least 1"),
        (dict(recorded="a"), r"recorded is 'a'; it must be a numpy array of finite numbers, \(n_bars, paths, 1\)"),
        (dict(gama=0.9), "PPO does not take these settings"),
        (dict(market="sim-tiny"), "made by trade_env; str is neither"),
    ],
)
def test_a_setting_that_means_nothing_is_one_clear_line(given, told):
    with pytest.raises(NeuralphaError, match=told) as e:
        train_by_reward(**{"market": SignalMarket(), "algorithm": "PPO", "seeds": 1, "steps": 64} | given)
    assert "\n" not in str(e.value)

@with_agents
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_same_seed_is_the_same_agent_to_the_byte_and_another_is_not(algorithm):
    def weights(seed):
        trained = (
            train_by_reward(SignalMarket(), algorithm, [seed], 1200, n_steps=32)
            if algorithm in ON_POLICY
            else train_by_reward(SignalMarket(), algorithm, [seed], 640, learning_starts=160)
        )
        return trained.agents[0].weights

    first, again, other = weights(3), weights(3), weights(4)
    assert all(first[name].numpy().tobytes() == again[name].numpy().tobytes() for name in first)
    assert any(first[name].numpy().tobytes() != other[name].numpy().tobytes() for name in first)

@with_agents
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_saved_agent_acts_as_before_and_nothing_of_it_is_pickled(algorithm, tmp_path):
    agent = RewardLearner(open_game(SignalMarket()), algorithm, 1).agent()
    folder = agent.save(tmp_path / "agent")
    assert sorted(path.name for path in folder.iterdir()) == ["agent.json", "agent.safetensors"]
    seen = np.random.default_rng(0).normal(size=(50, 2))
    assert np.array_equal(load_agent(folder).act(seen), agent.act(seen)) and np.ptp(agent.act(seen)) > 0
    (folder / "agent.json").write_text("{}")
    with pytest.raises(NeuralphaError, match="does not describe an agent"):
        load_agent(folder)
    with pytest.raises(NeuralphaError, match="agent.json is missing"):
        load_agent(tmp_path)

@with_agents
def test_training_leaves_the_random_numbers_of_others_alone():
    def drawn():
        return random.random(), np.random.rand(), float(torch.rand(1))

    def seed_all():
        random.seed(0), np.random.seed(0), torch.manual_seed(0)

    seed_all()
    undisturbed = drawn()
    seed_all()
    RewardLearner(open_game(SignalMarket()), "PPO", 7, settings=dict(n_steps=8, batch_size=64)).learn(128)
    assert drawn() == undisturbed

@with_agents
def test_learning_in_two_parts_is_learning_on_and_a_copy_stays_what_it_was():
    settings = dict(n_steps=8, batch_size=64)
    learner = RewardLearner(open_game(SignalMarket()), "PPO", 0, settings=settings).learn(128)
    early = learner.agent()
    kept = {name: value.clone() for name, value in early.weights.items()}
    np.random.rand(), torch.rand(1)
    late = learner.learn(128).agent()
    whole = RewardLearner(open_game(SignalMarket()), "PPO", 0, settings=settings).learn(256).agent()
    assert all(torch.equal(early.weights[name], kept[name]) for name in kept)
    assert all(torch.equal(late.weights[name], whole.weights[name]) for name in kept)
    assert not all(torch.equal(late.weights[name], kept[name]) for name in kept)

@with_agents
def test_bad_calls_are_a_clear_line():
    with pytest.raises(NeuralphaError, match="algorithm"):
        train_by_reward(SignalMarket(), "DQN")
    with pytest.raises(NeuralphaError, match="PPO does not take these settings.*'epochs'"):
        train_by_reward(SignalMarket(), "PPO", 1, 100, epochs=3)
    with pytest.raises(NeuralphaError, match="steps is 0"):
        train_by_reward(SignalMarket(), "PPO", 1, 0)
    agent = RewardLearner(open_game(SignalMarket()), "PPO", 1).agent()
    for seen in (np.full((3, 2), np.nan), np.zeros((3, 4)), "a", [[1j, 0j]], None):
        with pytest.raises(NeuralphaError, match="2 finite numbers") as e:
            agent.act(seen)
        assert "\n" not in str(e.value)
    with pytest.raises(NeuralphaError, match="seed is 'a'; it must be a whole number, at least 0"):
        RewardLearner(open_game(SignalMarket()), "PPO", "a")
    with pytest.raises(
        NeuralphaError, match=r"RewardLearner\(game=\): TradeGame is meant, and str was given; open_game"
    ):
        RewardLearner("a", "PPO")
    with pytest.raises(NeuralphaError, match=r"scale_of\(env=\): TradeEnv is meant, and str was given"):
        scale_of("a")

def test_what_was_never_a_folder_is_told_what_is_meant():
    with pytest.raises(NeuralphaError, match=r"load_agent\(folder=\): str is meant, and None was given"):
        load_agent(None)

def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "stable_baselines3", None)
    with pytest.raises(NeuralphaError, match=r"neuralpha\[rl\]"):
        train_by_reward(SignalMarket(), "PPO", 1, 100)

@with_agents
@pytest.mark.parametrize("algorithm", ["PPO", "SAC"])
def test_an_agent_learns_on_one_thread_and_leaves_the_others_as_they_were(algorithm, monkeypatch):
    threads = []
    step = SignalGame.step

    def watched(self, action):
        threads.append(torch.get_num_threads())
        return step(self, action)

    monkeypatch.setattr(SignalGame, "step", watched)
    had = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        train_by_reward(LEAKED, algorithm, 1, 64, accounts=4)
        assert set(threads) == {1} and torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(had)

@with_agents
def test_training_leaves_no_folder_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    game = open_game(LEAKED, 4)
    for algorithm, settings in (
        ("PPO", dict(n_steps=8, batch_size=16)),
        ("TD3", dict(learning_starts=8, batch_size=8)),
    ):
        RewardLearner(game, algorithm, 0, 4, settings).learn(64).learn(64)
    assert list(tmp_path.iterdir()) == []

@with_agents
def test_a_recurrent_agent_remembers_until_an_episode_begins(tmp_path):
    pytest.importorskip("sb3_contrib")
    learner = RewardLearner(open_game(LEAKED, 4), "RecurrentPPO", 0, 8, dict(n_steps=16, batch_size=32)).learn(256)
    agent = load_agent(learner.agent().save(tmp_path))
    seen = np.random.default_rng(0).normal(size=(3, 2))
    first, second = agent.act(seen), agent.act(seen)
    assert not np.array_equal(first, second)
    agent.begin()
    assert np.array_equal(agent.act(seen), first)

@with_agents
@pytest.mark.parametrize("go_on", [lambda learner: learner.learn(256), lambda learner: learner.learn_part(256, 0)])
def test_an_agent_that_diverges_says_so_in_one_line(go_on):
    learner = RewardLearner(open_game(LEAKED, 4), "PPO", 3, 4, dict(n_steps=8, batch_size=16, learning_rate=1e30))
    with pytest.raises(NeuralphaError, match="PPO with seed 3 has diverged: .* smaller learning_rate") as e:
        go_on(learner)
    assert "\n" not in str(e.value)
    with pytest.raises(NeuralphaError, match="steps is 1.5; it must be a whole number"):
        learner.learn(1.5)

def _walk(seed, n_bars=300):
    """One asset that wanders, and on each date the return that a decision of this date earns."""
    rng = np.random.default_rng(seed)
    moves = rng.normal(0, 0.01, n_bars)
    dates = pd.bdate_range("2015-01-01", periods=n_bars)
    panel = panel_from_frame(pd.DataFrame({"date": dates, "asset": "A", "close": 100 * np.exp(moves.cumsum())}), "walk")
    close = panel.fields["close"].astype(np.float64)
    return panel, np.append(close[2:] / close[1:-1] - 1, [0.0, 0.0])

def _wealth_of(env, decide):
    seen, over = env.reset(), False
    while not over:
        seen, _, over, _ = env.step(decide(seen))
    return np.log(env.wealth / 1e8)

@with_agents
def test_in_the_ledger_an_agent_reaches_95_percent_of_a_future_that_was_leaked():
    env = trade_env(*_walk(0), reward="log_wealth", costs=0.0, copies=16)
    trained = train_by_reward(env, "PPO", 2, 40_000, gamma=0.9, gae_lambda=0.5, learning_rate=1e-2, exploration=0.6)
    elsewhere = trade_env(*_walk(1), reward="log_wealth", costs=0.0)
    best = _wealth_of(elsewhere, lambda seen: np.sign(seen[..., 1]))[0]
    for agent in trained.agents:
        earned = _wealth_of(elsewhere, lambda seen: agent.act(seen.reshape(1, -1)))[0]
        assert 0.95 * best < earned <= best
    asleep = RewardLearner(open_game(env), "PPO", 0).agent()
    assert _wealth_of(elsewhere, lambda seen: asleep.act(seen.reshape(1, -1)))[0] < 0.95 * best

@with_agents
def test_an_algorithm_that_has_not_found_the_leak_is_not_shown():
    assert not find_leaked_future("PPO", 2, 2048).shown
    assert Control(97.0, 95.0).shown and not Control(97.0, 94.9).shown
    with pytest.raises(NeuralphaError, match="at least two"):
        find_leaked_future("PPO", 1, 2048)

@with_agents
@pytest.mark.parametrize(("algorithm", "steps"), [("PPO", 12_000), ("TD3", 4_000)])
def test_where_there_is_nothing_an_agent_finds_what_costs_imply(algorithm, steps):
    market = NoiseMarket()
    past = draw_signals(market, np.random.default_rng(5).standard_normal((250, 1, 2)))
    trained = train_by_reward(market, algorithm, 2, steps, recorded=past)
    signals = np.repeat(new_signals(market)[:, None], 2, 1)
    held = play(market, trained, signals)[1]
    for seed in range(2):
        assert np.abs(held[:, seed]).mean() > 1e-3
        found = net_sharpe(market, signals[:, seed], held[:, seed])
        assert found["low"] < found["implied"] < found["high"]
        assert found["implied"] < 0
