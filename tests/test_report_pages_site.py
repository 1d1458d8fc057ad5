# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.pages.site import *
from types import SimpleNamespace

from neuralpha.house import root

from neuralpha.report.pages.draw import site_pages

def test_what_changes_the_meaning_of_every_number_stands_on_every_page():
    report = root() / "reports" / "sample"
    pages = site_pages(report / "study.json", report)
    pages["manifest.html"] = (report / "manifest.html").read_text(encoding="utf-8")
    assert len(pages) > 5
    assert [path for path, text in pages.items() if "of sim-tiny were drawn by a program" not in text] == []

def test_an_executed_notebook_says_it_too(tmp_path):
    import nbformat
    from neuralpha.study.spec import load_study

    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Results")]), tmp_path / "a.ipynb")
    drawn = SimpleNamespace(slug="here", is_simulated=True, is_survivors_only=False)
    alive = SimpleNamespace(slug="there", is_simulated=False, is_survivors_only=True)
    pages = Site(load_study("tiny"), tmp_path, [drawn, alive], []).notebook_pages(
        {"here/notebook.html": "a.ipynb", "there/notebook.html": "a.ipynb", "leaderboard.html": "a.ipynb"}
    )
    said = {path: ("of here were drawn" in text, "every asset of there" in text) for path, text in pages.items()}
    assert said == {
        "here/notebook.html": (True, False),
        "there/notebook.html": (False, True),
        "leaderboard.html": (True, True),
    }

def test_survivors_and_drawn_markets_are_named_apart():
    simulated, survivors = {"drawn"}, {"alive", "left"}
    names = ["alive", "drawn", "left", "whole"]
    results = [SimpleNamespace(slug=n, is_simulated=n in simulated, is_survivors_only=n in survivors) for n in names]
    of_drawn, of_alive = notices_of(results)
    assert "of drawn were" in of_drawn and "asset of alive, left is" in of_alive
    assert notices_of(results[3:]) == []
