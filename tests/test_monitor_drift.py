# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.monitor.drift import *
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from neuralpha.core import NeuralphaError

def test_distances_are_the_known_ones():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=300), np.round(rng.normal(0.3, 1, size=200), 1)
    assert ks_statistic(a, b) == pytest.approx(stats.ks_2samp(a, b).statistic, abs=1e-12)
    known = psi_of_shares(np.full(10, 0.1), [0.05, 0.05, 0.08, 0.10, *[0.12] * 6])
    assert known == pytest.approx(0.095656, abs=1e-6)
    with pytest.raises(NeuralphaError, match="positive shares"):
        psi_of_shares([0.5, 0.5], [1.0, 0.0])
    with pytest.raises(NeuralphaError, match="current sample has no finite"):
        ks_statistic(a, [np.nan])

def test_psi_has_its_law_and_measures_a_shift():
    rng = np.random.default_rng(1)
    null = [psi(*rng.normal(size=(2, 1000))) for _ in range(1000)]
    assert np.mean(null) == pytest.approx(0.018, rel=0.05)
    assert np.quantile(null, 0.95) == pytest.approx(0.0338, rel=0.07)
    large = rng.normal(size=(2, 400_000))
    for shift, known in {0.25: 0.0598, 0.5: 0.2377}.items():
        assert psi(large[0], large[1] + shift) == pytest.approx(known, rel=0.03)
    assert psi(large[0], large[1] * 1.5) == pytest.approx(0.1935, rel=0.03)

def _autoregressive(phi, paths, bars, seed=0):
    shocks = np.random.default_rng(seed).normal(size=(paths, bars + 300)) * np.sqrt(1 - phi**2)
    for t in range(1, bars + 300):
        shocks[:, t] += phi * shocks[:, t - 1]
    return shocks[:, 300:]

def _panel(common, seed, assets=60, correlation=0.2):
    """(date, asset) normal values with a common factor on each date."""
    rng = np.random.default_rng(seed)
    rows = np.sqrt(correlation) * common[:, None] + np.sqrt(1 - correlation) * rng.normal(size=(len(common), assets))
    dates = pd.bdate_range("2018-01-01", periods=len(common))
    return pd.Series(rows.ravel(), pd.MultiIndex.from_product([dates, range(assets)]))

def _cut(panel, dates):
    days = panel.index.get_level_values(0)
    last = days.unique()[dates]
    return panel[days < last], panel[days >= last]

@pytest.mark.parametrize(("phi", "usual"), [(0.0, 0.047), (0.5, 0.205), (0.95, 0.87)])
def test_the_level_holds_where_the_usual_test_fails(phi, usual):
    dates = pd.bdate_range("2018-01-01", periods=1250)
    samples = _autoregressive(phi, 150, 1250, 4)
    plain = [stats.ks_2samp(x[:1000], x[1000:], method="asymp").pvalue < 0.05 for x in samples]
    assert np.mean(plain) == pytest.approx(usual, abs=0.09)
    tests = [
        drift_test(pd.Series(x[:1000], dates[:1000]), pd.Series(x[1000:], dates[1000:]), draws=600) for x in samples
    ]
    most = stats.binom.ppf(0.995, 150, 0.05) / 150
    assert np.mean([t.p < 0.05 for t in tests]) <= most
    assert np.mean([t.pearson_p < 0.05 for t in tests]) <= most

def test_rows_of_a_date_that_move_together_count_as_few():
    alarms, plain = [], []
    for seed in range(60):
        before, now = _cut(_panel(np.random.default_rng(1000 + seed).normal(size=220), seed), 200)
        alarms.append(drift_test(before, now, draws=600).p < 0.05)
        plain.append(stats.ks_2samp(before, now, method="asymp").pvalue < 0.05)
    assert np.mean(plain) > 0.3 and np.mean(alarms) <= stats.binom.ppf(0.995, 60, 0.05) / 60

def test_a_drift_is_found_and_sizes_are_those_of_independent_rows():
    rng = np.random.default_rng(0)
    before, now = _cut(_panel(rng.normal(size=700), 0, correlation=0.0), 600)
    still = drift_test(before, now)
    assert still.reference_size == pytest.approx(600 * 60, rel=0.3) and still.p > 0.01
    assert still.limit == pytest.approx(1.3 * np.sqrt(1 / 36_000 + 1 / 6_000), rel=0.2)
    moved, wider = drift_test(before, now + 0.25), drift_test(before, 1.5 * now)
    assert moved.p < 0.01 and wider.pearson_p < 0.01
    assert moved.psi == pytest.approx(0.0598, rel=0.2) and moved.pearson == pytest.approx(moved.psi, rel=0.2)

def test_psi_of_a_panel_is_that_of_its_rows_and_not_pearsons_distance():
    dates = pd.bdate_range("2018-01-01", periods=160)
    before, now = _cut(_panel(np.random.default_rng(0).normal(size=160), 0), 120)
    found = drift_test(before, 2 * now, draws=100)
    assert found.psi == pytest.approx(psi(before, 2 * now, bins=20), rel=1e-9)
    assert found.pearson > 1.2 * found.psi
    lost = drift_test(pd.Series(np.arange(160.0) % 37, dates), pd.Series(0.0, dates[:100]), draws=100)
    assert np.isfinite(lost.psi) and lost.psi > 1

def test_the_table_names_the_feature_that_moved():
    dates = pd.bdate_range("2018-01-01", periods=800)
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(800, 4)), dates, columns=list("abcd"))
    table.loc[dates[600] :, "c"] += 0.8
    out = drift_table(table.iloc[:600], table.iloc[600:])
    assert out.index[0] == "c" and list(out.index[out["alarm"]]) == ["c"]
    with pytest.raises(NeuralphaError, match="'d' is in one"):
        drift_table(table, table[["a", "b", "c"]])

def test_the_severity_score_is_classic_to_the_digit():
    quiet, three = [0.12, 0.12, 0.12, 0.12], [0.121, 0.121, 0.121]
    known = {
        (0.12, 0, False): (0, "CONTINUE"),
        (0.121, 0, False): (3, "REDUCE_SIZE"),
        (0.12, 1, False): (2, "CONTINUE"),
        (0.12, 0, True): (2, "CONTINUE"),
        (0.12, 1, True): (4, "REDUCE_SIZE"),
        (0.121, 1, False): (5, "PAUSE_STRATEGY"),
        (0.121, 0, True): (5, "PAUSE_STRATEGY"),
        (0.121, 1, True): (7, "PAUSE_STRATEGY"),
    }
    for (ks, moved, slippage), expected in known.items():
        found = severity(ks, three if moved else quiet, slippage)
        assert found[:2] == expected and len(found.reasons) == (ks > 0.12) + moved + slippage
    assert severity(0.0, three[:2], True).action == "CONTINUE"

def test_false_alarms_of_the_severity_score_are_counted():
    dates = pd.bdate_range("2018-01-01", periods=1000)
    index = pd.MultiIndex.from_product([dates, range(20)])
    rng = np.random.default_rng(0)
    calm = pd.DataFrame(rng.normal(size=(20_000, 4)), index)
    out = severity_false_alarms(calm[0], calm, reference=500, window=50)
    assert (out["windows"] == 10).all() and (out["alarms"] == 0).all() and out.loc["either", "high"] > 0.25
    shared = calm + np.repeat(_autoregressive(0.9, 4, 1000).T, 20, axis=0)
    noisy = severity_false_alarms(shared[0], shared, reference=500, window=50)
    assert noisy.loc["either", "rate"] > 0.5
    with pytest.raises(NeuralphaError, match="do not hold"):
        severity_false_alarms(calm[0], calm, reference=990)

PANEL = pd.MultiIndex.from_product([pd.bdate_range("2020-01-01", periods=120), range(8)])

TABLE = pd.DataFrame(np.random.default_rng(0).normal(size=(960, 2)), PANEL, ["a", "b"])

X = TABLE["a"]

@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: ks_statistic(["a"], ["b"]), "reference values are not numbers"),
        (lambda: psi(X, X, bins=0), "bins is 0"),
        (lambda: psi(X, X, bins=2.5), "bins is 2.5"),
        (lambda: psi_of_shares([np.nan, 1.0], [0.5, 0.5]), "positive shares"),
        (lambda: psi_of_shares(["a"], ["b"]), "expected values are not numbers"),
        (lambda: drift_test(X.to_numpy(), X), "reference must be a Series"),
        (lambda: drift_test(X, TABLE), "current must be a Series"),
        (lambda: drift_test(X, None), "current must be a Series"),
        (lambda: drift_test(pd.concat([X, X.iloc[:1]]), X), "two rows of 0 on 2020-01-01"),
        (lambda: drift_test(X, X, level=2), "level is 2"),
        (lambda: drift_test(X, X, draws=0), "draws is 0"),
        (lambda: drift_table(TABLE[[]], TABLE[[]]), "one at least"),
        (lambda: drift_table(TABLE[["a", "a"]], TABLE[["a", "a"]]), "each feature once"),
        (lambda: drift_table(TABLE.assign(b=np.nan), TABLE), "Feature 'b': The reference sample has no finite"),
        (lambda: drift_table(TABLE.assign(b="x"), TABLE), "Feature 'b': .*not numbers"),
        (lambda: severity(np.nan, [0.1]), "prediction_ks is nan; it must be a number"),
        (lambda: severity(0.1, [np.nan]), "of a feature is nan"),
        (lambda: severity("x", [0.1]), "prediction_ks is 'x'; it must be a number"),
        (lambda: severity_false_alarms(X, TABLE.iloc[::-1], 60, 20), "same rows in the same order"),
        (lambda: severity_false_alarms(X, TABLE.iloc[:-1], 60, 20), "same rows in the same order"),
        (lambda: severity_false_alarms(X, TABLE, 60, 0), "window is 0"),
        (lambda: severity_false_alarms(X, TABLE, 0, 20), "reference is 0"),
        (lambda: severity_false_alarms(X, TABLE, 60, 20, level=3), "level is 3"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_sentence(call, said):
    with pytest.raises(NeuralphaError, match=said) as refused:
        call()
    assert "\n" not in str(refused.value)

def test_infinite_values_are_left_out_as_missing_ones_are():
    wild = X.where(X.index.get_level_values(1) != 3, np.inf)
    assert drift_test(wild, X) == drift_test(wild.replace(np.inf, np.nan), X)
