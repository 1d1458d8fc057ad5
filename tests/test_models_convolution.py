# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.convolution import *
import numpy as np
import pytest
import torch
from neuralpha.models.base import mean_ic, toy_problem
from neuralpha.models.trainer import first_weights

def _fit(model):
    X, y, fold = toy_problem(30, 200)
    t = y.target("rank")
    model.fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid]))
    ok = fold.test[np.isfinite(y.values[fold.test])]
    return mean_ic(model.predict(X.view(ok)), y.values[ok], X.panel.date_code[ok])

@pytest.mark.parametrize("model", [TCN(window=6), CNN(window=6), MultiScale(window=10, scales=[1, 5])], ids=lambda m: m.name)
def test_convolutions_find_the_past(model):
    assert _fit(model.set_params(learning_rate=1e-2, batch_rows=256)) > .4

@pytest.mark.parametrize("model", [TCN(window=6, channels=8), MultiScale(window=10, scales=[1, 5])], ids=lambda m: m.name)
def test_inputs_of_a_convolution_are_switched_off_with_all_their_taps(model):
    X, y, fold = toy_problem(20, 120)
    t, alive = y.target("rank"), []
    m = model.clone(loss="mse", sparse_input=5., max_epochs=12, patience=12, learning_rate=1e-2, batch_rows=100)
    m.watch_ = lambda step, gain: alive.append((first_weights(m.net_).norm(dim=0) > 0).sum().item())
    m.fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid]))
    assert alive[0] == 4 and alive[-1] == 0 and alive == sorted(alive, reverse=True)
    assert (m.net_.out.weight != 0).all()

def test_a_causal_block_does_not_see_later_bars():
    torch.manual_seed(0)
    block, x = CausalBlock(2, 4, 3, 2, 0.), torch.randn(1, 2, 12)
    late = x.clone(); late[..., 7:] += 1
    assert torch.equal(block(x)[..., :7], block(late)[..., :7]) and not torch.equal(block(x)[..., 7], block(late)[..., 7])

def test_what_a_tcn_sees_is_the_formula():
    net, x = TCNNet(1, 16, 3, [1, 2], 0., 1), torch.ones(1, 40, 1, requires_grad=True)
    torch.nn.init.constant_(net.out.weight, 1.)
    for p in net.blocks.parameters(): torch.nn.init.constant_(p, .1)
    net(x).sum().backward()
    assert (x.grad != 0).sum() == 1 + 4*(2**2 - 1)
