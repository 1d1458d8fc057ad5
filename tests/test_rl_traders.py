# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.rl.traders import *
import importlib.util

import numpy as np

import pytest

import torch

from neuralpha.attribution.explain import explain

from neuralpha.audit.studies import audit_study

from neuralpha.core import NeuralphaError

from neuralpha.data.panel import keep_assets, panel_from_frame

from neuralpha.data.returns import bar_return

from neuralpha.data.simulated.market import simulate_universe

from neuralpha.features.table import Features

from neuralpha.labels import forward_return

from neuralpha.models.contract import check_model

from neuralpha.models.predict import cross_predict

from neuralpha.portfolio.backtest import backtest

from neuralpha.rl.asset_game import OWN, AssetGame, BandActor, play_game

from neuralpha.rl.cross_trade import change_after

from neuralpha.rl.environment import Wished, trade_env

from neuralpha.splits import purged_kfold, walk_forward

with_agents = pytest.mark.skipif(importlib.util.find_spec("sb3_contrib") is None, reason="sb3-contrib is not installed")

@pytest.fixture(scope="module")
def task():
    stocks = simulate_universe(8, 330, alphas=("reversal",), ic=0.3, seed=4, listed=1.0, takeovers=0.0)
    y = forward_return(stocks, 5)
    folds = walk_forward(y, train="6M", valid="2M", test="3M", embargo=3)[:2]
    return table(stocks), y, folds

def table(stocks):
    past = stocks.series(bar_return(stocks)).fillna(0).groupby("asset").rolling(5, min_periods=1).sum().to_numpy()
    return Features(stocks, ("last week", "noise"), np.float32(np.stack([past, np.cos(1e6 * past)], 1)), (5, 0))

SHORT = dict(rounds=3, bars=20, hidden=8)

AGENT = {"gradient": Gradient(**SHORT, updates=6, paths=4)}

AGENT |= {kind.name: kind(**SHORT, episodes=1) for kind in (PPO, A2C, SAC, TD3, RecurrentAgent)}

EACH = pytest.mark.parametrize("name", ["gradient", *(pytest.param(n, marks=with_agents) for n in list(AGENT)[1:])])

@EACH
def test_an_agent_keeps_what_every_model_promises(name):
    assert len(check_model(AGENT[name].clone(rounds=2))) == 9

def fit(model, task, fold=0, **how):
    X, y, folds = task
    part = [(X.view(rows), y.target("rank")[rows]) for rows in (folds[fold].train, folds[fold].valid)]
    model = model.clone()
    model.checkpoint_ = how.get("checkpoint")
    return model.fit(*part[0], valid=part[1])

class Killed(Exception):
    pass

@EACH
def test_a_training_that_is_killed_goes_on_to_the_same_bits(name, task, tmp_path, monkeypatch):
    whole = fit(AGENT[name], task)
    looks = Stand.look
    done = []

    def die(self, worth):
        looks(self, worth)
        done.append(worth)
        if len(done) == 1:
            raise Killed

    monkeypatch.setattr(Stand, "look", die)
    with pytest.raises(Killed):
        fit(AGENT[name], task, checkpoint=tmp_path)
    again = fit(AGENT[name], task, checkpoint=tmp_path)
    assert len(done) == len(whole.history_) and again.history_ == whole.history_
    for mine, theirs in zip(again.actor_.parameters(), whole.actor_.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    with pytest.raises(NeuralphaError, match="another training"):
        fit(AGENT[name].clone(risk_aversion=1.0), task, checkpoint=tmp_path)

def test_the_gradient_learns_and_plays_on_one_thread_and_leaves_the_others_as_they_were(task, monkeypatch):
    threads = []
    step = BandActor.step

    def watched(self, x):
        threads.append(torch.get_num_threads())
        return step(self, x)

    monkeypatch.setattr(BandActor, "step", watched)
    had = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        fit(AGENT["gradient"].clone(rounds=1, updates=1), task)
        assert set(threads) == {1} and torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(had)

def test_the_account_of_the_scores_is_the_account_that_was_played(task):
    X, y, folds = task
    agent = fit(AGENT["gradient"], task)
    first = np.searchsorted(X.panel.dates, np.datetime64(agent.trained_until_), side="right")
    rows = np.flatnonzero(X.panel.date_code >= first)
    said = np.full(X.panel.n_rows, np.nan)
    said[rows] = agent.predict(X.view(rows))
    book = backtest(X.panel.series(said).dropna(), X.panel, agent.policy, "flat", 1e8, agent.clock)
    env = trade_env(X.panel, first=first, **agent.market)
    game = AssetGame(env, agent._standard(X.values))
    play_game(agent.actor_, game)
    mine, theirs = env.ledger().part("wealth")[:, 0], book.ledger.part("wealth")[:, 0]
    assert theirs[-len(mine) :] == pytest.approx(mine, rel=1e-6) and np.ptp(mine) > 1e4

def test_what_is_learnt_and_said_does_not_depend_on_what_comes_after(task):
    X, y, folds = task
    agent = fit(AGENT["gradient"], task)
    cut = int(X.panel.date_code[folds[0].test].min()) + 20
    other = table(change_after(X.panel, cut))
    again = fit(AGENT["gradient"], (other, forward_return(other.panel, 5), folds))
    assert all(torch.equal(a, b) for a, b in zip(agent.actor_.parameters(), again.actor_.parameters(), strict=True))
    early = folds[0].test[X.panel.date_code[folds[0].test] <= cut]
    late = folds[0].test[X.panel.date_code[folds[0].test] > cut + 1]
    assert np.array_equal(agent.predict(X.view(early)), again.predict(other.view(early)))
    assert not np.array_equal(agent.predict(X.view(late)), again.predict(other.view(late)))

def certified(agent):
    """What the certificate of a study with this agent finds wrong in which artefact."""
    stocks = simulate_universe(8, 330, alphas=("reversal",), ic=0.3, seed=4, listed=1.0, takeovers=0.0)
    found = audit_study(
        stocks,
        table,
        lambda panel: forward_return(panel, 5),
        lambda y: walk_forward(y, train="6M", valid="2M", test="3M", embargo=3)[:1],
        {"agent": agent},
        placebo=False,
        cuts=1,
        embargo=3,
        checks=("repeat", "future"),
    )
    return {check.what for check in found.checks if check.passed is False}

@EACH
def test_the_certificate_passes_an_honest_agent(name):
    assert certified(AGENT[name].clone(rounds=1)) == set()

def test_the_certificate_catches_an_agent_that_is_scaled_over_all_dates(monkeypatch):
    from neuralpha.rl import traders

    as_it_stood = traders._as_it_stood

    def with_all_dates_in_mind(view, last):
        whole = view.features.values
        scale = np.nanmean(whole, 0), np.nanstd(whole, 0)
        monkeypatch.setattr(traders, "feature_scale", lambda _: scale)
        return as_it_stood(view, last)

    monkeypatch.setattr(traders, "_as_it_stood", with_all_dates_in_mind)
    assert "fit of agent" in certified(AGENT["gradient"].clone(rounds=1))

def test_the_certificate_catches_an_agent_that_is_judged_at_prices_that_are_not_yet_known(monkeypatch):
    from neuralpha.rl import traders

    as_it_stood, span = traders._as_it_stood, traders.span_of

    def too_far(panel, rows, part):
        first, last = span(panel, rows, part)
        return first, last + 40 * (part == "validation")

    monkeypatch.setattr(traders, "_as_it_stood", lambda view, last: as_it_stood(view, last + 45))
    monkeypatch.setattr(traders, "span_of", too_far)
    assert "fit of agent" in certified(AGENT["gradient"])

def test_the_gradient_finds_what_is_there_and_seeds_are_chosen_on_validation(task):
    X, y, folds = task
    said = cross_predict(Gradient(rounds=4, updates=15, hidden=8, keep=1), X, y, folds, seeds=3, progress=False)
    assert said.summary()["ensemble"].mean() > 0.1
    for fold in folds:
        worth = {s: max(h["valid_reward"] for h in said.histories[fold.number, s]) for s in range(3)}
        best = max(worth, key=worth.get)
        mine = said.frame[said.frame["fold"] == fold.number].set_index("seed")["score"]
        assert np.array_equal(mine[-1], mine[best]) and not np.array_equal(mine[-1], mine[(best + 1) % 3])

def test_shap_sees_the_feature_that_pays_and_the_position_that_it_had(task):
    X, y, folds = task
    for seed in range(2):
        agent = fit(Gradient(rounds=4, updates=15, hidden=8, seed=seed), task)
        assert max(look["valid_reward"] for look in agent.history_) > 1e-3  # neither has learnt it the wrong way round
        importance = explain(agent, X, folds[0].test[::7], n_samples=200).importance()
        assert set(importance.index) == {"last week", "noise", *OWN} and importance["own drawdown"] == 0
        assert importance["last week"] > 2 * importance["noise"] and importance["own position"] > 0

def test_positions_keep_the_limits_where_seeds_are_averaged(task):
    stocks = task[0].panel
    rng = np.random.default_rng(0)
    scores = rng.uniform(-1, 1, stocks.n_rows)
    weights = stocks.series(Wished(1.5, 0.2).weights(scores, stocks)).groupby("date")
    assert weights.agg(lambda w: w.abs().sum()).max() <= 1.5 + 1e-9 and weights.sum().abs().max() <= 0.2 + 1e-9
    small = 0.01 * np.sign(scores)
    assert Wished(1.5, 0.2).weights(small, stocks) == pytest.approx(small)

def test_bad_calls_of_an_agent_are_one_clear_line(task):
    X, y, folds = task
    rows = folds[0].train
    with pytest.raises(NeuralphaError, match="give a validation part"):
        AGENT["gradient"].clone().fit(X.view(rows), y.target("rank")[rows])
    with pytest.raises(NeuralphaError, match="walk forward"):
        cross_predict(AGENT["gradient"], X, y, purged_kfold(y, 5), seeds=1, progress=False)
    for wrong, told in (
        (dict(costs="cheap"), "costs"),
        (dict(costs={"spread": 1}), "do not take"),
        (dict(delay=0), "delay"),
        (dict(gross="a"), "parameter 'gross' is 'a'"),
        (dict(net=True), "parameter 'net' is True"),
    ):
        with pytest.raises(NeuralphaError, match=told):
            Gradient(**wrong)
    with pytest.raises(NeuralphaError, match="reward"):
        Gradient(reward="differential_sharpe")
    for costs in (5.0, [], None):
        with pytest.raises(NeuralphaError, match=r"agent_costs\(costs=\): dict is meant, and \w+ was given; the name"):
            agent_costs(costs)

@pytest.mark.parametrize("name", ["gradient", pytest.param("ppo", marks=with_agents)])
def test_an_asset_that_is_listed_later_changes_neither_fit_nor_positions_before(task, name):
    stocks, folds = task[0].panel, task[2]
    day = stocks.dates[stocks.date_code[folds[0].test].min() + 10]
    frame = stocks.frame().drop(columns="tradable")
    newcomer = stocks.assets[0]
    listed = panel_from_frame(frame[(frame["asset"] != newcomer) | (frame["date"] >= day)])
    before = keep_assets(listed, listed.assets != newcomer)
    fits, said = [], []
    for panel in (listed, before):
        y = forward_return(panel, 5)
        X = table(panel)
        agent = fit(AGENT[name], (X, y, walk_forward(y, train="6M", valid="2M", test="3M", embargo=3)[:2]))
        rows = np.flatnonzero((panel.dates[panel.date_code] < day) & (panel.assets[panel.asset_code] != newcomer))
        said.append(agent.predict(X.view(rows)))
        fits.append(list(agent.actor_.parameters()))
    assert all(torch.equal(a, b) for a, b in zip(*fits, strict=True))
    np.testing.assert_allclose(*said, rtol=0, atol=1e-6)
