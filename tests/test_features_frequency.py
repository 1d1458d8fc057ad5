# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.features.frequency import *
import numpy as np
import matplotlib.pyplot as plt
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.features.families import FEATURES, History

def test_a_cycle_is_found_in_its_band():
    t = np.arange(300)

    def shares(period):
        return [
            FEATURES[f"power_{b}_64"].compute(
                History({"close": np.exp(np.cumsum(0.01 * np.sin(2 * np.pi * t / period)))})
            )[-1]
            for b in ("slow", "middle", "fast")
        ]

    for band, period in enumerate([40, 10, 3]):
        assert shares(period)[band] > 0.9 and sum(shares(period)) == pytest.approx(1)

def test_white_noise_is_spread_evenly():
    h = History({"close": np.exp(np.cumsum(0.01 * np.random.default_rng(0).standard_normal(8000)))})
    got = [np.nanmean(FEATURES[f"power_{b}_64"].compute(h)) for b in ("slow", "middle", "fast")]
    np.testing.assert_allclose(got, np.array([3, 9, 19.5]) / 31.5, atol=0.03)

def test_power_equals_numpys_fft():
    ret = 0.01 * np.random.default_rng(0).standard_normal(64)
    h = History({"close": np.exp(np.cumsum(np.log1p(np.append(0, ret))))})
    r = h["ret"][1:]
    power = np.abs(np.fft.rfft((r - r.mean()) * np.sin(np.pi * (np.arange(64) + 0.5) / 64) ** 2)) ** 2
    power[-1] /= 2
    assert FEATURES["power_slow_64"].compute(h)[-1] == pytest.approx(power[1:4].sum() / power[1:].sum())

def test_denoising_comes_closer_to_the_truth():
    rng = np.random.default_rng(3)
    true = np.cumsum(np.where(np.arange(2000) // 80 % 2, -0.004, 0.005))
    noisy = true + 0.02 * rng.standard_normal(2000)
    value, noise = denoise_last(noisy)
    assert np.nanstd(value - true) < 0.8 * np.nanstd(noisy[63:] - true[63:])
    flat = denoise_last(np.linspace(0, 1, 200))
    np.testing.assert_allclose(flat[0][63:], np.linspace(0, 1, 200)[63:], atol=1e-9)

def test_known_weights_and_differences():
    assert len(frac_diff_weights(0.9, 1e-3)) == 12
    np.testing.assert_allclose(frac_diff([1, 2, 4, 7, 0], 0.5), [0, 1, 2.5, 4.375, -4.4375])
    np.testing.assert_allclose(frac_diff([3, 5, 4], 1), [0, 2, -1])
    with pytest.raises(NeuralphaError, match="positive"):
        frac_diff_weights(0)

def test_the_level_is_gone_and_the_memory_stays():
    price = np.cumsum(np.random.default_rng(0).standard_normal(3000))
    got = frac_diff(price, 0.4)
    np.testing.assert_allclose(frac_diff(price + 1000, 0.4), got, atol=1e-9)
    returns = np.diff(price)
    falling = np.cumsum(frac_diff_weights(0.4))
    assert got[-1] == pytest.approx(np.sum(falling[:-1] * returns[::-1][: len(falling) - 1]))

    def month_apart(x):
        return np.corrcoef(x[300:-20], x[320:])[0, 1]

    assert month_apart(got) > 0.3 > 0.05 > abs(month_apart(returns))
