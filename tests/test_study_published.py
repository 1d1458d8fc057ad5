# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.study.published import *
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.study.spec import load_study, make_study

TABLE = dict(source="A. Author (2020), table 1", metrics={"r2": "R², %", "ratio": "R² over the true function's"},
             tables={"*": [{"name": "NN", "model": "mlp", "r2": 4.}, {"name": "GAT", "r2": 2.}, {"name": "true", "model": "true", "r2": 5.}]},
             targets=[dict(name="a net", models=["mlp"], metric="ratio", value=.75)])

study = make_study({"name": "mine", "universes": ["gkx-a-100"], "models": ["mlp", "ridge"], "repetitions": 2, "published": TABLE})

measured = {n: {"kind": "model", "metrics": {"r2": {"value": v, "low": v - 1.96, "high": v + 1.96}, "ratio": {"value": v/5, "error": .1}}} for n, v in (("mlp", 4.25), ("ridge", 1.))}

def test_published_and_measured_stand_side_by_side():
    rows = {r["name"]: {c["metric"]: c for c in r["cells"]} for r in side_by_side(study, "gkx-a-100", measured)}
    assert list(rows) == ["NN", "GAT", "true", "ridge"]
    assert rows["NN"]["r2"] == dict(metric="r2", published=4., value=4.25, error=pytest.approx(1.)) and rows["NN"]["ratio"]["published"] == .8
    assert rows["GAT"]["r2"]["value"] is None and rows["GAT"]["ratio"]["published"] == .4 and rows["ridge"]["ratio"] == dict(metric="ratio", published=None, value=.2, error=.1)
    assert side_by_side(load_study("tiny"), "sim-tiny", measured) == []

def test_a_target_names_the_best_and_its_error():
    (t,) = targets(study, "gkx-a-100", measured)
    assert t == dict(name="a net", metric="ratio", target=.75, model="mlp", value=.85, error=.1, reached=True)
    assert targets(study, "gkx-a-100", {"ridge": measured["ridge"]}) == []

def test_a_published_table_is_checked():
    for wrong, message in (({"tables": {}, "metrics": {}}, "source is missing"), (TABLE | {"tables": {"*": [{"r2": 1.}]}}, "has no name"), (TABLE | {"targets": [dict(name="a", models=[], metric="r2", value=1)]}, "models")):
        with pytest.raises(NeuralphaError, match=message): make_study({"name": "m", "universes": ["gkx-a-100"], "models": ["ols"], "published": wrong})
