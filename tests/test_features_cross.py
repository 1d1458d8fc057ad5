# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.features.cross import *
import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame

def _market(n_dates=40, n_assets=30, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        [
            (d, f"S{a:02d}")
            for a in range(n_assets)
            for d in pd.bdate_range("2024-01-01", periods=n_dates)
            if rng.random() < 0.9
        ],
        columns=["date", "asset"],
    )
    panel = panel_from_frame(
        frame.assign(close=1.0),
        tradable=rng.random(len(frame)) < 0.95,
        attributes=pd.DataFrame(
            {"sector": [f"X{a % 3}" for a in range(n_assets)]}, index=[f"S{a:02d}" for a in range(n_assets)]
        ),
    )
    values = np.round(rng.standard_normal((panel.n_rows, 3)), 1).astype(np.float32)  # rounded: ties, and both zeros
    values[rng.random(values.shape) < 0.1] = np.nan
    return panel, values

def test_ranks_equal_scipy_on_every_date():
    panel, values = _market()
    got = values.copy()
    missing = rank_by_date(panel, got)
    want = np.zeros_like(values)
    count = np.zeros(3, int)
    for d in panel.dates:
        rows = panel.rows_on(d)
        rows = rows[panel.tradable[rows]]
        for f in range(3):
            have = rows[np.isfinite(values[rows, f])]
            want[have, f] = 2 * rankdata(values[have, f]) / (len(have) + 1) - 1
            count[f] += len(rows) - len(have)
    np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(missing, count)

def test_standard_scores_equal_groupby():
    panel, values = _market()
    values[np.flatnonzero(panel.tradable)[5]] = 400  # beyond three deviations
    values[panel.date_code == 3, 1] = 7.1  # a date without spread
    got = values.copy()
    missing = zscore_by_date(panel, got)
    live = pd.DataFrame(np.where(panel.tradable[:, None], values, np.nan).astype(float))
    by = live.groupby(panel.date_code)
    want = ((live - by.transform("mean")) / by.transform("std", ddof=0)).clip(-3, 3)
    want.loc[panel.date_code == 3, 1] = 0
    np.testing.assert_allclose(got, want.fillna(0), atol=1e-6)
    np.testing.assert_array_equal(missing, live[panel.tradable].isna().sum())

@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS)
def test_masked_rows_are_no_competition(transform):
    panel, values = _market()
    a = values.copy()
    b = values.copy()
    b[~panel.tradable] = 1e9
    transform(panel, a), transform(panel, b)
    np.testing.assert_array_equal(a, b)

def _factor_market(n_assets=40, n_dates=330, seed=0):
    rng = np.random.default_rng(seed)
    beta = rng.normal(1, 0.5, (3, n_assets))
    own = 0.01 * rng.standard_normal((n_dates, n_assets))
    moves = (0.01 * rng.standard_normal((n_dates, 3))) @ beta + own
    days = pd.bdate_range("2020-01-01", periods=n_dates)
    long = pd.DataFrame(
        {
            "date": np.repeat(days, n_assets),
            "asset": np.tile([f"S{a:02d}" for a in range(n_assets)], n_dates),
            "close": 100 * np.exp(moves.cumsum(0)).ravel(),
        }
    )
    panel = panel_from_frame(long)
    return panel, moves.T.ravel(), own.T.ravel()

def test_residuals_are_what_svd_leaves_and_find_the_assets_own_moves():
    panel, moves, own = _factor_market()
    got = factor_residual(panel, moves, 3).reshape(40, -1)
    assert np.isnan(got[:, :253]).all()
    first = next(
        i
        for i in range(253, 330)
        if panel.dates[i].astype("datetime64[M]") != panel.dates[i - 1].astype("datetime64[M]")
    )
    assert np.isnan(got[:, first - 1]).all() and np.isfinite(got[:, first:]).all()
    r = np.float32(moves).astype(float).reshape(40, -1).T
    z = (r[first - 252 : first] - r[first - 252 : first].mean(0)) / r[first - 252 : first].std(0)
    v = np.linalg.svd(np.clip(z, -6, 6), full_matrices=False)[2][:3].T
    today = r[first] / r[first - 252 : first].std(0)
    np.testing.assert_allclose(got[:, first], today - v @ (v.T @ today), atol=1e-5)
    assert np.corrcoef(got[:, first:].ravel(), own.reshape(40, -1)[:, first:].ravel())[0, 1] > 0.9

def test_residuals_read_a_year_and_a_month_and_no_more():
    panel, moves, _ = _factor_market()
    from neuralpha.data.panel import cut_panel

    full = factor_residual(panel, moves)
    for k in (5, 20, 40):
        short = cut_panel(panel, first=panel.dates[k])
        rows = panel.date_code >= k
        part = factor_residual(short, moves[rows])
        since = panel.date_code[rows] >= k + FACTOR_HISTORY
        np.testing.assert_array_equal(part[since], full[rows][since])
        assert since.any()

def test_residuals_refuse_intraday_bars():
    days = pd.date_range("2020-01-01", periods=300, freq="h")
    panel = panel_from_frame(pd.DataFrame({"date": days, "asset": "A", "close": 1.0}))
    with pytest.raises(NeuralphaError, match="bars in a month"):
        factor_residual(panel, np.zeros(300))
