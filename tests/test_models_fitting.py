# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.fitting import *
from dataclasses import replace
import numpy as np
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.models.base import toy_problem
from neuralpha.models.linear import Ridge
from neuralpha.models.nets import MLP

def test_a_score_that_is_not_finite_is_refused_and_an_empty_part_has_none():
    X, y, fold = toy_problem(15, 120)
    model = Ridge(alpha=1.0)
    fit_on(model, X, y.target("rank"), fold)
    assert len(checked_scores(model, X, fold, "test")) == len(fold.test)
    assert checked_scores(model, X, replace(fold, valid=fold.valid[:0]), "valid").shape == (0,)
    model.coef_[0] = np.nan
    with pytest.raises(NeuralphaError, match=f"gave {len(fold.test)} test scores that are not finite in fold 0"):
        checked_scores(model, X, fold, "test")

def test_a_device_is_given_to_a_model_that_named_none():
    X, y, fold = toy_problem(15, 120)
    assert fit_unit(MLP(max_epochs=1), X, y, fold, device="cpu").model.device == "cpu"
    with pytest.raises(NeuralphaError, match="cuda:77"):
        fit_unit(MLP(max_epochs=1, device="cuda:77"), X, y, fold, device="cpu")
    assert fit_unit(Ridge(alpha=1.0), X, y, fold, device="cpu").model.alpha == 1.0
