# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.attribution.explain import *
import numpy as np
import pandas as pd
import pytest
import torch
from neuralpha.core import NeuralphaError
from neuralpha.attribution.explain import _deal
from neuralpha.models.base import toy_problem
from neuralpha.models.linear import Ridge
from neuralpha.models.mixers import CrossAttention, StockMixer
from neuralpha.models.nets import MLP
from neuralpha.models.predict import cross_predict
from neuralpha.models.recurrent import LSTM
from neuralpha.models.registry import make_model, model_names
from neuralpha.models.trees import DoubleEnsemble, LightGBM

@pytest.fixture(scope="module")
def problem():
    X, y, fold = toy_problem(24, 160, noise=0.3)
    t = y.target("rank")

    def fit(m):
        return m.fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid]))

    return X, y, fold, fit

SMALL = {"max_epochs": 2, "window": 4, "patch": 2, "n_trees": 20, "scales": (1, 2), "pretrain_epochs": 1, "threads": 1}

@pytest.mark.parametrize("name", model_names())
def test_every_model_of_the_zoo_is_explained(name, problem):
    X, y, fold, fit = problem
    m = make_model(name)
    brief = {
        **SMALL,
        "max_epochs": 20 if name in ("nn4", "nn5") else 2,
    }  # after two epochs deep pyramids are almost constant
    model = fit(m.clone(**{k: v for k, v in brief.items() if k in m.get_params()}))
    e = explain(model, X, fold.test[:24])
    lookup = dict(zip(fold.test, model.predict(X.view(fold.test))))
    np.testing.assert_allclose(e.scores, [lookup[r] for r in e.rows], atol=1e-5)
    assert e.relative_error < (0.06 if hasattr(model, "net_") else 1e-5)
    assert e.values.shape[0] == 24 and e.values.shape[2] == 4 and np.isfinite(e.values).all()

@pytest.mark.parametrize(
    "model",
    [
        Ridge(),
        LightGBM(n_trees=30, lags=(1, 3), threads=1),
        DoubleEnsemble(n_trees=10, members=2, threads=1),
        DoubleEnsemble(n_trees=10, members=3, lags=(1, 3), threads=1),
        MLP(max_epochs=3),
        LSTM(window=4, max_epochs=2),
        LSTM(window=3, max_epochs=1, loss="buy_hold_sell"),
        LSTM(window=3, max_epochs=1, loss="quantile"),
    ],
    ids=repr,
)
def test_attributions_sum_to_the_score(model, problem):
    X, y, fold, fit = problem
    model = fit(model)
    e = explain(model, X, fold.test[:60])
    lookup = dict(zip(fold.test, model.predict(X.view(fold.test))))
    np.testing.assert_allclose(e.scores, [lookup[r] for r in e.rows], atol=1e-5)
    assert e.relative_error < (0.03 if hasattr(model, "net_") else 1e-5)
    np.testing.assert_array_equal(e.values, explain(model, X, fold.test[:60]).values)

def test_a_linear_model_is_its_coefficients(problem):
    X, y, fold, fit = problem
    model = fit(Ridge(alpha=0.1))
    a = fold.test[3]
    b = fold.test[40]
    e = explain(model, X, [a, b])
    got = e.values[list(e.rows).index(b), 0] - e.values[list(e.rows).index(a), 0]
    np.testing.assert_allclose(got, model.coef_ * (X.values[b] - X.values[a]) / model.sd_, atol=1e-6)

def test_a_net_across_assets_is_explained_with_its_peers_in_place(problem):
    X, y, fold, fit = problem
    model = fit(CrossAttention(window=2, max_epochs=2, width=8, heads=2))
    rows = fold.test[[0, 7, 30]]
    e = explain(model, X, rows)
    lookup = dict(zip(fold.test, model.predict(X.view(fold.test))))
    np.testing.assert_allclose(e.scores, [lookup[r] for r in e.rows], atol=1e-5)
    assert abs(e.error).max() < 0.05 * abs(e.scores - e.base).max() and len(set(e.base)) == 3

ACROSS = [CrossAttention(window=2, max_epochs=2, width=8, heads=2), StockMixer(window=4, max_epochs=2, width=8)]

@pytest.mark.parametrize("model", ACROSS, ids=lambda m: m.name)
def test_a_net_across_assets_may_meet_dates_with_one_asset(model, problem):
    from dataclasses import replace

    X, y, fold, fit = problem
    model = fit(model)
    p = X.panel
    alone = replace(X, panel=replace(p, tradable=(p.date_code > 2) | (p.asset_code == 0)))
    days = np.flatnonzero(alone.panel.tradable & (p.date_code <= 8))  # the first three dates have one asset
    lookup = dict(zip(days, model.predict(alone.view(days))))
    first = days[p.date_code[days] < 3]
    for rows in (first, np.concatenate([first, days[-5:]])):
        e = explain(model, alone, rows)
        np.testing.assert_allclose(e.scores, [lookup[r] for r in e.rows], atol=1e-5)
        assert e.relative_error < 0.06

def test_a_net_is_explained_without_laying_out_the_panel(problem, monkeypatch):
    from neuralpha.models.training.resident import Resident

    X, y, fold, fit = problem
    model = fit(CrossAttention(window=2, max_epochs=1, width=8, heads=2))

    def refused(*args):
        raise AssertionError("the whole panel is laid out again")

    monkeypatch.setattr(Resident, "__init__", refused)
    assert len(explain(model, X, fold.test[:3]).rows) == 3

def test_the_planted_features_and_lags_are_found(problem):
    X, y, fold, fit = problem
    e = explain(fit(LSTM(window=8, learning_rate=1e-2, max_epochs=12, batch_rows=256)), X, fold.test)
    past = e.lag_map().loc["past"]
    assert past[[-4, -3, -2, -1, 0]].min() > 2 * past[[-7, -6]].max()
    assert list(past.index) == list(range(-7, 1)) and e.lag_map().loc["linear"].idxmax() == 0
    assert e.lag_map()[[-7, -6]].max().max() < 0.3 * e.importance().min()

def test_the_long_table_holds_every_number(problem):
    from neuralpha.attribution.explain import from_frame

    X, y, fold, fit = problem
    e = explain(fit(LSTM(window=3, max_epochs=1)), X, fold.test[:10])
    f = e.frame()
    back = from_frame(f, X)
    np.testing.assert_array_equal(back.rows, e.rows)
    np.testing.assert_array_equal(back.values, e.values)
    assert (back.names, back.lags, back.model) == (e.names, e.lags, e.model)
    assert list(f) == ["model", "fold", "seed", "date", "asset", "feature", "lag", "value"] and len(f) == 10 * 3 * 4
    one = f[(f.feature == "right") & (f.lag == 2)].set_index(["date", "asset"])["value"]
    p = X.panel
    r = e.rows[4]
    assert one[pd.Timestamp(p.dates[p.date_code[r]]), p.assets[p.asset_code[r]]] == e.values[4, 0, 2]
    sums = f.groupby(["date", "asset"])["value"].sum().reindex(X.panel.index[e.rows])
    np.testing.assert_allclose(sums, e.by_feature.sum(1), atol=1e-6)

def test_folds_with_other_windows_are_laid_over_all_lags(problem):
    from dataclasses import replace
    from neuralpha.models.predict import Predictions, predictions_frame

    X, y, fold, fit = problem
    half = [np.sort(r) for r in np.array_split(fold.test, 2)]
    models = {(i, 0): fit(LSTM(window=w, max_epochs=1)) for i, w in enumerate((3, 5))}
    frame = pd.concat(
        [
            predictions_frame(
                X, y, replace(fold, number=i, test=half[i]), "lstm", {0: models[i, 0].predict(X.view(half[i]))}
            )
            for i in range(2)
        ],
        ignore_index=True,
    )
    e = explain(Predictions(frame, models), X, fold.test, n_samples=20)
    assert e.lags == (4, 3, 2, 1, 0) and e.values.shape == (len(fold.test), 5, len(X.names))
    short = e.values[e.fold == 0]
    assert (
        (short[:, :2] == 0).all()
        and (abs(short[:, 2:]).max((0, 2)) > 0).all()
        and (abs(e.values[e.fold == 1]).max((0, 2)) > 0).all()
    )
    np.testing.assert_allclose(e.values.sum((1, 2)) + e.base, e.scores, atol=0.15 * e.scores.std())

def test_predictions_are_explained_by_the_model_of_each_fold(problem):
    from neuralpha.splits import walk_forward

    X, y, fold, fit = problem
    folds = walk_forward(y, "3M", "1M", "1M", embargo=0)
    p = cross_predict(Ridge(), X, y, folds, progress=False)
    e = explain(p, X, n_rows=60)
    assert set(e.fold) == {f.number for f in folds} and len(e.rows) == 60 // len(folds) * len(folds)
    np.testing.assert_allclose(e.scores, p.scores(0).reindex(X.panel.index[e.rows]), atol=1e-5)
    assert set(explain(p, X, folds[-1].test[:9]).rows) == set(folds[-1].test[:9])

def test_module_and_function_share_a_name(problem):
    import neuralpha.attribution.explain

    X, y, fold, fit = problem
    assert neuralpha.explain(fit(Ridge(alpha=1.0)), X, fold.test[:3]).model == "ridge"

def test_what_cannot_be_explained_is_named(problem):
    from sklearn.ensemble import RandomForestClassifier

    X, y, fold, fit = problem
    line = fit(Ridge(alpha=1.0))
    some = fold.test[:9]
    several = RandomForestClassifier(3, random_state=0).fit(X.values[fold.train], X.values[fold.train, 0] > 0)
    with pytest.raises(NeuralphaError, match="no exact tree"):
        explain(object(), X)
    with pytest.raises(NeuralphaError, match="2 scores per row"):
        interactions(several, X, some, X.names)
    for ask in (
        lambda m, rows: explain(m, X, rows),
        lambda m, rows: interactions(m, X, rows, X.names),
        lambda m, rows: family_ic_loss(m, X, y, rows),
    ):
        with pytest.raises(NeuralphaError, match="no rows|None of the rows"):
            ask(line, [])
        with pytest.raises(NeuralphaError, match="mask"):
            ask(line, np.isin(np.arange(X.panel.n_rows), some))
        with pytest.raises(NeuralphaError, match="-1 to 3,840 are asked for; toy has rows 0 to 3,839"):
            ask(line, [-1, 3840])
    with pytest.raises(NeuralphaError, match="features is empty"):
        interactions(line, X, some, [])
    with pytest.raises(NeuralphaError, match="several models"):
        interactions(cross_predict(Ridge(), X, y, fold, progress=False), X, some)
    with pytest.raises(NeuralphaError, match="None of the 9 rows"):
        by_regime(explain(line, X, some), pd.Series({pd.Timestamp("1999-01-04"): "calm"}))

@pytest.mark.parametrize(
    "model",
    [
        Ridge(alpha=1.0),
        LightGBM(n_trees=5, threads=1),
        LSTM(window=3, max_epochs=1),
        CrossAttention(window=2, max_epochs=1),
    ],
    ids=lambda m: m.name,
)
def test_a_model_is_explained_on_what_it_was_fitted_on(model, problem):
    X, y, fold, fit = problem
    with pytest.raises(NeuralphaError, match="not fitted"):
        explain(model.clone(), X, fold.test[:9])
    model = fit(model.clone())
    with pytest.raises(NeuralphaError, match="other features than it is given: their order"):
        explain(model, X.select(X.names[::-1]), fold.test[:9])
    with pytest.raises(NeuralphaError, match="other features than it is given: past"):
        family_ic_loss(model, X.select(X.names[:3]), y, fold.test)

def test_without_spread_in_the_scores_there_is_no_relative_error(problem):
    X, y, fold, fit = problem
    e = explain(fit(LightGBM(n_trees=5, threads=1)), X, fold.test[:1])
    assert np.isnan(e.relative_error) and abs(e.error).max() < 1e-6

class Product:  # a booster by hand: x0 x1 + x2
    def model_to_string(self):
        return "num_tree_per_iteration=1\nmax_feature_idx=3\nTree=0\nnum_leaves=1\nnum_cat=0\nleaf_value=0\n\n"

    def predict(self, x, raw_score=False):
        return x[:, 0] * x[:, 1] + x[:, 2]

def test_interactions_of_a_product_are_known():
    X, y, fold = toy_problem(20, 60)
    got = interactions(Product(), X, features=X.names, n_rows=400, n_background=64)
    assert got.loc["linear", "right"] < 1e-6 and got.loc["right", "past"] < 1e-6  # x2 adds up, x3 does nothing
    assert got.loc["past", "past"] == 0
    assert got.loc["linear", "left"] == pytest.approx(
        0.25, abs=0.04
    )  # E|x0 - b0| |x1 - b1| of mean-zero uniforms is E|x0| E|x1| = 1/4

def _across(score):
    """A fitted net across assets by hand: the score of features (dates, places, 4) and of their means by date."""
    from neuralpha.models.training.module import NetModule

    class ByHand(NetModule):
        across_assets = True

        def __init__(self):
            super().__init__()
            self.unused = torch.nn.Parameter(torch.zeros(1))

        def forward(self, x, grid):
            f = grid.fill(x[:, -1])
            return grid.take(score(f, f.mean(1, keepdim=True)))[:, None]

    model = MLP(loss="mse")
    model.features_ = ("linear", "left", "right", "past")
    model.net_, model.mean_, model.sd_ = ByHand(), np.zeros(4, np.float32), np.ones(4, np.float32)
    return model

def test_a_net_across_assets_that_adds_up_has_no_interactions():
    X, y, fold = toy_problem(20, 60)
    got = interactions(
        _across(lambda f, market: f[..., 0] - 2 * f[..., 1] + 5 * market[..., 2]), X, fold.test, X.names, n_rows=30
    )
    assert abs(got - np.diag(np.diag(got))).max().max() < 1e-6
    assert got.loc["right", "right"] == pytest.approx(
        5 / 20 * 0.5, rel=0.3
    )  # a twentieth of the market is the asset itself: E|x - b| = E|x| = 1/2

def test_an_interaction_across_assets_is_found_among_the_whole_date():
    X, y, fold = toy_problem(20, 60)
    got = interactions(
        _across(lambda f, market: (f[..., 0] - market[..., 0]) * f[..., 1]),
        X,
        fold.test,
        X.names,
        n_rows=400,
        n_background=64,
    )
    assert got.loc["linear", "left"] == pytest.approx(
        0.25 * 19 / 20, abs=0.03
    )  # as above, less the asset's own share in its market
    assert got.loc["left", "right"] < 1e-6 and got.loc["past", "past"] == 0

@pytest.mark.parametrize(
    "model",
    [CrossAttention(window=1, max_epochs=2, width=8, heads=2), StockMixer(window=1, scales=[1], max_epochs=2, width=8)],
    ids=lambda m: m.name,
)
def test_interactions_across_assets_are_those_of_the_models_own_scores(model, problem):
    from dataclasses import replace

    X, y, fold, fit = problem
    model = fit(model)
    rows = fold.test[[0, 3, 30, 31]]
    got = interactions(model, X, rows, ["linear", "left"], n_rows=4, n_background=3, seed=5)
    back = np.random.default_rng(5).choice(rows, 3)

    def score(row, b, columns):
        values = X.values.copy()
        values[row, columns] = X.values[b, columns]
        day = fold.test[X.panel.date_code[fold.test] == X.panel.date_code[row]]
        return model.predict(replace(X, values=values).view(day))[day == row][0]

    second = [[score(r, b, []) - score(r, b, [0]) - score(r, b, [1]) + score(r, b, [0, 1]) for b in back] for r in rows]
    assert (
        got.loc["linear", "left"] == pytest.approx(abs(np.mean(second, 1)).mean(), abs=1e-6) and got.attrs["rows"] == 4
    )
    assert got.loc["left", "left"] == pytest.approx(
        abs(np.mean([[score(r, b, []) - score(r, b, [1]) for b in back] for r in rows], 1)).mean(), abs=1e-6
    )

def test_agreement_of_a_model_with_itself_and_its_opposite(problem):
    from dataclasses import replace

    X, y, fold, fit = problem
    e = explain(fit(LightGBM(n_trees=20, threads=1)), X, fold.test[::3])
    twin = agreement([e, replace(e, model="twin", values=2 * e.values)], n_resamples=100).set_index("measure")
    assert (abs(twin[["value", "low", "high"]] - 1) < 1e-9).all().all()
    other = agreement([e, replace(e, model="opposite", values=-e.values)], n_resamples=100).set_index("measure")
    assert other.loc["attributions", "value"] == pytest.approx(-1) and other.loc[
        "importance ranks", "value"
    ] == pytest.approx(1)
    with pytest.raises(NeuralphaError, match="share no rows"):
        agreement([e, replace(e, rows=e.rows + 100_000)])
    silent = agreement([e, replace(e, model="constant", values=0 * e.values)], n_resamples=100)
    assert silent[["value", "low", "high"]].isna().all().all() and (silent["rows"] == len(e.rows)).all()

def test_models_that_learn_the_same_agree_more_than_models_that_do_not(problem):
    X, y, fold, fit = problem
    line, twin = (explain(fit(Ridge(alpha=a)), X, fold.test[::3]) for a in (0.01, 0.02))
    tree = explain(fit(LightGBM(n_trees=60, threads=1)), X, fold.test[::3])
    got = agreement([line, twin, tree], n_resamples=200)
    got = got[got.measure == "attributions"]
    assert (
        got.low.iloc[0] > 0.99 > got.high.iloc[1] > 0.3
        and (got.low <= got.value).all()
        and (got.value <= got.high).all()
    )

def test_a_deal_stays_within_dates():
    X, y, fold = toy_problem(10, 60)
    rows = np.random.default_rng(1).permutation(fold.test)
    other = rows[_deal(X.panel, rows, np.random.default_rng(0))]
    np.testing.assert_array_equal(X.panel.date_code[other], X.panel.date_code[rows])
    assert sorted(other) == sorted(rows) and (other != rows).mean() > 0.7

def test_ic_is_lost_where_it_was_planted(problem):
    X, y, fold, fit = problem
    model = fit(Ridge(alpha=0.01))
    got = family_ic_loss(model, X, y, fold.test)
    assert got.index[0] == "linear" and got.loc["linear", "low"] > 0.2
    assert (
        got.loc["left", "lost"] < 0.05 and got.loc["left", "low"] <= got.loc["left", "lost"] <= got.loc["left", "high"]
    )
    assert got.loc["linear", "lost"] == pytest.approx(got.loc["linear", "ic"] - got.loc["linear", "ic_without"])
    pd.testing.assert_frame_equal(got, family_ic_loss(model, X, y, fold.test))
    both = family_ic_loss(model, X, y, fold.test, groups={"all": X.names})
    assert abs(both.loc["all", "ic_without"]) < 0.08  # nothing is left

@pytest.mark.parametrize("model", ACROSS, ids=lambda m: m.name)
def test_a_net_across_assets_is_judged_on_whole_dates(model, problem):
    from dataclasses import replace
    from neuralpha.cross_section import correlation_by_date

    X, y, fold, fit = problem
    known = (X.panel.asset_code % 3 == 0) & np.isfinite(y.values)
    got = family_ic_loss(fit(model), X, replace(y, values=np.where(known, y.values, np.nan)), fold.test, repeats=1)
    at = known[fold.test]
    own = correlation_by_date(
        model.predict(X.view(fold.test))[at], y.values[fold.test][at], X.panel.date_code[fold.test][at]
    )
    assert got["ic"].iloc[0] == pytest.approx(np.mean(own), abs=1e-6)

def test_a_constant_score_has_no_losses(problem):
    from neuralpha.models.linear import Lasso

    X, y, fold, fit = problem
    t = family_ic_loss(fit(Lasso(alpha=1e6)), X, y, fold.test, repeats=1)
    assert (
        t[["ic", "ic_without", "lost", "low", "high"]].isna().all().all()
        and (t["dates"] == 0).all()
        and len(plot_ic_loss(t).axes) == 1
    )

def test_refitting_finds_what_only_one_family_knows(problem):
    X, y, fold, fit = problem
    got = refit_ic_loss(Ridge(alpha=0.01), X, y, fold)
    assert got.index[0] == "linear" and got.loc["linear", "low"] > 0.2 and abs(got.loc["left", "lost"]) < 0.05

def test_a_nets_windows_are_dealt_out_whole(problem):
    X, y, fold, fit = problem
    model = fit(LSTM(window=6, learning_rate=1e-2, max_epochs=8, batch_rows=256))
    got = family_ic_loss(model, X, y, fold.test, repeats=1)
    assert got.loc["past", "low"] > 0.05

def test_periods_and_regimes_keep_the_mean(problem):
    X, y, fold, fit = problem
    e = explain(fit(Ridge(alpha=0.1)), X, np.flatnonzero(X.panel.tradable)[::3])
    table = through_time(e, "feature", "MS")
    months = e.dates.to_period("M")
    np.testing.assert_allclose(
        table["linear"].iloc[2], abs(e.by_feature[months == months.unique().sort_values()[2], 0]).mean()
    )
    regime = pd.Series(np.where(np.arange(X.panel.n_dates) < 80, "early", "late"), pd.DatetimeIndex(X.panel.dates))
    got = by_regime(e, regime, "feature")
    assert got.rows.sum() == len(e.rows)
    np.testing.assert_allclose(np.average(got["linear"], weights=got.rows), abs(e.by_feature[:, 0]).mean())

def test_the_stormy_regime_is_the_volatile_one():
    from neuralpha.data.panel import panel_from_frame

    rng = np.random.default_rng(0)
    days = pd.bdate_range("2020-01-01", periods=600)
    sd = np.repeat([0.005, 0.02, 0.01], 200)
    close = np.exp((rng.normal(size=(600, 10)) * sd[:, None] + rng.normal(size=(600, 1)) * sd[:, None]).cumsum(0))
    panel = panel_from_frame(
        pd.DataFrame({"date": np.repeat(days, 10), "asset": np.tile(list("ABCDEFGHIJ"), 600), "close": close.ravel()})
    )
    regime = market_regime(panel)
    assert (regime.iloc[260:370] == "stormy").mean() > 0.9 and (regime.iloc[80:170] == "calm").mean() > 0.9
    late = market_regime(panel, days[200:])  # of other dates other thirds
    assert (late[days[440:570]] == "calm").mean() > 0.6 and (regime[days[440:570]] == "middling").mean() > 0.9
    with pytest.raises(NeuralphaError, match="Fewer than 30 of the dates"):
        market_regime(panel, days[:20])

def test_figures_have_titles_units_and_no_cut_labels(problem):
    import matplotlib.pyplot as plt

    X, y, fold, fit = problem
    X = X.select(X.names)
    e = explain(fit(LSTM(window=4, max_epochs=1)), X, fold.test[:80])
    drawn = figures(e) | {"time": plot_time(e, "feature", "W"), "regime": plot_regime(e, by="feature")}
    for name, fig in drawn.items():
        fig.canvas.draw()
        ax = fig.axes[0]
        box = fig.bbox
        assert ax.get_title().startswith("lstm:")
        assert "score units" in " ".join(a.get_xlabel() + a.get_ylabel() for a in fig.axes)
        for label in [*ax.get_yticklabels(), ax.title]:
            extent = label.get_window_extent()
            assert extent.x0 >= box.x0 - 1 and extent.x1 <= box.x1 + 1, (name, label.get_text())
    plt.close("all")
