# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.training.module import *
import pytest
import torch
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
