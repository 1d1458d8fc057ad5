# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.run import *
import json, os, shutil, subprocess, sys, tempfile
from pathlib import Path
import nbformat
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError, file_digest, read_json
from neuralpha.study.fit import open_any
from neuralpha.study.spec import make_study

@pytest.fixture
def template(tmp_path):
    cells = [
        nbformat.v4.new_code_cell("x = 1\nname = 'a'", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell("print(name*x)"),
    ]
    meta = {"kernelspec": {"name": "python3", "display_name": "python3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=meta), tmp_path / "t.ipynb")
    return tmp_path / "t.ipynb"

def test_papermill_runs_a_notebook_twice_to_the_same_bytes(template, tmp_path):
    for n in "ab":
        execute(template, tmp_path / f"{n}.ipynb", {"x": 2, "name": "'); raise Exit #"})
    assert (tmp_path / "a.ipynb").read_bytes() == (tmp_path / "b.ipynb").read_bytes()
    nb = nbformat.read(tmp_path / "a.ipynb", as_version=4)
    assert nb.cells[-1].outputs[0].text == "'); raise Exit #" * 2 + "\n"

@pytest.mark.parametrize(
    "parameters, message",
    [
        ({"y": 1}, "no parameter 'y'"),
        ({"x; import os": 1}, "no parameter"),
        ({"x": (1, 2)}, "tuple"),
        ({"x": Path(".")}, "Path"),
        ({"x": [1]}, "list"),
    ],
)
def test_odd_parameters_are_refused(template, tmp_path, parameters, message):
    with pytest.raises(NeuralphaError, match=message):
        execute(template, tmp_path / "a.ipynb", parameters)
    assert not (tmp_path / "a.ipynb").exists()

def _printed(notebook):
    return nbformat.read(notebook, as_version=4).cells[-1].outputs[0].text

def test_a_kernel_takes_one_thread_for_its_matrices_unless_the_user_says_otherwise(template, tmp_path, monkeypatch):
    from neuralpha.report.run import _threads_of_each

    nb = nbformat.read(template, as_version=4)
    nb.cells[-1].source = "import os; print(os.environ['OMP_NUM_THREADS'], os.environ['NUMBA_NUM_THREADS'])"
    nbformat.write(nb, template)
    for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    execute(template, tmp_path / "a.ipynb", {})
    assert _printed(tmp_path / "a.ipynb").split() == ["1", str(os.cpu_count())]
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    execute(template, tmp_path / "b.ipynb", {})
    assert _printed(tmp_path / "b.ipynb").split()[0] == "3"
    assert _threads_of_each(10**6)["NUMBA_NUM_THREADS"] == "1"

@pytest.mark.parametrize(
    "jobs, universes, kernels", [(1, 3, 1), (2, 1, 1), (2, 2, 2), (2, 3, 3), (2, 30, 3), (8, 5, 5)]
)
def test_the_last_universe_leaves_no_core_idle(jobs, universes, kernels):
    from neuralpha.report.run import _kernels_at_once

    assert _kernels_at_once(jobs, universes) == kernels

def test_the_kernel_is_this_python_whatever_is_installed_under_its_name(template, tmp_path, monkeypatch):
    spec = {"argv": ["/bin/false", "{connection_file}"], "display_name": "Another Python", "language": "python"}
    for base in (tmp_path / "home/.local/share/jupyter", tmp_path / "jupyter"):
        (base / "kernels/python3").mkdir(parents=True)
        (base / "kernels/python3/kernel.json").write_text(json.dumps(spec))
    startup = tmp_path / "home/.ipython/profile_default/startup"
    startup.mkdir(parents=True)
    (startup / "mine.py").write_text("print = str")
    for name in ("JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "HOME": tmp_path / "home",
        "JUPYTER_PATH": tmp_path / "jupyter",
        "JUPYTER_PREFER_ENV_PATH": "0",
    }.items():
        monkeypatch.setenv(name, str(value))
    execute(template, tmp_path / "a.ipynb", {"x": 2, "name": "b"})
    assert _printed(tmp_path / "a.ipynb") == "bb\n"

@pytest.mark.parametrize("length", [82, 150])
def test_a_long_folder_for_temporary_files_is_no_obstacle(template, tmp_path, monkeypatch, length):
    with tempfile.TemporaryDirectory() as short:
        long = Path(short) / ("d" * (length - len(short) - 1))
        long.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(long))
        execute(template, tmp_path / "a.ipynb", {"x": 2, "name": "b"})
        assert len(str(long)) == length and list(long.iterdir()) == []
    assert _printed(tmp_path / "a.ipynb") == "bb\n"

def test_without_a_place_for_sockets_a_kernel_is_reached_by_tcp(template, tmp_path, monkeypatch):
    from neuralpha.report.run import _Kernels, _kernel_manager

    assert [_kernel_manager(str(tmp_path), sockets, print, _Kernels(1))().transport for sockets in (True, False)] == [
        "ipc",
        "tcp",
    ]
    monkeypatch.setattr("neuralpha.report.run._place_for_sockets", lambda: None)
    execute(template, tmp_path / "a.ipynb", {"x": 2, "name": "b"})
    assert _printed(tmp_path / "a.ipynb") == "bb\n"

def test_a_kernel_that_cannot_start_is_one_line(template, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    with pytest.raises(NeuralphaError, match="t: the process that ran it did not start: .*false -m ipykernel_launcher"):
        execute(template, tmp_path / "a.ipynb", {"x": 2})

def test_a_failing_cell_is_named_and_the_partial_notebook_kept(template, tmp_path):
    with pytest.raises(NeuralphaError, match="cell 3: TypeError"):
        execute(template, tmp_path / "a.ipynb", {"x": 1, "name": None})
    assert (tmp_path / "a.ipynb").exists()

MINE = {
    "name": "mine",
    "universes": ["sim-tiny"],
    "features": "classic",
    "models": ["ridge"],
    "split": {"train": "9M", "valid": "3M", "test": "3M"},
}

def test_a_template_that_cannot_report_is_refused_before_anything_is_fitted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mine = make_study(MINE | {"template": "compare.ipynb"})
    with pytest.raises(NeuralphaError, match="template names compare.ipynb, which is not in .*copy the built-in one"):
        run_study(mine, "out")
    bare = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("universe = 'sim-tiny'")])
    nbformat.write(bare, "compare.ipynb")
    with pytest.raises(NeuralphaError, match="compare.ipynb declares no parameters: give the cell that sets universe"):
        run_study(mine, "out")
    bare.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(bare, "compare.ipynb")
    with pytest.raises(
        NeuralphaError, match="compare.ipynb is no notebook that can be run .ValueError: No kernel name"
    ):
        run_study(mine, "out")
    bare.metadata["kernelspec"] = {"name": "python3", "display_name": "python3", "language": "python"}
    nbformat.write(bare, "compare.ipynb")
    with pytest.raises(NeuralphaError, match="compare.ipynb has no parameter 'device'; it declares universe"):
        run_study(mine, "out")
    assert not Path("out").exists()

def test_a_notebook_that_stored_too_little_is_told_which_call_is_missing(tmp_path):
    from neuralpha.report.run import _refuse_unfinished

    experiment = open_any(make_study(MINE), "sim-tiny")
    for file in ("checks.json", "predictions.parquet", "metrics.json"):
        (tmp_path / file).write_text("")
    with pytest.raises(NeuralphaError, match=r"stored no figures.json: it must call report.save\(\)"):
        _refuse_unfinished(experiment, tmp_path)
    (tmp_path / "figures.json").write_text("")
    _refuse_unfinished(experiment, tmp_path)

def test_frames_and_panels_become_universes_of_a_study(tmp_path, monkeypatch):
    from neuralpha.data.universes import load_universe
    from neuralpha.report import run as module

    opened = []
    monkeypatch.setitem(
        module.BACKENDS, "local", lambda device, jobs: lambda experiments, store, tell: opened.extend(experiments)
    )
    monkeypatch.setattr(module, "_write_reports", lambda *report: None)
    monkeypatch.setattr(module, "failures", lambda units, store: {})
    prices = load_universe("sim-tiny").frame().drop(columns="tradable")
    run_study(make_study(MINE), tmp_path, universes={"mine": prices})
    run_study(make_study(MINE), tmp_path, universes=[load_universe(prices, "mine"), "sim-tiny"])
    by_frame, by_panel, by_name = opened
    assert by_frame.slug == by_panel.slug == "mine" and by_name.universe == "sim-tiny"
    assert by_frame.panel.digest == by_panel.panel.digest
    assert [u.key for u in by_frame.units()] == [u.key for u in by_panel.units()]
    opened.clear()
    run_study(make_study(MINE), tmp_path, universes={"mine": prices}, models=["lasso"], seeds=3)
    assert [*opened[0].study.models] == ["lasso"] and opened[0].study.seeds == 3
    with pytest.raises(NeuralphaError, match="Did you mean 'models'"):
        run_study("tiny", tmp_path, model=["lasso"])

STUDY = """name = "small"
universes = ["sim-tiny"]
features = "classic"
[split]
train = "9M"
valid = "3M"
test = "6M"
[models.ridge]
[models.lightgbm]
n_trees = 30
[models.lstm]
window = 6
max_epochs = 2
[explain]
rows = 40
samples = 20
"""

def neuralpha(*args, cwd):
    return subprocess.run(
        [sys.executable, "-m", "neuralpha.cli", *map(str, args)], cwd=cwd, capture_output=True, text=True
    )

@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    (folder / "small.toml").write_text(STUDY)
    run = neuralpha("run", "small.toml", "--jobs", 2, "--out", "out", cwd=folder)
    assert run.returncode == 0, run.stderr
    return folder

def test_a_study_leaves_what_the_design_says(study):
    out = study / "out" / "small"
    universe = out / "sim-tiny"
    for f in (
        "index.html",
        "manifest.json",
        "data.html",
        "manifest.html",
        "leaderboard.html",
        "sim-tiny/index.html",
        "sim-tiny/notebook.html",
        "sim-tiny/model-lstm.html",
        "sim-tiny/metrics.json",
        "sim-tiny/compare_models.ipynb",
        "sim-tiny/alphalens/lstm/returns.png",
    ):
        assert (out / f).is_file(), f
    scores = pd.read_parquet(universe / "predictions.parquet")
    assert list(scores) == ["date", "asset", "model", "fold", "seed", "score", "label"] and set(scores["seed"]) == {
        -1,
        0,
        1,
    }
    shap = pd.read_parquet(universe / "shap.parquet")
    assert {"model", "fold", "seed", "date", "asset", "feature", "lag", "value"} <= set(shap) and shap[
        shap["model"] == "lstm"
    ]["lag"].max() == 5
    for f in read_json(universe / "figures.json"):
        assert (universe / f["file"]).stat().st_size > 3000, f
    manifest = read_json(out / "manifest.json")
    assert all(file_digest(out / f) == sha for f, sha in manifest["files"].items()) and len(manifest["files"]) > 30
    assert not [p for p in out.rglob("*") if p.name.startswith(".")]
    nb = nbformat.read(universe / "compare_models.ipynb", as_version=4)
    assert not any(o.output_type == "error" for c in nb.cells if c.cell_type == "code" for o in c.outputs)

def test_what_only_trades_is_not_loaded_to_run_a_study():
    code = "import sys, neuralpha.report.run; print([m for m in sys.argv[1:] if m in sys.modules])"
    asked = ["neuralpha.study.backtests", "matplotlib", "scipy.stats", "torch"]
    said = subprocess.run([sys.executable, "-c", code, *asked], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"

def test_a_second_run_does_nothing_again(study):
    files = {
        p: p.stat().st_mtime_ns
        for p in [
            *(study / "out" / ".units").rglob("*.parquet"),
            *(study / "out" / "small" / "sim-tiny").rglob("*.png"),
        ]
    }
    again = neuralpha("run", "small.toml", "--out", "out", cwd=study)
    assert again.returncode == 0 and "reused" in again.stdout
    assert {p: p.stat().st_mtime_ns for p in files} == files
    code = "import sys; from neuralpha.report.run import run_study; print(*run_study('small.toml', 'out').reused)"
    quick = subprocess.run(
        [sys.executable, "-c", code + "; print('torch' in sys.modules)"],
        cwd=study,
        capture_output=True,
        text=True,
        check=True,
    )
    assert quick.stdout.split() == ["sim-tiny", "False"]  # answered before anything slow is loaded

def test_an_audit_becomes_a_page_and_the_report_verifies(study):
    audit = neuralpha("audit", "small.toml", "--models", "ridge,lightgbm", "--out", "out", cwd=study)
    assert audit.returncode == 0 and "passed" in audit.stdout, audit.stdout + audit.stderr
    assert (
        "Leak certificate: No leak found" in (study / "out" / "small" / "audit.html").read_text()
        and "audit.html" in (study / "out" / "small" / "index.html").read_text()
    )
    verify = neuralpha("verify", "out/small", cwd=study)
    assert verify.returncode == 0 and "0 problems" in verify.stdout, verify.stdout + verify.stderr

def rows_of(html):
    return sorted(row.strip() for row in html.split("<tr"))

@pytest.mark.parametrize("width, scheme", [(1280, "light"), (390, "dark")])
def test_pages_work_in_a_browser(study, browser, width, scheme):
    out = study / "out" / "small"
    said = []
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.on("console", lambda m: said.append(m.text))
    page.on("pageerror", lambda e: said.append(str(e)))
    page.on("requestfailed", lambda r: said.append(r.url))
    for f in sorted(out.rglob("*.html")):
        if f.name in ("notebook.html", "leaderboard.html") or {"alphalens", "audit"} & set(f.parts):
            continue  # not pages of the site's own
        page.goto(f.as_uri())
        assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)"), f
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{f} is wider than the screen"
    assert said == []
    page.goto((out / "index.html").as_uri())

    def column():
        return page.eval_on_selector_all("table.sort tbody tr", "rows => rows.map(r => +r.cells[3].dataset.value)")

    times = page.eval_on_selector_all(
        "tr[data-kind=model] td[data-time]", "cells => cells.map(c => +c.dataset.value)"
    )  # from timing.js
    assert len(times) == 3 and min(times) >= 0 < max(times)
    page.click("table.sort th:nth-child(4)")
    assert column() == sorted(column(), reverse=True)
    page.click("table.sort th:nth-child(4)")
    assert column() == sorted(column())
    before = page.inner_html("table.filter tbody")
    slices = read_json(out / "sim-tiny" / "metrics.json")["slices"]
    at = {c: i for i, c in enumerate(slices["columns"])}
    for horizon, regime in (("20", ""), ("", "volatility|stormy"), ("1", "market|up")):
        page.select_option("select[data-slice=horizon]", horizon)
        page.select_option("select[data-slice=regime]", regime)
        cut, group = (regime or "|").split("|")
        want = {r[at["model"]]: r for r in slices["rows"] if r[:3] == [int(horizon or 5), cut, group]}
        shown = page.eval_on_selector_all(
            "table.filter tbody tr",
            "rows => rows.map(r => [r.dataset.model, "
            "...['letters','ic','t','dates','r2','spread_after_cost','turnover','deflated_sharpe'].map(c => "
            "r.querySelector(`[data-col=${c}]`).dataset.value)])",
        )
        assert len(want) > 4 and [r[0] for r in shown if r[1]] == [
            r[0] for r in sorted((r for r in shown if r[1]), key=lambda r: -float(r[2]))
        ]
        for model, letters, ic, t, dates, *money in shown:
            assert (letters, float(ic), float(t), int(dates)) == tuple(
                want[model][at[c]] for c in ("letters", "ic", "t", "dates")
            ), model
            stored = [want[model][at[c]] for c in ("r2", "spread_after_cost", "turnover", "deflated_sharpe")]
            assert (
                [v == "" for v in money]
                == [v is None for v in stored]
                == [model in ("reversal", "momentum 12-1", "oracle"), False, False, False]
            ), model
            np.testing.assert_allclose(
                [float(v) for v in money if v],
                [v * unit for v, unit in zip(stored, (100, 100, 100, 1)) if v is not None],
            )
        assert "No R² against the training mean: a baseline forecasts an order" in page.inner_text("#slice")
        first = page.eval_on_selector_all(
            "table.filter tbody tr", "rows => rows.map(r => r.classList.contains('first'))"
        )
        assert first == [i == 0 for i in range(len(shown))]  # a line begins a universe
        assert page.is_hidden("table.filter th.whole") and page.inner_text("#slice")
    page.select_option("select[data-slice=horizon]", "")
    page.select_option("select[data-slice=regime]", "")
    assert (
        page.is_visible("table.filter th.whole")
        and sorted(page.inner_text("table.filter tbody").split())
        and page.inner_text("#slice") == ""
    )
    assert rows_of(page.inner_html("table.filter tbody")) == rows_of(before)
    page.select_option("select[data-filter=kind]", "baseline")
    shown = page.eval_on_selector_all(
        "table.sort tbody tr", "rows => rows.filter(r => !r.hidden).map(r => r.dataset.kind)"
    )
    assert shown and set(shown) == {"baseline"}
