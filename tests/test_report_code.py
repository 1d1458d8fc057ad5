# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.code import *
def test_a_metric_and_a_section_are_part_of_the_code_that_makes_numbers(monkeypatch):
    from neuralpha.core import code_modules

    reached = set(code_modules("neuralpha.report.steps", *section_modules()))
    assert {"neuralpha.evaluate.catalogue", "neuralpha.report.sections.money", "neuralpha.trading.account"} <= reached
    before = report_code()
    fewer = [m for m in section_modules() if not m.endswith(".data")]
    monkeypatch.setattr("neuralpha.report.code.section_modules", lambda: fewer)
    assert report_code() != before
