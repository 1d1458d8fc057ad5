# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.explain import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.models.base import toy_problem
from neuralpha.models.linear import Ridge
from neuralpha.models.losses import LOSSES
from neuralpha.models.mixers import CrossAttention
from neuralpha.models.nets import MLP
from neuralpha.models.predict import cross_predict
from neuralpha.models.recurrent import LSTM
from neuralpha.models.registry import make_model, model_names
from neuralpha.models.trees import DoubleEnsemble, LightGBM

@pytest.fixture(scope="module")
def problem():
    X, y, fold = toy_problem(24, 160, noise=.3)
    t = y.target("rank")
    fit = lambda m: m.fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid]))
    return X, y, fold, fit

SMALL = {"max_epochs": 2, "window": 4, "n_trees": 20, "scales": (1, 2), "pretrain_epochs": 1, "threads": 1}

@pytest.mark.slow
@pytest.mark.parametrize("name", model_names())
def test_every_model_of_the_zoo_is_explained(name, problem):
    X, y, fold, fit = problem
    m = make_model(name)
    model = fit(m.clone(**{k: v for k, v in SMALL.items() if k in m.get_params()}))
    e = explain(model, X, fold.test[:24])
    lookup = dict(zip(fold.test, model.predict(X.view(fold.test))))
    np.testing.assert_allclose(e.scores, [lookup[r] for r in e.rows], atol=1e-5)
    assert e.relative_error < (.06 if hasattr(model, "net_") else 1e-5)
    assert e.values.shape[0] == 24 and e.values.shape[2] == 4 and np.isfinite(e.values).all()

@pytest.mark.parametrize("model", [Ridge(), LightGBM(n_trees=30, lags=(1, 3), threads=1), DoubleEnsemble(n_trees=10, members=2, threads=1),
                                   MLP(max_epochs=3), LSTM(window=4, max_epochs=2), LSTM(window=3, max_epochs=1, loss="buy_hold_sell"), LSTM(window=3, max_epochs=1, loss="quantile")], ids=repr)
def test_attributions_sum_to_the_score(model, problem):
    X, y, fold, fit = problem
    model = fit(model)
    e = explain(model, X, fold.test[:60])
    lookup = dict(zip(fold.test, model.predict(X.view(fold.test))))
    np.testing.assert_allclose(e.scores, [lookup[r] for r in e.rows], atol=1e-5)
    assert e.relative_error < (.03 if hasattr(model, "net_") else 1e-5)
    np.testing.assert_array_equal(e.values, explain(model, X, fold.test[:60]).values)

def test_a_linear_model_is_its_coefficients(problem):
    X, y, fold, fit = problem
    model = fit(Ridge(alpha=.1))
    a, b = fold.test[3], fold.test[40]
    e = explain(model, X, [a, b])
    got = e.values[list(e.rows).index(b), 0] - e.values[list(e.rows).index(a), 0]
    np.testing.assert_allclose(got, model.coef_*(X.values[b] - X.values[a])/model.sd_, atol=1e-6)

def test_a_net_across_assets_is_explained_with_its_peers_in_place(problem):
    X, y, fold, fit = problem
    model = fit(CrossAttention(window=2, max_epochs=2, width=8, heads=2))
    rows = fold.test[[0, 7, 30]]
    e = explain(model, X, rows)
    lookup = dict(zip(fold.test, model.predict(X.view(fold.test))))
    np.testing.assert_allclose(e.scores, [lookup[r] for r in e.rows], atol=1e-5)
    assert abs(e.error).max() < .05*abs(e.scores - e.base).max() and len(set(e.base)) == 3

def test_the_planted_features_and_lags_are_found(problem):
    X, y, fold, fit = problem
    e = explain(fit(LSTM(window=8, learning_rate=1e-2, max_epochs=12, batch_rows=256)), X, fold.test)
    past = e.lag_map().loc["past"]
    assert past[[-4, -3, -2, -1, 0]].min() > 2*past[[-7, -6]].max()
    assert list(past.index) == list(range(-7, 1)) and e.lag_map().loc["linear"].idxmax() == 0
    assert e.lag_map()[[-7, -6]].max().max() < .3*e.importance().min()

def test_the_long_table_holds_every_number(problem):
    X, y, fold, fit = problem
    e = explain(fit(LSTM(window=3, max_epochs=1)), X, fold.test[:10])
    f = e.frame()
    assert list(f) == ["model", "fold", "seed", "date", "asset", "feature", "lag", "value"] and len(f) == 10*3*4
    one = f[(f.feature == "right") & (f.lag == 2)].set_index(["date", "asset"])["value"]
    p, r = X.panel, e.rows[4]
    assert one[pd.Timestamp(p.dates[p.date_code[r]]), p.assets[p.asset_code[r]]] == e.values[4, 0, 2]
    sums = f.groupby(["date", "asset"])["value"].sum().reindex(X.panel.index[e.rows])
    np.testing.assert_allclose(sums, e.by_feature.sum(1), atol=1e-6)

def test_predictions_are_explained_by_the_model_of_each_fold(problem):
    from neuralpha.splits import walk_forward
    X, y, fold, fit = problem
    folds = walk_forward(y, "3M", "1M", "1M", embargo=0)
    p = cross_predict(Ridge(), X, y, folds, progress=False)
    e = explain(p, X, n_rows=60)
    assert set(e.fold) == {f.number for f in folds} and len(e.rows) == 60//len(folds)*len(folds)
    np.testing.assert_allclose(e.scores, p.scores(0).reindex(X.panel.index[e.rows]), atol=1e-5)
    assert set(explain(p, X, folds[-1].test[:9]).rows) == set(folds[-1].test[:9])

def test_module_and_function_share_a_name(problem):
    import neuralpha.explain
    X, y, fold, fit = problem
    assert neuralpha.explain(fit(Ridge(alpha=1.)), X, fold.test[:3]).model == "ridge"

def test_what_cannot_be_explained_is_named(problem):
    X, y, fold, fit = problem
    with pytest.raises(NeuralphaError, match="no exact tree"): explain(object(), X)
    with pytest.raises(NeuralphaError, match="no rows"): explain(fit(Ridge(alpha=1.)), X, [])
