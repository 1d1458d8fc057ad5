# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.evaluate.exposures import *
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.features.compute import adjusted_panel
from neuralpha.features.families import moved_values
from neuralpha.labels import forward_return

def _market(dates=150, assets=50, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "date": np.repeat(pd.bdate_range("2019-01-01", periods=dates), assets),
            "asset": np.tile([f"S{i:02d}" for i in range(assets)], dates),
            "close": np.exp(rng.normal(0, 0.02, (dates, assets)).cumsum(0)).ravel(),
            "volume": rng.lognormal(12, 1, (dates, assets)).ravel(),
            "bm": rng.normal(size=dates * assets),
            "market_cap": rng.lognormal(10, 1, dates * assets),
        }
    )
    return panel_from_frame(frame, "toy")

@pytest.mark.parametrize("world", [dict(split=8), dict(split=3 / 2), dict(dividend=0.97), dict(dividend=1e-6)])
def test_styles_know_no_later_split_and_size_and_liquidity_are_sums_of_money(world):
    p = _market(500)
    F, names, _ = style_factors(p)
    G = style_factors(adjusted_panel(p, **world))[0]
    changed = {n for j, n in enumerate(names) if moved_values(F[:, j], G[:, j]).any()}
    assert changed == ({"liquidity"} | {n for n in names if n.startswith("size (")} if "dividend" in world else set())

def test_what_the_panel_cannot_give_is_named_and_can_be_handed_in():
    p = _market()
    names, missing = style_factors(p)[1:]
    assert set(names) == {"market", "value", "volatility", "size", "liquidity"} and missing == {
        "momentum": "too little history"
    }
    names, missing = style_factors(p, {"momentum": p.series(np.arange(p.n_rows))})[1:]
    assert "momentum" in names and not missing

@pytest.mark.parametrize("freq, year, month", [("BME", 12, 1), ("W-FRI", 48, 4), ("4h", 2196, 183)])
def test_momentum_is_of_a_year_less_a_month_on_bars_that_are_no_sessions(freq, year, month):
    dates = pd.date_range("2010-01-01", periods=year + 40, freq=freq)
    closes = pd.DataFrame(
        np.exp(np.random.default_rng(2).normal(0, 0.02, (len(dates), 4)).cumsum(0)), dates, list("ABCD")
    )
    frame = closes.rename_axis("date").melt(ignore_index=False, var_name="asset", value_name="close").reset_index()
    p = panel_from_frame(frame, "toy")
    F, names, _ = style_factors(p)
    theirs = closes.shift(month) / closes.shift(year) - 1
    ours = p.series(F[:, names.index("momentum")]).unstack("asset")
    np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-6)

def test_residuals_are_uncorrelated_with_every_factor_on_every_date():
    p = _market()
    F, names, _ = style_factors(p)
    left, share, _ = unexplained(
        p, np.random.default_rng(1).normal(size=p.n_rows) + 0.5 * F[:, names.index("value")], F
    )
    from neuralpha.evaluate.exposures import unit_ranks

    ranks = np.nan_to_num(unit_ranks(p, F))
    for d in range(0, p.n_dates, 17):
        rows = p.rows_on(p.dates[d])
        assert np.abs(ranks[rows].T @ left[rows]).max() < 1e-9 and abs(left[rows].sum()) < 1e-9
    assert 0.05 < np.nanmean(share) < 0.4

def test_a_pure_style_leaves_nothing_and_pure_skill_stays():
    p = _market()
    y = forward_return(p, 1, 0)
    factors = style_factors(p)
    value = factors[0][:, factors[1].index("value")]
    copied = exposure_metrics(np.exp(value), y, factors)
    assert (
        copied["exposures"]["value"]["value"] > 0.999
        and copied["style_r2"]["value"] > 0.999
        and copied["rank_ic_neutral"]["value"] == 0
    )
    skilled = exposure_metrics(y.values + np.random.default_rng(0).normal(0, 0.02, p.n_rows), y, factors)
    assert skilled["rank_ic_neutral"]["value"] > 0.6 and skilled["rank_ic_from_styles"]["value"] < 0.03

@pytest.mark.parametrize("assets", [20, 60])
def test_factors_that_mean_nothing_explain_nothing_whatever_the_number_of_assets(assets):
    rng = np.random.default_rng(4)
    p = _market(250, assets)
    y = forward_return(p, 1, 0)
    noise = rng.normal(size=(p.n_rows, 5))
    skilled = np.nan_to_num(y.values) / 0.02 * 0.3 + rng.normal(size=p.n_rows)
    found = exposure_metrics(skilled, y, (noise, list("abcde"), {}))
    for name in ("style_r2", "rank_ic_from_styles"):
        assert found[name]["low"] < 0 < found[name]["high"] and abs(found[name]["value"]) < 0.02, (name, found[name])
    copied = exposure_metrics(noise[:, 0], y, (noise, list("abcde"), {}))
    assert copied["style_r2"]["value"] == 1

def test_where_too_few_assets_can_be_regressed_nothing_is_said():
    rng = np.random.default_rng(0)
    dates = pd.bdate_range("2020-01-01", periods=300)
    frame = pd.DataFrame(
        {
            "date": np.repeat(dates, 3),
            "asset": list("ABC") * 300,
            "close": np.exp(np.cumsum(rng.normal(0, 0.01, (300, 3)), 0)).ravel(),
            "volume": 1e5,
        }
    )
    p = panel_from_frame(frame, "three")
    m = exposure_metrics(rng.normal(size=p.n_rows), forward_return(p, 1))
    for name in ("rank_ic_neutral", "rank_ic_from_styles"):
        assert m[name]["value"] is None and m[name]["low"] is None, m[name]

def test_correlation_of_scores():
    p = _market(60)
    a = np.random.default_rng(0).normal(size=p.n_rows)
    got = score_correlation(
        {
            "a": p.series(a),
            "minus": p.series(-(a**3)),
            "other": p.series(np.random.default_rng(1).normal(size=p.n_rows)),
        },
        p,
    )
    assert got.loc["a", "a"] > 1 - 1e-12 and got.loc["a", "minus"] < -1 + 1e-12 and abs(got.loc["a", "other"]) < 0.05
