# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.universes import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError

def test_the_builtin_real_universe_is_complete_and_almost_clean():
    p = load_universe("sp500-20")
    assert (p.n_assets, p.n_dates, list(p.fields)) == (20, 8313, ["close"])
    assert p.span == "1990-01-02 to 2022-12-28"
    assert set(p.masked.asset) == {"RRC"} and p.masked.date.max() < pd.Timestamp("1993") # weeks of one number
    assert (~p.tradable).sum() == len(p.masked) == 413
    note = p.checks.set_index("check").note["survivors_only"]
    assert "0 of 20 assets end" in note

def test_unknown_universe_is_one_clear_line():
    with pytest.raises(NeuralphaError, match="Unknown universe 'sp500'.*Did you mean 'sp500-20'"): load_universe("sp500")
    with pytest.raises(NeuralphaError, match="no such file"): load_universe("nowhere/prices.parquet")

def test_a_frame_is_a_universe():
    frame = pd.DataFrame({"date": pd.bdate_range("2024-01-02", periods=3), "asset": "A", "close": [1., 2, 3]})
    p = load_universe(frame, "mine")
    assert p.name == "mine" and p.tradable.all() and p.n_rows == 3
