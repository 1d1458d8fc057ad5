# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.window_tokens import *
import numpy as np
import pytest
import torch
from neuralpha.core import NeuralphaError
from neuralpha.models.nets import MLP
from neuralpha.models.planted import plant_law

def test_patches_are_stretches_of_one_feature_with_the_decision_date_last():
    net = PatchTSTNet(2, 7, 3, 2, 8, 2, 1, 0.0, 1)
    x = torch.arange(14.0).view(1, 7, 2)  # feature 0 is even, feature 1 odd
    assert net.patches(x)[0].tolist() == [
        [[0, 2, 4], [4, 6, 8], [8, 10, 12]],
        [[1, 3, 5], [5, 7, 9], [9, 11, 13]],
    ]
    short = PatchTSTNet(2, 8, 3, 3, 8, 2, 1, 0.0, 1)
    assert short.patches(torch.arange(16.0).view(1, 8, 2))[0, 0].tolist() == [[4, 6, 8], [10, 12, 14]]

def test_a_score_of_patches_is_a_sum_over_features():
    torch.manual_seed(0)
    net = PatchTSTNet(3, 8, 4, 4, 8, 2, 1, 0.0, 1).eval()
    x, other = torch.randn(5, 8, 3), torch.randn(5, 8, 3)
    first, rest = other.clone(), x.clone()
    first[..., 1:], rest[..., 1:] = x[..., 1:], other[..., 1:]
    torch.testing.assert_close(net(first) + net(rest), net(x) + net(other), atol=1e-5, rtol=1e-5)

def test_a_pattern_that_counts_wherever_it_stands_is_found_by_patches_and_less_by_a_perceptron():
    def law(x):
        before = [np.roll(x[..., 0], k, axis=0) for k in range(12)]
        return sum(before[k] * before[k + 1] for k in range(0, 12, 2))

    market = plant_law(law, n_features=2, n_dates=160, noise=1.0)
    same = dict(window=12, batch_rows=200, learning_rate=5e-3, max_epochs=10)
    patches = market.ic(market.fit(PatchTST(patch=2, stride=2, layers=1, **same)))
    assert patches > 0.85 and patches > market.ic(market.fit(MLP(**same))) + 0.1

def test_a_product_of_two_pasts_is_found_by_inverted_tokens():
    def law(x):
        past = np.mean([np.roll(x, k, axis=0) for k in range(3)], 0)
        return past[..., 0] * past[..., 1]

    market = plant_law(law, noise=0.5)
    same = dict(window=3, batch_rows=200, learning_rate=5e-3, max_epochs=12)
    assert market.ic(market.fit(ITransformer(width=16, layers=1, **same))) > 0.75

def test_what_does_not_fit_is_refused():
    with pytest.raises(NeuralphaError, match="patch 6 does not fit a window of 4 bars"):
        PatchTST(window=4, patch=6)
    for kind in (PatchTST, ITransformer):
        with pytest.raises(NeuralphaError, match="multiple of heads"):
            kind(width=18)
