# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.sections.resilience import *
def test_a_report_that_asks_for_resilience_has_it_and_no_other(tmp_path):
    from neuralpha.core import read_json
    from neuralpha.report.section import sections
    from neuralpha.report.steps import Report
    from neuralpha.study.experiment import open_experiment
    from neuralpha.study.spec import make_study

    study = {"name": "bent", "universes": ["sim-tiny"], "models": ["ridge"], "features": "classic", "seeds": 1}
    split = {"split": {"train": "1Y", "valid": "6M", "test": "6M"}}
    report = Report(open_experiment(make_study(study | split | {"portfolio": {"resilience": True}})), tmp_path)
    report.fit()
    report.resilience()
    stored = read_json(report.folder / "resilience.json")
    assert {row["disturbance"] for row in stored["rows"]} == {"noise", "stale", "spikes", "bursts", "missing"}
    assert len(stored["doors"]) == len(report.experiment.X.names) and "ridge" in stored["doors"][0]
    assert any(figure["section"] == "Resilience" for figure in report.figures)
    quiet = Report(open_experiment(make_study(study | split | {"portfolio": {}})), tmp_path / "quiet")
    assert not sections()["resilience"].applies(quiet)
