# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.training.module import *
import pytest
import torch
from torch import nn
from neuralpha.core import NeuralphaError

class Plain(NetModule):
    def forward(self, x, grid=None):
        return x[:, -1, :1]

class OwnLoss(Plain):
    def loss(self, x, target, grid):
        return (self(x, grid)[:, 0] - target).square().mean()

def test_a_net_that_says_nothing_has_the_defaults():
    net = Plain()
    assert (net.across_assets, net.has_own_loss, net.unrolls, net.unroll) == (False, False, False, False)
    assert net.prepare(None) is None
    with pytest.raises(NeuralphaError, match="Plain does not say which weights"):
        net.input_weights
    with pytest.raises(NotImplementedError, match="Plain is trained on a loss of its score"):
        net.loss(None, None, None)

def test_a_loss_is_a_nets_own_where_it_is_written():
    class Heir(OwnLoss):
        pass

    assert OwnLoss().has_own_loss and Heir().has_own_loss
    assert OwnLoss().loss(torch.ones(3, 2, 1), torch.zeros(3), None) == 1

def test_a_net_that_cannot_be_called_with_a_grid_is_told_how_to_write_it():
    class One(Plain):
        def forward(self, x):
            return x[:, -1, :1]

    class Three(Plain):
        def forward(self, x, grid, more):
            return x[:, -1, :1]

    class Any(Plain):
        def forward(self, *given, more=0):
            return given[0][:, -1, :1]

    for net in (Plain(), Any()):
        check_module(net, "Model.build")
    with pytest.raises(NeuralphaError, match=r"One has forward\(x\) and is called as net\(x, grid\)"):
        check_module(One(), "Model.build")
    with pytest.raises(NeuralphaError, match=r"Three has forward\(x, grid, more\)"):
        check_module(Three(), "Model.build")
    with pytest.raises(NeuralphaError, match="NetModule has no forward"):
        check_module(NetModule(), "Model.build")
    with pytest.raises(NeuralphaError, match="Model.build returned a Linear; derive that class"):
        check_module(nn.Linear(1, 1), "Model.build")
