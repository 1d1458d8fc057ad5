# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.autoencoder import *
import numpy as np
import pytest
import torch
from neuralpha.core import NeuralphaError
from neuralpha.models.base import mean_ic, toy_problem
from neuralpha.models.losses import _grid_of

def test_the_forecast_ranks_and_uses_no_return_of_its_date():
    X, y, fold = toy_problem(60, 240)
    t = y.target("z")
    m = Autoencoder(learning_rate=5e-3).fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid]))
    ok = fold.test[np.isfinite(y.values[fold.test])]
    assert mean_ic(m.predict(X.view(ok)), y.values[ok], X.panel.date_code[ok]) > .35

def test_factors_are_regressions_of_returns_on_characteristics():
    torch.manual_seed(0)
    net, x, r = FactorNet(3, [8], 2, 0.), torch.randn(20, 1, 3), torch.randn(20)
    grid = _grid_of(np.repeat([0, 1], 10))
    f = net.factors(x, r, grid).detach().numpy()
    for d in range(2):
        z = np.c_[x[10*d:10*d+10, 0].numpy(), np.ones(10)]
        managed = np.linalg.solve(z.T @ z/10 + .01*np.eye(4), z.T @ r[10*d:10*d+10].numpy()/10)
        np.testing.assert_allclose(f[d], net.portfolios.weight.detach().numpy() @ managed + net.portfolios.bias.detach().numpy(), atol=1e-4)

def test_the_premium_follows_the_factors_in_training_only():
    net, x, r = FactorNet(3, [8], 2, 0., momentum=1.), torch.randn(20, 1, 3), torch.randn(20)
    grid = _grid_of(np.repeat([0, 1], 10))
    net.eval().loss(x, r, grid)
    assert (net.premium == 0).all()
    net.train().loss(x, r, grid)
    torch.testing.assert_close(net.premium, net.factors(x, r, grid).mean(0).detach())

def test_other_losses_are_refused():
    with pytest.raises(NeuralphaError, match="own loss"): Autoencoder(loss="quantile")
