# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.pages.data import *
from pathlib import Path
import neuralpha.report.templates as templates
from neuralpha.report.pages.frame import WRITTEN_INTO, Frame, render

def test_text_from_data_is_escaped():
    gone = Survivorship(True, "<s>", "", [], [])
    masked = {"text": "<i>", "href": "<var>", "columns": ["<dfn>"], "rows": [["<kbd>"]]}
    universe = DataOfUniverse(
        "<script>alert(1)</script>", "", False, {}, ["<em>"], ["<u>"], [["<img onerror=1>"]], gone, "<q>", masked
    )
    page = render("data.html", Frame("<b>", "s", [("<i>", "a")], "a"), DataPage([universe]))
    for tag in ("<b>", "<i>", "<script>alert", "<u>", "<em>", "<q>", "<img onerror", "<var>", "<dfn>", "<kbd>"):
        assert tag not in page

def test_a_page_needs_no_other_file_for_its_style_and_script():
    page = render("data.html", Frame("Data", "s"), DataPage([]))
    files = {name: (Path(templates.__path__[0]) / name).read_text(encoding="utf-8") for name in WRITTEN_INTO.values()}
    assert files["site.css"] in page and files["site.js"] in page
    written = "".join(files.values())
    assert "</" not in written  # would end the element that holds it

def test_a_gap_that_could_not_be_measured_is_a_dash():
    from neuralpha.report.pages.data import _survivorship

    row = dict(
        name="reversal", unit="correlation", point_in_time=0.01, survivors=None, invented=None, standard_error=None
    )
    s = _survivorship(dict(known=True, assets=4, alive=1, horizon=5, simulated=None, rows=[row]))
    known = _survivorship(dict(known=True, assets=4, alive=1, horizon=5, simulated=None, rows=[row]), 32).text
    assert "not known in 32 rows" in known and "not known" not in s.text
    assert "is not measured" in s.text and s.rows[0]["cells"] == ["0.010", "–", "–", "–"]

def test_the_page_says_what_rows_without_a_label_could_change():
    from types import SimpleNamespace
    from neuralpha.report.pages.data import _unlabelled

    def bound(value, stated, low, high):
        return dict(value=value, stated=stated, low=low, high=high)

    ridge = dict(
        kind="model",
        metrics={"suspended_exits": {"rows": dict(value=1200.0, share=0.0123), "ic": bound(0.02, 0.03, -0.01, 0.05)}},
    )
    said = _unlabelled(
        SimpleNamespace(
            checks={"unlabelled": {"beyond the last date": 300, "exit bar suspended": 1500}},
            models={"ridge": ridge, "oracle": dict(kind="baseline", metrics={})},
        )
    )
    for part in (
        "300 beyond the last date, 1,500 exit bar suspended",
        "1,200 scored rows of ridge (1.2%)",
        "is 0.020 instead of 0.030",
        "-0.010 or 0.050".replace("-", "−"),
        'exit = "next trade"',
    ):
        assert part in said.replace("-0", "−0"), said
    assert "scored rows" not in _unlabelled(
        SimpleNamespace(
            checks={"unlabelled": {"beyond the last date": 300}}, models={"ridge": dict(kind="model", metrics={})}
        )
    )
