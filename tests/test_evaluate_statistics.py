# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.evaluate.statistics import *
import itertools
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError

def test_what_few_dates_leave_open_is_said_by_their_number():
    assert said_of_months(STEADY_DATES) == "" and said_of_months(249).startswith("249 dates: skill that comes and goes")
    assert all(f"one in {n} then" in said_of_months(d) for d, n in ((10, 4), (249, 4), (250, 8), (500, 10), (999, 10)))
    assert "one in 4 misses below 250 dates, one in 8 misses below 500 dates" in said_of_months()
    for said in (said_of_months(), said_of_months(250)):
        assert "of 95% intervals, and of 5% tests of the best of several models, up to one in" in said

def _overlapping(n_series, n, h, seed=0):
    shocks = np.random.default_rng(seed).normal(size=(n_series, n + h - 1))
    return np.lib.stride_tricks.sliding_window_view(shocks, h, axis=1).sum(-1)

def _regimes(n_series, n, fading, seed=0, noise=0.1):
    """White noise and a mean that comes and goes around zero."""
    from scipy.signal import lfilter

    rng = np.random.default_rng(seed)
    slow = lfilter([np.sqrt(1 - fading**2)], [1, -fading], rng.normal(size=(n_series, n + 300)), axis=1)[:, 300:]
    return noise * rng.normal(size=(n_series, n)) + 0.03 * slow

@pytest.mark.parametrize("n, h", [(10, 1), (60, 1), (1000, 1), (60, 5), (500, 5), (60, 20), (250, 20)])
def test_a_true_null_is_rejected_as_often_as_said_in_all_tails_however_few_the_labels_are(n, h):
    p = np.array([mean_test(x, h)["p"] for x in _overlapping(2000, n, h)])
    assert 0.03 < np.mean(p < 0.05) < 0.08 and np.mean(p < 0.01) < 0.02 and np.mean(p < 0.002) < 0.006

@pytest.mark.parametrize("n, h", [(60, 20), (250, 20), (250, 5)])
def test_labels_that_overlap_under_scores_that_change_every_bar_keep_the_level_too(n, h):
    p = np.array([mean_test(x, h)["p"] for x in np.random.default_rng(1).normal(size=(2000, n))])
    assert 0.03 < np.mean(p < 0.05) < 0.08

def test_skill_that_comes_and_goes_around_zero_is_not_called_skill():
    p = np.array([mean_test(x)["p"] for x in _regimes(1500, 1000, 0.95)])
    assert 0.03 < np.mean(p < 0.05) < 0.09

def test_from_steady_dates_on_comings_and_goings_keep_the_level_and_before_them_they_do_not():
    def missed(n):  # noise as of 40 assets, a half-life of 14 bars: the setting of the coverage notebook
        return np.mean([mean_test(x)["p"] < 0.05 for x in _regimes(4000, n, 0.5 ** (1 / 14), noise=0.158)])

    assert missed(STEADY_DATES) < 0.08 < missed(250) < 0.12

def test_what_is_there_is_found():
    x = _overlapping(400, 250, 1, 3)
    assert np.mean([mean_test(v + 3 / np.sqrt(250))["p"] < 0.05 for v in x]) > 0.65  # 0.85 with a known variance
    assert np.mean([mean_test(v + 4 / np.sqrt(1000))["p"] < 0.05 for v in _overlapping(200, 1000, 1, 3)]) > 0.9

def test_waves_equal_sums_of_cosines_by_hand():
    x = np.random.default_rng(1).normal(size=200)
    t = np.arange(200) + 0.5
    want = [np.sqrt(2 / 200) * np.sum(np.cos(np.pi * j * t / 200) * (x - x.mean())) for j in (1, 2, 3)]
    np.testing.assert_allclose(cosine_waves(x, 3), want, atol=1e-12)

def test_the_interval_leaves_zero_out_where_t_passes_its_critical_value_and_is_students():
    from scipy.stats import t as student

    for x in _overlapping(50, 60, 5, 4) + 0.8:
        f = mean_test(x, 5)
        assert (abs(f["t"]) > f["critical"]) == (f["p"] < 0.05) == (not f["low"] <= 0 <= f["high"])
        np.testing.assert_allclose(
            [f["critical"], f["p"]],
            [student.isf(0.025, f["freedom"]), 2 * student.sf(abs(f["t"]), f["freedom"])],
            rtol=1e-9,
        )

def test_with_many_dates_and_no_overlap_it_is_newey_and_west():
    import statsmodels.api as sm

    got, want = [], []
    for x in np.random.default_rng(1).normal(size=(200, 1000)):
        fit = sm.OLS(x, np.ones(1000)).fit(cov_type="HAC", cov_kwds={"maxlags": 6, "use_correction": True})
        got.append(long_run(x, 1, 49).se)
        want.append(fit.bse[0])
    assert abs(np.mean(np.square(got)) / np.mean(np.square(want)) - 1) < 0.07

def test_overlap_shape_is_that_of_the_labels_and_of_the_score():
    def mean_shape(samples, h, count):
        return np.mean([overlap_shape(x, h, count) for x in samples], 0)

    kept = mean_shape(_overlapping(50, 1000, 20), 20, 50)
    new = mean_shape(np.random.default_rng(0).normal(size=(50, 1000)), 20, 50)
    np.testing.assert_allclose(kept, np.sinc(np.arange(1, 51) * 20 / 2000) ** 2, atol=0.05)
    assert (new > 0.8).all() and (overlap_shape(new, 1, 5) == 1).all()

@pytest.mark.parametrize("n, h", [(9, 1), (14, 5), (59, 20)])
def test_too_few_dates_have_a_mean_and_nothing_else(n, h):
    assert fewest_dates(h) == n + 1
    few, enough = (mean_test(np.random.default_rng(0).normal(size=k), h) for k in (n, n + 1))
    assert (
        np.isfinite(few["mean"])
        and np.isnan([few[k] for k in ("t", "p", "low", "high", "critical")]).all()
        and np.isfinite(enough["p"])
    )

def test_a_constant_has_no_t_and_two_values_are_an_error():
    same = mean_test(np.full(20, 0.25))
    assert same["low"] == same["high"] == same["mean"] == 0.25 and np.isnan(same["t"])
    with pytest.raises(NeuralphaError, match="2 finite values"):
        mean_test([0.1, 0.2, np.nan])

def test_no_draws_make_no_interval():
    with pytest.raises(NeuralphaError, match="n_resamples is 0; an interval takes at least one draw"):
        bootstrap_means(np.arange(9.0), 2, 0)

@pytest.mark.parametrize("method", ["stationary", "circular"])
def test_bootstrap_intervals_cover_the_truth(method):
    for n, h in ((400, 5), (126, 20), (60, 5)):
        hits = []
        for x in _overlapping(150, n, h, 2):
            block = block_length(x, h, method=method)
            low, high = block_interval(bootstrap_means(x, block, 200, method=method), x.mean(), n, block)
            hits.append(low <= 0 <= high)
        assert 0.89 <= np.mean(hits) <= 0.99

def test_many_blocks_need_no_widening():
    from arch.bootstrap import StationaryBootstrap

    assert few_blocks(10_000, 2) == pytest.approx(1, abs=1e-3) and few_blocks(126, 21) == pytest.approx(
        np.sqrt(126 / 105) * 3.182 / 1.96, rel=1e-3
    )
    x = np.random.default_rng(0).normal(size=2000)
    block = block_length(x)
    got = block_interval(bootstrap_means(x, block, 400, 3), x.mean(), 2000, block)
    want = StationaryBootstrap(block, x, seed=3).conf_int(np.mean, 400, method="percentile", size=0.95).ravel()
    assert got == pytest.approx(want, rel=0.02)

def test_bootstrap_is_reproducible_and_depends_on_the_seed():
    x = np.random.default_rng(0).normal(size=100)
    assert (bootstrap_means(x, 4, seed=1) == bootstrap_means(x, 4, seed=1)).all() and (
        bootstrap_means(x, 4, seed=1) != bootstrap_means(x, 4, seed=2)
    ).any()

@pytest.mark.parametrize("n", [3, 12, 29, 30, 200])
def test_blocks_fit_any_number_of_dates(n):
    x = np.random.default_rng(0).normal(size=n)
    for horizon in (1, 5, 60):
        assert 1 <= block_length(x, horizon, 1) <= max(n // 3, 1)
    assert block_length(x, 5, 1) >= min(6, n // 3) and block_length(np.ones(n), 1, 0) == 1

@pytest.mark.parametrize("n, block", [(3, 1), (60, 7), (61, 20), (250, 4)])
def test_draws_are_those_of_arch(n, block):
    from arch.bootstrap import CircularBlockBootstrap, StationaryBootstrap

    for method, kind in (("stationary", StationaryBootstrap), ("circular", CircularBlockBootstrap)):
        known = [data[0] for data, _ in kind(block, np.arange(n), seed=n).bootstrap(40)]
        np.testing.assert_array_equal(resampled_dates(n, block, 40, n, method), known)
    with pytest.raises(NeuralphaError, match="'moving' is not known"):
        resampled_dates(n, block, 40, n, "moving")

def test_bootstrap_means_are_those_of_arch():
    from arch.bootstrap import StationaryBootstrap

    x = np.random.default_rng(0).normal(size=(120, 2))
    want = StationaryBootstrap(6, x, seed=3).apply(lambda v: v.mean(0), 50)
    got = bootstrap_means(x, 6, 50, 3)
    np.testing.assert_allclose(got, want, atol=1e-15)
    np.testing.assert_allclose(
        bootstrap_means(x[:, 0], 6, 50, 3), got[:, 0], atol=1e-15
    )  # the same dates, summed in another order
    with pytest.raises(NeuralphaError, match="'stationary' or 'circular'"):
        bootstrap_means(x, 6, method="iid")

def test_a_benchmark_of_other_dates_is_refused():
    dates = pd.bdate_range("2020-01-01", periods=60)
    loss = pd.Series(np.random.default_rng(0).normal(size=60), dates)
    models = pd.DataFrame({"a": loss - 0.1, "b": loss + 0.1}, dates)
    for other in (loss.set_axis(dates + pd.Timedelta(days=3650)), loss[::-1]):
        with pytest.raises(NeuralphaError, match="other dates"):
            superior_ability(other, models)
    with pytest.raises(NeuralphaError, match="has 59 dates, the models have 60"):
        superior_ability(loss.to_numpy()[1:], models)
    assert superior_ability(loss, models)["best"] == "a"

@pytest.mark.parametrize("wrong", [dict(level=95), dict(level=0), dict(horizon=0)])
def test_a_level_or_horizon_that_cannot_be_is_refused(wrong):
    with pytest.raises(NeuralphaError, match=f"{next(iter(wrong))} is"):
        mean_test(np.random.default_rng(0).normal(size=60), **wrong)

def test_names_and_sizes_that_cannot_be_are_refused():
    two = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 2)), columns=["a", "a"])
    for test in (paired_tests, model_confidence_set):
        with pytest.raises(NeuralphaError, match="Two models are called 'a'"):
            test(two)
        with pytest.raises(NeuralphaError, match="significance is 5"):
            test(two.set_axis(["a", "b"], axis=1), significance=5)
    for pair in (("a", "a"), ("a", "c")):
        with pytest.raises(NeuralphaError, match="no pair of two of the names a, b"):
            letters(["a", "b"], [pair])

def test_last_bits_are_no_spread():
    fit = mean_test(np.array([0.1 + 0.2, 0.3] * 50))
    assert np.isnan(fit["t"]) and fit["low"] == fit["high"]

def test_paired_tests_see_what_the_single_intervals_hide():
    rng = np.random.default_rng(1)
    common = rng.normal(0, 0.1, 400)
    a = 0.03 + common + rng.normal(0, 0.02, 400)
    b = 0.02 + common + rng.normal(0, 0.02, 400)
    assert mean_test(a)["low"] < mean_test(b)["high"]  # alone, they overlap
    assert paired_test(a, b)["p"] < 0.01 and paired_test(a, a)["p"] == 1

def test_a_difference_is_the_mean_of_the_differences():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 90))
    a[:5], b[80:] = np.nan, np.nan
    gap = mean_test((a - b)[5:80], 5)
    got = paired_test(a, b, 5)
    assert {k: got[k] for k in ("se", "t", "p", "low", "high", "n")} == {
        k: gap[k] for k in ("se", "t", "p", "low", "high", "n")
    } and got["difference"] == gap["mean"]

def test_with_many_dates_it_is_the_test_of_diebold_and_mariano():
    # statsmodels' HAC t of the loss differential; the two differ by what the choice of the variance leaves open
    import statsmodels.api as sm

    ratio = []
    for g in np.random.default_rng(0).normal(0.1, 1, (100, 1000)):
        ratio.append(
            paired_test(g, np.zeros(1000))["t"]
            / sm.OLS(g, np.ones(1000)).fit(cov_type="HAC", cov_kwds={"maxlags": 6, "use_correction": True}).tvalues[0]
        )
    assert abs(np.median(ratio) - 1) < 0.04 and np.std(ratio) < 0.2

def test_holm_is_that_of_statsmodels():
    from statsmodels.stats.multitest import multipletests

    for n in (1, 2, 17):
        p = np.random.default_rng(n).random(n) ** 3
        p[-1] = p[0]
        np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1], atol=1e-15)
    assert len(holm([])) == 0

def test_holm_by_hand():
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06])

def _equal(seed, n, h, k):
    """ICs of k worthless, persistent scores: they share the market's swings and have their own."""
    both = _overlapping(1 + k, n, h, [seed, n, h])
    return pd.DataFrame((both[:1] + 0.3 * both[1:]).T, columns=[f"m{j}" for j in range(k)])

def test_models_without_regimes_keep_their_waves_however_many_they_are():
    kept = []
    for seed in range(40):
        x = pd.DataFrame(np.random.default_rng(seed).standard_normal((250, 21)))
        kept.append(superior_ability(-x[0], -x[range(1, 21)], 1, 200, seed)["freedom"])
    assert np.mean(kept) > 0.75 * max_waves(250, 1)

def test_the_chance_in_standard_errors_does_not_make_a_largest_mean_look_like_luck():
    correlation = 0.5 + 0.5 * np.eye(20)
    p = []
    for i, world in enumerate(joint_waves(correlation, 4, 500, 1)):
        se = np.sqrt((world[1:] ** 2).mean(0))
        p.append(reality_check_p(world[0], se, joint_waves(correlation, 4, 200, [2, i])))
    assert 0.15 < np.mean(np.array(p) < 0.2) < 0.25  # 0.13 where White's p is taken as it is

def test_waves_are_given_up_where_one_of_many_series_comes_and_goes():
    kept = {True: [], False: []}
    for seed in range(200):
        x = np.random.default_rng(seed).standard_normal((250, 8))
        null_waves = joint_waves(np.eye(8), 19, 300, seed)[:, 1:] ** 2
        for one_moves in kept:
            series = x + one_moves * np.outer(
                np.repeat(np.random.default_rng([seed, 1]).normal(size=5), 50), np.eye(8)[0]
            )
            power = np.stack([cosine_waves(one, 19) ** 2 for one in series.T], 1)
            kept[one_moves].append(waves_in_common(power, np.ones(19), null_waves))
    assert np.mean(np.array(kept[False]) == 19) > 0.7 and np.mean(np.array(kept[True]) < 19) > 0.9

@pytest.mark.parametrize("k", [1, 2, 5, 12])
def test_draws_are_counted_as_they_are_one_by_one(k):
    from neuralpha.evaluate.statistics import _draws_as_large

    rng = np.random.default_rng(k)
    waves = joint_waves(np.eye(k), 9, 400, k)
    tops, spread = waves[:, 0], (waves[:, 1:] ** 2).mean(1)
    scales, statistics = rng.random((20, k)) + 0.1, np.linspace(-1, 3, 20)
    largest = [(tops * scale).max(1) / np.sqrt((spread * scale**2).mean(1)) for scale in scales]
    one_by_one = [(of_draws >= statistic).sum() for of_draws, statistic in zip(largest, statistics)]
    assert _draws_as_large(statistics, scales, tops, spread).tolist() == one_by_one and len(set(one_by_one)) > 4

def test_so_many_models_on_so_few_dates_are_not_judged():
    losses = pd.DataFrame(np.random.default_rng(0).normal(size=(106, 9)))
    with pytest.raises(NeuralphaError, match="8 models share 106 dates; a reality check of labels over 20 bars.* 107"):
        superior_ability(losses[0], losses[range(1, 9)], 20)
    assert superior_ability(losses[0], losses[range(1, 8)], 20)["dates"] == 106

@pytest.mark.parametrize("n, h, k", [(60, 20, 4), (250, 20, 4), (120, 5, 4), (250, 1, 5)])
def test_equal_models_are_told_apart_left_out_and_called_superior_no_more_often_than_said(n, h, k):
    runs = 250
    separated = 0
    left_out = 0
    spa = 0
    reality = 0
    for seed in range(runs):
        x = _equal(seed, n, h, k)
        pairs = paired_tests(x, h)
        separated += pairs["separated"].any()
        left_out += not confidence_set(pairs, x)["included"].all()
        got = superior_ability(-x["m0"], -x.drop(columns="m0"), h, 200)
        spa += got["spa"] < 0.05
        reality += got["reality_check"] < 0.05
    most = 0.08 + 2 * np.sqrt(0.08 * 0.92 / runs)
    assert separated == left_out and max(separated, spa, reality) / runs < most and spa / runs > 0.01

def test_intervals_of_all_pairs_cover_their_truth_together_and_leave_zero_out_where_a_pair_is_separated():
    truth = np.array([0.0, 0, 0.15, 0.3])
    covered = []
    some = 0
    for seed in range(400):
        x = _equal(seed, 120, 5, 4) + truth
        t = paired_tests(x, 5)
        place = {m: v for m, v in zip(x, truth)}
        true_gap = t["better"].map(place) - t["worse"].map(place)
        covered.append(((t["low"] <= true_gap) & (true_gap <= t["high"])).all())
        assert ((t["low"] >= 0) == t["separated"]).all() and (t["separated"] == (t["p_holm"] < 0.05)).all()
        some += t["separated"].any()
    assert np.mean(covered) > 0.92 and some > 40

def test_model_confidence_set_keeps_the_best_and_drops_the_worst():
    rng = np.random.default_rng(3)
    losses = pd.DataFrame({"good": rng.normal(0, 1, 400), "same": rng.normal(0, 1, 400), "bad": rng.normal(1, 1, 400)})
    got = model_confidence_set(losses)
    assert got.included.to_dict() == {"good": True, "same": True, "bad": False}

def test_where_nothing_overlaps_the_set_is_mostly_that_of_arch():
    from arch.bootstrap import MCS

    same = []
    for seed in range(40):
        x = _equal(seed, 400, 1, 4) + np.array([0, 0, 0.05, 0.1])
        mcs = MCS(-x, 0.05, reps=300, block_size=2, seed=seed)
        mcs.compute()
        same.append(np.mean(model_confidence_set(-x)["included"] == x.columns.isin(mcs.included)))
    assert np.mean(same) > 0.93  # of 160 memberships

def test_a_model_entered_twice_changes_no_verdict():
    rng = np.random.default_rng(3)
    losses = pd.DataFrame({"good": rng.normal(0, 1, 400), "bad": rng.normal(1, 1, 400)})
    got = model_confidence_set(losses.assign(again=losses["good"]))
    assert got.included.to_dict() == {"good": True, "bad": False, "again": True} and got.p["good"] == got.p["again"]
    assert model_confidence_set(losses[["good"]].assign(again=losses["good"])).included.all()

def test_the_set_says_how_many_dates_it_would_take():
    losses = pd.DataFrame(np.random.default_rng(0).normal(size=(59, 2)))
    with pytest.raises(NeuralphaError, match="59 dates.*over 20 bar.*at least 60"):
        model_confidence_set(losses, 20)
    with pytest.raises(NeuralphaError, match="59 dates.*at least 60"):
        superior_ability(losses[0], losses[[1]], 20)

def test_the_best_of_noise_is_not_superior():
    rng = np.random.default_rng(4)
    noise = pd.DataFrame(rng.normal(size=(300, 30)))
    assert superior_ability(np.zeros(300), noise)["spa"] > 0.05
    assert superior_ability(np.zeros(300), noise.assign(skill=noise[0] - 0.3))["reality_check"] < 0.05

def test_one_model_against_a_benchmark_is_a_one_sided_paired_test():
    for seed in range(5):
        x = _equal(seed, 120, 5, 2) + np.array([0, 0.1])
        one = superior_ability(-x["m0"], -x[["m1"]], 5, 20_000)
        test = paired_test(x["m1"], x["m0"], 5)
        want = test["p"] / 2 if test["t"] > 0 else 1 - test["p"] / 2
        assert abs(one["reality_check"] - want) < 0.012 and (test["t"] < 0 or abs(one["spa"] - want) < 0.012)

def test_superior_ability_is_that_of_arch_where_nothing_overlaps():
    from arch.bootstrap import SPA

    for seed in range(4):
        x = _equal(seed, 1000, 1, 5) + np.array([0, 0.01, 0.02, 0.02, -0.2])
        got = superior_ability(-x["m0"], -x.drop(columns="m0"), 1, 4000)
        spa = SPA(-x["m0"].to_numpy(), -x.drop(columns="m0").to_numpy(), block_size=2, reps=2000, seed=seed)
        spa.compute()
        assert abs(got["spa"] - spa.pvalues["consistent"]) < 0.15

def test_bad_models_do_not_hide_a_good_one():
    x = _equal(1, 250, 1, 20) - 0.5
    x["m0"] = x["m0"] + 0.5
    x["good"] = x["m0"] + 0.08 + 0.3 * np.random.default_rng(0).normal(size=250)
    got = superior_ability(-x["m0"], -x.drop(columns="m0"))
    assert got["spa"] < 0.01 and got["best"] == "good"

def test_two_models_share_a_letter_exactly_where_they_are_not_separated():
    for seed in range(400):
        rng = np.random.default_rng(seed)
        names = [f"m{j}" for j in range(rng.integers(1, 9))]
        every = list(itertools.combinations(names, 2))
        apart = {pair for pair in every if rng.random() < rng.choice([0.1, 0.4, 0.8])}
        got = letters(names, apart)
        assert all(got.values())
        for a, b in every:
            assert bool(set(got[a]) & set(got[b])) == ((a, b) not in apart)
        groups = [{n for n in names if c in got[n]} for c in dict.fromkeys("".join(got.values()))]
        assert not any(a < b for a in groups for b in groups)  # no letter says what another says already

def test_letters_by_hand_and_beyond_the_alphabet():
    assert letters("ABC", []) == dict(A="a", B="a", C="a")
    assert letters("ABC", [("A", "C")]) == dict(A="a", B="ab", C="b")
    many = [f"m{j}" for j in range(60)]
    alone = letters(many, itertools.combinations(many, 2)).values()
    assert len(set(alone)) == 60 and {len(letter) for letter in alone} == {1}

def test_series_are_paired_by_their_dates_and_what_is_no_series_is_refused():
    rng = np.random.default_rng(0)
    days = pd.bdate_range("2020-01-01", periods=200)
    a, b = (pd.Series(rng.standard_normal(200), days) for _ in range(2))
    late = b.iloc[5:]
    assert paired_test(a, late) == paired_test(a.iloc[5:].to_numpy(), late.to_numpy())
    assert paired_test(a, b.sample(frac=1, random_state=0)) == paired_test(a, b)
    with pytest.raises(NeuralphaError, match="Series of 200 and 195 values cannot be paired; give Series with dates"):
        paired_test(a.to_numpy(), late.to_numpy())
    with pytest.raises(NeuralphaError, match="occurs more than once in a series to be paired"):
        paired_test(a, pd.concat([late, late.iloc[:1]]))
    for wrong, said in (
        (np.ones((50, 2)), "the shape .50, 2.; one value per date"),
        ([1.0, np.inf, 2.0, 3.0], "infinite 1 time"),
        (list("abc"), "holds what is no number"),
    ):
        with pytest.raises(NeuralphaError, match=said):
            mean_test(wrong)
    with pytest.raises(NeuralphaError, match="trials is 0; the winner itself was tried"):
        sharpe_report(a, 252, trials=0)
    with pytest.raises(NeuralphaError, match="horizon is 2.5; a label covers a whole number of bars"):
        mean_test(a, 2.5)

def test_variance_split_recovers_what_was_planted():
    rng = np.random.default_rng(0)
    v = 0.03 + rng.normal(0, 0.1, (1000, 1)) + rng.normal(0, 0.02, (1, 40)) + rng.normal(0, 0.03, (1000, 40))
    got = variance_split(pd.DataFrame(v))
    assert (
        abs(got["sd_seed"] - 0.02) < 0.005
        and abs(got["sd_within"] - 0.03) < 0.001
        and abs(got["se_time"] - 0.1 / np.sqrt(1000)) < 0.0006
    )

def test_overlapping_labels_are_not_taken_for_seeds():
    rng = np.random.default_rng(1)
    sd = []
    raw = []
    for _ in range(20):
        shocks = rng.normal(0, 0.03, (519, 10))
        v = pd.DataFrame(
            np.lib.stride_tricks.sliding_window_view(shocks, 20, axis=0).mean(-1)
        )  # seeds that differ by chance alone
        sd.append(variance_split(v, 20)["sd_seed"])
        raw.append(v.mean().std())
    assert np.mean(np.square(sd)) < 0.5 * np.mean(np.square(raw))

def test_variance_split_needs_two_seeds():
    with pytest.raises(NeuralphaError, match="One seed"):
        variance_split(pd.DataFrame({0: [1.0, 2, 3]}))

@pytest.mark.parametrize("n", [3, 4, 5, 40, 613])
def test_moments_are_those_of_scipy_to_the_bit(n):
    from scipy import stats
    from neuralpha.evaluate.statistics import _skew_and_kurtosis

    for seed in range(20):
        x = 0.01 * np.random.default_rng(seed).standard_t(3, n) + 0.001
        assert _skew_and_kurtosis(x) == (stats.skew(x, bias=False), stats.kurtosis(x, fisher=False, bias=False))

@pytest.mark.parametrize(
    "skew, kurtosis, answer", [(-2.448, 10.164, 0.91336), (0, 3, 0.98167), (-2.448, 10.164 - 3, 0.91997)]
)
def test_probabilistic_sharpe_gives_the_published_answers(skew, kurtosis, answer):
    assert abs(probabilistic_sharpe(0.458, 24, skew, kurtosis) - answer) < 5e-6

@pytest.mark.parametrize(
    "trials, skew, kurtosis, answer", [(100, -3, 10, 0.90040), (46, -3, 10, 0.95050), (88, 0, 3, 0.95049)]
)
def test_deflated_sharpe_gives_the_published_answers(trials, skew, kurtosis, answer):
    threshold = expected_max_sharpe(trials, np.sqrt(0.5 / 250))
    if trials == 100:
        assert abs(threshold - 0.113172) < 5e-7
    assert abs(probabilistic_sharpe(2.5 / np.sqrt(250), 1250, skew, kurtosis, threshold) - answer) < 5e-6

def test_a_sharpe_ratio_of_a_trial_that_is_not_known_is_named():
    x = np.random.default_rng(0).normal(size=100)
    with pytest.raises(NeuralphaError, match="trial_sharpes: 1 of 3 Sharpe ratios are not finite"):
        sharpe_report(x, 252, 3, [0.1, np.nan, 0.2])

def test_sharpe_report_agrees_with_the_closed_form():
    x = np.random.default_rng(0).standard_t(4, 700) * 0.01 + 0.0008
    r = sharpe_report(x, 252, trials=20)
    assert abs(r["psr"] - probabilistic_sharpe(r["sharpe"], 700, r["skew"], r["kurtosis"])) < 1e-12
    assert abs(r["threshold"] - expected_max_sharpe(20, r["trial_sd"])) < 1e-12
    assert abs(r["dsr"] - probabilistic_sharpe(r["sharpe"], 700, r["skew"], r["kurtosis"], r["threshold"])) < 1e-12
    n = int(r["min_bars"])
    assert (
        probabilistic_sharpe(r["sharpe"], n, r["skew"], r["kurtosis"])
        >= 0.95
        > probabilistic_sharpe(r["sharpe"], n - 1, r["skew"], r["kurtosis"])
    )

def test_more_trials_deflate_more_and_a_loser_has_no_track_record():
    x = np.random.default_rng(0).normal(0.0005, 0.01, 700)
    assert sharpe_report(x, 252, 1)["dsr"] > sharpe_report(x, 252, 10)["dsr"] > sharpe_report(x, 252, 1000)["dsr"]
    assert sharpe_report(x, 252, 1)["dsr"] == sharpe_report(x, 252)["psr"]
    assert np.isinf(sharpe_report(-abs(x) + 0.001, 252)["min_bars"])

def _noise(n=320, k=20, seed=0):
    return pd.DataFrame(np.random.default_rng(seed).normal(0, 0.01, (n, k)), pd.bdate_range("2020-01-01", periods=n))

@pytest.mark.parametrize("configurations, by_chance", [(2, 1 / 2), (3, 2 / 3), (5, 3 / 5), (20, 1 / 2)])
def test_noise_is_overfitted_as_often_as_chance_says(configurations, by_chance):
    found = [backtest_overfitting(_noise(240, configurations, seed), 8) for seed in range(60)]
    pbo = [f["pbo"] for f in found]
    assert found[0]["by_chance"] == pytest.approx(by_chance)
    assert abs(np.mean(pbo) - by_chance) < 3 * np.std(pbo) / np.sqrt(len(pbo))

def test_a_winner_at_the_median_counts():
    days = pd.bdate_range("2020-01-01", periods=40)
    early = np.arange(40) < 20
    x = pd.DataFrame(
        {
            "wins early": np.where(early, 3.0, 2.0),
            "wins late": np.where(early, 1.0, 3.0),
            "never": np.where(early, 2.0, 1.0),
        },
        days,
    )
    assert (
        backtest_overfitting(x, 2, metric="mean")["pbo"] == 1
    )  # one winner ends at the median of three, the other last; below the median ends one of two

@pytest.mark.parametrize(
    "k, splits, pbo", [(2, 10, 0.111111), (3, 10, 0.944444), (5, 10, 0.515873), (20, 10, 0.396825)]
)
def test_known_answers_of_cscv(k, splits, pbo):
    rng = np.random.default_rng(7)
    for width in (2, 3, 5, 20):
        x = pd.DataFrame(rng.standard_normal((400, width)), pd.bdate_range("2010", periods=400))
        if width == k:
            assert backtest_overfitting(x, splits)["pbo"] == pytest.approx(pbo, abs=1e-6)

def test_a_constant_configuration_has_no_sharpe_ratio():
    x = _noise(80, 3)
    x[0] = 0.1
    assert backtest_overfitting(x - 0.5, 4)["pbo"] == 0

def test_blocks_that_purging_would_empty_are_refused():
    x = _noise(seed=0)
    with pytest.raises(NeuralphaError, match="no longer than a label's life"):
        backtest_overfitting(x, 8, horizon=len(x) // 8, delay=1)

def test_one_truly_better_configuration_is_never_overfitted():
    x = _noise()
    x[0] += 0.02
    assert backtest_overfitting(x, 8)["pbo"] == 0

def _by_hand(x, splits, span):
    """CSCV by brute force: dates within `span` of the other half are left out of the half that picks."""
    import itertools
    from scipy.stats import rankdata

    v = x.to_numpy()
    blocks = np.array_split(np.arange(len(x)), splits)
    below = []

    def sharpe(a):
        return a.mean(0) / a.std(0)

    for c in itertools.combinations(range(splits), splits // 2):
        out = np.concatenate([blocks[i] for i in range(splits) if i not in c])
        pick = np.array([t for i in c for t in blocks[i] if np.abs(out - t).min() > span])
        below.append(rankdata(sharpe(v[out]))[np.argmax(sharpe(v[pick]))] <= (v.shape[1] + 1) / 2)
    return np.mean(below)

@pytest.mark.parametrize("horizon, delay", [(1, 0), (1, 1), (5, 1), (10, 0)])
def test_overfitting_equals_brute_force_with_overlapping_labels_purged(horizon, delay):
    for seed in range(4):
        x = _noise(120, 6, seed)
        assert abs(backtest_overfitting(x, 6, horizon, delay)["pbo"] - _by_hand(x, 6, horizon + delay - 1)) < 1e-12

def test_the_transpose_is_refused():
    with pytest.raises(NeuralphaError, match="dates in its index"):
        backtest_overfitting(_noise().T)

def test_copies_of_a_configuration_count_once():
    x = _noise(240, 5)
    twice = x.assign(copy=x[0], again=x[3])
    assert backtest_overfitting(twice, 8) == backtest_overfitting(x, 8)
    with pytest.raises(NeuralphaError, match="at least two columns that differ"):
        backtest_overfitting(x[[1, 1]], 8)

def test_configurations_that_are_the_same_on_a_half_share_its_win_whatever_their_order_and_last_bits():
    x = _noise(240, 3)
    x[1] = x[1].where(np.arange(240) >= 120, x[0] * (1 + 1e-16))  # two that differ on the late half only
    x[2] -= 0.1  # never wins
    found = [
        backtest_overfitting(x[list(order)] * scale, 4) for order in ((0, 1, 2), (1, 0, 2)) for scale in (1, 3, 0.7)
    ]
    assert len({one["pbo"] for one in found}) == 1
