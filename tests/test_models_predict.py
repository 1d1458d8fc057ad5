# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.predict import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.cross_section import sections_of
from neuralpha.labels import MultiTaskLabel, forward_return, multi_horizon
from neuralpha.models.base import mean_ic, toy_problem
from neuralpha.models.fitting import fit_unit
from neuralpha.models.registry import as_model
from neuralpha.models.linear import PCR, ElasticNet, Ridge
from neuralpha.models.nets import MLP
from neuralpha.models.seeds import member_rows
from neuralpha.models.training.loop import best_look
from neuralpha.models.trees import LightGBM
from neuralpha.splits import fixed_split

def test_the_ensemble_is_the_mean_of_standardised_scores():
    rng = np.random.default_rng(0)
    date = np.repeat([0, 1], 5)
    a = rng.normal(size=10)
    b = 100 * rng.normal(size=10)

    def z(v):
        return np.concatenate([(v[i : i + 5] - v[i : i + 5].mean()) / v[i : i + 5].std() for i in (0, 5)])

    np.testing.assert_allclose(ensemble_scores([a, b], date), (z(a) + z(b)) / 2, atol=1e-6)
    np.testing.assert_allclose(
        bring_to_one_scale(a, sections_of(date), "rank")[:5], 2 * (np.argsort(np.argsort(a[:5])) + 1) / 6 - 1
    )
    assert ensemble_scores([np.ones(10)], date).tolist() == [0] * 10
    with pytest.raises(NeuralphaError, match="Unknown ensemble"):
        ensemble_scores([a], date, "median")

def test_the_table_holds_every_seed_and_their_ensemble():
    X, y, fold = toy_problem(15, 120)
    p = cross_predict(MLP(max_epochs=2), X, y, [fold], seeds=2, progress=False)
    assert list(p.frame) == ["date", "asset", "model", "fold", "seed", "score", "label"]
    assert p.seeds == [0, 1] and len(p.frame) == 3 * len(fold.test) and set(p.models) == {(0, 0), (0, 1)}
    s = p.scores()
    assert s.index.is_monotonic_increasing and s.index.names == ["date", "asset"]
    np.testing.assert_array_equal(p.labels().to_numpy(), y.values[fold.test])
    np.testing.assert_array_equal(p.scores(1), p.models[0, 1].predict(X.view(fold.test)))
    with pytest.raises(NeuralphaError, match="no seed 7"):
        p.scores(7)

def test_a_table_without_an_ensemble_promises_none():
    columns = dict(date=pd.Timestamp("2024-01-02"), asset=list("AB"), model="mine", fold=0, seed=3, label=[1.0, 2.0])
    p = Predictions(pd.DataFrame(columns).assign(score=[1.0, 2.0]))
    assert len(p.scores(seed=3)) == 2
    with pytest.raises(NeuralphaError, match="mine has no seed -1; there are 3, and no ensemble of them"):
        p.scores()
    assert p.labels().tolist() == [1, 2] and not p.constant

def test_seeds_without_an_ensemble_answer_for_themselves_or_say_that_it_is_missing():
    X, y, fold = toy_problem(15, 120)
    whole = cross_predict(MLP(max_epochs=2), X, y, fold, seeds=2, progress=False)
    alone = Predictions(member_rows(whole.frame))
    pd.testing.assert_series_equal(alone.labels(), whole.labels())
    each = [Predictions(whole.frame.query("seed == @seed")) for seed in (0, 1)]
    ics = [float(one.path_ics().iloc[0]) for one in each]
    mean_of_folds = [float(one.summary().mean().iloc[0]) for one in each]
    assert ics == pytest.approx(mean_of_folds) and ics[0] != 0
    assert f"2 seeds, mean IC of one seed (there is no ensemble) {np.mean(mean_of_folds):.4f}" in repr(alone)
    assert "2 seeds, mean IC of the ensemble" in repr(whole) and not whole.constant
    with pytest.raises(NeuralphaError, match="no seed -1; there are 0, 1, and no ensemble of them"):
        alone.path_ics()

def test_seeds_may_be_trained_together():
    X, y, fold = toy_problem(15, 120)
    p = cross_predict(MLP(max_epochs=2), X, y, fold, seeds=3, progress=False, vectorised_seeds=True)
    assert p.seeds == [0, 1, 2] and p.models[0, 2].seed == 2
    np.testing.assert_array_equal(p.scores(2), p.models[0, 2].predict(X.view(fold.test)))
    with pytest.raises(NeuralphaError, match="not a net"):
        cross_predict(LightGBM(), X, y, fold, vectorised_seeds=True, progress=False)

def test_a_model_without_randomness_is_fitted_once():
    X, y, fold = toy_problem(15, 120)
    assert cross_predict(Ridge(), X, y, fold, seeds=3).seeds == [0]

def test_the_bar_is_told_of_every_fit():
    X, y, fold = toy_problem(15, 120)
    for at_once in (False, True):
        told = []
        units = fit_fold(
            MLP(max_epochs=1), X, y, fold, range(3), vectorised_seeds=at_once, on_unit=lambda told=told: told.append(1)
        )
        assert list(units) == [0, 1, 2] and len(told) == 3

def test_the_table_survives_a_file(tmp_path):
    X, y, fold = toy_problem(15, 120)
    frame = cross_predict(Ridge(), X, y, fold, progress=False).frame
    frame.to_parquet(tmp_path / "p.parquet")
    pd.testing.assert_frame_equal(read_predictions(tmp_path / "p.parquet")[list(frame)], frame, check_dtype=False)
    frame.drop(columns="score").to_parquet(tmp_path / "other.parquet")
    with pytest.raises(NeuralphaError, match="score"):
        read_predictions(tmp_path / "other.parquet")

def test_the_future_of_the_test_period_does_not_change_a_score():
    X, y, fold = toy_problem(15, 120)
    s = fit_unit(MLP(max_epochs=2, window=4), X, y, fold).scores
    d = X.panel.date_code[fold.test]
    half = np.median(d)
    X.values[fold.test[d > half]] = 7.0
    again = fit_unit(MLP(max_epochs=2, window=4), X, y, fold).scores
    np.testing.assert_array_equal(s[d <= half], again[d <= half])
    assert (s[d > half] != again[d > half]).any()

@pytest.mark.parametrize(
    "model, chosen",
    [
        (Ridge(), lambda m: dict(alpha=m.chosen_["alpha"])),
        (ElasticNet(), lambda m: dict(alpha=m.chosen_["alpha"])),
        (PCR(), lambda m: dict(components=m.chosen_["components"])),
        (LightGBM(n_trees=60), lambda m: dict(n_trees=m.trees_)),
        (MLP(max_epochs=6, average=2, learning_rate=1e-2), lambda m: dict(max_epochs=best_look(m.history_))),
    ],
)
def test_fitted_again_on_both_parts_with_what_validation_chose(model, chosen):
    X, y, fold = toy_problem(20, 160)
    first, again = (fit_unit(model, X, y, fold, refit=r) for r in (False, True))
    np.testing.assert_array_equal(first.valid_scores, again.valid_scores)
    assert again.history == [
        {**r, **({"seconds": h["seconds"]} if "seconds" in r else {})} for r, h in zip(first.history, again.history)
    ]
    both = np.concatenate([fold.train, fold.valid])
    goal = y.target("rank")
    alone = model.clone(**chosen(again.model)).fit(X.view(both), goal[both])
    np.testing.assert_array_equal(again.scores, alone.predict(X.view(fold.test)))
    assert (again.scores != first.scores).any()

def test_a_loss_that_means_another_target_is_refused():
    X, y, fold = toy_problem(20, 160)
    small = dict(max_epochs=1, batch_rows=400)
    for at_once in (False, True):
        with pytest.raises(NeuralphaError, match="'sharpe' of mlp means a raw target and is given 'rank'"):
            cross_predict(MLP(loss="sharpe", **small), X, y, fold, vectorised_seeds=at_once)
    with pytest.raises(NeuralphaError, match="means a rank or outcome target and is given 'z'"):
        fit_unit(MLP(loss="buy_hold_sell", **small), X, y, fold, target="z")
    for loss, target in (("sharpe", "raw"), ("buy_hold_sell", "rank"), ("buy_hold_sell", "raw")):
        fit_unit(MLP(loss=loss, **small), X, y, fold, target=target)

def test_a_sharpe_ratio_of_overlapping_returns_is_refused():
    X, y, fold = toy_problem(20, 160)
    for label, bars in (
        (forward_return(X.panel, 5, 0), 5),
        (multi_horizon(X.panel, (1, 3), delay=0), 3),
        (MultiTaskLabel([forward_return(X.panel, 2, 0)], scored=y), 2),
    ):
        for loss in ("sharpe", "ic + 0.5*sharpe(cost_bps=1)"):
            with pytest.raises(
                NeuralphaError, match=f"means returns of one bar; labels over {bars} bars overlap.* horizon=1"
            ):
                fit_unit(MLP(loss=loss, max_epochs=1), X, label, fold, target="raw")
        fit_unit(MLP(max_epochs=1), X, label, fold)

def test_several_horizons_are_learnt_together_and_the_first_is_scored():
    X, y, _ = toy_problem(20, 160)
    both = multi_horizon(X.panel, (1, 3), delay=0)
    (fold,) = fixed_split(both, X.panel.dates[0], X.panel.dates[90], X.panel.dates[120], X.panel.dates[-1])
    net = MLP(max_epochs=3, learning_rate=1e-2, batch_rows=400)
    taught, alone = (cross_predict(net, X, label, fold, seeds=1, progress=False) for label in (both, both[0]))
    np.testing.assert_array_equal(taught.frame["label"], alone.frame["label"])
    assert (
        taught.models[0, 0].horizons_ == 2
        and (taught.scores() != alone.scores()).any()
        and taught.scores().corr(alone.scores()) > 0.8
    )
    ridge, first = (cross_predict(Ridge(), X, label, fold, progress=False) for label in (both, both[0]))
    pd.testing.assert_frame_equal(ridge.frame, first.frame)  # learns one target
    with pytest.raises(NeuralphaError, match="Ridge learns one target; the training target has 2"):
        Ridge(alpha=1.0).fit(X.view(fold.train), both.target("z")[fold.train])

def test_seconds_are_the_units_and_what_is_wrong_is_named():
    X, y, fold = toy_problem(15, 120)
    other = toy_problem(15, 120, seed=5)[1]
    with pytest.raises(NeuralphaError, match="one panel"):
        fit_unit(Ridge(), X, other, fold)
    with pytest.raises(NeuralphaError, match="no folds"):
        cross_predict(Ridge(), X, y, [])
    with pytest.raises(NeuralphaError, match="choose one of vectorised_seeds and refit"):
        cross_predict(MLP(), X, y, fold, vectorised_seeds=True, refit=True)
    for seeds in (0, [1, 2]):
        with pytest.raises(NeuralphaError, match="seeds is .*; it must be a whole number, at least 1"):
            cross_predict(Ridge(), X, y, fold, seeds=seeds)
    for model in (Ridge, object()):
        with pytest.raises(NeuralphaError, match="is no model: give a name"):
            cross_predict(model, X, y, fold)

@pytest.mark.parametrize("is_free, n", [(False, 1), (True, 2)])
def test_a_fit_takes_one_thread_unless_any_number_gives_the_same_bits(is_free, n):
    import torch

    seen = []

    class Looks(Ridge):
        any_threads = is_free

        def _fit(self, *parts):
            seen.append(torch.get_num_threads())
            super()._fit(*parts)

        def _predict(self, view):
            seen.append(torch.get_num_threads())
            return super()._predict(view)

    problem = toy_problem(15, 120)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        fit_unit(Looks(), *problem)
        assert set(seen) == {n} and len(seen) > 2
    finally:
        torch.set_num_threads(before)

def test_a_name_or_an_estimator_of_scikit_learns_stands_for_a_model():
    from sklearn.linear_model import Ridge as Line

    X, y, fold = toy_problem(15, 120)
    by_name, by_model = (cross_predict(model, X, y, fold, progress=False) for model in ("ridge", Ridge()))
    pd.testing.assert_frame_equal(by_name.frame, by_model.frame)
    line = cross_predict(Line(), X, y, fold, progress=False)
    twin = Line().fit(X.values[fold.train], y.target("rank")[fold.train]).predict(X.values[fold.test])
    assert line.name == "Ridge"
    np.testing.assert_array_equal(line.frame.query("seed == 0")["score"], twin.astype(np.float32))

def test_transforms_and_weights_of_a_call_are_those_done_by_hand_and_come_back(tmp_path):
    from neuralpha.attribution.explain import explain
    from neuralpha.features.pipeline import Pipeline
    from neuralpha.models.registry import load_model

    X, y, fold = toy_problem(15, 120)
    steps = [dict(kind="select", n=3), dict(kind="pca", n=2)]
    how = dict(seeds=1, progress=False, weights=["uniqueness", "time_decay"], transforms=steps)
    p = cross_predict(Ridge(alpha=0.1), X, y, fold, **how)
    fitted = Pipeline(steps).fitted(X, fold.train, y.target("rank")[fold.train])
    twin = fit_unit(Ridge(alpha=0.1), fitted.apply(X), y, fold, weights=["uniqueness", "time_decay"])
    np.testing.assert_allclose(p.frame[p.frame["seed"] == 0]["score"], twin.scores, rtol=1e-5, atol=1e-7)
    model = p.models[fold.number, 0]
    assert model.given == X.names and model.features_ == ("pc_1", "pc_2")
    model.save(tmp_path)
    np.testing.assert_allclose(load_model(tmp_path).predict(X.view(fold.test)), twin.scores, rtol=1e-5, atol=1e-7)
    found = explain(p, X, n_rows=40)
    assert list(found.names) == ["pc_1", "pc_2"] and found.relative_error < 1e-5

def test_a_fold_that_left_a_feature_out_gives_it_no_part_in_the_score():
    from neuralpha.attribution.explain import explain, family_ic_loss
    from neuralpha.splits import walk_forward

    X, y, _ = toy_problem(15, 240, noise=30)
    folds = walk_forward(y, "3M", "1M", "2M", embargo=1)
    p = cross_predict("ols", X, y, folds, seeds=1, progress=False, transforms=[dict(kind="select", by="lasso", n=2)])
    kept = {fold: set(m.features_) for (fold, _), m in p.models.items()}
    assert len(set(map(frozenset, kept.values()))) > 1
    found = explain(p, X, n_rows=60)
    for fold, names in kept.items():
        out = [n not in names for n in found.names]
        assert (found.by_feature[found.fold == fold][:, out] == 0).all()
    assert found.relative_error < 1e-5
    assert set(family_ic_loss(p, X, y, groups={n: [n] for n in found.names}, repeats=1, n_dates=8).index) == set(
        found.names
    )

def test_combinatorial_folds_are_shown_by_their_first_path():
    from neuralpha.splits import combinatorial_purged

    X, y, _ = toy_problem(12, 160)
    p = cross_predict("ols", X, y, combinatorial_purged(y, 4, 2, embargo=1), seeds=1, progress=False)
    assert len(p.paths) == 3 and p.scores().index.is_unique and len(p.path_ics()) == 3
    assert len(p.scores()) == X.panel.tradable.sum() and p.path_ics().iloc[0] == pytest.approx(
        mean_ic(p.scores(), p.labels(), p.scores().index.get_level_values("date")), abs=0.02
    )

def test_seeds_trained_together_begin_with_the_same_transforms():
    X, y, fold = toy_problem(12, 120)
    how = dict(progress=False, transforms=[dict(kind="pca", n=2)], device="cpu")
    net = MLP(hidden=(4,), max_epochs=2)
    p = cross_predict(net, X, y, fold, seeds=2, vectorised_seeds=True, **how)
    alone = cross_predict(net, X, y, fold, seeds=1, **how)
    assert [m.features_ for m in p.models.values()] == [("pc_1", "pc_2")] * 2
    assert p.models[fold.number, 1].transforms_.key == alone.models[fold.number, 0].transforms_.key
