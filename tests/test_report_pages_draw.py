# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.pages.draw import *
from neuralpha.evaluate.catalogue import number

def test_leaderboard_universe_and_model_page_say_a_number_in_one_unit():
    from bs4 import BeautifulSoup
    from neuralpha.core import read_json
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
    stored = read_json(reports / "sample" / "sim-tiny" / "metrics.json")["models"].values()
    measured = {name for facts in stored for name in facts["metrics"]}
    shown = [entry for entry in column_metrics() if entry.name in measured]  # of paths there is one here
    assert len(shown) > 10 and {heading(entry) for entry in shown} <= set(head)
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

def test_a_column_that_the_stored_report_has_not_measured_asks_for_no_new_sample(monkeypatch):
    from neuralpha.evaluate import catalogue

    monkeypatch.setattr(catalogue, "CATALOGUE", dict(catalogue.CATALOGUE))
    catalogue.declare_metric("nobody_measured", "nobody measured", "1", "whole period", "Nothing.", where="column")
    test_leaderboard_universe_and_model_page_say_a_number_in_one_unit()

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
