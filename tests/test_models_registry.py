# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.registry import *
import numpy as np
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.labels import multi_horizon
from neuralpha.models.base import toy_problem
from neuralpha.models.predict import fit_unit

def test_names_and_parameters():
    assert make_model("RIDGE").name == "ridge"
    for name in model_names(): assert make_model(name).name == name
    with pytest.raises(NeuralphaError, match="Did you mean 'lightgbm'"): make_model("lihgtgbm")
    with pytest.raises(NeuralphaError, match="Did you mean 'hidden'"): make_model("lstm", hiden=3)
    with pytest.raises(NeuralphaError, match="'hidden' is '3'"): make_model("lstm", hidden="3")

SMALL = {"max_epochs": 1, "window": 4, "n_trees": 5, "scales": [1, 2]}

@pytest.mark.parametrize("name", model_names())
def test_every_model_keeps_the_contract(name, tmp_path):
    X, y, fold = toy_problem(12, 80)
    t = y.target("rank")
    new = lambda **kw: make_model(name, **{k: v for k, v in SMALL.items() if k in make_model(name).get_params()}, **kw)
    fit = lambda m: m.fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid]))
    model = fit(new())
    s = model.predict(X.view(fold.test))
    assert s.shape == fold.test.shape and s.dtype == np.float32 and np.isfinite(s).all() and s.std() > 0
    assert model.n_parameters > 0
    model.save(tmp_path/"m")
    np.testing.assert_array_equal(load_model(tmp_path/"m").predict(X.view(fold.test)), s)
    assert not [p for p in (tmp_path/"m").iterdir() if p.suffix not in (".json", ".txt", ".safetensors")]
    np.testing.assert_array_equal(fit(new()).predict(X.view(fold.test)), s)
    if model.stochastic: assert (fit(new(seed=1)).predict(X.view(fold.test)) != s).any()
    if name in ("widedeep", "widetrees"): # their gates are judged by validation
        with pytest.raises(NeuralphaError, match="cannot be fitted again"): model.refit(X.view(fold.valid), t[fold.valid])
        return
    if model.several:
        both = fit_unit(new(), X, multi_horizon(X.panel, (1, 3), delay=0), fold).model
        assert both.outputs(X.view(fold.test)).shape[1] == 2 and both.horizons_ == 2
    again, stored = (m.refit(X.view(fold.valid), t[fold.valid]).predict(X.view(fold.test)) for m in (model, load_model(tmp_path/"m")))
    np.testing.assert_array_equal(stored, again)
    assert np.isfinite(again).all() and (again != s).any() and len(model.history_) == len(fit(new()).history_)
