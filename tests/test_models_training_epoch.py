# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.training.epoch import *
import numpy as np
import pytest
import torch
from neuralpha.core import NeuralphaError
from neuralpha.models.base import feature_scale, toy_problem
from neuralpha.models.losses import Objective
from neuralpha.models.nets import MLPNet
from neuralpha.models.training.batches import FoldPart
from neuralpha.models.training.config import Training
from neuralpha.models.training.resident import Resident

def _part(n_assets=20, n_dates=60):
    X, y, fold = toy_problem(n_assets, n_dates)
    data = Resident(X, 1, *feature_scale(X.view(fold.train)))
    return FoldPart(data, fold.train, y.target("rank")[fold.train])

def test_a_step_is_the_gradient_clipped_as_a_whole():
    part = _part()
    net, twin = MLPNet(4, (16,), 1), MLPNet(4, (16,), 1)
    twin.load_state_dict(net.state_dict())
    settings = Training(loss="mse", clip=0.01)
    batch = np.arange(100)
    losses = run_epoch(net, torch.optim.SGD(net.parameters(), lr=1.0), part, [batch], "row", settings)
    loss = ((twin(part.data.windows(part.at[:100]))[:, 0] - part.target[:100]) ** 2).mean()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(twin.parameters(), 0.01)
    torch.optim.SGD(twin.parameters(), lr=1.0).step()
    assert losses == pytest.approx([loss.item()], rel=1e-6)
    for ours, known in zip(net.parameters(), twin.parameters()):
        torch.testing.assert_close(ours, known, atol=1e-7, rtol=0)

def test_penalties_are_their_definitions():
    part = _part()
    net = MLPNet(4, (16,), 1, dropout=0.1).eval()
    ((at, target, grid),) = part.batches([np.arange(len(part.at))], "row")

    def loss(**kw):
        return step_loss(net, part.data.windows(at), target, grid, Objective("mse"), Training(loss="mse", **kw)).item()

    weights = np.concatenate([p.detach().numpy().ravel() for p in net.parameters() if p.ndim > 1])
    assert loss(l1=0.1) - loss() == pytest.approx(0.1 * np.abs(weights).sum(), rel=1e-4)
    assert loss(l2=0.1) - loss() == pytest.approx(0.1 * (weights**2).sum(), rel=1e-4)

def test_the_adversary_finds_a_worse_place():
    part = _part()
    torch.manual_seed(0)
    net = MLPNet(4, (16,), 1, norm="none").eval()
    ((at, target, grid),) = part.batches([np.arange(len(part.at))], "row")

    def loss(**kw):
        return step_loss(net, part.data.windows(at), target, grid, Objective("mse"), Training(loss="mse", **kw)).item()

    assert loss(adversarial=0.1) > 2 * loss() and loss(adversarial=1e-9) == pytest.approx(2 * loss(), rel=1e-5)

def test_a_net_with_a_loss_of_its_own_is_trained_on_it():
    class Own(MLPNet):
        def loss(self, x, target, grid):
            return self(x, grid).mean() + 5

    part = _part()
    net = Own(4, (16,), 1)
    ((at, target, grid),) = part.batches([np.arange(50)], "row")
    x = part.data.windows(at)
    assert torch.equal(step_loss(net, x, target, grid, Objective("ic"), Training()), net(x, grid).mean() + 5)

def test_gradients_lie_in_one_vector():
    net = MLPNet(4, (16,), 1)
    whole = one_gradient(net)
    assert len(whole) == sum(p.numel() for p in net.parameters())
    whole.fill_(3.0)
    assert all((p.grad == 3).all() for p in net.parameters())

def test_divergence_names_the_date():
    part = _part()
    row = 205
    part.data.values[part.data._at[part.rows[row]]] = float("inf")
    day = str(part.data.panel.dates[part.date[row]])[:10]
    batches = [np.flatnonzero(part.date == d) for d in np.unique(part.date)]
    net = MLPNet(4, (16,), 1)
    with pytest.raises(NeuralphaError, match=day):
        run_epoch(net, torch.optim.AdamW(net.parameters()), part, batches, "date", Training())
