# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.dev import *
import os, re, shutil, subprocess, sys
from pathlib import Path
import jupytext, nbformat, pytest
from neuralpha.core import NeuralphaError
from neuralpha.house import root

def test_calls_are_dropped_and_decorators_kept():
    cell = "#| test\n# why\n@mark\ndef test_a():\n    assert f()\ntest_a()\nX = 1"
    nb = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(s) for s in ("#| default_exp data.panel", cell, "print(1)")]
    )
    text = test_source(nb)
    assert text.splitlines()[1:] == [
        "from neuralpha.data.panel import *",
        "# why",
        "@mark",
        "def test_a():",
        "    assert f()",
        "",
        "X = 1",
    ]

def test_readme_is_the_front_page():
    cells = [
        nbformat.v4.new_markdown_cell(
            "See [this](guides/a.ipynb#b), [that](../LICENSE), [web](https://example.org), [here](#x)."
        ),
        nbformat.v4.new_code_cell("#| eval: false\nf()"),
        nbformat.v4.new_code_cell("#| test\nassert f"),
    ]
    assert readme_text({"cells": cells}).split("\n\n")[:-1] == [
        "See [this](nbs/guides/a.ipynb#b), [that](LICENSE), [web](https://example.org), [here](#x).",
        "```python\nf()\n```",
    ]

@pytest.fixture
def paired(tmp_path):
    """A repository with one notebook and its text, in step."""
    from neuralpha.dev import _pair

    git = ["git", "-c", "user.name=t", "-c", "user.email=t@t", "-C", str(tmp_path)]
    (tmp_path / "nbs").mkdir()
    (tmp_path / ".nbpy").mkdir()
    _write_cell(tmp_path / "nbs/a.ipynb", "first = 1")
    for command in (["init", "-q"], ["add", "nbs"], ["commit", "-qm", "one"]):
        subprocess.run([*git, *command], check=True)
    jupytext.write(nbformat.read(tmp_path / "nbs/a.ipynb", 4), tmp_path / ".nbpy/a.py", fmt="py:percent")
    _pair(tmp_path)
    return tmp_path

def _write_cell(path, source):
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]), path)

def _says(base):
    [cell] = nbformat.read(base / "nbs/a.ipynb", 4).cells
    assert cell.source in (base / ".nbpy/a.py").read_text()
    return cell.source

def _looks_newer(path):
    os.utime(path, (2e9, 2e9))

def test_the_side_that_was_changed_wins_whatever_the_clock_says(paired):
    from neuralpha.dev import _pair

    text = paired / ".nbpy/a.py"
    text.write_text(text.read_text().replace("first = 1", "by_text = 2"))
    _looks_newer(paired / "nbs/a.ipynb")
    _pair(paired)
    assert _says(paired) == "by_text = 2"
    _write_cell(paired / "nbs/a.ipynb", "of_another_branch = 3")  # as git does when a branch is switched
    _looks_newer(text)
    _pair(paired)
    assert _says(paired) == "of_another_branch = 3"

def test_two_changed_sides_are_named_and_nothing_is_lost(paired):
    from neuralpha.dev import _pair

    text = paired / ".nbpy/a.py"
    text.write_text(text.read_text().replace("first = 1", "by_text = 2"))
    _write_cell(paired / "nbs/a.ipynb", "by_notebook = 3")
    with pytest.raises(NeuralphaError, match="nbs/a.ipynb and its text were both changed"):
        _pair(paired)
    assert "by_text = 2" in text.read_text() and "by_notebook = 3" in (paired / "nbs/a.ipynb").read_text()

def test_a_text_does_not_bring_back_a_notebook_that_git_knows_elsewhere(paired, capsys):
    from neuralpha.dev import _pair

    (paired / "nbs/a.ipynb").unlink()
    _pair(paired)
    assert not (paired / "nbs/a.ipynb").exists() and "not on this branch" in capsys.readouterr().err
    (paired / ".nbpy/new.py").write_text("# %%\nmine = 1\n")  # but a new one begins as a text
    _pair(paired)
    assert "mine = 1" in (paired / "nbs/new.ipynb").read_text()

def test_a_type_checker_knows_what_every_public_name_is(tmp_path):
    import neuralpha as na

    (tmp_path / "use.py").write_text(
        "import neuralpha as na\n" + "".join(f"reveal_type(na.{name})\n" for name in na.__all__)
    )
    mypy = [
        sys.executable,
        "-m",
        "mypy",
        "--no-site-packages",
        "--ignore-missing-imports",
        "--follow-imports=silent",
        "--no-incremental",
        "use.py",
    ]
    found = subprocess.run(
        mypy, cwd=tmp_path, env={**os.environ, "MYPYPATH": str(root())}, capture_output=True, text=True
    )
    types = dict(zip(na.__all__, [line for line in found.stdout.splitlines() if "Revealed type" in line], strict=True))
    unknown = [name for name, line in types.items() if '"Any"' in line or "error" in line]
    assert not unknown and "-> list[neuralpha.splits.Fold]" in types["walk_forward"], found.stdout

def test_exports_are_in_step_with_the_notebooks():
    assert changed_by_sync() == [], "run `make sync` and commit the result"

@pytest.mark.parametrize(
    "text, said",
    [
        ("x  = 1\n", "would be reformatted"),
        ("import os\n", "F401"),
        ("double = lambda x: 2 * x\n", "E731"),
        ("x = 1\n", ""),
    ],
)
def test_what_the_formatter_or_a_rule_would_change_is_named(tmp_path, text, said):
    shutil.copy(root() / "ruff.toml", tmp_path)
    (tmp_path / "nbs").mkdir()
    cells = [nbformat.v4.new_code_cell(text.rstrip())]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "nbs/x.ipynb")
    found = untidy(tmp_path)
    assert said in found and bool(said) == bool(found), found

def test_a_name_that_an_exported_module_does_not_know_is_named(tmp_path):
    (tmp_path / "neuralpha").mkdir()
    (tmp_path / "neuralpha/x.py").write_text('def f(a):\n    return f"{b}"\n')
    assert "x.py:2:15: F821 Undefined name `b`" in untidy(tmp_path)

def test_notebooks_and_hand_written_tests_are_in_order():
    assert untidy() == ""

def test_check_names_the_line_in_the_sidebar_and_the_sentence_that_a_new_notebook_lacks(tmp_path, monkeypatch):
    from neuralpha import dev

    (tmp_path / "docs").mkdir()
    (tmp_path / "nbs").mkdir()
    (tmp_path / "docs/sidebar.toml").write_text('[[part]]\ntitle = "Library"\npages = []\n')
    cells = [nbformat.v4.new_code_cell(f"#| export\ndef f{i}(): ...") for i in range(4)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "nbs/mine.ipynb")
    monkeypatch.setattr(dev, "root", lambda: tmp_path)
    for name in ("changed_by_sync", "untidy", "own_notebooks"):
        monkeypatch.setattr(dev, name, lambda *_: [])
    with pytest.raises(SystemExit, match="mine is missing: add it where it should be read") as found:
        dev.main(["check"])
    assert "mine: 4 from f0 on: put a sentence or an example between them." in str(found.value)

def test_nothing_is_forgotten():
    assert missing_in_docs() == []

@pytest.fixture
def repository(tmp_path):
    """One notebook of the library and one of somebody's own, both with an output."""
    cell = nbformat.v4.new_code_cell("1 + 1", outputs=[nbformat.v4.new_output("stream", text="2")])
    (tmp_path / "nbs" / "research" / "studies").mkdir(parents=True)
    (tmp_path / "settings.ini").write_text("")
    for name in ("ours", "own"):
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "nbs" / f"{name}.ipynb")
    (tmp_path / "nbs" / "research" / "studies" / "quick.toml").write_text("seeds = 1")
    for command in (["init", "-q"], ["add", "nbs/ours.ipynb", "nbs/research"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path

def outputs_of(path):
    return [cell.outputs for cell in nbformat.read(path, 4).cells if cell.outputs]

@pytest.mark.parametrize("terminal, answer", [(False, None), (True, "n"), (True, ""), (True, "y")])
def test_outputs_are_thrown_away_only_by_who_says_so(repository, monkeypatch, capsys, terminal, answer):
    from neuralpha import dev

    monkeypatch.chdir(repository)
    monkeypatch.setattr("sys.stdin.isatty", lambda: terminal, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: answer)
    before = (repository / "nbs" / "ours.ipynb").read_text()
    if answer == "y":
        dev.main(["sync"])
        assert not outputs_of(repository / "nbs" / "ours.ipynb")
    else:
        with pytest.raises(SystemExit, match="Nothing was changed"):
            dev.main(["sync"])
        assert (repository / "nbs" / "ours.ipynb").read_text() == before
    assert "These hold outputs" in (said := capsys.readouterr().err) and "ours.ipynb" in said
    assert "Left alone, git does not know it: nbs/own.ipynb" in said
    assert outputs_of(repository / "nbs" / "own.ipynb")

def test_the_package_holds_what_the_research_folder_holds_and_nothing_else(repository, monkeypatch):
    from neuralpha import dev

    monkeypatch.chdir(repository)
    stale = repository / "neuralpha" / "research" / "old.toml"
    stale.parent.mkdir(parents=True)
    stale.write_text("")
    dev.main(["sync", "--clear"])
    copied = repository / "neuralpha" / "research"
    assert [path.relative_to(copied).as_posix() for path in copied.rglob("*.*")] == ["studies/quick.toml"]
    assert (copied / "studies" / "quick.toml").read_text() == "seeds = 1"
    dev.main(["sync"])

def test_only_a_module_that_says_something_else_is_written_and_nobody_sees_it_half_made(repository):
    for name, value in (("same", 1), ("other", 2)):
        sources = (f"# {name.title()}\n> A page.", f"#| default_exp {name}", f"#| export\nvalue = {value}")
        prose, *code = sources
        cells = [nbformat.v4.new_markdown_cell(prose), *map(nbformat.v4.new_code_cell, code)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), repository / f"nbs/{name}.ipynb")
    subprocess.run(["git", "add", "nbs"], cwd=repository, check=True)
    shutil.copy(root() / "settings.ini", repository)
    export = [sys.executable, "-m", "neuralpha.dev", "sync", "--clear"]
    subprocess.run(export, cwd=repository, check=True)
    same, other = (repository / f"neuralpha/{name}.py" for name in ("same", "other"))
    for module in (same, other):
        os.utime(module, (1e9, 1e9))
    notebook = repository / "nbs/other.ipynb"
    notebook.write_text(notebook.read_text().replace("value = 2", "value = 3"))
    subprocess.run(export, cwd=repository, check=True)
    assert same.stat().st_mtime == 1e9 and other.stat().st_mtime > 1e9 and "value = 3" in other.read_text()
    finished = other.read_bytes()
    notebook.write_text(notebook.read_text().replace("value = 3", "value = 4"))
    broken = "from neuralpha import dev; dev._document = lambda modules, lib: 1 / 0; dev.sync()"
    assert subprocess.run([sys.executable, "-c", broken], cwd=repository, capture_output=True).returncode
    assert other.read_bytes() == finished and not [*repository.glob(".sync-*")]

@pytest.mark.parametrize(
    "old, new, said",
    [
        ('{\n "cells"', '<<<<<<< HEAD\n{\n "cells"', "nbs/a.ipynb is no notebook: it holds the marks of a merge"),
        ("value = 1", "value = = 1", "nbs/a.ipynb.*invalid syntax: .*value = = 1"),
    ],
)
def test_a_notebook_that_cannot_be_read_is_named(repository, old, new, said):
    cells = [nbformat.v4.new_code_cell(text) for text in ("#| default_exp a", "#| export\nvalue = 1")]
    notebook = repository / "nbs/a.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), notebook)
    subprocess.run(["git", "add", "nbs"], cwd=repository, check=True)
    shutil.copy(root() / "settings.ini", repository)
    notebook.write_text(notebook.read_text().replace(old, new))
    command = [sys.executable, "-m", "neuralpha.dev", "sync", "--clear"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True)
    assert done.returncode == 1 and re.search(said, done.stderr) and "Traceback" not in done.stderr

def test_check_says_which_command_mends_what_it_found(monkeypatch):
    from neuralpha import dev

    monkeypatch.setattr(dev, "changed_by_sync", lambda: [])
    monkeypatch.setattr(dev, "untidy", lambda: "Would reformat: nbs/x.ipynb")
    with pytest.raises(SystemExit, match="ruff format --config ruff.toml .*nbs") as found:
        dev.main(["check"])
    assert "Would reformat: nbs/x.ipynb" in str(found.value)
    monkeypatch.setattr(dev, "changed_by_sync", lambda: ["neuralpha/x.py"])
    monkeypatch.setattr(dev, "missing_in_docs", lambda: ["docs/sidebar.toml: x is missing"])
    with pytest.raises(SystemExit) as found:
        dev.main(["check"])
    for fault in (
        "run `make sync`",
        "neuralpha/x.py",
        "Would reformat: nbs/x.ipynb",
        "docs/sidebar.toml: x is missing",
    ):
        assert fault in str(found.value)
    with pytest.raises(SystemExit, match="`check` says"):
        dev.main(["--help"])
