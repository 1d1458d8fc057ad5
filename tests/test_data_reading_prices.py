# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.reading.prices import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.universes import load_universe

def _bars(swapped):
    """Bars of five assets, high and low exchanged where `swapped` says so."""
    rng = np.random.default_rng(0)
    days = pd.bdate_range("2024-01-01", periods=40)
    close = 50 * np.exp(np.cumsum(0.01 * rng.standard_normal((40, 5)), 0))
    f = pd.DataFrame({"date": np.repeat(days, 5), "asset": np.tile(list("ABCDE"), 40), "close": close.ravel()})
    f["open"], f["High"], f["Low"] = f["close"] * 1.002, f["close"] * 1.01, f["close"] * 0.99
    at = swapped(f)
    f.loc[at, ["High", "Low"]] = f.loc[at, ["Low", "High"]].to_numpy()
    return f

def test_exchanged_high_and_low_are_named_with_what_reads_them():
    f = _bars(lambda f: f["asset"] != "")
    said = (
        r"columns 'High' and 'Low' are exchanged: .* 200 of the 200 bars .*; say columns={'high': 'Low', 'low': 'High'}"
    )
    with pytest.raises(NeuralphaError, match=said):
        load_universe(f, "exchanged")
    panel = load_universe(f, "exchanged", columns={"high": "Low", "low": "High"})
    assert panel.tradable.all() and (panel.fields["high"] > panel.fields["low"]).all()

def test_bars_on_which_they_are_exchanged_are_counted_with_their_assets():
    panel = load_universe(_bars(lambda f: f["asset"] == "C"), "one")
    found = panel.checks.set_index("check").loc["high_below_low"]
    assert found["rows"] == 40 and (~panel.tradable).sum() == 40
    assert (
        "on 40 of them open and close lie between the two: high and low are exchanged there (asset C)" in found["note"]
    )
    broken = _bars(lambda f: f["asset"] == "")
    broken.loc[7, "High"] = broken.loc[7, "Low"] * 0.5
    assert "exchanged" not in load_universe(broken, "broken").checks.set_index("check").loc["high_below_low", "note"]
