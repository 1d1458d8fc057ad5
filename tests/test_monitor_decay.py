# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.monitor.decay import *
import numpy as np
import pandas as pd
import pytest
from scipy import stats
import neuralpha as na
from neuralpha.core import NeuralphaError
from neuralpha.given import check_kinds
from neuralpha.evaluate.exposures import style_factors

def _overlapping(rng, bars, mean):
    return mean + 0.1 * np.convolve(rng.standard_normal(bars + 4), np.ones(5) / np.sqrt(5), "valid")

def test_a_band_holds_its_level_without_decay_and_a_planted_decay_leaves_it():
    rng = np.random.default_rng(11)
    worlds, window = 400, 126
    fired = {0.05: 0, 0.0: 0}
    for _ in range(worlds):
        usual = usual_of(_overlapping(rng, 500, 0.05), 5)
        for mean in fired:
            live = _overlapping(rng, window, mean)
            fired[mean] += usual.chance(live.mean(), window) < 0.05
    low, high = stats.binom.interval(0.99, worlds, 0.05)
    assert low <= fired[0.05] <= high
    independent = 0.1 * np.sqrt(5) * np.sqrt(1 / window + 1 / 500)  # deviation of the difference of the two means
    power = stats.norm.cdf(0.05 / independent - stats.norm.ppf(0.95))
    assert fired[0.0] / worlds == pytest.approx(power, abs=0.08)

def test_a_band_is_that_of_independent_values_where_values_are_independent():
    x = np.random.default_rng(0).standard_normal(4000)
    usual = usual_of(x)
    assert usual.variance == pytest.approx(1, rel=0.25) and usual.bars == 4000
    assert usual.half_width(100) == pytest.approx(2 * np.sqrt(usual.variance * (1 / 100 + 1 / 4000)), rel=0.03)
    band = rolling_band(pd.Series(x[:300]), usual, 100)
    assert band["mean"].iloc[299] == pytest.approx(x[200:300].mean()) and band.iloc[:20].isna().all(axis=None)
    assert usual.chance(usual.mean, 50) == pytest.approx(0.5) and usual.chance(9.0, 50, "up") < 1e-6
    with pytest.raises(NeuralphaError, match="give 60"):
        usual_of(x[:20])

def _planted(rng, bars, half, strength=0.06):
    curve = strength * 0.5 ** (np.arange(15) / half)
    return pd.DataFrame(curve + 0.14 * rng.standard_normal((bars, 15)), pd.bdate_range("2020-01-01", periods=bars))

def test_the_half_life_that_was_planted_is_found_and_its_interval_covers_it():
    rng = np.random.default_rng(3)
    exact = pd.DataFrame(np.tile(0.05 * 0.5 ** (np.arange(15) / 4), (50, 1)))
    assert half_life(exact).bars == pytest.approx(4, rel=0.02)
    for half in (2.0, 8.0):
        found = [half_life(_planted(rng, 500, half)) for _ in range(40)]
        covered = sum(one.low <= half <= one.high for one in found)
        assert stats.binom.cdf(covered, 40, 0.8) > 0.005 and np.median([f.bars for f in found]) == pytest.approx(
            half, rel=0.25
        )

def test_a_half_life_that_shrinks_is_seen_through_time_and_noise_has_none():
    rng = np.random.default_rng(4)
    both = pd.concat([_planted(rng, 300, 10.0, 0.1), _planted(rng, 300, 1.0, 0.1)], ignore_index=True)
    path = half_lives(both.set_index(pd.bdate_range("2020-01-01", periods=600)), 250, 25)
    assert path["low"].iloc[0] > path["high"].iloc[-1]
    claimed = [np.isfinite(half_life(_planted(rng, 300, 5.0, 0.0)).bars) for _ in range(40)]
    assert sum(claimed) <= stats.binom.ppf(0.995, 40, 0.02)

def test_lag_ics_are_those_of_the_bars_after_the_entry():
    panel = na.load_universe("sim-tiny")
    index = panel.frame().set_index(["date", "asset"]).index
    third = na.forward_return(panel, horizon=1, delay=3)
    ahead = pd.Series(third.values, index).dropna()
    found = lag_ics(ahead, panel, delay=1, lags=4).mean()
    assert found[3] == pytest.approx(1) and found.drop(3).abs().max() < 0.2

def test_a_score_that_is_a_style_is_named():
    panel = na.load_universe("sim-tiny")
    index = panel.frame().set_index(["date", "asset"]).index
    styles, names, _ = style_factors(panel)
    j = names.index("volatility")
    found = style_correlations(pd.Series(styles[:, j], index).dropna(), panel)
    assert found["volatility"].dropna().min() == pytest.approx(1)
    lots = pd.Series(np.random.default_rng(0).standard_normal(panel.n_rows), index)
    silent = style_correlations(lots, panel)
    usual = usual_of(silent["volatility"].iloc[-300:-60])
    assert usual.chance(silent["volatility"].iloc[-60:].mean(), 60, "both") > 0.01
    assert usual.chance(found["volatility"].iloc[-60:].mean(), 60, "both") < 1e-6
