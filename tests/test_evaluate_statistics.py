# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.evaluate.statistics import *
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError

def _overlapping(reps, n, h, seed=0):
    shocks = np.random.default_rng(seed).normal(size=(reps, n + h - 1))
    return np.lib.stride_tricks.sliding_window_view(shocks, h, axis=1).sum(-1)

@pytest.mark.parametrize("n, h", [(500, 1), (500, 5), (250, 20), (126, 20), (60, 5)])
def test_a_true_null_is_rejected_about_as_often_as_said_however_few_the_labels_are(n, h):
    samples, nothing = _overlapping(400, n, h), np.zeros(n)
    rate = {"hac": [hac_mean(x, h, 1)["p"] < .05 for x in samples], "t > 1.96": [abs(hac_mean(x, h, 1)["t"]) > 1.96 for x in samples],
            "diebold_mariano": [diebold_mariano(x, nothing, h, 1)["p"] < .05 for x in samples],
            "paired": [paired_bootstrap(x, nothing, h, 1, reps=200)["p"] < .05 for x in samples[:200]]}
    rate = {k: np.mean(v) for k, v in rate.items()}
    assert .02 < rate["hac"] < .15 and .01 <= rate["diebold_mariano"] < .13 and .01 <= rate["paired"] < .13
    if n < 25*h: assert rate["t > 1.96"] > 1.4*rate["hac"] # what the correction is for

def test_hac_lag_covers_the_overlap():
    for h in (1, 2, 5, 20):
        for d in (0, 1, 2): assert hac_lag(1000, h, d) >= h - 1 + d

def test_hac_equals_newey_west_by_hand():
    x = np.random.default_rng(1).normal(size=200)
    got, e, n = hac_mean(x), x - x.mean(), 200
    lrv = e @ e/n + 2*sum((1 - k/(got["lag"] + 1))*(e[k:] @ e[:-k])/n for k in range(1, got["lag"] + 1))
    np.testing.assert_allclose(got["se"], np.sqrt(lrv/n*n/(n - 1)), rtol=1e-10)

@pytest.mark.parametrize("method", ["stationary", "circular"])
def test_bootstrap_intervals_cover_the_truth(method):
    for n, h in ((400, 5), (126, 20), (60, 5)):
        hits = [(b := bootstrap_interval(x, h, reps=200, method=method))["low"] <= 0 <= b["high"] for x in _overlapping(150, n, h, 2)]
        assert .89 <= np.mean(hits) <= .99

def test_many_blocks_need_no_widening():
    from arch.bootstrap import StationaryBootstrap
    assert few_blocks(10_000, 2) == pytest.approx(1, abs=1e-3) and few_blocks(126, 21) == pytest.approx(np.sqrt(126/105)*3.182/1.96, rel=1e-3)
    x = np.random.default_rng(0).normal(size=2000)
    got = bootstrap_interval(x, reps=400, seed=3)
    low, high = StationaryBootstrap(got["block"], x, seed=3).conf_int(np.mean, 400, method="percentile", size=.95).ravel()
    assert (got["low"], got["high"]) == pytest.approx((low, high), rel=.02)

def test_bootstrap_is_reproducible_and_depends_on_the_seed():
    x = np.random.default_rng(0).normal(size=100)
    assert bootstrap_interval(x, seed=1) == bootstrap_interval(x, seed=1) != bootstrap_interval(x, seed=2)

@pytest.mark.parametrize("n", [3, 12, 29, 30, 200])
def test_blocks_fit_any_number_of_dates(n):
    x = np.random.default_rng(0).normal(size=n)
    for horizon in (1, 5, 60): assert 1 <= block_length(x, horizon, 1) <= max(n//3, 1)
    assert block_length(x, 5, 1) >= min(6, n//3) and block_length(np.ones(n), 1, 0) == 1

@pytest.mark.parametrize("n, block", [(3, 1), (60, 7), (61, 20), (250, 4)])
def test_draws_are_those_of_arch(n, block):
    from arch.bootstrap import CircularBlockBootstrap, StationaryBootstrap
    from neuralpha.evaluate.statistics import _resampled
    for method, kind in (("stationary", StationaryBootstrap), ("circular", CircularBlockBootstrap)):
        known = [data[0] for data, _ in kind(block, np.arange(n), seed=n).bootstrap(40)]
        np.testing.assert_array_equal(_resampled(n, block, 40, n, method), known)
    with pytest.raises(NeuralphaError, match="'moving' is not known"): _resampled(n, block, 40, n, "moving")

def test_bootstrap_means_are_those_of_arch():
    from arch.bootstrap import StationaryBootstrap
    x = np.random.default_rng(0).normal(size=(120, 2))
    want = StationaryBootstrap(6, x, seed=3).apply(lambda v: v.mean(0), 50)
    got = bootstrap_means(x, 6, 50, 3)
    np.testing.assert_allclose(got, want, atol=1e-15)
    np.testing.assert_allclose(bootstrap_means(x[:, 0], 6, 50, 3), got[:, 0], atol=1e-15) # the same dates, summed in another order
    with pytest.raises(NeuralphaError, match="'stationary' or 'circular'"): bootstrap_means(x, 6, method="iid")

def test_too_few_dates_is_an_error():
    with pytest.raises(NeuralphaError, match="2 finite values"): hac_mean([.1, .2, np.nan])

def test_paired_tests_see_what_the_single_intervals_hide():
    rng = np.random.default_rng(1)
    common = rng.normal(0, .1, 400)
    a, b = .03 + common + rng.normal(0, .02, 400), .02 + common + rng.normal(0, .02, 400)
    assert bootstrap_interval(a)["low"] < bootstrap_interval(b)["high"] # alone, they overlap
    assert paired_bootstrap(a, b)["p"] < .01 and diebold_mariano(-a, -b)["p"] < .01
    assert paired_bootstrap(a, a)["p"] == 1 and diebold_mariano(a, a)["p"] == 1

def test_paired_tests_keep_their_size():
    rng = np.random.default_rng(2)
    gaps = rng.normal(size=(1000, 300))
    zero = np.zeros(300)
    assert .025 < np.mean([diebold_mariano(g, zero)["p"] < .05 for g in gaps]) < .09
    assert .02 < np.mean([paired_bootstrap(g, zero, reps=200)["p"] < .05 for g in gaps[:200]]) < .10

def test_diebold_mariano_is_the_published_formula():
    # Harvey, Leybourne, Newbold (1997): sqrt((n + 1 - 2h + h(h-1)/n)/n) times the uncorrected statistic
    g = np.random.default_rng(0).normal(.1, 1, 60)
    plain, got = hac_mean(g, 3, 0), diebold_mariano(g, np.zeros(60), 3, 0)
    np.testing.assert_allclose(got["t"], plain["t"]*np.sqrt((61 - 6 + 6/60)/60))

def test_holm_is_that_of_statsmodels():
    from statsmodels.stats.multitest import multipletests
    for n in (1, 2, 17):
        p = np.random.default_rng(n).random(n)**3
        p[-1] = p[0]
        np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1], atol=1e-15)
    assert len(holm([])) == 0

def test_holm_by_hand():
    np.testing.assert_allclose(holm([.01, .04, .03]), [.03, .06, .06])

def test_model_confidence_set_keeps_the_best_and_drops_the_worst():
    rng = np.random.default_rng(3)
    losses = pd.DataFrame({"good": rng.normal(0, 1, 400), "same": rng.normal(0, 1, 400), "bad": rng.normal(1, 1, 400)})
    got = model_confidence_set(losses)
    assert got.included.to_dict() == {"good": True, "same": True, "bad": False}

def test_a_model_entered_twice_changes_nothing():
    rng = np.random.default_rng(3)
    losses = pd.DataFrame({"good": rng.normal(0, 1, 400), "bad": rng.normal(1, 1, 400)})
    got = model_confidence_set(losses.assign(again=losses["good"]))
    assert got.included.to_dict() == {"good": True, "bad": False, "again": True} and got.p["good"] == got.p["again"]
    assert model_confidence_set(losses[["good"]].assign(again=losses["good"])).included.all()

def test_the_best_of_noise_is_not_superior():
    rng = np.random.default_rng(4)
    noise = pd.DataFrame(rng.normal(size=(300, 30)))
    assert superior_ability(np.zeros(300), noise)["spa"] > .05
    assert superior_ability(np.zeros(300), noise.assign(skill=noise[0] - .3))["reality_check"] < .05

def test_variance_split_recovers_what_was_planted():
    rng = np.random.default_rng(0)
    v = .03 + rng.normal(0, .1, (1000, 1)) + rng.normal(0, .02, (1, 40)) + rng.normal(0, .03, (1000, 40))
    got = variance_split(pd.DataFrame(v))
    assert abs(got["sd_seed"] - .02) < .005 and abs(got["sd_within"] - .03) < .001 and abs(got["se_time"] - .1/np.sqrt(1000)) < .0006

def test_overlapping_labels_are_not_taken_for_seeds():
    rng, sd, raw = np.random.default_rng(1), [], []
    for _ in range(20):
        shocks = rng.normal(0, .03, (519, 10))
        v = pd.DataFrame(np.lib.stride_tricks.sliding_window_view(shocks, 20, axis=0).mean(-1)) # seeds that differ by chance alone
        sd.append(variance_split(v, 20)["sd_seed"])
        raw.append(v.mean().std())
    assert np.mean(np.square(sd)) < .5*np.mean(np.square(raw))

def test_variance_split_needs_two_seeds():
    with pytest.raises(NeuralphaError, match="One seed"): variance_split(pd.DataFrame({0: [1., 2, 3]}))

@pytest.mark.parametrize("skew, kurtosis, answer", [(-2.448, 10.164, .91336), (0, 3, .98167), (-2.448, 10.164 - 3, .91997)])
def test_probabilistic_sharpe_gives_the_published_answers(skew, kurtosis, answer):
    assert abs(probabilistic_sharpe(.458, 24, skew, kurtosis) - answer) < 5e-6

@pytest.mark.parametrize("trials, skew, kurtosis, answer", [(100, -3, 10, .90040), (46, -3, 10, .95050), (88, 0, 3, .95049)])
def test_deflated_sharpe_gives_the_published_answers(trials, skew, kurtosis, answer):
    threshold = luck_threshold(trials, np.sqrt(.5/250))
    if trials == 100: assert abs(threshold - .113172) < 5e-7
    assert abs(probabilistic_sharpe(2.5/np.sqrt(250), 1250, skew, kurtosis, threshold) - answer) < 5e-6

def test_sharpe_report_agrees_with_the_closed_form():
    x = np.random.default_rng(0).standard_t(4, 700)*.01 + .0008
    r = sharpe_report(x, 252, trials=20)
    assert abs(r["psr"] - probabilistic_sharpe(r["sharpe"], 700, r["skew"], r["kurtosis"])) < 1e-12
    assert abs(r["threshold"] - luck_threshold(20, r["trial_sd"])) < 1e-12
    assert abs(r["dsr"] - probabilistic_sharpe(r["sharpe"], 700, r["skew"], r["kurtosis"], r["threshold"])) < 1e-12
    n = int(r["min_bars"])
    assert probabilistic_sharpe(r["sharpe"], n, r["skew"], r["kurtosis"]) >= .95 > probabilistic_sharpe(r["sharpe"], n - 1, r["skew"], r["kurtosis"])

def test_more_trials_deflate_more_and_a_loser_has_no_track_record():
    x = np.random.default_rng(0).normal(.0005, .01, 700)
    assert sharpe_report(x, 252, 1)["dsr"] > sharpe_report(x, 252, 10)["dsr"] > sharpe_report(x, 252, 1000)["dsr"]
    assert sharpe_report(x, 252, 1)["dsr"] == sharpe_report(x, 252)["psr"]
    assert np.isinf(sharpe_report(-abs(x) + .001, 252)["min_bars"])

def _noise(n=320, k=20, seed=0):
    return pd.DataFrame(np.random.default_rng(seed).normal(0, .01, (n, k)), pd.bdate_range("2020-01-01", periods=n))

@pytest.mark.parametrize("configurations, luck", [(2, 1/2), (3, 2/3), (5, 3/5), (20, 1/2)])
def test_noise_is_overfitted_as_often_as_luck_says(configurations, luck):
    found = [backtest_overfitting(_noise(240, configurations, seed), 8) for seed in range(60)]
    pbo = [f["pbo"] for f in found]
    assert found[0]["luck"] == pytest.approx(luck)
    assert abs(np.mean(pbo) - luck) < 3*np.std(pbo)/np.sqrt(len(pbo))

def test_a_winner_at_the_median_counts():
    days = pd.bdate_range("2020-01-01", periods=40)
    early = np.arange(40) < 20
    x = pd.DataFrame({"wins early": np.where(early, 3., 2.), "wins late": np.where(early, 1., 3.), "never": np.where(early, 2., 1.)}, days)
    assert backtest_overfitting(x, 2, metric="mean")["pbo"] == 1 # one winner ends at the median of three, the other last; below the median ends one of two

@pytest.mark.parametrize("k, splits, pbo", [(2, 10, .111111), (3, 10, .944444), (5, 10, .515873), (20, 10, .396825)])
def test_known_answers_of_cscv(k, splits, pbo):
    rng = np.random.default_rng(7)
    for width in (2, 3, 5, 20):
        x = pd.DataFrame(rng.standard_normal((400, width)), pd.bdate_range("2010", periods=400))
        if width == k: assert backtest_overfitting(x, splits)["pbo"] == pytest.approx(pbo, abs=1e-6)

def test_a_constant_configuration_has_no_sharpe_ratio():
    x = _noise(80, 3)
    x[0] = .1
    assert backtest_overfitting(x - .5, 4)["pbo"] == 0

def test_blocks_that_purging_would_empty_are_refused():
    x = _noise(seed=0)
    with pytest.raises(NeuralphaError, match="no longer than a label's life"): backtest_overfitting(x, 8, horizon=len(x)//8, delay=1)

def test_one_truly_better_configuration_is_never_overfitted():
    x = _noise()
    x[0] += .02
    assert backtest_overfitting(x, 8)["pbo"] == 0

def _by_hand(x, splits, span):
    "CSCV by brute force: dates within `span` of the other half are left out of the half that picks."
    import itertools
    from scipy.stats import rankdata
    v, blocks, below = x.to_numpy(), np.array_split(np.arange(len(x)), splits), []
    sharpe = lambda a: a.mean(0)/a.std(0)
    for c in itertools.combinations(range(splits), splits//2):
        out = np.concatenate([blocks[i] for i in range(splits) if i not in c])
        pick = np.array([t for i in c for t in blocks[i] if np.abs(out - t).min() > span])
        below.append(rankdata(sharpe(v[out]))[np.argmax(sharpe(v[pick]))] <= (v.shape[1] + 1)/2)
    return np.mean(below)

@pytest.mark.parametrize("horizon, delay", [(1, 0), (1, 1), (5, 1), (10, 0)])
def test_overfitting_equals_brute_force_with_overlapping_labels_purged(horizon, delay):
    for seed in range(4):
        x = _noise(120, 6, seed)
        assert abs(backtest_overfitting(x, 6, horizon, delay)["pbo"] - _by_hand(x, 6, horizon + delay - 1)) < 1e-12

def test_the_transpose_is_refused():
    with pytest.raises(NeuralphaError, match="dates in its index"): backtest_overfitting(_noise().T)
