# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.autoencoder import *
import numpy as np
import pytest
import torch
from neuralpha.core import NeuralphaError
from neuralpha.models.base import mean_ic, scaled, toy_problem
from neuralpha.models.losses import grid_of

def test_the_forecast_ranks_and_uses_no_return_of_its_date():
    X, y, fold = toy_problem(60, 240)
    t = y.target("z")
    m = Autoencoder(learning_rate=5e-3).fit(
        X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid])
    )
    ok = fold.test[np.isfinite(y.values[fold.test])]
    assert mean_ic(m.predict(X.view(ok)), y.values[ok], X.panel.date_code[ok]) > 0.35

def test_factors_are_regressions_of_returns_on_characteristics():
    torch.manual_seed(0)
    net = FactorNet(3, 1, [8], 2, 0.0)
    x = torch.randn(20, 1, 3)
    r = torch.randn(20)
    grid = grid_of(np.repeat([0, 1], 10))
    f = net.factors(x, r, grid).detach().numpy()
    for d in range(2):
        z = np.c_[x[10 * d : 10 * d + 10, 0].numpy(), np.ones(10)]
        managed = np.linalg.solve(z.T @ z / 10 + 0.01 * np.eye(4), z.T @ r[10 * d : 10 * d + 10].numpy() / 10)
        np.testing.assert_allclose(
            f[d], net.portfolios.weight.detach().numpy() @ managed + net.portfolios.bias.detach().numpy(), atol=1e-4
        )

@pytest.mark.parametrize("average", [0, 3])
def test_the_premium_is_the_mean_over_training_dates_of_the_weights_that_are_kept(average):
    X, y, fold = toy_problem(25, 300)
    t = y.target("z")
    m = Autoencoder(factors=2, batch_rows=25, max_epochs=3, average=average).fit(
        X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid])
    )
    net = m.net_
    x = torch.from_numpy(scaled(X.values, m.mean_, m.sd_))[:, None]
    factors = []
    for d in np.unique(X.panel.date_code[fold.train]):
        rows = fold.train[X.panel.date_code[fold.train] == d]
        factors.append(net.factors(x[rows], torch.from_numpy(t[rows]), grid_of(np.zeros(len(rows), int)))[0].detach())
    assert len(factors) * 25 > 4096 and net.premium.abs().min() > 1e-3
    torch.testing.assert_close(net.premium, torch.stack(factors).mean(0), rtol=1e-4, atol=1e-6)

    def score():
        return mean_ic(m.predict(X.view(fold.valid)), t[fold.valid], X.panel.date_code[fold.valid])

    assert score() == pytest.approx(
        max(h["valid_ic"] for h in m.history_), abs=1e-6
    )  # and it is what validation judged

def test_the_loss_is_one_less_the_total_r2_for_any_number_of_rows():
    torch.manual_seed(0)
    net = FactorNet(3, 1, [8], 2, 0.0)
    x = torch.randn(20, 1, 3)
    r = torch.randn(20)
    grid = grid_of(np.repeat([0, 1], 10))
    rebuilt = (net.loadings(x) * net.factors(x, r, grid).repeat_interleave(10, 0)).sum(1)
    torch.testing.assert_close(net.loss(x, r, grid), ((rebuilt - r) ** 2).sum() / (r**2).sum())
    for target in (torch.ones(1), torch.zeros(1)):
        assert 0 < net.loss(x[:1], target, grid_of(np.zeros(1, int))) < 100

def test_a_window_is_read_whole():
    X, y, fold = toy_problem(30, 200)
    t = y.target("z")

    def ic(window):
        m = Autoencoder(window=window, learning_rate=5e-3).fit(
            X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid])
        )
        ok = fold.test[np.isfinite(y.values[fold.test])]
        return mean_ic(m.predict(X.view(ok)), y.values[ok], X.panel.date_code[ok])

    assert ic(5) > ic(1) + 0.05  # the toy market pays for what was five bars ago

@pytest.mark.parametrize("loss", ["quantile", "bce", "huber(delta=0.1)"])
def test_other_losses_are_refused(loss):
    with pytest.raises(NeuralphaError, match="own loss"):
        Autoencoder(loss=loss)
