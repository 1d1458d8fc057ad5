# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.sections.agents import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import read_json
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.features.table import Features
from neuralpha.portfolio.backtest import backtest
from neuralpha.portfolio.policies import Quantiles
from neuralpha.rl.environment import Wished
from neuralpha.trading.clock import Clock

@pytest.fixture(scope="module")
def books():
    stocks = simulate_universe(40, 260, seed=3)  # some leave
    score = stocks.series(np.random.default_rng(0).normal(size=stocks.n_rows))
    rule = backtest(score, stocks, Quantiles(5), "flat", 1e8, Clock())
    turned = np.nan_to_num(rule.decided) * np.where(stocks.asset_code % 2, 1, -1)
    return rule, backtest(stocks.series(turned), stocks, Wished(2.0, 2.0), "flat", 1e8, Clock())

def test_what_acting_differently_earned_sums_to_the_difference_of_the_accounts(books):
    rule, agent = books
    found = difference_numbers(agent, rule)
    whole = 100 * rule.panel.bars_per_year * (agent.net.mean() - rule.net.mean())
    assert found["net"]["value"] == pytest.approx(whole)
    assert sum(found[kind]["value"] for kind in (*STANCES, "costs", "the rest")) == pytest.approx(whole)
    assert abs(found["the rest"]["value"]) < 0.02 * abs(found["opposite sides"]["value"])
    assert found["same side"]["share"] + found["opposite sides"]["share"] == pytest.approx(1)
    assert found["same side"]["share"] == pytest.approx(0.5, abs=0.1) and found["the agent alone"]["share"] == 0
    assert found["net"]["low"] < found["net"]["value"] < found["net"]["high"]

def test_the_accounts_are_made_once_and_what_was_found_is_stored_and_shown(books, tmp_path, monkeypatch):
    from types import SimpleNamespace
    from neuralpha.report.sections import agents

    rule, agent = books
    stocks = rule.panel
    values = np.random.default_rng(1).uniform(-1, 1, (stocks.n_rows, 2)).astype(np.float32)
    seen = Features(stocks, ("a", "b"), values, (0, 0))
    study = SimpleNamespace(agents=["agent"], portfolio=True)
    experiment = SimpleNamespace(panel=stocks, X=seen, study=study)
    scores = {"rule": stocks.series(values[:, 0]), "agent": stocks.series(np.nan_to_num(agent.decided))}
    made = []
    monkeypatch.setattr(agents, "traded_scores", lambda *_: scores)
    monkeypatch.setattr(agents, "study_books", lambda *_: made.append(1) or {"rule": rule, "agent": agent})
    shown = []
    report = SimpleNamespace(experiment=experiment, tests={}, valid_scores={}, folder=tmp_path)
    report.show = lambda figure, *words: shown.append(words[1])
    found = SECTION.compute(report)
    SECTION.store(report, found)
    SECTION.show(report, found)
    assert made == [1] and shown == ["agents-turnover", "agent-actions", "agent-differences"]
    stored = read_json(tmp_path / "agents.json")
    assert stored["rule"] == "rule" and list(stored["models"]) == ["agent"]
    assert stored["models"]["agent"]["against_rule"] == difference_numbers(agent, rule)

def test_a_unit_that_is_traded_costs_what_the_costs_say(books):
    rule, _ = books
    found = trading_numbers(rule)
    table = rule.returns
    assert found["cost_bps"] == pytest.approx(5.0, rel=1e-6)
    assert found["gross_bps"] == pytest.approx(1e4 * table["gross"].sum() / table["turnover"].sum())

def test_what_is_held_by_a_feature_is_its_mean_in_each_group(books):
    stocks = books[0].panel
    values = np.random.default_rng(1).uniform(-1, 1, (stocks.n_rows, 2)).astype(np.float32)
    X = Features(stocks, ("a", "b"), values, (0, 0))
    found = action_by_feature(X, 0.01 * values[:, 0].astype(float))
    assert list(found)[0] == "a" and found["a"]["follows"] > 0.95 and abs(found["b"]["follows"]) < 0.1
    assert np.diff(found["a"]["held"]).min() > 0.1 and found["a"]["held"][-1] == pytest.approx(0.9, abs=0.1)

def test_the_spread_of_seeds_is_that_of_their_accounts():
    record = seed_record({0: 1.0, 1: 3.0, 2: 8.0})
    assert record["spread"] == pytest.approx(np.std([1, 3, 8], ddof=1)) and record["worst"] == 1 and record["best"] == 8
