# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.portfolio.resilience import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.features.compute import compute_features
from neuralpha.labels import forward_return
from neuralpha.features.table import Features
from neuralpha.models.nets import MLP
from neuralpha.models.predict import cross_predict
from neuralpha.portfolio.policies import Quantiles
from neuralpha.splits import walk_forward

def _market(seed=0, n=40, bars=500):
    panel = simulate_universe(n, bars, seed=seed)
    return panel, compute_features(panel, "core")

def test_disturbances_do_what_they_say():
    from neuralpha.portfolio.resilience import manipulated, noisy, stale, without_family

    panel, X = _market()
    rng = np.random.default_rng(0)
    live = panel.tradable
    moved = noisy(X, 0.5, rng).values - X.values
    spread = np.nanstd(X.values[live], axis=0)
    np.testing.assert_allclose(np.nanstd(moved[live], axis=0), 0.5 * spread, rtol=0.05)
    one = noisy(X, 0.5, rng, [2]).values - X.values
    assert np.nanmax(np.abs(np.delete(one, 2, axis=1))) == 0 < np.nanmax(np.abs(one[:, 2]))
    old = stale(X, 0.3, rng).values
    changed = np.flatnonzero(~((old == X.values) | (np.isnan(old) & np.isnan(X.values))).all(1))
    np.testing.assert_array_equal(old[changed], X.values[changed - 1])
    assert 0.2 < len(changed) / panel.n_rows < 0.31 and not np.isin(changed, panel.asset_offsets[:-1]).any()
    quiet = without_family(X, X.names[:2]).values
    on_date = panel.rows_on(panel.dates[300])
    assert np.ptp(quiet[on_date, 0]) < 1e-6 < np.ptp(quiet[on_date, 2])
    bent, hit = manipulated(X, "close", 1.1, rng)
    assert hit.sum() > 0 and not np.allclose(bent.values[hit], X.values[hit], equal_nan=True)
    assert set(panel.date_code[hit] % 5) == {0} and len(set(panel.asset_code[hit])) == 2

def _prediction(model, panel, X, **how):
    y = forward_return(panel, 5, 1)
    return cross_predict(model, X, y, walk_forward(y, "1Y", "6M", "6M", 5)[:1], device="cpu", progress=False, **how)

def test_undisturbed_scores_are_those_of_the_prediction_and_nothing_moves():
    from neuralpha.portfolio.resilience import DisturbedPrediction, compare_scores

    panel, X = _market(1)
    ridge = _prediction("ridge", panel, X)
    trial = DisturbedPrediction(ridge, Quantiles(5), "square-root", 1e7, 0, 50)
    stored = panel.series(trial.before).dropna()
    np.testing.assert_allclose(stored, ridge.scores().reindex(stored.index), rtol=1e-6)
    same = compare_scores(trial, trial.before)
    assert (
        same["rank correlation"] == pytest.approx(1)
        and same["ic lost"] == same["Sharpe lost"] == same["positions moved"] == 0
    )
    upside_down = compare_scores(trial, -trial.before)
    assert upside_down["rank correlation"] == pytest.approx(-1)
    assert upside_down["ic lost"] == pytest.approx(2 * upside_down["ic before"], rel=1e-6)
    assert upside_down["positions moved"] == pytest.approx(1, abs=0.05)  # every position became its opposite
    ridge.models = {}
    with pytest.raises(NeuralphaError, match="keeps no fitted models"):
        resilience(ridge)
    with pytest.raises(NeuralphaError, match="disturbance"):
        resilience([], kinds=("earthquake",))

def test_the_door_is_the_feature_that_the_model_hangs_on():
    """A label that one feature gives away: the model hangs on it, and noise on it costs what noise on all does."""
    panel, X = _market(2)
    y = forward_return(panel, 5, 1)
    told = np.nan_to_num(y.values).astype(np.float32)
    values = X.values[:, :6].copy()
    values[:, 3] = told / told.std() + np.random.default_rng(0).normal(size=len(told)).astype(np.float32)
    six = Features(panel, X.names[:6], values, X.lookbacks[:6])
    found = resilience(_prediction("ridge", panel, six), kinds=("noise",), n_resamples=50)
    assert found.door("ridge") == X.names[3]
    lost = found.table["ic lost"].to_numpy()
    assert lost[0] < lost[1] < lost[2] and (found.table["low"] < found.table["ic lost"]).all()
    assert found.doors["ridge"].max() == pytest.approx(lost[2], rel=0.35)

def test_a_worst_step_hurts_more_than_noise_and_a_noisy_training_helps():
    panel, X = _market(3, 50, 600)
    how = dict(hidden=(16,), max_epochs=4)
    plain, steeled = (
        _prediction(MLP(**how, input_noise=noise), panel, X, seeds=1, name=name)
        for name, noise in (("plain", 0.0), ("steeled", 1.0))
    )
    found = resilience([plain, steeled], kinds=("noise", "worst step"), n_resamples=50).table
    for model in ("plain", "steeled"):
        worst, by_luck = found.loc[model, "worst step"], found.loc[model, "noise"]
        assert worst.loc[0.25, "ic lost"] > by_luck.loc[0.25, "ic lost"]
        assert worst["ic lost"].is_monotonic_increasing and worst["ic lost"].iloc[0] > 0
    kept = {m: found.loc[(m, "noise", 0.5), "rank correlation"] for m in ("plain", "steeled")}
    assert kept["steeled"] > kept["plain"]
