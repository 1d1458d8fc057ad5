# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.nets import *
import numpy as np
import pytest
import torch
from neuralpha.core import NeuralphaError
from neuralpha.models.base import mean_ic, toy_problem

def _fit(model, **problem):
    X, y, fold = toy_problem(**{"n_assets": 30, "n_dates": 200, **problem})
    t = y.target("rank")
    model.fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid]))
    ok = fold.test[np.isfinite(y.values[fold.test])]
    return mean_ic(model.predict(X.view(ok)), y.values[ok], X.panel.date_code[ok])

def test_an_mlp_finds_the_product_and_a_window_finds_the_past():
    kw = dict(learning_rate=1e-2, batch_rows=256)
    near, far = _fit(MLP(**kw)), _fit(MLP(window=5, **kw))
    assert near > .45 and far > near + .05

def test_scores_do_not_depend_on_the_order_of_the_rows():
    m = MLP(max_epochs=1, window=3)
    _fit(m)
    X, y, fold = toy_problem(30, 200)
    order = np.random.default_rng(0).permutation(len(fold.test))
    np.testing.assert_allclose(m.predict(X.view(fold.test[order])), m.predict(X.view(fold.test))[order], atol=1e-6)
