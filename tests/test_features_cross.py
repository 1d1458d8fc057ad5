# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.features.cross import *
import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata
from neuralpha.data.panel import panel_from_frame

def _market(n_dates=40, n_assets=30, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame([(d, f"S{a:02d}") for a in range(n_assets) for d in pd.bdate_range("2024-01-01", periods=n_dates)
                          if rng.random() < .9], columns=["date", "asset"])
    panel = panel_from_frame(frame.assign(close=1.), tradable=rng.random(len(frame)) < .95,
                             attributes=pd.DataFrame({"sector": [f"X{a%3}" for a in range(n_assets)]}, index=[f"S{a:02d}" for a in range(n_assets)]))
    values = np.round(rng.standard_normal((panel.n_rows, 3)), 1).astype(np.float32) # rounded: ties, and both zeros
    values[rng.random(values.shape) < .1] = np.nan
    return panel, values

def test_ranks_equal_scipy_on_every_date():
    panel, values = _market()
    got = values.copy()
    missing = rank_by_date(panel, got)
    want, count = np.zeros_like(values), np.zeros(3, int)
    for d in panel.dates:
        rows = panel.rows_on(d); rows = rows[panel.tradable[rows]]
        for f in range(3):
            have = rows[np.isfinite(values[rows, f])]
            want[have, f] = 2*rankdata(values[have, f])/(len(have) + 1) - 1
            count[f] += len(rows) - len(have)
    np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(missing, count)

def test_masked_rows_are_no_competition():
    panel, values = _market()
    a, b = values.copy(), values.copy()
    b[~panel.tradable] = 1e9
    rank_by_date(panel, a), rank_by_date(panel, b)
    np.testing.assert_array_equal(a, b)

def test_means_equal_groupby():
    panel, values = _market()
    frame = panel.frame().assign(x=values[:, 0].astype(float), sector=panel.attributes["sector"].reindex(panel.frame()["asset"]).to_numpy())
    live = frame.where(frame["tradable"])["x"]
    np.testing.assert_allclose(mean_by_date(panel, values[:, 0]), live.groupby(frame["date"]).transform("mean"), rtol=1e-12)
    np.testing.assert_allclose(mean_by_date(panel, values[:, 0], "sector"), live.groupby([frame["date"], frame["sector"]]).transform("mean"), rtol=1e-12, atol=1e-15)
