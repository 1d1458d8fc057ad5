# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.portfolio.league import *
import functools
import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from neuralpha.core import NeuralphaError
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.features.compute import compute_features
from neuralpha.labels import forward_return
from neuralpha.models.predict import cross_predict
from neuralpha.portfolio.backtest import backtest
from neuralpha.portfolio.policies import Breaker, Capped, Quantiles, TopN
from neuralpha.splits import walk_forward
from neuralpha.trading.clock import Clock
from neuralpha.trading.costs import PRESETS

def test_lo_to_the_digit():
    np.testing.assert_allclose(sharpe_error(0.1, 60), 0.129422, atol=6e-7)
    assert sharpe_error(1 / np.sqrt(252), 2520) * np.sqrt(252) == pytest.approx(0.316541, abs=6e-7)
    rhos = (-0.2, -0.1, 0.0, 0.1, 0.2, 0.3)
    np.testing.assert_allclose(
        [annual_factor(12, r) for r in rhos], [4.1708, 3.7979, 3.4641, 3.1601, 2.8788, 2.6148], atol=6e-5
    )
    daily = [19.426, 17.543, 15.8745, 14.365, 12.972, 11.664]
    np.testing.assert_allclose([annual_factor(252, r) for r in rhos], daily, atol=6e-4)

def _innovations(rng, size, freedom):
    """Independent, of variance 1: normal, or Student's."""
    return (
        rng.standard_t(freedom, (size, 2)) * np.sqrt((freedom - 2) / freedom) if freedom else rng.normal(size=(size, 2))
    )

def _table_draw(rng, n, freedom, phi=0.0):
    """One of the paper's markets: means and variances 1, correlation 0.5, autocorrelation phi."""
    values, vectors = np.linalg.eigh([[1, 0.5], [0.5, 1]])
    shock = _innovations(rng, n + 50, freedom) @ (vectors * np.sqrt(values) @ vectors.T)
    for t in range(1, n + 50):
        shock[t] = phi * shock[t - 1] + np.sqrt(1 - phi**2) * shock[t]
    return 1 + shock[50:]

def _garch_draw(rng, n, freedom):
    """The paper's bivariate GARCH in diagonal vech form, weekly returns in per cent."""
    z = _innovations(rng, n + 300, freedom)
    first = second = 0.15 / 0.025
    both, out = 0.13 / 0.06, np.empty(z.shape)
    for t in range(len(z)):
        values, vectors = np.linalg.eigh([[first, both], [both, second]])
        x, y = out[t] = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T @ z[t]
        first, second = 0.15 + 0.075 * x * x + 0.9 * first, 0.15 + 0.075 * y * y + 0.9 * second
        both = 0.13 + 0.05 * x * y + 0.89 * both
    return 16.5 / 52 + out[300:]

TABLE_1 = {  # JKM, HAC, prewhitened HAC, bootstrap of single dates, bootstrap of blocks
    "normal": (lambda rng: _table_draw(rng, 120, 0), (5.0, 5.3, 5.4, 4.9, 4.8)),
    "t6": (lambda rng: _table_draw(rng, 120, 6), (10.7, 6.7, 6.9, 5.2, 5.0)),
    "normal GARCH": (lambda rng: _garch_draw(rng, 120, 0), (7.2, 7.1, 7.2, 6.0, 5.5)),
    "t6 GARCH": (lambda rng: _garch_draw(rng, 120, 6), (7.4, 7.7, 7.5, 6.9, 5.7)),
    "normal VAR": (lambda rng: _table_draw(rng, 120, 0, 0.2), (9.5, 6.9, 6.1, 8.5, 5.0)),
    "t6 VAR": (lambda rng: _table_draw(rng, 120, 6, 0.2), (14.5, 7.9, 7.3, 7.3, 5.1)),
}

@pytest.mark.slow
@pytest.mark.parametrize("market", TABLE_1)
def test_table_1_of_ledoit_and_wolf(market):
    """Blocks of 4 bars in place of a calibration in every one of the runs, which would take days."""
    draw, published = TABLE_1[market]
    rng, runs = np.random.default_rng(0), 1000
    rejected = np.zeros(5)
    for run in range(runs):
        x = draw(rng).T
        rejected += [
            memmel(*x)["p"] <= 0.05,
            ledoit_wolf(*x, n_resamples=0, error="plain")["p"] <= 0.05,
            ledoit_wolf(*x, n_resamples=0)["p"] <= 0.05,
            ledoit_wolf(*x, block=1, n_resamples=299, seed=run, error="independent")["p"] <= 0.05,
            ledoit_wolf(*x, block=4, n_resamples=299, seed=run)["p"] <= 0.05,
        ]
    share = np.array(published) / 100
    error = 100 * np.sqrt(share * (1 - share) * (1 / runs + 1 / 5000))
    print(market, rejected / runs * 100, published)
    assert (np.abs(100 * rejected / runs - published) <= 3 * error).all(), 100 * rejected / runs

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
    for make, said in {
        lambda: memmel(a, b[:30]): "cannot be compared",
        lambda: ledoit_wolf(a, np.zeros(500)): "it has no Sharpe ratio",
        lambda: ledoit_wolf(np.append(np.nan, a[1:]), b): "a bar without a number",
        lambda: ledoit_wolf(a, b, block=300): "A block of 300 of 500 bars is no sample of them; give at most 250",
        lambda: ledoit_wolf(a, b, block=0): "block is 0",
        lambda: sharpe_error(0.1, 0): "bars is 0",
        lambda: annual_factor(252, 1.5): "autocorrelation is 1.5",
    }.items():
        with pytest.raises(NeuralphaError, match=said):
            make()

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
    p = table["p of Sharpe"]
    assert np.isnan(p.iloc[0]) and p.iloc[1] > 0.05 > p.iloc[2]
    with pytest.raises(NeuralphaError, match="two books"):
        league({"one": book(1)})

def test_accounts_that_trade_nothing_stand_in_the_league_without_a_break_even():
    panel = simulate_universe(20, 100, seed=2)
    scores = np.where(panel.tradable, panel.truth["oracle"], np.nan)
    asleep = {name: backtest(scores, panel, TopN(50), "flat", 1e7) for name in ("asleep", "too")}
    table = league(asleep | {"awake": backtest(scores, panel, TopN(3), "flat", 1e7)})
    assert table["net, %"].eq(0).sum() == 2 and table["break-even, bps"].isna().tolist().count(True) == 2
    assert table.loc["asleep", "letters"] == table.loc["too", "letters"] and league(asleep)["rank"].tolist() == [1, 1]
    assert table["p of Sharpe"].isna().all()

@functools.cache
def _scores_of_a_market():
    panel = simulate_universe(100, 900, seed=2)
    y = forward_return(panel, 5, 1)
    folds = walk_forward(y, "1Y", "6M", "6M", 5)
    ridge = cross_predict("ridge", compute_features(panel, "core"), y, folds, progress=False).scores()
    rng, oracle = np.random.default_rng(0), panel.series(panel.truth["oracle"]).reindex(ridge.index).dropna()
    blurred = {f"blurred {k}": oracle + k * oracle.std() * rng.normal(size=len(oracle)) for k in (1, 3, 8)}
    return panel, {"oracle": oracle, "ridge": ridge, **blurred}

@pytest.mark.parametrize("costs", PRESETS)
def test_the_oracle_has_the_highest_net_sharpe_ratio_under_every_preset(costs):
    panel, scores = _scores_of_a_market()
    net = {name: backtest(s, panel, Quantiles(5), costs, 2e5).net for name, s in scores.items()}
    sharpe = {name: r.mean() / r.std() for name, r in net.items()}
    assert max(sharpe, key=sharpe.get) == "oracle", sharpe

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
    panel = simulate_universe(40, 300, seed=4, suspensions=0)  # what is suspended cannot be sold on time
    scores = np.where(panel.tradable, np.random.default_rng(0).normal(size=panel.n_rows), np.nan)
    breaker = Breaker(Quantiles(5), -0.015, 0.5, 8)
    got = judge_breaker(scores, panel, breaker, n_random=5, costs="none")
    assert got["trips"] > 1 and 0 <= got["share of random breakers as good"] <= 1
    plain, guarded = (backtest(scores, panel, p, "none") for p in (breaker.base, breaker))
    gap = (guarded.net - plain.net) * 100
    np.testing.assert_allclose(got["saved, %"] - got["cost, %"], gap.sum(), atol=1e-9)
    assert got["gain low"] < got["gain, % a year"] < got["gain high"]
    only_once = Breaker(Quantiles(5), -0.015, 0.5, 1_000)
    once = judge_breaker(scores, panel, only_once, n_random=5, costs="none")
    assert once["trips"] == 1 and once["saved, %"] - once["cost, %"] != 0
    np.testing.assert_allclose(got["gain, % a year"], panel.bars_per_year * gap.mean(), rtol=1e-12)
    listed = got.attrs["trips"]
    assert len(listed) == got["trips"] and sum(trip["worth, %"] < 0 for trip in listed) == got["false trips"]
    inside = judge_breaker(scores, panel, Capped(breaker, 0.3), n_random=5, costs="none")
    pd.testing.assert_series_equal(inside, got)
    with pytest.raises(NeuralphaError, match=r"Quantiles\(count=5, long_only=False\) has no Breaker to judge"):
        judge_breaker(scores, panel, Quantiles(5))

def test_random_trips_are_as_many_and_as_long_whether_the_account_is_followed_or_not():
    from neuralpha.portfolio.league import _Aside, _set_aside

    panel = simulate_universe(30, 200, seed=5)
    scores = np.where(panel.tradable, np.random.default_rng(1).normal(size=panel.n_rows), np.nan)
    plain = backtest(scores, panel, Quantiles(5), "square-root", 1e6, Clock(horizon=3))
    aside = np.array([40, 41, 42, 120, 121, 122])
    quick = _set_aside(plain, aside)
    slow = backtest(
        scores, panel, _Aside(Quantiles(5), frozenset(aside.tolist())), "square-root", 1e6, Clock(horizon=3)
    )
    np.testing.assert_array_equal(quick.ledger.records, slow.ledger.records)
    names = quick.ledger.table()["names"].to_numpy()
    empty = np.flatnonzero(names < 5) + quick.span.start
    assert {41, 42, 43, 121, 122, 123} <= set(empty) and len(empty) < 12

def test_a_random_trip_gains_nothing_on_average_and_one_with_foresight_does():
    from neuralpha.portfolio.league import _random_gains, _set_aside

    panel = simulate_universe(40, 400, seed=6)
    scores = np.where(panel.tradable, np.random.default_rng(2).normal(size=panel.n_rows), np.nan)
    plain = backtest(scores, panel, Quantiles(5), "none", clock=Clock())
    fallen = plain.net.rolling(5).sum().shift(-6).to_numpy()  # what the five bars after the next will bring
    begins = plain.span.start + np.argsort(fallen)[:1]
    random_gains = _random_gains(plain, 1, 5, 200, 0)
    seer = _set_aside(plain, (begins[:, None] + np.arange(5)).ravel()).net.mean() - plain.net.mean()
    assert np.mean(random_gains >= seer) < 0.02
    assert abs(np.mean(random_gains)) < 3 * plain.net.std() * np.sqrt(5) / len(plain.net)
