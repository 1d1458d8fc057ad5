# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.simulated.gkx import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.labels import forward_return

def test_design_by_its_moments():
    d = gkx_arrays("a", 50, seed=1)
    np.testing.assert_allclose(np.sort(d["c"][7, :, 3]), 2 * np.arange(1, 201) / 201 - 1)
    steps = np.array([np.corrcoef(d["c"][1:, :, j].ravel(), d["c"][:-1, :, j].ravel())[0, 1] for j in range(50)])
    assert (steps > 0.85).all() and 0.93 < steps.mean() < 0.97  # autocorrelation of ranks follows rho ~ U[0.9, 1]
    noise = d["r"] - d["g"]
    # var(e) = 0.05² · 5/3, and c₁v₁ + c₂v₂ + c₃v₃ adds 3 · 0.05² · E[c²], E[c²] = 1/3
    assert abs(noise.var() / (0.05**2 * (5 / 3 + 1)) - 1) < 0.06
    np.testing.assert_allclose(d["g"], 0.02 * (d["c"][..., 0] + d["c"][..., 1] + d["c"][..., 2] * d["y"][:, None]))
    d = gkx_arrays("b", 3, seed=1)
    up = (d["c"][..., 2] > 0) == (d["y"][:, None] > 0)
    np.testing.assert_allclose(
        d["g"], 0.04 * d["c"][..., 0] ** 2 + 0.03 * d["c"][..., 0] * d["c"][..., 1] + np.where(up, 0.012, -0.012)
    )

def test_label_of_the_panel_is_the_return_its_row_foretells():
    d = gkx_arrays("b", 5, seed=3)
    panel = gkx_panel("b", 5, seed=3)
    y = forward_return(panel, horizon=1, delay=0).values.reshape(200, 180).T
    np.testing.assert_allclose(y[:-1], d["r"][:-1], atol=1e-6)
    assert np.isnan(y[-1]).all()
    np.testing.assert_array_equal(panel.truth["oracle"].reshape(200, 180).T, d["g"].astype(np.float32))
    np.testing.assert_allclose(panel.fields["c2_y"], panel.fields["c2"] * np.tile(d["y"], 200), atol=1e-6)

def test_names_and_seeds():
    assert (
        gkx_named("gkx-a-100").fields.keys() >= {"c100", "c100_y", "return"}
        and gkx_named("gkx-a").digest == gkx_named("gkx-a", seed=0).digest
    )
    assert gkx_named("gkx-a", seed=1).digest != gkx_named("gkx-a").digest
    for bad in ("gkx-c", "gkx", "gkx-a-x"):
        with pytest.raises(NeuralphaError, match="gkx-b-100"):
            gkx_named(bad)

# case, characteristics: OLS and true function, mean and standard error over 400 repetitions of an independent
# implementation; the paper's table A.1 has OLS 1.14, −1.35, −4.72, −7.75 and oracle 5.52, 5.52, 5.40, 5.40
FIGURES = {
    ("a", 50): (1.12, 0.29, 5.57, 0.11),
    ("a", 100): (-1.02, 0.35, 5.57, 0.11),
    ("b", 50): (-4.44, 0.35, 5.48, 0.06),
    ("b", 100): (-7.14, 0.43, 5.48, 0.06),
}

def _agrees(scores, case, p, width):
    ols, ols_se, oracle, oracle_se = FIGURES[case, p]
    for name, mean, se in (("ols", ols, ols_se), ("oracle", oracle, oracle_se)):
        both = np.hypot(se, scores[name].sem())
        assert abs(scores[name].mean() - mean) < width * both, (case, p, name, scores[name].mean(), mean, both)

def test_few_draws_agree_with_the_figures():
    _agrees(gkx_scores("a", 50, repetitions=12, seed=1), "a", 50, width=2)

def test_r2_is_measured_against_the_training_mean():
    score = gkx_scores("b", 3, repetitions=30, seed=2)[
        "oracle"
    ]  # the true function, whatever the number of characteristics
    assert abs(score.mean() - 5.48) < 3 * score.sem() < 1.2  # against zero it would be 7.8

@pytest.mark.slow
@pytest.mark.parametrize("case, p", FIGURES)
def test_ols_and_the_true_function_score_as_published(case, p):
    _agrees(gkx_scores(case, p, repetitions=120, seed=0), case, p, width=2)
