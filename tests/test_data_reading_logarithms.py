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
    one = load_universe(_long(_market(1, low=100, high=100)), "one")
    said = one.checks.set_index("check").note["logarithms"]
    assert "less than shares do: if they are logarithms of prices, say logarithms=['close']" in said
