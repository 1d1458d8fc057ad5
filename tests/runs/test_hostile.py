"""Nothing that comes from a file or a command line becomes code, and no pickle is ever loaded."""

import ast, pickle
from pathlib import Path
import numpy as np
import pandas as pd
import pytest
import neuralpha
from neuralpha.core import NeuralphaError
from neuralpha.models.registry import load_model, make_model
from neuralpha.report.run import execute
from neuralpha.study.spec import make_study, research_folder, universe_slug
from place import Bomb

SOURCES = sorted(Path(neuralpha.__file__).parent.rglob("*.py"))
LOADERS = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}


def offences(source):
    """What in a source could load a pickle or run text as code."""
    found = []
    for n in ast.walk(ast.parse(source)):
        if isinstance(n, ast.Import):
            found += [a.name for a in n.names if a.name.split(".")[0] in LOADERS]
        if isinstance(n, ast.ImportFrom) and (n.module or "").split(".")[0] in LOADERS and not n.level:
            found.append(n.module)
        if not isinstance(n, ast.Call):
            continue
        name, given = ast.unparse(n.func), {k.arg: ast.unparse(k.value) for k in n.keywords}
        if name.endswith("read_pickle") or name in ("eval", "exec"):
            found.append(name)
        if name == "torch.load" and given.get("weights_only") != "True":
            found.append(name)
        if name.endswith(("np.load", "numpy.load")) and given.get("allow_pickle", "False") != "False":
            found.append(name)
    return found


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "torch.load(f)",
        "np.load(f, allow_pickle=True)",
        "pd.read_pickle(f)",
        "eval(x)",
    ],
)
def test_the_search_finds_what_it_looks_for(source):
    assert offences(source)


def test_the_library_loads_no_pickle_and_runs_no_text():
    assert len(SOURCES) > 60
    found = {
        str(p): offences(p.read_text(encoding="utf-8")) for p in SOURCES if p.name != "fresh.py"
    }  # it talks to a child of its own
    assert {p: o for p, o in found.items() if o} == {}


def test_the_bomb_goes_off_where_a_pickle_is_loaded(tmp_path):
    pickle.loads(pickle.dumps(Bomb(tmp_path / "bombed")))
    assert (tmp_path / "bombed").exists()


def test_a_pickle_in_the_place_of_weights_is_not_loaded(tmp_path):
    from neuralpha.models.base import toy_problem

    X, y, fold = toy_problem()
    mark, target = tmp_path / "bombed", y.target("rank")
    for name, params in {"ridge": {}, "mlp": {"max_epochs": 1}, "lightgbm": {"n_trees": 3}}.items():
        make_model(name, **params).fit(
            X.view(fold.train), target[fold.train], (X.view(fold.valid), target[fold.valid])
        ).save(tmp_path / name)
        for p in (tmp_path / name).iterdir():
            kept = p.read_bytes()
            p.write_bytes(pickle.dumps(Bomb(mark)))
            with pytest.raises(NeuralphaError):
                load_model(tmp_path / name)
            p.write_bytes(kept)
        load_model(tmp_path / name)
    assert not mark.exists()


CODE = [
    "'); import os; os.mkdir('bombed') #",
    "{os.mkdir('bombed')}",
    "x\nimport os",
    "../../etc/passwd",
    "/tmp/x",
    "a/b",
    "..",
    ".hidden",
    "",
    "a" * 65,
    "<b>",
]


@pytest.mark.parametrize("name", CODE)
def test_names_of_studies_and_models_are_plain(name):
    base = {"name": "n", "universes": ["sim-tiny"], "models": {"ridge": {}}}
    with pytest.raises(NeuralphaError):
        make_study({**base, "name": name})
    with pytest.raises(NeuralphaError):
        make_study({**base, "models": {name: {"model": "ridge"}}})


@pytest.mark.parametrize("name", CODE)
def test_a_universe_stays_inside_its_folder(tmp_path, name):
    slug = universe_slug(name)
    assert slug and (tmp_path / slug).resolve().parent == tmp_path.resolve() and not set(slug) & set("/\\'\"<>{}\n ;")


@pytest.mark.parametrize(
    "change",
    [
        {"seeds": "2"},
        {"seeds": 2.5},
        {"seeds": True},
        {"universes": "sim-tiny"},
        {"universes": [1]},
        {"label": {"horizon": "5"}},
        {"features": 3},
        {"label": {"__class__": 1}},
        {"split": {"train": 3}},
        {"unknown": 1},
    ],
)
def test_values_have_the_types_of_the_study(change):
    with pytest.raises(NeuralphaError):
        make_study({"name": "n", "universes": ["sim-tiny"], "models": {"ridge": {}}, **change})


@pytest.mark.parametrize(
    "params",
    [
        {"n_trees": "30"},
        {"n_trees": "__import__('os').mkdir('bombed')"},
        {"n_trees": [30]},
        {"__class__": 1},
        {"n_trees": True},
    ],
)
def test_parameters_of_models_are_declared_and_typed(params):
    with pytest.raises(NeuralphaError):
        make_model("lightgbm", **params)


@pytest.mark.parametrize(
    "parameters",
    [{"study; import os": "x"}, {"__builtins__": "x"}, {"study": {"a": 1}}, {"study": np.int64(1)}, {"jobs": object()}],
)
def test_notebooks_take_only_their_own_parameters_as_plain_values(tmp_path, parameters):
    with pytest.raises(NeuralphaError, match="parameter|Parameter"):
        execute(research_folder() / "compare_models.ipynb", tmp_path / "n.ipynb", parameters)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [n for n in CODE if "/" in n or n.startswith(".")])
def test_an_imported_universe_cannot_leave_the_store(tmp_path, monkeypatch, name):
    from neuralpha.data.universes import import_universe

    monkeypatch.chdir(tmp_path)
    with pytest.raises(NeuralphaError, match="cannot name a universe|no such file"):
        import_universe("sim-tiny", name, folder=tmp_path / "store")
    assert list(tmp_path.iterdir()) == []


PATHS = ["../../x", "/etc/x", "..", ".", "a/b", "a\\b", "C:\\x", "~", "%2e%2e%2fx", "*", "$HOME"]


def test_names_of_assets_name_no_file(tmp_path):
    from neuralpha.data.universes import import_universe, load_universe

    days = pd.bdate_range("2020-01-01", periods=30)

    def frame(assets):
        return pd.DataFrame(
            {
                "date": np.repeat(days, len(assets)),
                "asset": np.tile(assets, len(days)),
                "close": 10.0 + np.arange(len(days) * len(assets)) % 7,
            }
        )

    files = {}
    for name, assets in {"paths": PATHS, "plain": [f"A{i}" for i in range(len(PATHS))]}.items():
        home = import_universe(frame(assets), name, folder=tmp_path / name)
        files[name] = sorted(str(p.relative_to(home)) for p in home.rglob("*"))
        assert sorted(load_universe(str(home)).assets) == sorted(assets)
    assert files["paths"] == files["plain"] and sorted(p.name for p in tmp_path.iterdir()) == ["paths", "plain"]


@pytest.mark.parametrize("asset", ["A\0B", "A\nB", "A\rB", "\x1b[2J", "A\u202eB"])
def test_an_asset_with_a_character_that_nobody_sees_is_refused(asset):
    from neuralpha.data.universes import load_universe

    with pytest.raises(NeuralphaError, match=r"column 'asset': asset .* holds the invisible character U\+"):
        load_universe(pd.DataFrame({"date": pd.bdate_range("2020-01-01", periods=9), "asset": asset, "close": 1.0}))
