# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.attribution.trees import *
import itertools, math
import lightgbm as lgb
import numpy as np
import pytest
import shap
from neuralpha.core import NeuralphaError, limit_threads

def _by_definition(forest, x):
    """Shapley values of one row by the sum over all coalitions; numerical tests without missing values."""

    def expected(tree, known):
        total = 0.0
        for leaf in range(forest.leaf_start[tree], forest.leaf_start[tree + 1]):
            weight = forest.value[leaf]
            for slot in range(forest.slot_start[leaf], forest.slot_start[leaf + 1]):
                f = forest.slot_feature[slot]
                if f not in known:
                    weight *= forest.slot_share[slot]
                    continue
                for s in range(forest.step_start[leaf], forest.step_start[leaf + 1]):
                    node = forest.node_start[tree] + forest.step_node[s]
                    if forest.feature[node] == f and (x[f] <= forest.threshold[node]) != forest.step_left[s]:
                        weight = 0.0
            total += weight
        return total

    n = forest.n_features
    phi = np.zeros(forest.n_features)
    value = {
        S: sum(expected(t, S) for t in range(len(forest.node_start) - 1))
        for size in range(n + 1)
        for S in itertools.combinations(range(n), size)
    }
    for i in range(n):
        for S in (S for S in value if i not in S):
            phi[i] += (
                math.factorial(len(S))
                * math.factorial(n - len(S) - 1)
                / math.factorial(n)
                * (value[tuple(sorted((*S, i)))] - value[S])
            )
    return phi, value[()]

def _data(n=1500, n_features=6, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, n_features)).astype(np.float32)
    return X, X[:, 0] * X[:, 1] + np.sin(2 * X[:, 2]) + 0.3 * X[:, 3] + 0.1 * rng.normal(size=n)

def _fit(X, y, n_trees=30, **params):
    return lgb.train(
        dict(verbose=-1, seed=0, num_threads=1, min_data_in_leaf=5, **params),
        lgb.Dataset(X, y, **({"categorical_feature": [4]} if params.get("max_cat_to_onehot") else {})),
        n_trees,
    )

def test_equal_to_the_definition():
    X, y = _data()
    forest = forest_of(_fit(X, y, 3, num_leaves=12))
    values, base = tree_shap(forest, X[:6])
    for x, phi in zip(X, values):
        expected, mean = _by_definition(forest, x)
        np.testing.assert_allclose(phi, expected, atol=1e-12)
        assert base == pytest.approx(mean, abs=1e-12)

@pytest.mark.parametrize("n_rows", [40, 1500])  # few rows are integrated one by one, many are looked up
@pytest.mark.parametrize(
    "params",
    [
        dict(num_leaves=31),
        dict(num_leaves=120, max_depth=-1),
        dict(num_leaves=2),
        dict(boosting="rf", bagging_freq=1, bagging_fraction=0.5),
        dict(objective="multiclass", num_class=3),
        dict(zero_as_missing=True),
        dict(max_cat_to_onehot=1),
    ],
)
def test_equal_to_lightgbm_and_shap(params, n_rows):
    X, y = _data()
    X[::7, 0] = np.nan
    X[::5, 1] = 0
    X[:, 4] = np.random.default_rng(1).integers(0, 50, len(X))
    X[::11, 4] = np.nan
    y = y + (X[:, 4] % 3 == 1)
    y = np.nan_to_num(y)
    if "num_class" in params:
        y = np.digitize(y, [-0.5, 0.5])
    booster = _fit(X, y, **params)
    X = np.vstack([X, [[0, np.nan, 0, -9, 77, 1]] * 2])[-n_rows:]
    values, base = tree_shap(booster, X)
    np.testing.assert_allclose(values.sum(1) + base, booster.predict(X, raw_score=True), atol=1e-9)
    contributions = booster.predict(X, pred_contrib=True).reshape(len(X), -1, 7).transpose(0, 2, 1)
    np.testing.assert_allclose(values.reshape(len(X), 6, -1), contributions[:, :6], atol=1e-9)
    np.testing.assert_allclose(values, shap.TreeExplainer(booster).shap_values(X), atol=1e-6)

def test_scikit_learn_forests_equal_shap():
    from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
    from sklearn.tree import DecisionTreeClassifier

    X, y = _data(600)
    forest = RandomForestRegressor(10, max_depth=8, random_state=0).fit(X, y)
    values, base = tree_shap(forest, X)
    explainer = shap.TreeExplainer(forest)
    np.testing.assert_allclose(values, explainer.shap_values(X), atol=1e-6)
    np.testing.assert_allclose(values.sum(1) + base, forest.predict(X), atol=1e-9)
    tree = DecisionTreeClassifier(max_depth=4, random_state=0).fit(X, y > 0)
    values, base = tree_shap(tree, X)
    np.testing.assert_allclose(values.sum(1) + base, tree.predict_proba(X), atol=1e-9)
    with pytest.raises(NeuralphaError, match="GradientBoostingRegressor"):
        tree_shap(GradientBoostingRegressor(n_estimators=2).fit(X, y), X)

def test_bits_do_not_depend_on_threads():
    X, y = _data()
    booster = _fit(X, y)
    one = tree_shap(booster, X)[0]
    with limit_threads(1):
        assert (tree_shap(booster, X)[0] == one).all()

def test_what_has_no_exact_values_is_refused():
    X, y = _data(200)
    with pytest.raises(NeuralphaError, match="linear_tree"):
        tree_shap(_fit(X, y, 3, linear_tree=True), X)
    with pytest.raises(NeuralphaError, match="6 features"):
        tree_shap(_fit(X, y, 3), X[:, :4])

def test_interactions_equal_shap():
    X, y = _data(300)
    booster = _fit(X, y, num_leaves=20)
    ours = tree_interactions(booster, X[:80])
    theirs = shap.TreeExplainer(booster).shap_interaction_values(X[:80])
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
    np.testing.assert_allclose(ours.sum(2), tree_shap(booster, X[:80])[0], atol=1e-12)
