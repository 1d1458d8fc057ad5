# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.scikit import *
import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from neuralpha.core import NeuralphaError
from neuralpha.models.base import toy_problem
from neuralpha.models.contract import check_model
from neuralpha.models.fitting import fit_unit
from neuralpha.models.registry import as_model, load_model, make_model

def test_parameters_are_the_estimators_own_and_checked_when_the_model_is_made():
    model = make_model("sklearn.ensemble:ExtraTreesRegressor", n_estimators=7)
    assert repr(model) == "ExtraTreesRegressor(n_estimators=7)" and "random_state" not in model.get_params()
    assert model.clone(seed=3).fresh_estimator().get_params() == ExtraTreesRegressor(7, random_state=3).get_params()
    with pytest.raises(NeuralphaError, match="'min_samples_leaf' is 0. .* must be an int in the range"):
        make_model("sklearn.ensemble:ExtraTreesRegressor", min_samples_leaf=0)
    with pytest.raises(
        NeuralphaError, match="parameter of ExtraTreesRegressor 'n_estimator'. Did you mean 'n_estimators'"
    ):
        make_model("sklearn.ensemble:ExtraTreesRegressor", n_estimator=7)
    with pytest.raises(NeuralphaError, match="k_means in sklearn.cluster is no model"):
        make_model("sklearn.cluster:k_means")

def test_estimators_of_estimators_fit_and_a_parameter_whose_name_is_taken_is_refused():
    from sklearn.ensemble import BaggingRegressor, StackingRegressor
    from sklearn.model_selection import GridSearchCV

    x = np.random.default_rng(0).standard_normal((300, 4)).astype(np.float32)
    for wrapped in (BaggingRegressor(Ridge(2.0), n_estimators=3), GridSearchCV(Ridge(), {"alpha": [1.0, 9.0]})):
        model = as_model(wrapped)
        fitted = model.clone(seed=1).fresh_estimator().fit(x, x[:, 0])
        if model.stochastic:
            wrapped = wrapped.set_params(random_state=1)
        np.testing.assert_array_equal(fitted.predict(x), wrapped.fit(x, x[:, 0]).predict(x))
    assert as_model(StackingRegressor([("line", Ridge())])).name == "StackingRegressor"  # predicts after a fit alone
    with pytest.raises(NeuralphaError, match="GridSearchCV needs estimator and param_grid"):
        make_model("sklearn.model_selection:GridSearchCV").fresh_estimator()
    with pytest.raises(NeuralphaError, match="GridSearchCV: refit = False cannot be passed on.*leave it at True"):
        as_model(GridSearchCV(Ridge(), {"alpha": [1.0]}, refit=False))

def test_the_seed_goes_to_a_parameter_of_that_name():
    class Drawn(RegressorMixin, BaseEstimator):
        def __init__(self, seed=0):
            self.seed = seed

        def fit(self, X, y):
            self.drawn_ = np.random.default_rng(self.seed).standard_normal(X.shape[1])
            return self

        def predict(self, X):
            return X @ self.drawn_

    model = as_model(Drawn())
    assert model.stochastic and model.clone(seed=5).fresh_estimator().seed == 5

def test_a_pipeline_in_a_study_is_named_by_its_steps(tmp_path, monkeypatch):
    from neuralpha.study.experiment import open_experiment
    from neuralpha.study.spec import load_study

    monkeypatch.chdir(tmp_path)
    lines = [
        "from sklearn.ensemble import BaggingRegressor",
        "from sklearn.linear_model import Ridge",
        "from sklearn.model_selection import GridSearchCV",
        "from sklearn.pipeline import make_pipeline",
        "from sklearn.preprocessing import StandardScaler",
        "pipe = make_pipeline(StandardScaler(), Ridge({}))",
        "bag = BaggingRegressor(Ridge({}), n_estimators=3)",
        "search = GridSearchCV(Ridge(), {{'alpha': [{}, 9.0]}})",
    ]

    def keys(alpha):
        (tmp_path / "mm.py").write_text("\n".join(lines).format(alpha, alpha, alpha))
        models = {name: {"model": f"mm.py:{name}"} for name in ("pipe", "bag", "search")}
        return {u.key for u in open_experiment(load_study("tiny", models=models, seeds=1)).units()}

    first = keys(1.0)
    assert first == keys(1.0) and first.isdisjoint(keys(2.0))

def test_a_parameter_that_cannot_be_written_down_is_said():
    model = as_model(make_pipeline(StandardScaler(), Ridge()))
    assert model.key_params() == as_model(make_pipeline(StandardScaler(), Ridge())).key_params()
    assert model.key_params() != as_model(make_pipeline(StandardScaler(), Ridge(2.0))).key_params()
    with pytest.raises(NeuralphaError, match="Pipeline: steps is .* cannot be written down"):
        as_model(make_pipeline(FunctionTransformer(kw_args={"rows": (row for row in ())}), Ridge())).key_params()

def test_a_seed_counts_where_it_changes_something():
    cases = {
        "sklearn.ensemble:HistGradientBoostingRegressor": ({}, {"max_features": 0.5}),
        "sklearn.linear_model:Lasso": ({"alpha": 0.1}, {"alpha": 0.1, "selection": "random", "max_iter": 1}),
        "sklearn.linear_model:Ridge": ({}, {"solver": "saga", "max_iter": 2, "alpha": 5.0}),
    }
    for name, (never, always) in cases.items():
        assert (make_model(name, **never).stochastic, make_model(name, **always).stochastic) == (False, True), name
    assert not make_model("sklearn.svm:SVR").stochastic
    assert make_model("sklearn.ensemble:ExtraTreesRegressor", min_samples_leaf=400, n_estimators=2).stochastic

def parts_of(X, y, fold):
    target = y.target("rank")
    return {name: (X.view(rows), target[rows]) for name, rows in (("train", fold.train), ("valid", fold.valid))}

def test_early_stopping_watches_the_validation_part_and_a_refit_grows_as_far():
    X, y, fold = toy_problem(20, 160)
    part = parts_of(X, y, fold)
    params = dict(max_iter=200, n_iter_no_change=3)
    model = make_model("sklearn.ensemble:HistGradientBoostingRegressor", **params)
    model.fit(*part["train"], valid=part["valid"])
    twin = HistGradientBoostingRegressor(**params, early_stopping=True, random_state=0)
    twin.fit(part["train"][0].values, part["train"][1], X_val=part["valid"][0].values, y_val=part["valid"][1])
    test = X.view(fold.test)
    assert 3 < twin.n_iter_ < 200
    np.testing.assert_array_equal(model.predict(test), twin.predict(test.values).astype(np.float32))
    assert len(model.history_) == twin.n_iter_ and model.history_[-1]["valid_loss"] > 0
    both = np.concatenate([fold.train, fold.valid])
    model.refit(X.view(both), y.target("rank")[both])
    again = HistGradientBoostingRegressor(max_iter=twin.n_iter_, early_stopping=False, random_state=0)
    again.fit(X.values[both], y.target("rank")[both])
    np.testing.assert_array_equal(model.predict(test), again.predict(test.values).astype(np.float32))
    off = make_model("sklearn.ensemble:HistGradientBoostingRegressor", max_iter=9, early_stopping=False)
    assert off.fit(*part["train"], valid=part["valid"]).fitted_.n_iter_ == 9 and "valid_ic" in off.history_[0]

def test_a_classifier_scores_by_the_probability_of_outperforming():
    X, y, fold = toy_problem(20, 160)
    part = parts_of(X, y, fold)
    rows = X.values[fold.test]
    got = make_model("sklearn.linear_model:LogisticRegression").fit(*part["train"]).predict(X.view(fold.test))
    twin = LogisticRegression().fit(part["train"][0].values, part["train"][1] > 0)
    np.testing.assert_array_equal(got, twin.predict_proba(rows)[:, 1].astype(np.float32))
    margins = as_model(RidgeClassifier()).fit(*part["train"]).predict(X.view(fold.test))
    twin = RidgeClassifier().fit(part["train"][0].values, part["train"][1] > 0)
    np.testing.assert_allclose(margins, twin.decision_function(rows), rtol=1e-5)
    with pytest.raises(NeuralphaError, match="all training targets are on one side of 0"):
        as_model(LogisticRegression()).fit(part["train"][0], np.abs(part["train"][1]) + 1)

    class Classes(BaseEstimator):
        _estimator_type = "classifier"

        def __sklearn_tags__(self):
            tags = super().__sklearn_tags__()
            tags.estimator_type = "classifier"
            return tags

        def fit(self, X, y):
            return self

        def predict(self, X):
            return np.ones(len(X))

    with pytest.raises(NeuralphaError, match="gives classes alone, and classes do not rank"):
        as_model(Classes()).fit(*part["train"]).predict(X.view(fold.test))

def test_gaps_are_named_where_the_estimator_takes_none():
    X, y, fold = toy_problem(20, 160)
    part = parts_of(X, y, fold)
    X.values[fold.train[:3], 1] = np.nan
    with pytest.raises(
        NeuralphaError, match=r"Ridge takes no missing values, and 3 of .* rows have some, most in 'left'"
    ):
        as_model(Ridge()).fit(*part["train"])
    assert as_model(HistGradientBoostingRegressor(max_iter=3)).fit(*part["train"]).n_parameters > 3

class Foreign:
    """Of no package that is trusted."""

    def __init__(self, value=1):
        self.value = value

MODELS = [
    HistGradientBoostingRegressor(max_iter=5),
    ExtraTreesRegressor(5),
    HistGradientBoostingClassifier(max_iter=5),
    KNeighborsRegressor(),
    make_pipeline(StandardScaler(), Ridge()),
]

@pytest.mark.parametrize("estimator", MODELS, ids=lambda e: type(e).__name__)
def test_estimators_keep_the_contract_and_come_back(estimator, tmp_path):
    before = repr(estimator)
    check_model(estimator)
    X, y, fold = toy_problem(12, 80)
    unit = fit_unit(as_model(estimator), X, y, fold, refit=True)
    unit.model.save(tmp_path / "m")
    assert repr(estimator) == before and sorted(p.name for p in (tmp_path / "m").iterdir()) == [
        "model.json",
        "model.skops",
    ]
    again = load_model(tmp_path / "m")
    np.testing.assert_array_equal(again.predict(X.view(fold.test)), unit.scores)
    shown, kept = (
        {k: str(v).replace("random_state=0", "") for k, v in model.get_params().items()}
        for model in (again, unit.model)
    )
    assert shown == kept

def test_a_type_that_nobody_vouches_for_is_named_and_refused(tmp_path):
    import skops.io

    X, y, fold = toy_problem(12, 80)
    model = fit_unit(as_model(Ridge()), X, y, fold).model
    model.save(tmp_path / "m")
    model.fitted_.extra_ = Foreign()
    kind = f"{Foreign.__module__}.Foreign"
    with pytest.raises(NeuralphaError, match=f"Ridge: the model holds {kind}, which is neither saved"):
        model.save(tmp_path / "n")
    assert not (tmp_path / "n" / "model.skops").exists()
    (tmp_path / "m" / "model.skops").write_bytes(skops.io.dumps(model.fitted_))
    with pytest.raises(NeuralphaError, match=f"m: the model holds {kind}"):
        load_model(tmp_path / "m")
