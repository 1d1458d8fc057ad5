# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.audit.pipeline import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.audit.worlds import walks
from neuralpha.core import NeuralphaError
from neuralpha.labels import forward_return, multi_horizon, triple_barrier

def test_labels_of_this_library_are_known_when_they_say():
    from neuralpha.labels import classes, standardise_label, excess_return, meta_label, trend_scan, volatility_scaled

    p = walks(1)

    def side(q):
        return np.where(np.nan_to_num(q.fields["close"]) > np.nan_to_num(q.fields["open"]), 1, -1)

    def pipeline(q):
        return {
            "return": (y := forward_return(q, 5, 1)),
            "market": excess_return(y),
            "sector": excess_return(y, "sector"),
            "beta": excess_return(y, "beta", 30),
            "scaled": volatility_scaled(y),
            "classes": classes(y),
            "rank": standardise_label(y),
            "barrier": (b := triple_barrier(q, side=side(q))),
            "meta": meta_label(b),
            "rank of barriers": standardise_label(triple_barrier(q)),
            "trend": trend_scan(q, 3, 10),
            "tasks": multi_horizon(q, (1, 5)),
        }

    c = audit_pipeline(pipeline, p)
    assert c.passed, repr(c)
    assert len({x.what for x in c.checks if x.part != "origin"}) == 13
    assert [(x.what, x.verdict) for x in c.checks if x.part == "origin"] == [("attribute 'sector'", "not checkable")]

def _table(p):
    return p.frame()[p.tradable].drop(columns="tradable").reset_index(drop=True)

def _pct(f, k=1):
    return f.groupby("asset")["close"].pct_change(k, fill_method=None)

def test_a_clean_function_on_a_plain_table_passes():
    c = audit_features(lambda f: _pct(f, 5), _table(walks()), lookbacks=20)
    assert (
        c.passed
        and {x.part for x in c.checks} == {"repeat", "future", "start-up", "permutation", "levels"}
        and c.outcome == "passed"
    )
    future = [x for x in c.checks if x.part == "future"]
    assert len(future) == 6 and all(x.rows > 100 and x.columns == 1 and x.wrong == 0 for x in future)

def test_randomness_is_named_before_anything_else():
    rng = np.random.default_rng()
    c = audit_features(lambda f: pd.Series(rng.random(len(f)), f.index, name="r"), _table(walks()), checks=("repeat",))
    assert "fix its seed" in c.failures[0].found

@pytest.mark.parametrize(
    "call, message",
    [
        (lambda p: audit_features(lambda f: f, [1, 2]), "Panel or a long DataFrame"),
        (lambda p: audit_features(lambda f: f["close"][:5], _table(p)), "one per input row"),
        (lambda p: audit_features(lambda q: q.fields["close"], p, decide="noon"), "decision time"),
        (lambda p: audit_features(lambda q: q.fields["close"], p, replace=["fog"]), "replacement"),
        (lambda p: audit_features(lambda q: q.fields["close"], p, cuts=["2031-01-01"]), "Cut 2031-01-01"),
        (lambda p: audit_features(lambda q: q.fields["close"], p, cuts=0), "at least 1"),
        (lambda p: audit_pipeline(lambda q: {}, p), "nothing to audit"),
        (
            lambda p: audit_pipeline(lambda q, t: {"x": q.fields["close"]}, p, {"t": pd.DataFrame({"asset": ["A00"]})}),
            "known_on",
        ),
    ],
)
def test_wrong_calls_say_why(call, message):
    with pytest.raises(NeuralphaError, match=message):
        call(walks())

def test_a_function_on_tables_is_audited_on_a_panel():
    p = walks()
    c = audit_features(lambda f: _pct(f, 5), p, lookbacks=20)
    assert c.passed and c.universe == p.name, repr(c)
    assert not audit_features(lambda f: f.groupby("asset")["close"].shift(-1), p).passed
    with pytest.raises(KeyError, match="no such column"):
        audit_features(lambda data: (_ for _ in ()).throw(KeyError("no such column")), p)

@pytest.mark.slow
@pytest.mark.parametrize("transform", [None, "rank", "zscore"])
def test_every_feature_of_this_library_holds(transform):
    from neuralpha.data.universes import load_universe
    from neuralpha.features.compute import compute_features

    c = audit_features(lambda q: compute_features(q, "*", transform=transform), load_universe("sim-tiny"), cuts=1)
    assert c.passed and max(x.columns for x in c.checks) > 500, repr(c)

def test_a_feature_has_its_own_name_and_not_that_of_the_column_it_was_made_from():
    def next_move(f):
        return f.groupby("asset")["close"].shift(-1) / f["close"]

    def renamed(f):
        return (f.groupby("asset")["close"].shift(-1) / f["close"]).rename("peek")

    def of_panel(p):
        return p.frame().set_index(["date", "asset"])["close"].groupby("asset").shift(-1)

    def many(f):
        return pd.DataFrame({"close": f.groupby("asset")["close"].shift(-1)})

    p = walks(3, n_assets=4)
    table = p.frame()[p.tradable].drop(columns="tradable").reset_index(drop=True)
    quick = {"cuts": 1, "checks": ("future",), "replace": ("noise",)}
    for fn, data, name in (
        (next_move, table, "next_move"),
        (next_move, p, "next_move"),
        (of_panel, p, "of_panel"),
        (renamed, table, "peek"),
        (lambda f: next_move(f), table, "feature"),
        (many, table, "close"),
    ):
        found = audit_features(fn, data, **quick).failures[0]
        assert found.column == name and f"'{name}'" in found.found
    whole = audit_pipeline(lambda q: {"positions": of_panel(q)}, p, **quick).failures[0]
    assert whole.column == "positions"

@pytest.mark.parametrize("name", ["date", "asset", "fold", "model", "seed"])
@pytest.mark.parametrize("form", ["series", "frame"])
def test_a_leak_is_found_whatever_its_column_is_called(name, form):
    def ahead(f):
        x = f.groupby("asset")["close"].shift(-1).rename(name)
        return x if form == "series" else pd.DataFrame({"close": f["close"], name: x})

    c = audit_features(ahead, _table(walks()), checks=("future",), cuts=1, replace=["noise"])
    assert c.outcome == "failed" and c.failures[0].column == name
    clean = audit_features(lambda f: f["date"].dt.day_of_week, _table(walks()), checks=("future",), cuts=1)
    assert clean.passed and clean.checks[-1].columns == 1

def test_a_leak_in_a_mask_and_one_of_a_model_without_a_name_are_found():
    def masked(p):
        close = p.fields["close"]
        later = np.append(close[1:], close[-1])
        return np.ma.masked_array(np.ones(p.n_rows), mask=later > close)

    def nameless(p):
        close = p.fields["close"]
        scores = p.frame()[["date", "asset"]].assign(score=np.append(close[1:], close[-1]), model=None)
        return {"predictions": scores}

    for c in (
        audit_features(masked, walks(), checks=("future",), cuts=1),
        audit_pipeline(nameless, walks(), checks=("future",), cuts=1),
    ):
        assert c.outcome == "failed", repr(c)
