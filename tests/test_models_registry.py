# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.registry import *
import ast, re
from pathlib import Path
import numpy as np
import pytest
import neuralpha.models
from neuralpha.core import NeuralphaError
from neuralpha.labels import multi_horizon
from neuralpha.models.base import toy_problem
from neuralpha.models.contract import check_model
from neuralpha.models.fitting import fit_unit
from neuralpha.own_code import offered

LINEAR = {"ols", "ridge", "lasso", "elasticnet", "huber", "logistic", "pcr", "pls"}

BOOSTED = {"lightgbm", "doubleensemble", "widetrees"}

def test_every_model_says_what_it_is():
    from neuralpha.models.nets import Net

    kinds = {name: model_class(name).kind for name in MODELS}
    assert {name for name, kind in kinds.items() if kind == "linear"} == LINEAR
    assert {name for name, kind in kinds.items() if kind == "boosted"} == BOOSTED
    assert {name for name, kind in kinds.items() if kind == "forest"} == {"randomforest"}
    nets = {name for name in MODELS if issubclass(model_class(name), Net)}
    assert {name for name, kind in kinds.items() if kind == "net"} == nets
    assert LINEAR | BOOSTED | nets | {"randomforest"} == set(MODELS)
    assert all(model_kind(name.upper()) == kind for name, kind in kinds.items())

def test_boosters_of_other_packages_are_boosted_and_nothing_is_loaded_to_say_so():
    assert model_kind("xgboost:XGBRegressor") == model_kind("catboost:CatBoostRegressor") == "boosted"
    assert model_kind("xgboost.sklearn:XGBClassifier") == "boosted"
    assert model_kind("nowhere.py:HGB") == model_kind("nowhere:HGB") == model_kind("unheard of") == "own"

MINE = """
from dataclasses import dataclass
from typing import ClassVar
from sklearn.linear_model import Ridge as Line
from neuralpha.models.linear import Ridge

@dataclass(kw_only=True, repr=False, eq=False)
class Mine(Ridge):
    alpha: float = 0.5
    name: ClassVar[str] = "mine"

class Lines(Line):
    pass

tuned = Line(alpha=3.0)
made = Ridge(alpha=0.25)
nothing = 3
"""

def test_a_model_of_ones_own_is_made_kept_and_found_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MINE)
    X, y, fold = toy_problem(12, 80)
    for name, params in {
        "Mine": {"alpha": 0.5},
        "Lines": {"alpha": 1.0},
        "tuned": {"alpha": 3.0},
        "made": {"alpha": 0.25},
        "Ridge": {},
    }.items():
        model = make_model(f"mine.py:{name}")
        assert model.get_params().items() >= params.items()
        unit = fit_unit(model.clone(alpha=0.7), X, y, fold)
        unit.model.save(tmp_path / name)
        again = load_model(tmp_path / name)
        assert type(again).__name__ == type(model).__name__ and again.alpha == 0.7
        np.testing.assert_array_equal(again.predict(X.view(fold.test)), unit.scores)
    assert "own_name" not in vars(model_class("ridge")) and make_model("ridge").alpha is None
    for name in ("nothing", "dataclass"):
        with pytest.raises(NeuralphaError, match=f"{name} in mine.py is no model: give a name such as"):
            make_model(f"mine.py:{name}")
    before = code_of_model(make_model("mine.py:Mine"))
    (tmp_path / "mine.py").write_text(MINE.replace("float = 0.5", "float = 0.6"))
    assert make_model("mine.py:Mine").alpha == 0.6 and code_of_model(make_model("mine.py:Mine")) != before

def test_an_installed_package_offers_a_model_by_its_name(tmp_path, monkeypatch):
    (tmp_path / "waves_of_mine.py").write_text("from sklearn.linear_model import Ridge as Waves\n")
    info = tmp_path / "waves_of_mine-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: waves-of-mine\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[neuralpha.models]\nwaves = waves_of_mine:Waves\n")
    monkeypatch.syspath_prepend(tmp_path)
    offered.cache_clear()
    assert "waves" in model_names() and make_model("waves", alpha=2.0).alpha == 2.0
    monkeypatch.undo()
    offered.cache_clear()
    with pytest.raises(NeuralphaError, match="Unknown model 'waves'"):
        make_model("waves")

def test_every_class_of_the_room_that_has_a_name_is_in_the_registry():
    room = Path(neuralpha.models.__path__[0])
    there = set()
    for path in room.glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            fields = [f for f in getattr(node, "body", ()) if isinstance(f, ast.AnnAssign)]
            given = {f.target.id: getattr(f.value, "value", None) for f in fields}
            if isinstance(node, ast.ClassDef) and given.get("name"):
                there.add(f"{path.stem}:{node.name}")
    assert there and there == set(MODELS.values())

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
    ("mlp", "embedding", "linear"),
    ("mlp", "activation", "swish"),
    ("tabm", "pieces", 1),
    ("mlp", "hidden", [64, 32.0]),
    ("mlp", "dropout", 1.5),
    ("mlp", "epoch_share", 0.0),
    ("mlp", "patience", -1),
    ("mlp", "batch_rows", 0),
    ("mlp", "max_epochs", 0),
    ("mlp", "window", 0),
    ("mlp", "learning_rate", float("inf")),
    ("mlp", "weight_decay", float("nan")),
    ("tabm", "hidden", []),
    ("tabm", "loss", "sharpe"),
    ("nn3", "depth", 6),
    ("lstm", "layers", 0),
    ("tcn", "kernel", 0),
    ("tcn", "dilations", []),
    ("tcn", "dilations", [1, 2]),
    ("cnn", "dilations", []),
    ("multiscale", "scales", [40]),
    ("stockmixer", "scales", []),
    ("transformer", "width", 30),
    ("fttransformer", "width", 30),
    ("patchtst", "patch", 30),
    ("itransformer", "heads", 5),
    ("master", "temperature", 0.0),
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

def test_a_class_called_directly_suggests_names_as_make_model_does():
    with pytest.raises(NeuralphaError, match="parameter of lightgbm 'num_leaf'. Did you mean 'num_leaves'"):
        model_class("lightgbm")(num_leaf=3)

SMALL = {"max_epochs": 1, "window": 4, "n_trees": 5, "scales": [1, 2], "patch": 2, "stride": 2}

@pytest.mark.parametrize("name", model_names())
def test_every_model_keeps_the_contract(name, tmp_path):
    X, y, fold = toy_problem(12, 80)
    t = y.target("rank")
    known = make_model(name).get_params()
    small = make_model(name, **{k: v for k, v in SMALL.items() if k in known})
    check_model(small)
    model = small.clone().fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid]))
    s = model.predict(X.view(fold.test))
    epochs = len(model.history_)
    model.save(tmp_path / "m")
    if name in ("widedeep", "widetrees"):  # their gates are judged by validation
        with pytest.raises(NeuralphaError, match="cannot be fitted again"):
            model.refit(X.view(fold.valid), t[fold.valid])
        return
    if model.multi_task:
        both = fit_unit(small, X, multi_horizon(X.panel, (1, 3), delay=0), fold).model
        assert both.outputs(X.view(fold.test)).shape[1] == 2 and both.horizons_ == 2
    again, stored = (
        m.refit(X.view(fold.valid), t[fold.valid]).predict(X.view(fold.test))
        for m in (model, load_model(tmp_path / "m"))
    )
    np.testing.assert_array_equal(stored, again)
    assert np.isfinite(again).all() and (again != s).any() and len(model.history_) == epochs
