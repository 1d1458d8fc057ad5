# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.training.sparse import *
import numpy as np
import pytest
import torch
from neuralpha.core import NeuralphaError
from neuralpha.models.base import toy_problem
from neuralpha.models.nets import Net
from neuralpha.models.registry import MODELS, model_class
from neuralpha.models.training.config import Training
from neuralpha.models.training.module import NetModule

class Straight(NetModule):
    def __init__(self, inputs):
        super().__init__()
        self.out = torch.nn.Linear(inputs, 1)

    def forward(self, x, grid=None):
        return self.out(x)

    @property
    def input_weights(self):
        return [self.out.weight]

def test_inputs_are_zero_exactly_where_the_gradient_is_below_the_penalty():
    rng = np.random.default_rng(0)
    n = 2000
    x = torch.from_numpy(rng.normal(size=(n, 12)).astype(np.float32))
    y = (x[:, :3] @ torch.tensor([1.0, -0.5, 0.25]) + 0.1 * x[:, 3])[:, None]
    net = Straight(12)
    penalty = 0.2
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.0)
    for _ in range(4000):
        optimizer.zero_grad()
        ((net(x) - y) ** 2).mean().mul(0.5).backward()
        optimizer.step()
        shrink_inputs(net, optimizer, penalty)
    optimizer.zero_grad()
    ((net(x) - y) ** 2).mean().mul(0.5).backward()
    w = net.out.weight.detach()[0]
    slope = net.out.weight.grad[0]
    assert (w != 0).tolist() == [True] * 3 + [False] * 9  # the fourth input's .1 is below the penalty of .2
    assert (slope[w == 0].abs() <= penalty).all()
    np.testing.assert_allclose(slope[w != 0], -penalty * w[w != 0].sign(), atol=0.02)  # Karush, Kuhn and Tucker
    x = x.double().numpy()
    y = y.double().numpy()
    moments = np.linalg.inv((x.T @ x / n)[:3, :3]) @ ((x.T @ y / n)[:3, 0] - penalty * np.sign([1, -0.5, 0.25]))
    np.testing.assert_allclose(w[:3], moments, atol=0.02)  # the lasso's own solution

def test_the_penalty_grows_a_hundredfold_to_what_is_asked_for():
    settings = Training(sparse_input=5.0, max_epochs=12)
    path = [path_penalty(settings, done, 12) for done in range(12)]
    assert path[0] == pytest.approx(0.05) and path[-1] == 5.0 and path == sorted(path)
    assert path_penalty(Training(sparse_input=5.0), 0, 1) == pytest.approx(0.05)
    assert path_penalty(Training(), 3, 20) == 0

NETS = [name for name in MODELS if issubclass(model_class(name), Net)]

@pytest.mark.parametrize("name", NETS)
def test_an_input_without_weights_is_not_seen(name):
    from neuralpha.models.losses import grid_of

    model = model_class(name)()
    net = model.build(4, 1).eval()
    x = torch.randn(12, model.window, 4)
    grid = grid_of(np.repeat([0, 1], 6))
    if name == "autoencoder":
        net.premium.fill_(1.0)
    assert first_weights(net).shape[1] == 4

    def seen(j):
        other = x.clone()
        other[..., j] += torch.randn(12, model.window)
        return (net(x, grid) - net(other, grid)).abs().max().item() > 1e-6

    assert seen(1) and seen(2)
    with torch.no_grad():
        for w in net.input_weights:
            w[:, 2] = 0
    assert seen(1) and not seen(2)

def test_a_net_that_cannot_be_sparse_says_so():
    from neuralpha.models.convolution import TCN

    X, y, fold = toy_problem(10, 60)

    def fit(**kw):
        return TCN(window=4, sparse_input=0.1, max_epochs=1, **kw).fit(X.view(fold.train), y.target("rank")[fold.train])

    with pytest.raises(NeuralphaError, match="4 channels"):
        fit(channels=4)
    with pytest.raises(NeuralphaError, match="NetModule does not say"):
        first_weights(NetModule())
    fit(channels=5)
