# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.feature_tokens import *
import pytest
import torch
from neuralpha.core import NeuralphaError
from neuralpha.models.planted import plant_law

def test_pairs_of_features_are_found():
    market = plant_law(lambda x: x[..., 0] * x[..., 1], n_assets=30, n_dates=120, noise=0.5)
    fitted = market.fit(FTTransformer(width=16, layers=1, learning_rate=5e-3, batch_rows=200, max_epochs=12))
    assert market.ic(fitted) > 0.8

def test_the_order_of_features_does_not_matter_where_their_tokens_go_along():
    torch.manual_seed(0)
    net = FTTransformerNet(FeatureTokens(5, 1, 8), 8, 2, 1, 0.0, 1).eval()
    x = torch.randn(6, 1, 5)
    before = net(x)
    order = torch.tensor([3, 1, 4, 0, 2])
    with torch.no_grad():
        net.tokens.weight.copy_(net.tokens.weight[:, order])
        net.tokens.place.copy_(net.tokens.place[:, order])
    torch.testing.assert_close(net(x[..., order]), before)
    assert not torch.allclose(net(x), before)

def test_every_token_reads_every_other_and_lines_add_up():
    torch.manual_seed(0)
    net = FTTransformerNet(FeatureTokens(3, 2, 8), 8, 2, 1, 0.0, 1)
    paid = attention_among_features(net, torch.randn(4, 2, 3))
    assert paid.shape == (7, 7) and (paid > 0).all()
    torch.testing.assert_close(paid.sum(1), torch.ones(7))

def test_width_must_divide():
    with pytest.raises(NeuralphaError, match="multiple of heads"):
        FTTransformer(width=30)
