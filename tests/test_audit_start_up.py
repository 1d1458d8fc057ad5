# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.audit.start_up import *
import numpy as np
import pandas as pd
from neuralpha.audit.pipeline import audit_features, audit_pipeline
from neuralpha.audit.certificate import OUTCOMES
from neuralpha.audit.worlds import walks
from neuralpha.data.panel import panel_from_frame
from neuralpha.features.table import Features

def _table(p):
    return p.frame()[p.tradable].drop(columns="tradable").reset_index(drop=True)

def _pct(f, k=1):
    return f.groupby("asset")["close"].pct_change(k, fill_method=None)

def test_a_declared_look_back_is_held_to_its_bar():
    f = _table(walks(3))
    f = f[f.asset.isin(["A00", "A03", "A04"])]  # no late listings, few gaps
    p = panel_from_frame(f)

    def late(q, look):
        return Features(
            q,
            ("x",),
            np.float32(pd.Series(q.fields["close"]).ffill().groupby(q.asset_code).shift(4).to_numpy())[:, None],
            (look,),
        )

    for look, ok in ((3, False), (4, True)):
        assert audit_features(lambda q: late(q, look), p, checks=("start-up",)).checks[0].passed is ok

def test_measured_look_backs_are_told():
    said = audit_features(lambda f: _pct(f, 9).rename("m"), _table(walks()), checks=("start-up",)).checks[0].found
    assert "'m' looks back" in said and "measured" in said
    said = (
        audit_features(
            lambda f: f.groupby("asset")["close"].cumsum().rename("m"), _table(walks()), checks=("start-up",)
        )
        .checks[0]
        .found
    )
    assert "remembers all of history" in said

def test_a_part_that_could_not_run_is_not_green():
    start = walks().dates[0]

    def needs_its_start(q):
        if q.dates[0] > start:
            raise ValueError("too short")
        return {"features": Features(q, ("x",), np.float32(q.fields["close"])[:, None], (0,))}

    c = audit_pipeline(needs_its_start, walks(), checks=("future", "start-up"))
    line = next(x for x in c.checks if x.part == "start-up")
    assert (line.verdict, line.passed, c.outcome) == (
        "not checked",
        None,
        "passed in part",
    ) and "too short" in line.found
    page, (colour, words) = c.html(), OUTCOMES["passed in part"]
    assert f"color:{colour}" in page and words in page and "1 not checked" in page and ">not checked<" in page
    assert colour != OUTCOMES["passed"][0] and "1 not checked" in repr(c) and c.content["outcome"] == "passed in part"
