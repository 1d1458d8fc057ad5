# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.probe import *
import numpy as np
import pytest
from neuralpha.models.base import toy_problem
from neuralpha.models.linear import Ridge
from neuralpha.models.registry import make_model, model_names

SMALL = {"max_epochs": 1, "window": 4, "patch": 2, "n_trees": 5, "scales": [1, 2], "pretrain_epochs": 1, "threads": 1}

@pytest.mark.parametrize("name", model_names())
def test_every_models_probe_says_what_the_model_says(name):
    X, y, fold = toy_problem(12, 80)
    t = y.target("rank")
    model = make_model(name)
    model = model.clone(**{k: v for k, v in SMALL.items() if k in model.get_params()})
    model.fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid]))
    opened = model.probe(X)
    x = opened.inputs(fold.test)
    assert x.shape == (len(fold.test), len(opened.lags), len(X.names)) and opened.lags[-1 if opened.lags[0] else 0] == 0
    np.testing.assert_allclose(opened.score(x, fold.test), model.predict(X.view(fold.test)), atol=1e-5)

def test_a_lagged_trees_columns_are_those_of_its_lags():
    X, y, fold = toy_problem(12, 80)
    t = y.target("rank")
    kw = dict(n_trees=5, threads=1, lags=(1, 3))
    for model in (make_model("lightgbm", **kw), make_model("doubleensemble", members=2, **kw)):
        model.fit(X.view(fold.train), t[fold.train])
        opened = model.probe(X)
        assert opened.lags == (0, 1, 3)
        np.testing.assert_allclose(
            opened.score(opened.inputs(fold.test), fold.test), model.predict(X.view(fold.test)), atol=1e-6
        )

def test_a_model_that_does_not_open_itself_says_what_to_write():
    from dataclasses import dataclass
    from neuralpha.core import NeuralphaError
    from neuralpha.models.base import Estimator

    @dataclass(kw_only=True, repr=False, eq=False)
    class Mine(Estimator):
        pass

    with pytest.raises(NeuralphaError, match="Mine does not open itself up.*write `probe"):
        Mine().probe(toy_problem(5, 30)[0])
