# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.registry import *
import re
from dataclasses import fields
import numpy as np
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.labels import multi_horizon
from neuralpha.models.base import toy_problem
from neuralpha.models.fitting import fit_unit
from neuralpha.models.tuning import searched

def test_a_class_called_directly_suggests_names_as_make_model_does():
    with pytest.raises(NeuralphaError, match="parameter of lightgbm 'num_leaf'. Did you mean 'num_leaves'"):
        model_class("lightgbm")(num_leaf=3)

def test_names_and_parameters():
    assert make_model("RIDGE").name == "ridge"
    for name in model_names():
        assert make_model(name).name == name
    with pytest.raises(NeuralphaError, match="Did you mean 'lightgbm'"):
        make_model("lihgtgbm")
    with pytest.raises(NeuralphaError, match="Did you mean 'hidden'"):
        make_model("lstm", hiden=3)
    with pytest.raises(NeuralphaError, match="'hidden' is '3'"):
        make_model("lstm", hidden="3")

@pytest.mark.parametrize("name", model_names())
def test_every_parameter_has_limits_and_the_space_lies_inside(name):
    model = make_model(name)
    limits = model.all_limits()
    kinds = {f.name: f.type for f in fields(model)}
    assert set(limits) <= set(kinds)
    assert [k for k, kind in kinds.items() if kind is not bool and k not in limits] == []
    searched(model, model.space or {"seed": ("int", 0, 1)})
    for k in kinds.keys() & {k for k, v in limits.items() if isinstance(v, str)}:  # no interval lets everything in
        wrong = float("nan") if kinds[k] in (float, float | None) else -1
        with pytest.raises(NeuralphaError, match=f"parameter '{k}' is"):
            model.clone(**{k: [wrong] if kinds[k] == tuple | list else wrong})

WRONG = [
    ("lightgbm", "objective", "quantile"),
    ("lightgbm", "n_trees", 0),
    ("lightgbm", "num_leaves", 1),
    ("lightgbm", "learning_rate", -1.0),
    ("lightgbm", "feature_fraction", 2.0),
    ("lightgbm", "lags", [-1]),
    ("lightgbm", "stop_on", "rank_ic"),
    ("widetrees", "patience", 0),
    ("doubleensemble", "members", 0),
    ("ridge", "alpha", -1.0),
    ("ridge", "stop_on", "rank_ic"),
    ("logistic", "alpha", -1.0),
    ("huber", "delta", -1.0),
    ("huber", "rounds", 0),
    ("elasticnet", "l1_ratio", 2.0),
    ("elasticnet", "l1_ratio", 0.0),
    ("pcr", "components", 0),
    ("mlp", "loss", "rmse"),
    ("mlp", "loss", "quantile(2)"),
    ("mlp", "norm", "batchnorm"),
    ("mlp", "stop_on", "rank_ic"),
    ("mlp", "precision", "fp16"),
    ("mlp", "device", "gpu"),
    ("mlp", "hidden", [0]),
    ("mlp", "hidden", [64, 32.0]),
    ("mlp", "dropout", 1.5),
    ("mlp", "epoch_share", 0.0),
    ("mlp", "patience", -1),
    ("mlp", "batch_rows", 0),
    ("mlp", "max_epochs", 0),
    ("mlp", "window", 0),
    ("mlp", "learning_rate", float("inf")),
    ("mlp", "weight_decay", float("nan")),
    ("nn3", "depth", 6),
    ("lstm", "layers", 0),
    ("tcn", "kernel", 0),
    ("tcn", "dilations", []),
    ("tcn", "dilations", [1, 2]),
    ("cnn", "dilations", []),
    ("multiscale", "scales", [40]),
    ("stockmixer", "scales", []),
    ("transformer", "width", 30),
    ("crossattention", "heads", 5),
    ("pretrained", "mask_share", 1.0),
    ("widedeep", "loss", "ic"),
    ("autoencoder", "loss", "quantile"),
    ("autoencoder", "loss", "bce"),
    ("randomforest", "patience", 5),
    ("doubleensemble", "objective", "rank"),
]

@pytest.mark.parametrize("name, param, value", WRONG, ids=str)
def test_a_wrong_value_is_refused_where_the_model_is_made(name, param, value):
    with pytest.raises(NeuralphaError) as said:
        make_model(name, **{param: value})
    with pytest.raises(NeuralphaError, match=re.escape(str(said.value))):
        model_class(name)(**{param: value})
    assert param.rstrip("s") in str(said.value).lower() and len(str(said.value)) < 300

SMALL = {"max_epochs": 1, "window": 4, "n_trees": 5, "scales": [1, 2]}

@pytest.mark.parametrize("name", model_names())
def test_every_model_keeps_the_contract(name, tmp_path):
    X, y, fold = toy_problem(12, 80)
    t = y.target("rank")

    def new(**kw):
        return make_model(name, **{k: v for k, v in SMALL.items() if k in make_model(name).get_params()}, **kw)

    def fit(m):
        return m.fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid]))

    model = fit(new())
    s = model.predict(X.view(fold.test))
    assert s.shape == fold.test.shape and s.dtype == np.float32 and np.isfinite(s).all() and s.std() > 0
    assert model.n_parameters > 0
    model.save(tmp_path / "m")
    np.testing.assert_array_equal(load_model(tmp_path / "m").predict(X.view(fold.test)), s)
    assert not [p for p in (tmp_path / "m").iterdir() if p.suffix not in (".json", ".txt", ".safetensors")]
    np.testing.assert_array_equal(fit(new()).predict(X.view(fold.test)), s)
    if model.stochastic:
        assert (fit(new(seed=1)).predict(X.view(fold.test)) != s).any()
    if name in ("widedeep", "widetrees"):  # their gates are judged by validation
        with pytest.raises(NeuralphaError, match="cannot be fitted again"):
            model.refit(X.view(fold.valid), t[fold.valid])
        return
    if model.multi_task:
        both = fit_unit(new(), X, multi_horizon(X.panel, (1, 3), delay=0), fold).model
        assert both.outputs(X.view(fold.test)).shape[1] == 2 and both.horizons_ == 2
    again, stored = (
        m.refit(X.view(fold.valid), t[fold.valid]).predict(X.view(fold.test))
        for m in (model, load_model(tmp_path / "m"))
    )
    np.testing.assert_array_equal(stored, again)
    assert np.isfinite(again).all() and (again != s).any() and len(model.history_) == len(fit(new()).history_)
