# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.sections.paths import *
from types import SimpleNamespace
from neuralpha.core import read_json
from neuralpha.report.run import run_study
from neuralpha.report.verify import verify_report
from neuralpha.study.experiment import open_experiment
from neuralpha.study.spec import make_study
from neuralpha.report.sections.paths import SECTION

def test_a_walk_forward_has_one_path_and_no_section():
    assert not SECTION.applies(SimpleNamespace(experiment=SimpleNamespace(paths=[[]])))
    assert SECTION.compute(SimpleNamespace(experiment=SimpleNamespace(paths=[[]]))) is None

OWN = """
import numpy as np
from neuralpha.labels import forward_return


def per_risk(panel, horizon, delay):
    from dataclasses import replace

    y = forward_return(panel, horizon, delay)
    return replace(y, name="return, in tens of percent", values=10 * y.values, unit="tens of percent")


class Halved:
    def __init__(self, by: float = 2.0):
        self.by = by

    def fit(self, X, rows, target=None):
        self.mean_ = np.nanmean(X.values[rows], 0)
        return self

    def apply(self, X):
        from dataclasses import replace

        return replace(X, values=((X.values - self.mean_) / self.by).astype(np.float32))


def early(y, rows):
    return np.where(y.panel.date_code < 200, 2.0, 1.0)
"""

def test_a_study_with_every_part_of_ones_own_on_combinatorial_folds_reports_and_verifies(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    study = make_study(
        {
            "name": "paths",
            "universes": ["sim-tiny"],
            "features": "classic",
            "models": ["ridge", "ols"],
            "label": {"kind": "mine.py:per_risk"},
            "transform": [{"kind": "mine.py:Halved"}, {"kind": "select", "n": 4}, {"kind": "pca", "n": 2}],
            "weights": {"by": ["uniqueness", "mine.py:early"]},
            "split": {"scheme": "combinatorial", "groups": 4, "tests": 2},
            "explain": {"rows": 0},
        }
    )
    run = run_study(study, out="reports", device="cpu", jobs=1)
    assert not run.failures
    place = run.folder / "sim-tiny"
    numbers = read_json(place / "paths.json")
    assert numbers["paths"] == 3 and set(numbers["models"]) == {"ridge", "ols"}
    metrics = read_json(place / "metrics.json")
    assert (
        metrics["models"]["ridge"]["paths"] == numbers["models"]["ridge"]
        and metrics["overfitting"]["pbo"] == numbers["pbo"]
    )
    shown = metrics["models"]["ridge"]["metrics"]["ic"]["value"]
    assert abs(shown - numbers["models"]["ridge"]["mean"]) < 1e-9
    assert any("is the mean of 3 paths" in said for said in metrics["statements"])
    assert "over all paths" in (run.folder / "manifest.html").read_text() + (run.folder / "index.html").read_text()
    steps = read_json(place / "transforms.json")["folds"][0]["steps"]
    assert [s["features_out"] for s in steps] == [8, 4, 2] and read_json(place / "weights.json")["folds"][0][
        "worth"
    ] > 0
    pictures = {f["section"] for f in read_json(place / "figures.json")}
    assert {"Transforms", "Weights", "Paths"} <= pictures
    assert verify_report(run.folder)[0] == []
    before = {u.key for u in open_experiment(study).units("cpu")}
    (tmp_path / "mine.py").write_text(OWN.replace("2.0, 1.0", "3.0, 1.0"))
    assert before.isdisjoint(u.key for u in open_experiment(study).units("cpu"))
    assert len(list((tmp_path / "reports/.units/features").glob("*/values.npy"))) == 1
