# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.portfolio.risk import *
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from neuralpha.core import NeuralphaError, limit_threads
from neuralpha.data.returns import bar_return
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.portfolio.backtest import backtest
from neuralpha.portfolio.anatomy import book_exposures
from neuralpha.portfolio.policies import Quantiles, TopN, style_ranks
from neuralpha.trading.clock import Clock
from neuralpha.trading.returns import earned_returns
from neuralpha.trading.costs import make_costs, past_volume

def test_tails_to_the_digit():
    z = [cornish_fisher(p, -0.5, k) for p, k in ((0.05, 3), (0.01, 3), (0.05, 1), (0.01, 1))]
    np.testing.assert_allclose(z, [-1.721744, -3.301284, -1.762106, -2.833709], atol=6e-7)
    t = {(nu, p): student_tail(nu, p) for nu in (3, 4, 5, 10) for p in (0.025, 0.01)}
    known = {
        (3, 0.025): (3.1824, 5.0396),
        (4, 0.025): (2.7764, 3.9936),
        (5, 0.025): (2.5706, 3.5216),
        (10, 0.025): (2.2281, 2.8190),
        (3, 0.01): (4.5407, 7.0031),
        (4, 0.01): (3.7469, 5.2206),
        (5, 0.01): (3.3649, 4.4524),
        (10, 0.01): (2.7638, 3.3633),
    }
    for key, value in known.items():
        np.testing.assert_allclose(t[key], value, atol=6e-5)
    normal = student_tail(1e7, 0.025)
    np.testing.assert_allclose(normal, [1.9600, 2.3378], atol=6e-5)
    np.testing.assert_allclose(student_tail(1e7, 0.01), [2.3263, 2.6652], atol=6e-5)

@pytest.mark.parametrize("method", METHODS)
def test_forecasts_use_the_bars_before_alone(method):
    x = np.random.default_rng(1).standard_t(5, 420) * 0.01
    changed = np.append(x[:400], 5 * x[400:])
    a, b = (tail_forecasts(v, method, 0.025, 250) for v in (x, changed))
    np.testing.assert_array_equal(a.var[:401], b.var[:401])
    np.testing.assert_array_equal(a.es[:401], b.es[:401])
    assert np.isnan(a.var[:250]).all() and (a.es[250:] >= a.var[250:]).all()

@pytest.mark.parametrize("method", METHODS)
def test_forecasts_do_not_depend_on_how_many_threads_there_are(method):
    x = np.random.default_rng(2).standard_t(4, 700) * 0.008
    found = []
    for threads in (1, 2):
        with limit_threads(threads):
            found.append(tail_forecasts(x, method, 0.01, 250))
    np.testing.assert_array_equal(found[0].var, found[1].var)
    np.testing.assert_array_equal(found[0].es, found[1].es)

def test_the_historical_quantile_by_hand():
    x = np.append(np.arange(-5, 95) / 100, 0.0)
    tail = tail_forecasts(x, "historical", 0.02, 100)
    np.testing.assert_allclose([tail.var[100], tail.es[100]], [0.03, 0.045])

def test_risk_that_cannot_be_made_is_refused():
    with pytest.raises(NeuralphaError, match="There are 20 returns"):
        tail_forecasts(np.zeros(20))
    with pytest.raises(NeuralphaError, match="level is 2"):
        tail_forecasts(np.zeros(300), level=2)
    with pytest.raises(NeuralphaError, match="garch"):
        tail_forecasts(np.zeros(300), "gartch")
    with pytest.raises(NeuralphaError, match="window is 1; it must be a whole number, at least 5"):
        tail_forecasts(np.zeros(300), window=1)
    with pytest.raises(NeuralphaError, match="returns: 1 of 300 are no finite numbers"):
        tail_forecasts(np.append(np.nan, np.zeros(299)))
    for make, said in {
        lambda: kupiec(5, 0): "bars is 0",
        lambda: kupiec(-1, 250): "exceeded is -1",
        lambda: kupiec(300, 250): "exceeded on 300 of 250 bars",
        lambda: kupiec(1, 250, 2.0): "level is 2.0",
        lambda: christoffersen([True]): "cannot be seen on 1 bar",
        lambda: shortfall_test([], [], []): "0 returns, 0 and 0 forecasts",
        lambda: shortfall_test([0.1], [0.2], [0.0]): "one shortfall above 0 per return",
        lambda: basel_zone(-1): "exceeded is -1",
        lambda: kupiec_power(250, 0.01, 1.5): "true is 1.5",
    }.items():
        with pytest.raises(NeuralphaError, match=said):
            make()

def test_kupiec_to_the_digit():
    known = [5.0252, 1.1765, 0.1084, 0.0949, 0.7691, 1.9568, 3.5554, 5.4970, 7.7336, 10.2290, 12.9555]
    np.testing.assert_allclose([kupiec(x, 250)["statistic"] for x in range(11)], known, atol=6e-5)
    published = kupiec(17, 1043)  # the example of a commercial risk toolbox
    np.testing.assert_allclose([published["statistic"], published["p"]], [3.5118, 0.060933], atol=6e-5)

def test_kupiec_accepts_where_his_table_does():
    table = {
        (0.01, 255): (0, 7),
        (0.01, 510): (1, 11),
        (0.01, 1000): (4, 17),
        (0.05, 255): (6, 21),
        (0.05, 510): (16, 36),
        (0.05, 1000): (37, 65),
        (0.025, 255): (2, 12),
        (0.025, 510): (6, 21),
        (0.025, 1000): (15, 36),
    }
    for (level, n), (low, high) in table.items():
        kept = [x for x in range(1, 100) if kupiec(x, n, level)["p"] > 0.05]
        assert (kept[0] - 1, kept[-1] + 1) == (low, high)
    assert kupiec(0, 255)["p"] < 0.05

def test_christoffersen_to_the_digit():
    hits = np.zeros(250, bool)
    hits[[20, 21, 22, 100, 180]] = True
    got = christoffersen(hits)
    assert got["counts"] == (241, 3, 3, 2)
    np.testing.assert_allclose([got["independence"], got["coverage"]], [9.8947, 11.8515], atol=6e-5)
    np.testing.assert_allclose([got["p_independence"], got["p_coverage"]], [0.00166, 0.00267], atol=6e-6)

def test_shortfall_critical_values():
    x = np.zeros(250)
    for freedom, critical in ((None, -0.700), (5, -0.730), (3, -0.824)):
        got = shortfall_test(x, np.ones(250), np.ones(250), 0.025, freedom, 200_000)
        np.testing.assert_allclose(got["critical"], critical, atol=0.012)
        assert got["z2"] == 1

def test_basel_zones():
    assert [basel_zone(x) for x in (4, 5, 9, 10)] == [("green", 0.0), ("yellow", 0.40), ("yellow", 0.85), ("red", 1.0)]
    cdf = [100 * stats.binom.cdf(x, 250, 0.01) for x in range(11)]
    np.testing.assert_allclose(
        cdf, [8.11, 28.58, 54.32, 75.81, 89.22, 95.88, 98.63, 99.60, 99.89, 99.97, 99.99], atol=0.006
    )

def test_the_power_is_what_simulation_says():
    rng = np.random.default_rng(0)
    drawn = rng.binomial(250, 0.02, 4000)
    caught = np.mean([kupiec(x, 250)["p"] < 0.05 for x in drawn])
    assert abs(caught - kupiec_power(250)) < 0.025

def test_the_tests_reject_as_rarely_as_they_say_and_catch_half_a_risk():
    rng, right, half = np.random.default_rng(3), 0, 0
    for _ in range(300):
        x = rng.standard_normal(1000)
        var, es = np.full((2, 1000), [[1.95996], [2.33780]])
        right += shortfall_test(x, var, es, n_resamples=2000)["p"] < 0.05
        half += shortfall_test(x, var / 2, es / 2, n_resamples=2000)["p"] < 0.05
    assert 0.02 <= right / 300 <= 0.09 and half == 300

def _book(policy=Quantiles(5), days=420, seed=0):
    panel = simulate_universe(60, days, seed=seed)
    rng = np.random.default_rng(seed)
    scores = panel.series(np.where(panel.tradable, rng.normal(size=panel.n_rows), np.nan)).dropna().rename("luck")
    return backtest(scores, panel, policy, "square-root", 1e8)

def test_the_risk_of_a_book_by_hand():
    book = _book()
    got = risk(book, window=200, methods=("historical", "student"))
    net = book.net.to_numpy()
    assert set(got.tests["bars"]) == {len(net) - 200} and set(got.tests["zone, last 250"]) == {""}  # too few for one
    expected = np.sort(net[-201:-1])[2]
    np.testing.assert_allclose(got.tests.loc[("historical", 0.01), "VaR, %"], -100 * expected)
    held = book.weights.clip(lower=0)
    share = held.div(held.sum(axis=1), axis=0)
    np.testing.assert_allclose(
        got.concentration.loc["effective names", "long"],
        (1 / (share**2).sum(axis=1).where(held.sum(axis=1) > 0)).mean(),
    )
    assert got.days_to_leave.is_monotonic_increasing and (got.days_to_leave > 0).all()
    corr = got.correlation(5)
    assert corr.shape == (5, 5) and np.allclose(np.diag(corr), 1)
    pd.testing.assert_frame_equal(corr, position_correlations(book, 5))
    largest = book.weights.iloc[-1].abs().sort_values(ascending=False).index[:5]
    assert set(corr) == set(largest)
    a, b = (panel_returns(book, name) for name in corr.columns[:2])
    np.testing.assert_allclose(corr.iloc[0, 1], a.corr(b), rtol=1e-12)

def panel_returns(book, name):
    rows = book.panel.rows_of(name)
    moves = pd.Series(bar_return(book.panel)[rows], book.panel.dates[book.panel.date_code[rows]])
    return moves.loc[: book.ledger.dates[-1]]

def test_both_levels_of_the_filtered_forecast_are_those_of_one():
    book = _book(days=330)
    got = risk(book, window=250, methods=("garch",))
    for level in (0.01, 0.025):
        alone = tail_forecasts(book.net, "garch", level)
        np.testing.assert_array_equal(got.forecasts["garch", level], alone)

def test_worst_windows_and_paths():
    book = _book(days=300, seed=1)
    got = stress(book, n_resamples=300)
    net = book.net
    sums = pd.Series([(1 + net.iloc[i : i + 20]).prod() - 1 for i in range(len(net) - 19)])
    np.testing.assert_allclose(got.worst.loc[20, "return, %"], 100 * sums.min())
    assert got.worst.loc[20, "from"] == net.index[sums.idxmin()].date()
    wealth = (1 + net).cumprod()
    np.testing.assert_allclose(got.drawdown["happened"], 100 * (wealth / wealth.cummax().clip(lower=1) - 1).min())
    assert got.drawdown["1 in 100"] <= got.drawdown["1 in 20"] <= got.drawdown["median"] < 0

def test_what_is_hard_to_borrow_is_recalled():
    panel = simulate_universe(60, 300, seed=2)
    score = panel.series(panel.truth["oracle"]).dropna()
    book = backtest(score, panel, Quantiles(5), make_costs("square-root", borrow_bps={0.25: 500, 1: 40}), 1e7)
    volume = past_volume(panel)
    day = panel.date_code == book.span.stop - 1
    least = panel.asset_code[day][pd.Series(volume[day]).rank(pct=True) <= 0.25]
    short = book.weights.iloc[-1].to_numpy()[least].clip(max=0).sum()
    assert short < 0
    np.testing.assert_allclose(stress(book).shocks.loc["hard to borrow recalled", "change"], 5 * short)

def test_shocks_are_the_stated_formulas():
    book = _book(days=300, seed=2)
    shocks = stress(book, n_resamples=50).shocks["change"]
    np.testing.assert_allclose(shocks["market −20 % in a bar"], -20 * book.weights.iloc[-1].sum())
    a_year = 100 * book.panel.bars_per_year * book.returns.mean()
    np.testing.assert_allclose(shocks["spread × 3"], 2 * a_year["half_spread"])
    np.testing.assert_allclose(shocks["volume ÷ 2"], a_year["temporary"] * (np.sqrt(2) - 1))
    almgren, classic = (backtest(book.decided, book.panel, Quantiles(5), costs) for costs in ("almgren", "classic"))
    a_year = 100 * book.panel.bars_per_year * almgren.returns.mean()
    more = a_year["temporary"] * (2**0.6 - 1) + a_year["permanent"]
    np.testing.assert_allclose(stress(almgren, n_resamples=50).shocks.loc["volume ÷ 2", "change"], more)
    assert stress(classic, n_resamples=50).shocks.loc["volume ÷ 2", "change"] == 0  # its base is the capital

def test_a_style_crash_is_the_exposure_times_the_styles_worst_month():
    panel = simulate_universe(60, 300, seed=3)
    styles = style_ranks(panel)
    book = backtest(np.nan_to_num(styles["momentum"]), panel, Quantiles(5), "flat", clock=Clock())
    found = stress(book, n_resamples=50).shocks
    worst = {}
    for name, ranks in styles.items():
        ranks = np.nan_to_num(ranks)
        exposure = book_exposures(book)[name].iloc[-1]
        earned = np.zeros(panel.n_dates)
        for d in range(book.span.stop - 1):
            rows = panel.rows_on(panel.dates[d])
            here, moves = ranks[rows], earned_returns(panel).returns[rows]
            earned[d + 1] = here @ moves / (here @ here) if here.any() else 0.0
        sums = pd.Series(earned[: book.span.stop]).rolling(20).sum()
        worst[name] = 100 * min(exposure * sums.min(), exposure * sums.max())
    name = min(worst, key=worst.get)
    np.testing.assert_allclose(found.loc[f"crash of a style: {name}", "change"], worst[name], rtol=1e-6)
    assert worst[name] < 0

def test_an_account_shorter_than_every_window_has_no_worst_one():
    found = stress(_book(days=300, seed=2), windows=(5000,), n_resamples=50)
    assert found.worst.empty and "Stress of luck" in repr(found)
