# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.transformer import *
import numpy as np
import pytest
import torch
from neuralpha.core import NeuralphaError
from neuralpha.models.base import mean_ic, toy_problem

def test_a_transformer_finds_the_past():
    X, y, fold = toy_problem(30, 200)
    t = y.target("rank")
    model = Transformer(window=6, learning_rate=3e-3, batch_rows=256).fit(
        X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid])
    )
    ok = fold.test[np.isfinite(y.values[fold.test])]
    assert mean_ic(model.predict(X.view(ok)), y.values[ok], X.panel.date_code[ok]) > 0.4

def test_width_must_divide():
    with pytest.raises(NeuralphaError, match="multiple of heads"):
        Transformer(width=30)

def test_attention_is_causal():
    net = TransformerNet(3, 6, 16, 4, 2, 0.0, 1).eval()
    x = torch.randn(2, 6, 3)
    late = x.clone()
    late[:, 4:] += 1
    torch.testing.assert_close(net.encode(x)[:, :4], net.encode(late)[:, :4])
    assert not torch.allclose(net.encode(x)[:, 4], net.encode(late)[:, 4])
    a = attention_of_last_bar(net, x)
    torch.testing.assert_close(a.sum(1), torch.ones(4))
