# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.features.clusters import *
import numpy as np
import pandas as pd
import pytest
import matplotlib.pyplot as plt
from neuralpha.data.panel import panel_from_frame
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.features.compute import compute_features
from neuralpha.features.table import Features

def _blocks():
    """Two kinds of days, alternating every 50 dates, for 8 assets; the last 100 dates are the test."""
    rng = np.random.default_rng(0)
    days = pd.bdate_range("2020-01-01", periods=400)
    panel = panel_from_frame(
        pd.DataFrame({"date": np.tile(days, 8), "asset": np.repeat(list("ABCDEFGH"), 400), "close": 1.0})
    )
    kind = panel.date_code // 50 % 2
    v = (kind[:, None] * np.array([3.0, -3.0]) + rng.standard_normal((panel.n_rows, 2))).astype(np.float32)
    return Features(panel, ("a", "b"), v, (5, 2)), kind, np.flatnonzero(panel.date_code < 300)

@pytest.mark.parametrize("kind", ["distance", "forest"])
def test_strange_rows_score_high(kind):
    X, _, train = _blocks()
    odd = X.values.copy()
    odd[-20:] = 30
    score = Anomaly(kind).fit(X, train).apply(Features(X.panel, X.names, odd, X.lookbacks)).values[:, -1]
    assert score[-20:].min() > score[:-20].max()
    if kind == "distance":
        assert score[train].mean() == pytest.approx(1, abs=0.02)

@pytest.mark.parametrize("kind", ["kmeans", "hierarchical"])
def test_planted_regimes_and_their_flips_are_found(kind):
    X, true, train = _blocks()
    R = Regimes(2, kind).fit(X, train).apply(X)
    np.testing.assert_array_equal(R.values[:, 2], true)
    np.testing.assert_array_equal(R.values[:, 3], (X.panel.date_code % 50 == 0) & (X.panel.date_code > 0))
    np.testing.assert_array_equal(R.values[:, 4], X.panel.date_code % 50)
    C = Clusters(2, kind).fit(X, train).apply(X)
    assert (
        (C.values[:, 2] == true).mean() > 0.97
        and C.names[2:] == ("cluster", "cluster_flip", "cluster_age")
        and C.lookbacks == (5, 2, 5, 6, 65)
    )

STEPS = [Anomaly(), Anomaly("forest"), Clusters(3), Clusters(3, "hierarchical"), Regimes(2), Regimes(2, "hierarchical")]

@pytest.mark.parametrize("step", STEPS, ids=lambda s: f"{type(s).__name__}-{s.by}")
def test_only_training_rows_count(step):
    X, _, train = _blocks()
    noise = X.values.copy()
    noise[X.panel.date_code >= 300] = 50
    a = step.fit(X, train).apply(X)
    b = step.fit(Features(X.panel, X.names, noise, X.lookbacks), train).apply(
        Features(X.panel, X.names, noise, X.lookbacks)
    )
    np.testing.assert_array_equal(a.values[train], b.values[train])

@pytest.mark.parametrize("step", [Clusters(3, memory=10), Regimes(2, memory=10)], ids=["clusters", "regimes"])
def test_flips_look_back_as_far_as_they_say(step):
    X, _, train = _blocks()
    late = X.panel.date_code >= 120
    f = X.panel.frame()[late]
    cut = Features(
        panel_from_frame(f.drop(columns="tradable"), tradable=f["tradable"].to_numpy()),
        X.names,
        X.values[late],
        X.lookbacks,
    )
    step.fit(X, train)
    full = step.apply(X)
    short = step.apply(cut)
    since = cut.panel.date_code >= step.memory + 1
    np.testing.assert_array_equal(short.values[since], full.values[late][since])
