# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.study.fit import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.models.registry import load_model
from neuralpha.study.experiment import open_experiment
from neuralpha.study.spec import make_study
from neuralpha.study.units import UnitStore

def test_a_failed_unit_is_kept_apart_and_tried_again(tmp_path):
    experiment = open_experiment(
        make_study({**TINY, "models": {"ridge": {}, "mlp": {"learning_rate": 1e30, "clip": 1e30, "max_epochs": 2}}})
    )
    store = UnitStore(tmp_path)
    failed = fit_units(experiment, store, "cpu")
    assert {u.model for u in failed} == {"mlp"} and all("NeuralphaError" in e for e in failed.values())
    tests, missing = collect(experiment, store, "cpu")
    assert set(tests) == {"ridge"} and "fold 0" in missing["mlp"]
    assert "Traceback" in store.failure(next(iter(failed)).key)["log"]

def test_seeds_trained_together_are_fitted_once_by_whoever_comes_first(tmp_path, monkeypatch):
    from neuralpha.models import vectorised_seeds

    study = make_study({**TINY, "models": {"ridge": {}, "mlp": {"max_epochs": 2}}, "vectorised_seeds": ["mlp"]})
    experiment = open_experiment(study)
    store = UnitStore(tmp_path / "a")
    runs = []
    fit = vectorised_seeds.fit_seeds
    monkeypatch.setattr(vectorised_seeds, "fit_seeds", lambda *a: runs.append(a[4]) or fit(*a))
    assert fit_units(experiment, store, "cpu") == {} and runs == [[0, 1]] * len(experiment.folds)
    own = [
        u.scores for u in fit(experiment.model("mlp"), experiment.X, experiment.y, experiment.folds[0], [0, 1], "cpu")
    ]
    for u in experiment.units("cpu"):
        if u.model == "mlp" and u.fold == 0:
            np.testing.assert_array_equal(store.scores(u.key).query("part == 'test'")["score"], own[u.seed])
    other = UnitStore(tmp_path / "b")
    assert fit_units(experiment, other, "cpu", jobs=2) == {} and _scores(experiment, other) == _scores(
        experiment, store
    )
    last = [u for u in experiment.units("cpu") if u.model == "mlp"][-1]
    shutil.rmtree(store.path(last.key))  # as after a crash between two of them
    assert fit_units(experiment, store, "cpu") == {} and _scores(experiment, other) == _scores(experiment, store)
    broken = open_experiment(make_study({**TINY, "models": {"mlp": {"norm": "batch"}}, "vectorised_seeds": ["mlp"]}))
    failed = fit_units(broken, store, "cpu")
    assert len(failed) == len(broken.units("cpu")) and all("batch norm keeps" in e for e in failed.values())

def test_fits_begin_with_what_the_search_of_their_fold_found(tmp_path):
    study = make_study(
        {
            **TINY,
            "models": {"ridge": {}, "mlp": {"max_epochs": 2}},
            "tune": {"trials": 3, "models": {"ridge": {"trials": 0}}},
        }
    )
    experiment = open_experiment(study)
    plain = open_experiment(make_study({**TINY, "models": study.models}))
    store = UnitStore(tmp_path / "a")
    assert fit_units(experiment, store, "cpu") == {}
    records = {(r["model"], r["fold"]): r["params"] for r in search_records(experiment, store, "cpu")}
    tests, _ = collect(experiment, store, "cpu")
    for (fold, seed), model in ((k, tests["mlp"].models[k]) for k in list(tests["mlp"].models)):
        params = model.get_params()
        assert (
            {k: params[k] for k in records["mlp", fold]} == records["mlp", fold]
            and params["seed"] == seed
            and params["max_epochs"] == 2
        )
    assert [u.key for u in experiment.units("cpu") if u.model == "ridge"] == [
        u.key for u in plain.units("cpu") if u.model == "ridge"
    ]
    other = UnitStore(tmp_path / "b")
    assert search_units(experiment, other, "cpu", jobs=2) == search_records(
        experiment, store, "cpu"
    )  # two workers find the same
    assert fit_units(experiment, other, "cpu", jobs=2) == {} and _scores(experiment, other) == _scores(
        experiment, store
    )

def test_a_search_that_finds_nothing_fails_its_fits_and_only_them(tmp_path):
    study = make_study(
        {
            **TINY,
            "models": {"ridge": {}, "mlp": {"clip": 1e30}},
            "tune": {
                "trials": 1,
                "models": {"ridge": {"trials": 0}, "mlp": {"space": {"learning_rate": ["choice", [1e36]]}}},
            },
        }
    )
    failed = fit_units(open_experiment(study), UnitStore(tmp_path), "cpu")
    assert {u.model for u in failed} == {"mlp"} and all(
        "None of 1 trials of mlp finished" in e and "diverged" in e for e in failed.values()
    )

def _scores(experiment, store):
    return {u.key: (store.path(u.key) / "scores.parquet").read_bytes() for u in experiment.units("cpu")}

def test_workers_share_the_units_and_a_killed_run_goes_on_to_the_same_bytes(tmp_path):
    experiment = open_experiment(make_study(TINY))
    alone = UnitStore(tmp_path / "alone")
    shared = UnitStore(tmp_path / "shared")
    assert fit_units(experiment, alone, "cpu") == {}
    code = (
        "import sys; from neuralpha.study.fit import *; from neuralpha.study.experiment import open_experiment\n"
        "fit_units(open_experiment(sys.argv[1]), UnitStore(sys.argv[2]), 'cpu', jobs=2)"
    )
    (tmp_path / "t.json").write_text(experiment.study.model_dump_json())
    run = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "t.json"), str(shared.folder)])
    while run.poll() is None and not any(u.key in shared for u in experiment.units("cpu")):
        time.sleep(0.05)
    run.send_signal(signal.SIGKILL)
    run.wait()
    before = {
        u.key: (shared.path(u.key) / "unit.json").stat().st_mtime_ns for u in experiment.units("cpu") if u.key in shared
    }
    assert fit_units(experiment, shared, "cpu") == {}
    assert _scores(experiment, shared) == _scores(experiment, alone)
    for key, when in before.items():
        assert (shared.path(key) / "unit.json").stat().st_mtime_ns == when  # not fitted again
    assert not list((shared.folder / "locks").iterdir()) and not list(shared.folder.glob(".*-*"))

def test_workers_that_mean_other_tasks_than_their_run_end_it(tmp_path):
    class Older(Experiment):
        def units(self, device="auto"):
            return [replace(u, inputs=u.inputs + " ") for u in super().units(device)]  # as with a line of code less

    b = open_experiment(make_study({**TINY, "models": {"ridge": {}}}))
    with pytest.raises(NeuralphaError, match="changed while the study was running"):
        fit_units(Older(b.study, b.universe, b.panel, b.y, b.folds), UnitStore(tmp_path), "cpu", jobs=2)

def test_a_fit_that_was_killed_goes_on_with_the_epoch_it_was_at(tmp_path, monkeypatch):
    from neuralpha.models.training import loop

    experiment = open_experiment(
        make_study({**TINY, "models": {"mlp": {"max_epochs": 5, "patience": 5, "refit": True}}, "seeds": 1})
    )
    whole = UnitStore(tmp_path / "whole")
    cut = UnitStore(tmp_path / "cut")
    saved = []
    save = loop.save_checkpoint

    def spy(*a):
        save(*a)
        saved.append(a[0])
        if a[0].is_relative_to(cut.folder) and len(saved) == stop:
            raise KeyboardInterrupt

    monkeypatch.setattr(loop, "save_checkpoint", spy)
    first = experiment.units("cpu")[0]
    fit_one(experiment, first, whole, "cpu")
    total = len(saved)
    stop = 3
    for _ in range(2):  # while it is fitted, and while it is fitted again
        saved.clear()
        with pytest.raises(KeyboardInterrupt):
            fit_one(experiment, first, cut, "cpu")
    saved.clear()
    stop = 0
    fit_one(experiment, first, cut, "cpu")
    assert len(saved) == total - 6 > 0
    assert (cut.path(first.key) / "scores.parquet").read_bytes() == (
        whole.path(first.key) / "scores.parquet"
    ).read_bytes()
    assert not [p for s in (whole, cut) for p in (s.folder / "checkpoints").iterdir()]

def test_fits_that_are_missing_without_a_failure_say_what_may_have_happened(tmp_path):
    experiment = open_experiment(make_study(TINY))
    found, missing = collect(experiment, UnitStore(tmp_path))
    assert found == {} and set(missing) == set(experiment.study.models)
    assert all("did either change while the study ran?" in why for why in missing.values())

import os, shutil, signal, subprocess, sys, time

from dataclasses import replace

from neuralpha.study.experiment import Experiment

from neuralpha.study.search import search_records

TINY = {
    "name": "t",
    "universes": ["sim-tiny"],
    "features": "classic",
    "models": {"ridge": {}, "lightgbm": {"n_trees": 20}, "mlp": {"max_epochs": 2}},
    "split": {"train": "9M", "valid": "3M", "test": "6M"},
}

def test_stored_scores_become_the_predictions_cross_predict_gives(tmp_path):
    from neuralpha.models.predict import cross_predict

    experiment = open_experiment(make_study(TINY))
    store = UnitStore(tmp_path)
    fit_units(experiment, store, "cpu")
    tests, _ = collect(experiment, store, "cpu")
    own = cross_predict(
        experiment.model("mlp"), experiment.X, experiment.y, experiment.folds, seeds=2, device="cpu", progress=False
    )
    pd.testing.assert_frame_equal(tests["mlp"].frame, own.frame)
    view = experiment.X.view(experiment.folds[0].test)
    np.testing.assert_array_equal(tests["mlp"].models[0, 1].predict(view), own.models[0, 1].predict(view))

def test_models_that_are_fitted_again_give_other_scores_and_the_same_validation_scores(tmp_path):
    from neuralpha.models.predict import cross_predict

    plain, again = (
        open_experiment(make_study({**TINY, "models": {"ridge": {"refit": r}, "lightgbm": {"n_trees": 5}}}))
        for r in (False, True)
    )
    stores = UnitStore(tmp_path / "plain"), UnitStore(tmp_path / "again")
    for experiment, store in zip((plain, again), stores):
        assert fit_units(experiment, store, "cpu") == {}
    (before, _), (after, _) = collect(plain, stores[0], "cpu"), collect(again, stores[1], "cpu")
    own = cross_predict(again.model("ridge"), again.X, again.y, again.folds, device="cpu", progress=False, refit=True)
    pd.testing.assert_frame_equal(after["ridge"].frame, own.frame)
    assert (after["ridge"].frame["score"] != before["ridge"].frame["score"]).any()
    pd.testing.assert_frame_equal(after["lightgbm"].frame, before["lightgbm"].frame)

def test_of_an_agent_the_seeds_that_validation_chose_act_together(tmp_path):
    values = {**TINY, "models": {"gradient": dict(rounds=1, updates=2, bars=10, hidden=4, keep=1)}, "portfolio": {}}
    experiment, store = open_experiment(make_study(values)), UnitStore(tmp_path)
    assert fit_units(experiment, store, "cpu") == {}
    found = collect(experiment, store, "cpu")[0]["gradient"]
    for fold in experiment.folds:
        worth = {seed: max(look["valid_reward"] for look in found.histories[fold.number, seed]) for seed in found.seeds}
        best = max(worth, key=worth.get)
        said = found.frame[found.frame["fold"] == fold.number].set_index("seed")["score"]
        assert np.array_equal(said[-1], said[best]) and len(worth) == 2
        unit = next(u for u in experiment.units("cpu") if (u.fold, u.seed) == (fold.number, best))
        kept = load_model(store.path(unit.key) / "model")
        again = kept.predict(experiment.X.view(fold.test))
        assert np.array_equal(again, said[best])

OWN = """
from dataclasses import dataclass
from neuralpha.models.linear import Ridge

@dataclass(kw_only=True, repr=False, eq=False)
class Mine(Ridge):
    name = "mine"

def gap(frame):
    return frame["open"] / frame.groupby("asset")["close"].shift(1) - 1
"""

def test_workers_fit_parts_of_ones_own_that_lie_beside_the_study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mystudy").mkdir()
    (tmp_path / "mystudy" / "own.py").write_text(OWN)
    (tmp_path / "mystudy" / "study.toml").write_text(
        'name = "t"\nuniverses = ["sim-tiny"]\nfeatures = ["classic", "own.py:gap"]\n'
        '[split]\ntrain = "9M"\nvalid = "3M"\ntest = "6M"\n[models.ridge]\n[models.mine]\nmodel = "own.py:Mine"\n'
        '[models.trees]\nmodel = "sklearn.ensemble:ExtraTreesRegressor"\nn_estimators = 10\nmin_samples_leaf = 50\n'
    )
    experiment = open_experiment("mystudy/study.toml")
    store = UnitStore(tmp_path / "units")
    fit_study([experiment], store, "cpu", jobs=1)
    assert failures(experiment.units("cpu"), store) == {}
    found, missing = collect(experiment, store, "cpu")
    assert not missing and {*found} == {"ridge", "mine", "trees"} and "gap" in experiment.X.names
    pd.testing.assert_series_equal(found["mine"].scores(), found["ridge"].scores(), check_names=False)
    for name, kind in (("mine", "Mine"), ("trees", "ExtraTreesRegressor")):
        model = found[name].models[0, 0]
        fold = experiment.folds[0]
        assert type(model).__name__ == kind
        stored = found[name].frame.query("fold == 0 and seed == 0")["score"]
        np.testing.assert_array_equal(model.predict(experiment.X.view(fold.test)), stored)
