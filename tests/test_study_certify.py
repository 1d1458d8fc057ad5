# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.study.certify import *
from neuralpha.study.experiment import open_experiment
from neuralpha.study.spec import make_study

def test_a_study_file_is_audited_as_it_stands():
    study = make_study(
        {
            "name": "mine",
            "universes": ["sim-tiny"],
            "models": ["ridge"],
            "features": ["ret_1", "ret_5"],
            "seeds": 1,
            "split": {"train": "1Y", "valid": "3M", "test": "3M"},
        }
    )
    c = audit_experiment(open_experiment(study), cuts=1, replace=["nothing"], placebo=False)
    assert c.passed, repr(c)
    assert {x.verdict for x in c.checks if x.part == "start-up"} == {"holds"}, "features alone need no room for a fold"
    assert c.subject == "mine" and "scores of ridge" in {x.what for x in c.checks}
