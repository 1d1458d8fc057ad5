# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.mixers import *
import numpy as np
import pytest
import torch
from neuralpha.core import NeuralphaError
from neuralpha.models.base import mean_ic, toy_problem
from neuralpha.models.losses import grid_of

MODELS = [
    StockMixer(window=8, scales=[1, 2]),
    TimeMixer(window=8, scales=[1, 2]),
    CrossAttention(window=6),
    CrossAttention(window=1),
]

@pytest.mark.parametrize("model", MODELS, ids=lambda m: f"{m.name}{m.window}")
def test_mixers_learn(model):
    X, y, fold = toy_problem(30, 200)
    t = y.target("rank")
    model = model.clone(learning_rate=5e-3, batch_rows=256).fit(
        X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid])
    )
    ok = fold.test[np.isfinite(y.values[fold.test])]
    assert mean_ic(model.predict(X.view(ok)), y.values[ok], X.panel.date_code[ok]) > 0.35

@pytest.mark.parametrize("model", MODELS, ids=lambda m: f"{m.name}{m.window}")
def test_permuting_the_assets_permutes_the_scores(model):
    net = model.build(4, 1).eval()
    x = torch.randn(12, model.window, 4)
    date = np.repeat([0, 1], [7, 5])
    order = np.random.default_rng(0).permutation(12)
    torch.testing.assert_close(net(x[order], grid_of(date[order])), net(x, grid_of(date))[order])

@pytest.mark.parametrize("model", [StockMixer(window=8), CrossAttention()], ids=lambda m: m.name)
def test_other_assets_matter_and_other_dates_do_not(model):
    net = model.build(4, 1).eval()
    x = torch.randn(12, model.window, 4)
    grid = grid_of(np.repeat([0, 1], [7, 5]))
    changed = x.clone()
    changed[0] += 1
    a = net(x, grid)
    b = net(changed, grid)
    assert (a[1:7] != b[1:7]).any() and torch.equal(a[7:], b[7:])

def test_time_mixing_looks_back_only():
    block = MixBlock(8, 6, 0.0).eval()
    x = torch.randn(2, 8, 6)
    late = x.clone()
    late[:, 5:] += 1
    torch.testing.assert_close(block(x)[:, :5], block(late)[:, :5])

def test_scales_must_fit():
    with pytest.raises(NeuralphaError, match="do not fit a window of 3 bars"):
        StockMixer(window=3)
    with pytest.raises(NeuralphaError, match="give one or more"):
        StockMixer(scales=[])
    with pytest.raises(NeuralphaError, match="multiple of heads"):
        CrossAttention(width=30)
