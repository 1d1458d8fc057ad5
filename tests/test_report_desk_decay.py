# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.desk_decay import *
import json
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.monitor.decay import usual_of

def _planted(record, **layers):
    """The same desk, had its layers said something else."""
    values = record.values().assign(**layers)
    record.values = values.copy
    return record

def test_a_desk_keeps_what_is_compared_later(opened):
    kept = json.loads(json.dumps(opened.facts))
    assert kept["decay"]["in_sample"]["mean"] > kept["ic"]  # learnt by heart
    assert {"volatility", "market"} <= set(kept["decay"]["styles"]) and opened.watch.usual["ic"].bars >= 60
    actions = {row["action"]: row for row in kept["severity"]["false_alarms"]}
    assert actions["either"]["windows"] >= 2 and 0 <= actions["either"]["low"] <= actions["either"]["rate"]
    assert len(kept["severity"]["scores"]) == 199 and np.all(np.diff(kept["severity"]["scores"]) >= 0)

def test_a_planted_decay_leaves_its_band_and_its_silent_twin_stays_inside(replayed):
    record = replayed.record()
    panel = _panel(replayed)
    usual, rng = replayed.watch.usual, np.random.default_rng(2)
    for layer, change, name in (
        ("ic", -1.0, "rank IC"),
        ("costs", np.log(2), "live cost over that of the validation"),
    ):
        past = usual[layer]
        noise = 0.3 * np.sqrt(past.variance / 4) * rng.standard_normal(len(record.bars))
        silent = live_decay(_planted(replayed.record(), **{layer: past.mean + noise}), panel).table.loc[name]
        broken = live_decay(_planted(replayed.record(), **{layer: past.mean + change + noise}), panel).table.loc[name]
        assert broken["changed"] and not silent["changed"], layer
        assert silent["low"] <= silent["now"] <= silent["high"]
    same = live_decay(replayed.record(), panel).table.loc["live cost over that of the same bars on paper"]
    assert same["now"] == pytest.approx(1) and not same["changed"]
    assert broken["now"] == pytest.approx(2, rel=0.2) and broken["before"] == 1

def _panel(desk):
    from neuralpha.report.desk import _read_panel

    return _read_panel(desk, desk.facts["universe"], {})

def test_half_lives_have_changed_where_their_intervals_do_not_touch():
    from neuralpha.report.desk_decay import _is_apart

    kept = dict(bars=8.0, low=6.0, high=10.0)
    for low, high, apart in ((2.0, 5.0, True), (2.0, 7.0, False), (11.0, 12.0, True), (np.nan, np.nan, False)):
        lived = pd.DataFrame(dict(bars=[(low + high) / 2], low=[low], high=[high]))
        assert _is_apart(kept, lived) is apart
    assert not _is_apart(kept, lived[:0]) and not _is_apart(dict.fromkeys(kept), lived)

def test_the_classic_score_of_the_last_month_sees_scores_that_are_others(replayed, monkeypatch):
    from neuralpha.monitor.registry import MODELS_FOLDER
    from neuralpha.report.desk_fits import load_fits

    record = replayed.record()
    fits = load_fits(replayed.folder / MODELS_FOLDER / replayed.models[record.acting])
    usual = severity_now(record, _panel(replayed), fits)
    assert usual.points in (0, 2, 3, 5, 7)
    tables = {bar["table"]: record.table(bar) for bar in record.bars[-21:]}
    monkeypatch.setattr(
        type(record), "table", lambda _, bar: tables[bar["table"]].assign(**{f"score:{record.acting}": 9.0})
    )
    moved = severity_now(record, _panel(replayed), fits)
    record.desk.facts["severity"]["features"]["forsaken"] = [0.0, 1.0]
    with pytest.raises(NeuralphaError, match="lightgbm does not use forsaken, which lightgbm was validated with"):
        severity_now(record, _panel(replayed), fits)
    del record.desk.facts["severity"]["features"]["forsaken"]
    assert moved.points >= 3 and "predictions is" in moved.reasons[0]
    monkeypatch.setattr(type(record), "acting", "ridge")
    monkeypatch.setattr(type(fits), "calibration", pd.DataFrame({"score": [9.0] * 50}), raising=False)
    own = severity_now(record, _panel(replayed), fits)  # its scores are compared with its own calibration
    assert not any("predictions is" in reason for reason in own.reasons)
    record.entries = record.entries[:9]
    assert severity_now(record, _panel(replayed), fits) is None
