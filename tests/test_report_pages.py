# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.pages import *
from pathlib import Path
import pandas as pd
import pytest
from neuralpha.evaluate.catalogue import number
import neuralpha.report.templates as templates
from neuralpha.core import NeuralphaError, write_json
from neuralpha.study.spec import load_study, make_study

def test_a_universe_without_a_report_says_why(tmp_path):
    study = load_study("tiny", universes=["sim-tiny"])
    write_json(
        tmp_path / "sim-tiny" / "compare_models.ipynb",
        {"cells": [{"outputs": [{"output_type": "error", "ename": "ValueError", "evalue": "too few dates\nat all"}]}]},
    )
    (hole,) = read_results(tmp_path, study)[1]
    assert "ValueError: too few dates" in hole["error"] and "at all" not in hole["error"]

def test_the_answer_says_what_the_letters_say():
    def said(**models):  # name -> (kind, letters, mean IC)
        def of(kind, letters, value):
            return dict(
                kind=kind,
                letters=letters,
                metrics={"ic": dict(value=value, low=value - 0.01, high=value + 0.01, unit="correlation")},
            )

        return answer(UniverseResult("u", {"models": {n: of(*m) for n, m in models.items()}}, [], {}, {}, {}))

    from neuralpha.evaluate.statistics import STEADY_DATES

    chain = dict(A=("model", "a", 0.06), B=("model", "ab", 0.05), C=("model", "b", 0.04))
    few = dict(value=0.06, low=0.05, high=0.07, unit="correlation", n=250)
    board = {"A": dict(kind="model", letters="a", metrics={"ic": few})}
    short = answer(UniverseResult("u", {"models": board}, [], {}, {}, {}))
    assert short.endswith("250 dates do not tell skill that stays from skill that came for some months.")
    few["n"] = STEADY_DATES
    assert "some months" not in answer(UniverseResult("u", {"models": board}, [], {}, {}, {}))
    assert said(**chain).startswith("A has the highest mean IC, 0.060 [0.050, 0.070]; B cannot be told apart from it.")
    assert said(A=("model", "a", 0.06), C=("model", "b", 0.04)).startswith("A leads with a mean IC of 0.060")
    assert "reversal, which nobody had to train, cannot be told apart from it" in said(
        **chain, reversal=("baseline", "a", 0.05)
    )
    assert "reversal, which nobody had to train, is better" in said(
        A=("model", "b", 0.02), reversal=("baseline", "a", 0.05)
    ) and "reversal" not in said(**chain, reversal=("baseline", "c", 0.01))
    assert "there is no evidence of skill" in said(A=("model", "a", 0.005))

def test_the_question_is_answered_with_yes_no_or_how_long_it_would_take():
    ics = {"mlp": 0.03, "lightgbm": 0.02, "mine": 0.05}
    models = {name: dict(kind="model", letters="a", metrics={"ic": {"value": ic}}) for name, ic in ics.items()}
    folds = [{"test": ["2019-01-01", "2020-01-01"]}, {"test": ["2020-01-02", "2021-01-01"]}]

    def said(better="mlp", worse="lightgbm", separated=False, models=models, **changes):
        pair = dict(better=better, worse=worse, difference=0.01, se=0.01, low=-0.02, high=0.04, separated=separated)
        numbers = dict(models=models, pairs=[pair | changes], folds=folds)
        study = make_study(
            dict(name="s", universes=["u"], models={"mlp": {}, "lightgbm": {}, "mine": {"model": "ridge"}})
        )
        return net_or_tree(UniverseResult("u", numbers, [], {}, {}, {}), study)

    # two years, and (1.96 + 0.84)^2 as many for a difference of one standard error
    assert said() == (
        "Does a net beat boosted trees here? The data cannot say: mlp is ahead of lightgbm by 0.010 in mean IC "
        "(95% [−0.020, 0.040], all pairs together); were this difference real, it would take about 15.7 years of "
        "test dates to show it; there are 2.0 years."
    )
    assert "more than a century" in said(difference=0.001)
    assert said(separated=True).startswith("Does a net beat boosted trees here? Yes: mlp is ahead")
    assert said("lightgbm", "mlp", separated=True).startswith(
        "Does a net beat boosted trees here? No: lightgbm is ahead"
    )
    assert said("mine", "mlp") == "" and said(low=None) == "" and said(models={"mlp": models["mlp"]}) == ""

def test_leaderboard_universe_and_model_page_say_a_number_in_one_unit():
    from bs4 import BeautifulSoup
    from neuralpha.evaluate.catalogue import column_metrics, heading, metric_title
    from neuralpha.evaluate.statistics import said_of_months
    from neuralpha.house import root

    reports = root() / "reports"
    pages = site_pages(reports / "sample" / "study.json", reports / "sample")

    def rows_of(page, first):
        tables = BeautifulSoup(pages[page], "html.parser").find_all("table")
        table = next(t for t in tables if t.th.get_text() == first)
        return [
            [c.find(string=True, recursive=False) or c.get_text() for c in r.find_all(["td", "th"])]
            for r in table.find_all("tr")
        ]

    for page, said in {"index.html": None, "sim-tiny/index.html": 118, "sim-tiny/model-lstm.html": 118}.items():
        assert said_of_months(said) in pages[page], page
    (head, *board), (models, *metrics) = rows_of("index.html", "model"), rows_of("sim-tiny/index.html", "Metric")
    by_name = {row[0]: dict(zip(models[1:], row[1:])) for row in metrics}
    checked = 0
    shown = [entry for entry in column_metrics() if heading(entry) in head]  # of paths there is one here
    assert {entry.name for entry in column_metrics()} - {entry.name for entry in shown} <= {"ic_worst_path"}
    for entry in shown:
        for row in board:
            told = by_name[entry.title][row[0]]
            assert told.strip() == row[head.index(heading(entry))].strip(), (entry.name, row[0], told)
            checked += 1
    assert checked == len(shown) * 5
    own = {row[0]: row[1:] for row in rows_of("sim-tiny/model-lightgbm.html", "Metric")}
    title = metric_title("spread_after_cost")
    spread = own[title][0]
    unit = own[title][2]
    assert spread.strip() == by_name[title]["lightgbm"].strip() and unit == "%, per year"

def test_a_sweep_from_before_a_column_was_shown_says_what_to_do(tmp_path):
    place = tmp_path / "sweep"
    place.mkdir()
    write_json(place / "plan.json", dict(plan={}, universes=[], models=[], missing={}))
    pd.DataFrame({"universe": ["sim-tiny"], "model": ["ridge"]}).to_parquet(place / "results.parquet")
    with pytest.raises(NeuralphaError, match="'policy' is missing.*neuralpha sweep .* again, or delete .*sweep"):
        read_sweep(tmp_path)

def test_the_test_of_every_pair_is_on_the_page_of_the_universe():
    from bs4 import BeautifulSoup
    from neuralpha.core import read_json
    from neuralpha.house import root

    reports = root() / "reports"
    page = BeautifulSoup(
        site_pages(reports / "sample" / "study.json", reports / "sample")["sim-tiny/index.html"], "html.parser"
    )
    table = next(t for t in page.find_all("table") if "of the pair alone" in t.get_text())
    shown = [[c.get_text() for c in r.find_all("td")] for r in table.tbody.find_all("tr")]
    stored = read_json(reports / "sample" / "sim-tiny" / "metrics.json")["pairs"]
    assert len(shown) == len(stored) and [[r[0], r[1], r[3], r[5]] for r in shown] == [
        [p["better"], p["worse"], number(p["p_holm"]), f"{number(p['t'], 1)}5%: ±{number(p['critical'], 2)}"]
        for p in stored
    ]

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
    assert template_text("site.css") in page and template_text("site.js") in page
    written = "".join(map(template_text, WRITTEN_INTO.values()))
    assert "</" not in written  # would end the element that holds it

def test_a_gap_that_could_not_be_measured_is_a_dash():
    from neuralpha.report.pages import _survivorship

    row = dict(
        name="reversal", unit="correlation", point_in_time=0.01, survivors=None, invented=None, standard_error=None
    )
    s = _survivorship(dict(known=True, assets=4, alive=1, horizon=5, simulated=None, rows=[row]))
    known = _survivorship(dict(known=True, assets=4, alive=1, horizon=5, simulated=None, rows=[row]), 32).text
    assert "not known in 32 rows" in known and "not known" not in s.text
    assert "is not measured" in s.text and s.rows[0]["cells"] == ["0.010", "–", "–", "–"]

def test_the_page_says_what_rows_without_a_label_could_change():
    from types import SimpleNamespace
    from neuralpha.report.pages import _unlabelled

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

def test_a_budget_of_a_models_own_is_said():
    from neuralpha.study.spec import make_study

    tune = {"trials": 4, "models": {"lightgbm": {"trials": 2}, "ridge": {"trials": 0}}}
    study = make_study(
        {"name": "s", "universes": ["sim-tiny"], "models": {"ridge": {}, "lightgbm": {}, "mlp": {}}, "tune": tune}
    )
    assert setting(study).endswith("4 trials per model (lightgbm: 2 trials, ridge: 0 trials).")

@pytest.fixture
def package(tmp_path):
    import shutil

    shutil.copytree(
        Path(templates.__path__[0]).parents[1], tmp_path / "neuralpha", ignore=shutil.ignore_patterns("*.pyc")
    )
    return tmp_path / "neuralpha"

def digests(package):  # of what draws pages, and of what fits models
    import os, subprocess, sys

    ask = "from neuralpha.core import code_digest as d; print(d('neuralpha.report.pages'), d('neuralpha.study.fit'))"
    command = [sys.executable, "-c", ask]
    environment = os.environ | {"PYTHONPATH": str(package.parent)}
    return subprocess.run(
        command, cwd=package.parent, env=environment, capture_output=True, text=True, check=True
    ).stdout.split()

def test_who_changes_a_template_or_the_style_changes_what_pages_are_drawn_by(package):
    drawing, fitting = digests(package)
    seen = {drawing}
    for name in ("site.css", "site.js", "curves.js", "parts.html"):
        file = package / "report" / "templates" / name
        file.write_text(file.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        now, fitting_now = digests(package)
        assert now not in seen and fitting_now == fitting, name
        seen.add(now)
