# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.audit.origin import *
import numpy as np
import pandas as pd
from dataclasses import replace
from neuralpha.audit.pipeline import audit_features, audit_pipeline
from neuralpha.audit.worlds import walks
from neuralpha.labels import forward_return

def _table(p):
    return p.frame()[p.tradable].drop(columns="tradable").reset_index(drop=True)

def test_an_honest_table_joined_by_date_and_asset_is_not_checkable_and_no_leak():
    f = _table(walks())
    table = f[["date", "asset"]].assign(value=np.random.default_rng(1).normal(size=len(f)))

    def joined(t):
        return t.merge(table, on=["date", "asset"], how="left")["value"]

    for data in (f, walks()):
        c = audit_features(joined, data)
        assert c.outcome == "passed in part" and not c.failures, repr(c)
        said = {x.what: x for x in c.unchecked}
        assert (
            "joined from a table" in said["features 'value'"].found
            and said["features 'value'"].verdict == "not checkable"
            and "plausible" in said["features 'value'"].found
        )
    later = forward_return(walks(), 5, 0)
    table = table.assign(value=later.values[later.panel.tradable])
    c = audit_features(joined, f)
    assert [x.part for x in c.failures] == ["origin"] and "made with hindsight" in c.failures[0].found

def test_columns_and_attributes_of_a_file_are_not_certified():
    p = walks(n_assets=30)
    later = np.nan_to_num(forward_return(p, 5, 0).values)
    noise = np.random.default_rng(0).normal(0, 0.05, p.n_rows)
    returns = (
        pd.Series(p.fields["close"].astype(float))
        .groupby(p.asset_code)
        .pct_change(fill_method=None)
        .groupby(p.asset_code)
        .mean()
        .to_numpy()
    )

    def column(q):
        return {"features": {"x": q.fields["score"].astype(float)}}

    def attribute(q):
        return {"features": {"x": q.attributes["style"].to_numpy(float)[q.asset_code]}}

    for hindsight, outcome in ((0, "passed in part"), (1, "failed")):
        of_file = audit_pipeline(column, p.with_fields(score=hindsight * later + noise), cuts=1)
        style = returns if hindsight else np.random.default_rng(1).normal(size=p.n_assets)
        of_asset = audit_pipeline(attribute, replace(p, attributes=p.attributes.assign(style=style)), cuts=1)
        for c, what in ((of_file, "column 'score'"), (of_asset, "attribute 'style'")):
            line = next(x for x in c.checks if x.part == "origin")
            assert (c.outcome, line.what, line.verdict) == (outcome, what, "fails" if hindsight else "not checkable"), (
                repr(c)
            )
    unused = audit_pipeline(
        lambda q: {"features": {"x": q.fields["close"].astype(float)}}, p.with_fields(score=noise), cuts=1, levels=["x"]
    )
    assert unused.outcome == "passed" and not any(x.part == "origin" for x in unused.checks)
