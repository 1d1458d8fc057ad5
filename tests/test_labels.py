# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.labels import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame

DAYS = pd.bdate_range("2024-01-01", periods=5)

PRICES = pd.DataFrame({"date": list(DAYS) + list(DAYS[:3]), "asset": ["A"]*5 + ["B"]*3, "close": [100, 110, 121, 121, 242, 50, 40, 20.]})

def _panel(final=-.5): return panel_from_frame(PRICES, attributes=pd.DataFrame({"delisting_return": [np.nan, final]}, ["A", "B"]))

def test_forward_return_by_hand():
    y = forward_return(_panel(), horizon=1, delay=1)
    np.testing.assert_allclose(y.values, [.1, 0, 1, np.nan, np.nan, -.5, -.5, np.nan])
    assert list(y.known_code) == [2, 3, 4, 5, 6, 2, 3, 4]
    assert y.counts == {"beyond the last date": 2, "delisted before entry": 1}

def test_unknown_delisting_return_is_missing_and_counted():
    y = forward_return(_panel(np.nan), horizon=1, delay=1)
    assert np.isnan(y.values[6]) and y.counts["delisting return unknown"] == 1

def test_horizon_counts_bars_and_delay_shifts():
    p = _panel()
    a, b = forward_return(p, 2, 0), forward_return(p, 2, 1)
    np.testing.assert_allclose(a.values[:3], [.21, .1, 1])
    np.testing.assert_allclose(a.values[1:3], b.values[:2])

def test_no_label_where_entry_or_exit_is_suspended():
    p = panel_from_frame(PRICES.drop(index=2))
    y = forward_return(p, 1, 0)
    assert np.isnan(y.values[1]) and np.isnan(y.values[2]) and y.counts["no price at entry or exit"] == 1

def test_returns_alone_give_the_same_labels_as_prices():
    p = panel_from_frame(PRICES[PRICES.asset == "A"])
    r = PRICES[PRICES.asset == "A"].assign(**{"return": lambda d: d.close.pct_change().fillna(0)}).drop(columns="close")
    np.testing.assert_allclose(forward_return(panel_from_frame(r), 2, 1).values, forward_return(p, 2, 1).values, rtol=1e-6)

@pytest.mark.parametrize("kw", [dict(horizon=0), dict(delay=-1), dict(horizon=1.5)])
def test_bad_horizons_are_refused(kw):
    with pytest.raises(NeuralphaError, match="whole number"): forward_return(_panel(), **kw)

def test_targets_are_cross_sectional():
    rng = np.random.default_rng(0)
    p = panel_from_frame(pd.DataFrame([(d, a) for d in DAYS for a in "ABCDE"], columns=["date", "asset"]).assign(close=rng.uniform(1, 2, 25)))
    y = forward_return(p, 1, 0)
    rank, z = y.target("rank"), y.target("z")
    for d in range(4):
        rows = p.rows_on(p.dates[d])
        np.testing.assert_allclose(sorted(rank[rows]), np.arange(-2, 3)/3, atol=1e-6)
        assert abs(z[rows].mean()) < 1e-6 and abs(z[rows].std() - 1) < 1e-6
