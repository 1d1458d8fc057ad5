# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.pages.site import *
from types import SimpleNamespace

from neuralpha.house import root

from neuralpha.report.pages.draw import site_pages

def test_what_changes_the_meaning_of_every_number_stands_on_every_page():
    report = root() / "reports" / "sample"
    pages = site_pages(report / "study.json", report)
    drawn = {path: text for path, text in pages.items() if not path.endswith("notebook.html")}
    assert len(drawn) > 5
    assert [path for path, text in drawn.items() if "of sim-tiny were drawn by a program" not in text] == []

def test_survivors_and_drawn_markets_are_named_apart():
    simulated, survivors = {"drawn"}, {"alive", "left"}
    names = ["alive", "drawn", "left", "whole"]
    results = [SimpleNamespace(slug=n, is_simulated=n in simulated, is_survivors_only=n in survivors) for n in names]
    of_drawn, of_alive = notices_of(results)
    assert "of drawn were" in of_drawn and "asset of alive, left is" in of_alive
    assert notices_of(results[3:]) == []
