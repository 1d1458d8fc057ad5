# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.ensembles import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.models.base import toy_problem
from neuralpha.models.ensembles import _by_row
from neuralpha.models.linear import Ridge
from neuralpha.models.nets import MLP
from neuralpha.models.predict import cross_predict
from neuralpha.models.trees import LightGBM

def test_stacking_finds_the_weights():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5000, 3))
    w = stacking_weights(x, x @ [0.6, 0.2, -0.3] + rng.normal(size=5000))
    np.testing.assert_allclose(w, [0.75, 0.25, 0], atol=0.05)
    assert stacking_weights(-np.abs(x), np.ones(5000)).tolist() == pytest.approx([1 / 3] * 3)

@pytest.fixture(scope="module")
def members():
    X, y, fold = toy_problem(40, 200)
    return [cross_predict(m, X, y, fold, seeds=1, progress=False) for m in (Ridge(), LightGBM(n_trees=60))]

def test_the_ensemble_beats_its_members(members):
    def ic(p):
        return p.summary()["ensemble"].iloc[0]

    for kind in ("z", "rank", "stack"):
        e = combine(members, kind)
        assert list(e.frame) == list(members[0].frame) and len(e.frame) == len(members[0].scores())
        assert ic(e) > np.mean([ic(p) for p in members]), kind
    assert ic(combine(members, "stack")) > ic(combine(members))

def test_stacking_never_sees_the_test_part(members):
    import copy

    blind = copy.deepcopy(members)
    for p in blind:
        p.frame["label"] = np.nan
    np.testing.assert_array_equal(combine(blind, "stack").scores(), combine(members, "stack").scores())

def test_members_must_fit_together(members):
    with pytest.raises(NeuralphaError, match="same name"):
        combine([members[0], members[0]])
    X, y, fold = toy_problem(40, 180)
    other = cross_predict(Ridge(alpha=1.0), X, y, fold, name="other", progress=False)
    with pytest.raises(NeuralphaError, match="same rows"):
        combine([members[0], other])
