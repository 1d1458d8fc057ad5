# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.evaluate.ic import *
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr, spearmanr
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.labels import forward_return

def _market(seed=0, dates=12, assets=9, holes=0.1):
    """A small panel with holes, two scores (one with ties, one with gaps) and two labels."""
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2020-01-01", periods=dates)
    pairs = [(d, f"A{a}") for a in range(assets) for d in days[rng.integers(0, 3) :]]
    frame = pd.DataFrame(pairs, columns=["date", "asset"]).assign(close=rng.uniform(1, 2, len(pairs)))
    panel = panel_from_frame(frame)
    S = np.stack([rng.normal(size=panel.n_rows).round(1), rng.normal(size=panel.n_rows)], 1)
    S[rng.random(panel.n_rows) < holes, 1] = np.nan
    return panel, S, [forward_return(panel, 1, 0), forward_return(panel, 3, 1)]

@pytest.mark.parametrize("seed", range(5))
def test_equals_scipy_on_every_date(seed):
    from neuralpha.evaluate.ic import coefficients

    panel, S, ys = _market(seed)
    got = coefficients(panel, S, np.stack([y.values for y in ys], 1))
    compared = 0
    for d in range(panel.n_dates):
        rows = panel.rows_on(panel.dates[d])
        for m in range(2):
            for h in range(2):
                x = S[rows, m]
                y = ys[h].values[rows]
                ok = np.isfinite(x) & np.isfinite(y)
                if ok.sum() < 3:
                    assert np.isnan(got[0][d, m, h]) and np.isnan(got[1][d, m, h])
                    continue
                np.testing.assert_allclose(got[0][d, m, h], pearsonr(x[ok], y[ok])[0], atol=1e-13)
                np.testing.assert_allclose(got[1][d, m, h], spearmanr(x[ok], y[ok])[0], atol=1e-13)
                compared += 1
    assert compared > 20

def test_sorting_is_exact_where_32_bits_cannot_tell_values_apart():
    from neuralpha.evaluate.ic import _argsort

    rng = np.random.default_rng(0)
    for x in (
        1 + 1e-12 * rng.permutation(500),
        rng.normal(size=700) * 1e-50,
        rng.choice([-0.0, 0.0, 1.0, -np.inf, np.nan, 1e300], 300),
        rng.standard_cauchy(900),
    ):
        order = np.empty(len(x), np.int32)
        n = len(x)
        n = _argsort(x, order, np.empty(n, np.float32), np.empty(n, np.int32), np.empty(n, np.uint32))
        finite = x[np.isfinite(x)]
        assert n == len(finite)
        np.testing.assert_array_equal(x[order[:n]], np.sort(finite))

def test_series_arrays_and_frames_agree():
    panel, S, ys = _market()
    whole = rank_ic(S, ys, panel)
    assert whole.shape[1] == 4
    one = rank_ic(panel.series(S[:, 1]).dropna(), ys[1])
    pd.testing.assert_series_equal(one, whole[1][3], check_names=False)
    both = pd.DataFrame({"a": panel.series(S[:, 0]), "b": panel.series(S[:, 1])})
    pd.testing.assert_series_equal(
        ic(both, ys[0])["b"], ic(panel.series(S[:, 1]), panel.series(ys[0].values)), check_names=False
    )

def test_asset_order_and_monotone_maps_do_not_matter():
    panel, S, ys = _market()
    s = panel.series(S[:, 0])
    shuffled = s.sample(frac=1, random_state=0)
    pd.testing.assert_series_equal(ic(s, ys[0]), ic(shuffled, ys[0]))
    pd.testing.assert_series_equal(rank_ic(s, ys[0]), rank_ic(np.exp(3 * s), ys[0]))
    pd.testing.assert_series_equal(ic(s, ys[0]), -ic(-2 * s, ys[0]))

def test_the_number_of_threads_does_not_change_a_bit():
    from neuralpha.core import limit_threads
    from neuralpha.evaluate.ic import coefficients

    panel, S, ys = _market(dates=450, assets=20)
    Y = np.stack([y.values for y in ys], 1)
    with limit_threads(1):
        one = coefficients(panel, S, Y)
    for a, b in zip(one, coefficients(panel, S, Y)):
        np.testing.assert_array_equal(a, b)

def test_constant_scores_have_no_ic():
    panel, S, ys = _market()
    assert (
        ic(np.full(panel.n_rows, 0.1), ys[0]).isna().all() and rank_ic(np.full(panel.n_rows, 0.1), ys[0]).isna().all()
    )

@pytest.mark.parametrize(
    "change, message",
    [
        (lambda s: s.rename(index={"A1": "ZZ"}, level=1), "ZZ on"),
        (lambda s: pd.concat([s, s.iloc[[3]]]), "more than once"),
        (lambda s: s.droplevel(0), "MultiIndex"),
        (lambda s: s.to_numpy()[:5], "5 rows"),
    ],
)
def test_what_does_not_fit_the_panel_is_named(change, message):
    panel, S, ys = _market()
    with pytest.raises(NeuralphaError, match=message):
        ic(change(panel.series(S[:, 0])), ys[0])

def test_levels_of_an_index_are_told_by_their_names_or_by_what_they_hold():
    days = pd.bdate_range("2024-01-02", periods=6)
    assets = list("ABCD")
    index = pd.MultiIndex.from_product([days, assets], names=["date", "asset"])
    scores = pd.Series(np.random.default_rng(0).standard_normal(24), index)
    labels = pd.Series(np.random.default_rng(1).standard_normal(24), index)
    want = ic(scores, labels)
    turned = scores.swaplevel()
    for s in (
        turned,
        turned.rename_axis(["instrument", "datetime"]),
        turned.rename_axis([None, None]),
        scores.rename_axis([None, None]),
        scores.rename_axis(["when", "ticker"]),
    ):
        pd.testing.assert_series_equal(ic(s, labels), want)
        pd.testing.assert_series_equal(ic(labels.swaplevel(), s), ic(labels, scores))
    panel = panel_from_frame(scores.reset_index(name="x"), "p")
    np.testing.assert_array_equal(panel_rows(panel, turned.index), panel_rows(panel, index))
    numbers = scores.set_axis(pd.MultiIndex.from_product([[20240102, 20240103], range(20240101, 20240113)]))
    with pytest.raises(NeuralphaError, match="which of its levels are the dates is told neither by their names"):
        ic(numbers, numbers)
