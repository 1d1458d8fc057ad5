# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.recurrent import *
import numpy as np
import pytest
import torch
from neuralpha.models.base import mean_ic, toy_problem

@pytest.mark.parametrize("kind", [torch.nn.LSTM, torch.nn.GRU])
def test_the_unrolled_recurrence_is_torchs(kind):
    cell = kind(4, 6, 2, batch_first=True)
    x = torch.randn(5, 7, 4)
    torch.testing.assert_close(unrolled(cell, x), cell(x)[0], atol=1e-6, rtol=1e-5)

def _fit(model):
    X, y, fold = toy_problem(30, 200)
    t = y.target("rank")
    model.fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid]))
    ok = fold.test[np.isfinite(y.values[fold.test])]
    return mean_ic(model.predict(X.view(ok)), y.values[ok], X.panel.date_code[ok]), X, fold

@pytest.mark.parametrize("cls", [LSTM, GRU, ALSTM])
def test_recurrent_nets_find_the_past(cls):
    model = cls(window=6, learning_rate=1e-2, batch_rows=256)
    ic, X, fold = _fit(model)
    assert ic > 0.45
    map_ = saliency(model, X.view(fold.test))
    assert map_.shape == (6, 4) and map_[2:5, 3].min() > 2 * map_[2:5, 0].max() / 3
