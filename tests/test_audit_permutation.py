# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.audit.permutation import *
from neuralpha.audit.certificate import OUTCOMES
from neuralpha.audit.pipeline import audit_features
from neuralpha.audit.worlds import walks

def _table(p):
    return p.frame()[p.tradable].drop(columns="tradable").reset_index(drop=True)

def test_cross_sections_must_be_declared_and_are_then_held_to_their_dates():
    f = _table(walks())

    def rank(t):
        return t.groupby("date")["close"].rank(pct=True).rename("rank")

    alone = audit_features(rank, f, checks=("permutation",))
    assert not alone.passed and "declare cross_sectional=True" in alone.failures[0].found
    assert audit_features(rank, f, checks=("permutation",), cross_sectional=True, lookbacks=0).passed

    def everyone(t):
        return (t["close"] / t.groupby("asset")["close"].transform("first").mean()).rename("x")

    assert not audit_features(everyone, f, checks=("permutation",), cross_sectional=True, lookbacks=0).passed

def test_a_missing_groupby_is_found_in_either_order():
    for by in (["asset", "date"], ["date", "asset"]):
        f = _table(walks()).sort_values(by)
        c = audit_features(lambda t: t["close"].shift(1).rename("lag"), f, checks=("permutation",))
        assert any(x.how == "rows in another order" and "row above" in x.found for x in c.failures)
        assert audit_features(
            lambda t: t.groupby("asset")["close"].shift(1).rename("lag"), f, checks=("permutation",)
        ).passed

def test_what_has_to_be_declared_is_told_from_a_leak():
    f = _table(walks())

    def rank(t):
        return t.groupby("date")["close"].rank(pct=True).rename("rank")

    c = audit_features(rank, f, levels=["rank"])
    assert c.outcome == "not certified" and not c.passed and {x.verdict for x in c.failures} == {"undeclared"}
    assert OUTCOMES["not certified"][1] in c.html()
    assert audit_features(rank, f, cross_sectional=True, lookbacks=0, levels=["rank"]).outcome == "passed"

    def ahead(t):
        return rank(t).groupby(t["asset"]).shift(-1)

    assert audit_features(ahead, f).outcome == "failed"
