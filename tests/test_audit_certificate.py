# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.audit.certificate import *
import json
import numpy as np
import pandas as pd
import pytest
from dataclasses import replace
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import cut_panel, panel_from_frame
from neuralpha.features.compute import compute_features
from neuralpha.features.table import Features
from neuralpha.labels import Labels, forward_return, multi_horizon, triple_barrier
from neuralpha.splits import purged_kfold, walk_forward

def _market(seed=0, n_assets=12, n_dates=160):
    """Random walks with late listings, delistings and suspended bars."""
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2018-01-01", periods=n_dates)
    frames = []
    for i in range(n_assets):
        first, last = (
            (int(rng.integers(0, n_dates // 2)), n_dates)
            if i % 4 == 1
            else (0, int(rng.integers(n_dates // 2, n_dates)))
            if i % 4 == 2
            else (0, n_dates)
        )
        close = 50 * np.exp(0.02 * rng.standard_normal(n_dates).cumsum())
        f = pd.DataFrame(
            {
                "date": days,
                "asset": f"A{i:02}",
                "open": close * np.exp(0.005 * rng.standard_normal(n_dates)),
                "close": close,
                "volume": rng.lognormal(8, 1, n_dates),
            }
        )
        f["high"], f["low"] = f[["open", "close"]].max(axis=1) * 1.01, f[["open", "close"]].min(axis=1) * 0.99
        frames.append(f.iloc[first:last][rng.random(last - first) > 0.02])
    p = panel_from_frame(pd.concat(frames), "walks")
    ended = p.date_code[p.asset_offsets[1:] - 1] < p.n_dates - 1
    return replace(
        p,
        attributes=pd.DataFrame(
            {"sector": [f"s{i % 3}" for i in range(p.n_assets)], "delisting_return": np.where(ended, -0.3, np.nan)},
            index=p.assets,
        ),
    )

@pytest.mark.parametrize("how", ["noise", "nan", "nothing"])
@pytest.mark.parametrize("decide", ["close", "open"])
def test_worlds_share_the_past_and_nothing_else(how, decide):
    p = _market()
    w = future_replaced(p, 40, how, decide=decide)
    old = p.date_code <= 40
    new = w.date_code <= 40
    assert (p.assets[p.asset_code[old]] == w.assets[w.asset_code[new]]).all() and (
        p.date_code[old] == w.date_code[new]
    ).all()
    for k in p.fields:
        past = old & ((p.date_code < 40) | (decide == "close") | (k == "open"))
        np.testing.assert_array_equal(p.fields[k][past], w.fields[k][new][past[old]])
        rest = ~past & np.isfinite(p.fields[k])
        if how != "nothing":
            assert (w.fields[k][rest] != p.fields[k][rest]).mean() > 0.99
    if how == "nothing":
        assert w.n_dates == 41 and len(w.assets) < len(p.assets)
    if how == "noise":
        ok = np.isfinite(w.fields["close"])
        assert (w.fields["high"][ok] >= w.fields["close"][ok]).all() and (
            w.fields["low"][ok] <= w.fields["close"][ok]
        ).all()
    dies_later = p.date_code[p.asset_offsets[1:] - 1] >= 40
    theirs = w.attributes.delisting_return.reindex(p.assets)[dies_later]
    assert (theirs != p.attributes.delisting_return[dies_later]).all()

def _table(p):
    return p.frame()[p.tradable].drop(columns="tradable").reset_index(drop=True)

def _pct(f, k=1):
    return f.groupby("asset")["close"].pct_change(k, fill_method=None)

def test_the_level_of_prices_adjusted_later_fails_unless_it_is_declared():
    f = _table(_market())
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
    own = audit_features(lambda p: compute_features(p, ["ret_1", "amihud_20"]), _market(), **only)
    assert own.passed and [x.found for x in own.checks] == ["", "declared levels that move: amihud_20."]
    seen = audit_pipeline(lambda p: {"label": forward_return(p, 5, 1)}, _market(), **only)
    assert seen.passed and len(seen.checks) == 2

def test_a_clean_function_on_a_plain_table_passes():
    c = audit_features(lambda f: _pct(f, 5), _table(_market()), lookbacks=20)
    assert (
        c.passed
        and {x.part for x in c.checks} == {"repeat", "future", "start-up", "permutation", "levels"}
        and c.outcome == "passed"
    )
    future = [x for x in c.checks if x.part == "future"]
    assert len(future) == 6 and all(x.rows > 100 and x.columns == 1 and x.wrong == 0 for x in future)

@pytest.mark.parametrize("k", [1, 3, 7])
def test_the_reach_of_a_leak_is_measured(k):
    days = pd.bdate_range("2020-01-01", periods=60)
    f = pd.DataFrame([(d, a) for a in "ABC" for d in days], columns=["date", "asset"])
    f["close"] = np.random.default_rng(0).uniform(10, 20, len(f))

    def peek(t):
        return t.groupby("asset")["close"].shift(-k).rename("peek")

    c = audit_features(peek, f, cuts=["2020-02-14"], checks=("future",))
    noise = c.checks[0]
    first = days[list(days).index(pd.Timestamp("2020-02-14")) + 1 - k]
    assert (
        noise.passed is False
        and noise.wrong == 3 * k
        and (noise.column, noise.date, noise.asset) == ("peek", str(first.date()), "A")
    )
    assert (
        f"feature 'peek' on {first.date()} of asset A changed when data after 2020-02-14 was replaced by noise: it "
        f"looks at least {k} bar" in noise.found
    )
    assert c.frame().wrong.tolist() == [3 * k] * 3

def test_every_row_and_column_counts():
    p = _market()

    def one_cell(q):
        v = np.zeros((q.n_rows, 30), np.float32)
        v[7, 21] = np.nansum(q.fields["close"][-50:])
        return Features(q, tuple(f"f{j}" for j in range(30)), v, (0,) * 30)

    c = audit_features(one_cell, p, cuts=1, checks=("future",))
    assert all(x.wrong == 1 and x.column == "f21" and x.columns == 30 for x in c.failures) and len(c.failures) == 3

def test_a_declared_look_back_is_held_to_its_bar():
    f = _table(_market(3))
    f = f[f.asset.isin(["A00", "A03", "A04"])]  # no late listings, few gaps
    p = panel_from_frame(f)

    def late(q):
        return Features(
            q,
            ("x",),
            np.float32(pd.Series(q.fields["close"]).ffill().groupby(q.asset_code).shift(4).to_numpy())[:, None],
            (look,),
        )

    for look, ok in ((3, False), (4, True)):
        assert audit_features(late, p, checks=("start-up",)).checks[0].passed is ok

def test_measured_look_backs_are_told():
    said = audit_features(lambda f: _pct(f, 9).rename("m"), _table(_market()), checks=("start-up",)).checks[0].found
    assert "'m' looks back" in said and "measured" in said
    said = (
        audit_features(
            lambda f: f.groupby("asset")["close"].cumsum().rename("m"), _table(_market()), checks=("start-up",)
        )
        .checks[0]
        .found
    )
    assert "remembers all of history" in said

def test_cross_sections_must_be_declared_and_are_then_held_to_their_dates():
    f = _table(_market())

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
        f = _table(_market()).sort_values(by)
        c = audit_features(lambda t: t["close"].shift(1).rename("lag"), f, checks=("permutation",))
        assert any(x.how == "rows in another order" and "row above" in x.found for x in c.failures)
        assert audit_features(
            lambda t: t.groupby("asset")["close"].shift(1).rename("lag"), f, checks=("permutation",)
        ).passed

def test_randomness_is_named_before_anything_else():
    rng = np.random.default_rng()
    c = audit_features(
        lambda f: pd.Series(rng.random(len(f)), f.index, name="r"), _table(_market()), checks=("repeat",)
    )
    assert "fix its seed" in c.failures[0].found

def test_a_function_that_cannot_do_without_the_future_is_not_certified():
    def needs_all(f):
        if f["date"].max() < pd.Timestamp("2018-08-01"):
            raise KeyError("no August")
        return _pct(f)

    c = audit_features(needs_all, _table(_market()), checks=("future",))
    assert any("stopped when data after" in x.found and "no August" in x.found for x in c.failures)

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
        call(_market())

def test_labels_of_this_library_are_known_when_they_say():
    from neuralpha.labels import classes, standardise_label, excess_return, meta_label, trend_scan, volatility_scaled

    p = _market(1)

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

def test_folds_are_audited_and_k_folds_only_by_life_span():
    p = _market(2)
    walk = audit_pipeline(
        lambda q: {"label": (y := forward_return(q, 3, 1)), "folds": walk_forward(y, "3M", "1M", "1M", 2)}, p, embargo=2
    )
    assert walk.passed and {x.part for x in walk.checks if x.what == "folds"} == {"repeat", "future", "splits"}
    assert not audit_pipeline(
        lambda q: {"label": (y := forward_return(q, 3, 1)), "folds": walk_forward(y, "3M", "1M", "1M", 2)}, p, embargo=3
    ).passed
    folded = audit_pipeline(lambda q: {"label": (y := triple_barrier(q)), "folds": purged_kfold(y, 4, 2)}, p)
    assert folded.passed and any(x.passed is None and "k-fold" in x.found for x in folded.checks)

def test_what_is_fitted_belongs_to_its_fold():
    p = _market(2)

    def scaler(of):
        def pipeline(q):
            y = forward_return(q, 3, 1)
            folds = walk_forward(y, "3M", "1M", "1M", 2)
            close = np.nan_to_num(q.fields["close"])
            return {"label": y, "folds": folds, "scaler": {f.number: {"mean": close[of(f, q)].mean()} for f in folds}}

        return pipeline

    assert audit_pipeline(scaler(lambda f, q: f.train), p).passed
    c = audit_pipeline(scaler(lambda f, q: np.arange(q.n_rows)), p, checks=("future",))
    assert {x.what for x in c.failures} == {
        "scaler"
    } and "scaler 'mean' of fold 0, fitted before its test starts on" in c.failures[0].found
    always = audit_pipeline(lambda q: {"top": np.nanmax(q.fields["close"])}, p, checks=("future",))
    assert "one value for all time" in always.failures[0].found
    with pytest.raises(NeuralphaError, match="entry for fold 7"):
        audit_pipeline(lambda q: {"scaler": {7: 1.0}}, p)

def test_the_certificate_is_reproducible_and_safe_to_show(tmp_path):
    a, b = (
        audit_features(
            lambda f: _pct(f).rename("<script>"), _table(_market()), name="x & y", checks=("future", "permutation")
        )
        for _ in range(2)
    )
    assert a.hash == b.hash and a.passed
    other = audit_features(
        lambda f: _pct(f).rename("<script>"), _table(_market(5)), name="x & y", checks=("future", "permutation")
    )
    assert a.hash != other.hash
    a.save(tmp_path)
    kept = json.loads((tmp_path / "certificate.json").read_text())
    assert kept["hash"] == a.hash and kept["passed"] and len(kept["checks"]) == len(a.checks)
    page = audit_features(lambda f: f["close"].rename("<script>").shift(-1), _table(_market()), name="x & y").html()
    assert "<script>" not in page and "&lt;script&gt;" in page and "x &amp; y" in page and ">fails<" in page

@pytest.mark.parametrize("exit", ["bar", "next trade"])
def test_the_certificate_sees_the_longer_life_of_a_label_behind_a_halt(exit):
    p = _market(3)
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

def test_permuted_labels_keep_each_dates_values():
    y = forward_return(_market(), 3, 1)
    z = permuted_label(y, 4)
    for d in range(0, y.panel.n_dates, 7):
        rows = y.panel.date_code == d
        np.testing.assert_array_equal(np.sort(y.values[rows]), np.sort(z.values[rows]))
    assert (z.labelled == y.labelled).all() and (z.values[z.labelled] != y.values[y.labelled]).mean() > 0.8

def _study(assets=20):
    from neuralpha.models.base import toy_problem

    p = toy_problem(assets, 160, seed=2)[0].panel

    def features(q):
        r = pd.Series(q.fields["close"]).groupby(q.asset_code)
        cols = [r.pct_change(k).fillna(0).to_numpy(np.float32) for k in (1, 2, 5)]
        return Features(q, ("r1", "r2", "r5"), np.stack(cols, 1), (1, 2, 5))

    return p, features, lambda q: forward_return(q, 1, 1), lambda y: walk_forward(y, "4M", "1M", "1M", 2)

def test_an_honest_study_passes_from_prices_to_scores():
    from neuralpha.models.linear import Ridge
    from neuralpha.models.trees import LightGBM

    p, *parts = _study(60)
    c = audit_study(p, *parts, {"ridge": Ridge(), "tree": LightGBM()}, cuts=1)
    assert c.passed, repr(c)
    lines = [(x.part, x.what, x.how) for x in c.checks]
    for m in ("ridge", "tree"):
        assert [part for part, what, _ in lines if what == f"scores of {m}"] == ["future"] * 4 + ["repeat"] + [
            "permutation"
        ] * 3
        for what in ("fit", "positions"):
            assert [how for part, w, how in lines if w == f"{what} of {m}"] == [*REPLACEMENTS.values(), FRESH]
        assert sum(what == m for part, what, _ in lines if part == "placebo") == 2

def test_a_model_fitted_again_on_both_parts_passes():
    from neuralpha.models.linear import Ridge

    p, *parts = _study(60)
    plain, again = (audit_study(p, *parts, {"ridge": Ridge()}, cuts=1, refit=r) for r in ((), ["ridge"]))
    assert plain.passed and again.passed, repr(again)

    def found(c):
        return [x.found for x in c.checks if x.part == "placebo"]

    assert found(plain) != found(again)

@pytest.mark.parametrize(
    "learnt",
    [
        lambda q: multi_horizon(q, (2, 5), 1),
        lambda q: Labels([triple_barrier(q, 1, 1, 5)], scored=forward_return(q, 2)),
    ],
    ids=["several horizons", "barrier"],
)
def test_what_is_learnt_beside_a_label_or_in_its_place_passes(learnt):
    from neuralpha.models.nets import MLP

    p, features, _, folds = _study(60)
    c = audit_study(p, features, learnt, folds, {"mlp": MLP(max_epochs=3, learning_rate=1e-2)}, cuts=1)
    assert c.passed, repr(c)
    assert (
        any(", 5 bars" in x.what or "return 5 bars" in x.what for x in c.checks)
        and sum(x.part == "placebo" for x in c.checks) == 2
    )

def test_a_model_that_looks_beyond_its_view_is_caught():
    from neuralpha.models.linear import Ridge

    class Peeping(Ridge):
        def _predict(self, view):
            return super()._predict(view) + view.features.values[:, 0].mean()

    class Scaling(Ridge):
        def _fit(self, view, target, valid):
            super()._fit(view, target, valid)
            self.coef_ = self.coef_ / np.nanstd(view.features.values)

    class Reaching(Ridge):
        def _predict(self, view):
            return super()._predict(view) + view.features.values[view.rows + 1, 0]

    p, *parts = _study()
    c = audit_study(
        p, *parts, {"reaching": Reaching()}, cuts=1, placebo=False, checks=("future",), replace=("nothing",)
    )
    assert (
        "reaching cannot be fitted or scored when data after" in c.failures[0].found
        and "IndexError" in c.failures[0].found
    )
    c = audit_study(p, *parts, {"peeping": Peeping()}, cuts=1, placebo=False, checks=("future",))
    assert (
        "scores of peeping" in {x.what for x in c.failures}
        and "fitting or scoring saw the future" in c.failures[0].found
    )
    c = audit_study(p, *parts, {"scaling": Scaling()}, cuts=1, placebo=False, checks=("future",))
    assert {x.what for x in c.failures} >= {
        "fit of scaling",
        "scores of scaling",
    } and "fitted on data it should not have seen" in repr(c)

def test_scores_may_depend_on_neighbours_only_where_a_model_says_so():
    from neuralpha.models.linear import Ridge

    class Centred(Ridge):
        def _predict(self, view):
            s = pd.Series(super()._predict(view))
            return (s - s.groupby(view.date_code).transform("mean")).to_numpy()

    class Ordered(Ridge):
        def _predict(self, view):
            return super()._predict(view) + np.linspace(0, 1, len(view.rows), dtype=np.float32)

    class Declared(Centred):
        across_assets = True

    class Transductive(Ridge):  # each asset's score less its mean over all that is scored with it
        across_assets = True

        def _predict(self, view):
            s = pd.Series(super()._predict(view))
            return (s - s.groupby(view.panel.asset_code[view.rows]).transform("mean")).to_numpy()

    p, *parts = _study()

    def run(m):
        return [
            x
            for x in audit_study(p, *parts, {"m": m}, cuts=1, placebo=False, checks=("permutation",)).checks
            if x.what == "scores of m"
        ]

    assert [x.passed for x in run(Ridge())] == [True, True, True]
    assert [x.passed for x in run(Centred())] == [True, True, False]
    assert [x.passed for x in run(Declared())] == [True, True, None]
    assert [x.passed for x in run(Ordered())] == [False, False, False]
    assert [x.passed for x in run(Transductive())] == [True, False, None] and "rows of later dates" in run(
        Transductive()
    )[1].found

def test_a_thorough_audit_refits_every_fold_that_has_begun():
    from neuralpha.models.linear import Ridge

    p, *parts = _study()
    checks = [
        audit_study(
            p,
            *parts,
            {"m": Ridge()},
            cuts=[p.dates[130]],
            replace=("noise",),
            placebo=False,
            checks=("future",),
            thorough=t,
        ).checks
        for t in (False, True)
    ]
    rows = [next(x.rows for x in c if x.what == "scores of m") for c in checks]
    folds = parts[2](parts[1](p))
    begun = sum(p.date_code[f.test].min() <= 130 for f in folds)
    assert begun > 1 and rows[1] == begun * rows[0]

def test_a_signal_that_is_lost_or_too_good_fails():
    from neuralpha.models.linear import Ridge

    p, features, label, folds = _study()
    X = features(p)
    y = label(p)
    signal = planted_label(X, y)[0].values

    class Deaf(Ridge):
        def _predict(self, view):
            return np.random.default_rng(0).normal(size=len(view.rows))

    class Cheating(Ridge):
        def _predict(self, view):
            return np.nan_to_num(signal[view.rows])

    for model, why in ((Deaf(), "loses the signal"), (Cheating(), "more than there is to know")):
        c = audit_study(p, features, label, folds, {"m": model}, cuts=1, checks=())
        assert any(why in x.found and "planted" in x.how for x in c.failures), repr(c)

def test_a_model_that_remembers_the_answers_fails_the_placebo():
    from neuralpha.models.linear import Ridge

    p, features, label, folds = _study()
    X = features(p)
    y = label(p)
    answers = permuted_label(y, 0)

    class Knowing(Ridge):
        def _predict(self, view):
            return np.nan_to_num(answers.values[view.rows])

    c = audit_study(p, features, label, folds, {"knowing": Knowing()}, cuts=1, checks=())
    assert "knows labels it cannot know" in c.failures[0].found

@pytest.mark.slow
@pytest.mark.parametrize("transform", [None, "rank", "zscore"])
def test_every_feature_of_this_library_holds(transform):
    from neuralpha.data.universes import load_universe
    from neuralpha.features.compute import compute_features

    c = audit_features(lambda q: compute_features(q, "*", transform=transform), load_universe("sim-tiny"), cuts=1)
    assert c.passed and max(x.columns for x in c.checks) > 500, repr(c)

def test_folds_are_held_to_every_label_of_a_pipeline():
    def pipeline(p):
        return {
            "short": forward_return(p, 1, 1),
            "long": forward_return(p, 20, 1),
            "folds": walk_forward(forward_return(p, purged_for, 1), "4M", "3M", "3M"),
        }

    for purged_for, passed in ((1, False), (20, True)):
        c = audit_pipeline(pipeline, _market(n_dates=260), cuts=1, checks=("splits",))
        assert c.passed == passed and {x.how.split(" and ")[0] for x in c.checks if x.part == "splits"} == {
            "life spans of short",
            "life spans of long",
        }, repr(c)

def test_news_of_the_next_hours_are_found_on_intraday_bars():
    days = pd.bdate_range("2020-01-01", periods=40)
    rng = np.random.default_rng(0)
    bars = np.concatenate([[d + pd.Timedelta(hours=14 + h) for h in range(6)] for d in days])
    p = panel_from_frame(
        pd.DataFrame(
            {
                "date": np.repeat(bars, 4),
                "asset": np.tile(list("ABCD"), len(bars)),
                "close": 100 * np.exp(0.01 * rng.standard_normal(4 * len(bars))),
            }
        ),
        "hourly",
    )
    news = pd.DataFrame(
        [dict(asset=a, known_on=t + pd.Timedelta(minutes=30), value=rng.normal()) for a in "ABCD" for t in bars[::2]]
    )

    def latest(hours_ahead):
        def features(p, news):
            out = np.full(p.n_rows, np.nan)
            for a, name in enumerate(p.assets):
                mine = news[news["asset"] == name].sort_values("known_on")
                rows = slice(*p.asset_offsets[a : a + 2])
                at = (
                    np.searchsorted(
                        mine["known_on"].to_numpy("datetime64[ns]"),
                        p.dates[p.date_code[rows]] + np.timedelta64(hours_ahead, "h"),
                        side="right",
                    )
                    - 1
                )
                if len(mine):
                    out[rows] = np.where(at >= 0, mine["value"].to_numpy()[np.maximum(at, 0)], np.nan)
            return {"features": {"news": out}}

        return audit_pipeline(features, p, {"news": news}, cuts=3, checks=("future",)).passed

    assert latest(0) and not latest(3)

def test_filings_joined_by_this_library_hold_and_stamps_after_the_close_are_tomorrows():
    from neuralpha.data.point_in_time.asof import bar_of, row_at

    p = _market(4)
    rng = np.random.default_rng(0)
    t = pd.DataFrame(
        {
            "asset": rng.choice(p.assets, 400),
            "value": rng.normal(size=400),
            "known_on": pd.Timestamp("2018-01-05", tz="UTC")
            + pd.to_timedelta(rng.integers(0, 200 * 24, 400), unit="h"),
        }
    )

    def counted(panel, news, bar):
        inside = (bar >= 0) & (bar < panel.n_dates) & news["asset"].isin(panel.assets).to_numpy()
        rows = row_at(panel, np.searchsorted(panel.assets, news["asset"].to_numpy(str)[inside]), bar[inside])
        out = np.zeros(panel.n_rows)
        np.add.at(out, rows[rows >= 0], news["value"].to_numpy()[inside][rows >= 0])
        return {"features": {"news": out}}

    def right(panel, news):
        return counted(panel, news, bar_of(panel, news["known_on"]))

    def wrong(panel, news):
        return counted(
            panel,
            news,
            np.searchsorted(
                panel.dates, news["known_on"].dt.tz_localize(None).dt.normalize().to_numpy("datetime64[ns]")
            ),
        )

    assert audit_pipeline(right, p, {"news": t}, session_close="XNYS").passed
    assert (
        "feature 'news'"
        in audit_pipeline(wrong, p, {"news": t}, session_close="XNYS", checks=("future",)).failures[0].found
    )

def _peeking():
    """Estimators that read the first days of the test, each with the panel they are given."""
    from neuralpha.models.linear import Ridge

    class MoreRows(Ridge):
        def _fit(self, view, target, valid):
            panel = view.panel
            goal = forward_return(view.panel, 1, 1).target("rank")
            until = panel.date_code[valid[0].rows].max() + self.reach
            rows = np.flatnonzero((panel.date_code <= until) & np.isfinite(goal))
            super()._fit(view.features.view(rows), goal[rows].astype(np.float32), valid)

    class FirstDates(MoreRows):
        reach = 13

    class Unmatured(MoreRows):
        reach = 3

    return {"first": FirstDates(), "unmatured": Unmatured()}

def test_a_fit_that_reads_the_first_days_of_the_test_is_caught():
    p, *parts = _study()
    for name, model in _peeking().items():
        quick = dict(cuts=1, placebo=False, replace=("noise",))
        at_boundaries = audit_study(p, *parts, {name: model}, checks=("boundaries",), **quick)
        assert f"fit of {name}" in {x.what for x in at_boundaries.failures}, repr(at_boundaries)
    honest = audit_study(p, *parts, {"ridge": type(model).__mro__[2]()}, checks=("boundaries",), **quick)
    assert honest.outcome == "passed", repr(honest)

def test_what_an_estimator_remembers_of_the_whole_sample_is_caught():
    from neuralpha.models.linear import Ridge

    def remembering(key):
        class Remembering(Ridge):
            kept = {}

            def _fit(self, view, target, valid):
                super()._fit(view, target, valid)
                of_all = self.kept.setdefault(key(view), float(np.nanstd(view.features.values)))
                self.coef_ = self.coef_ / of_all

        return Remembering()

    p, *parts = _study()
    quick = dict(cuts=1, placebo=False, replace=("noise",))

    def by_name(view):
        return view.panel.name

    def of_nothing(view):
        return "one value for all"

    assert not audit_study(p, *parts, {"m": remembering(by_name)}, checks=("future",), **quick).passed
    assert audit_study(p, *parts, {"m": remembering(of_nothing)}, checks=("future", "boundaries"), **quick).passed
    fresh = audit_study(p, *parts, {"m": remembering(of_nothing)}, checks=("memory",), **quick)
    assert "fit of m" in {x.what for x in fresh.failures} and all(x.how == FRESH for x in fresh.failures), repr(fresh)

def test_cuts_lie_on_rare_dates():
    days = pd.bdate_range("2015-01-01", "2020-12-31")
    days = days[(days < "2018-08-01") | (days > "2018-08-14")]
    for seed in range(3):
        cuts = calendar_cuts(days, seed)
        at = days[cuts]
        after = days[np.array(cuts) + 1]
        assert len(cuts) <= 30 and cuts[:1] == [1] and cuts[-2:] == [len(days) - 3, len(days) - 2]
        assert ((at.month == 12) & (at.day >= 24)).any() and ((at.month == 12) & (after.month == 1)).any()
        assert any(a.month != b.month and a.month % 3 for a, b in zip(at, after)) and any(
            a.month != b.month and a.month in (3, 6, 9) for a, b in zip(at, after)
        )
        assert ((at.day_of_week == 4) & (at.day >= 15) & (at.day <= 21)).any() and (
            (at.month == 2) & (after.month == 3) & at.is_leap_year
        ).any()
        assert set(at.day_of_week) == set(range(5)) and set(at.month) == set(range(1, 13))
        assert pd.Timestamp("2018-07-31") in at and pd.Timestamp("2018-08-15") in at
        assert ((at.month == 1) & (at.day <= 2)).any()

def test_cuts_lie_at_every_edge_of_a_fold():
    from neuralpha.audit.certificate import _boundaries, _edges

    p, _, label, folds = _study()
    base = {"folds": folds(label(p))}
    first = base["folds"][0]
    last = base["folds"][-1]
    start = lambda rows: int(p.date_code[rows].min())
    end = lambda rows: int(p.date_code[rows].max())
    for fold in (first, last):
        for rows in (fold.valid, fold.test):
            assert {start(rows) - 1, start(rows) + 1} - {p.n_dates - 1} <= set(_edges(p, base))
    assert end(first.test) - 1 in _edges(p, base)
    assert {start(first.test) - 1, start(first.test) + 1} <= set(_boundaries(p, base)) and start(
        last.test
    ) - 1 in _boundaries(p, base)

@pytest.mark.parametrize(
    "when",
    [
        lambda d: (d.month == 12) & (d.day >= 24),
        lambda d: (d.day_of_week == 4) & (d.day >= 15) & (d.day <= 21),
        lambda d: d.is_month_end,
        lambda d: d.day_of_week == 0,
    ],
    ids=["year end", "third Fridays", "month ends", "Mondays"],
)
def test_looking_ahead_on_rare_dates_is_caught(when):
    days = pd.bdate_range("2018-06-01", periods=300)
    f = pd.DataFrame([(d, a) for a in "ABCDEFGHIJ" for d in days], columns=["date", "asset"])
    f["close"] = np.random.default_rng(0).uniform(10, 20, len(f))

    def rare(t):
        return t["close"].where(~when(t["date"].dt), t.groupby("asset")["close"].shift(-1)).rename("x")

    def past(t):
        return t["close"].where(~when(t["date"].dt), t.groupby("asset")["close"].shift(1)).rename("x")

    assert [x.how for x in audit_features(rare, f, cuts=["2019-06-12"], checks=("future", "calendar")).failures] == [
        RARE
    ]
    assert audit_features(past, f, cuts=["2019-06-12"], checks=("future", "calendar")).passed

def test_last_digits_are_no_leak_and_a_faint_leak_is_one():
    from scipy.signal import fftconvolve

    days = pd.bdate_range("2018-01-01", periods=200)
    f = pd.DataFrame([(d, a) for a in "ABCD" for d in days], columns=["date", "asset"])
    f["close"] = np.float32(50 * np.exp(np.random.default_rng(0).normal(0, 0.02, len(f)).cumsum() / 5))

    def by_fourier(t):
        return t.groupby("asset")["close"].transform(
            lambda s: fftconvolve(s.pct_change(fill_method=None).fillna(0), np.exp(-np.arange(20) / 5))[: len(s)]
        )

    def by_product(t):
        return pd.Series(np.stack([t["close"], t["close"] ** 2, np.sqrt(t["close"])], 1) @ [0.1, 0.2, 0.3], t.index)

    def by_float(t):
        return by_product(t).astype(np.float32)

    for clean in (by_fourier, by_product, by_float):
        c = audit_features(clean, f, checks=("future", "start-up", "permutation"))
        assert c.passed, repr(c)
    rounded = audit_features(by_fourier, f, checks=("future",))
    assert sum(x.rounded for x in rounded.checks) > 100 and rounded.outcome == "passed"
    for share in (1e-6, 1e-12):

        def faint(t):
            close = t["close"].astype(float).groupby(t["asset"])
            return close.pct_change(5, fill_method=None) + share * close.shift(-1).fillna(0)

        c = audit_features(faint, f, checks=("future",))
        assert not c.passed, share
    assert "it is no rounding" in c.failures[0].found

    def faint_prices(t):
        return (t["close"] + 1e-6 * t.groupby("asset")["close"].shift(-1).fillna(0)).astype(np.float32)

    assert not audit_features(faint_prices, f, cuts=6, checks=("future",)).passed

def test_an_honest_table_joined_by_date_and_asset_is_not_checkable_and_no_leak():
    f = _table(_market())
    table = f[["date", "asset"]].assign(value=np.random.default_rng(1).normal(size=len(f)))

    def joined(t):
        return t.merge(table, on=["date", "asset"], how="left")["value"]

    for data in (f, _market()):
        c = audit_features(joined, data)
        assert c.outcome == "passed in part" and not c.failures, repr(c)
        said = {x.what: x for x in c.unchecked}
        assert (
            "joined from a table" in said["features 'value'"].found
            and said["features 'value'"].verdict == "not checkable"
            and "plausible" in said["features 'value'"].found
        )
    later = forward_return(_market(), 5, 0)
    table = table.assign(value=later.values[later.panel.tradable])
    c = audit_features(joined, f)
    assert [x.part for x in c.failures] == ["origin"] and "made with hindsight" in c.failures[0].found

def test_columns_and_attributes_of_a_file_are_not_certified():
    p = _market(n_assets=30)
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

def test_a_part_that_could_not_run_is_not_green():
    start = _market().dates[0]

    def needs_its_start(q):
        if q.dates[0] > start:
            raise ValueError("too short")
        return {"features": Features(q, ("x",), np.float32(q.fields["close"])[:, None], (0,))}

    c = audit_pipeline(needs_its_start, _market(), checks=("future", "start-up"))
    line = next(x for x in c.checks if x.part == "start-up")
    assert (line.verdict, line.passed, c.outcome) == (
        "not checked",
        None,
        "passed in part",
    ) and "too short" in line.found
    page, (colour, words) = c.html(), OUTCOMES["passed in part"]
    assert f"color:{colour}" in page and words in page and "1 not checked" in page and ">not checked<" in page
    assert colour != OUTCOMES["passed"][0] and "1 not checked" in repr(c) and c.content["outcome"] == "passed in part"
    both = _Tally_of(("holds", ""), ("not checked", "once it could not run"), ("holds", ""))
    assert both.verdict == "not checked" and both.found == "once it could not run"

def _Tally_of(*lines):
    from neuralpha.audit.certificate import _Tally

    tally = _Tally()
    for verdict, found in lines:
        tally.add("start-up", "features", "look-back", verdict=verdict, found=found)
    return tally.checks()[0]

def test_what_has_to_be_declared_is_told_from_a_leak():
    f = _table(_market())

    def rank(t):
        return t.groupby("date")["close"].rank(pct=True).rename("rank")

    c = audit_features(rank, f, levels=["rank"])
    assert c.outcome == "not certified" and not c.passed and {x.verdict for x in c.failures} == {"undeclared"}
    assert OUTCOMES["not certified"][1] in c.html()
    assert audit_features(rank, f, cross_sectional=True, lookbacks=0, levels=["rank"]).outcome == "passed"

    def ahead(t):
        return rank(t).groupby(t["asset"]).shift(-1)

    assert audit_features(ahead, f).outcome == "failed"

def test_a_function_on_tables_is_audited_on_a_panel():
    p = _market()
    c = audit_features(lambda f: _pct(f, 5), p, lookbacks=20)
    assert c.passed and c.universe == p.name, repr(c)
    assert not audit_features(lambda f: f.groupby("asset")["close"].shift(-1), p).passed
    with pytest.raises(KeyError, match="no such column"):
        audit_features(lambda data: (_ for _ in ()).throw(KeyError("no such column")), p)
