# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.state_space import *
import numpy as np
import pytest
import torch
from neuralpha.models.base import mean_ic, toy_problem

def test_it_is_the_recurrence_it_stands_for():
    torch.manual_seed(0)
    net = StateSpace(window=9, states=4).build(3, 2).eval()
    x = torch.randn(5, 9, 3)
    net.requires_grad_(False)
    decay = torch.exp2(-1 / net.log_half_life.exp())
    state = torch.zeros(5, 4)
    assert decay[0] == 0.5 and float(decay[-1]) == pytest.approx(0.5 ** (1 / 9))
    for t in range(9):
        state = decay * state + net.shock(x[:, t])
    state = state / (1 - decay**18).mul(1 / (1 - decay**2)).sqrt()
    torch.testing.assert_close(net(x), net.out(state))

def test_it_finds_the_past_and_half_lives_are_learnt():
    X, y, fold = toy_problem(60, 300)
    t = y.target("rank")
    m = StateSpace(window=6, batch_rows=256).fit(
        X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid])
    )
    ok = fold.test[np.isfinite(y.values[fold.test])]
    assert mean_ic(m.predict(X.view(ok)), y.values[ok], X.panel.date_code[ok]) > 0.5
    assert (m.net_.log_half_life - m._built(4).log_half_life).abs().max() > 0.05
