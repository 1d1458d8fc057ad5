# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.training.scoring import *
import numpy as np
import pandas as pd
import pytest
import torch
from neuralpha.models.base import feature_scale, toy_problem
from neuralpha.models.nets import MLPNet
from neuralpha.models.training.config import Training
from neuralpha.models.training.resident import Resident

def test_scores_do_not_depend_on_the_blocks():
    X, y, fold = toy_problem(30, 60)
    data = Resident(X, 1, *feature_scale(X.view(fold.train)))
    net = MLPNet(4, (16,), 1, dropout=0.5)
    whole = score_rows(net, data, fold.valid)
    np.testing.assert_allclose(score_rows(net, data, fold.valid, 70), whole, atol=1e-6)
    order = np.random.default_rng(0).permutation(len(fold.valid))
    np.testing.assert_allclose(score_rows(net, data, fold.valid[order], 70), whole[order], atol=1e-6)

def test_the_validated_sharpe_ratio_is_that_of_all_dates_asset_by_asset():
    X, y, fold = toy_problem(900, 40)
    rows = np.sort(np.random.default_rng(0).permutation(fold.valid)[:-900])  # every stock is missing on some date
    raw = y.target("raw")
    data = Resident(X, 1, *feature_scale(X.view(fold.train)))
    net = MLPNet(4, (16,), 1, dropout=0.1)
    said = validate(net, data, (rows, raw[rows]), Training(loss="sharpe", stop_on="loss"))["valid_loss"]

    def table(v):
        return pd.DataFrame({"date": X.panel.date_code[rows], "asset": X.panel.asset_code[rows], "v": v}).pivot(
            index="date", columns="asset", values="v"
        )

    s = table(score_rows(net, data, rows)[:, 0].astype(float))
    r = table(raw[rows].astype(float))
    w = s.sub(s.mean(axis=1), axis=0)
    w = w.div(w.abs().sum(axis=1), axis=0).fillna(0.0)
    earned = (w * r).sum(axis=1) - 5e-4 * w.diff().abs().sum(axis=1)
    assert len(rows) > 4096 and said == pytest.approx(-earned.mean() / earned.std(ddof=0), rel=1e-4)

def test_a_validated_squared_error_is_the_mean_over_rows_whatever_the_blocks(monkeypatch):
    X, y, fold = toy_problem(30, 60)
    t = y.target("rank")
    data = Resident(X, 1, *feature_scale(X.view(fold.train)))
    net = MLPNet(4, (16,), 1)
    error = ((score_rows(net, data, fold.valid)[:, 0] - t[fold.valid]) ** 2).mean()
    settings = Training(loss="mse", stop_on="loss")
    monkeypatch.setattr("neuralpha.models.training.scoring.SCORED_AT_ONCE", 100)
    assert validate(net, data, (fold.valid, t[fold.valid]), settings)["valid_loss"] == pytest.approx(error, rel=1e-5)
    assert validate(net, data, None, settings) == {}

def test_a_net_with_a_loss_of_its_own_is_judged_by_it():
    class Own(MLPNet):
        def loss(self, x, target, grid):
            return torch.tensor(7.0) * len(x) / len(target)

    X, y, fold = toy_problem(30, 60)
    t = y.target("rank")
    data = Resident(X, 1, *feature_scale(X.view(fold.train)))
    watched = validate(Own(4, (16,), 1), data, (fold.valid, t[fold.valid]), Training(stop_on="loss"))
    assert watched == {"valid_loss": pytest.approx(7.0)}
