# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.master import *
import numpy as np
import pytest
import torch
from neuralpha.core import NeuralphaError
from neuralpha.models.losses import grid_of
from neuralpha.models.nets import MLP
from neuralpha.models.planted import plant_law

def test_a_market_that_says_which_feature_counts_is_read_where_a_stocks_own_row_cannot_say():
    def law(x):
        good = x[..., -1].mean(1, keepdims=True) > 0
        return np.where(good, x[..., 0], x[..., 1])

    market = plant_law(law, n_dates=200, noise=0.5, market=1.0)
    same = dict(window=1, batch_rows=200, learning_rate=5e-3, max_epochs=12)
    guided = market.ic(market.fit(MASTER(width=16, temperature=1.0, **same)))
    assert guided > 0.87 and guided > market.ic(market.fit(MLP(**same))) + 0.05

def test_gates_are_the_papers():
    torch.manual_seed(0)
    gate = MarketGate(3, 2.0)
    x = torch.randn(5, 4, 3)
    grid = grid_of(np.repeat([0, 1], [3, 2]))
    said = gate.gates(x, grid)
    for line, rows in enumerate((slice(0, 3), slice(3, 5))):
        now = x[rows, -1]
        mean, sd = now.mean(0), (now.var(0, correction=0) + 1e-6).sqrt()
        expected = 3 * ((gate.level(mean) + gate.spread(sd)) / 2.0).softmax(0)
        torch.testing.assert_close(said[line], expected)
        torch.testing.assert_close(gate(x, grid)[rows], x[rows] * expected)

def test_permuting_the_assets_permutes_the_scores_and_other_dates_do_not_matter():
    torch.manual_seed(0)
    net = MASTER(window=3).build(4, 1).eval()
    x = torch.randn(12, 3, 4)
    date = np.repeat([0, 1], [7, 5])
    order = np.random.default_rng(0).permutation(12)
    said = net(x, grid_of(date))
    torch.testing.assert_close(net(x[order], grid_of(date[order])), said[order])
    changed = x.clone()
    changed[0] += 1
    again = net(changed, grid_of(date))
    assert (again[1:7] != said[1:7]).all() and torch.equal(again[7:], said[7:])
    torch.testing.assert_close(net(x[7:], grid_of(date[7:])), said[7:])  # a shorter date reads no empty place

def test_stocks_read_one_another_at_the_same_bar():
    torch.manual_seed(0)
    among = AmongStocks(8, 2, 0.0).eval()
    h = torch.randn(6, 4, 8)
    changed = h.clone()
    changed[0, 1, 0] += 3
    moved = (among(changed, grid_of(np.zeros(6, int))) != among(h, grid_of(np.zeros(6, int)))).any(2)
    assert moved[:, 1].all() and not moved[:, [0, 2, 3]].any()

def test_width_must_divide():
    with pytest.raises(NeuralphaError, match="multiple of heads"):
        MASTER(width=30)
