# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.study.backtests import *
from dataclasses import replace
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.evaluate.statistics import sharpe_report
from neuralpha.portfolio.backtest import backtest
from neuralpha.study.recipe import study_panel
from neuralpha.study.spec import make_study
from neuralpha.study.units import UnitStore
from neuralpha.own_code import own_digest
from neuralpha.portfolio.grammar import own_policies, read_policy
from neuralpha.trading.clock import Clock
from neuralpha.trading.costs import Costs, Impact, make_costs

@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    study = make_study({"name": "worth", "universes": ["sim-tiny"], "models": ["ridge"]})
    market = study_panel(study, "sim-tiny")[0]
    oracle = market.series(market.truth["oracle"]).dropna()
    store = UnitStore(tmp_path_factory.mktemp("sweep"))
    write_traded(store, "sim-tiny", {"oracle": oracle, "late": oracle.groupby("asset").shift(3).dropna()})
    return open_backtests(study, "sim-tiny", PLAN.to_json(), store)

PLAN = SweepPlan(
    ("Quantiles(count=5)", "Slowed(base=RankWeights(), rate=0.5)"),
    {"flat": Costs(5.0), "square-root": make_costs("square-root")},
    (1e6, 1e9),
    Clock(1, "close", 1),
)

def _open(opened, **changes):
    return replace(opened, plan=read_plan(PLAN.to_json() | changes))

def test_a_plan_comes_back_from_json():
    import json

    own = Costs({"A": 3.0, "B": 9.0}, Impact(0.1, 0.6, False), borrow_bps="by-liquidity", name="by asset")
    plan = SweepPlan(("TopN(count=3)",), {"mine": own}, (1.0,), Clock(2, "open", 3))
    assert read_plan(json.loads(json.dumps(plan.to_json()))) == plan

def test_each_is_what_a_backtest_alone_says(opened):
    experiment = _open(opened)
    found, refused = derive_backtests([experiment])
    assert len(found) == len(experiment.units()) == 16 and not refused
    for unit in experiment.units()[::3]:
        costs = experiment.plan.costs[unit.costs]
        alone = backtest(
            experiment.scores[unit.model], experiment.panel, read_policy(unit.policy), costs, unit.capital, PLAN.clock
        )
        numbers, returns = found[unit]
        np.testing.assert_array_equal(returns["net"], alone.net)  # the same bits, whoever else was traded beside it
        assert numbers["net"] == [float(v) for v in alone.costs().loc["net"]]
        assert abs(numbers["gross"] + numbers["costs"] - numbers["net"][0]) < 1e-12 * abs(numbers["gross"])

FOLLOWING = (
    "Breaker(TopN(10), day_loss=-0.02, drawdown=0.05)",
    "DrawdownCut(Quantiles(5))",
    "StopLoss(TopN(10))",
    "ConstrainedSize()",
    "Capped(Breaker(RankWeights()), most=0.1)",
)

@pytest.mark.parametrize("policy", FOLLOWING)
def test_a_policy_that_follows_its_account_is_traded_in_each_account_alone(opened, policy):
    experiment = _open(opened, policies=[policy], clock=dict(delay=1, fill="close", horizon=5))
    experiment = replace(experiment, scores={"oracle": experiment.scores["oracle"]})
    found, refused = derive_backtests([experiment])
    assert read_policy(policy).follows_account and len(found) == 4 and not refused
    for unit, (numbers, returns) in found.items():
        costs, clock = experiment.plan.costs[unit.costs], experiment.plan.clock
        alone = backtest(experiment.scores["oracle"], experiment.panel, read_policy(policy), costs, unit.capital, clock)
        np.testing.assert_array_equal(returns["net"], alone.net)
        np.testing.assert_array_equal(returns["turnover"], alone.returns["turnover"])
        assert numbers["net"] == [float(v) for v in alone.costs().loc["net"]]
    held = {returns["turnover"].to_numpy().tobytes() for unit, (_, returns) in found.items() if unit.costs != "flat"}
    assert len(held) == 2  # the sizes lose at their own pace, and hold what follows from it

def test_a_policy_that_the_clock_refuses_leaves_the_same_holes_when_it_is_derived_again(opened, tmp_path):
    tranches = dict(delay=1, fill="close", horizon=5)
    experiment = _open(opened, policies=["Quantiles(5)", "MeanVariance()"], capitals=[1e6], clock=tranches)
    store = UnitStore(tmp_path)
    for unit in experiment.units():
        run_backtests(experiment, unit, store)
    found, missing = collect_backtests([experiment], store)
    assert {u.policy for u in found} == {"Quantiles(5)"} and {u.policy for u in missing} == {"MeanVariance()"}
    assert all("which overlapping tranches cannot" in why for why in missing.values())
    again, refused = derive_backtests([experiment])
    assert refused == missing and again.keys() == found.keys()

def test_an_edited_policy_of_ones_own_is_another_backtest(opened, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    head = "from dataclasses import dataclass\nimport neuralpha as na\n"
    body = "@dataclass(frozen=True)\nclass Mine(na.TopN):\n    more: int = {}\n"

    def keys(more):
        (tmp_path / "mine.py").write_text(head + body.format(more))
        return {u.key for u in _open(opened, policies=["mine.py:Mine(4)"]).units()}

    assert keys(3) == keys(3) and keys(3).isdisjoint(keys(5))

def test_the_name_is_the_hash_of_all_that_determines_it(opened):
    before = {u.key: u for u in _open(opened).units()}
    assert len(before) == 16

    def same(**changes):
        return {key for key in before if key in {u.key for u in _open(opened, **changes).units()}}

    assert same() == set(before)
    costs = PLAN.to_json()["costs"]
    dearer = same(costs=costs | {"flat": costs["flat"] | {"half_spread_bps": 6.0}})
    assert dearer == {key for key, u in before.items() if u.costs == "square-root"}
    assert same(capitals=[1e6, 2e9]) == {key for key, u in before.items() if u.capital == 1e6}
    assert same(policies=["TopN(count=3)"]) == set() and same(clock=dict(delay=2, fill="close", horizon=1)) == set()
    experiment = _open(opened)
    late = experiment.scores["late"]
    experiment = replace(experiment, scores=experiment.scores | {"late": late + 1e-3 * np.arange(len(late))})
    moved = {u.key for u in experiment.units()}
    assert {key for key in before if key in moved} == {key for key, u in before.items() if u.model == "oracle"}

def test_models_are_ranked_under_each_assumption(opened):
    experiment = _open(opened, policies=["Quantiles(5)"], capitals=[1e6])
    found = derive_backtests([experiment])[0]
    table = sweep_table([experiment], found)
    assert list(table) == list(TABLE) and (table["net"].diff().dropna() <= 0).all()
    alike = [u for u in found if (u.costs, u.capital) == (table.costs[0], table.capital[0])]
    net = [found[u][1]["net"] for u in alike]
    best = max(net, key=lambda each: each.mean())
    chance = sharpe_report(best, opened.panel.bars_per_year, 2)["dsr"]
    assert len(net) == 2 and table["deflated Sharpe"][0] == pytest.approx(chance, rel=1e-12)
    alone = sharpe_report(best, opened.panel.bars_per_year)["dsr"]
    assert chance < alone or alone == 1
    cheap = table[table.costs == "flat"]
    assert list(cheap.model) == ["oracle", "late"] and list(cheap["rank"]) == [1, 2]
    assert (table["net low"] < table["net"]).all() and (table["net"] < table["net high"]).all()

def test_costs_that_cannot_be_priced_say_so_in_their_own_rows(opened):
    experiment = _open(opened, policies=["Quantiles(5)"], capitals=[1e6])
    fields = {name: values for name, values in experiment.panel.fields.items() if name != "volume"}
    poor = replace(experiment, panel=replace(experiment.panel, fields=fields))
    found, refused = derive_backtests([poor])
    assert {u.costs for u in found} == {"flat"} and {u.costs for u in refused} == {"square-root"}
    assert "the field 'volume' is missing" in next(iter(refused.values()))
