# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.fitting import *
from dataclasses import replace
import numpy as np
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.models.base import toy_problem
from neuralpha.models.linear import OLS, ElasticNet, Logistic, Ridge
from neuralpha.models.nets import MLP
from neuralpha.models.trees import LightGBM

def test_weights_reach_the_models_that_take_them_and_know_the_training_rows_alone():
    from sklearn.linear_model import Ridge as Line
    from neuralpha.labels import uniqueness
    from neuralpha.models.registry import as_model

    X, y, fold = toy_problem(15, 120)
    seen = []

    def weights(label, rows):
        seen.append(rows)
        return np.where(np.isin(np.arange(label.panel.n_rows), rows), 1 + np.arange(label.panel.n_rows) % 3, np.nan)

    unit = fit_unit(as_model(Line()), X, y, fold, weights=weights)
    twin = Line().fit(
        X.values[fold.train],
        y.target("rank")[fold.train],
        sample_weight=(1 + fold.train % 3) / (1 + fold.train % 3).mean(),
    )
    np.testing.assert_array_equal(unit.scores, twin.predict(X.values[fold.test]).astype(np.float32))
    np.testing.assert_array_equal(seen[0], fold.train)
    plain, weighed = (fit_unit(LightGBM(n_trees=5), X, y, fold, weights=w, refit=True) for w in (None, weights))
    assert (plain.scores != weighed.scores).any() and len(seen[-1]) == len(fold.train) + len(fold.valid)
    fit_unit(LightGBM(n_trees=2), X, y, fold, weights=uniqueness)
    for bad, said in (
        (lambda y, rows: -np.ones(y.panel.n_rows), "no weight, or a negative"),
        (lambda y, rows: rows, "one per row of the panel"),
    ):
        with pytest.raises(NeuralphaError, match=said):
            fit_unit(LightGBM(n_trees=2), X, y, fold, weights=bad)
    with pytest.raises(NeuralphaError, match="logistic takes no weights"):
        fit_unit(Logistic(), X, y, fold, weights=weights)

@pytest.mark.parametrize(
    "model",
    [
        Ridge(alpha=0.01),
        OLS(),
        ElasticNet(alpha=1e-4),
        MLP(hidden=(8,), max_epochs=3, loss="mse", device="cpu"),
        MLP(hidden=(8,), max_epochs=3, device="cpu"),
    ],
    ids=repr,
)
def test_a_row_that_weighs_nothing_is_as_if_it_were_not_there(model):
    """Half of the dates weigh nothing: a line is the other half's; a net differs; equal weights change nothing."""
    X, y, fold = toy_problem(15, 120)
    late = fold.train[X.panel.date_code[fold.train] >= 30]

    def some(y, rows):
        return (y.panel.date_code >= 30).astype(float)

    weighed = fit_unit(model, X, y, fold, weights=some)
    equal, plain = (
        fit_unit(model, X, y, fold, weights=lambda y, rows: np.full(y.panel.n_rows, 3.0)),
        fit_unit(model, X, y, fold),
    )
    np.testing.assert_allclose(equal.scores, plain.scores, rtol=1e-4, atol=1e-5)
    assert np.abs(weighed.scores - plain.scores).max() > 1e-3
    if not model.gpus:
        from dataclasses import replace

        half = fit_unit(model, X, y, replace(fold, train=late))
        assert np.corrcoef(weighed.scores, half.scores)[0, 1] > 0.9999

def test_a_score_that_is_not_finite_is_refused_and_an_empty_part_has_none():
    X, y, fold = toy_problem(15, 120)
    model = Ridge(alpha=1.0)
    fit_on(model, X, y.target("rank"), fold)
    assert len(checked_scores(model, X, fold, "test")) == len(fold.test)
    assert checked_scores(model, X, replace(fold, valid=fold.valid[:0]), "valid").shape == (0,)
    model.coef_[0] = np.nan
    with pytest.raises(NeuralphaError, match=f"gave {len(fold.test)} test scores that are not finite in fold 0"):
        checked_scores(model, X, fold, "test")

def test_a_device_is_given_to_a_model_that_named_none():
    X, y, fold = toy_problem(15, 120)
    assert fit_unit(MLP(max_epochs=1), X, y, fold, device="cpu").model.device == "cpu"
    with pytest.raises(NeuralphaError, match="cuda:77"):
        fit_unit(MLP(max_epochs=1, device="cuda:77"), X, y, fold, device="cpu")
    assert fit_unit(Ridge(alpha=1.0), X, y, fold, device="cpu").model.alpha == 1.0
