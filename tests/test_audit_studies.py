# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.audit.studies import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.audit.future import FRESH
from neuralpha.audit.worlds import REPLACEMENTS
from neuralpha.labels import MultiTaskLabel, forward_return, multi_horizon, triple_barrier

def _study(assets=20):
    return small_study(assets)

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
        lambda q: MultiTaskLabel([triple_barrier(q, 1, 1, 5)], scored=forward_return(q, 2)),
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
