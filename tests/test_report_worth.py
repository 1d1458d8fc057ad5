# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.worth import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError, write_json
from neuralpha.portfolio.backtest import backtest
from neuralpha.report.pages.draw import write_site
from neuralpha.report.run import mark_start
from neuralpha.report.steps import Report
from neuralpha.report.worth import OVER_PATHS, worth_of_report
from neuralpha.study.experiment import open_experiment
from neuralpha.study.spec import make_study
from neuralpha.trading.clock import Clock

@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A report of combinatorial folds without its notebook."""
    out = tmp_path_factory.mktemp("reports")
    values = {"name": "paths", "universes": ["sim-tiny"], "features": "classic", "models": ["ridge", "ols"], "seeds": 1}
    study = make_study(values | {"ensemble": "z", "split": {"scheme": "combinatorial", "groups": 4, "tests": 2}})
    made = Report(open_experiment(study), out)
    for step in (made.data, made.fit, made.paths, made.leaderboard, made.save):
        step()
    write_json(out / "paths/study.json", study.model_dump(mode="json"))
    mark_start(out / "paths")
    write_site(study, out)
    return out / "paths"

def test_combinatorial_folds_are_a_backtest_a_path_and_the_mean_and_range_are_said(report):
    found = worth_of_report(report, costs="flat", capital=1e6)
    [(title, table)] = found.tables.items()
    assert title == "Net of cost, over 3 paths" and set(table.index) == {"ridge", "ols", "ensemble"}
    assert "Nobody could have traded this" in found.setting and "each of 3 paths" in found.setting
    scores = pd.read_parquet(report / "sim-tiny/paths.parquet").query("model == 'ridge'")
    panel, earned = found.books["ridge"].panel, []
    for _, path in scores.groupby("path_number"):
        one = path.set_index(["date", "asset"])["score"].rename("ridge")
        earned.append(backtest(one, panel, costs="flat", capital=1e6, clock=Clock(horizon=5)).statistics(10)["value"])
    assert len(earned) == 3 and len({e["Sharpe"] for e in earned}) == 3
    for key, head in OVER_PATHS.items():
        each = [e[key] for e in earned]
        stated = [table.loc["ridge", f"{head}, {end}"] for end in ("mean", "lowest", "highest")]
        np.testing.assert_allclose(stated, [np.mean(each), min(each), max(each)])

def test_one_model_on_several_paths_has_the_range_of_each_cost(report):
    costs, statistics = worth_of_report(report, costs="flat", capital=1e6, model="ridge").tables.values()
    assert list(costs.columns) == ["mean", "lowest", "highest"] and {"gross", "half_spread", "net"} <= set(costs.index)
    parts = costs["mean"].drop(["gross", "net"]).sum()
    assert abs(costs.loc["gross", "mean"] + parts - costs.loc["net", "mean"]) < 1e-9
    assert abs(statistics.loc["annual return, %", "mean"] - costs.loc["net", "mean"]) < 1e-9

def test_a_decision_is_held_for_as_long_as_was_asked(report):
    usual, asked = (worth_of_report(report, costs="flat", model="ridge", horizon=h) for h in (None, 1))
    assert [found.books["ridge"].ledger.clock.horizon for found in (usual, asked)] == [5, 1]
    assert "held for 1 bar" in asked.setting
    with pytest.raises(NeuralphaError, match="horizon is 0"):
        worth_of_report(report, horizon=0)

def test_costs_are_a_preset_or_a_half_spread():
    from neuralpha.report.worth import _read_costs

    assert _read_costs("3.5").half_spread_bps == 3.5 and _read_costs("classic").commission_bps == 1.8
    with pytest.raises(NeuralphaError, match="Did you mean 'classic'"):
        _read_costs("clasic")
    with pytest.raises(NeuralphaError, match="half_spread_bps is -3.0; it must be a finite number, at least 0"):
        _read_costs("-3")
