# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.sweep import *
import json, os, shutil, signal, subprocess, sys, time

from pathlib import Path

import numpy as np

import pandas as pd

import pytest

from neuralpha.core import NeuralphaError

from neuralpha.portfolio.policies import Policy

from neuralpha.report.verify import _derived_sweep, verify_report

from neuralpha.report.worth import worth_of_report

from neuralpha.study.spec import load_study

REPORT = {
    "name": "swept",
    "universes": ["sim-tiny"],
    "models": ["ridge", "ols"],
    "features": "classic",
    "seeds": 1,
    "split": {"train": "1Y", "valid": "3M", "test": "6M"},
    "explain": {"models": []},
}

SMALL = dict(policies=["Quantiles(5)"], costs=["flat"], capitals=[1e6])

ASKED = dict(policies=["Quantiles(5)", "TopN(10)"], costs=["flat", "square-root"], capitals=[1e6, 1e9])

@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A report without its notebook: what a sweep reads."""
    from neuralpha.core import write_json
    from neuralpha.report.pages.draw import write_site
    from neuralpha.report.run import mark_start
    from neuralpha.report.steps import Report
    from neuralpha.study.experiment import open_experiment
    from neuralpha.study.spec import make_study

    out = tmp_path_factory.mktemp("reports")
    study = make_study({k: v for k, v in REPORT.items() if k != "explain"})
    report = Report(open_experiment(study), out)
    for step in (report.data, report.fit, report.leaderboard, report.save):
        step()
    write_json(out / "swept" / "study.json", study.model_dump(mode="json"))
    mark_start(out / "swept")
    write_site(study, out)
    return out / "swept"

@pytest.fixture
def report(written, tmp_path):
    return Path(shutil.copytree(written, tmp_path / "swept"))

def _traded(report):
    """When each unit was traded."""
    return {p.parent.name: p.stat().st_mtime_ns for p in report.glob("sweep/units/*/unit.json")}

def test_a_second_run_trades_nothing_and_a_changed_cost_its_own_rows(report, monkeypatch):
    import neuralpha.study.backtests as room

    counted = []
    real = room.trade

    def trade(scores, panel, policy, accounts, clock):
        counted.extend(accounts)
        return real(scores, panel, policy, accounts, clock)

    monkeypatch.setattr(room, "trade", trade)
    monkeypatch.setattr(room, "code_of", lambda _: "this code")
    first = sweep(report, **ASKED)
    assert len(counted) == len(first) == len(_traded(report)) == 2 * 2 * 2 * 2
    counted.clear()
    pd.testing.assert_frame_equal(sweep(report, **ASKED), first)
    assert not counted
    before = _traded(report)
    dearer = sweep(report, **ASKED | {"costs": ["flat", 12.0]})
    assert len(counted) == 8 and {a.costs.half_spread_bps for a in counted} == {12.0}
    assert before.items() <= _traded(report).items()
    kept = dearer.query("costs == 'flat'").drop(columns=["rank", "letters"]).reset_index(drop=True)
    was = first.query("costs == 'flat'").drop(columns=["rank", "letters"]).reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, was)

def test_a_row_is_the_backtest_of_its_scores(report):
    table = sweep(report, **ASKED).set_index(["model", "policy", "costs", "capital"])
    worth = worth_of_report(report, "TopN(10)", "square-root", 1e9)
    for model, book in worth.books.items():
        row = table.loc[(model, "TopN(10)", "square-root", 1e9)]
        np.testing.assert_array_equal(row[["net", "net low", "net high"]], book.costs().loc["net"])
        assert row["Sharpe"] == book.statistics().loc["Sharpe", "value"]
    league = next(iter(worth.tables.values()))
    assert all(table.loc[(m, "TopN(10)", "square-root", 1e9), "rank"] == league.loc[m, "rank"] for m in league.index)

def test_one_and_two_workers_leave_the_same_bytes_and_a_killed_sweep_goes_on(report):
    ask = SMALL | {"policies": ["Quantiles(5)", "TopN(10)"]}
    sweep(report, **ask)
    files = ("results.parquet", "results.csv", "plan.json")
    one = {name: (report / "sweep" / name).read_bytes() for name in files}
    units = {p.relative_to(report): p.read_bytes() for p in report.glob("sweep/units/*/scores.parquet")}
    keys = sorted(p.parent.name for p in units)
    shutil.rmtree(report / "sweep")
    code = f"import neuralpha as na; na.sweep({str(report)!r}, jobs=2, **{ask!r})"
    killed = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    deadline = time.time() + 120
    while not _traded(report) and killed.poll() is None and time.time() < deadline:
        time.sleep(0.01)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    left = _traded(report)
    assert left and not (report / "sweep/plan.json").exists()
    sweep(report, **ask, jobs=2)
    assert left.items() <= _traded(report).items() and sorted(_traded(report)) == keys
    assert {name: (report / "sweep" / name).read_bytes() for name in files} == one
    assert {name: (report / name).read_bytes() for name in units} == units
    assert not [p for p in report.rglob("*traded*")]

def test_a_backtest_done_as_on_a_node_leaves_the_same_unit(report):
    import json
    from neuralpha.core import canonical_json
    from neuralpha.report.sweep import _experiments
    from neuralpha.study.backtests import traded_file, write_traded
    from neuralpha.study.cluster import run_remotely
    from neuralpha.study.units import UnitStore

    sweep(report, **SMALL)
    study = load_study(report / "study.json")
    [experiment] = _experiments(report, study, make_plan(study, **SMALL), None, None)
    beside = UnitStore(report.parent / "beside")
    write_traded(beside, experiment.universe, experiment.scores)
    traded = traded_file(beside, experiment.universe).read_bytes()
    said = [canonical_json(value) for value in (study.model_dump(mode="json"), experiment.order["plan"])]
    for unit in experiment.units():
        files = run_remotely(said[0], experiment.universe, unit.key, "cpu", os.getcwd(), b"", "", said[1], traded)
        here = report / "sweep" / "units" / unit.key
        assert files[f"{unit.key}/scores.parquet"] == (here / "scores.parquet").read_bytes()
        numbers = [
            json.loads(text)["numbers"] for text in (files[f"{unit.key}/unit.json"], (here / "unit.json").read_text())
        ]
        assert numbers[0] == numbers[1]

def test_verify_derives_the_table_again(report):
    sweep(report, **SMALL)
    problems, checked = verify_report(report)
    assert not [p for p in problems if "sweep" in p] and checked["numbers"] > 2 * 12
    study = load_study(report / "study.json")
    assert _derived_sweep(report, study)[0] == []
    path = report / "sweep/results.parquet"
    table = pd.read_parquet(path)
    table.loc[1, "net"] += 0.01
    table.to_parquet(path, index=False)
    [found] = _derived_sweep(report, study)[0]
    assert found.startswith(f"sweep/results.parquet: net of {table.model[1]}: stored")

def test_a_study_that_was_swept_shows_it_on_a_page(report):
    from bs4 import BeautifulSoup

    table = sweep(report, **SMALL)
    page = BeautifulSoup((report / "sweep.html").read_text(), "html.parser")
    assert "sweep.html" in (report / "index.html").read_text()
    whole = page.select("table")[-1].select("tbody tr")
    assert len(whole) == len(table)
    assert whole[0].select("td")[1].text == table["model"][0] and table["policy"][0] in whole[0].text

class _Own(Policy):
    """Not of the grammar."""

def test_what_cannot_be_asked_is_one_clear_line(report, tmp_path):
    def refused(match, **asked):
        with pytest.raises(NeuralphaError, match=match):
            sweep(report, **asked)

    refused("Did you mean 'Quantiles'", policies=["Quantile(5)"])
    refused("cannot be kept as a line of text", policies=[_Own()])
    refused("costs name 'flat' twice", costs=["flat", "flat"])
    refused("over no capitals", capitals=[])
    refused("capital is -1.0; it must be a positive", capitals=[-1.0])
    refused("Did you mean 'ridge'", models=["rigde"])
    refused("Did you mean 'sim-tiny'", universes=["sim-tinny"])
    refused("jobs is 0", jobs=0)
    said = (report / "manifest.json").read_text()
    grouped = json.loads(said)
    grouped["study"]["split"] = {"scheme": "k_fold"}
    (report / "manifest.json").write_text(json.dumps(grouped))
    refused("A sweep ranks what could have been traded")
    (report / "manifest.json").write_text(said)
    moved = shutil.copytree(report, tmp_path / "elsewhere")
    with pytest.raises(NeuralphaError, match="is the report of swept"):
        sweep(moved)
