# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.portfolio.anatomy import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.portfolio.backtest import backtest
from neuralpha.evaluate.exposures import style_factors, unit_ranks
from neuralpha.portfolio.policies import Neutral, Quantiles, RankWeights

def _book(seed=0, policy=Quantiles(5), **how):
    panel = simulate_universe(60, 500, seed=seed)
    scores = np.where(panel.tradable, np.random.default_rng(seed).normal(size=panel.n_rows), np.nan)
    return backtest(scores, panel, policy, **{"costs": "square-root", "capital": 1e7} | how)

def test_months_multiply_to_their_year_and_years_to_the_whole():
    book = _book()
    table = 1 + monthly_returns(book) / 100
    np.testing.assert_allclose(table.drop(columns=WHOLE_YEAR).fillna(1).prod(axis=1), table[WHOLE_YEAR], rtol=1e-12)
    assert table[WHOLE_YEAR].prod() == pytest.approx((1 + book.net).prod(), rel=1e-12)
    first = book.net.index[0]
    in_month = book.net[(book.net.index.year == first.year) & (book.net.index.month == first.month)]
    cell = table.loc[first.year].iloc[first.month - 1]
    assert cell == pytest.approx((1 + in_month).prod(), rel=1e-12)

def test_drawdowns_by_hand():
    from types import SimpleNamespace

    from neuralpha.portfolio.backtest import under_water

    class Book(SimpleNamespace):
        """No more of a book than its path."""

    def book_of(net):
        return Book(depth=under_water(net))

    days = pd.bdate_range("2020-01-01", periods=9)
    book = book_of(pd.Series([0.1, -0.1, 0.0, 0.2, -0.2, -0.1, 0.1, 0.05, 0.0], days))
    found = drawdowns(book)
    assert found["peak"].tolist() == [days[3], days[0]] and found["lowest"].tolist() == [days[5], days[1]]
    assert pd.isna(found["recovered"][0]) and found["recovered"][1] == days[3]
    np.testing.assert_allclose(found["depth, %"], [-28, -10], rtol=1e-12)
    assert found["bars"].tolist() == [5, 2]
    assert drawdowns(book_of(pd.Series([0.1, 0.2], days[:2]))).empty
    assert drawdowns(book_of(pd.Series([-0.1, 0.2], days[:2])))["depth, %"].tolist() == pytest.approx([-10])

def test_the_deepest_drawdown_is_that_of_the_statistics():
    book = _book(1)
    stated = book.statistics(20)["value"]
    assert drawdowns(book)["depth, %"][0] == pytest.approx(stated["max drawdown, %"], rel=1e-12)

@pytest.mark.parametrize("compounding", [True, False])
def test_falls_and_months_are_those_of_the_wealth_in_the_ledger(compounding):
    book = _book(5, compounding=compounding)
    wealth = pd.Series(book.ledger.part("wealth")[:, 0], book.ledger.dates)
    peak = wealth.cummax().clip(lower=book.account.capital)
    deepest = 100 * (wealth / peak - 1).min()
    assert deepest < -1
    found = [book.statistics(20)["value"]["max drawdown, %"], drawdowns(book)["depth, %"][0]]
    np.testing.assert_allclose(found, deepest, rtol=1e-9)
    month_ends = wealth.groupby(wealth.index.to_period("M")).last()
    before = month_ends.shift(fill_value=book.account.capital)
    money = before if compounding else book.account.capital
    gained = 100 * (month_ends - before) / money
    stated = monthly_returns(book)[list(MONTHS)].to_numpy().ravel()
    np.testing.assert_allclose(stated[np.isfinite(stated)], gained, rtol=1e-9)
    of_months = return_quantiles(book).loc["month"]
    np.testing.assert_allclose(of_months[["least", "most"]].astype(float), [gained.min(), gained.max()], rtol=1e-9)
    from neuralpha.portfolio.risk import stress

    at_once = stress(book, windows=(20,))
    assert at_once.drawdown["happened"] == pytest.approx(deepest, rel=1e-9)
    later = wealth - wealth.shift(20)
    lost = later / (wealth.shift(20) if compounding else book.account.capital)
    assert at_once.worst["return, %"].iloc[0] == pytest.approx(100 * lost.min(), rel=1e-9)

def test_calmar_of_a_capital_that_stays_the_same_is_the_sum_of_a_year_over_the_fall():
    stated = _book(5, compounding=False).statistics(20)["value"]
    grown = stated["annual return, %"] / abs(stated["max drawdown, %"])
    assert stated["Calmar"] == pytest.approx(grown, rel=1e-12)

def test_names_and_sectors_sum_to_what_the_account_earned():
    book = _book(2, compounding=False)
    everybody = contributors(book, 10_000)
    assert everybody["net"].sum() == pytest.approx(100 * book.net.sum(), rel=1e-9)
    assert by_sector(book)["net"].sum() == pytest.approx(100 * book.net.sum(), rel=1e-9)
    few = contributors(book, 3)
    assert (
        len(few) == 6 and few["net"].iloc[0] == everybody["net"].max() and few["net"].iloc[-1] == everybody["net"].min()
    )
    assert few["net"].is_monotonic_decreasing

def test_exposures_of_a_book_by_hand():

    book = _book(3, RankWeights())
    found, weights = book_exposures(book), book.weights
    styles, names, _ = style_factors(book.panel)
    styles = unit_ranks(book.panel, styles)
    day = found.index[200]
    rows = book.panel.rows_on(day)
    held = weights.loc[day].to_numpy()[book.panel.asset_code[rows]]
    for j, name in enumerate(names):
        assert found.loc[day, name] == pytest.approx((held * np.nan_to_num(styles[rows, j])).sum(), abs=1e-12)
    assert found.loc[day, "long"] == pytest.approx(weights.loc[day].clip(lower=0).sum(), rel=1e-12)
    np.testing.assert_allclose(found["net"], weights.sum(axis=1), atol=1e-12)

def test_a_book_without_beta_shows_none():
    from neuralpha.trading.clock import Clock

    how = dict(clock=Clock(0), costs="none")
    free, flat = (
        book_exposures(_book(4, policy, **how))["beta"].iloc[80:]
        for policy in (RankWeights(), Neutral(RankWeights(), "beta"))
    )
    assert flat.abs().median() < 1e-9 < 0.01 < free.abs().mean()

def test_rolling_numbers_agree_with_empyrical():
    import empyrical

    book = _book(5)
    net, year, window = book.net, book.panel.bars_per_year, 60
    found = rolling_numbers(book, window)
    assert len(found) == len(net) - window + 1 and found.index[0] == net.index[window - 1]
    bessel = np.sqrt(window / (window - 1))
    known = empyrical.roll_sharpe_ratio(net, window, annualization=year)
    np.testing.assert_allclose(found["Sharpe"] / bessel, known, rtol=1e-9)
    known = empyrical.roll_annual_volatility(net, window, annualization=year)
    np.testing.assert_allclose(found["volatility, %"] * bessel, 100 * known, rtol=1e-9)
    np.testing.assert_allclose(found["beta"], empyrical.roll_beta(net, book.market, window), rtol=1e-7)
    last = book.returns["turnover"].iloc[-window:].mean() * year
    assert found["turnover"].iloc[-1] == pytest.approx(last, rel=1e-9)
    assert rolling_numbers(book).index[0] == net.index[round(year / 2) - 1]
    assert rolling_numbers(book, len(net) + 1).empty

def test_return_quantiles_agree_with_empyrical():
    import empyrical

    book = _book(6)
    found = return_quantiles(book)
    for name, rule in (("week", "weekly"), ("month", "monthly")):
        known = 100 * empyrical.aggregate_returns(book.net, rule)
        assert found.loc[name, "periods"] == len(known)
        values = [known.min(), *known.quantile([0.05, 0.25, 0.5, 0.75, 0.95]), known.max()]
        np.testing.assert_allclose(found.loc[name, list(SHARE_QUANTILES)].astype(float), values, atol=1e-9)
    assert found.loc["bar", "periods"] == len(book.net) and found["periods"].dtype.kind == "i"
    assert found.loc["bar", "least"] == pytest.approx(100 * book.net.min(), rel=1e-12)
