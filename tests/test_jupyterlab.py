# Exported from nbs/ by `make sync`; edit the notebook.
import os, re, shutil, subprocess, sys, time

from pathlib import Path

import nbformat

import pytest

from neuralpha.dev import root

WIDTH = 1300

@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab, and the folder it shows."""
    folder = tmp_path_factory.mktemp("lab")
    home = {**os.environ, "HOME": str(folder / "home"), "JUPYTER_PREFER_ENV_PATH": "1", "NEURALPHA_PROGRESS": "1"}
    home["PYTHONPATH"] = os.pathsep.join([str(root()), os.environ.get("PYTHONPATH", "")])
    home.pop("MPLBACKEND", None)  # figures are drawn in the notebook
    (folder / "home").mkdir()
    (folder / "work").mkdir()
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0"]
    command += [f"--ServerApp.root_dir={folder / 'work'}", "--IdentityProvider.token=lab", "--LabApp.news_url="]
    server = subprocess.Popen(command, env=home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = ""
    for line in server.stdout:
        said += line
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            break
    assert found, said
    yield found[0], folder / "work"
    server.terminate()
    server.wait(30)

def run_all(browser, lab, notebook: Path, seconds: float):
    """Open a notebook, run all its cells with the menu, save; the page and the saved notebook."""
    address, folder = lab
    shutil.copy(notebook, folder / notebook.name)
    cells = [c for c in nbformat.read(notebook, 4).cells if c.cell_type == "code" and c.source.strip()]
    page = browser.new_page(viewport={"width": WIDTH, "height": 900})
    page.goto(f"{address}/lab/tree/{notebook.name}?token=lab&reset")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=120_000)
    page.get_by_text("| Idle").wait_for(timeout=120_000)  # a kernel that is still connecting runs nothing
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    until = time.monotonic() + seconds
    while True:
        page.keyboard.press("Control+s")
        page.wait_for_timeout(1500)
        saved = nbformat.read(folder / notebook.name, 4)
        done = [c for c in saved.cells if c.cell_type == "code" and c.source.strip() and c.execution_count]
        stopped = any(o.output_type == "error" for c in done for o in c.outputs)
        if stopped or len(done) == len(cells):
            return page, saved
        if time.monotonic() > until:
            look(page, f"stopped-{notebook.stem}")
            raise AssertionError(f"{len(done)} of {len(cells)} cells of {notebook.name} ran in {seconds} s")

def outputs(saved) -> list:
    return [o for c in saved.cells if c.cell_type == "code" for o in c.outputs]

def look(page, name: str) -> None:
    """Keep what the screen shows, where somebody wants to look at it."""
    if folder := os.environ.get("NEURALPHA_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png")

def check_clean(page, saved) -> None:
    """No error, nothing in pink, no widget that cannot be opened again, nothing wider than its place."""
    found = outputs(saved)
    assert not [o for o in found if o.output_type == "error"], [
        o.get("evalue") for o in found if o.output_type == "error"
    ]
    assert not [o.text for o in found if o.output_type == "stream" and o.name == "stderr"]
    assert not [o for o in found if "application/vnd.jupyter.widget-view+json" in o.get("data", {})]
    wide = """() => [...document.querySelectorAll('.jp-RenderedHTMLCommon, .jp-RenderedImage')]
        .filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.innerText.slice(0, 80))"""
    assert page.evaluate(wide) == []

def as_notebook(folder: Path, name: str, *sources: str) -> Path:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    kernel = {"name": "python3", "display_name": "python3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / name)
    return folder / name

def test_a_feature_is_one_screen_and_a_typo_one_sentence(browser, lab, tmp_path):
    good = as_notebook(
        tmp_path,
        "feature.ipynb",
        "import neuralpha as na",
        'panel = na.load_universe("sim-tiny")',
        'na.study_feature("ret_5", panel)',
    )
    page, saved = run_all(browser, lab, good, 240)
    page.wait_for_function("document.querySelectorAll('.jp-OutputArea img').length == 3")
    look(page, "feature")
    check_clean(page, saved)
    height = page.evaluate(
        "Math.max(...[...document.querySelectorAll('.jp-OutputArea-output')].map(e => e.scrollHeight))"
    )
    screen = page.evaluate("document.querySelector('.jp-NotebookPanel-notebook').clientHeight")
    assert height < screen, f"{height} pixels are more than one screen of {screen}"
    page.close()

    typo = as_notebook(tmp_path, "typo.ipynb", "import neuralpha as na", 'na.load_universe("sim-tinyy")')
    page, saved = run_all(browser, lab, typo, 120)
    look(page, "typo")
    (error,) = [o for o in outputs(saved) if o.output_type == "error"]
    shown = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error.traceback))
    assert shown.count("\n") == 0 and "Did you mean 'sim-tiny'?" in shown
    on_screen = page.locator(".jp-OutputArea-output").last.inner_text()
    assert on_screen.split() == shown.split()
    page.close()

SLOW = ("guides/your_own_model", "guides/your_own_feature", "guides/wrong_number", "research/compare_models")

@pytest.mark.parametrize("guide", ["guides/getting_started", *(pytest.param(g, marks=pytest.mark.slow) for g in SLOW)])
def test_a_guide_runs_to_its_end_without_errors_and_warnings(browser, lab, guide):
    page, saved = run_all(browser, lab, root() / f"nbs/{guide}.ipynb", 900)
    look(page, guide.replace("/", "-"))
    check_clean(page, saved)
    page.reload()
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=120_000)
    assert "Error displaying widget" not in page.inner_text("body")
    page.close()
