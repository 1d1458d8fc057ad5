# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.study.search import *
import numpy as np
import pandas as pd
import pytest
from dataclasses import replace
from neuralpha.core import NeuralphaError
from neuralpha.study.experiment import open_experiment
from neuralpha.study.recipe import trial_moments, trial_sharpe
from neuralpha.study.spec import make_study
from neuralpha.study.fit import search_units
from neuralpha.study.units import UnitStore

SMALL = {
    "name": "small",
    "universes": ["sim-tiny"],
    "features": "classic",
    "models": {"ridge": {}, "mlp": {"max_epochs": 2}, "lightgbm": {"n_trees": 20}},
    "split": {"train": "9M", "valid": "3M", "test": "6M"},
    "tune": {"trials": 3, "models": {"ridge": {"trials": 0}}},
}

def _records(experiment, folder):
    return search_units(experiment, UnitStore(folder), "cpu")

def test_a_study_searches_every_model_in_every_fold_and_repeats_to_the_byte(tmp_path):
    experiment = open_experiment(make_study(SMALL))
    records = _records(experiment, tmp_path / "a")
    assert [(r["model"], r["fold"]) for r in records] == [("mlp", 0), ("lightgbm", 0), ("mlp", 1), ("lightgbm", 1)]
    assert all(
        len(r["tried"]) == 3 and r["valid_ic"] == max(t["valid_ic"] for t in r["tried"] if t["valid_ic"] is not None)
        for r in records
    )
    assert records == _records(open_experiment(make_study(SMALL)), tmp_path / "b")
    assert (
        records[0]["tried"][0]["params"] == records[2]["tried"][0]["params"]
        and records[0]["params"] != records[1]["params"]
    )

def test_no_search_sees_prices_features_or_labels_after_its_training_part(tmp_path):
    study = make_study(
        {**SMALL, "models": {"mlp": {"max_epochs": 2}, "lightgbm": {"n_trees": 20}}, "tune": {"trials": 2}}
    )
    experiment = open_experiment(study)
    experiment = replace(experiment, folds=experiment.folds[:1])
    before = _records(experiment, tmp_path / "a")
    p = experiment.panel
    last = (
        p.date_code[experiment.folds[0].train].max() + experiment.y.horizon + experiment.y.delay
    )  # the last label of a training row is known there
    late = p.date_code > last
    rng = np.random.default_rng(0)
    for name, v in p.fields.items():
        p.fields[name] = np.where(late, v * rng.uniform(0.2, 5, len(v)), v).astype(v.dtype)
    experiment.X.values[late] = rng.normal(size=experiment.X.values[late].shape)
    experiment.y.values[late] = rng.normal(size=late.sum())
    experiment.y.values[p.date_code > p.date_code[experiment.folds[0].train].max()] = 9.0
    assert _records(experiment, tmp_path / "b") == before
    for name, v in p.fields.items():
        p.fields[name] = (v * rng.uniform(0.2, 5, len(v))).astype(v.dtype)
    changed = _records(experiment, tmp_path / "c")
    assert [t["sharpe"] for t in changed[0]["tried"]] != [
        t["sharpe"] for t in before[0]["tried"]
    ]  # the test would see it
    assert [t["valid_ic"] for t in changed[0]["tried"]] == [t["valid_ic"] for t in before[0]["tried"]]

def test_a_trials_sharpe_ratio_is_that_of_its_portfolio(tmp_path):
    from neuralpha.evaluate.metrics import evaluate_scores
    from neuralpha.models.tuning import inner_fold

    experiment = open_experiment(make_study(SMALL))
    rows = inner_fold(experiment.y, experiment.folds[0]).valid
    scores = np.random.default_rng(0).normal(size=len(rows))
    values = np.full(experiment.panel.n_rows, np.nan)
    values[rows] = scores
    judge = trial_moments(experiment.y)
    for bps in (0.0, 5.0, 40.0):
        whole = evaluate_scores(values, experiment.panel, experiment.y, half_spread_bps=bps)
        assert trial_sharpe(judge(scores, rows), bps) == pytest.approx(whole["sharpe"]["per_bar"], rel=1e-9)
    assert trial_sharpe(judge(scores[:40], rows[:40]), 5.0) is None  # one date

def test_another_cost_searches_and_fits_nothing_again(tmp_path):
    cheap, dear = (open_experiment(make_study({**SMALL, "costs": {"half_spread_bps": bps}})) for bps in (5.0, 50.0))
    assert [u.key for u in cheap.units("cpu")] == [u.key for u in dear.units("cpu")]
    assert [s.key for s in cheap.searches("cpu").values()] == [s.key for s in dear.searches("cpu").values()]
    found = _records(cheap, tmp_path)
    again = search_records(dear, UnitStore(tmp_path), "cpu")  # nothing left to do
    assert [r["params"] for r in again] == [r["params"] for r in found]
    assert again[0]["tried"][0]["sharpe"] < found[0]["tried"][0]["sharpe"]

def test_budgets_share_a_journal_and_other_searches_do_not(tmp_path):
    def study(**tune):
        return make_study({**SMALL, "models": {"lightgbm": {"n_trees": 20}}, "tune": {"trials": 2} | tune})

    five = open_experiment(study(trials=5))
    store = UnitStore(tmp_path)
    long = _records(five, tmp_path)
    short = search_records(open_experiment(study()), store, "cpu")  # nothing left to do
    assert [r["tried"] for r in short] == [r["tried"][:2] for r in long]
    assert len(list((tmp_path / "searches").iterdir())) == 2

    def keys(s):
        return {u.key for u in open_experiment(s).searches("cpu").values()}

    assert keys(study()) == keys(study(trials=5)) and not keys(study()) & (
        keys(study(sampler="nsga2")) | keys(study(models={"lightgbm": {"space": {"l2": ["log", 0.1, 1.0]}}}))
    )
    with pytest.raises(NeuralphaError, match="search is not finished"):
        search_records(open_experiment(study(sampler="nsga2")), store, "cpu")

def test_minutes_are_said_not_to_repeat(tmp_path):
    study = make_study(
        {
            **SMALL,
            "models": {"ridge": {}, "lightgbm": {"n_trees": 20}},
            "tune": {"minutes": 1e-9, "models": {"ridge": {"trials": 0}}},
        }
    )
    records = _records(open_experiment(study), tmp_path)
    assert [len(r["tried"]) for r in records] == [1, 1] and repeatability(records).startswith(
        "Searched by minutes: lightgbm."
    )
    assert repeatability([{**r, "minutes": None} for r in records]) == ""

def test_everything_tried_is_counted():
    def tried(*s):
        return [{"sharpe": v, "bars": 100, "state": "complete"} for v in s]

    records = [
        {"model": "a", "fold": 0, "tried": tried(0.1, 0.3, None)},
        {"model": "b", "fold": 0, "tried": tried(0.2)},
        {"model": "a", "fold": 1, "tried": tried(5.1, 5.2)},
    ]
    n, away = trial_count(["a", "b", "c"], records)
    assert n == 3 + 1 + 2 + 1
    pooled = (sum((v - 0.2) ** 2 for v in (0.1, 0.3, 0.2)) + 2 * 0.05**2) / (5 - 2)  # five known ratios in two folds
    assert np.var(away, ddof=1) == pytest.approx(pooled) and sum(away) == pytest.approx(0)
    assert trial_count(["a"], []) == (1, None) and trial_count(["a"], records[1:2]) == (2, None)

def test_luck_on_few_dates_is_brought_to_the_length_of_the_test():
    rng, spread = (
        np.random.default_rng(0),
        lambda skill: [
            {
                "model": "a",
                "fold": f,
                "tried": [{"sharpe": v, "bars": n} for v in rng.normal(0, np.sqrt(skill + 1 / n), 3000)],
            }
            for f, n in enumerate((60, 120))
        ],
    )
    for skill in (0.0, 0.04):
        away = trial_count(["a"], spread(skill), bars=500)[1]
        assert np.var(away) == pytest.approx(skill + 1 / 500, rel=0.1)
