# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.attribution.kinds import *
import numpy as np
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.models.base import toy_problem
from neuralpha.models.linear import Ridge
from neuralpha.models.nets import MLP
from neuralpha.models.base import Probe
from neuralpha.models.trees import LightGBM

def test_foreign_trees_are_opened_and_what_is_no_tree_is_named():
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    X, y, fold = toy_problem(12, 80)
    t = y.target("rank")
    some = fold.test[:9]
    one = RandomForestRegressor(3, random_state=0).fit(X.values[fold.train], t[fold.train])
    several = RandomForestClassifier(3, random_state=0).fit(X.values[fold.train], X.values[fold.train, 0] > 0)
    opened = probe(one, X)
    np.testing.assert_allclose(opened.score(opened.inputs(some)), one.predict(X.values[some]))
    with pytest.raises(NeuralphaError, match="2 scores per row"):
        probe(several, X)
    with pytest.raises(NeuralphaError, match="no exact tree"):
        probe(object(), X)

def test_any_function_is_explained_by_permutations_that_sum_to_the_score():
    from neuralpha.models.probe import FunctionProbe

    X, y, fold = toy_problem(12, 80)
    weights = np.array([1.0, -2.0, 0.5, 0.0])
    line = FunctionProbe(X, lambda x: x.astype(np.float64) @ weights + 3)
    rows = fold.test[:8]
    got = attribute(line, rows, fold.train, Paths(seed=1))
    drawn = np.random.default_rng(1).permutation(fold.train)[:BACKGROUND_ROWS]
    np.testing.assert_allclose(got.values[:, 0], (X.values[rows] - X.values[drawn].mean(0)) * weights, atol=1e-5)
    bent = FunctionProbe(X, lambda x: x[:, 1] * x[:, 2])
    got = attribute(bent, rows, fold.train, Paths())
    np.testing.assert_allclose(got.base + got.values.sum((1, 2)), bent.score(bent.inputs(rows)), atol=1e-6)
    assert abs(got.values[:, 0, [0, 3]]).max() < 1e-9 < abs(got.values[:, 0, 1:3]).min()

@pytest.mark.parametrize("name", ["ridge", "lightgbm", "doubleensemble", "widetrees"])
def test_lines_and_trees_are_exact(name):
    from neuralpha.models.registry import make_model

    X, y, fold = toy_problem(24, 160, noise=0.3)
    t = y.target("rank")
    model = make_model(name)
    model = model.clone(**{k: v for k, v in dict(n_trees=20, threads=1).items() if k in model.get_params()})
    model.fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid]))
    values, base = attribute(probe(model, X), fold.test, fold.test[::7], Paths())
    np.testing.assert_allclose(values.sum((1, 2)) + base, model.predict(X.view(fold.test)), atol=1e-5)

def test_a_kind_of_ones_own_is_registered_and_an_unknown_one_is_refused():
    class Constant(Probe):
        pass

    with pytest.raises(NeuralphaError, match="Constant is no kind of probe"):
        attribute(Constant(), np.arange(3), np.arange(3), Paths())

    class Known(Probe):
        pass

    @attribute.register
    def _(opened: Known, rows, background, paths):
        return Attributed(np.zeros((len(rows), 1, 1)), 7.0)

    assert attribute(Known(), np.arange(3), np.arange(3), Paths()).base == 7

def test_more_points_are_spent_until_the_error_is_small_or_too_much_is_spent():
    from types import SimpleNamespace

    tried = []

    def attempt(n_samples, points):
        tried.append((n_samples, points))
        return SimpleNamespace(error=np.array([0.0, 1 / points]), scores=np.array([0.0, 1.0]))

    with_enough_points(attempt, 10, 1.0, 1000)
    with_enough_points(attempt, 10, 0.2, 1000)
    with_enough_points(attempt, 10, 0.01, 1000)
    with_enough_points(attempt, 10, 0.01, 20)
    assert tried == [(10, 2), (10, 2), (40, 8), (10, 2), (40, 8), (160, 32), (10, 2), (20, 4)]

def test_a_smooth_model_of_ones_own_is_explained_as_a_net_is():
    from neuralpha.models.net_probe import NetProbe
    from neuralpha.models.training.module import NetModule

    class Square(NetModule):
        def forward(self, x, grid=None):
            return x[:, -1, :1] ** 2 + 3 * x[:, -1, 1:2]

    X, y, fold = toy_problem(24, 160)
    opened = NetProbe(X, Square(), 1, np.zeros(4, np.float32), np.ones(4, np.float32))
    back = fold.test[::5]
    values, base = attribute(opened, fold.test, back, Paths(n_samples=2 * len(back)))
    x, b = X.values[fold.test], X.values[back]
    np.testing.assert_allclose(values[:, 0, 0], x[:, 0] ** 2 - (b[:, 0] ** 2).mean(), atol=1e-5)
    np.testing.assert_allclose(values[:, 0, 1], 3 * (x[:, 1] - b[:, 1].mean()), atol=1e-5)
    assert abs(values[:, 0, 2:]).max() == 0 and base == pytest.approx((b[:, 0] ** 2 + 3 * b[:, 1]).mean(), abs=1e-6)
