# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.attribution.nets import *
import itertools, math
import numpy as np
import pytest
import torch
from torch import nn
from neuralpha.core import NeuralphaError

def _small(kind, seed=0):
    torch.manual_seed(seed)
    if kind == "quadratic":
        a = torch.randn(6, 6)
        return lambda x: ((x.flatten(1) @ a) * x.flatten(1)).sum(1) + x.flatten(1).sum(1)
    return nn.Sequential(nn.Flatten(), nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 1))

def _shapley(module, x, background):
    """Shapley values of one (2, 3) window by the sum over all coalitions of its six inputs."""
    phi = np.zeros(6)
    value = {}
    for S in (S for size in range(7) for S in itertools.combinations(range(6), size)):
        known = torch.zeros(6, dtype=bool)
        known[list(S)] = True
        with torch.no_grad():
            value[S] = float(module(torch.where(known.view(2, 3), x, background)).mean())
    for i in range(6):
        for S in (S for S in value if i not in S):
            phi[i] += (
                math.factorial(len(S))
                * math.factorial(5 - len(S))
                / math.factorial(6)
                * (value[tuple(sorted((*S, i)))] - value[S])
            )
    return phi.reshape(2, 3)

@pytest.mark.parametrize("kind, tolerance", [("quadratic", 1e-5), ("tanh", 0.08)])
def test_against_shapley_values_by_brute_force(kind, tolerance):
    g = torch.Generator().manual_seed(1)
    module = _small(kind)
    x = torch.randn(8, 2, 3, generator=g)
    b = torch.randn(40, 2, 3, generator=g)
    got = expected_gradients(module, x, b, n_samples=120, points=3)
    exact = np.stack([_shapley(module, w, b) for w in x])
    assert abs(got.values - exact).max() < tolerance * abs(exact).max()
    assert np.corrcoef(got.values.ravel(), exact.ravel())[0, 1] > 0.998
    assert abs(got.error).max() < 2e-3 * abs(got.scores).max()

def _lstm():
    torch.manual_seed(0)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell, self.out = nn.LSTM(3, 8, 2, batch_first=True, dropout=0.3), nn.Linear(8, 1)

        def forward(self, x):
            return self.out(self.cell(x)[0][:, -1])

    return Net()

def test_integrated_gradients_equal_captum():
    from captum.attr import IntegratedGradients

    net = _lstm().eval()
    x = torch.randn(20, 5, 3, generator=torch.Generator().manual_seed(0))
    theirs = IntegratedGradients(net).attribute(x, torch.zeros_like(x), n_steps=12, method="gausslegendre").numpy()
    got = integrated_gradients(net, x, points=12)
    np.testing.assert_allclose(got.values, theirs, atol=1e-6)
    assert abs(got.error).max() < 1e-5

def test_expected_gradients_agree_with_shap_within_its_noise():
    import shap

    net = _lstm().eval()
    g = torch.Generator().manual_seed(0)
    x = 2 * torch.randn(6, 5, 3, generator=g)
    b = 2 * torch.randn(50, 5, 3, generator=g)
    draws = [shap.GradientExplainer(net, b).shap_values(x, nsamples=300, rseed=s)[..., 0] for s in range(8)]
    mean = np.mean(draws, 0)
    se = np.std(draws, 0, ddof=1) / 8**0.5
    got = expected_gradients(net, x, b, n_samples=150, points=3)
    distance = abs(got.values - mean) / se
    assert np.median(distance) < 1.2 and distance.max() < 12  # 7 degrees of freedom
    few = expected_gradients(net, x, b, n_samples=30)
    assert (few.error**2).mean() < np.mean([(d.sum((1, 2)) - mean.sum((1, 2))) ** 2 for d in draws])

def test_a_linear_net_is_exact():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(12, 1))
    x = torch.randn(9, 4, 3)
    b = torch.randn(30, 4, 3)
    got = expected_gradients(net, x, b, n_samples=6)
    np.testing.assert_allclose(got.values, ((x - b.mean(0)) * net[1].weight.view(4, 3)).detach().numpy(), atol=1e-5)
    assert abs(got.error).max() < 1e-5

def test_same_seed_same_bits_and_batches_do_not_matter():
    net = _lstm()
    x = torch.randn(20, 5, 3)
    b = torch.randn(40, 5, 3)
    first = expected_gradients(net, x, b, 12)
    np.testing.assert_array_equal(first.values, expected_gradients(net, x, b, 12).values)
    assert (first.values != expected_gradients(net, x, b, 12, seed=1).values).any()
    np.testing.assert_allclose(first.values, expected_gradients(net, x, b, 12, batch=1).values, atol=1e-6)

def test_the_net_is_left_as_it_was():
    net = _lstm().train()
    net.out.weight.requires_grad_(False)
    with frozen(net):
        assert not net.training and net.cell.dropout == 0
    assert net.training and net.cell.training and net.cell.dropout == 0.3
    assert net.cell.weight_ih_l0.requires_grad and not net.out.weight.requires_grad

def test_what_does_not_fit_is_named():
    with pytest.raises(NeuralphaError, match="one score per row"):
        expected_gradients(nn.Flatten(), np.ones((2, 3, 4)), np.ones((2, 3, 4)))
    with pytest.raises(NeuralphaError, match="does not fit"):
        expected_gradients(_lstm(), np.ones((2, 5, 3)), np.ones((0, 5, 3)))
