# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.rl.asset_game import *
import numpy as np
import pandas as pd
import pytest
import torch
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import cut_panel
from neuralpha.data.returns import bar_return
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.rl.by_reward import ALGORITHMS, RewardLearner
from neuralpha.rl.environment import ActionLimits, trade_env

@pytest.fixture(scope="module")
def task():
    stocks = simulate_universe(6, 160, seed=4, listed=1.0, takeovers=0.0)
    x = np.nan_to_num(bar_return(stocks)).astype(np.float32)[:, None] * 50
    return stocks, x, dict(costs="flat", limits=ActionLimits(0.3, 1.0, 0.2), by_asset=True)

SHORT = dict(PPO=dict(n_steps=16, batch_size=48), A2C={}, RecurrentPPO=dict(n_steps=16, batch_size=48))

SHORT |= dict(SAC=dict(learning_starts=50, buffer_size=1200), TD3=dict(learning_starts=50, buffer_size=1200))

@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_net_that_is_left_acts_as_the_policy_did_and_a_cut_training_goes_on_to_the_same_bits(task, algorithm):
    pytest.importorskip("sb3_contrib")
    stocks, x, how = task
    game = AssetGame(trade_env(stocks, last=100, **how), x, bars=30)
    learner = RewardLearner(game, algorithm, 3, 8, SHORT[algorithm]).learn_part(200, 0)
    middle = learner.tensors()
    whole = learner.learn_part(200, 1).tensors()
    again = RewardLearner(game, algorithm, 3, 8, SHORT[algorithm]).restore(middle)
    again.learn_part(200, 1)
    assert all(torch.equal(again.tensors()[name], value) for name, value in whole.items())
    assert any(not torch.equal(middle[name], value) for name, value in whole.items())
    actor = actor_of(learner.policy, algorithm, 4, 8)
    memory, state = np.zeros((6, actor.memory), np.float32), None
    rng = np.random.default_rng(0)
    for _ in range(3):
        seen = rng.normal(size=(6, 4)).astype(np.float32)
        mine, memory = actor.act(seen, memory)
        theirs, state = learner.policy.predict(seen, state, deterministic=True)
        assert mine == pytest.approx(theirs[:, 0], abs=1e-6)

def test_each_asset_is_paid_its_part_and_the_parts_are_the_account(task):
    stocks, x, how = task
    game = AssetGame(trade_env(stocks, **how), x)
    alone = AssetGame(trade_env(stocks, **how), x)
    game.reset(), alone.reset()
    for k in range(40):
        action = np.zeros(6)
        action[2] = 0.2 * (-1) ** (k // 5)
        _, parts, _ = game.step(action)
        assert parts.sum() == pytest.approx(game.paid[0], abs=1e-15) and np.abs(np.delete(parts, 2)).max() < 1e-15
    both = np.tile([0.5, -0.5], 3)
    seen, _, _ = alone.step(both)
    assert np.array_equal(seen[:, 0], x[alone.rows, 0]) and seen[:, 1] == pytest.approx(both, rel=1e-2)

def test_an_episode_of_a_stretch_begins_where_the_learners_numbers_say(task):
    stocks, x, how = task
    game = AssetGame(trade_env(stocks, first=10, last=100, **how), x, bars=30)
    begun = set()
    for _ in range(50):
        game.reset()
        begun.add(game.env.date)
        over = False
        for _ in range(30):
            assert not over
            over = game.step(np.zeros(6))[2]
        assert over
    assert min(begun) >= 10 and max(begun) <= 70 and len(begun) > 20

def test_a_stretch_is_at_least_as_long_as_the_window_of_the_reward(task):
    stocks, x, how = task
    env = trade_env(stocks, reward="net_over_volatility", **how)
    with pytest.raises(NeuralphaError, match="looks back 20 bars, the episode has 10; give a shorter window"):
        AssetGame(env, x, bars=10)
    game = AssetGame(env, x, bars=20)
    game.reset()
    paid = [game.step(0.1 * (-1.0) ** np.arange(6))[1] for _ in range(20)]
    assert not np.any(paid[:19]) and np.any(paid[19])

def test_playing_sees_every_date_and_decides_on_the_last(task):
    stocks, x, how = task
    played = play_game(BandActor(1, 8), AssetGame(trade_env(stocks, first=30, **how), x))
    inside = stocks.date_code > 30  # nothing is held on the first
    assert len(played.rewards) == stocks.n_dates - 31 and not played.own[~inside, 0].any()
    assert (np.abs(played.own[inside, 0]) <= 1.2).all() and played.own[stocks.date_code == stocks.n_dates - 1, 0].any()

@pytest.mark.parametrize("actor", [BandActor(1, 8), RecurrentActor(4, 8).eval()], ids=["band", "recurrent"])
def test_listings_to_come_change_no_bit_of_what_was_decided_before(actor):
    stocks = simulate_universe(40, 200, seed=4, listed=0.4, takeovers=0.0)
    early = cut_panel(stocks, last=stocks.dates[120])
    assert early.n_assets < stocks.n_assets
    played = []
    for panel in (early, stocks):
        x = np.nan_to_num(bar_return(panel)).astype(np.float32)[:, None] * 50
        env = trade_env(panel, costs="flat", limits=ActionLimits(1.0, 0.05, 0.05), by_asset=True)
        own = play_game(actor, AssetGame(env, x)).own
        played.append(panel.series(own[:, 0]))
    assert played[0].abs().groupby("date").sum().max() > 0.045  # the limits hold
    pd.testing.assert_series_equal(played[0], played[1].loc[played[0].index], check_exact=True)

def test_what_is_no_game_is_one_line(task):
    stocks, x, how = task
    env = trade_env(stocks, **how)
    for given, told in (
        (("sim-tiny", x), r"AssetGame\(env=\): TradeEnv is meant, and str was given; na.trade_env"),
        ((env, "a"), "x is 'a'; it must be a numpy array of finite numbers"),
        ((env, x[1:]), rf"x has the shape .*; it must be \({len(x)}, n_features\)"),
        ((env, np.where(np.arange(len(x))[:, None] == 3, np.nan, x)), r"x is nan at \(3, 0\)"),
        ((env, x, 0), "bars is 0; it must be a whole number, at least 1"),
        ((env, x, 2.5), "bars is 2.5"),
    ):
        with pytest.raises(NeuralphaError, match=told) as e:
            AssetGame(*given)
        assert "\n" not in str(e.value)
