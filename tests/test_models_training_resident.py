# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.training.resident import *
import numpy as np
import pytest
import torch
from neuralpha.core import NeuralphaError
from neuralpha.models.base import feature_scale, toy_problem

def test_a_panel_that_does_not_fit_is_refused():
    X, y, fold = toy_problem(20, 120)
    with pytest.raises(NeuralphaError, match="fewer features"):
        check_panel_fits(X, 1, 2400, torch.device("cpu"), free=10_000)
    check_panel_fits(X, 1, 2400, torch.device("cpu"), free=100_000)

@pytest.mark.parametrize("window", [1, 2, 7, 100])
def test_windows_are_the_assets_own_past_behind_zeros(window):
    X, y, fold = toy_problem(4, 50)
    mean, sd = feature_scale(X.view(fold.train))
    rows = np.random.default_rng(0).permutation(200)
    data = Resident(X, window, mean, sd)
    got = data.windows(data.at(rows)).numpy()
    for r, w in zip(rows, got):
        past = min(window, r % 50 + 1)
        np.testing.assert_allclose(w[window - past :], ((X.values - mean) / sd)[r - past + 1 : r + 1], atol=1e-6)
        assert (w[: window - past] == 0).all()

def test_only_the_dates_asked_for_go_to_the_device():
    X, y, fold = toy_problem(4, 50)
    scale = feature_scale(X.view(fold.train))
    part = Resident(X, 5, *scale, rows=fold.test)
    whole = Resident(X, 5, *scale)
    assert part.values.numel() < 0.5 * whole.values.numel()
    assert torch.equal(part.windows(part.at(fold.test)), whole.windows(whole.at(fold.test)))
    with pytest.raises(NeuralphaError, match="outside the dates"):
        part.at(fold.train)
