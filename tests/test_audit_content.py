# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.audit.content import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.audit.pipeline import audit_features, audit_pipeline
from neuralpha.audit.worlds import walks

@pytest.mark.parametrize(
    "empty",
    [
        lambda p: None,
        lambda p: np.full(p.n_rows, np.nan),
        lambda p: p.frame()[["date", "asset"]],
        lambda p: p.frame()[["date", "asset", "close"]][:0],
        lambda p: [],
        lambda p: {},
        lambda p: {"mean": np.nan},
    ],
    ids=["None", "NaN", "no column", "no row", "list", "dict", "fitted NaN"],
)
@pytest.mark.parametrize("name", ["features", "predictions"])
def test_nothing_compared_is_nothing_certified(name, empty):
    def pipeline(p):
        return {"close": p.fields["close"], name: empty(p)}

    c = audit_pipeline(pipeline, walks(), cuts=1)
    assert not c.passed and c.outcome == "not certified"
    assert [x.what for x in c.failures] == [name] and "nothing was compared" in c.failures[0].found
    alone = audit_pipeline(lambda p: {name: empty(p)}, walks(), cuts=1)
    assert not alone.passed

def test_a_function_that_gives_nothing_is_not_certified_or_is_named():
    table = walks().frame().query("tradable").drop(columns="tradable")
    assert not audit_features(lambda p: None, walks(), cuts=1).passed
    with pytest.raises(Exception, match="gave NoneType; return a Series"):
        audit_features(lambda f: None, table, cuts=1)
    assert not audit_features(lambda f: f["close"] * np.nan, table, cuts=1).passed

def test_a_column_that_never_varies_or_is_missing_is_said():
    def features(f):
        return pd.DataFrame({"close": f["close"], "one": 1.0, "gone": np.nan})

    c = audit_features(features, walks().frame().query("tradable").drop(columns="tradable"), cuts=1, checks=("future",))
    assert c.outcome == "passed in part" and "column 'gone' has a value" in repr(c)
    c = audit_features(
        lambda f: features(f)[["close", "one"]], walks().frame().query("tradable"), cuts=1, checks=("future",)
    )
    [line] = [x for x in c.checks if x.part == "content"]
    assert line.verdict == "holds" and "column 'one' has the same value in every row" in line.found
    assert c.outcome == "passed"

def test_values_that_all_lie_after_the_cuts_are_not_certified():
    panel = walks()

    def late(p):
        return np.where(p.date_code > 100, p.fields["close"], np.nan)

    day = str(panel.dates[50])[:10]
    c = audit_features(late, panel, cuts=[day], checks=("future",))
    assert c.outcome == "not certified" and "only after the last cut" in c.failures[0].found
    assert audit_features(late, panel, cuts=[str(panel.dates[120])[:10]], checks=("future",)).passed
