# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.compare_reports import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError, read_json, write_json
from neuralpha.evaluate.catalogue import CATALOGUE
from neuralpha.study.experiment import open_experiment
from neuralpha.report.steps import Report
from neuralpha.report.pages.draw import write_site
from neuralpha.study.spec import make_study

def test_a_label_is_another_one_by_its_name_and_not_by_how_many_rows_have_it():
    from neuralpha.data.simulated.market import simulate_universe
    from neuralpha.evaluate.compare import StudyIcs, compare_studies
    from neuralpha.labels import excess_return, forward_return
    from neuralpha.report.compare_reports import _label_name, summary

    shorter, longer = (simulate_universe(20, days, seed=1) for days in (300, 360))
    names = [_label_name(repr(forward_return(p, 5))) for p in (shorter, longer)]
    assert names == ["return 5 bars ahead, delay 1"] * 2
    assert _label_name(repr(excess_return(forward_return(longer, 5), "market"))) not in names
    ics = pd.DataFrame({"ridge": np.random.default_rng(0).normal(size=250)}, longer.dates[-250:])
    one, same, other = (
        StudyIcs(ics, h, 1, _label_name(repr(forward_return(p, h))))
        for p, h in ((shorter, 5), (longer, 5), (longer, 1))
    )
    assert compare_studies({"u": one}, {"u": same})["note"].tolist() == [""]
    changed = compare_studies({"u": one}, {"u": other})["note"].tolist()
    assert changed == ["label changed: return 5 bars ahead, delay 1 to return 1 bars ahead, delay 1"]
    row = dict(universe="u", model="ridge", change={"value": 0.1, "unit": "correlation"}, moved=True)
    said = summary(dict(rows=[row | dict(note=changed[0])], other_data=[]))
    assert "The label of u is not the same in both" in said
    assert "label" not in summary(dict(rows=[row | dict(note="")], other_data=[]))

def _study(name, **change):
    return make_study(
        {
            "name": name,
            "universes": ["sim-tiny"],
            "features": "classic",
            "models": {"ridge": {}, "worse": {"model": "ridge"}, **change.pop("models", {})},
            "seeds": 1,
            "split": {"train": "9M", "valid": "3M", "test": "9M"},
            "explain": {"rows": 0},
            **change,
        }
    )

@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    out = tmp_path_factory.mktemp("two")
    for study in (
        _study("a"),
        _study("b", title="<i>b</i>", models={"worse": {"model": "ridge", "alpha": 1e12}, "new": {"model": "ridge"}}),
    ):
        r = Report(open_experiment(study), out)
        for step in (r.data, r.fit, r.leaderboard, r.save):
            step()
        if study.name == "b":  # a model that went wrong
            t = pd.read_parquet(r.folder / "predictions.parquet")
            t["score"] = t["score"].where(
                t["model"] != "worse", np.random.default_rng(0).normal(size=len(t)).astype("float32")
            )
            t.to_parquet(r.folder / "predictions.parquet", index=False)
        write_site(study, out)
    return out

def test_what_moved_is_said_and_what_did_not_is_not(reports):
    from neuralpha.report.compare_reports import compare_reports, write_comparison

    c = compare_reports(reports / "a", reports / "b")
    got = {r["model"]: r for r in c["rows"]}
    assert (
        got["worse"]["moved"]
        and got["worse"]["change"]["high"] < 0
        and not got["ridge"]["moved"]
        and got["ridge"]["change"]["value"] == 0
    )
    assert got["new"]["change"] is None and got["new"]["note"] == "only after"
    stored = read_json(reports / "a" / "sim-tiny" / "metrics.json")["models"]["ridge"]["metrics"]["ic"]["value"]
    assert abs(got["ridge"]["before"]["value"] - stored) < 1e-6
    assert got["ridge"]["before"]["definition"] == CATALOGUE["ic"].defined(label="return 5 bars ahead, delay 1")
    assert ("models.worse.alpha", "–", "1000000000000.0") in [tuple(x) for x in c["changes"]] and c["other_data"] == []
    with pytest.raises(NeuralphaError, match="holds no report"):
        compare_reports(reports / "a", reports / "none")
    with pytest.raises(NeuralphaError, match="nowhere/none holds no report"):  # and not that folders differ
        write_comparison(reports / "a", reports / "nowhere" / "none")

def test_the_page_is_linked_escaped_and_verified(reports):
    from neuralpha.report.compare_reports import verify_comparison, write_comparison

    page = write_comparison(reports / "a", reports / "b")
    text = page.read_text()
    assert (
        "1 of 2 moved by more than noise: worse on sim-tiny" in text
        and "<i>b" not in text
        and "&lt;i&gt;b" in text
        and "data:image/png" in text
    )
    assert "of sim-tiny were drawn by a program" in text
    assert "comparisons/a--b.html" in (reports / "index.html").read_text() and verify_comparison(page) == []
    page.write_text(text.replace("1 of 2", "2 of 2"))
    assert verify_comparison(page) == [f"{page} does not show what the two reports give."]
    write_comparison(reports / "a", reports / "b")
    stored = read_json(page.with_suffix(".json"))
    stored["rows"][0]["dates"] += 1
    write_json(page.with_suffix(".json"), stored)
    assert any(".json is not what" in p for p in verify_comparison(page))
    with pytest.raises(NeuralphaError, match="given twice"):
        write_comparison(reports / "a", reports / "a")
