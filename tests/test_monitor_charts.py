# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.monitor.charts import *
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.signal import lfilter
from neuralpha.core import NeuralphaError

@pytest.mark.parametrize(
    ("threshold", "known"),
    [(4, [168, 74.2, 26.6, 13.3, 8.38, 4.75, 3.34, 2.19]), (5, [465, 139, 38.0, 17.0, 10.4, 5.75, 4.01, 2.57])],
)
def test_run_lengths_are_those_of_the_textbook(threshold, known):
    """Montgomery, Introduction to Statistical Quality Control, CUSUM with k = 1/2."""
    for shift, length in zip((0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3), known, strict=True):
        assert cusum_run_length(threshold, shift) == pytest.approx(length, rel=4e-3)  # the table shows three digits
    one = {4: 335, 5: 931}[threshold]
    assert cusum_run_length(threshold, sides=1) == pytest.approx(one, rel=3e-3)

@pytest.mark.parametrize(("threshold", "still", "shifted"), [(4, 149, 5.29), (5, 430, 6.35)])
def test_a_head_start_answers_faster_as_lucas_and_crosier_say(threshold, still, shifted):
    assert cusum_run_length(threshold, head_start=0.5) == pytest.approx(still, rel=4e-3)
    assert cusum_run_length(threshold, 1, head_start=0.5) == pytest.approx(shifted, rel=4e-3)

@pytest.mark.parametrize(
    ("weight", "limit", "shifted"), [(0.05, 2.615, 11.4), (0.1, 2.814, 10.3), (0.2, 2.962, 10.5), (0.4, 3.054, 14.3)]
)
def test_ewma_run_lengths_are_those_of_lucas_and_saccucci(weight, limit, shifted):
    assert ewma_run_length(limit, weight) == pytest.approx(500, rel=4e-3)
    assert ewma_run_length(limit, weight, 1) == pytest.approx(shifted, rel=6e-3)

def test_with_all_weight_on_the_newest_value_it_is_shewharts_chart():
    assert ewma_run_length(3, 1.0) == pytest.approx(370.398, rel=1e-5)
    assert ewma_run_length(3, 1.0, 1) == pytest.approx(43.895, rel=1e-4)

def test_thresholds_for_wanted_run_lengths_are_the_known_ones():
    for wish, known in {252: 4.397, 500: 5.071, 1000: 5.757, 2520: 6.677}.items():
        assert cusum_threshold(wish) == pytest.approx(known, abs=6e-4)
    assert ewma_limit(500, 0.2) == pytest.approx(2.962, abs=1.5e-3)
    with pytest.raises(NeuralphaError, match="run_length is 2"):
        cusum_threshold(2)

def test_no_chart_is_sooner_than_the_bound_and_one_is_as_soon():
    bounds = {shift: least_delay(shift, 931) for shift in (0.25, 0.5, 1.0, 2.0)}
    assert bounds[1.0] == pytest.approx(cusum_run_length(cusum_threshold(931, sides=1), 1.0, sides=1))
    for shift, bound in bounds.items():
        for reference in (0.1, 0.25, 0.5, 0.8):
            h = cusum_threshold(931, reference, sides=1)
            assert cusum_run_length(h, shift, reference, sides=1) >= bound * (1 - 1e-9)
    b, gain = 3.0, 0.1**2 / 2  # Siegmund's approximation (1985) of both sides
    assert least_delay(0.1, (np.exp(b) - b - 1) / gain) == pytest.approx((np.exp(-b) + b - 1) / gain, rel=0.05)
    assert least_delay(-0.5, 931) == bounds[0.5] and least_delay(0.0, 931) == np.inf and least_delay(20.0, 931) == 1
    with pytest.raises(NeuralphaError, match="run_length is 2"):
        least_delay(1.0, 2.0)

def _autoregressive(phi, paths, bars, seed=0):
    shocks = np.random.default_rng(seed).normal(size=(paths, bars + 200)) * np.sqrt(1 - phi**2)
    return lfilter([1.0], [1.0, -phi], shocks, axis=1)[:, 200:]

def test_dependence_shortens_the_run_as_known():
    from neuralpha.monitor.charts import _cusum_paths

    for phi, known in {0: 464, 0.1: 247, 0.2: 147, 0.5: 51}.items():
        paths = _cusum_paths(_autoregressive(phi, 400, 2500, 1), 0.5, 0, 0.0)
        assert mean_run_length(paths, 5.0) == pytest.approx(known, rel=0.12)

def test_a_slow_state_behind_noise_is_found_and_taken_out():
    rng = np.random.default_rng(2)
    x = 0.03 + 0.1 * (_autoregressive(0.95, 1, 20_000, 2)[0] + rng.normal(size=20_000))
    riccati = 0.0975 - 1 + 0.95**2  # of a state and a noise of variance 1: P² = riccati P + 0.0975
    ahead = (riccati + np.sqrt(riccati**2 + 4 * 0.0975)) / 2
    fit = fit_whitening(x)
    assert fit.decay == pytest.approx(0.95, abs=0.02)
    rest = fit.surprises(x)
    assert max(abs(np.corrcoef(rest[lag:], rest[:-lag])[0, 1]) for lag in (1, 2, 5, 20)) < 0.03
    assert rest.std() == pytest.approx(1, abs=0.01)
    assert fit.gain == pytest.approx(0.95 * ahead / (1 + ahead), abs=0.02)
    np.testing.assert_allclose(fit.surprises(x - 0.02) - rest, fit.shifted(-0.02, 20_000), atol=1e-9)

def test_an_autoregression_takes_up_a_surprise_whole_and_white_values_have_no_state():
    fit = fit_whitening(_autoregressive(0.5, 1, 20_000, 2)[0])
    assert fit.decay == pytest.approx(0.5, abs=0.03) and fit.gain == pytest.approx(fit.decay, abs=0.03)
    assert fit_whitening(np.random.default_rng(0).normal(size=2000)).gain == 0

def test_where_nothing_is_known_the_level_fades():
    fit = Whitening(0.0, 1.0, 0.9, 0.5)
    np.testing.assert_allclose(fit.surprises([2.0, np.nan, 1.0]), [2.0, np.nan, 1 - 0.9 * 1.0])

@pytest.mark.parametrize(("kind", "phi"), [("cusum", 0.0), ("cusum", 0.4), ("ewma", 0.4)])
def test_a_calibrated_chart_runs_as_long_as_wished(kind, phi):
    """In a world with tails and dependence, and a validation period so long that nothing is left to learn."""

    def world(paths, bars, seed):
        shocks = np.random.default_rng(seed).standard_t(5, size=(paths, bars + 100))
        return 0.03 + 0.08 * lfilter([1.0], [1.0, -phi], shocks, axis=1)[:, 100:]

    chart = watch(world(1, 100_000, 0)[0], run_length=252, kind=kind, paths=1500)
    fresh = world(2000, 1500, 11)
    found = mean_run_length(chart.statistic(chart.whitening.surprises(fresh)), chart.threshold)
    assert found == pytest.approx(252, rel=0.12)
    assert chart.run_length.mean == pytest.approx(252, rel=0.02)

def test_the_interval_of_the_run_length_covers_what_happens():
    """Of charts that were learnt from 500 bars, nine of ten run within their intervals."""
    fresh = np.random.default_rng(99).normal(size=(150, 1260))
    inside = []
    for seed in range(15):
        chart = watch(np.random.default_rng(seed).normal(0.3, 1, size=500), run_length=252, paths=200)
        found = mean_run_length(chart.statistic(chart.whitening.surprises(0.3 + fresh)), chart.threshold)
        assert chart.run_length.low < chart.run_length.mean < chart.run_length.high
        inside.append(chart.run_length.low <= found <= chart.run_length.high)
    assert np.mean(inside) >= 0.75

def test_the_solved_threshold_is_the_calibrated_one_where_the_law_is_known():
    chart = watch(np.random.default_rng(0).normal(size=20_000), run_length=500, side="both", memory=0.5, paths=800)
    assert chart.threshold == pytest.approx(5.071, rel=0.04)

def test_larger_losses_are_found_sooner_and_delays_are_what_happens():
    rng = np.random.default_rng(5)
    chart = watch(rng.normal(0.5, 1, 20_000), run_length=252, memory=0.25)
    delays = chart.delays()
    assert delays["median"].is_monotonic_decreasing
    live = rng.normal(0.0, 1, (2000, 400))
    found = run_lengths(chart.statistic(chart.whitening.surprises(live)), chart.threshold)
    assert np.median(found) == pytest.approx(delays.loc[1.0, "median"], abs=1.5)

def test_a_chart_begins_anew_after_its_alarm_and_rests_where_nothing_is_known():
    chart = watch(np.random.default_rng(0).normal(size=600), run_length=252)
    live = pd.Series(np.full(60, -3.0), pd.bdate_range("2024-01-01", periods=60))
    live.iloc[1] = np.nan
    out = chart.run(live)
    assert out["statistic"].iloc[1] == out["statistic"].iloc[0] and out["alarm"].sum() > 3
    first = int(out["alarm"].to_numpy().argmax())
    assert out["statistic"].iloc[first + 1] == out["statistic"].iloc[0]

def test_charts_that_make_no_sense_are_refused():
    with pytest.raises(NeuralphaError, match="give 60"):
        watch(np.arange(20.0))
    with pytest.raises(NeuralphaError, match="Unknown side 'dwn'"):
        watch(np.random.default_rng(0).normal(size=200), side="dwn")
    with pytest.raises(NeuralphaError, match="threshold is -1"):
        cusum_run_length(-1)

def test_desks_that_learnt_from_little_are_woken_as_often_as_wanted():
    """200 desks, each with its own 400 bars of a noisy state with tails: how many have a false alarm."""
    rng = np.random.default_rng(77_000)
    woken = 0
    for seed in range(200):
        state = lfilter([1.0], [1.0, -0.9], 0.3 * rng.normal(size=900))
        x = 0.03 + 0.08 * (state + rng.standard_t(5, size=900))[-652:]
        chart = watch_rate(x[:400], alarms=0.3, bars=252, worlds=50, futures=8, seed=seed)
        woken += chart.run(x[400:])["alarm"].any()
    low, high = stats.binom.interval(0.95, 200, 1 - np.exp(-0.3))
    assert low <= woken <= high

def test_a_chart_goes_on_where_the_validation_period_ended():
    x = _autoregressive(0.5, 1, 900, 2)[0]
    chart = watch_rate(x[:600], worlds=50, futures=4)
    whole = chart.whitening.surprises(x)[600:]
    np.testing.assert_allclose(chart.run(x[600:])["statistic"][:20], chart.statistic(whole[None, :20])[0])

def test_the_shape_of_a_tail_is_learnt_and_drawn():
    from neuralpha.monitor.charts import _fit_tails

    share = (np.arange(2000) + 0.5) / 2000
    for law, shape, scale in (
        (stats.genpareto(0.3), 0.3, 1.0),
        (stats.genpareto(-0.4, scale=2), -0.4, 2.0),
        (stats.expon(scale=3), 0.0, 3.0),
    ):
        tail = _fit_tails(np.stack([law.ppf(share), 7 * law.ppf(share)]))
        np.testing.assert_allclose(tail.shape, shape, atol=0.02)
        np.testing.assert_allclose(tail.scale, [scale, 7 * scale], rtol=0.02)
        drawn = tail.excesses(np.random.default_rng(0).exponential(size=(100_000, 2)))
        assert stats.kstest(drawn[:, 0], law.cdf).statistic < 0.01
    few = _fit_tails(np.arange(1.0, 5.0)[None])
    assert (few.shape, few.scale) == (0.0, 2.5)  # four say a mean, and no shape
    assert _fit_tails(np.full((1, 20), 2.0)).shape == -0.5

def test_worlds_have_tails_as_uncertain_as_what_was_learnt():
    """What one excess in forty passes: of 300 periods of forty, the worlds hold the true one as often as they say."""
    from neuralpha.monitor.charts import _fit_tails, _tails_that_may_be

    rng = np.random.default_rng(0)
    law, far = stats.genpareto(0.25), np.log(40)
    inside, spread = [], []
    for _ in range(300):
        excess = law.rvs(40, random_state=rng)
        drawn = _tails_that_may_be(excess, 200, rng).excesses(far)
        low, high = np.quantile(drawn, [0.1, 0.9])
        inside.append(low <= law.ppf(1 - 1 / 40) <= high)
        spread.append(drawn.std() / _fit_tails(excess[None]).excesses(far)[0])
    assert 0.68 <= np.mean(inside) <= 0.92 and np.mean(spread) > 0.2

@pytest.mark.parametrize(
    "draw",
    [
        lambda rng: np.exp(0.5 * rng.standard_normal(904)),
        lambda rng: rng.standard_t(3, 904),
        lambda rng: rng.pareto(4, 904),
    ],
    ids=["lognormal", "student", "pareto"],
)
def test_numbers_whose_tail_is_heavier_than_exponential_alarm_as_often_as_wanted(draw):
    """200 desks of 400 bars, independent values; the last two have no fourth moment."""
    woken = 0
    for seed in range(200):
        x = draw(np.random.default_rng([seed, 35]))
        chart = watch_rate(x[:400], alarms=1 / 6, bars=504, side="up", memory=0.5, worlds=40, seed=seed)
        woken += chart.run(x[400:])["alarm"].any()
    low, high = stats.binom.interval(0.95, 200, 1 - np.exp(-1 / 6))
    assert low <= woken <= high

@pytest.mark.parametrize("stale", [0.001, 0.01])
def test_counts_of_what_is_rare_alarm_as_often_as_wanted(stale):
    """150 desks: the share of 50 assets that have a new price, of which so many have none on a bar."""
    woken = 0
    for seed in range(150):
        fresh = np.random.default_rng([seed, 91]).binomial(50, 1 - stale, 904) / 50
        chart = watch_rate(fresh[:400], alarms=1 / 6, bars=504, worlds=60, seed=seed)
        woken += chart.run(fresh[400:])["alarm"].any()
    low, high = stats.binom.interval(0.95, 150, 1 - np.exp(-1 / 6))
    assert low <= woken <= high

def test_thin_sessions_alarm_as_often_as_wanted():
    """400 desks: one session in fifty is thin, and 2 to 25 of 50 assets have no new price on it."""
    woken = 0
    for seed in range(1000, 1400):
        rng = np.random.default_rng([seed, 77])
        thin = rng.random(1004) < 0.02
        fresh = 1 - rng.binomial(50, np.where(thin, rng.uniform(0.05, 0.5, 1004), 0.01)) / 50
        chart = watch_rate(fresh[:500], alarms=1 / 6, bars=504, worlds=60, seed=seed)
        woken += chart.run(fresh[500:])["alarm"].any()
    low, high = stats.binom.interval(0.95, 400, 1 - np.exp(-1 / 6))
    assert low <= woken <= high

def test_a_count_keeps_its_values_and_its_chart_says_the_rate_that_it_really_has():
    from neuralpha.monitor.charts import _draw_worlds, _surprises_of_futures, _without_threshold

    x = np.where(np.arange(400) % 67 == 5, 0.98, 1.0)
    chart = _without_threshold(x, "cusum", "down", None, 0.0, 0)
    seen = _surprises_of_futures(chart, _draw_worlds(chart, x, 30), 4, 200)
    values = chart.whitening.mean + chart.whitening.scale * seen
    kept = np.isclose(values, 0.98) | np.isclose(values, 1.0)
    assert kept.mean() > 0.95 and (values < 0.97).any()  # the others are of worlds with a slow state, or further out
    for alarms in (0.1, 0.5, 1.0):
        found = watch_rate(x, alarms, 200, worlds=40)
        assert found.run_length.mean >= 200 / alarms  # never oftener than wanted
    coarse = watch_rate(np.where(np.arange(80) == 40, 0.0, 1.0), 1.0, 20, worlds=40)
    assert coarse.run_length.mean > 1.1 * 20  # one lost bar wakes or does not; half of the rate lies between

def test_weights_make_a_mean_as_uncertain_as_it_is():
    from neuralpha.monitor.charts import _bar_weights, _block_means

    rng = np.random.default_rng(0)
    for bars, block in ((500, 2), (500, 20), (300, 10)):
        pools = rng.standard_normal((200, bars))
        pools = (pools - pools.mean(1, keepdims=True)) / pools.std(1, keepdims=True)
        means = [_bar_weights(30, bars, block, rng) @ _block_means(pool, block) for pool in pools]
        assert np.mean(np.square(means)) * bars == pytest.approx(1.0, abs=0.12)

def test_futures_without_an_alarm_do_not_say_that_there_never_is_one():
    from neuralpha.monitor.charts import _length_of_highest

    calm = np.zeros((60, 8))
    found = _length_of_highest(calm, 1.0, 500)
    assert found.mean == pytest.approx(500 * 480 / 2.9957, rel=1e-4)
    assert found.low == found.high == pytest.approx(500 * 24 / 2.9957, rel=1e-4)  # the rule of three
    assert found.is_open and str(found).endswith("to more than 4,006)")
    half_alarmed = np.where(np.arange(60)[:, None] < 30, 2.0, calm)
    found = _length_of_highest(half_alarmed, 1.0, 500)
    assert found.mean == pytest.approx(500 / np.log(2)) and found.is_open and found.low < 30
    assert not _length_of_highest(calm + 2, 1.0, 500).is_open

def test_where_the_law_is_known_the_chart_runs_as_long_as_the_equation_says():
    chart = watch_known(0.1, 0.2, run_length=252, side="both")
    live = np.random.default_rng(81_000).normal(0.1, 0.2, size=(1500, 1500))
    found = mean_run_length(chart.statistic(chart.whitening.surprises(live)), chart.threshold)
    assert found == pytest.approx(252, rel=0.06)
    slow = cusum_run_length(chart.threshold, 1.0, 0.25)
    assert chart.delay(0.2)["mean"] == pytest.approx(slow, rel=0.06)
