# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.published import *
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.study.spec import load_study, make_study

TABLE = dict(
    source="A. Author (2020), table 1",
    metrics={"r2": "R², %", "ratio": "R² over the true function's"},
    tables={
        "*": [
            {"name": "NN", "model": "mlp", "r2": 4.0},
            {"name": "GAT", "r2": 2.0},
            {"name": "true", "model": "true", "r2": 5.0},
        ]
    },
    targets=[dict(name="a net", models=["mlp"], metric="ratio", value=0.75)],
)

study = make_study(
    {"name": "mine", "universes": ["gkx-a-100"], "models": ["mlp", "ridge"], "repetitions": 2, "published": TABLE}
)

measured = {
    n: {
        "kind": "model",
        "metrics": {"r2": {"value": v, "low": v - 1.96, "high": v + 1.96}, "ratio": {"value": v / 5, "error": 0.1}},
    }
    for n, v in (("mlp", 4.25), ("ridge", 1.0))
}

def test_published_and_measured_stand_side_by_side():
    rows = {r["name"]: {c["metric"]: c for c in r["cells"]} for r in beside_published(study, "gkx-a-100", measured)}
    assert list(rows) == ["NN", "GAT", "true", "ridge"]
    assert (
        rows["NN"]["r2"] == dict(metric="r2", published=4.0, value=4.25, error=pytest.approx(1.0))
        and rows["NN"]["ratio"]["published"] == 0.8
    )
    assert (
        rows["GAT"]["r2"]["value"] is None
        and rows["GAT"]["ratio"]["published"] == 0.4
        and rows["ridge"]["ratio"] == dict(metric="ratio", published=None, value=0.2, error=0.1)
    )
    assert beside_published(load_study("tiny"), "sim-tiny", measured) == []

def test_a_target_names_the_best_and_its_error():
    (t,) = targets(study, "gkx-a-100", measured)
    assert t == dict(name="a net", metric="ratio", target=0.75, model="mlp", value=0.85, error=0.1, reached=True)

def test_a_target_needs_no_table():
    alone = make_study(
        {
            "name": "mine",
            "universes": ["sim-tiny"],
            "models": ["mlp", "ridge"],
            "published": {"targets": [dict(name="most of it", models=["mlp", "ridge"], metric="recovered", value=0.9)]},
        }
    )
    found = {
        n: {"kind": "model", "metrics": {"recovered": {"value": v, "low": v - 0.0392, "high": v + 0.0392}}}
        for n, v in (("mlp", 0.8), ("ridge", 0.85))
    }
    assert beside_published(alone, "sim-tiny", found) == []
    assert targets(alone, "sim-tiny", found) == [
        dict(
            name="most of it",
            metric="recovered",
            target=0.9,
            model="ridge",
            value=0.85,
            error=pytest.approx(0.02),
            reached=False,
        )
    ]

def test_a_target_that_nobody_was_measured_for_is_said_and_not_passed_over():
    mistyped = study.model_copy(
        update={
            "published": study.published.model_copy(
                update={"targets": [study.published.targets[0].model_copy(update={"metric": "ratoi"})]}
            )
        }
    )
    for (t,) in (targets(mistyped, "gkx-a-100", measured), targets(study, "gkx-a-100", {"ridge": measured["ridge"]})):
        assert (t["model"], t["value"], t["error"], t["reached"]) == (None, None, None, False)

@pytest.mark.parametrize("name", ["nasdaq-table", "sim-linear-table", "sim-nonlinear-table"])
def test_whatever_a_built_in_table_or_target_names_is_measured_with_an_interval(name):
    from neuralpha.core import read_json
    from neuralpha.house import root

    sample = read_json(root() / "reports" / "sample" / "sim-tiny" / "metrics.json")["models"]["lightgbm"]["metrics"]
    p = load_study(name).published
    named = {*p.metrics, *(t.metric for t in p.targets)}
    assert named and all(standard_error(sample[k]) > 0 for k in named)

def test_a_published_table_is_checked():
    for wrong, message in (
        ({"tables": {}, "metrics": {}}, "give tables, targets or both"),
        (TABLE | {"source": ""}, "source.*metrics"),
        (TABLE | {"tables": {"*": [{"name": "a", "r3": 1.0}]}}, "r3.*no metric"),
        (TABLE | {"tables": {"*": [{"name": "a", "r2": "much"}]}}, "'much'.*number"),
        (TABLE | {"tables": {"*": [{"r2": 1.0}]}}, "has no name"),
        (TABLE | {"targets": [dict(name="a", models=[], metric="r2", value=1)]}, "models"),
    ):
        with pytest.raises(NeuralphaError, match=message):
            make_study({"name": "m", "universes": ["gkx-a-100"], "models": ["ols"], "published": wrong})
