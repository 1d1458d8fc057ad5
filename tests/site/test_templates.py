"""Templates, style sheet and script of the pages: linted, formatted, valid HTML once drawn, no HTML in Python."""

import ast, os, re, shutil, subprocess
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from markupsafe import Markup

import neuralpha
from neuralpha.core import read_json
from neuralpha.data.universes import check_source
from neuralpha.report.pages.agents import agents_page
from neuralpha.report.pages.data import AuditPage
from neuralpha.report.pages.draw import money_pages, site_pages
from neuralpha.report.pages.frame import Frame, render
from neuralpha.report.pages.manifest import manifest_page
from neuralpha.report.pages.money import money_page
from neuralpha.report.pages.published import repetitions_page
from neuralpha.report.pages.results import Swept, UniverseResult, read_results
from neuralpha.report.pages.site import Site
from neuralpha.report.pages.studies import write_studies_index
from neuralpha.report.pages.sweep import sweep_page
from neuralpha.report.check_page import write_check_page
from neuralpha.report.compare_reports import compare_reports, comparison_page
from neuralpha.report.desk_page import write_desk_page
from neuralpha.report.export import single_file
from neuralpha.report.hold import hold_page
from neuralpha.report.sections.agents import LINES
from neuralpha.report.sections.money import money_numbers
from neuralpha.study.spec import load_study

ROOT = Path(neuralpha.__file__).parents[1]
TEMPLATES = ROOT / "neuralpha" / "report" / "templates"
NOT_PAGES = {"base.html", "curves.html", "display.html", "parts.html", "notebook_switch.html"}


def _missing(why):
    """Without npm the linters are skipped; where everything is tested, that is a failure."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(f"The linters of the templates cannot run: {why}.")


@pytest.fixture(scope="module")
def lint():
    """Run one of the tools of `package.json`, at the versions of `package-lock.json`."""
    npm = shutil.which("npm")
    if npm is None:
        _missing("npm is not installed (nodejs and npm of the system's packages)")
    installed, locked = ROOT / "node_modules" / ".package-lock.json", ROOT / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < locked.stat().st_mtime:
        command = [npm, "ci", "--no-audit", "--no-fund"]
        install = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if install.returncode:
            _missing(f"npm ci: {install.stderr.strip()[-500:]}")
        os.utime(installed)

    def run(tool, *arguments, **more):
        command = [ROOT / "node_modules" / ".bin" / tool, *map(str, arguments)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, **more)
        return done.returncode, done.stdout + done.stderr

    return run


def test_the_script_passes_its_linter(lint):
    code, said = lint("eslint", "--max-warnings", 0, TEMPLATES)
    assert code == 0, said


@pytest.mark.parametrize(
    "line, rule",
    [
        ("showTables();", "no-undef"),
        ("const n = 1;", "no-unused-vars"),
        ("if (document.title == 1) { alert(1); }", "eqeqeq"),
        ("alert(1); alert(2);", "max-statements-per-line"),
    ],
)
def test_the_linter_names_what_is_wrong(lint, line, rule):
    code, said = lint("eslint", "--stdin", "--stdin-filename", TEMPLATES / "site.js", input=line + "\n")
    assert code == 1 and rule in said, said


def test_style_and_script_are_formatted(lint):
    files = sorted(file for file in TEMPLATES.iterdir() if file.suffix in (".css", ".js"))
    code, said = lint("prettier", "--check", *files)
    assert code == 0, said
    code, said = lint("prettier", "--check", "--stdin-filepath", "x.css", input="a{color:red}\n")
    assert code == 1, said


def test_templates_are_indented_and_no_line_is_too_long():
    for file in TEMPLATES.iterdir():
        for i, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            assert len(line) <= 120 and "\t" not in line and line == line.rstrip(), f"{file.name}:{i}"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory, replayed_once):
    """A page of every template: template -> file."""
    reports = tmp_path_factory.mktemp("reports")
    for name in ("sample", "again"):
        shutil.copytree(ROOT / "reports" / "sample", reports / name)
    sample = reports / "sample"
    desk = shutil.copytree(replayed_once, tmp_path_factory.mktemp("desk") / "desk")
    study = load_study(sample / "study.json")
    found = site_pages(study, sample)
    site = Site(study, sample, *read_results(sample, study))
    cell = {"value": 0.1, "low": 0.0, "high": 0.2, "unit": "share"}
    models = {"mlp": {"metrics": {"r2": cell, "ratio": cell}}}
    repeated = UniverseResult("gkx", {"models": models}, results_figures(site), {}, {}, {})
    repetitions = repetitions_page(Site(study, sample, [repeated], [{"what": "gkx-b", "error": "stopped"}]))
    certificate = AuditPage([Markup("<p>No leak found.</p>")])
    panel = neuralpha.load_universe("sim-tiny")
    y = neuralpha.forward_return(panel)
    folds = neuralpha.walk_forward(y, "9M", "3M", "6M")
    ridge = neuralpha.cross_predict(
        neuralpha.Ridge(), neuralpha.compute_features(panel, "classic"), y, folds, progress=False
    )
    money = money_numbers({"ridge": neuralpha.backtest(ridge, panel)}, {"ridge": ridge.scores()})
    traded = Site(study, sample, [replace(site.results[0], money=money)], [])
    of_money = money_pages(traded, traded.results[0])
    acted = agents_page(replace(traded.results[0], agents=facts_of_an_agent("ridge")))
    frame = Frame("A title", "sample", [("Leaderboard", "index.html")], "index.html", "a footer")
    texts = {
        "index.html": found["index.html"],
        "data.html": found["data.html"],
        "universe.html": found["sim-tiny/index.html"],
        "model.html": found["sim-tiny/model-lightgbm.html"],
        "manifest.html": manifest_page(site, read_json(sample / "manifest.json")),
        "single_file.html": single_file(sample),
        "comparison.html": comparison_page(compare_reports(sample, reports / "again")),
        "studies.html": write_studies_index(reports).read_text(encoding="utf-8"),
        "repetitions.html": render("repetitions.html", frame, repetitions),
        "audit.html": render("audit.html", frame, certificate),
        "money.html": render("money.html", frame, money_page(traded)),
        "money_model.html": of_money["sim-tiny/money-ridge.html"],
        "agents.html": render("agents.html", frame, acted),
        "sweep.html": render("sweep.html", frame, sweep_page(a_sweep())),
        "hold.html": hold_page(neuralpha.score(ridge, panel), sample / "scores"),
        "desk.html": write_desk_page(desk).read_text(encoding="utf-8"),
    }
    folder = tmp_path_factory.mktemp("drawn")
    looked = check_source(panel.frame().drop(columns="tradable").assign(close=slipped_close))
    texts["check.html"] = write_check_page(looked, folder / "check.html").read_text(encoding="utf-8")
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return {name: folder / name for name in texts}


def slipped_close(frame):
    return frame["close"].where(frame.index != 1000, 0.0)


def facts_of_an_agent(name):
    earned = {kind: {"share": 0.25, "value": 1.0, "low": -1.0, "high": 3.0} for kind in LINES}
    seeds = {name: {"net": {"0": 1.0, "1": 2.0}, "spread": 0.7, "worst": 1.0, "best": 2.0}}
    trading = {name: {"turnover": 12.0, "cost_bps": 5.0, "gross_bps": 7.0}}
    return {"rule": name, "models": {name: {"against_rule": earned}}, "seeds": seeds, "trading": trading}


def a_sweep():
    row = {
        "universe": "sim-tiny",
        "policy": "Quantiles(5)",
        "costs": "flat",
        "capital": 1e6,
        "letters": "a",
        "bars": 500,
    }
    numbers = ("net", "gross", "paid", "drawdown", "turnover", "Sharpe", "deflated Sharpe", "break-even")
    row |= dict.fromkeys(numbers, 1.0)
    row |= {f"{name} {end}": 0.5 for name in ("net", "Sharpe") for end in ("low", "high")}
    table = pd.DataFrame([row | {"model": "ridge", "rank": 1}, row | {"model": "lightgbm", "rank": 1}])
    asked = {"plan": {}, "universes": ["sim-tiny"], "models": ["ridge", "lightgbm"], "missing": {"mlp": "no scores"}}
    return Swept(asked, table)


def results_figures(site):
    return site.results[0].figures[:2]


def test_a_page_is_drawn_from_every_template(drawn):
    assert set(drawn) == {p.name for p in TEMPLATES.glob("*.html")} - NOT_PAGES


def test_every_page_is_valid_html(lint, drawn, tmp_path):
    code, said = lint("html-validate", "--config", ROOT / ".htmlvalidate.json", *drawn.values())
    assert code == 0, said
    for before, after, rule in [
        ("</h1>", "</h2>", "close-order"),
        ("<main>", "<main><p><table></table></p>", "element-permitted-content"),
        ("<main>", '<main><p id="a"></p><p id="a"></p>', "no-dup-id"),
    ]:
        broken = tmp_path / f"{rule}.html"
        broken.write_text(drawn["data.html"].read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")
        code, said = lint("html-validate", "--config", ROOT / ".htmlvalidate.json", broken)
        assert code == 1 and rule in said, said


# what a result shows in a notebook, beside its table
SCREENS = ("asset.py", "feature_study.py", "worst.py")


def test_no_page_is_a_string_in_python():
    element = re.compile(r"<(?:div|table|thead|tbody|tr|t[dh]|ul|li|p|span|style|script|figure|h2)\b")
    for path in sorted((ROOT / "neuralpha" / "report").rglob("*.py")):
        if path.name in SCREENS:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not element.search(node.value), f"{path.name}:{node.lineno}: {node.value[:80]}"


def test_every_template_travels_in_the_wheel():
    packed = re.search(r"package_data=(\{.*\})", (ROOT / "setup.py").read_text(encoding="utf-8"))[1]
    patterns = ast.literal_eval(packed)["neuralpha"]
    left = [file.name for file in TEMPLATES.iterdir() if not any(file.match(f"neuralpha/{p}") for p in patterns)]
    assert left == []
