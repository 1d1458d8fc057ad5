# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.docs import *
import contextlib, re, shutil
import nbformat, pytest
from neuralpha.core import NeuralphaError

def test_every_notebook_is_in_the_sidebar_once():
    from neuralpha.dev import root

    assert sidebar(root())

def tiny_sidebar(base, *pages):
    for p in ("index", "core", "guides/look"):
        (base / f"nbs/{p}.ipynb").parent.mkdir(parents=True, exist_ok=True)
        (base / f"nbs/{p}.ipynb").touch()
    (base / "docs").mkdir(exist_ok=True)
    (base / "docs/sidebar.toml").write_text(f'[[part]]\ntitle = "All"\npages = {list(pages)}')
    return sidebar(base)

def test_sidebar_names_what_is_missing_doubled_or_gone(tmp_path):
    assert tiny_sidebar(tmp_path, "guides/look", "core") == [("All", ["guides/look", "core"], "library")]
    with pytest.raises(NeuralphaError, match="guides/look is missing"):
        tiny_sidebar(tmp_path, "core")
    with pytest.raises(NeuralphaError, match="core is there twice"):
        tiny_sidebar(tmp_path, "core", "core", "guides/look")
    with pytest.raises(NeuralphaError, match="gone has no notebook"):
        tiny_sidebar(tmp_path, "core", "gone", "guides/look")

def test_a_recipe_has_at_most_fifteen_lines_of_code():
    from neuralpha.dev import root

    for file in (root() / "nbs/recipes").glob("*.ipynb"):
        code = "\n".join(c.source for c in nbformat.read(file, 4).cells if c.cell_type == "code")
        lines = [line for line in code.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        assert len(lines) <= 15, f"{file.name}: {len(lines)} lines"

def test_the_tests_run_everything_anew_and_the_documentation_finds_what_they_ran(tmp_path, capsys):
    base, ran = tmp_path, tmp_path / "ran"
    (base / "nbs").mkdir()
    count = f"print(1, file=open({str(ran)!r}, 'a'))"
    nbformat.write(cells_of(count, "#| slow\n1 / 0"), base / "nbs/plain.ipynb")
    nbformat.write(cells_of(count, f"#| docs\n{count}"), base / "nbs/longer.ipynb")
    for times in (1, 2):
        run_all(base, ["plain", "longer"], tests=True)
        assert len(ran.read_text().split()) == 2 * times  # each once, without what is for the documentation
    capsys.readouterr()
    run_all(base, ["plain", "longer"])
    assert len(ran.read_text().split()) == 6 and "plain" not in capsys.readouterr().out
    assert len(list((base / ".cache/docs").iterdir())) == 2
    run_all(base, ["plain", "longer"], tests=True)
    run_all(base, ["plain", "longer"])
    assert len(ran.read_text().split()) == 8  # what the documentation kept is still there

def test_the_research_notebook_runs_for_the_documentation_alone_and_leaves_nothing_behind(tmp_path, capsys):
    (tmp_path / "nbs/research").mkdir(parents=True)
    nbformat.write(cells_of("open('report', 'w').write('one')"), tmp_path / f"nbs/{WRITES_A_REPORT}.ipynb")
    run_all(tmp_path, [WRITES_A_REPORT], tests=True)
    assert capsys.readouterr().out == ""
    (ran,) = run_all(tmp_path, [WRITES_A_REPORT]).values()
    assert nbformat.read(ran, 4).cells[0].outputs[0]["data"]["text/plain"] == "3"
    assert [f.name for f in (tmp_path / "nbs/research").iterdir()] == ["compare_models.ipynb"]

def test_a_link_to_a_file_that_the_run_wrote_is_shown_as_its_text(tmp_path):
    (tmp_path / "nbs").mkdir()
    for_ever = "<a href=\"https://example.org\">a page</a>"
    shown = f"from IPython.display import HTML; HTML('{for_ever} and <a href=\"gone/index.html\">its pages</a>')"
    nbformat.write(nb := cells_of(shown), tmp_path / "nbs/links.ipynb")
    [output] = take_outputs(nb, run_all(tmp_path, ["links"])["links"]).cells[0].outputs
    assert output["data"]["text/html"] == f"{for_ever} and its pages"

def test_a_cell_that_fails_fails_the_tests_though_an_earlier_run_is_kept(tmp_path, capsys):
    (tmp_path / "nbs").mkdir()
    flag = tmp_path / "flag"
    flag.touch()
    nbformat.write(cells_of(f"assert open({str(flag)!r})"), tmp_path / "nbs/reads.ipynb")
    run_all(tmp_path, ["reads"])
    flag.unlink()
    run_all(tmp_path, ["reads"])
    with pytest.raises(NeuralphaError, match="nbs/reads.ipynb, cell 1: FileNotFoundError"):
        run_all(tmp_path, ["reads"], tests=True)
    assert "Traceback" in capsys.readouterr().err

def test_only_changed_code_runs_again(again, capsys):
    def ran(change):
        run_all(again(change), ["guides/look", "core"])
        return capsys.readouterr().out

    def code(cells):
        cells[2].source += " + 1"

    def prose(cells):
        cells[0].source += " More."

    assert ran(prose) == ""
    assert "guides/look" in (first := ran(code)) and "core" not in first

def cells_of(*sources):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])

def printed(file):
    return [c.outputs[0].text.strip() for c in nbformat.read(file, 4).cells if c.get("outputs")]

def test_notebooks_start_loaded_and_see_nothing_of_each_other(tmp_path):
    look = "import os, sys, neuralpha as na; print('lightgbm' in sys.modules, 'said' in dir(na), os.getcwd()[-6:])"
    in_threads = (
        "panel = na.load_universe('sim-tiny'); na.compute_features(panel, 'classic'); na.triple_barrier(panel);"
    )
    (tmp_path / "nbs/guides").mkdir(parents=True)
    pages = [f"guides/page_{n}" for n in range(4)]
    for page in pages:
        nbformat.write(cells_of(look, f"na.said = '{page}'", in_threads), tmp_path / f"nbs/{page}.ipynb")
    ran = run_all(tmp_path, pages)
    assert [printed(ran[page]) for page in pages] == [["True False guides"]] * 4

def test_a_notebook_whose_process_dies_is_named_and_the_others_are_kept(tmp_path):
    (tmp_path / "nbs").mkdir()
    nbformat.write(cells_of("import os; os.kill(os.getpid(), 9)"), tmp_path / "nbs/dies.ipynb")
    nbformat.write(cells_of("print(1)"), tmp_path / "nbs/lives.ipynb")
    with pytest.raises(NeuralphaError, match=r"nbs/dies.ipynb, exit code -9$"):
        run_all(tmp_path, ["dies", "lives"])
    (kept,) = (tmp_path / ".cache/docs").iterdir()
    assert printed(kept) == ["1"]

def test_only_known_names_outside_fences_are_linked():
    names = {"ic": "neuralpha.a.ic", "rank_ic": "neuralpha.a.rank_ic", "Panel": "neuralpha.b.Panel"}
    assert (
        link_names("`rank_ic`, `ic()` and `Panel`", names)
        == "{py:obj}`rank_ic <neuralpha.a.rank_ic>`, {py:obj}`ic() <neuralpha.a.ic>` and {py:obj}`Panel "
        "<neuralpha.b.Panel>`"
    )
    for same in ("`icir`", "`ic`", "```\n`Panel`\n```", "``Panel``", "    `Panel`", "{py:obj}`Panel`"):
        assert link_names(same, names) == same

def test_what_is_there_already_keeps_its_time_and_what_is_gone_leaves(tmp_path):
    assert write_changed(tmp_path, {"a/b.md": b"1", "c.md": b"2"}) == ["a/b.md", "c.md"]
    written = (tmp_path / "c.md").stat().st_mtime_ns
    assert write_changed(tmp_path, {"a/b.md": b"3", "c.md": b"2"}) == ["a/b.md"]
    assert (tmp_path / "a/b.md").read_bytes() == b"3"
    assert write_changed(tmp_path, {"c.md": b"2"}) == ["a/b.md"]
    assert [p.name for p in tmp_path.rglob("*.md")] == ["c.md"] and (tmp_path / "c.md").stat().st_mtime_ns == written

LOOK = '''# Hard to show
> A page of wide things.

The panel is checked by `read_json()`; see [core](../core.ipynb). A formula in a line:
$$ \\\\mathrm{IC} = \\\\tfrac1D\\\\sum_t \\\\mathrm{corr}_i(s_{i,t}, y_{i,t}) $$
===
#| test
import matplotlib.pyplot as plt, numpy as np, pandas as pd
===
pd.DataFrame(np.arange(120.).reshape(3, 40), columns=[f"a_long_column_name_{i}" for i in range(40)])
===
plt.plot([1, 3, 2]); plt.title("a figure")
===
#| test
def test_that_something_holds():
    assert 1 == 1
'''.replace("\\\\", "\\")

def small_repository(base, look=LOOK):
    """A repository with three notebooks."""
    from neuralpha.dev import root

    for f in (
        "settings.ini",
        "CONTRIBUTING.md",
        "LICENSE",
        "docs/conf.py",
        "docs/search_order.js",
        "docs/_static/site.css",
        "nbs/core.ipynb",
    ):
        (base / f).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root() / f, base / f)
    (base / "docs/sidebar.toml").write_text('[[part]]\ntitle = "All"\npages = ["guides/look", "core"]\n')
    for page, text in (("index", "# Front\n> A page.\n\nSee the [licence](../LICENSE)."), ("guides/look", look)):
        prose, *code = text.split("\n===\n")
        cells = [nbformat.v4.new_markdown_cell(prose), *map(nbformat.v4.new_code_cell, code)]
        (base / f"nbs/{page}.ipynb").parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(nbformat.v4.new_notebook(cells=cells), base / f"nbs/{page}.ipynb")
    return base

@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return build(small_repository(tmp_path_factory.mktemp("docs") / "repo")).parent

@pytest.fixture
def again(site, tmp_path):
    """A copy of the built repository, with what it has run, and a way to change its guide."""
    shutil.copytree(site.parents[2], tmp_path / "repo")

    def change(f):
        path = tmp_path / "repo/nbs/guides/look.ipynb"
        nb = nbformat.read(path, 4)
        f(nb.cells)
        nbformat.write(nb, path)
        return tmp_path / "repo"

    return change

def test_pages_hold_prose_outputs_and_reference(site):
    look, core = ((site / p).read_text() for p in ("guides/look.html", "core.html"))
    assert "a_long_column_name_39" in look and "<math" in look and "image/png" not in look and "_images/" in look
    assert 'href="../core.html#neuralpha.core.read_json"' in look and "Tested: that something holds" in look
    assert 'id="neuralpha.core.digest"' in core and "JSON-native values, numpy arrays, pandas objects or bytes" in core
    assert "#|" not in core + look

def test_a_failing_notebook_fails_the_build_by_name(again):
    with pytest.raises(NeuralphaError, match=r"nbs/guides/look.ipynb, cell 6: NameError: name 'prices'"):
        build(again(lambda cells: cells.append(nbformat.v4.new_code_cell("prices['close']"))))

def test_a_broken_link_fails_the_build(again):
    def broken(cells):
        cells[0].source += " [lost](../nowhere.ipynb)"

    with pytest.raises(NeuralphaError, match="nowhere"):
        build(again(broken))

def test_what_has_not_changed_is_neither_drawn_nor_given_to_sphinx_again(again, monkeypatch):
    import neuralpha.docs as docs

    drawn, asked = [], []
    page_text, run = docs.page_text, docs.subprocess.run
    monkeypatch.setattr(docs, "page_text", lambda base, page, *rest: drawn.append(page) or page_text(base, page, *rest))
    monkeypatch.setattr(docs.subprocess, "run", lambda *args, **kw: asked.append(args) or run(*args, **kw))
    base = again(lambda cells: None)
    build(base)
    assert drawn == []
    asked.clear()
    front = build(base)
    assert drawn == [] and asked == []
    path = base / "nbs/guides/look.ipynb"
    path.write_text(path.read_text().replace("A page of wide things.", "A page of very wide things."))
    build(base)
    assert drawn == ["guides/look"] and len(asked) == 1
    assert "very wide" in (front.parent / "guides/look.html").read_text()
    (front.parent / "core.html").unlink()
    build(base)
    assert len(asked) == 2 and (front.parent / "core.html").exists()

@contextlib.contextmanager
def opened(browser, file, width=1280, scheme="light", then=""):
    """A page from disk, and what went wrong with it: errors, requests that failed or left the disk."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    faults = []
    page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: faults.append(str(e)))
    page.on("requestfailed", lambda r: faults.append(r.url))
    page.on("request", lambda r: faults.append(r.url) if not r.url.startswith(("file:", "data:")) else None)
    page.goto(f"file://{file}{then}", wait_until="load")
    yield page, faults
    context.close()

WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

@pytest.mark.parametrize("width, scheme", [(1280, "light"), (390, "dark")])
def test_pages_open_from_disk_and_fit(site, browser, width, scheme):
    for name in ("index", "guides/look", "core"):
        with opened(browser, site / f"{name}.html", width, scheme) as (page, faults):
            assert page.evaluate(WIDER) <= 0 and faults == [], name
            assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")

def test_dark_and_light_differ_where_they_should(site, browser):
    seen = {}
    for scheme in ("light", "dark"):
        with opened(browser, site / "guides/look.html", scheme=scheme) as (page, _):
            seen[scheme] = page.evaluate(
                "[getComputedStyle(document.body).backgroundColor, "
                "getComputedStyle(document.querySelector('.cell_output img')).filter]"
            )
    assert seen["light"] == ["rgb(255, 255, 255)", "none"]
    assert seen["dark"][0] != "rgb(255, 255, 255)" and "invert" in seen["dark"][1]

def test_tests_and_source_stay_folded_until_asked_for(site, browser):
    with opened(browser, site / "guides/look.html") as (page, _):
        code = page.get_by_text("def test_that_something_holds")
        assert not code.is_visible()
        page.get_by_text("Tested: that something holds").first.click()
        assert code.is_visible()

def test_search_works_from_disk(site, browser):
    with opened(browser, site / "search.html", then="?q=canonical_json") as (page, faults):
        page.wait_for_selector("#search-results li a")
        said = page.evaluate("getComputedStyle(document.querySelector('#search-results a'), '::before').content")
        assert said == '"Library · "'
        assert any("core.html" in a.get_attribute("href") for a in page.query_selector_all("#search-results li a"))
        assert faults == []

def front_page(kind):
    from neuralpha.dev import root

    return "\n".join(c.source for c in nbformat.read(root() / "nbs/index.ipynb", 4).cells if c.cell_type == kind)

def test_commands_of_the_front_page_exist():
    from neuralpha.dev import root

    targets = set(re.findall(r"^(\w+):", (root() / "Makefile").read_text(), re.M))
    assert {"report", "test"} <= set(re.findall(r"\bmake (\w+)", front_page("markdown"))) <= targets

def test_names_of_the_front_page_exist():
    import neuralpha as na

    used = set(re.findall(r"\bna\.(\w+)\(", front_page("code")))
    assert len(used) >= 9 and all(callable(getattr(na, name)) for name in used)

def test_every_result_of_the_front_page_stands_in_the_tables_of_the_guide():
    from neuralpha.house import root

    def text(name):
        return "\n".join(cell.source for cell in nbformat.read(root() / f"nbs/{name}.ipynb", 4).cells)

    figure = re.compile(r"(?<![\d.,])\d+\.\d+(?!\d|\.\d)|\d,\d{3}")
    short = re.search(r"- \*\*A real universe\.\*\*.*?(?=- \*\*On a GPU\*\*)", text("index"), re.S)[0]
    said = set(figure.findall(short))
    assert len(said) > 15
    assert sorted(said - set(figure.findall(text("guides/results")))) == []
