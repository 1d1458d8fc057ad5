# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.portfolio.backtest import *
from dataclasses import dataclass, replace
import re
import empyrical
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.portfolio.policies import (
    Breaker,
    Capped,
    ConstrainedSize,
    DrawdownCut,
    Policy,
    Quantiles,
    RankWeights,
    TopN,
)
from neuralpha.evaluate.statistics import block_interval, resampled_dates
from neuralpha.trading.account import PAID, Account
from neuralpha.trading.clock import Clock
from neuralpha.trading.costs import Costs, Impact, make_costs
from neuralpha.trading.ledger import spread_portfolio

def _setting(seed=0, n=60, days=400, skill=1.0):
    panel = simulate_universe(n, days, seed=seed)
    noise = np.random.default_rng(seed).normal(size=panel.n_rows)
    oracle = panel.truth["oracle"]
    scores = np.where(panel.tradable, skill * np.nan_to_num(oracle) / np.nanstd(oracle) + noise, np.nan)
    return panel, panel.series(scores).dropna().rename("noisy")

def test_quantiles_of_a_fixed_account_are_the_spread_portfolio():
    panel, scores = _setting()
    got = backtest(scores, panel, Quantiles(5), Costs(7), 1e6, compounding=False, drift=False).returns
    known = spread_portfolio(scores, panel, 5, 1, 5, Costs(7))
    np.testing.assert_allclose(got.gross.reindex(known.index), known.gross, atol=1e-12)
    np.testing.assert_allclose(-got.half_spread.shift(1).reindex(known.index), known.cost, atol=1e-12)
    np.testing.assert_allclose(got.turnover.shift(1).reindex(known.index), known.turnover, atol=1e-9)

def test_an_account_of_few_bars_shows_itself_without_statistics():
    panel, scores = _setting(n=20, days=60)
    days = scores.index.get_level_values("date")
    last = backtest(scores[days == days.max()], panel)
    said = f"{len(last.net)} bar; statistics need at least 5"
    assert repr(last).endswith(said) and said in last._repr_html_()
    with pytest.raises(NeuralphaError, match=said):
        last.statistics()

def test_both_legs_are_the_gross_return_and_change_places_with_the_sign():
    panel, scores = _setting()
    how = dict(costs="none", capital=1e6, compounding=False, drift=False)
    book, turned = (backtest(s, panel, RankWeights(), **how) for s in (scores, -scores))
    np.testing.assert_allclose(book.legs.sum(axis=1), book.returns.gross, atol=1e-15)
    np.testing.assert_allclose(book.legs.long, -turned.legs.short, atol=1e-15)
    assert book.legs.long.std() > 0 and book.legs.short.std() > 0
    assert (backtest(scores, panel, TopN(10), "square-root", 1e8).legs.short == 0).all()

def test_gross_less_costs_is_net_and_wealth_compounds():
    panel, scores = _setting(1)
    book = backtest(scores, panel, RankWeights(), Costs(3, Impact(0.7), borrow_bps=50), 1e8)
    table = book.returns
    np.testing.assert_allclose(table[["gross", *[c for c in table if c in PAID]]].sum(axis=1), table.net, atol=1e-15)
    np.testing.assert_allclose(1e8 * (1 + table.net).cumprod(), book.ledger.table().wealth, rtol=1e-10)
    assert book.ledger.error() < 1e-12
    costs = book.costs()
    np.testing.assert_allclose(costs["% a year"].drop("net").sum(), costs["% a year"]["net"], rtol=1e-12)
    held = book.weights
    np.testing.assert_allclose(
        held.clip(lower=0).sum(axis=1) * book.ledger.table().wealth, book.ledger.table().long, rtol=1e-9
    )
    by_asset = book.by_asset()
    np.testing.assert_allclose(by_asset.net.sum(), book.ledger.table().wealth.iloc[-1] - 1e8, rtol=1e-8)

def test_statistics_agree_with_empyrical():
    panel, scores = _setting(2, skill=0.3)
    book = backtest(scores, panel, Quantiles(5), "flat")
    values, net, year = book.statistics(n_resamples=50).value, book.net, panel.bars_per_year
    n = len(net)
    np.testing.assert_allclose(
        values["Sharpe"], empyrical.sharpe_ratio(net, annualization=year) * np.sqrt(n / (n - 1)), rtol=1e-12
    )
    np.testing.assert_allclose(
        values["volatility, %"],
        100 * empyrical.annual_volatility(net, annualization=year) * np.sqrt((n - 1) / n),
        rtol=1e-12,
    )
    np.testing.assert_allclose(values["Sortino"], empyrical.sortino_ratio(net, annualization=year), rtol=1e-12)
    np.testing.assert_allclose(values["max drawdown, %"], 100 * empyrical.max_drawdown(net), rtol=1e-12)
    np.testing.assert_allclose(values["Calmar"], empyrical.calmar_ratio(net, annualization=year), rtol=1e-10)
    np.testing.assert_allclose(values["beta"], empyrical.beta(net, book.market), rtol=1e-10)
    excess = empyrical.excess_sharpe(net, book.market) * np.sqrt(year * n / (n - 1))
    np.testing.assert_allclose(values["information ratio"], excess, rtol=1e-9)
    below = (1 + net).cumprod().to_numpy()
    peaks = np.maximum.accumulate(np.append(1.0, below))[1:]
    lengths = np.diff(np.flatnonzero(np.append(np.append(True, below >= peaks), True))) - 1
    assert values["longest drawdown, bars"] == lengths.max()

@pytest.mark.parametrize("final", [-1.0, -0.4, np.nan])
def test_the_market_bears_the_delistings_that_a_book_of_everything_bears(final):
    days, rng = pd.bdate_range("2020-01-01", periods=60), np.random.default_rng(0)
    frame = pd.DataFrame({"date": np.tile(days, 6), "asset": np.repeat(list("ABCDEF"), 60)})
    frame["close"] = 10 * np.exp(rng.normal(0, 0.02, (6, 60)).cumsum(1)).ravel()
    left = (frame["asset"] == "C") & (frame["date"] > days[9])
    attributes = pd.DataFrame({"delisting_return": final}, ["C"])
    panel = panel_from_frame(frame[~left], attributes=attributes)
    wide = panel.frame().pivot(index="date", columns="asset", values="close").astype(float)
    by_hand = wide.pct_change(fill_method=None)
    by_hand.loc[days[10], "C"] = final
    market = market_return(panel)
    np.testing.assert_allclose(market[1:], by_hand.mean(axis=1)[1:], atol=1e-7)
    if np.isfinite(final):
        book = backtest(np.ones(panel.n_rows), panel, TopN(6), 0.0, clock=Clock(), drift=True)
        np.testing.assert_allclose(book.net.loc[days[10]], market[days[10]], atol=1e-7)

def test_the_net_return_has_one_interval_however_it_is_asked_for():
    panel, scores = _setting(5)
    book = backtest(scores, panel, Quantiles(5), "flat")
    asked, paid = book.statistics().loc["annual return, %"], book.costs().loc["net"]
    np.testing.assert_allclose(asked[["value", "low", "high"]].to_numpy(float), paid.to_numpy(float), rtol=1e-9)

def test_intervals_cover_the_truth_as_often_as_they_say():
    """Independent returns with a known Sharpe ratio: 95 % of the intervals hold it."""
    from neuralpha.portfolio.backtest import _from_moments

    rng, truth, hits = np.random.default_rng(0), np.sqrt(252) * 0.05, 0
    for _ in range(300):
        x = rng.normal(0.0005, 0.01, 500)
        m = np.stack([x, x**2, *[x] * 7], 1)
        drawn = _from_moments(m[resampled_dates(500, 5, 300, 1)].mean(1).T, 252)["Sharpe"]
        low, high = block_interval(drawn, _from_moments(m.mean(0), 252)["Sharpe"], 500, 5)
        hits += low <= truth <= high
    assert 0.91 <= hits / 300 <= 0.985

def test_a_policy_that_follows_the_account_is_the_same_where_it_never_acts():
    panel, scores = _setting(3)
    plain = backtest(scores, panel, Quantiles(5), "flat")
    for policy in (DrawdownCut(Quantiles(5), limit=50), Breaker(Quantiles(5), -50, 50)):
        np.testing.assert_array_equal(backtest(scores, panel, policy, "flat").ledger.records, plain.ledger.records)

def test_a_breaker_stands_aside_and_comes_back():
    panel, scores = _setting(4, skill=0.0)
    book = backtest(scores, panel, Breaker(Quantiles(5), -0.012, 0.9, 10), "flat", clock=Clock())
    trips = book.notes["trips"]
    held = book.ledger.table()["names"].to_numpy()
    assert len(trips) > 2
    for d in trips:
        at = d + 1 - book.span.start
        assert (held[at : at + 10] <= 3).all()  # nothing but what is suspended
    assert (held > 10).any()

def test_constrained_size_keeps_to_its_limit():
    panel, scores = _setting(5)
    book = backtest(scores * 0.002, panel, ConstrainedSize(most=0.03), "square-root", 1e7, Clock())
    assert book.weights.abs().max().max() < 0.04 and book.weights.abs().sum(axis=1).max() > 0.2

@dataclass(frozen=True)
class Wrong(Policy):
    def weights(self, scores, panel):
        return np.zeros(3)

def test_bad_input_is_one_clear_line():
    panel, scores = _setting(6, 12, 60)
    with pytest.raises(NeuralphaError, match=r"Wrong gave weights of shape \(3,\)"):
        backtest(scores, panel, Wrong())
    with pytest.raises(NeuralphaError, match="capital is -1"):
        backtest(scores, panel, capital=-1)
    with pytest.raises(NeuralphaError, match="capital is '1e6'; it must be a finite number, above 0"):
        backtest(scores, panel, capital="1e6")
    for given, said in {"Quantiles(5)": "str was", 5: "int was", Quantiles: "the class Quantiles was"}.items():
        with pytest.raises(NeuralphaError, match=f"Policy is meant, and {said} given"):
            backtest(scores, panel, given)
    with pytest.raises(NeuralphaError, match=r"Capped\(base=\): Policy is meant, and int was given"):
        backtest(scores, panel, Capped(5, most=0.1))
    with pytest.raises(NeuralphaError, match="Clock is meant, and int was given"):
        backtest(scores, panel, clock=5)
    with pytest.raises(NeuralphaError, match="nobody can hold what Quantiles wishes"):
        backtest(scores, panel, Capped(Quantiles(5), 0.01))
    closes = replace(panel, fields={"close": panel.fields["close"]})
    with pytest.raises(NeuralphaError, match="impact: the field 'volume' is missing"):
        backtest(scores, closes)
    assert len(backtest(scores, closes, costs="classic").net) > 30
    with pytest.raises(NeuralphaError, match="There is no account to keep"):
        backtests(scores, panel, Quantiles(5), [])
    with pytest.raises(NeuralphaError, match="No scores"):
        backtest(scores * np.nan, panel)

def test_the_oracle_is_the_best_of_all_under_every_cost():
    panel, _ = _setting(7, 120, 500)
    rng = np.random.default_rng(0)
    oracle = panel.truth["oracle"]
    for costs in ("none", "flat", "square-root", "almgren", "jkmp"):
        sharpes = []
        for noise in (0.0, 1.0, 3.0):
            scores = np.where(
                panel.tradable, oracle + noise * np.nanstd(oracle) * rng.normal(size=panel.n_rows), np.nan
            )
            sharpes.append(backtest(scores, panel, Quantiles(5), costs, 1e7).statistics(50).value["Sharpe"])
        assert sharpes[0] == max(sharpes)

def test_orders_that_are_not_filled_are_counted_and_said():
    panel, scores = _setting()
    whole = backtest(scores, panel, Quantiles(5), "flat")
    few = backtest(scores, panel, Quantiles(5), "flat", participation=1e-4)
    table = few.ledger.table()
    np.testing.assert_allclose(few.orders()["unfilled"], 100 * table.unfilled.sum() / table.wished.sum())
    filled = table.wished - table.halted - table.unfilled
    assert (table.traded >= filled - 1e-6 * table.wished).all() and few.orders()["unfilled"] > 50
    assert re.search(r"; unfilled \d+% of what was to be traded", repr(few)) and "unfilled" in few._repr_html_()
    assert "of what was to be traded" not in repr(whole) and whole.orders()[["unpriced", "unfilled"]].eq(0).all()
    early = pd.Series(1.0 * panel.asset_code, panel.index)
    blind = backtest(early, panel, Quantiles(5), Costs(1.0, Impact(0.5), window=10), clock=Clock())
    bars = blind.ledger.table()
    assert bars.unpriced.iloc[0] == bars.wished.iloc[0] > 0 and blind.orders()["unpriced"] > 0

def _book_that_earned(returns):
    """A book that holds one asset without costs: its net returns are nothing on the bar of entry, then the asset's."""
    days = pd.bdate_range("2010-01-01", periods=len(returns) + 2)
    close = 100 * np.cumprod(np.concatenate([[1, 1], 1 + returns]))
    panel = panel_from_frame(pd.DataFrame({"date": days, "asset": "A", "close": close}), "one asset")
    return backtest(np.ones(panel.n_rows), panel, TopN(1), "none", 1e6, Clock())

def _returns_with(bars, sharpe, skew, kurtosis):
    """Returns that have these moments once the bar of entry stands before them."""
    from scipy import optimize, stats

    x = stats.norm.ppf((np.arange(bars - 1) + 0.5) / (bars - 1))

    def shaped(parts):
        return np.append(0.0, parts[0] + x + parts[1] * x**2 + parts[2] * x**3)

    def miss(parts):
        y = shaped(parts)
        found = y.mean() / y.std(), stats.skew(y, bias=False), stats.kurtosis(y, fisher=False, bias=False)
        return np.subtract(found, (sharpe, skew, kurtosis))

    parts = optimize.fsolve(miss, (0.5, skew / 6, 0.1), xtol=1e-13)
    assert np.abs(miss(parts)).max() < 1e-9
    return 0.01 * np.random.default_rng(0).permutation(shaped(parts)[1:])

def test_the_chances_of_a_book_are_the_published_ones():
    """Bailey and López de Prado: 0.458 a month in two years (2012); 2.5 a year in five, the best of 88 (2014)."""
    short = _book_that_earned(_returns_with(24, 0.458, -2.448, 10.164))
    assert len(short.net) == 24 and abs(short.statistics(20).value["probabilistic Sharpe"] - 0.91336) < 5e-6
    assert "deflated Sharpe" not in short.statistics(20).index
    long = _book_that_earned(_returns_with(1250, 2.5 / np.sqrt(250), 0, 3))
    luck = np.sqrt(0.5 / 250) * np.array([-1, 1]) / np.sqrt(2)  # two trials with a variance of one half a year
    found = long.statistics(20, trials=88, trial_sharpes=luck)
    assert len(long.net) == 1250 and abs(found.value["deflated Sharpe"] - 0.95049) < 5e-6
    assert found.value["deflated Sharpe"] < found.value["probabilistic Sharpe"]
