# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.base import *
import inspect
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError

@pytest.mark.parametrize("size", [1e-30, 1e-8, 1.0, 1e8, 1e30])
def test_a_features_unit_does_not_matter_and_a_constant_is_harmless(size):
    X, y, fold = toy_problem(5, 60)
    plain = scaled(X.values, *feature_scale(X.view(fold.train)))
    X.values[:] = X.values * np.float32(size)
    X.values[:, 3] = np.float32(0.1 * size)
    mean, sd = feature_scale(X.view(fold.train))
    np.testing.assert_allclose(sd[:3], np.std(X.values[fold.train, :3].astype(float), 0), rtol=1e-5)
    np.testing.assert_allclose(scaled(X.values, mean, sd)[:, :3], plain[:, :3], atol=1e-5)
    assert sd[3] == 1 and (scaled(X.values, mean, sd)[:, 3] == 0).all()

def test_scale_is_of_the_given_rows_and_ignores_missing():
    X, y, fold = toy_problem(5, 60)
    X.values[fold.train[0], 1] = np.nan
    mean, sd = feature_scale(X.view(fold.train))
    np.testing.assert_allclose(mean, np.nanmean(X.values[fold.train], 0), atol=1e-6)
    np.testing.assert_allclose(sd, np.nanstd(X.values[fold.train], 0), atol=1e-6)
    assert scaled(X.values[fold.train[:1]], mean, sd)[0, 1] == 0
    X.values[fold.train, 2] = np.nan
    with pytest.raises(NeuralphaError, match="'right' has no value"):
        feature_scale(X.view(fold.train))

def test_mean_ic_is_numpys_correlation_where_there_is_one():
    rng = np.random.default_rng(0)
    date = np.repeat([7, 3, 5], [10, 4, 2])
    s, t = rng.normal(size=(2, 16))
    of_three, of_seven = np.corrcoef(s[10:14], t[10:14])[0, 1], np.corrcoef(s[:10], t[:10])[0, 1]
    assert mean_ic(s, t, date) == pytest.approx((of_three + of_seven) / 2)
    assert mean_ic(np.ones(16), t, date) == 0

def test_the_planted_signal_is_there():
    X, y, fold = toy_problem(noise=0.0)
    v = X.values
    rows = fold.train
    lag = np.stack([np.r_[np.zeros(k), v[: len(v) - k, 3]] for k in range(5)]).mean(0)
    signal = (v[:, 0] + 3**0.5 * v[:, 1] * v[:, 2] + 5**0.5 * lag)[rows]
    late = rows[X.panel.date_code[rows] > 5]
    keep = np.isin(rows, late)
    assert np.corrcoef(signal[keep], y.values[rows][keep])[0, 1] > 0.9999

@dataclass(kw_only=True, repr=False, eq=False)
class Mean(Estimator):
    power: float = 1.0
    lag: int | None = None
    way: str = "plain"
    past: tuple | list = ()
    name: ClassVar[str] = "mean"
    limits: ClassVar[dict] = {"power": "(0, 2]", "lag": "[1, inf)", "way": ("plain", "robust"), "past": "[1, inf)"}

    def _fit(self, view, target, valid):
        self.mean_ = float(target.mean())

    def _predict(self, view):
        return np.full(len(view), self.mean_)

    def _count(self):
        return 1

def test_parameters_are_checked_and_named():
    m = Mean(power=2)
    rest = {"lag": None, "way": "plain", "past": ()}
    assert m.get_params() == {"seed": 0, "power": 2, **rest} and repr(m) == "Mean(power=2)"
    assert m.clone(seed=3).seed == 3 and m.seed == 0
    with pytest.raises(NeuralphaError, match="'power' is 'x'"):
        Mean(power="x")
    with pytest.raises(NeuralphaError, match="'lag' is True"):
        Mean(lag=True)
    with pytest.raises(NeuralphaError, match="Did you mean 'power'"):
        m.set_params(pwoer=1.0)
    with pytest.raises(NeuralphaError, match="Did you mean 'power'"):
        m.clone(pwoer=1.0)
    with pytest.raises(NeuralphaError, match="'power' is 'x'"):
        m.set_params(seed=4, power="x")
    assert m.get_params() == {"seed": 0, "power": 2, **rest} and m.set_params(power=1.5).power == 1.5
    with pytest.raises(NeuralphaError, match="parameter of mean 'pwoer'. Did you mean 'power'"):
        Mean(pwoer=1.0)
    assert "power" in inspect.signature(Mean).parameters  # what Jupyter shows

@pytest.mark.parametrize(
    "params, said",
    [
        (dict(power=0), r"Mean: parameter 'power' is 0; it must be in \(0, 2\]"),
        (dict(power=float("nan")), "'power' is nan"),
        (dict(lag=0), r"'lag' is 0; it must be in \[1, inf\)"),
        (dict(way="robst"), "Mean: Unknown way 'robst'. Did you mean 'robust'"),
        (dict(past=[1, 0]), r"'past' is \[1, 0\]; it must be whole numbers in \[1, inf\)"),
        (dict(past=[1.5]), "whole numbers"),
        (dict(past=["1"]), "whole numbers"),
        (dict(seed=-1), "'seed' is -1"),
    ],
    ids=str,
)
def test_values_are_checked_where_the_model_is_made_and_changed(params, said):
    model = Mean(power=2, lag=1, way="robust", past=(1, 2))
    for change in (Mean, model.clone, model.set_params):
        with pytest.raises(NeuralphaError, match=said):
            change(**params)
    assert model.get_params() == {"seed": 0, "power": 2, "lag": 1, "way": "robust", "past": (1, 2)}

def test_a_subclass_says_only_what_differs():
    class Narrow(Mean):
        limits = {"power": "(0, 1]"}

    assert Narrow.all_limits() == {**Mean.all_limits(), "power": "(0, 1]"} and Narrow(lag=1, power=1).power == 1
    with pytest.raises(NeuralphaError, match="Narrow: parameter 'power' is 2"):
        Narrow(power=2)
    with pytest.raises(NeuralphaError, match="Narrow: parameter 'lag' is 0"):
        Narrow(lag=0)

def test_fit_and_predict_refuse_what_does_not_fit():
    X, y, fold = toy_problem(5, 60)
    t = y.target("rank")
    with pytest.raises(NeuralphaError, match="not fitted"):
        Mean().predict(X.view(fold.test))
    with pytest.raises(NeuralphaError, match="for .* rows"):
        Mean().fit(X.view(fold.train), t)
    with pytest.raises(NeuralphaError, match="A000 on 2020"):
        Mean().fit(X.view(np.arange(60)), t[:60])
    m = Mean().fit(X.view(fold.train), t[fold.train])
    for wrong in (lambda view: np.zeros(3), lambda view: np.zeros((len(view), 2)), lambda view: 0.0):
        m._predict = wrong
        with pytest.raises(NeuralphaError, match=r"mean gave scores of shape \(.*\) for .* rows; a model gives one"):
            m.predict(X.view(fold.test))
    with pytest.raises(NeuralphaError, match="other features .*past"):
        m.predict(X.select(["linear", "left", "right"]).view(fold.test))
