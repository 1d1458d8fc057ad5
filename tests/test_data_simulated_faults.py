# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.simulated.faults import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.simulated.market import simulate_named

def test_splits_divide_prices_and_keep_returns_and_turnover():
    market = simulate_named("sim-tiny")
    traded = as_traded(market, above=40)
    a = market.fields
    b = traded.fields
    np.testing.assert_allclose(
        b["close"].astype(float) * b["volume"], a["close"].astype(float) * a["volume"], rtol=1e-5
    )
    ratio = a["close"] / b["close"]
    assert set(np.unique(ratio[market.tradable])) >= {1.0, 2.0} and (np.log2(ratio[market.tradable]) % 1 == 0).all()
    for asset in market.assets:
        rows = market.rows_of(asset)
        np.testing.assert_allclose(
            b["adj_close"][rows] / b["adj_close"][rows][0], a["close"][rows] / a["close"][rows][0], rtol=1e-6
        )
        end = np.flatnonzero(market.tradable[rows])[-1]
        assert b["adj_close"][rows][end] == b["close"][rows][end]
        jump = np.flatnonzero(np.diff(ratio[rows]) > 0)
        limit = max(40, 2 * a["close"][rows][0])
        dear = b["close"][rows] > limit * 1.000001
        assert (
            dear[jump].all() and dear.sum() == len(jump) + dear[-1]
        )  # each dear close, and no other, is followed by a split

CLEAN = simulate_named("sim-tiny").frame().drop(columns="tradable").dropna().reset_index(drop=True)

@pytest.mark.parametrize("kind", PRICE_FAULTS)
def test_a_fault_is_where_the_list_says_and_nowhere_else(kind):
    dirty, planted = plant_faults(CLEAN, {kind: 2}, seed=5)
    assert list(planted.columns) == ["date", "asset", "fault"] and (planted.fault == kind).all() and len(planted) == 2
    a, b = (d.set_index(["asset", "date"]).astype(float).sort_index() for d in (CLEAN, dirty))
    b = b[~b.index.duplicated()]
    both = a.index.intersection(b.index)
    changed = both[(a.loc[both] != b.loc[both]).any(axis=1)]
    spots = list(planted[["asset", "date"]].itertuples(index=False, name=None))

    def bars(s, n):
        return list(a.loc[[s[0]]].loc[s:].index[:n])

    expected = {
        "duplicate": [],
        "missing": [],
        "weekend": [],
        "stale": sum((bars(s, 10) for s in spots), []),
        "split": sum((bars(s, 10_000) for s in spots), []),
    }.get(kind, spots)
    assert set(changed) == set(expected)
    gone = set(a.index) - set(b.index)
    assert gone == (set(spots) if kind in ("missing", "weekend") else set())
    assert dirty.duplicated(["asset", "date"]).sum() == (2 if kind == "duplicate" else 0)
    assert (dirty.date.dt.day_of_week == 5).sum() == (2 if kind == "weekend" else 0)

def test_unknown_and_too_many_faults_are_refused():
    with pytest.raises(NeuralphaError, match="decimal_slip"):
        plant_faults(CLEAN, {"decimal_slop": 1})
    with pytest.raises(NeuralphaError, match="do not fit"):
        plant_faults(CLEAN, {"stale": 100_000})
