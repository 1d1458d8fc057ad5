# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.splits import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.labels import forward_return

def _label(years=7, horizon=5, delay=1):
    days = pd.bdate_range("2015-01-01", periods=260*years)
    return forward_return(panel_from_frame(pd.DataFrame([(d, a) for a in "ABC" for d in days], columns=["date", "asset"]).assign(close=1.), "toy"), horizon, delay)

@pytest.mark.parametrize("seed", range(25))
def test_no_life_span_reaches_the_next_part(seed):
    rng = np.random.default_rng(seed)
    h, d, e = int(rng.integers(1, 40)), int(rng.integers(0, 3)), int(rng.integers(0, 20))
    y = _label(horizon=h, delay=d)
    folds = walk_forward(y, f"{rng.integers(1, 4)}Y", f"{rng.integers(6, 12)}M", f"{rng.integers(1, 12)}M", e, rng.choice(["expanding", "sliding"]))
    for f in folds:
        first = {k: min(y.start_code[r] for r in getattr(f, k)) for k in ("valid", "test")}
        for r in f.train: assert y.known_code[r] + e < first["valid"] <= first["test"]
        for r in f.valid: assert y.known_code[r] + e < first["test"]

def test_test_periods_tile_without_overlap():
    y = _label()
    tests = np.concatenate([f.test for f in walk_forward(y, "2Y", "6M", "4M")])
    assert len(tests) == len(set(tests))
    codes = np.unique(y.panel.date_code[tests])
    assert (np.diff(codes) == 1).all() and codes[-1] == y.panel.n_dates - 1

def test_sliding_keeps_its_length_and_expanding_its_start():
    y = _label()
    grow, slide = (walk_forward(y, "2Y", "6M", "6M", scheme=s) for s in ("expanding", "sliding"))
    assert {f.dates["train"][0] for f in grow} == {pd.Timestamp(y.panel.dates[0])}
    assert all(abs((f.dates["train"][1] - f.dates["train"][0]).days - 730) < 8 for f in slide)

def test_fixed_split_takes_the_four_dates():
    y = _label()
    f = fixed_split(y, "2015-01-02", "2017-01-02", "2018-01-02", "2018-06-29")[0]
    assert [str(f.dates[k][0].date()) for k in f.dates] == ["2015-01-02", "2017-01-02", "2018-01-02"]
    assert str(f.dates["test"][1].date()) == "2018-06-29"

@pytest.mark.parametrize("call, message", [
    (lambda y: walk_forward(y, "30Y"), "too short"), (lambda y: walk_forward(y, "three"), "not understood"),
    (lambda y: walk_forward(y, scheme="random"), "expanding"), (lambda y: walk_forward(y, valid="2D"), "no valid rows"),
    (lambda y: fixed_split(y, "2015", "2014", "2016", "2017"), "ascend"),
    (lambda y: fixed_split(y, "2031", "2032", "2033", "2034"), "outside")])
def test_impossible_splits_say_why(call, message):
    with pytest.raises(NeuralphaError, match=message): call(_label())
