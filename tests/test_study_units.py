# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.study.units import *
import ast, importlib, linecache, os, shutil, subprocess, sys
from pathlib import Path
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError, code_modules, file_digest

COMPUTES = {
    "sklearn": "scikit-learn",
    "pywt": "PyWavelets",
}  # where a package is imported by another name than it is installed

SEEN_BY_THE_DATA = {"duckdb", "exchange_calendars", "pandera", "polars", "pyarrow", "sqlalchemy", "yfinance"}

NO_PART_OF_A_FIT = {
    "IPython",
    "arch",
    "PIL",
    "jinja2",
    "markupsafe",
    "matplotlib",
    "pydantic",
    "rich",
    "safetensors",
    "skops",
    "threadpoolctl",
    "tqdm",
}

NAMED_WHERE_USED = {"catboost", "xgboost", "optuna", "cmaes", "clarabel", "skfolio", "bidask"}

def _packages_behind(module):
    """Third-party packages that a module of neuralpha, or what it imports, names anywhere."""
    found = set()
    for name in code_modules(module):
        tree = ast.parse(Path(importlib.util.find_spec(name).origin).read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {"neuralpha"}

def test_every_package_that_computes_a_fit_is_part_of_its_name():
    judged = SEEN_BY_THE_DATA | NO_PART_OF_A_FIT | NAMED_WHERE_USED
    behind = _packages_behind("neuralpha.study.fit") - judged
    assert sorted(COMPUTES.get(name, name) for name in behind | {"lightgbm"}) == sorted(LIBRARIES)

def _step(value):
    return _helper(value)

def _helper(value) -> pd.DataFrame:
    """A word about it."""
    from neuralpha.data.panel import Panel

    return file_digest(value), Panel

def test_the_code_of_a_function_is_followed_through_helpers_and_lazy_imports():
    found = reach(_step)
    assert [name.split(".")[-1] for name in found.own] == ["_helper", "_step"]
    assert found.modules == ("neuralpha.core", "neuralpha.data.panel")

def test_a_step_or_a_module_that_is_added_is_noticed_and_a_word_about_it_is_not(tmp_path, monkeypatch):
    package = tmp_path / "toyrecipe.py"
    monkeypatch.syspath_prepend(tmp_path)
    text = "from neuralpha.labels import forward_return\n\ndef helper(p):\n    return p\n\n"
    text += "def step(p):\n    return helper(p)\n"
    changes = {
        "as it is": text,
        "with a docstring": text.replace("def step(p):", "def step(p):\n    'What it does.'"),
        "with an annotation": text.replace("def step(p):", "def step(p: forward_return) -> int:"),
        "with another helper": text.replace("return p\n", "return -p\n"),
        "with a further step": text.replace("return helper(p)", "return forward_return(helper(p))"),
    }
    codes = {}
    for what, source in changes.items():
        package.write_text(source)
        sys.modules.pop("toyrecipe", None)
        importlib.invalidate_caches()
        linecache.clearcache()
        shutil.rmtree(tmp_path / "__pycache__", ignore_errors=True)
        codes[what] = code_of(importlib.import_module("toyrecipe").step)
    same = {what for what, code in codes.items() if code == codes["as it is"]}
    assert same == {"as it is", "with a docstring", "with an annotation"} and len(set(codes.values())) == 3

SCORES = pd.DataFrame(
    {"part": ["test"] * 2, "date": pd.Timestamp("2020-01-02"), "asset": ["A", "B"], "score": np.float32([1, 2])}
)

UNIT = Unit("u", "ridge", 0, 0, '{"a":1}')

class _Model:
    def save(self, folder):
        folder.mkdir()
        (folder / "w.json").write_text("{}")

def test_a_unit_comes_back_as_it_went_in(tmp_path):
    store = UnitStore(tmp_path / "units")
    assert UNIT.key not in store
    store.save(UNIT, SCORES, _Model(), seconds=1.5)
    assert UNIT.key in store and store.meta(UNIT.key)["seconds"] == 1.5
    pd.testing.assert_frame_equal(store.scores(UNIT.key), SCORES)
    assert sorted(p.name for p in store.folder.iterdir()) == [UNIT.key]
    store.save(UNIT, SCORES.assign(score=np.float32(9)), _Model())
    pd.testing.assert_frame_equal(store.scores(UNIT.key), SCORES)

def test_a_changed_file_is_found(tmp_path):
    store = UnitStore(tmp_path)
    store.save(UNIT, SCORES, _Model())
    (store.path(UNIT.key) / "model" / "w.json").write_text("{ }")
    with pytest.raises(NeuralphaError, match="w.json is not the file"):
        store.scores(UNIT.key)

def test_a_unit_in_the_place_of_another_is_found(tmp_path):
    store = UnitStore(tmp_path)
    other = Unit("u", "ridge", 0, 1, '{"a":2}')
    store.save(UNIT, SCORES)
    shutil.copytree(store.path(UNIT.key), store.path(other.key))
    with pytest.raises(NeuralphaError, match="unit.json is of another unit"):
        store.scores(other.key)

def test_a_failing_save_leaves_nothing(tmp_path):
    class Broken:
        def save(self, folder):
            raise OSError(28, "No space left on device")

    with pytest.raises(NeuralphaError, match="No space left"):
        UnitStore(tmp_path / "u").save(UNIT, SCORES, Broken())
    assert list((tmp_path / "u").iterdir()) == []

def test_a_claim_is_exclusive_and_leaves_no_lock(tmp_path):
    store = UnitStore(tmp_path)
    with claim(store, "k") as first, claim(store, "k") as second:
        assert first and not second
    with claim(store, "k") as third:
        assert third
    assert list((tmp_path / "locks").iterdir()) == []

def test_a_killed_holder_frees_its_claim(tmp_path):
    code = (
        "import sys, time; from neuralpha.study.units import *\n"
        "with claim(UnitStore(sys.argv[1]), 'k') as ours: print(ours, flush=True); time.sleep(60)"
    )
    p = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert p.stdout.readline().strip() == "True"
    with claim(UnitStore(tmp_path), "k") as ours:
        assert not ours
    p.kill()
    p.wait()
    with claim(UnitStore(tmp_path), "k") as ours:
        assert ours
    assert list((tmp_path / "locks").iterdir()) == []
