# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.features.transforms import *
import numpy as np
import pytest
import matplotlib.pyplot as plt
from neuralpha.core import NeuralphaError
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.features.compute import compute_features
from neuralpha.features.table import Features

def test_scales_do_what_they_say_on_training_rows(raw, train):
    def scaled(kind):
        return Scale(kind).fit(raw, train).apply(raw).values[train].astype(float)

    np.testing.assert_allclose(
        [np.nanmean(scaled("zscore"), 0), np.nanstd(scaled("zscore"), 0)], [[0] * 4, [1] * 4], atol=1e-5
    )
    np.testing.assert_allclose(np.nanmedian(scaled("robust"), 0), 0, atol=1e-6)
    np.testing.assert_allclose(
        np.nanquantile(scaled("rank_gauss"), [0.1587, 0.5, 0.8413], axis=0), np.outer([-1, 0, 1], np.ones(4)), atol=0.02
    )
    np.testing.assert_allclose(
        [np.nanmin(scaled("minmax"), 0), np.nanmax(scaled("minmax"), 0)], [[0] * 4, [1] * 4], atol=1e-6
    )

def test_no_training_rows_is_an_error(raw):
    with pytest.raises(NeuralphaError, match="No training rows"):
        Scale().fit(raw, [])

@pytest.fixture(scope="module", name="panel")
def make_panel():
    return simulate_universe(40, 400, seed=1)

@pytest.fixture(scope="module", name="raw")
def make_raw(panel):
    return compute_features(panel, ["amihud_20", "ret_1", "skew_60", "momentum_120_20"], None)

@pytest.fixture(scope="module", name="train")
def make_train(panel):
    return np.flatnonzero(panel.tradable & (panel.date_code < 250))

def test_winsorise_and_impute(raw, train):
    W = Winsorise(0.05).fit(raw, train).apply(raw)
    share = np.nanmean(W.values[train, 1] < raw.values[train, 1])
    assert share == pytest.approx(0.05, abs=0.002)
    filled = Impute().fit(raw, train).apply(raw)
    assert np.isfinite(filled.values).all() and filled.names[4:] == (
        "amihud_20_missing",
        "ret_1_missing",
        "skew_60_missing",
        "momentum_120_20_missing",
    )
    gap = np.isnan(raw.values[:, 2])
    assert (filled.values[gap, 2] == np.nanmedian(raw.values[train, 2])).all() and (filled.values[:, 6] == gap).all()

def test_categories_of_the_training_rows_only(panel, raw):
    sectors = panel.attributes["sector"].reindex(panel.assets)
    late = sectors.iloc[0]
    rows = np.flatnonzero((sectors.to_numpy() != late)[panel.asset_code] & (panel.date_code < 250))
    one = Categories().fit(raw, rows).apply(raw)
    hot = one.values[:, 4:]
    assert (hot.sum(1) == 1).all() and f"sector={late}" not in one.names
    unseen = ~sectors.isin(sectors.to_numpy()[np.unique(panel.asset_code[rows])]).to_numpy()
    np.testing.assert_array_equal(hot[:, 0] == 1, unseen[panel.asset_code])
    number = Categories(by="index").fit(raw, rows).apply(raw)
    np.testing.assert_array_equal(number.values[:, -1], hot.argmax(1))
    with pytest.raises(NeuralphaError, match="no attribute 'country'"):
        Categories("country").fit(raw, rows)

def test_components_equal_scikit_learn(panel, train):
    from sklearn.decomposition import PCA

    X = compute_features(panel, ["ret_5", "vol_20", "high_252", "volume_surprise_20"])
    mine = PrincipalComponents(3).fit(X, train)
    want = PCA(3).fit(X.values[train].astype(float))
    np.testing.assert_allclose(mine.explained_, want.explained_variance_ratio_, rtol=1e-6)
    np.testing.assert_allclose(np.abs(mine.apply(X).values), np.abs(want.transform(X.values.astype(float))), atol=1e-5)

def test_what_is_made_of_a_level_is_a_level(raw, train):
    assert raw.levels == {"amihud_20": "money"}
    filled = Impute().fit(raw, train).apply(raw)
    assert filled.levels["amihud_20"] == "money" and "ret_1" not in filled.levels
    assert PrincipalComponents(2).fit(filled, train).apply(filled).levels == {"pc_1": "money", "pc_2": "money"}
    plain = filled.select(["ret_1", "skew_60"])
    assert PrincipalComponents(2).fit(plain, train).apply(plain).levels == {}

def test_neighbours_on_the_map_are_alike(panel, train):
    X = compute_features(panel, ["ret_5", "vol_20", "high_252"])
    som = SelfOrganisingMap(5).fit(X, train)
    from scipy.spatial.distance import pdist

    assert np.corrcoef(pdist(som.grid_), pdist(som.prototypes_))[0, 1] > 0.7
    one = SelfOrganisingMap(1, 1).fit(X, train)
    np.testing.assert_allclose(one.prototypes_[0], X.values[train].mean(0), atol=1e-6)
    assert som.apply(X).values[train, 2].mean() < 0.5 * one.apply(X).values[train, 2].mean()

def test_missing_values_are_named(raw, train):
    for t in (PrincipalComponents(2), SelfOrganisingMap()):
        with pytest.raises(NeuralphaError, match="'amihud_20' has missing values; put Impute"):
            t.fit(raw, train)

STEPS = [Scale(k) for k in ("zscore", "robust", "rank_gauss", "minmax")] + [
    Winsorise(),
    Impute(),
    Categories(),
    Chain(Impute(), Scale(), PrincipalComponents(2)),
    Chain(Impute(), Scale(), SelfOrganisingMap(3)),
]

@pytest.mark.parametrize("step", STEPS, ids=lambda s: getattr(s, "kind", type(s).__name__))
def test_what_is_learnt_depends_on_training_rows_only(step, panel, raw, train):
    rest = np.setdiff1d(np.arange(panel.n_rows), train)
    noise = raw.values.copy()
    noise[rest] = 1e3 * np.random.default_rng(0).standard_normal((len(rest), 4))
    noisy = Features(panel, raw.names, noise, raw.lookbacks)
    clean = step.fit(raw, train).apply(raw).values[train]
    np.testing.assert_array_equal(step.fit(noisy, train).apply(noisy).values[train], clean)
