# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.features.signals import *
import numpy as np
import pytest
from neuralpha.features.families import FEATURES, History, example_bars

def _full_bars(n=900):
    bars = example_bars(n)
    return {k: np.asarray(v, float)[np.isfinite(bars["close"])] for k, v in bars.items()}

def test_indicators_equal_talib():
    talib = pytest.importorskip("talib", reason="TA-Lib is an extra: pip install neuralpha[talib]")
    b = _full_bars()
    h = History(b)
    c = b["close"]
    macd, signal, gap = talib.MACD(c, 12, 26, 9)
    up, middle, low = talib.BBANDS(c, 20, 2, 2)
    k, d = talib.STOCHF(b["high"], b["low"], c, 14, 3)
    want = dict(
        rsi_14=talib.RSI(c, 14),
        atr_14=talib.ATR(b["high"], b["low"], c, 14) / c,
        macd=macd / c,
        macd_signal=signal / c,
        macd_gap=gap / c,
        stochastic_14=k,
        stochastic_14_3=d,
        bollinger_20=(c - middle) / (up - middle) * np.sqrt(19 / 20),
        bollinger_width_20=(up - low) / middle * np.sqrt(20 / 19),
    )
    for name, value in want.items():
        np.testing.assert_allclose(FEATURES[name].compute(h)[600:], value[600:], rtol=2e-5, atol=2e-6, err_msg=name)

def test_hurst_and_entropy_know_a_random_walk():
    steps = 0.01 * np.random.default_rng(0).standard_normal(6000)

    def hurst(s):
        return np.nanmean(FEATURES["hurst_120"].compute(History({"close": np.exp(np.cumsum(s))})))

    assert hurst(steps) == pytest.approx(0.5, abs=0.04)
    assert hurst(np.convolve(steps, np.ones(8) / 3)[:6000]) > 0.7 > 0.2 > hurst(np.diff(steps, prepend=0))

    def entropy(x):
        return FEATURES["entropy_60"].compute(History({"close": x}))[-1]

    assert entropy(np.arange(1.0, 101)) == 0 and 0.9 < entropy(np.exp(np.cumsum(steps[:100]))) <= 1

def test_seasonality_by_hand():
    x = np.exp(np.cumsum(0.01 * np.random.default_rng(1).standard_normal(600)))
    h = History({"close": x})
    assert FEATURES["season_252"].compute(h)[-1] == x[599 - 232] / x[599 - 252] - 1
    assert FEATURES["weekday_20"].compute(h)[-1] == pytest.approx(
        np.mean([x[599 - k] / x[598 - k] - 1 for k in (4, 9, 14, 19)])
    )

def test_the_day_of_the_week_is_the_mean_of_the_returns_that_there_are():
    x = np.exp(np.cumsum(0.01 * np.random.default_rng(1).standard_normal(600)))
    x[595 - 1] = np.nan  # without the return of four bars ago, and the one of the bar after
    known = [x[599 - k] / x[598 - k] - 1 for k in (9, 14, 19)]
    assert FEATURES["weekday_20"].compute(History({"close": x}))[-1] == pytest.approx(np.mean(known))
    x[590 - 1] = x[585 - 1] = np.nan  # one of four is no mean of a day of the week
    assert np.isnan(FEATURES["weekday_20"].compute(History({"close": x}))[-1])

def test_idio_skew_equals_a_regression():
    from scipy.stats import skew

    b = _full_bars()
    h = History(b)
    x = b["market"][-60:]
    y = h["ret"][-60:]
    slope, level = np.polyfit(x, y, 1)
    assert FEATURES["idio_skew_60"].compute(h)[-1] == pytest.approx(skew(y - level - slope * x), rel=1e-6)
