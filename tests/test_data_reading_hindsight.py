# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.reading.hindsight import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.data.reading.sources import open_source

def _bars(n=150, assets=4):
    rng = np.random.default_rng(1)
    dates = pd.bdate_range("2022-01-03", periods=n)
    close = np.round(50 * np.exp(np.cumsum(0.015 * rng.standard_normal((n, assets)), 0)), 2)
    names = [f"S{i}" for i in range(assets)]
    frame = pd.DataFrame({"date": np.repeat(dates, assets), "asset": np.tile(names, n), "close": close.ravel()})
    return frame.assign(open=frame.groupby("asset")["close"].shift(1).fillna(50.0))

LATER = {
    "return": (lambda c: c.shift(-5) / c - 1, "the return of the next 5 bars"),
    "percent": (lambda c: 100 * (c.shift(-20) / c - 1), "the return of the next 20 bars"),
    "logarithm": (lambda c: np.log(c.shift(-1) / c), "the return of the next 1 bar:"),
    "short": (lambda c: -(c.shift(-3) / c - 1), "the return of the next 3 bars"),
    "delayed": (lambda c: c.shift(-6) / c.shift(-1) - 1, "the return of the next 5 bars, from 1 bar on"),
    "next close": (lambda c: c.shift(-1), "the close 1 bar later"),
}

@pytest.mark.parametrize("what", LATER)
def test_a_column_of_what_comes_later_is_said(what):
    made, words = LATER[what]
    bars = _bars()
    bars["x"] = bars.groupby("asset")["close"].transform(made)
    (found,) = [f for f in open_source(bars).findings if f["check"] == "hindsight"]
    assert f"column 'x' holds {words}" in found["note"]

def test_what_was_known_is_no_hindsight():
    bars = _bars()
    by_asset = bars.groupby("asset")["close"]
    rng = np.random.default_rng(0)
    noisy = by_asset.shift(-5) / bars["close"] - 1 + 0.02 * rng.standard_normal(len(bars))
    known = dict(
        momentum=by_asset.pct_change(5),
        mean=by_asset.transform(lambda c: c.rolling(5).mean()),
        before=by_asset.shift(1),
        noisy=noisy,
        one=1.0,
        count=np.arange(len(bars)) % 7,
        value=bars["close"] * 1e6,
    )
    assert "hindsight" not in [f["check"] for f in open_source(bars.assign(**known)).findings]
    still = bars.assign(close=50.0, open=50.0, x=50.0)
    assert "hindsight" not in [f["check"] for f in open_source(still).findings]
