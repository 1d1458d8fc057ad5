# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.features.store import *
import time
from dataclasses import replace
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.features.compute import compute_features
from neuralpha.features.cross import rank_by_date
from neuralpha.features.families import Feature

def test_the_key_follows_data_and_code(panel, monkeypatch):
    key = feature_key(panel, "classic")
    bumped = panel.with_fields(close=panel.fields["close"] * np.float32(1.01))
    mine = Feature("mine", "mine", ("close",), 0, "", "", lambda h: h["close"])
    other = replace(mine, compute=lambda h: 2 * h["close"])
    keys = {
        key,
        feature_key(bumped, "classic"),
        feature_key(panel, "classic", None),
        feature_key(panel, ["ret_5"]),
        feature_key(panel, mine),
        feature_key(panel, other),
    }
    monkeypatch.setattr("neuralpha.features.store.code_digest", lambda *names: "another version")
    assert len(keys | {feature_key(panel, "classic")}) == 7

def test_a_warm_cache_gives_the_same_bits_without_computing(panel, tmp_path, monkeypatch):
    cold = cached_features(panel, tmp_path, "classic")
    monkeypatch.setattr("neuralpha.features.store.compute_features", None)
    warm = cached_features(panel, tmp_path, "classic")
    np.testing.assert_array_equal(cold.values, warm.values)
    assert warm.names == cold.names and warm.missing == cold.missing and isinstance(warm.values, np.memmap)
    with pytest.raises(TypeError):
        cached_features(panel, tmp_path, "classic", None)

@pytest.fixture(scope="module", name="panel")
def make_panel():
    return simulate_universe(30, 400, seed=2)

def _until(panel, n):
    f = panel.frame()
    f = f[f["date"] <= panel.dates[n - 1]]
    return panel_from_frame(
        f.drop(columns="tradable"), panel.name, tradable=f["tradable"].to_numpy(), attributes=panel.attributes
    )

@pytest.mark.parametrize("transform", ["rank", "zscore", None])
@pytest.mark.parametrize("days", [1, 7])
def test_an_update_equals_the_full_run_bit_for_bit(panel, transform, days):
    names = [
        "core",
        "alpha158",
        "abnormal",
        "residual",
        "spectral",
        "wavelet",
        "fractional",
        "ret_20@sector",
        "ret_5:vol_20",
    ]
    whole = _until(panel, panel.n_dates)
    before = _until(panel, panel.n_dates - days)
    full = compute_features(whole, names, transform)
    grown = update_features(compute_features(before, names, transform), whole, names, transform)
    np.testing.assert_array_equal(grown.values, full.values)
    assert grown.names == full.names and grown.missing == full.missing

def test_an_update_computes_the_tail_only(panel, monkeypatch):
    from neuralpha.features import store

    whole = _until(panel, panel.n_dates)
    before = _until(panel, panel.n_dates - 1)
    old = compute_features(before, "classic")
    seen = []
    real = store._values
    monkeypatch.setattr("neuralpha.features.store._values", lambda p, *a: seen.append(p.n_dates) or real(p, *a))
    update_features(old, whole, "classic")
    assert seen == [22]  # the new day, the look-back of 20 and one

def test_a_restated_history_is_refused(panel):
    whole = _until(panel, panel.n_dates)
    before = _until(panel, panel.n_dates - 1)
    old = compute_features(before, "classic")
    close = whole.fields["close"].copy()
    close[5] *= 1.5
    with pytest.raises(NeuralphaError, match="close of .* has been restated"):
        update_features(old, whole.with_fields(close=close), "classic")
    with pytest.raises(NeuralphaError, match="does not continue"):
        update_features(old, _until(panel, 100), "classic")

def test_a_stream_holds_what_memory_would(panel, tmp_path):
    panel = panel.with_fields(ret=np.arange(panel.n_rows), market=np.arange(panel.n_rows))
    names = ["alpha158", "beta", "characteristics"]
    path = stream_features(panel, tmp_path / "x.parquet", names, block_rows=3000)
    X = compute_features(panel, names, None)
    assert X.names[-2:] == ("ret", "market")
    frame = pd.read_parquet(path)
    np.testing.assert_array_equal(frame[list(X.names)].to_numpy(), X.values)
    assert (frame["asset"].astype(str).to_numpy() == panel.assets[panel.asset_code]).all() and (
        frame["date"] == panel.dates[panel.date_code]
    ).all()
    assert pq.ParquetFile(path).num_row_groups > 2

def test_ranks_of_a_stream_column_by_column(panel, tmp_path):
    path = stream_features(panel, tmp_path / "x.parquet", ["ret_5", "vol_20"], block_rows=3000)
    want = compute_features(panel, ["ret_5", "vol_20"])
    for j, n in enumerate(want.names):
        column = pd.read_parquet(path, columns=[n]).to_numpy(np.float32, copy=True)
        rank_by_date(panel, column)
        np.testing.assert_array_equal(column[:, 0], want.values[:, j])

def test_streams_refuse_what_needs_whole_dates(panel, tmp_path):
    with pytest.raises(NeuralphaError, match="ret_5@market"):
        stream_features(panel, tmp_path / "x.parquet", ["ret_5@market"])
    assert not list(tmp_path.iterdir())
