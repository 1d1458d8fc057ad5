# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.study.run import *
import json, os

import nbformat

import pytest

from pathlib import Path

from neuralpha.core import NeuralphaError, read_json

@pytest.fixture
def template(tmp_path):
    cells = [nbformat.v4.new_code_cell("x = 1\nname = 'a'", metadata={"tags": ["parameters"]}), nbformat.v4.new_code_cell("print(name*x)")]
    meta = {"kernelspec": {"name": "python3", "display_name": "python3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=meta), tmp_path/"t.ipynb")
    return tmp_path/"t.ipynb"

def test_papermill_runs_a_notebook_twice_to_the_same_bytes(template, tmp_path):
    for n in "ab": execute(template, tmp_path/f"{n}.ipynb", {"x": 2, "name": "'); raise Exit #"})
    assert (tmp_path/"a.ipynb").read_bytes() == (tmp_path/"b.ipynb").read_bytes()
    nb = nbformat.read(tmp_path/"a.ipynb", as_version=4)
    assert nb.cells[-1].outputs[0].text == "'); raise Exit #"*2 + "\n"

@pytest.mark.parametrize("parameters, message", [({"y": 1}, "no parameter 'y'"), ({"x; import os": 1}, "no parameter"),
    ({"x": (1, 2)}, "tuple"), ({"x": Path(".")}, "Path"), ({"x": [1]}, "list")])
def test_odd_parameters_are_refused(template, tmp_path, parameters, message):
    with pytest.raises(NeuralphaError, match=message): execute(template, tmp_path/"a.ipynb", parameters)
    assert not (tmp_path/"a.ipynb").exists()

def test_a_failing_cell_is_named_and_the_partial_notebook_kept(template, tmp_path):
    with pytest.raises(NeuralphaError, match="cell 3: TypeError"): execute(template, tmp_path/"a.ipynb", {"x": 1, "name": None})
    assert (tmp_path/"a.ipynb").exists()
