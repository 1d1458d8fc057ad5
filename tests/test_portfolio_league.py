# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.portfolio.league import *
import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from neuralpha.core import NeuralphaError
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.portfolio.backtest import backtest
from neuralpha.portfolio.policies import Breaker, Quantiles

def test_lo_to_the_digit():
    np.testing.assert_allclose(sharpe_error(0.1, 60), 0.129422, atol=6e-7)
    assert sharpe_error(1 / np.sqrt(252), 2520) * np.sqrt(252) == pytest.approx(0.316541, abs=6e-7)
    rhos = (-0.2, -0.1, 0.0, 0.1, 0.2, 0.3)
    np.testing.assert_allclose(
        [annual_factor(12, r) for r in rhos], [4.1708, 3.7979, 3.4641, 3.1601, 2.8788, 2.6148], atol=6e-5
    )
    daily = [19.426, 17.543, 15.8745, 14.365, 12.972, 11.664]
    np.testing.assert_allclose([annual_factor(252, r) for r in rhos], daily, atol=6e-4)

def _table_draw(rng, n, freedom, phi):
    """One of the paper's markets: means and variances 1, correlation 0.5."""
    length = n + 50
    shock = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], length)
    if freedom:
        shock = shock / np.sqrt(rng.chisquare(freedom, (length, 1)) / freedom) * np.sqrt((freedom - 2) / freedom)
    for t in range(1, length):
        shock[t] = phi * shock[t - 1] + np.sqrt(1 - phi**2) * shock[t]
    return 1 + shock[50:]

@pytest.mark.slow
@pytest.mark.parametrize(
    "freedom, phi, published",
    [(0, 0.0, (5.0, 5.3, 4.9)), (6, 0.0, (10.7, 6.7, 5.2)), (0, 0.2, (9.5, 6.9, 8.5)), (6, 0.2, (14.5, 7.9, 7.3))],
)
def test_table_1_of_ledoit_and_wolf(freedom, phi, published):
    rng, runs = np.random.default_rng(0), 1000
    rejected = np.zeros(3)
    for run in range(runs):
        x = _table_draw(rng, 120, freedom, phi)
        tests = memmel(*x.T), ledoit_wolf(*x.T, n_resamples=0), ledoit_wolf(*x.T, block=1, n_resamples=299, seed=run)
        rejected += [t["p"] <= 0.05 for t in tests]
    error = 100 * np.sqrt(0.09 * 0.91 / runs)
    np.testing.assert_allclose(100 * rejected / runs, published, atol=3 * error)

def test_the_block_bootstrap_keeps_its_size_where_returns_follow_each_other():
    rng = np.random.default_rng(0)
    p = [ledoit_wolf(*_table_draw(rng, 240, 0, 0.3).T, block=8, n_resamples=199, seed=k)["p"] for k in range(250)]
    naive = [memmel(*_table_draw(rng, 240, 0, 0.3).T)["p"] for k in range(250)]
    assert np.mean(np.array(p) <= 0.05) < 0.09 < np.mean(np.array(naive) <= 0.05) + 0.02

def test_memmel_by_hand_and_bad_records():
    rng = np.random.default_rng(1)
    a, b = rng.normal(0.1, 1, 500), rng.normal(0, 1, 500)
    got = memmel(a, b)
    assert got["z"] > 0 and got["p"] == pytest.approx(2 * norm.cdf(-got["z"]), rel=1e-9)
    assert ledoit_wolf(a, a)["p"] == 1
    with pytest.raises(NeuralphaError, match="cannot be compared"):
        memmel(a, b[:30])

def test_a_league_puts_the_best_first_and_shares_ranks():
    panel = simulate_universe(100, 500, seed=2)
    rng, oracle = np.random.default_rng(0), panel.truth["oracle"]

    def book(noise):
        scores = oracle + noise * np.nanstd(oracle) * rng.normal(size=panel.n_rows)
        return backtest(np.where(panel.tradable, scores, np.nan), panel, Quantiles(5), "flat", 1e7)

    table = league({"luck": book(300), "good": book(0.0), "twin": book(0.05)})
    assert list(table.index[:2]) in (["good", "twin"], ["twin", "good"]) and table["rank"].tolist() == [1, 1, 3]
    assert table.letters.iloc[0] == table.letters.iloc[1] != table.letters.iloc[2]
    assert (table["break-even, bps"].iloc[:2] > 0).all()
    with pytest.raises(NeuralphaError, match="two books"):
        league({"one": book(1)})

def test_a_breaker_that_never_trips_changes_nothing():
    panel = simulate_universe(40, 200, seed=3)
    scores = np.where(panel.tradable, np.random.default_rng(0).normal(size=panel.n_rows), np.nan)
    got = judge_breaker(scores, panel, Breaker(Quantiles(5), -9, 0.99), costs="flat")
    assert (
        got["trips"] == 0
        and got["net with, % a year"] == got["net without, % a year"]
        and np.isnan(got["share of random breakers as good"])
    )

def test_what_a_breaker_saved_less_what_it_cost_is_the_difference_while_it_stood_aside():
    panel = simulate_universe(40, 300, seed=4)
    scores = np.where(panel.tradable, np.random.default_rng(0).normal(size=panel.n_rows), np.nan)
    breaker = Breaker(Quantiles(5), -0.015, 0.5, 8)
    got = judge_breaker(scores, panel, breaker, n_random=5, costs="none")
    assert got["trips"] > 1 and 0 <= got["share of random breakers as good"] <= 1
    plain, guarded = (backtest(scores, panel, p, "none") for p in (breaker.base, breaker))
    gap = (guarded.net - plain.net) * 100
    np.testing.assert_allclose(got["saved, %"] - got["cost, %"], gap.sum(), atol=0.2 * abs(gap).sum())
