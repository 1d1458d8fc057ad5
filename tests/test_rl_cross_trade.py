# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.rl.cross_trade import *
import importlib.util

import numpy as np

import pandas as pd

import pytest

from neuralpha.core import NeuralphaError

from neuralpha.data.returns import bar_return

from neuralpha.data.simulated.market import simulate_universe

from neuralpha.labels import forward_return

from neuralpha.portfolio.backtest import backtest

from neuralpha.portfolio.policies import Quantiles

from neuralpha.rl.environment import TradeEnv, trade_env

from neuralpha.splits import purged_kfold, walk_forward

with_agents = pytest.mark.skipif(
    importlib.util.find_spec("stable_baselines3") is None, reason="stable-baselines3 is not installed"
)

@pytest.fixture(scope="module")
def task():
    panel = simulate_universe(5, 330, seed=2, listed=1.0)
    y = forward_return(panel, 5)
    return panel, y, walk_forward(y, train="6M", valid="2M", test="3M", embargo=3)[:2]

HOW = dict(seeds=2, steps=256, rounds=2, keep=1, copies=4, settings=dict(n_steps=16, batch_size=64), costs="flat")

@pytest.fixture(scope="module")
def trades(task):
    panel, _, folds = task
    return cross_trade("PPO", panel, bar_return(panel), folds, **HOW)

@with_agents
def test_the_book_of_an_agent_is_its_episode_bit_for_bit(trades):
    for seed in (-1, 0, 1):
        account = -1 if seed == -1 else trades.seeds.index(seed)
        book = trades.book(seed)
        mine = trades.env.ledger()
        shared = mine.dates.intersection(book.ledger.dates)
        assert len(shared) == trades.env.n_steps
        for part in ("wealth", "traded", "temporary", "long"):
            theirs = pd.Series(book.ledger.part(part)[:, 0], book.ledger.dates)[shared]
            assert np.array_equal(pd.Series(mine.part(part)[:, account], mine.dates)[shared], theirs)
        assert book.ledger.part("traded").sum() > 0

@with_agents
def test_episodes_are_the_folds_with_purge_and_embargo_and_tests_follow_each_other(task, trades):
    panel, y, folds = task
    for fold in folds:
        spans = spans_of(fold, panel)
        assert y.known_code[fold.train].max() + fold.embargo < spans.valid[0]
        assert spans.train[1] + y.delay + y.horizon + fold.embargo < spans.valid[0]
        assert spans.valid[1] + y.delay + y.horizon < spans.test[0]
        looks = {seed: max(look["valid"] for look in trades.histories[fold.number, seed]) for seed in trades.seeds}
        assert trades.kept[fold.number] == [max(looks, key=looks.get)]
    assert trades.env.first == spans_of(folds[0], panel).test[0]
    decided = trades.weights().index.get_level_values("date")
    assert decided.min() == panel.dates[trades.env.first] and decided.max() == panel.dates[trades.env.last - 1]

@with_agents
def test_what_is_learnt_stopped_and_chosen_does_not_depend_on_test_dates(task, trades):
    panel, _, folds = task
    other = change_after(panel, spans_of(folds[0], panel).test[0] - 1)
    again = cross_trade("PPO", other, bar_return(other), folds[:1], **HOW)
    number = folds[0].number
    assert again.kept[number] == trades.kept[number]
    for seed in trades.seeds:
        mine, theirs = trades.agents[number, seed], again.agents[number, seed]
        assert np.array_equal(mine.scale.spread, theirs.scale.spread)
        assert all(np.array_equal(mine.weights[name], theirs.weights[name]) for name in mine.weights)
        assert trades.histories[number, seed] == again.histories[number, seed]

@with_agents
def test_the_best_look_is_kept_and_training_stops_when_looking_does_not_pay(monkeypatch):
    class Fading:
        worths = iter([1.0, 3.0, 2.0, 2.5, 9.0])

        def learn(self, steps):
            return self

        def agent(self):
            return next(self.worths)

    monkeypatch.setattr("neuralpha.rl.cross_trade.mean_reward", _agent_itself)
    best, looks = learn_until_worse(Fading(), None, 10, 5, 2)
    assert best == 3.0 and [look["valid"] for look in looks] == [1.0, 3.0, 2.0, 2.5]
    assert [look["steps"] for look in looks] == [10, 20, 30, 40]

def _agent_itself(env, agent):
    return agent

@with_agents
def test_the_league_has_a_row_for_the_agent_with_interval_and_spread_of_seeds(task, trades):
    panel, _, _ = task
    rng = np.random.default_rng(0)
    scores = panel.series(np.where(panel.tradable, rng.normal(size=panel.n_rows), np.nan)).dropna()
    scores = scores.loc[panel.dates[trades.env.first] : panel.dates[trades.env.last - 1]]
    table = agent_league([trades], {"score": backtest(scores, panel, Quantiles(2), "flat", 1e8, trades.env.clock)})
    row = table.loc["PPO"]
    assert row["low"] <= row["net, %"] <= row["high"] and row["net, %"] < row["gross, %"]
    net = [100 * panel.bars_per_year * trades.book(seed).net.mean() for seed in (0, 1)]
    assert row["seed spread"] == pytest.approx(np.std(net, ddof=1)) and row["worst seed"] == min(net)
    assert np.isnan(table.loc["score", "seed spread"])

def test_folds_without_an_order_in_time_are_a_clear_line(task):
    panel, y, folds = task
    with pytest.raises(NeuralphaError, match="walk_forward"):
        cross_trade("PPO", panel, None, purged_kfold(y, 5))
    with pytest.raises(NeuralphaError, match="keep is 4"):
        cross_trade("PPO", panel, None, folds, seeds=3, keep=4)
    with pytest.raises(NeuralphaError, match="no folds"):
        cross_trade("PPO", panel, None, [])

@pytest.mark.parametrize(
    ("given", "told"),
    [
        (dict(folds="a"), r"cross_trade\(folds=\): Fold is meant, and str was given; na.walk_forward"),
        (dict(folds=[3]), r"cross_trade\(folds=\): Fold is meant, and int was given"),
        (dict(steps="a"), "steps is 'a'; it must be a whole number, at least 1"),
        (dict(rounds=0), "rounds is 0; it must be a whole number, at least 1"),
        (dict(patience=1.5), "patience is 1.5"),
        (dict(copies=True), "copies is True"),
        (dict(keep=0), "keep is 0; it must be a whole number, at least 1"),
        (dict(hidden=None), "hidden is None"),
    ],
)
def test_what_cannot_be_crossed_is_a_clear_line(task, given, told):
    panel, _, folds = task
    with pytest.raises(NeuralphaError, match=told) as e:
        cross_trade(**dict(algorithm="PPO", panel=panel, features=None, folds=folds) | given)
    assert "\n" not in str(e.value)

def test_who_gives_something_else_to_the_tools_beside_it_is_told_what_is_meant(task):
    panel = task[0]
    for make, told in (
        (lambda: agent_league("PPO", {}), r"agent_league\(trades=\): Trades is meant, and str was given"),
        (lambda: agent_league([1], {}), r"agent_league\(trades=\): Trades is meant, and int was given"),
        (lambda: mean_reward("a", None), r"mean_reward\(env=\): TradeEnv is meant"),
        (lambda: mean_reward(trade_env(panel), None), r"mean_reward\(agent=\): RewardAgent is meant, and None"),
        (lambda: change_after("a", 3), r"change_after\(panel=\): Panel is meant"),
        (lambda: change_after(panel, "a"), "date is 'a'; it must be a whole number, at least 0"),
        (lambda: change_after(panel, 3, -1), "seed is -1"),
        (lambda: find_lookahead(3, panel), "make is 3; it must be a function."),
        (lambda: find_lookahead(str, panel), r"What make\(panel\) gives: TradeEnv is meant, and str was given"),
        (lambda: find_lookahead(trade_env, panel, 0.5), r"find_lookahead\(dates=\): tuple is meant, and float"),
        (lambda: find_lookahead(trade_env, panel, (0.5, 2)), "A date where the future is changed is 2; it must be"),
        (lambda: find_lookahead(trade_env, panel, (0.5,), "a"), "seed is 'a'"),
    ):
        with pytest.raises(NeuralphaError, match=told) as e:
            make()
        assert "\n" not in str(e.value)

def _next_return(panel):
    ahead = np.full(panel.n_rows, np.nan)
    returns = bar_return(panel)
    same = panel.asset_code[1:] == panel.asset_code[:-1]
    ahead[:-1][same] = returns[1:][same]
    return ahead

def _over_all_dates(panel):
    returns = bar_return(panel)
    return (returns - np.nanmean(returns)) / np.nanstd(returns)

class PaidEarly(TradeEnv):
    """Pays for what is decided before the bar is there."""

    def step(self, action):
        seen, reward, over, record = super().step(action)
        ahead = self.moves[:, min(self.date + 1, self.last)].repeat(self.copies, 0)
        return seen, reward + (action * ahead).sum(1), over, record

def _paid_early(panel):
    env = trade_env(panel, bar_return(panel), costs="flat")
    env.__class__ = PaidEarly
    return env

def test_an_honest_environment_knows_nothing_of_what_comes(task):
    panel = task[0]
    assert find_lookahead(lambda p: trade_env(p, bar_return(p), costs="flat", copies=2), panel).empty
    assert find_lookahead(lambda p: trade_env(p, bar_return(p), "differential_sharpe"), panel).empty

@pytest.mark.parametrize(
    ("make", "what", "bars"),
    [
        (lambda panel: trade_env(panel, _next_return(panel), costs="flat"), "state", 0),
        (lambda panel: trade_env(panel, _over_all_dates(panel), costs="flat"), "state", None),
        (_paid_early, "reward", 0),
    ],
    ids=["the state holds the next bar", "standardised over all dates", "paid at a price not yet known"],
)
def test_what_looks_ahead_is_caught(task, make, what, bars):
    panel = task[0]
    found = find_lookahead(make, panel)
    assert set(found["what"]) == {what} and len(found) == 3
    if bars == 0:
        assert (found["first"] == found["cut"]).all()
    else:
        assert (found["first"] < found["cut"]).all()
