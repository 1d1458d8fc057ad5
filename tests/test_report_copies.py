# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.copies import *
import os
from functools import partial
import nbformat
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.report.copies import Copies, Copy
from neuralpha.report.run import CAN_COPY, _execute, _Kernels, _run_in_threads, execute

pytestmark = pytest.mark.skipif(not CAN_COPY, reason="kernels are copies on Linux alone")

@pytest.fixture
def notebook(tmp_path):
    def written(source):
        cells = [
            nbformat.v4.new_code_cell("number = 0", metadata={"tags": ["parameters"]}),
            nbformat.v4.new_code_cell(source),
        ]
        meta = {"kernelspec": {"name": "python3", "display_name": "python3", "language": "python"}}
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=meta), tmp_path / "t.ipynb")
        return tmp_path / "t.ipynb"

    return written

def _both(template):
    """Run a notebook in two copies; returns what they raised and the executed notebooks."""
    targets = [template.with_name(f"{number}.ipynb") for number in range(2)]
    calls = [partial(_execute, template, target, {"number": number}, None) for number, target in enumerate(targets)]
    kernels = _Kernels(2, several=True)
    with kernels.copies:
        return [done.exception() for done in _run_in_threads(calls, kernels)], targets

def _said(target):
    return nbformat.read(target, as_version=4).cells[-1].outputs[0].text.split()

def test_kernels_of_several_notebooks_are_copies_of_one_process_and_none_is_left(notebook):
    source = "import os, sys; print(os.getpid(), os.getppid(), 'torch' in sys.modules, os.getpgid(0))"
    raised, targets = _both(notebook(source))
    assert raised == [None, None]
    (one, parent, loaded, group), (other, same, *_) = map(_said, targets)
    assert parent == same and one != other and loaded == "True" and group == one
    assert [Copy(int(number)).poll() for number in (one, other, parent)] == [-9, -9, -9]

def test_the_process_loads_from_the_beginning_and_a_notebook_that_comes_later_is_a_copy_of_it_too(notebook, tmp_path):
    template = notebook("import os; print(os.getppid())")
    kernels = _Kernels(1, several=True)
    with kernels.copies as copies:
        loading = copies.process
        assert loading.poll() is None
        for name in ("first", "later"):
            target = tmp_path / f"{name}.ipynb"
            _run_in_threads([partial(_execute, template, target, {}, None)], kernels)[0].result()
            assert _said(target) == [str(loading.pid)]
    assert loading.returncode == -9

def test_a_copy_says_what_a_kernel_of_its_own_says(notebook, tmp_path):
    template = notebook(
        "import pandas as pd, matplotlib.pyplot as plt\nplt.plot([1, 3, 2])\n"
        "pd.DataFrame({f'a long name {i}': [number] for i in range(12)})"
    )
    _, targets = _both(template)
    execute(template, tmp_path / "alone.ipynb", {"number": 1})
    assert targets[1].read_bytes() == (tmp_path / "alone.ipynb").read_bytes()

def test_a_copy_that_is_killed_is_told_of(notebook):
    raised, _ = _both(notebook("import os, signal; number or os.kill(os.getpid(), signal.SIGKILL)"))
    assert raised[1] is None
    with pytest.raises(NeuralphaError, match="t: the process that ran it was killed"):
        raise raised[0]
