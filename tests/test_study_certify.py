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

PARTS = """
import numpy as np
from dataclasses import replace
from neuralpha.labels import forward_return


class Fair:
    def fit(self, X, rows, target=None):
        self.mean_ = X.values[rows].mean(0)
        return self

    def apply(self, X):
        return replace(X, values=(X.values - self.mean_).astype(np.float32))


class Leaky(Fair):
    def fit(self, X, rows, target=None):
        return super().fit(X, np.arange(len(X.values)))


def honest(panel, horizon, delay):
    return forward_return(panel, horizon, delay)


def hasty(panel, horizon, delay):
    y = forward_return(panel, horizon, delay)
    return replace(y, known_code=np.minimum(y.known_code, panel.date_code + delay + 1))
"""

def audited(tmp_path, **changes):
    """The outcome of a study with parts of one's own, and what failed."""
    (tmp_path / "mine.py").write_text(PARTS)
    study = {
        "name": "mine",
        "universes": ["sim-tiny"],
        "models": {"ridge": {"alpha": 1.0}},
        "features": "classic",
        "split": {"train": "6M", "valid": "2M", "test": "6M"},
        **changes,
    }
    found = audit_experiment(open_experiment(make_study(study)), cuts=1, placebo=False)
    return found.outcome, {check.what for check in found.failures}

def test_a_transform_on_all_dates_is_caught_and_one_on_training_rows_passes(tmp_path):
    own = f"{tmp_path / 'mine.py'}"
    weights = {"by": ["uniqueness", "time_decay"]}
    fair = audited(
        tmp_path,
        transform=[{"kind": f"{own}:Fair"}, {"kind": "select", "n": 4}, {"kind": "pca", "n": 2}],
        weights=weights,
    )
    assert fair == ("passed", set())
    outcome, failed = audited(tmp_path, transform=[{"kind": f"{own}:Leaky"}])
    assert outcome == "failed" and "fit of ridge" in failed

def test_a_label_of_ones_own_is_audited_and_groups_of_dates_walk_forward(tmp_path):
    own = f"{tmp_path / 'mine.py'}"
    assert audited(tmp_path, label={"kind": f"{own}:honest"}, split={"scheme": "k_fold", "groups": 4}) == (
        "passed",
        set(),
    )
    outcome, failed = audited(tmp_path, label={"kind": f"{own}:hasty"})
    assert outcome == "failed" and "label" in failed
