# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.portfolio.balance import *
from dataclasses import replace
import numpy as np
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.portfolio.policies import Quantiles

COVARIANCE = np.outer([0.1, 0.2, 0.3], [0.1, 0.2, 0.3]) * np.array([[1, 0.8, 0.1], [0.8, 1, 0.1], [0.1, 0.1, 1]])

def test_three_assets_to_the_digit():
    """Weights published by PyPortfolioOpt's method for the same three assets, and computed by hand."""
    np.testing.assert_allclose(hrp_weights(COVARIANCE), [0.698216, 0.174554, 0.127230], atol=6e-7)
    np.testing.assert_allclose(risk_budget_weights(COVARIANCE), [0.517905, 0.258952, 0.223143], atol=6e-7)

def test_every_name_carries_its_budget():
    rng = np.random.default_rng(0)
    draws = rng.normal(size=(300, 40)) * rng.uniform(0.5, 3, 40) + rng.normal(size=(300, 1))
    covariance, budgets = np.cov(draws.T), rng.uniform(0.2, 2, 40)
    w = risk_budget_weights(covariance, budgets)
    np.testing.assert_allclose(w * (covariance @ w) / (w @ covariance @ w), budgets / budgets.sum(), rtol=1e-9)
    with pytest.raises(NeuralphaError, match="share of the variance above 0"):
        risk_budget_weights(covariance, np.append(0.0, budgets[1:]))
    from skfolio.optimization import RiskBudgeting

    theirs = RiskBudgeting(risk_budget=budgets / budgets.sum()).fit(draws).weights_
    np.testing.assert_allclose(w, theirs, rtol=3e-4)

def test_a_covariance_says_what_its_returns_would():
    from skfolio.cluster import HierarchicalClustering, LinkageMethod
    from skfolio.optimization import HierarchicalRiskParity
    from skfolio.seriation import HierarchicalSeriation

    draws = np.random.default_rng(2).normal(size=(300, 30)) * np.linspace(0.5, 3, 30)
    draws += np.random.default_rng(3).normal(size=(300, 1))
    single = HierarchicalSeriation(
        hierarchical_clustering_estimator=HierarchicalClustering(linkage_method=LinkageMethod.SINGLE)
    )
    theirs = HierarchicalRiskParity(seriation_estimator=single).fit(draws).weights_
    np.testing.assert_allclose(hrp_weights(np.cov(draws.T)), theirs, rtol=1e-9)

@pytest.mark.parametrize("rule", [hrp_weights, risk_budget_weights])
def test_a_covariance_may_repeat_an_asset_but_must_know_its_variance(rule):
    twice = COVARIANCE[np.ix_([0, 1, 2, 2], [0, 1, 2, 2])]
    w = rule(twice)
    assert w.sum() == pytest.approx(1) and (w > 0).all() and w[2] == pytest.approx(w[3], rel=0.5)
    np.testing.assert_allclose(rule(np.array([[0.04]])), [1.0])
    for bad, of in ((0.0, 1), (np.nan, 1), (-0.01, 1)):
        broken = COVARIANCE.copy()
        broken[of, of] = bad
        with pytest.raises(NeuralphaError, match="covariance of asset 1: its variance is"):
            rule(broken)
    for shape in (np.ones((2, 3)), np.array([[1.0, 0.2], [0.3, 1.0]])):
        with pytest.raises(NeuralphaError, match="square and symmetric"):
            rule(shape)

def test_hierarchical_weights_do_not_care_for_the_order_of_names():
    rng = np.random.default_rng(1)
    covariance = np.cov((rng.normal(size=(200, 12)) + rng.normal(size=(200, 1))).T)
    shuffled = rng.permutation(12)
    again = hrp_weights(covariance[np.ix_(shuffled, shuffled)])
    np.testing.assert_allclose(again, hrp_weights(covariance)[shuffled], rtol=1e-9)
    assert hrp_weights(covariance).sum() == pytest.approx(1) and (hrp_weights(covariance) > 0).all()

@pytest.mark.parametrize("method", ["hierarchical", "equal risk"])
def test_balanced_keeps_names_sides_and_money_and_gives_the_wild_less(method):
    from scipy.stats import spearmanr
    from neuralpha.trading.costs import past_volatility

    panel = simulate_universe(60, 300, seed=3)
    scores = np.where(panel.tradable, np.random.default_rng(0).normal(size=panel.n_rows), np.nan)
    base, held = Quantiles(5).weights(scores, panel), Balanced(Quantiles(5), method, every=1).weights(scores, panel)
    np.testing.assert_array_equal(np.sign(held), np.sign(base))
    for side in (1, -1):
        money = [np.bincount(panel.date_code, np.maximum(side * w, 0)) for w in (base, held)]
        np.testing.assert_allclose(*money, rtol=1e-9)
    late = panel.date_code > 200
    fields = {k: np.where(late, 3 * v, v) for k, v in panel.fields.items()}
    again = Balanced(Quantiles(5), method, every=1).weights(scores, replace(panel, fields=fields))
    np.testing.assert_array_equal(again[~late], held[~late])
    wild = past_volatility(panel, 120)
    known = late & (base > 0) & np.isfinite(wild)
    assert spearmanr(held[known] / base[known], wild[known])[0] < -0.5
    with pytest.raises(NeuralphaError, match="method of Balanced"):
        Balanced(Quantiles(5), "hrp").weights(scores, panel)
