# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.features.pipeline import *
import inspect, re

import numpy as np

import pandas as pd

import pytest

from neuralpha.core import NeuralphaError

from neuralpha.data.universes import load_universe

from neuralpha.features.clusters import Anomaly

from neuralpha.features.compute import compute_features

from neuralpha.features.pipeline import (
    TRANSFORM_KINDS,
    Pipeline,
    step_facts,
    load_pipeline,
    make_transform,
    save_pipeline,
)

from neuralpha.features.selection import Select

from neuralpha.features.transforms import PrincipalComponents, Scale

from neuralpha.labels import forward_return

def small():
    """A table of features, the rows to learn from, and their target."""
    panel = load_universe("sim-tiny")
    X = compute_features(panel, "classic")
    y = forward_return(panel, 5, 1)
    rows = np.flatnonzero(y.labelled & (panel.date_code < 300))
    return X, rows, y.values[rows]

def test_a_transform_is_made_by_name_and_refuses_what_it_does_not_know():
    assert make_transform("pca", n=3).n == 3
    for wrong, said in [
        (dict(kind="pcb"), "pca"),
        (dict(kind="pca", m=3), "parameter of pca"),
        (dict(kind="pca", n="3"), "must be int"),
        (dict(kind="pca", n=True), "must be int"),
        (dict(kind="select", by="lassoo"), "lasso"),
    ]:
        with pytest.raises(NeuralphaError, match=said):
            make_transform(**wrong)

@pytest.mark.parametrize("kind", TRANSFORM_KINDS)
def test_a_transform_says_what_its_parameters_are(kind):
    described = inspect.getdoc(TRANSFORM_KINDS[kind]).partition("Parameters")[2]
    for name in inspect.signature(TRANSFORM_KINDS[kind]).parameters:
        if name != "seed":  # one word for all
            assert re.search(rf"^{name} : .*\n    \S", described, re.MULTILINE), name

def test_what_is_learnt_knows_the_training_rows_alone():
    from dataclasses import replace

    X, rows, target = small()
    steps = Pipeline(["scale", dict(kind="select", by="lasso", n=5), dict(kind="pca", n=2), "clusters", "anomaly"])
    later = X.panel.date_code >= 300
    other = replace(X, values=np.where(later[:, None], 9 - 2 * X.values, X.values).astype(np.float32))
    mine, theirs = steps.fitted(X, rows, target), steps.fitted(other, rows, target)
    assert mine.key == theirs.key
    np.testing.assert_array_equal(mine.apply(X).values[rows], theirs.apply(other).values[rows])
    assert mine.key != steps.fitted(X, rows[: len(rows) // 2], target[: len(rows) // 2]).key
    assert not hasattr(steps.steps[0], "scaler_")

def test_a_step_of_ones_own_that_fails_or_is_none_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = ["class Fails:", "    def fit(self, X, rows, target):", "        return target[1.5]"]
    lines += ["    def apply(self, X):", "        return X", "made = Fails()"]
    (tmp_path / "mine.py").write_text("\n".join(lines))
    with pytest.raises(NeuralphaError, match=r"The transform mine.py:Fails fails: IndexError: .* \(mine.py, line 3\)"):
        Pipeline("mine.py:Fails").fitted(*small())
    with pytest.raises(NeuralphaError, match="mine.py:made is no transform: it is .*give a class"):
        Pipeline("mine.py:made")

def test_what_a_step_makes_is_looked_at():
    class Twice:
        def fit(self, X, rows, target=None):
            return self

        def apply(self, X):
            return X.select([X.names[0], X.names[0]])

    X, rows, target = small()
    with pytest.raises(NeuralphaError, match="two columns"):
        Pipeline([Twice()]).fitted(X, rows, target)
    with pytest.raises(NeuralphaError, match="has no fit"):
        Pipeline([object()])
    with pytest.raises(NeuralphaError, match="empty list"):
        Pipeline([])

@pytest.mark.parametrize("kind", TRANSFORM_KINDS)
def test_every_transform_comes_back_from_its_folder(kind, tmp_path):
    X, rows, target = small()
    steps = Pipeline([dict(kind=kind, **({"n": 3} if kind == "select" else {}))]).fitted(X, rows, target)
    save_pipeline(steps, tmp_path)
    again = load_pipeline(tmp_path)
    assert again.key == steps.key and repr(again) == repr(steps)
    np.testing.assert_array_equal(again.stages(X)[-1].values, steps.stages(X)[-1].values)

def test_what_cannot_be_kept_is_refused_by_name(tmp_path):
    class Odd:
        def fit(self, X, rows, target=None):
            self.function_ = print
            return self

        def apply(self, X):
            return X

    X, rows, target = small()
    with pytest.raises(NeuralphaError, match="function_ of the transform"):
        save_pipeline(Pipeline([Odd()])._fitted(X, rows, target), tmp_path)

def test_facts_say_what_was_kept_and_explained():
    X, rows, target = small()
    steps = Pipeline([dict(kind="select", n=6), dict(kind="clusters", n=3), dict(kind="pca", n=2)]).fitted(
        X, rows, target
    )
    select, clusters, pca = step_facts(steps, X, rows)
    assert select["features_out"] == 6 == len(select["kept"]) and len(select["dropped"]) == len(X.names) - 6
    assert sum(clusters["shares"]) == pytest.approx(1) and len(clusters["shares"]) == 3
    assert pca["added"] == ["pc_1", "pc_2"] and pca["kept"] == [] and 0 < pca["explained"][1] <= pca["explained"][0] < 1
