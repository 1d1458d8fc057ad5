# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.asset import *
import numpy as np
import pandas as pd
import pytest
import neuralpha as na
from neuralpha.core import NeuralphaError
from neuralpha.report.asset import asset

@pytest.fixture(scope="module")
def parts():
    panel = na.load_universe("sim-tiny")
    X = na.compute_features(panel, "classic")
    y = na.forward_return(panel, horizon=5, delay=1)
    return X, y, na.cross_predict(na.Ridge(), X, y, na.walk_forward(y, "9M", "3M", "6M"), progress=False)

def test_score_label_and_place_are_those_of_inspect(parts):
    X, y, ridge = parts
    history = asset(ridge, "S07", explained=0)
    day = history.table.index[history.table["why_not"] == ""][20]
    seen = na.inspect(ridge, day, "S07").members.loc["S07"]
    mine = history.table.loc[day]
    assert mine[["score", "rank", "label"]].to_list() == pytest.approx(
        seen[["score", "rank", "label"]].astype(float).to_list()
    )
    assert mine["among"] == np.isfinite(ridge.scores().xs(day, level="date")).sum()

def test_the_shares_of_a_bar_add_up_to_its_score(parts):
    X, y, ridge = parts
    history = asset(ridge, "S07", explained=15)
    assert len(history.shares) == 15 and set(history.shares) == set(X.names)
    score = ridge.scores(seed=0).xs("S07", level="asset")[history.shares.index]  # the ensemble's are on one scale
    left = score - history.shares.sum(axis=1)  # what is left is the base: one number per fold
    assert len(np.unique(left.round(4))) <= ridge.frame["fold"].nunique() < len(left)

def test_what_is_masked_is_shown_with_its_check():
    panel = na.load_universe("sim-tiny")
    prices = panel.frame().drop(columns="tradable").dropna().reset_index(drop=True)
    at = prices.index[prices["asset"] == "S03"][300]
    prices.loc[at, "close"] = 0
    dirty = na.load_universe(prices)
    y = na.forward_return(dirty)
    score = dirty.series(np.where(dirty.tradable, 1.0, np.nan) * np.arange(dirty.n_rows)).rename("count")
    history = asset(score, "S03", y=y)
    assert "masked: " in history.table.loc[prices.at[at, "date"], "why_not"]
    assert "a Series has no model" in repr(history) and len(history.masked) == 1

def test_an_asset_that_is_not_there_is_one_sentence(parts):
    with pytest.raises(NeuralphaError, match="Unknown asset of sim-tiny: 'S7'. Did you mean"):
        asset(parts[2], "S7")
