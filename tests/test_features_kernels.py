# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.features.kernels import *
import numpy as np
import pandas as pd
import pytest
import matplotlib.pyplot as plt

W = np.array([2, 5, 20])

def _walk(n=300, seed=0, holes=True):
    rng = np.random.default_rng(seed)
    x = 50 * np.exp(np.cumsum(0.02 * rng.standard_normal(n)))
    if holes:
        x[rng.random(n) < 0.05] = np.nan
    return x

def test_moments_equal_pandas():
    x = _walk()
    mean, std = roll_moments(x, W)
    sums = roll_sum(x, W)
    counts = roll_count(x, W)
    for j, w in enumerate(W):
        r = pd.Series(x).rolling(w, min_periods=1)
        has = np.isfinite(x)
        np.testing.assert_allclose(mean[j][has], r.mean()[has], rtol=1e-12)
        np.testing.assert_allclose(std[j][has], r.std()[has], rtol=1e-9, atol=1e-12)
        np.testing.assert_array_equal(counts[j], r.count())
        np.testing.assert_allclose(sums[j], np.nan_to_num(r.sum()), rtol=1e-12)

def test_small_moves_at_a_high_price_keep_their_digits():
    x = 1e6 + np.array([0.0, 0.01, 0.02, 0.03])
    assert roll_moments(x, np.array([4]))[1][0, 3] == pytest.approx(np.std([0, 0.01, 0.02, 0.03], ddof=1), rel=1e-6)

def test_regression_equals_polyfit():
    x = _walk(80)
    _, _, slope, r2, residual = roll_line(x, W)
    for j, w in enumerate(W[1:], 1):
        for i in range(30, 80):
            if np.isnan(x[i]):
                continue
            y = x[i - w + 1 : i + 1]
            t = np.arange(w)[np.isfinite(y)]
            y = y[np.isfinite(y)]
            b, a = np.polyfit(t, y, 1)
            np.testing.assert_allclose(
                [slope[j, i], r2[j, i], residual[j, i]],
                [b, np.corrcoef(t, y)[0, 1] ** 2, y[-1] - a - b * t[-1]],
                rtol=1e-8,
                atol=1e-9,
            )

def test_extremes_and_ranks_equal_pandas():
    x = np.round(_walk(), 0)  # rounded: ties
    windows = np.array([2, 5, 20, 100])  # 100: by queue
    top, age = roll_max(x, windows)
    rank = roll_rank(x, windows)
    for j, w in enumerate(windows):
        r = pd.Series(x).rolling(w, min_periods=1)
        np.testing.assert_array_equal(top[j], r.max())
        np.testing.assert_allclose(rank[j], np.where(np.isnan(x), np.nan, r.rank(pct=True)), rtol=1e-12)
        oldest = r.apply(lambda y: len(y) - 1 - np.nanargmax(y) if np.isfinite(y).any() else np.nan, raw=True)
        np.testing.assert_array_equal(age[j], oldest)

def test_quantiles_equal_pandas():
    x = _walk()
    q = roll_quantile(x, W, np.array([0.2, 0.8]))
    for j, w in enumerate(W):
        for s, share in enumerate([0.2, 0.8]):
            np.testing.assert_allclose(q[j, s], pd.Series(x).rolling(w, min_periods=1).quantile(share), rtol=1e-12)

def test_joint_moments_equal_pandas():
    x = _walk(seed=1)
    y = _walk(seed=2)
    cov, vx, vy, count = roll_joint(x, y, W)
    for j, w in enumerate(W):
        ok = np.isfinite(x * y)
        want = pd.Series(x).rolling(w, min_periods=1).cov(pd.Series(y)).to_numpy()
        np.testing.assert_allclose(cov[j][ok], want[ok], rtol=1e-8, atol=1e-9)
        np.testing.assert_allclose(
            vx[j][ok], pd.Series(np.where(ok, x, np.nan)).rolling(w, min_periods=1).var()[ok], rtol=1e-8, atol=1e-9
        )

def test_shape_and_weighted_sums():
    from scipy.stats import kurtosis, skew

    x = _walk(60, holes=False)
    s, k, c = roll_shape(x, 20)
    np.testing.assert_allclose([s[-1], k[-1]], [skew(x[-20:]), kurtosis(x[-20:], fisher=False)], rtol=1e-9)
    total, weight = roll_weighted(x, np.array([0.5, 0.3, 0.2]))
    assert (
        total[10] == pytest.approx(0.5 * x[10] + 0.3 * x[9] + 0.2 * x[8])
        and weight[10] == pytest.approx(1)
        and weight[0] == 0.5
    )

def _kernels(x, y):
    w = np.array([5, 20])
    return np.vstack(
        [
            roll_count(x, w),
            roll_sum(x, w),
            *roll_moments(x, w),
            *roll_line(x, w),
            *roll_max(x, w),
            roll_rank(x, w),
            *roll_quantile(x, w, np.array([0.2, 0.8])),
            *roll_joint(x, y, w),
            *roll_shape(x, 20),
            *roll_weighted(x, np.linspace(1, 0.1, 20)),
        ]
    )

@pytest.mark.parametrize("cut", [1, 7, 100])
def test_history_before_the_window_changes_no_bit(cut):
    x = _walk()
    y = _walk(seed=3)
    np.testing.assert_array_equal(_kernels(x, y)[:, cut + 19 :], _kernels(x[cut:], y[cut:])[:, 19:])

def test_the_future_changes_no_bit():
    x = _walk()
    y = _walk(seed=3)
    np.testing.assert_array_equal(_kernels(x, y)[:, :200], _kernels(x[:200], y[:200]))

def test_a_running_sum_would_fail():
    x = _walk(holes=False)

    def running(x):
        return np.cumsum(x)[19:] - np.concatenate([[0], np.cumsum(x)[:-20]])

    assert (running(x)[100:] != running(x[100:])).any()
