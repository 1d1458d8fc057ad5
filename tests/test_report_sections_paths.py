# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.sections.paths import *
from types import SimpleNamespace
from neuralpha.report.sections.paths import SECTION

def test_a_walk_forward_has_one_path_and_no_section():
    assert not SECTION.applies(SimpleNamespace(experiment=SimpleNamespace(paths=[[]])))
    assert SECTION.compute(SimpleNamespace(experiment=SimpleNamespace(paths=[[]]))) is None
