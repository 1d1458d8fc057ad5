# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.cross_section import *
import matplotlib.pyplot as plt
import numba
import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, pearsonr, rankdata, spearmanr
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame

def _market(seed=0, n_dates=12, n_assets=9, holes=0.1):
    """A small panel with holes, and four columns: ties, gaps, both zeros and infinities, a constant."""
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2020-01-01", periods=n_dates)
    pairs = [(d, f"A{a:02d}") for a in range(n_assets) for d in days[rng.integers(0, 3) :]]
    frame = pd.DataFrame(pairs, columns=["date", "asset"]).assign(close=rng.uniform(1, 2, len(pairs)))
    names = frame["asset"].unique()
    sectors = pd.DataFrame({"sector": [f"X{a % 3}" for a in range(len(names))]}, index=names)
    panel = panel_from_frame(frame, tradable=rng.random(len(frame)) < 0.95, attributes=sectors)
    values = np.stack([*rng.normal(size=(2, panel.n_rows)).round(1), rng.normal(size=panel.n_rows)], 1)
    values[rng.random(panel.n_rows) < holes, 1] = np.nan
    values[:, 2] = np.where(rng.random(panel.n_rows) < 0.3, rng.choice([0.0, -0.0, np.inf, -np.inf]), values[:, 2])
    return panel, np.column_stack([values, np.full(panel.n_rows, 0.1)])

@pytest.mark.parametrize("groups", [1, 3])
def test_sets_are_those_of_a_groupby(groups):
    panel, _ = _market()
    within = np.random.default_rng(1).integers(-1, groups, panel.n_rows)
    rows, offsets = cross_sections(panel, within)
    assert len(offsets) == groups * panel.n_dates + 1 and sorted(rows) == np.flatnonzero(within >= 0).tolist()
    for cell, part in enumerate(np.split(rows, offsets[1:-1])):
        of_cell = (panel.date_code == cell // groups) & (within == cell % groups)
        assert part.tolist() == np.flatnonzero(of_cell).tolist()

@pytest.mark.parametrize("dates", [pd.bdate_range("2020-01-01", periods=5).to_numpy(), np.array([7, 9, -3, 70_000])])
def test_a_column_of_dates_is_taken_apart_in_any_order(dates):
    date = np.random.default_rng(0).choice(dates, 100)
    rows, offsets = sections_of(date)
    parts = np.split(rows, offsets[1:-1])
    for value, part in zip(np.unique(date), parts, strict=True):
        assert part.tolist() == np.flatnonzero(date == value).tolist()

@pytest.mark.parametrize(("threads", "n_dates", "parts"), [(1, 1000, 1), (4, 199, 1), (4, 1000, 10), (2, 5000, 16)])
def test_each_date_is_visited_once_and_short_histories_start_no_thread(threads, n_dates, parts, monkeypatch):
    monkeypatch.setattr(numba, "get_num_threads", lambda: threads)
    spans = []
    over_dates(lambda first, last: spans.append((int(first), int(last))), n_dates)
    assert len(spans) == parts
    assert [day for span in sorted(spans) for day in range(*span)] == list(range(n_dates))

def test_sorting_is_exact_where_32_bits_cannot_tell_values_apart():
    from neuralpha.cross_section import _scratch, _sort_finite

    rng = np.random.default_rng(0)
    for x in (
        1 + 1e-12 * rng.permutation(500),
        rng.normal(size=700) * 1e-50,
        rng.choice([-0.0, 0.0, 1.0, -np.inf, np.nan, 1e300], 300),
        rng.standard_cauchy(900),
        np.full(5, np.nan),
    ):
        order = np.empty(len(x), np.int32)
        n = _sort_finite(x, order, _scratch(len(x)))
        finite = x[np.isfinite(x)]
        assert n == len(finite)
        np.testing.assert_array_equal(x[order[:n]], np.sort(finite))

def test_equal_values_stay_in_row_order():
    from neuralpha.cross_section import _scratch, _sort_finite

    x = np.random.default_rng(0).integers(0, 5, 400).astype(float)
    order = np.empty(400, np.int32)
    _sort_finite(x, order, _scratch(400))
    np.testing.assert_array_equal(order, np.argsort(x, kind="stable"))

@pytest.mark.parametrize("within", [False, True])
def test_ranks_are_those_of_scipy_less_their_mean(within):
    panel, values = _market()
    group = panel.asset_code % 2 if within else np.zeros(panel.n_rows, int)
    got = rank_within_date(panel, values, within=group if within else None).ranks
    for d in range(panel.n_dates):
        for g in set(group):
            for m in range(values.shape[1]):
                rows = np.flatnonzero((panel.date_code == d) & (group == g))
                have = rows[np.isfinite(values[rows, m])]
                np.testing.assert_array_equal(got[have, m], rankdata(values[have, m]) - (len(have) + 1) / 2)
                assert np.isnan(got[np.setdiff1d(rows, have), m]).all()

@pytest.mark.parametrize("q", [2, 3, 5, 10])
def test_quantiles_are_those_of_qcut(q):
    panel, _ = _market(n_dates=40, n_assets=23)
    values = np.random.default_rng(0).normal(size=panel.n_rows)
    groups = rank_within_date(panel, values[:, None], q).quantiles[:, 0]
    by_date = pd.Series(values).groupby(panel.date_code)
    np.testing.assert_array_equal(groups, by_date.transform(lambda v: pd.qcut(v, q, labels=False) + 1))

def test_ties_share_a_quantile():
    panel, _ = _market(n_dates=40, n_assets=23)
    values = np.round(np.random.default_rng(1).normal(size=panel.n_rows))
    groups = rank_within_date(panel, values[:, None]).quantiles[:, 0]
    table = pd.DataFrame({"d": panel.date_code, "v": values, "g": groups})
    assert (table.groupby(["d", "v"]).g.nunique() == 1).all() and groups.min() >= 1 and groups.max() <= 5
    assert (table.sort_values(["d", "v"]).groupby("d").g.apply(lambda g: g.is_monotonic_increasing)).all()

def test_a_number_of_quantiles_that_cuts_nothing_is_refused():
    with pytest.raises(NeuralphaError, match="quantiles is 1; it must be a whole number between 2 and 100"):
        rank_within_date(*_market(), quantiles=1)

def test_scales_equal_scipy_date_by_date():
    panel, values = _market(n_dates=30, n_assets=30)
    for v in values.T:
        rank, z, gauss = (standardise_by_date(panel, v, kind) for kind in ("rank", "z", "gauss"))
        for d in range(panel.n_dates):
            rows = np.flatnonzero((panel.date_code == d) & np.isfinite(v))
            n = len(rows)
            r = rankdata(v[rows])
            np.testing.assert_array_equal(rank[rows], 2 * r / (n + 1) - 1)
            np.testing.assert_allclose(gauss[rows], norm.ppf(r / (n + 1)), atol=1e-12)
            spread = v[rows].std()
            want = (v[rows] - v[rows].mean()) / spread if np.ptp(v[rows]) else np.zeros(n)
            np.testing.assert_allclose(z[rows], want, atol=1e-12)
        for out in (rank, z, gauss):
            np.testing.assert_array_equal(np.isfinite(out), np.isfinite(v))

def test_many_columns_in_place_are_each_column_alone():
    rng = np.random.default_rng(0)
    panel, _ = _market(n_dates=20, n_assets=30)
    table = rng.normal(size=(panel.n_rows, 37)).round(1).astype(np.float32)
    table[rng.random(table.shape) < 0.1] = np.nan
    among = cross_sections(panel, np.where(panel.tradable, 0, -1))
    for kind in ("rank", "z"):
        got = table.copy()
        missing = standardise_columns(got, among, kind, fill=0.0)
        want = [standardise(column, among, kind) for column in table.T]
        live = panel.tradable
        np.testing.assert_array_equal(got[live], np.nan_to_num(np.stack(want, 1)).astype(np.float32)[live])
        np.testing.assert_array_equal(got[~live], table[~live])
        np.testing.assert_array_equal(missing.sum(0), np.isnan(table[live]).sum(0))

def test_scores_are_held_to_a_limit():
    panel, values = _market(n_assets=20)
    values[3, 0] = 1e6
    free = standardise_by_date(panel, values[:, 0], "z")
    held = values[:, :1].copy()
    standardise_columns(held, cross_sections(panel), "z", limit=1.5)
    np.testing.assert_array_equal(held[:, 0], np.clip(free, -1.5, 1.5))

def test_a_scale_that_does_not_exist_is_refused():
    panel, values = _market()
    with pytest.raises(NeuralphaError, match="rnak"):
        standardise_by_date(panel, values[:, 0], "rnak")

def test_classes_are_balanced():
    p = panel_from_frame(
        pd.DataFrame({"date": "2024-01-02", "asset": [f"{i:02}" for i in range(20)], "close": np.arange(20.0)})
    )
    assert standardise_by_date(p, p.fields["close"], "quantile", 5).tolist() == np.repeat(np.arange(5.0), 4).tolist()
    assert standardise_by_date(p, np.ones(20), "quantile", 3).tolist() == [1] * 20

@pytest.mark.parametrize("bins", [2, 3, 4, 5, 10])
def test_classes_differ_in_size_by_one_at_most_and_both_ends_are_alike(bins):
    long = pd.DataFrame(
        [(pd.Timestamp("2024-01-01") + pd.Timedelta(n, "D"), f"{i:02}") for n in range(61) for i in range(n)],
        columns=["date", "asset"],
    )
    p = panel_from_frame(long.assign(close=1.0))
    v = np.random.default_rng(0).permutation(p.n_rows).astype(float)
    got = pd.DataFrame({"n": p.date_code + 1, "v": v, "bin": standardise_by_date(p, v, "quantile", bins)})
    for n, day in got.groupby("n"):
        assert sorted(np.bincount(day.bin.astype(int), minlength=bins)) == sorted(
            map(len, np.array_split(np.arange(n), bins))
        )
        assert day.sort_values("v").bin.is_monotonic_increasing
    median = 2 * got.groupby("n").v.rank() == got.n + 1  # lies between two bins where their number is even
    assert (standardise_by_date(p, -v, "quantile", bins) == bins - 1 - got.bin)[~median | (bins % 2 == 1)].all()
    halves = standardise_by_date(p, v // 2, "quantile", bins)  # ties
    assert pd.DataFrame({"n": p.date_code, "v": v // 2, "bin": halves}).groupby(
        ["n", "v"]
    ).bin.nunique().max() == 1 and set(halves) == set(range(bins))

def test_classes_of_four_and_of_nine():
    def sizes(n):
        return np.bincount(
            standardise_by_date(
                panel_from_frame(pd.DataFrame({"date": "2024-01-02", "asset": [*"ABCDEFGHI"][:n], "close": 1.0})),
                np.arange(n),
                "quantile",
            ).astype(int),
            minlength=5,
        ).tolist()

    assert sizes(9) == [2, 2, 1, 2, 2] and sizes(4) == [1, 1, 0, 1, 1] and sizes(1) == [0, 0, 1, 0, 0]

@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_what_is_known_of_a_column_has_numpys_bits_and_no_warning(kind):
    import warnings

    rng = np.random.default_rng(0)
    table = rng.normal(size=(500, 6)).astype(kind)
    table[rng.random(table.shape) < 0.3] = np.nan
    for values in (table, table[:, 0], np.nan_to_num(table)):
        np.testing.assert_array_equal(known_mean(values), np.nanmean(values, 0))
        np.testing.assert_array_equal(known_deviation(values), np.nanstd(values, 0))
        assert known_mean(values).dtype == known_deviation(values).dtype == kind
    table[:, 2] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (
            np.isnan(known_mean(table)).tolist()
            == np.isnan(known_deviation(table)).tolist()
            == [False, False, True] + 3 * [False]
        )
        assert np.isnan(known_mean(np.empty((0, 2)))).all()

def test_means_equal_groupby():
    panel, values = _market(n_dates=40, n_assets=30)
    sector = panel.attributes["sector"].reindex(panel.assets[panel.asset_code]).to_numpy()
    live = pd.Series(np.where(panel.tradable, values[:, 1], np.nan))
    for by, groups in (("market", [panel.date_code]), ("sector", [panel.date_code, sector])):
        want = live.groupby(groups).transform("mean")
        np.testing.assert_allclose(mean_by_date(panel, values[:, 1], by), want, rtol=1e-12, atol=1e-15)

def test_a_group_without_values_has_no_mean():
    means = group_means(np.array([1.0, 2.0, np.nan, 5.0]), np.array([0, 0, 1, 3]), 5)
    np.testing.assert_array_equal(means, [1.5, np.nan, np.nan, 5.0, np.nan])

def test_means_of_sectors_ask_for_sectors():
    panel = panel_from_frame(
        pd.DataFrame({"date": pd.bdate_range("2024-01-01", periods=2), "asset": "A", "close": 1.0}), "plain"
    )
    with pytest.raises(NeuralphaError, match="plain has no attribute 'sector'"):
        mean_by_date(panel, panel.fields["close"], "sector")

@pytest.mark.parametrize("seed", range(5))
def test_correlations_equal_scipy_on_every_date(seed):
    panel, values = _market(seed)
    S, Y = values[:, :2], np.random.default_rng(seed + 9).normal(size=(panel.n_rows, 2))
    Y[panel.date_code > 9, 1] = np.nan
    got = correlations(panel, S, Y)
    compared = 0
    for d in range(panel.n_dates):
        rows = panel.rows_on(panel.dates[d])
        for m in range(2):
            for h in range(2):
                ok = np.isfinite(S[rows, m]) & np.isfinite(Y[rows, h])
                if ok.sum() < 3:
                    assert np.isnan(got.pearson[d, m, h]) and np.isnan(got.spearman[d, m, h])
                    continue
                x, y = S[rows[ok], m], Y[rows[ok], h]
                np.testing.assert_allclose(got.pearson[d, m, h], pearsonr(x, y)[0], atol=1e-13)
                np.testing.assert_allclose(got.spearman[d, m, h], spearmanr(x, y)[0], atol=1e-13)
                compared += 1
    assert compared > 20

def test_the_number_of_threads_does_not_change_a_bit(monkeypatch):
    panel, values = _market(n_dates=450, n_assets=20)
    labels = np.random.default_rng(0).normal(size=(panel.n_rows, 2))

    def everything():
        return (
            *correlations(panel, values, labels),
            *rank_within_date(panel, values),
            standardise_by_date(panel, values[:, 1], "z"),
        )

    monkeypatch.setattr(numba, "get_num_threads", lambda: 1)
    one = everything()
    monkeypatch.setattr(numba, "get_num_threads", lambda: 4)
    for a, b in zip(one, everything(), strict=True):
        np.testing.assert_array_equal(a, b)

def test_a_constant_side_has_no_correlation():
    panel, values = _market()
    got = correlations(panel, values[:, 3:], np.random.default_rng(0).normal(size=(panel.n_rows, 1)))
    assert np.isnan(got.pearson).all() and np.isnan(got.spearman).all()

def test_where_the_squares_are_too_large_or_too_small_there_is_no_pearson_correlation_and_the_ranks_stay():
    panel, values = _market()
    y = np.random.default_rng(0).normal(size=(panel.n_rows, 1))
    usual = correlations(panel, values[:, :1], y)
    for size in (1e200, 1e-200):
        got = correlations(panel, size * values[:, :1], y)
        assert np.isnan(got.pearson).all()
        np.testing.assert_array_equal(got.spearman, usual.spearman)

def test_rows_of_a_matrix_correlate_as_numpy_says():
    a, b = np.random.default_rng(0).normal(size=(2, 5, 30))
    known = [np.corrcoef(x, y)[0, 1] for x, y in zip(a, b)]
    np.testing.assert_allclose(correlation_by_row(a, b), known, rtol=1e-12)
    assert np.isnan(correlation_by_row(np.ones((1, 3)), np.arange(3.0)[None]))

def test_one_pair_is_the_same_correlation():
    panel, values = _market(n_dates=60, n_assets=30)
    x, y = values[:, 0], np.random.default_rng(0).normal(size=panel.n_rows)
    mixed = np.random.default_rng(1).permutation(panel.n_rows)
    want = correlations(panel, x[:, None], y[:, None]).pearson[:, 0, 0]
    for date in (panel.date_code, panel.dates[panel.date_code]):
        np.testing.assert_allclose(correlation_by_date(x[mixed], y[mixed], date[mixed]), want, atol=1e-13)

def test_dates_without_rows_are_kept_where_their_number_is_given():
    date = np.array([1, 1, 1, 3, 3, 3])
    x = np.array([1.0, 2.0, 4.0, 5.0, 5.0, 5.0])
    got = correlation_by_date(x, x[::-1] + x, date, 5)
    assert np.isfinite(got).tolist() == [False, True, False, False, False]
    assert len(correlation_by_date(x, x, date)) == 2

def test_sums_of_centred_values_give_the_correlation():
    a, b = np.random.default_rng(0).normal(size=(2, 50))
    got = correlation_of_sums(50, a.sum(), b.sum(), a @ a, b @ b, a @ b)
    np.testing.assert_allclose(got, pearsonr(a, b)[0], atol=1e-14)
    assert np.isnan(correlation_of_sums(2, 0.0, 0.0, 1.0, 1.0, 1.0))
    assert np.isnan(correlation_of_sums(9, 0.0, 0.0, 0.0, 1.0, 0.0))
