# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.features.selection import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.features.compute import compute_features
from neuralpha.features.table import Features

def _planted(n=3000, seed=0):
    """Ten features: a and b matter, a2 is almost a, the others are noise."""
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2020-01-01", periods=n // 10)
    panel = panel_from_frame(
        pd.DataFrame(
            {"date": np.tile(days, 10), "asset": np.repeat([f"S{i}" for i in range(10)], len(days)), "close": 1.0}
        )
    )
    v = rng.standard_normal((panel.n_rows, 10)).astype(np.float32)
    v[:, 2] = v[:, 0] + 0.05 * v[:, 2]
    y = v[:, 0] + 0.5 * v[:, 1] + 0.5 * rng.standard_normal(len(v))
    return Features(panel, ("a", "b", "a2", *(f"noise{i}" for i in range(7))), v, (0,) * 10), y

@pytest.mark.parametrize("by", ["mutual_information", "lasso", "forest"])
def test_the_planted_features_are_found(by):
    X, y = _planted()
    s = Select(by, 3, seed=1).fit(X, np.arange(2000), y[:2000])
    assert set(s.kept_) == {"a", "b", "a2"} if by != "lasso" else {"a", "b"} <= set(s.kept_)
    assert s.apply(X).names == tuple(s.kept_)

def test_twins_share_a_cluster_and_one_stays():
    X, y = _planted()
    kept = Select("correlation", 9).fit(X, np.arange(2000), y[:2000]).kept_
    assert len(kept) == 9 and len({"a", "a2"} & set(kept)) == 1
    assert Select("correlation", 9).fit(X, np.arange(2000)).kept_ != []

@pytest.mark.parametrize("by", ["correlation", "mutual_information", "lasso", "forest"])
def test_selection_sees_training_rows_only(by):
    X, y = _planted()
    noise = X.values.copy()
    noise[2000:] = np.random.default_rng(9).standard_normal((1000, 10))
    other = Features(X.panel, X.names, noise, X.lookbacks)
    pd.testing.assert_series_equal(
        Select(by, 3).fit(X, np.arange(2000), y[:2000]).scores_,
        Select(by, 3).fit(other, np.arange(2000), y[:2000]).scores_,
    )

def test_selection_asks_for_what_it_needs():
    X, y = _planted()
    with pytest.raises(NeuralphaError, match="needs the target"):
        Select("lasso", 3).fit(X, np.arange(100))
    with pytest.raises(NeuralphaError, match="n is 99"):
        Select(n=99).fit(X, np.arange(100), y[:100])
    with pytest.raises(NeuralphaError, match="way to select"):
        Select("magic")

def test_residuals_are_orthogonal_on_every_date():
    panel = simulate_universe(60, 300, seed=1)
    X = compute_features(panel, ["ret_20", "vol_20", "beta_60", "dollar_volume_20"], None)
    N = neutralise(X)
    assert N.names == ("ret_20", "vol_20") and N.lookbacks == (60, 60) and N.cross_sectional
    sector = panel.attributes["sector"].reindex(panel.assets).to_numpy()[panel.asset_code]
    for d in panel.dates[[150, 299]]:
        rows = panel.rows_on(d)
        rows = rows[np.isfinite(N.values[rows, 1])]
        assert len(rows) > 20
        np.testing.assert_allclose(
            pd.Series(N.values[rows, 1].astype(float)).groupby(sector[rows]).mean(), 0, atol=1e-8
        )
        for j in (2, 3):
            assert abs(np.corrcoef(N.values[rows, 1], X.values[rows, j])[0, 1]) < 1e-4

def test_other_dates_do_not_matter():
    panel = simulate_universe(60, 300, seed=1)
    X = compute_features(panel, ["ret_20", "beta_60"], None)
    noisy = X.values.copy()
    late = panel.date_code > 200
    noisy[late] = np.random.default_rng(0).standard_normal((late.sum(), 2))
    got = neutralise(Features(panel, X.names, noisy, X.lookbacks), ("sector", "beta_60")).values[~late]
    np.testing.assert_array_equal(got, neutralise(X, ("sector", "beta_60")).values[~late])
