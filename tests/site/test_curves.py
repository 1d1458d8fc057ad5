"""Curves in a real browser: under the pointer stands the stored number; lines go, time zooms, print has none."""

import json, re, shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import neuralpha
from neuralpha.core import read_json, write_json
from neuralpha.report.pages.draw import site_pages
from neuralpha.report.pages.leaderboard import leaderboard_page
from neuralpha.report.pages.results import read_results
from neuralpha.report.pages.site import Site
from neuralpha.report.curves import RETURNS, write_returns
from neuralpha.report.numbers import read_ics
from neuralpha.study.spec import load_study

SAMPLE = Path(neuralpha.__file__).parents[1] / "reports" / "sample"
EVIL = "<img src=x onerror=document.title=1>"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The sample with accounts beside it, one of them under a name that is HTML."""
    folder = tmp_path_factory.mktemp("reports") / "sample"
    shutil.copytree(SAMPLE, folder)
    universe = folder / "sim-tiny"
    rng = np.random.default_rng(0)
    dates = pd.bdate_range("2013-07-03", periods=300)
    still = dict.fromkeys(("gross", "long", "short"), 0.0)
    tables = [
        pd.DataFrame(dict(date=dates, model=name, net=rng.normal(0, 0.01, 300), market=0.001, **still))[list(RETURNS)]
        for name in ("lstm", EVIL)
    ]
    write_returns(pd.concat(tables, ignore_index=True), universe)
    figures = read_json(universe / "figures.json")
    shutil.copy(universe / figures[0]["file"], universe / "figures/universe/money-curves.png")
    figures.append(
        figures[0] | dict(file="figures/universe/money-curves.png", section="Money", title="Earned", lead=False)
    )
    write_json(universe / "figures.json", figures)
    for path, text in site_pages(load_study(folder / "study.json"), folder).items():
        (folder / path).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def page(browser, report):
    """The page of the universe, opened from disk; what its script stumbles over is an error."""
    opened = browser.new_page(viewport={"width": 1300, "height": 900})
    opened.problems = []
    opened.on("pageerror", lambda error: opened.problems.append(str(error)))
    opened.goto((report / "sim-tiny" / "index.html").as_uri())
    yield opened
    assert opened.problems == [] and opened.title() != "1"
    opened.close()


def chart_of(page, name):
    figure = page.locator("figure.touched", has=page.locator(f"img[src$='{name}.png']"))
    figure.scroll_into_view_if_needed()
    return figure


def box_of(chart):
    return chart.locator(".frame > svg").bounding_box()


def values_shown(chart):
    """Name -> what its button says, a number for every panel."""
    buttons = chart.locator(".names button").all()
    said = {b.locator("span").first.inner_text(): b.locator(".value").inner_text() for b in buttons}
    return {
        name: [float(part.replace("−", "-").replace(",", "")) for part in text.split(" | ")]
        for name, text in said.items()
    }


def hover(page, chart, share):
    box = box_of(chart)
    page.mouse.move(box["x"] + 54 + share * (box["width"] - 68), box["y"] + 100)
    return chart.locator(".date").inner_text()


def test_under_the_pointer_stand_the_date_and_the_stored_numbers(page, report):
    chart = chart_of(page, "cumulative-ic")
    ics = read_ics(report / "sim-tiny")
    sums = ics.pivot(index="date", columns="model", values="ic").cumsum()
    seen = {hover(page, chart, share) for share in (0.0, 0.31, 0.77, 1.0)}
    assert len(seen) == 4 and {str(sums.index[0].date()), str(sums.index[-1].date())} <= seen
    for share in (0.31, 0.77):
        date = hover(page, chart, share)
        shown = values_shown(chart)
        assert {name: [round(value, 2)] for name, value in sums.loc[date].items()} == shown


def test_accounts_have_the_market_beside_them_and_names_are_text(page, report):
    chart = chart_of(page, "money-curves")
    net = pd.read_parquet(report / "sim-tiny" / "returns.parquet").pivot(index="date", columns="model", values="net")
    date = hover(page, chart, 0.5)
    shown = values_shown(chart)
    assert set(shown) == {"lstm", EVIL, "market, equal weights"}
    wealth = (1 + net).cumprod()
    depth = 100 * (wealth / wealth.cummax().clip(lower=1) - 1)
    for name in net:
        assert shown[name] == [round(100 * net[name].cumsum()[date], 1), round(depth.loc[date, name], 1)]
    assert "One bar in 2" in chart.locator(".hint").inner_text()  # 300 dates


def test_a_name_takes_its_line_away_and_brings_it_back(page):
    chart = chart_of(page, "cumulative-ic")
    line = chart.locator("path.curve[data-name='lstm']")
    button = chart.get_by_role("button", name=re.compile("^lstm"))
    assert line.count() == 1
    button.click()
    assert line.count() == 0 and button.get_attribute("aria-pressed") == "false"
    button.press("Enter")
    assert line.count() == 1


def test_a_drag_enlarges_and_reset_shows_all(page):
    chart = chart_of(page, "cumulative-ic")
    reset = chart.locator("button.reset")
    whole = chart.locator("path.curve").first.get_attribute("d")
    first, last = hover(page, chart, 0.0), hover(page, chart, 1.0)
    assert reset.is_disabled()
    from_date, to_date = hover(page, chart, 0.6), hover(page, chart, 0.25)
    hover(page, chart, 0.6)
    page.mouse.down()
    hover(page, chart, 0.25)
    page.mouse.up()
    assert (hover(page, chart, 0.0), hover(page, chart, 1.0)) == (to_date, from_date)
    assert first < to_date < from_date < last and chart.locator("path.curve").first.get_attribute("d") != whole
    reset.click()
    assert (hover(page, chart, 0.0), hover(page, chart, 1.0)) == (first, last)
    assert chart.locator("path.curve").first.get_attribute("d") == whole


def test_the_keyboard_reaches_every_date(page, report):
    chart = chart_of(page, "cumulative-ic")
    dates = [str(date.date()) for date in sorted(read_ics(report / "sim-tiny")["date"].unique())]
    picture = chart.locator(".frame > svg")
    date = chart.locator(".date")
    picture.focus()
    picture.press("Home")
    assert date.inner_text() == dates[0]
    picture.press("ArrowRight")
    assert date.inner_text() == dates[1] and dates[1] in chart.locator(".heard").inner_text()
    picture.press("+")
    picture.press("End")
    assert date.inner_text() < dates[-1]
    picture.press("Escape")
    assert date.inner_text() == dates[-1]
    for key in "++--":  # at the end of the curve, where it can only widen to one side
        picture.press(key)
    assert chart.locator("button.reset").is_disabled() and date.inner_text() == dates[-1]


def test_a_telephone_sees_it_whole_and_print_and_no_script_see_the_picture(browser, report, page):
    front = browser.new_page(viewport={"width": 400, "height": 800})
    for where in ("index.html", "sim-tiny/index.html"):
        front.goto((report / where).as_uri())
        assert front.locator("figure.touched").count() == 2
        assert front.evaluate("document.documentElement.scrollWidth") <= 400
        wide = "[...document.querySelectorAll('.curves, .curves *')].filter(e => e.getBoundingClientRect().right > 400)"
        assert front.evaluate(f"{wide}.length") == 0
    front.close()
    chart = chart_of(page, "cumulative-ic")
    assert not chart.locator("img").is_visible() and chart.locator(".curves").is_visible()
    page.emulate_media(media="print")
    assert chart.locator("img").is_visible() and not chart.locator(".curves").is_visible()
    page.emulate_media(media="screen")
    unscripted = browser.new_context(java_script_enabled=False).new_page()
    unscripted.goto((report / "sim-tiny" / "index.html").as_uri())
    assert unscripted.locator("img[src$='cumulative-ic.png']").is_visible()
    unscripted.close()


def test_a_page_stays_below_a_megabyte_with_many_universes(report):
    study = load_study(report / "study.json")
    site = Site(study, report, *read_results(report, study))
    many = [site.results[0]] * 30
    carried = leaderboard_page(Site(study, report, many, [])).curves
    assert 30 * len(json.dumps(carried["sim-tiny"])) < 500_000
