"""Text from data in every page of a study: tickers, title, file name that are HTML, script, formula, code, paths."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from neuralpha.study.experiment import open_experiment
from neuralpha.report.export import write_html
from neuralpha.report.steps import Report
from neuralpha.report.run import run_study
from neuralpha.report.compare_reports import write_comparison
from neuralpha.report.pages.draw import write_site
from neuralpha.study.spec import make_study

TICKERS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "=HYPERLINK(\"http://evil\")",
    "**bold** [l](javascript:alert(3))",
    "{{7*7}}",
    "'\"><svg/onload=alert(4)>",
    "</td></table><h1>big</h1>",
    "&lt;b&gt;",
]
PATHS = ["../../x", "/tmp/neuralpha-x", "..", "a\\..\\b", "%2e%2e%2fx"]
TITLE = "</title><script>alert(5)</script>{{7*7}}<img src=x onerror=alert(6)>"


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("evil"), np.random.default_rng(0)
    assets, days = TICKERS + PATHS + [f"A{i:02d}" for i in range(7)], pd.bdate_range("2019-01-01", periods=380)
    close = 50 * np.exp(rng.normal(0, 0.02, (len(days), len(assets))).cumsum(0))
    frame = pd.DataFrame(
        {"date": np.repeat(days, len(assets)), "asset": np.tile(assets, len(days)), "close": close.ravel()}
    )
    frame = frame.assign(open=frame["close"] * 1.001, high=frame["close"] * 1.01, low=frame["close"] * 0.99, volume=1e6)
    column = ["close", "high", "low", "open", "volume"]
    for i, t in enumerate(TICKERS):
        frame.loc[frame.index[frame["asset"] == t][200 + i], column[i % 5]] = -1.0  # so that the checks name them
    name = "'\"); import os; os.mkdir('bombed') #\n<img src=x onerror=alert(7)> $\\frac{$.parquet"
    path = folder / name
    frame.to_parquet(path, index=False)

    def study(name):
        return make_study(
            {
                "name": name,
                "title": TITLE,
                "universes": [str(path)],
                "features": "classic",
                "models": {"ridge": {}, "more": {"model": "ridge", "alpha": 100.0}},
                "seeds": 1,
                "split": {"train": "9M", "valid": "3M", "test": "3M"},
                "explain": {"rows": 10, "samples": 5},
            }
        )

    assert run_study(study("evil"), folder / "out", "cpu", 1).failures == {}
    twin = Report(open_experiment(study("twin")), folder / "out", "cpu")
    for step in (twin.data, twin.fit, twin.leaderboard, twin.save):
        step()
    write_site(study("twin"), folder / "out")
    write_html(folder / "out" / "evil")
    write_comparison(folder / "out" / "evil", folder / "out" / "twin")
    return sorted(p for p in (folder / "out").rglob("*.html") if "twin" not in p.relative_to(folder / "out").parts)


def test_every_kind_of_page_is_there_and_names_from_data_reach_them(pages):
    assert {
        "index.html",
        "data.html",
        "manifest.html",
        "notebook.html",
        "leaderboard.html",
        "model-ridge.html",
        "evil.html",
        "evil--twin.html",
    } <= {p.name for p in pages}
    texts = {p.name: p.read_text(encoding="utf-8") for p in pages}
    assert (
        "alert(1)" in texts["data.html"]
        and "alert(1)" in texts["notebook.html"]
        and "alert(5)" in texts["index.html"]
        and "alert(7)" in texts["manifest.html"]
    )


def test_no_file_is_named_after_an_asset_and_no_name_becomes_code(pages):
    out = next(p for p in pages[0].parents if p.name == "out")
    names = {part for p in out.rglob("*") for part in p.relative_to(out).parts}
    assert len(names) > 40 and all(re.fullmatch(r"[A-Za-z0-9._ -]+", n) for n in names)
    assert not [n for n in names if any(word in n for word in ("alert", "HYPERLINK", "neuralpha-x", "passwd", "A00"))]
    assert sorted(p.name for p in out.iterdir()) == [".units", "comparisons", "evil", "evil.html", "index.html", "twin"]
    assert (
        len(list(out.parent.iterdir())) == 2
        and not any(Path(p).exists() for p in ("bombed", PATHS[1]))
        and list(out.rglob("bombed")) == []
    )


def test_no_text_from_data_becomes_markup(pages):
    for p in pages:
        for tag in BeautifulSoup(p.read_text(encoding="utf-8"), "html.parser").find_all(True):
            assert tag.name != "script" or "alert(" not in tag.get_text() or tag.get("type") == "application/json", p
            assert tag.name != "h1" or tag.get_text() != "big", p
            for name, value in tag.attrs.items():
                assert not (name.startswith("on") and "alert" in str(value)), (p, tag)
                assert not (name in ("href", "src") and str(value).strip().lower().startswith(("javascript:", "x"))), (
                    p,
                    tag,
                )


def test_no_page_runs_what_came_from_data(pages, browser):
    said = []
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.on("dialog", lambda d: (said.append(d.message), d.dismiss()))
    page.on("pageerror", lambda e: said.append(str(e)))
    page.on("requestfailed", lambda r: said.append(r.url))
    for p in pages:
        page.goto(p.as_uri())
        page.wait_for_timeout(100)
    assert said == []
