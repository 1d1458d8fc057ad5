# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.desk_faults import *
import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.stattools import adfuller
from neuralpha.core import NeuralphaError
from neuralpha.report.desk import _read_panel

def test_faults_of_the_data_are_found_at_once_and_the_twin_is_silent(replayed):
    found = try_faults(replayed, "data", bars=16).set_index("break")
    assert found["found"].all() and found["after"].max() <= 15
    assert found.loc["thin-session", "does"].startswith("halts: ") and found.loc["revised-bar", "does"].startswith(
        "notes a revision"
    )
    assert (found["twin"] == "silent").all()

def test_each_fault_is_named_and_its_twin_is_silent(replayed):
    bars = {"shuffled-scores": 20}  # three months of validation leave much possible: found after 17 bars
    for name in ("stuck-feature", "shuffled-scores", "dear-spread", "storm", "partial-fills"):
        [row] = try_faults(replayed, fault=name, bars=bars.get(name, 12)).to_dict("records")
        assert row["found"] and row["twin"] == "silent", row

def test_a_feature_that_drifts_although_a_stationarity_test_passes_is_named(replayed):
    record = replayed.record()
    panel = _read_panel(replayed, replayed.facts["universe"], {})
    first = record.dates[-12]
    broken = BrokenInputs(replayed, panel, FAULTS["widened-feature"], first)
    dates = panel.dates[-200:]
    means = np.array([broken.features(pd.Timestamp(date)).iloc[:, 0].mean() for date in dates])
    assert adfuller(means, result_object=False)[1] < 0.05, (
        "the mean of the feature looks stationary, the break included"
    )
    [row] = try_faults(replayed, fault="widened-feature", bars=12).to_dict("records")
    assert row["found"] and row["twin"] == "silent" and row["does"].startswith("features fired"), row

def test_unknown_faults_and_components_are_refused(replayed):
    with pytest.raises(NeuralphaError, match="Did you mean 'stuck-feature'"):
        try_faults(replayed.folder, fault="stuck-features")
    with pytest.raises(NeuralphaError, match="component"):
        try_faults(replayed.folder, "weather")
    with pytest.raises(NeuralphaError, match="storm is a break of costs, not of data"):
        try_faults(replayed.folder, "data", "storm")
    with pytest.raises(NeuralphaError, match="bars is 0; it must be a whole number, at least 1"):
        try_faults(replayed.folder, bars=0)
