# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.audit.life_spans import *
import numpy as np
import pytest
from dataclasses import replace
from neuralpha.audit.pipeline import audit_pipeline
from neuralpha.audit.worlds import walks
from neuralpha.labels import forward_return, triple_barrier
from neuralpha.splits import purged_kfold, walk_forward

def test_folds_are_audited_and_k_folds_only_by_life_span():
    p = walks(2)
    walk = audit_pipeline(
        lambda q: {"label": (y := forward_return(q, 3, 1)), "folds": walk_forward(y, "3M", "1M", "1M", 2)}, p, embargo=2
    )
    assert walk.passed and {x.part for x in walk.checks if x.what == "folds"} == {"repeat", "future", "splits"}
    assert not audit_pipeline(
        lambda q: {"label": (y := forward_return(q, 3, 1)), "folds": walk_forward(y, "3M", "1M", "1M", 2)}, p, embargo=3
    ).passed
    folded = audit_pipeline(lambda q: {"label": (y := triple_barrier(q)), "folds": purged_kfold(y, 4, 2)}, p)
    assert folded.passed and any(x.passed is None and "k-fold" in x.found for x in folded.checks)

@pytest.mark.parametrize("exit", ["bar", "next trade"])
def test_the_certificate_sees_the_longer_life_of_a_label_behind_a_halt(exit):
    p = walks(3)
    rng = np.random.default_rng(0)
    end = (p.asset_offsets[1:] - 1)[p.asset_code]
    halted = (rng.random(p.n_rows) < 0.1) | (np.arange(p.n_rows) > end - 8) & (p.date_code[end] < p.n_dates - 1)
    p = replace(
        p.with_fields(**{k: np.where(halted, np.nan, v) for k, v in p.fields.items()}), tradable=p.tradable & ~halted
    )

    def pipeline(q, honest=True):
        y = forward_return(q, 4, 1, exit)
        return {
            "label": y if honest else replace(y, known_code=y.due_code.astype(np.int32)),
            "folds": walk_forward(y, "3M", "1M", "1M", 2),
        }

    assert (y := pipeline(p)["label"]).late[y.labelled].sum() > (3 if exit == "bar" else 50)
    assert audit_pipeline(pipeline, p, cuts=8, embargo=2).passed
    assert not audit_pipeline(lambda q: pipeline(q, False), p, cuts=8, embargo=2).passed

def test_folds_are_held_to_every_label_of_a_pipeline():
    def pipeline(p, purged_for):
        return {
            "short": forward_return(p, 1, 1),
            "long": forward_return(p, 20, 1),
            "folds": walk_forward(forward_return(p, purged_for, 1), "4M", "3M", "3M"),
        }

    for purged_for, passed in ((1, False), (20, True)):
        c = audit_pipeline(lambda p: pipeline(p, purged_for), walks(n_dates=260), cuts=1, checks=("splits",))
        assert c.passed == passed and {x.how.split(" and ")[0] for x in c.checks if x.part == "splits"} == {
            "life spans of short",
            "life spans of long",
        }, repr(c)
