# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.desk_faults import *
import pytest
from neuralpha.core import NeuralphaError

def test_faults_of_the_data_are_found_at_once_and_the_twin_is_silent(replayed):
    found = try_faults(replayed, "data", bars=16).set_index("break")
    assert found["found"].all() and found["after"].max() <= 15
    assert found.loc["thin-session", "does"].startswith("halts: ") and found.loc["revised-bar", "does"].startswith(
        "notes a revision"
    )
    assert (found["twin"] == "silent").all()

def test_a_stuck_feature_shuffled_scores_and_dear_trades_are_found_by_their_layers(replayed):
    for name in ("stuck-feature", "shuffled-scores", "dear-spread"):
        [row] = try_faults(replayed, fault=name, bars=12).to_dict("records")
        assert row["found"] and row["twin"] == "silent", row

def test_unknown_faults_and_components_are_refused(replayed):
    with pytest.raises(NeuralphaError, match="Did you mean 'stuck-feature'"):
        try_faults(replayed.folder, fault="stuck-features")
    with pytest.raises(NeuralphaError, match="component"):
        try_faults(replayed.folder, "weather")
