# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.keep import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.universes import load_universe

def test_what_is_kept_is_bit_for_bit_what_was_handed_over(tmp_path):
    frame = load_universe("sim-tiny").frame().drop(columns="tradable")
    panel = load_universe(frame, "mine")
    [by_panel] = keep_universes([panel], tmp_path)
    [by_frame] = keep_universes({"mine": frame}, tmp_path)
    assert by_panel == by_frame and by_panel.endswith("/mine")
    again = load_universe(by_panel)
    assert again.digest == panel.digest and again.masked.equals(panel.masked) and len(again.checks) == len(panel.checks)
    frame.loc[frame.index[5], "close"] *= 1.001
    assert keep_universes({"mine": frame}, tmp_path) != [by_frame]

def test_names_and_paths_stay_what_they_are_and_a_market_that_is_made_is_named(tmp_path):
    panel = load_universe("sim-tiny")
    assert keep_universes(["sim-linear", tmp_path / "a.csv", panel], tmp_path) == [
        "sim-linear",
        f"{tmp_path}/a.csv",
        "sim-tiny",
    ]
    changed = panel.with_fields(close=panel.fields["close"] * np.float32(2))
    assert keep_universes([changed], tmp_path)[0].endswith("/own-sim-tiny")
    assert not list(tmp_path.glob("*.csv"))

def test_two_frames_without_names_get_two_and_one_without_a_list_is_refused(tmp_path):
    frame = load_universe("sim-tiny").frame().drop(columns="tradable")
    both = keep_universes([frame, frame[frame["date"] > frame["date"].min() + pd.Timedelta("90D")]], tmp_path)
    assert [path.rpartition("/")[2] for path in both] == ["frame", "frame-2"]
    for one in (frame, "prices.csv", load_universe("sim-tiny")):
        with pytest.raises(NeuralphaError, match=r"universes is a list: write universes=\[prices\]"):
            keep_universes(one, tmp_path)
