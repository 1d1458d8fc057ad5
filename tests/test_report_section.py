# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.section import *
import pytest
from neuralpha.core import NeuralphaError

def test_a_module_without_a_section_is_named(tmp_path, monkeypatch):
    import neuralpha.report.sections as room

    (tmp_path / "emptyroom.py").write_text("TITLE = 'nothing'\n")
    monkeypatch.setattr(room, "__path__", [*room.__path__, str(tmp_path)])
    with pytest.raises(NeuralphaError, match="emptyroom has no SECTION"):
        sections()

def test_the_sections_of_the_notebook_are_all_there():
    import json
    from neuralpha.study.spec import research_folder

    cells = json.loads((research_folder() / "compare_models.ipynb").read_text(encoding="utf-8"))["cells"]
    asked = {
        line.split("(")[0].removeprefix("report.") for c in cells for line in c["source"] if line.startswith("report.")
    }
    assert asked - {"others", "save", "site"} <= set(sections())
    assert "others" in asked  # shows what no cell asks for

def test_the_section_that_this_page_writes_is_computed_and_derived_alike(tmp_path):
    import re
    import nbformat
    from types import SimpleNamespace
    from neuralpha.core import read_json
    from neuralpha.house import root
    from neuralpha.report.section import StoredReport
    from neuralpha.report.steps import Report
    from neuralpha.study.experiment import open_experiment
    from neuralpha.study.spec import open_report

    cells = nbformat.read(root() / "nbs/report/section.ipynb", 4).cells
    prose = next(cell.source for cell in cells if "**To add a section" in cell.source)
    names = {}
    exec(re.search(r"```python\n(.+?)```", prose, re.S)[1], names)
    section = names["SECTION"]

    folder, _, study = open_report(root() / "reports/sample")
    experiment = open_experiment(study)
    stored = StoredReport(folder / "sim-tiny", experiment)
    report = Report(experiment, tmp_path)
    report.scored = stored.scored
    found = section.compute(report)
    section.store(report, found)
    table = section.show(report, found)
    kept = StoredReport(report.folder, SimpleNamespace(study=study))
    kept.__dict__["scored"] = stored.scored
    assert section.derive(kept) == {"coverage.json": found} and read_json(report.folder / "coverage.json") == found
    assert section.derive(stored) == {}
    assert table.loc["lstm", "fewest"] == stored.tests["lstm"].scores().dropna().groupby("date").size().min()
    assert report.figures[0]["section"] == "Coverage" and (report.folder / report.figures[0]["file"]).exists()
    shared = re.findall(r"`report\.(\w+)`", prose.split("| | |")[1].split("\n\n")[0])
    assert {"experiment", "tests", "valid_scores", "searches", "folder"} == set(shared)
    assert all(
        hasattr(of, name) for of in (Report, StoredReport) for name in shared if name not in ("experiment", "folder")
    )
