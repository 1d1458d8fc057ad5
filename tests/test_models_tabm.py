# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.tabm import *
import numpy as np
import pytest
import torch
from neuralpha.core import NeuralphaError
from neuralpha.models.base import mean_ic
from neuralpha.models.losses import Objective, grid_of
from neuralpha.models.nets import MLP
from neuralpha.models.planted import plant_law

def test_members_together_find_more_of_a_law_in_noise_than_one_perceptron():
    def law(x):
        return x[..., 0] * x[..., 1]

    same = dict(batch_rows=256, max_epochs=12)
    markets = [plant_law(law, n_features=8, n_dates=120, noise=3.0, seed=seed) for seed in range(3)]
    one = np.mean([m.ic(m.fit(MLP(**same))) for m in markets])
    many = np.mean([m.ic(m.fit(TabM(members=8, **same))) for m in markets])
    assert many > one + 0.04

def test_each_member_is_trained_on_its_own_loss():
    torch.manual_seed(0)
    objective = Objective("ic")
    net = TabMNet(3, (8,), 4, 1, 0.0, objective).eval()
    x, target = torch.randn(12, 1, 3), torch.randn(12)
    grid = grid_of(np.repeat([0, 1], [7, 5]))
    each = [objective.loss(grid.fill(s), grid.fill(target), grid.gaps) for s in net.members(x)]
    torch.testing.assert_close(net.loss(x, target, grid), torch.stack(each).mean())
    of_all_heads = objective.loss(grid.fill(net(x)), grid.fill(target), grid.gaps)
    assert abs(of_all_heads - net.loss(x, target, grid)) > 1e-3

def test_a_member_is_the_perceptron_with_its_adapters_multiplied_in():
    torch.manual_seed(0)
    layer = SharedLinear(5, 4, 3, mirrored=True)
    torch.nn.init.normal_(layer.write)
    x = torch.randn(6, 5)
    said = layer(x[:, None])
    assert set(layer.read.detach().unique().tolist()) == {-1.0, 1.0}
    for i in range(3):
        matrix = layer.write[i, :, None] * layer.shared.weight * layer.read[i]
        torch.testing.assert_close(said[:, i], x @ matrix.T + layer.shared.bias * layer.write[i] + layer.shift[i])

def test_members_cost_vectors_and_not_matrices():
    sizes = [sum(p.numel() for p in TabM(members=k).build(20, 1).parameters()) for k in (1, 2, 3)]
    assert sizes[2] - sizes[1] == sizes[1] - sizes[0] == 20 + 64 * 3 + 32 * 2 + 32 + 1

def test_what_members_cannot_be_is_refused():
    with pytest.raises(NeuralphaError, match="hidden is empty"):
        TabM(hidden=[])
    with pytest.raises(NeuralphaError, match="one number of many dates"):
        TabM(loss="sharpe")
