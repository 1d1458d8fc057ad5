# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.boosters import *
import numpy as np

import pytest

from neuralpha.attribution.explain import explain

from neuralpha.core import NeuralphaError

from neuralpha.models.base import toy_problem

from neuralpha.models.boosters import PATIENCE

from neuralpha.models.fitting import fit_unit

from neuralpha.models.registry import load_model, make_model

BOTH = ["xgboost:XGBRegressor", "catboost:CatBoostRegressor"]

SMALL = {
    "xgboost:XGBRegressor": {"max_depth": 3, "learning_rate": 0.3},
    "catboost:CatBoostRegressor": {"depth": 3, "learning_rate": 0.3},
}

@pytest.mark.parametrize("name", BOTH)
def test_a_booster_stops_early_and_comes_back_from_its_own_format(name, tmp_path):
    pytest.importorskip(name.partition(":")[0])
    X, y, fold = toy_problem(20, 160)
    model = make_model(name, **SMALL[name], **{"iterations" if "cat" in name else "n_estimators": 400})
    unit = fit_unit(model, X, y, fold, seed=3)
    losses = [r["valid_loss"] for r in unit.history]
    assert len(losses) < 400 and len(losses) - 1 - int(np.argmin(losses)) <= PATIENCE and unit.model.n_parameters > 10
    unit.model.save(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"model.json", unit.model.file}
    again = load_model(tmp_path)
    np.testing.assert_array_equal(again.predict(X.view(fold.test)), unit.scores)
    fit_unit(model, X, y, fold, seed=3).model.save(tmp_path / "twin")
    assert (tmp_path / "twin" / unit.model.file).read_bytes() == (tmp_path / unit.model.file).read_bytes()

@pytest.mark.parametrize("name", BOTH)
def test_a_booster_weighs_its_rows_is_refitted_and_explained_exactly(name):
    pytest.importorskip(name.partition(":")[0])
    X, y, fold = toy_problem(20, 160)
    trees = {"iterations" if "cat" in name else "n_estimators": 40}
    model = make_model(name, **SMALL[name], **trees)
    plain = fit_unit(model, X, y, fold)
    weighed = fit_unit(model, X, y, fold, weights=lambda y, rows: (y.panel.date_code > 50).astype(float))
    assert np.abs(plain.scores - weighed.scores).max() > 1e-3
    again = fit_unit(model, X, y, fold, refit=True)
    assert (again.valid_scores == plain.valid_scores).all() and (again.scores != plain.scores).any()
    assert explain(plain.model, X, fold.test[:50]).relative_error < 1e-5

@pytest.mark.parametrize("name", BOTH)
def test_a_booster_equals_the_package_called_by_hand(name):
    package = pytest.importorskip(name.partition(":")[0])
    X, y, fold = toy_problem(20, 160)
    asked = {"iterations" if "cat" in name else "n_estimators": 20, **SMALL[name]}
    target = y.target("rank")
    own = make_model(name, early_stopping_rounds=0, **asked).fit(X.view(fold.train), target[fold.train])
    twin = getattr(package, name.partition(":")[2])(**asked, **own.quiet, **{own.seed_name: 0})
    twin.fit(X.values[fold.train], target[fold.train])
    np.testing.assert_array_equal(own.predict(X.view(fold.test)), twin.predict(X.values[fold.test]).astype(np.float32))

@pytest.mark.parametrize("name", ["xgboost:XGBClassifier", "catboost:CatBoostClassifier"])
def test_a_classifier_scores_by_its_probability(name):
    pytest.importorskip(name.partition(":")[0])
    X, y, fold = toy_problem(20, 160)
    unit = fit_unit(make_model(name, **{"iterations" if "cat" in name else "n_estimators": 10}), X, y, fold)
    assert 0 < unit.scores.min() < unit.scores.max() < 1

def test_a_parameter_that_the_package_has_not_is_named():
    pytest.importorskip("xgboost")
    with pytest.raises(NeuralphaError, match="max_depth"):
        make_model("xgboost:XGBRegressor", max_dept=3)
