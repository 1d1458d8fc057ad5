# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.trees import *
import numpy as np
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.models.base import mean_ic, toy_problem

def _fit(**kw):
    X, y, fold = toy_problem(30, 200)
    t = y.target("rank")
    m = LightGBM(**{"n_trees": 200, **kw}).fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid]))
    return m, m.predict(X.view(fold.test)), X, y, fold

def test_trees_find_the_product_a_linear_model_cannot():
    m, s, X, y, fold = _fit()
    ok = np.isfinite(y.values[fold.test])
    rows = fold.test[ok]
    product = X.values[rows, 1]*X.values[rows, 2]
    assert np.corrcoef(s[ok], product)[0, 1] > .35

def test_threads_do_not_change_the_trees_and_seeds_do():
    a, b, c = _fit(threads=1)[1], _fit(threads=2)[1], _fit(seed=1)[1]
    np.testing.assert_array_equal(a, b)
    assert (a != c).any()

def test_boosting_stops_where_validation_stops_improving():
    m = _fit(patience=10)[0]
    best = max(m.history_, key=lambda h: h["valid_ic"])
    assert m.trees_ == best["tree"] and len(m.history_) <= best["tree"] + 10

def test_lags_show_the_past():
    def ic(m, s, X, y, fold):
        ok = np.isfinite(y.values[fold.test])
        return mean_ic(s[ok], y.values[fold.test][ok], X.panel.date_code[fold.test][ok])
    assert ic(*_fit(lags=[1, 2, 3, 4])) > ic(*_fit()) + .02
