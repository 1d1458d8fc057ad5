"""`neuralpha verify --rerun`: a study run from nothing gives its report's files bit for bit; what does not is named."""

import pytest

from neuralpha.core import read_json, write_json
from neuralpha.report.run import run_study
from neuralpha.report.pages.draw import write_site
from neuralpha.study.spec import make_study
from neuralpha.report.verify import rerun_report, verify_report

STUDY = {
    "name": "again",
    "universes": ["sim-tiny"],
    "features": "classic",
    "models": {"lightgbm": {"n_trees": 20}, "lstm": {"window": 4, "max_epochs": 2}},
    "seeds": 1,
    "split": {"train": "9M", "valid": "3M", "test": "9M"},
    "explain": {"rows": 20, "samples": 5},
}


@pytest.mark.slow
def test_a_report_is_what_its_study_gives_and_a_forged_one_is_not(tmp_path):
    study = make_study(STUDY)
    assert run_study(study, tmp_path, "cpu", 2).failures == {}
    report = tmp_path / "again"
    problems, files = rerun_report(report, "cpu", 1)
    assert problems == [] and files > 40
    path = report / "sim-tiny" / "metrics.json"
    numbers = read_json(path)
    numbers["models"]["lstm"]["weights"] -= 100  # follows from no score: only the fit itself knows
    write_json(path, numbers)
    write_site(study, tmp_path)
    for done in report.glob("*/done.json"):
        done.unlink()
    assert verify_report(report)[0] == []
    assert any(
        p.startswith("sim-tiny/metrics.json is not what the study gives") and "lstm.weights" in p
        for p in rerun_report(report, "cpu", 1)[0]
    )
