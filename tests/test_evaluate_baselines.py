# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.evaluate.baselines import *
from neuralpha.data.simulated.market import planted_return, simulate_universe
import numpy as np
import pandas as pd
import pytest
from neuralpha.data.panel import panel_from_frame

def test_baselines_by_hand():
    days = pd.date_range("2020-01-31", periods=14, freq="ME")
    panel = panel_from_frame(pd.DataFrame({"date": days, "asset": "A", "close": 2.0 ** np.arange(14)}))
    assert reversal(panel).iloc[0] == -1 and len(reversal(panel)) == 13
    assert momentum(panel).tolist() == [2.0**11 - 1] * 2  # months 0 to 11 and 1 to 12

def test_baselines_do_not_cross_assets_and_leave_suspended_days_out():
    days = pd.bdate_range("2020-01-01", periods=4)
    panel = panel_from_frame(
        pd.DataFrame(
            {"date": [*days, days[0], days[1], days[3]], "asset": list("AAAABBB"), "close": [1, 2, 3, 4, 5, 6, 7.0]}
        )
    )
    got = reversal(panel)
    assert ("B" in got.xs(days[1]).index) and days[0] not in got.index.get_level_values(0)
    assert (
        "B" not in got.xs(days[2]).index and "B" not in got.xs(days[3]).index
    )  # no bar on the third day: no one-bar return

def test_the_oracle_is_there_only_where_it_is_known():
    frame = pd.DataFrame({"date": pd.bdate_range("2020", periods=5), "asset": "A", "close": 1.0})
    assert oracle(panel_from_frame(frame)) is None
    market = simulate_universe(20, 100, seed=1)
    np.testing.assert_allclose(oracle(market, 20, 1), market.series(planted_return(market, 20, 1)).dropna())
    assert oracle(market, 13, 1) is None and "oracle" not in baseline_scores(market, 13, 1)
    assert list(baseline_scores(panel_from_frame(frame, truth={"oracle": np.arange(5.0)}))) == ["reversal", "oracle"]

def test_a_baseline_that_is_declared_is_among_them(monkeypatch):
    from neuralpha.evaluate import baselines

    monkeypatch.setattr(baselines, "BASELINES", [*baselines.BASELINES])

    @baselines.baseline
    def ahead(panel, delay):
        return panel.series(np.full(panel.n_rows, float(delay))).rename("ahead")

    frame = pd.DataFrame({"date": pd.bdate_range("2020", periods=5), "asset": "A", "close": 1.0})
    found = baselines.baseline_scores(panel_from_frame(frame), delay=3)
    assert list(found) == ["reversal", "ahead"] and set(found["ahead"]) == {3.0}

import os

from pathlib import Path

DATA = os.environ.get("NEURALPHA_DATA", "")

@pytest.mark.slow
@pytest.mark.skipif(
    not Path(DATA, "nasdaq", "prices.parquet").exists(),
    reason="NEURALPHA_DATA names no folder with nasdaq/prices.parquet",
)
def test_reversal_on_the_nasdaq_file_is_the_measured_one():
    from neuralpha import load_universe
    from neuralpha.evaluate.ic import ic, rank_ic
    from neuralpha.labels import forward_return

    panel = load_universe(Path(DATA, "nasdaq", "prices.parquet"))
    y = forward_return(panel, 1, 0)
    s = reversal(panel)
    s = s[(s.index.get_level_values(0) >= "2017-01-03") & (s.index.get_level_values(0) <= "2017-12-08")]
    assert len(rank_ic(s, y)) == 237
    assert abs(ic(s.groupby(level=0).rank(), y).mean() - 0.018) < 0.0005 and abs(rank_ic(s, y).mean() - 0.031) < 0.0005
