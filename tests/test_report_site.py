# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.site import *
import shutil
from pathlib import Path
import pytest
from neuralpha.core import NeuralphaError, read_json
from neuralpha.report.steps import Report
from neuralpha.report.verify import verify_report
from neuralpha.study.experiment import open_experiment
from neuralpha.study.spec import make_study

STUDY = {
    "name": "by-hand",
    "universes": ["sim-tiny"],
    "features": "classic",
    "models": ["ridge"],
    "seeds": 1,
    "split": {"train": "9M", "valid": "3M", "test": "3M"},
    "explain": {"rows": 0},
}

def stepped(study, universe, out):
    """What `compare_models.ipynb` does, without its pictures."""
    report = Report(open_experiment(study, universe), out)
    for step in (report.data, report.folds, report.fit, report.leaderboard, report.save):
        step()
    return report

def test_a_notebook_run_by_hand_ends_in_a_site_that_verifies(tmp_path, monkeypatch):
    one = stepped(make_study(STUDY), "sim-tiny", tmp_path)
    shown = one.site().data
    assert "by-hand/index.html" in shown and "Left out" not in shown
    assert (tmp_path / "by-hand" / "leaderboard.html").exists()
    assert verify_report(tmp_path / "by-hand")[0] == []
    monkeypatch.setattr("neuralpha.report.site.write_leaderboard", lambda folder: None)
    beside(one, tmp_path)

def beside(one, out):
    """Universes that are run one by one stand in one site; those of other settings are left out."""
    prices = out / "mine.parquet"
    one.experiment.panel.frame().drop(columns="tradable").to_parquet(prices)
    shutil.copytree(out / "by-hand" / "sim-tiny", out / "by-hand" / "mine")
    mine = open_experiment(make_study(STUDY | {"universes": [str(prices)]}))
    assert "Left out" not in Report(mine, out).site().data
    assert read_json(out / "by-hand" / "study.json")["universes"] == ["sim-tiny", str(prices)]
    page = (out / "by-hand" / "index.html").read_text()
    assert "sim-tiny/index.html" in page and "mine/index.html" in page
    other = Report(open_experiment(make_study(STUDY | {"models": ["ols"]})), out).site().data
    assert "Left out, since run under other settings: mine" in other
    assert read_json(out / "by-hand" / "study.json")["universes"] == ["sim-tiny"]

def test_within_a_run_the_cell_is_a_link_and_an_unsaved_report_is_refused(tmp_path):
    experiment = open_experiment(make_study(STUDY))
    assert (
        Report(experiment, tmp_path, folder=tmp_path / "hidden").site().data
        == '<a href="../index.html">All universes of this study</a>'
    )
    assert not list(tmp_path.iterdir())
    with pytest.raises(NeuralphaError, match="call report.save\\(\\) before report.site"):
        Report(experiment, tmp_path).site()
