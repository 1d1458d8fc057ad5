# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.evaluate.quantiles import *
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.labels import forward_return

def _panel(seed=0, dates=40, assets=23, shut=0.0):
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2020-01-01", periods=dates)
    pairs = [(d, f"A{a:02d}") for a in range(assets) for d in days[rng.integers(0, 5) : dates - rng.integers(0, 5)]]
    close = np.where(rng.random(len(pairs)) < shut, np.nan, rng.uniform(1, 1.1, len(pairs)))
    panel = panel_from_frame(pd.DataFrame(pairs, columns=["date", "asset"]).assign(close=close))
    return panel, panel.series(rng.normal(size=panel.n_rows))

def test_quantile_returns_equal_a_groupby():
    panel, s = _panel()
    y = forward_return(panel, 3, 1)
    frame = pd.DataFrame(
        {"q": s.groupby(level="date").transform(lambda v: pd.qcut(v, 5, labels=False) + 1), "y": panel.series(y.values)}
    )
    want = frame.groupby([frame.index.get_level_values("date"), "q"]).y.mean().unstack()
    np.testing.assert_allclose(quantile_returns(s, y), want, atol=1e-15)

@pytest.mark.parametrize("lag", [1, 4])
def test_turnover_and_autocorrelation_equal_alphalens(lag):
    from alphalens.performance import factor_rank_autocorrelation, quantile_turnover

    panel, s = _panel()
    data = pd.DataFrame(
        {"factor": s, "factor_quantile": s.groupby(level="date").transform(lambda v: pd.qcut(v, 5, labels=False) + 1)}
    )
    mine = turnover(s, panel, lag)
    for k in (1, 3, 5):
        np.testing.assert_allclose(
            mine[k].to_numpy()[lag:], quantile_turnover(data.factor_quantile, k, lag).to_numpy()[lag:], atol=1e-15
        )
    np.testing.assert_allclose(
        rank_autocorrelation(s, panel, lag).to_numpy()[lag:],
        factor_rank_autocorrelation(data, lag).to_numpy()[lag:],
        atol=1e-13,
    )
