# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.study.fit import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.study.bench import open_bench
from neuralpha.study.spec import make_study
from neuralpha.study.units import UnitStore

import os, signal, subprocess, sys, time

from neuralpha.study.fit import _work

TINY = {"name": "t", "universes": ["sim-tiny"], "features": "classic", "models": {"ridge": {}, "lightgbm": {"n_trees": 20}, "mlp": {"max_epochs": 2}},
        "split": {"train": "9M", "valid": "3M", "test": "6M"}}

def _scores(bench, store): return {u.key: (store.path(u.key)/"scores.parquet").read_bytes() for u in bench.units("cpu")}

def test_workers_share_the_units_and_a_killed_run_goes_on_to_the_same_bytes(tmp_path):
    bench = open_bench(make_study(TINY))
    alone, shared = UnitStore(tmp_path/"alone"), UnitStore(tmp_path/"shared")
    assert fit_units(bench, alone, "cpu") == {}
    code = ("import sys; from neuralpha.study.fit import *; from neuralpha.study.bench import open_bench\n"
            "fit_units(open_bench(sys.argv[1]), UnitStore(sys.argv[2]), 'cpu', jobs=2)")
    (tmp_path/"t.json").write_text(bench.study.model_dump_json())
    run = subprocess.Popen([sys.executable, "-c", code, str(tmp_path/"t.json"), str(shared.folder)])
    while run.poll() is None and not any(u.key in shared for u in bench.units("cpu")): time.sleep(.05)
    run.send_signal(signal.SIGKILL); run.wait()
    before = {u.key: (shared.path(u.key)/"unit.json").stat().st_mtime_ns for u in bench.units("cpu") if u.key in shared}
    assert fit_units(bench, shared, "cpu") == {}
    assert _scores(bench, shared) == _scores(bench, alone)
    for key, when in before.items(): assert (shared.path(key)/"unit.json").stat().st_mtime_ns == when # not fitted again
    assert not list((shared.folder/"locks").iterdir()) and not list(shared.folder.glob(".*-*"))

def test_a_failed_unit_is_kept_apart_and_tried_again(tmp_path):
    bench, store = open_bench(make_study({**TINY, "models": {"ridge": {}, "mlp": {"learning_rate": 1e30, "clip": 1e30, "max_epochs": 2}}})), UnitStore(tmp_path)
    failed = fit_units(bench, store, "cpu")
    assert {u.model for u in failed} == {"mlp"} and all("NeuralphaError" in e for e in failed.values())
    tests, holes = collect(bench, store, "cpu")
    assert set(tests) == {"ridge"} and "fold 0" in holes["mlp"]
    assert "Traceback" in store.failure(next(iter(failed)).key)["log"]

def test_stored_scores_become_the_predictions_cross_predict_gives(tmp_path):
    from neuralpha.models.predict import cross_predict
    bench, store = open_bench(make_study(TINY)), UnitStore(tmp_path)
    fit_units(bench, store, "cpu")
    tests, _ = collect(bench, store, "cpu")
    own = cross_predict(bench.model("mlp"), bench.X, bench.y, bench.folds, seeds=2, device="cpu", progress=False)
    pd.testing.assert_frame_equal(tests["mlp"].frame, own.frame)
    view = bench.X.view(bench.folds[0].test)
    np.testing.assert_array_equal(tests["mlp"].models[0, 1].predict(view), own.models[0, 1].predict(view))
