# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.audit.levels import *
import numpy as np
from neuralpha.audit.pipeline import audit_features, audit_pipeline
from neuralpha.audit.worlds import walks
from neuralpha.features.compute import compute_features
from neuralpha.labels import forward_return

def _table(p):
    return p.frame()[p.tradable].drop(columns="tradable").reset_index(drop=True)

def test_the_level_of_prices_adjusted_later_fails_unless_it_is_declared():
    f = _table(walks())
    only = dict(checks=("levels",), cuts=1)

    def truncated(t):
        return (t["close"].map(np.log) - 0.6 * np.log(t.groupby("asset")["close"].shift(1))).rename("half a difference")

    c = audit_features(truncated, f, **only)
    assert (
        not c.passed
        and "'half a difference' changed when prices and volumes adjusted for a later 8:1 split" in c.failures[0].found
    )
    assert audit_features(truncated, f, levels=["half a difference"], **only).passed

    def dollars(t):
        return (t["close"] * t["volume"]).rename("dollars")

    assert [x.passed for x in audit_features(dollars, f, **only).checks] == [True, False]
    own = audit_features(lambda p: compute_features(p, ["ret_1", "amihud_20"]), walks(), **only)
    assert own.passed and [x.found for x in own.checks] == ["", "declared levels that move: amihud_20."]
    seen = audit_pipeline(lambda p: {"label": forward_return(p, 5, 1)}, walks(), **only)
    assert seen.passed and len(seen.checks) == 2
