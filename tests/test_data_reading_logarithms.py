# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.reading.logarithms import *
import numpy as np
import pandas as pd
import polars as pl
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.universes import load_universe

def _market(n=12, days=120, low=8, high=400, seed=0, vol=0.015):
    rng = np.random.default_rng(seed)
    return np.cumsum(vol * rng.standard_normal((days, n)), 0) + np.log(np.geomspace(low, high, n))

def _long(values, start="2020-01-01", **columns):
    dates = pd.bdate_range(start, periods=len(values))
    names = [f"S{i:02}" for i in range(values.shape[1])]
    out = pd.DataFrame(
        {"date": np.repeat(dates, len(names)), "asset": np.tile(names, len(dates)), "close": values.ravel()}
    )
    return out.assign(**{name: np.asarray(v).ravel() for name, v in columns.items()})

@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", ["natural", "decimal", "from zero", "weekly"])
def test_logarithms_of_prices_are_asked_for(seed, kind):
    logs = _market(20, seed=seed) / (np.log(10) if kind == "decimal" else 1)
    logs = logs - logs[0] if kind == "from zero" else logs
    frame = _long(logs)
    if kind == "weekly":
        frame["date"] = np.repeat(pd.date_range("2010-01-01", periods=len(logs), freq="W-FRI"), 20)
    with pytest.raises(
        NeuralphaError, match=r"column 'close' holds no prices but, it seems, their logarithms: .*say logar"
    ):
        load_universe(frame, "logs", checks={"calendar": "none"})

@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("market", ["pennies", "low", "wide", "rates of exchange", "wilder when small", "one level"])
def test_low_prices_are_prices(seed, market):
    low, high, vol = {
        "pennies": (0.02, 3, 0.04),
        "low": (2, 9, 0.02),
        "wide": (0.5, 19, 0.015),
        "rates of exchange": (0.6, 1.9, 0.004),
        "wilder when small": (1, 18, 0.02),
        "one level": (4, 4.4, 0.012),
    }[market]
    logs = _market(20, 120, low, high, seed, vol)
    if market == "wilder when small":
        logs = logs[0] + (logs - logs[0]) * (logs[0].mean() / np.maximum(logs[0], 0.7)) ** 0.3
    prices = np.exp(logs)
    prices = np.maximum(np.round(prices, 2), 0.01) if market in ("pennies", "low") else prices
    panel = load_universe(_long(prices * 18 / max(prices.max(), 18)), market, checks={"calendar": "none"})
    assert "logarithms" not in set(panel.checks.check)

def test_logarithms_are_raised_to_prices_in_long_and_wide_tables(tmp_path):
    logs = _market()
    frame = _long(logs, high=logs + 0.01, low=logs - 0.01)
    panel = load_universe(frame, "logs", logarithms=["close", "high", "low"])
    np.testing.assert_allclose(panel.fields["close"], np.exp(logs).T.ravel(), rtol=1e-6)
    np.testing.assert_allclose(panel.fields["high"], np.exp(logs + 0.01).T.ravel(), rtol=1e-6)
    wide = frame.pivot(index="date", columns="asset", values="close")
    wide.to_csv(tmp_path / "wide.csv")
    with pytest.raises(NeuralphaError, match=r"say logarithms=\['close'\]"):
        load_universe(str(tmp_path / "wide.csv"), layout="wide")
    same = load_universe(str(tmp_path / "wide.csv"), layout="wide", logarithms="close")
    np.testing.assert_allclose(same.fields["close"], panel.fields["close"], rtol=1e-6)
    assert load_universe(_long(np.abs(logs)), "kept", logarithms=[]).fields["close"].max() < 7
    with pytest.raises(NeuralphaError, match="logarithms= names 'Schluss', which is no column of numbers"):
        load_universe(frame, "logs", logarithms="Schluss")

def test_closes_below_zero_that_wander_are_asked_for_and_one_calm_asset_is_said():
    logs = _market(3)
    logs[:, 0] -= logs[60, 0]
    with pytest.raises(NeuralphaError, match="of the closes lie below zero, and they move in small steps"):
        load_universe(_long(logs), "logs")
    wild = _market(7, vol=0.045, seed=4).round(3)
    found = load_universe(_long(wild), "wild").checks.set_index("check").note["logarithms"]
    assert "less than shares so cheap do: if they are logarithms of prices" in found
    assert "logarithms" not in set(load_universe(_long(np.maximum(wild.round(2), 0.01)), "cents").checks.check)
    one = load_universe(_long(_market(1, low=100, high=100)), "one")
    said = one.checks.set_index("check").note["logarithms"]
    assert "less than shares do: if they are logarithms of prices, say logarithms=['close']" in said

@pytest.mark.parametrize("n, seed", [(1, 0), (3, 1), (10, 2)])
@pytest.mark.parametrize("kind", ["quoted", "float32", "six digits", "dividends", "wild"])
def test_logarithms_of_quoted_prices_are_asked_for_however_few_the_assets_are(n, seed, kind):
    prices = np.exp(_market(n, 250, seed=seed, vol=0.05 if kind == "wild" else 0.015)).round(2)
    if kind == "dividends":
        prices = prices * (0.995 ** ((249 - np.arange(250)) // 63))[:, None]
    logs = np.log(prices)
    logs = (
        logs.astype(np.float32).astype(float) if kind == "float32" else logs.round(6) if kind == "six digits" else logs
    )
    with pytest.raises(
        NeuralphaError, match=r"holds no prices but, it seems, their logarithms: .*say logarithms=\['close'\]"
    ):
        load_universe(_long(logs), "logs")

@pytest.mark.parametrize("kind", ["whole cents", "adjusted", "eighths", "many digits"])
def test_powers_of_prices_are_whole_cents_by_chance_only(kind):
    for seed in range(20):
        prices = np.exp(_market(10, 250, 0.6, 12, seed, 0.02))
        prices = {
            "whole cents": prices.round(2),
            "adjusted": prices.round(2) * (0.995 ** ((249 - np.arange(250)) // 63))[:, None],
            "eighths": np.round(prices * 8) / 8,
            "many digits": prices,
        }[kind]
        assert not why_powers(prices.ravel(), "e") and not why_powers(prices.ravel(), "10")

def test_decimal_logarithms_are_refused_also_where_the_option_calls_them_logarithms():
    logs = np.log10(np.exp(_market(3)).round(2))
    for options in ({}, dict(logarithms="close")):
        with pytest.raises(
            NeuralphaError, match="decimal logarithms: 10 to their power .* multiply the column by 2.302585"
        ):
            load_universe(_long(logs), "decimal", **options)
    natural = load_universe(_long(logs * np.log(10)), "natural", logarithms="close")
    np.testing.assert_allclose(natural.fields["close"], 10 ** logs.T.ravel(), rtol=1e-5)
    assert load_universe(_long(logs), "kept", logarithms=[]).fields["close"].max() < 3

def test_closes_that_begin_anew_on_every_bar_are_said_and_prices_are_not():
    for seed in range(8):
        logs = _market(3, 60, seed=seed)
        found = load_universe(_long(np.exp(np.diff(logs, axis=0))), "ratios").checks.set_index("check").note
        assert "begin anew on every bar, as returns and ratios do" in found["no_prices"]
        assert "no_prices" not in set(load_universe(_long(np.exp(logs)), "prices").checks.check)
