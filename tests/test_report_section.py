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
