# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.dev import *
from pathlib import Path
import nbformat, pytest

def test_calls_are_dropped_and_decorators_kept():
    cell = "#| test\n# why\n@mark\ndef test_a():\n    assert f()\ntest_a()\nX = 1"
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in ("#| default_exp data.panel", cell, "print(1)")])
    text = test_source(nb)
    assert text.splitlines()[1:] == ["from neuralpha.data.panel import *", "# why", "@mark", "def test_a():", "    assert f()", "", "X = 1"]

def test_exports_are_in_step_with_the_notebooks():
    assert changed_by_sync() == [], "run `make sync` and commit the result"
