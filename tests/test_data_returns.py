# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.returns import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame

def _walks(seed=0):
    """Random walks that begin and end on different days, with suspensions."""
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2024-01-01", periods=40)
    pairs = [(d, a) for a in "ABCDE" for d in days[rng.integers(0, 5) : 40 - rng.integers(0, 5)]]
    frame = pd.DataFrame(pairs, columns=["date", "asset"])
    walk = frame.groupby("asset").date.transform(lambda s: rng.standard_normal(len(s)).cumsum())
    return panel_from_frame(frame.assign(close=np.where(rng.random(len(frame)) < 0.1, np.nan, np.exp(0.02 * walk))))

def test_returns_are_those_of_pandas_within_each_asset():
    panel = _walks()
    by_asset = pd.Series(panel.fields["close"].astype(float)).groupby(panel.asset_code)
    np.testing.assert_array_equal(bar_return(panel), by_asset.pct_change(fill_method=None))
    want = by_asset.shift(2) / by_asset.shift(7) - 1
    np.testing.assert_array_equal(past_return(panel, 7, 2), want.where(panel.tradable))
    assert np.isnan(bar_return(panel)).sum() > panel.n_assets

def test_stated_returns_give_the_same_as_the_prices_they_were_made_of():
    panel = _walks()
    stated = panel.frame().drop(columns="close").assign(**{"return": bar_return(panel)})
    known = np.isfinite(bar_return(panel))
    got = bar_return(panel_from_frame(stated.drop(columns="tradable").fillna({"return": 0.0})))
    np.testing.assert_allclose(got[known], bar_return(panel)[known], rtol=1e-5, atol=1e-7)

def test_nothing_is_known_before_an_asset_is_old_enough():
    panel = _walks()
    assert np.isnan(past_return(panel, 41)).all() and np.isnan(past_return(panel, 10_000, 9_000)).all()

def test_a_universe_without_prices_and_returns_says_so():
    panel = panel_from_frame(pd.DataFrame({"date": [pd.Timestamp("2024-01-02")], "asset": "A", "size": 1.0}), "plain")
    with pytest.raises(NeuralphaError, match="plain has neither 'close' nor 'return'"):
        bar_return(panel)

def test_a_stated_return_that_is_missing_is_no_return_of_zero():
    days = pd.bdate_range("2024-01-01", periods=6)
    stated = [np.nan, 0.1, np.nan, 0.2, -0.5, 0.1]
    panel = panel_from_frame(pd.DataFrame({"date": days, "asset": "A", "size": 1.0, "return": stated}))
    assert panel.tradable.all()
    np.testing.assert_allclose(bar_return(panel), stated, rtol=1e-6)
    np.testing.assert_allclose(past_return(panel, 2), [np.nan] * 4 + [1.2 * 0.5 - 1, 0.5 * 1.1 - 1], rtol=1e-6)
    np.testing.assert_allclose(past_return(panel, 4, 2), [np.nan] * 6)
