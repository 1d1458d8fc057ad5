# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.trees import *
import numpy as np
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.features.table import Features
from neuralpha.models.base import mean_ic, toy_problem

def _fit(cls=LightGBM, **kw):
    X, y, fold = toy_problem(30, 200)
    t = y.target("rank")
    m = cls(**{"n_trees": 200, **kw}).fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid]))
    return m, m.predict(X.view(fold.test)), X, y, fold

def test_trees_find_the_product_a_linear_model_cannot():
    m, s, X, y, fold = _fit()
    ok = np.isfinite(y.values[fold.test])
    rows = fold.test[ok]
    product = X.values[rows, 1] * X.values[rows, 2]
    assert np.corrcoef(s[ok], product)[0, 1] > 0.35

def test_threads_do_not_change_the_trees_and_seeds_do():
    a = _fit(threads=1)[1]
    b = _fit(threads=2)[1]
    c = _fit(seed=1)[1]
    np.testing.assert_array_equal(a, b)
    assert (a != c).any()

def test_boosting_stops_where_validation_stops_improving():
    m = _fit(patience=10)[0]
    best = max(m.history_, key=lambda h: h["valid_ic"])
    assert m.trees_ == best["tree"] and len(m.history_) <= best["tree"] + 10

def test_lags_show_the_past():
    def ic(m, s, X, y, fold):
        ok = np.isfinite(y.values[fold.test])
        return mean_ic(s[ok], y.values[fold.test][ok], X.panel.date_code[fold.test][ok])

    assert ic(*_fit(lags=[1, 2, 3, 4])) > ic(*_fit()) + 0.02

@pytest.mark.parametrize("objective, sign", [("regression", 1), ("rank", -1), ("direction", 1)])
def test_a_loss_falls_where_validation_improves(objective, sign):
    X, y, fold = toy_problem(30, 200)
    t = y.target("rank")
    gains = []
    m = LightGBM(objective=objective, stop_on="loss", n_trees=100)
    m.watch_ = lambda step, gain: gains.append(gain)
    m.fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid]))
    losses = [h["valid_loss"] for h in m.history_]
    assert m.trees_ == 1 + int(np.argmin(losses)) > 20 and gains == [-v for v in losses[::20]]
    assert gains[-1] > gains[0] and np.sign(losses).tolist() == [sign] * len(
        losses
    )  # NDCG is a gain, what LightGBM stops on is minus it

def test_lambdarank_does_not_depend_on_the_order_of_rows():
    X, y, fold = toy_problem(20, 120)
    t = y.target("rank")
    order = np.random.default_rng(0).permutation(len(fold.train))

    def fit(rows):
        return (
            LightGBM(objective="rank", n_trees=20)
            .fit(X.view(rows), t[rows], valid=(X.view(fold.valid), t[fold.valid]))
            .predict(X.view(fold.test))
        )

    np.testing.assert_array_equal(fit(fold.train), fit(fold.train[order]))

def test_weights_stay_with_their_rows_where_lambdarank_sorts_them():
    X, y, fold = toy_problem(20, 120)
    by_asset = X.view(np.sort(fold.train))
    order = np.lexsort((by_asset.rows, by_asset.date_code))
    weight = np.arange(1.0, len(order) + 1)
    data = LightGBM(objective="rank")._data(by_asset, y.target("rank")[by_asset.rows], weight=weight).construct()
    np.testing.assert_array_equal(data.get_weight(), weight[order])
    assert (order != np.arange(len(order))).any()

def test_a_forests_score_is_the_mean_of_its_trees(tmp_path):
    X, y, fold = toy_problem(30, 150)
    t = y.target("rank") + 5
    m = RandomForest(n_trees=40).fit(X.view(fold.train), t[fold.train])
    s = m.predict(X.view(fold.test))
    assert t[fold.train].min() < s.min() < s.max() < t[fold.train].max() and abs(s.mean() - 5) < 0.1
    m.save(tmp_path / "m")
    np.testing.assert_allclose(RandomForest.load(tmp_path / "m").predict(X.view(fold.test)), s, rtol=1e-12)

@pytest.mark.parametrize("kw", [dict(learning_rate=0.1), dict(patience=5), dict(stop_on="loss")], ids=str)
def test_a_forest_refuses_what_it_does_not_use(kw):
    with pytest.raises(NeuralphaError, match=f"'{[*kw][0]}' does nothing"):
        RandomForest(**kw)
    assert RandomForest().clone(learning_rate=0.03, patience=80, stop_on="ic").n_trees == 300

def test_reweighting_lowers_what_is_known_and_what_does_not_improve():
    loss = np.linspace(0, 1, 100)
    start = np.full(100, 0.5)
    end = np.linspace(1, 0.1, 100)
    w = row_weights(loss, start, end, 0.5)
    assert w[-1] > 2 * w[0] and w.mean() == pytest.approx(1)
    kept = drawn_features(np.arange(10.0), np.random.default_rng(0))
    assert len(kept) == 2 + 2 + 2 + 1 + 1 and {8, 9} <= set(kept)

@pytest.mark.parametrize(
    "kw",
    [
        dict(objective="huber"),
        dict(objective="rank"),
        dict(objective="direction"),
        dict(objective="rank", stop_on="loss"),
        dict(cls=RandomForest),
        dict(cls=DoubleEnsemble, members=2),
    ],
    ids=str,
)
def test_every_kind_of_tree_ranks(kw):
    m, s, X, y, fold = _fit(**kw)
    ok = np.isfinite(y.values[fold.test])
    assert mean_ic(s[ok], y.values[fold.test][ok], X.panel.date_code[fold.test][ok]) > 0.35

def test_lagged_columns_reach_every_member_and_none_is_cut_in_two(tmp_path):
    X, y, fold = toy_problem(30, 150)
    noise = np.random.default_rng(1).normal(size=(len(X), 6)).astype("f4")
    X = Features(X.panel, (*X.names, *"abcdef"), np.c_[X.values, noise], (0,) * 10)
    t = y.target("rank")
    m = DoubleEnsemble(lags=[1, 2], members=2, n_trees=60).fit(
        X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid])
    )
    assert [b.num_feature() for b in m.boosters_] == [3 * len(c) for c in m.columns_] == [30, 24]
    wide = X.view(fold.test).lagged([0, 1, 2]).reshape(-1, 3, 10)
    s = m.predict(X.view(fold.test))
    np.testing.assert_allclose(
        s,
        np.mean(
            [
                b.predict(wide[:, :, c].reshape(len(wide), -1), num_iteration=b.best_iteration)
                for b, c in zip(m.boosters_, m.columns_)
            ],
            0,
        ),
        rtol=1e-6,
    )
    m.save(tmp_path / "m")
    np.testing.assert_array_equal(DoubleEnsemble.load(tmp_path / "m").predict(X.view(fold.test)), s)

@pytest.mark.parametrize("objective", ["rank", "direction"])
def test_an_ensemble_that_compares_scores_with_targets_refuses_other_scores(objective):
    with pytest.raises(NeuralphaError, match=f"Unknown objective '{objective}'"):
        DoubleEnsemble(objective=objective)
