# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.trading.ledger import *
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.cross_section import rank_within_date
from neuralpha.data.panel import panel_from_frame
from neuralpha.trading.costs import Costs
from neuralpha.trading.returns import earned_returns

def _panel(seed=0, dates=40, assets=23, shut=0.0):
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2020-01-01", periods=dates)
    pairs = [(d, f"A{a:02d}") for a in range(assets) for d in days[rng.integers(0, 5) : dates - rng.integers(0, 5)]]
    close = np.where(rng.random(len(pairs)) < shut, np.nan, rng.uniform(1, 1.1, len(pairs)))
    panel = panel_from_frame(pd.DataFrame(pairs, columns=["date", "asset"]).assign(close=close))
    return panel, panel.series(rng.normal(size=panel.n_rows))

def test_an_account_runs_from_its_first_entry_to_the_bar_after_its_last():
    panel, _ = _panel(dates=40)
    assert account_span(panel, (panel.date_code == 10) | (panel.date_code == 20), delay=2) == (12, 23)
    assert account_span(panel, panel.date_code >= 30, delay=1) == (31, 39)  # the panel ends

@pytest.mark.parametrize("horizon", [1, 3])
def test_a_date_with_an_empty_end_enters_nothing(horizon):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        [(d, f"A{a:02d}") for d in pd.bdate_range("2020-01-01", periods=40) for a in range(20)],
        columns=["date", "asset"],
    ).assign(close=1.0)
    panel = panel_from_frame(frame)
    values = rng.normal(size=panel.n_rows)
    day = panel.date_code
    constant = np.isin(day, [7, 20, 21])
    tied = np.isin(day, [10, 30])
    empty = np.where(
        constant, 0.0, np.where(tied, np.minimum(values, -0.5), values)
    )  # the highest score is shared by most assets
    held = spread_positions(panel.series(empty), panel, horizon)
    np.testing.assert_allclose(
        held, spread_positions(panel.series(np.where(constant | tied, np.nan, values)), panel, horizon), atol=1e-15
    )
    np.testing.assert_allclose(np.bincount(day, held), 0, atol=1e-12)
    size = np.bincount(day, np.abs(held))
    assert (size[[8, 11, 21, 31]] <= 2 * (horizon - 1) / horizon + 1e-12).all() and size[15] > size[8]

def test_weights_are_both_sides_or_none():
    from neuralpha.trading.ledger import _spread_weights

    groups = np.array([1, 2, 2, 3, 1, 2, 2, 3, 0], np.int8)
    day = np.array([0, 0, 0, 0, 1, 1, 2, 2, 3])
    out = np.empty(9)
    _spread_weights(groups, 3, day, 4, out)
    assert out.tolist() == [-1, 0, 0, 1, 0, 0, 0, 0, 0]

def test_a_panel_without_scores_holds_nothing():
    panel, score = _panel()
    with pytest.raises(NeuralphaError, match="nothing to hold"):
        spread_positions(score * np.nan, panel)

def _bar_by_bar(panel, positions):
    """The same book in plain Python, one date after the other, as an account is kept."""
    earned = earned_returns(panel).returns
    account, books = {}, []
    last = {panel.assets[a]: panel.date_code[panel.asset_offsets[a + 1] - 1] for a in range(panel.n_assets)}
    gone = dict(zip(panel.assets, panel.gone))
    for d in range(panel.n_dates + 1):
        earns = sum(position * rate for position, rate in account.values())
        held = sum(abs(position) for position, _ in account.values())
        traded = 0.0
        for asset in [a for a in account if gone[a] and last[a] == d - 1 and d < panel.n_dates]:
            traded += abs(account.pop(asset)[0])
        account = {a: (position, 0.0) for a, (position, _) in account.items()}  # without a bar nothing is earned
        for row in np.flatnonzero(panel.date_code == d):
            asset = panel.assets[panel.asset_code[row]]
            traded += abs(positions[row] - account.get(asset, (0.0, 0.0))[0])
            account[asset] = positions[row], earned[row]
        books.append((earns, traded, held))
    return np.array(books).T

@pytest.mark.parametrize("seed", range(3))
def test_the_book_is_the_sum_of_its_bars_through_halts_and_delistings(seed):
    panel, _ = _panel(seed, dates=60, assets=9, shut=0.1)
    long_dead = panel.frame()
    long_dead = long_dead[(long_dead["asset"] > "A01") | (long_dead["date"] < panel.dates[12])]
    panel = panel_from_frame(
        long_dead.drop(columns="tradable"), attributes=pd.DataFrame({"delisting_return": {"A00": -0.4}})
    )
    assert panel.gone.sum() == 2 and (~panel.tradable).any()
    positions = np.random.default_rng(seed).normal(size=panel.n_rows)
    book = settle(panel, positions, earned_returns(panel).returns)
    np.testing.assert_allclose(np.stack(book), _bar_by_bar(panel, positions), atol=1e-12)

@pytest.mark.parametrize("shut", [0.0, 0.2])
def test_spread_portfolio_equals_a_loop_over_tranches(shut):
    panel, s = _panel(shut=shut)
    assert shut == 0 or (~panel.tradable).sum() > 100
    h, d = 3, 1
    got = spread_portfolio(s, panel, h, d, costs=Costs(10))
    wide = panel.frame().pivot(index="date", columns="asset", values="close").astype(float)
    listed = panel.frame().assign(row=1.0).pivot(index="date", columns="asset", values="row").notna()
    price = wide.ffill()
    q = s.groupby(level="date").transform(lambda v: pd.qcut(v, 5, labels=False) + 1).unstack()
    w = (q == 5).div((q == 5).sum(axis=1), axis=0) - (q == 1).div((q == 1).sum(axis=1), axis=0)
    held = sum(w.shift(d + k).fillna(0) for k in range(h)) / h
    held = (
        held.where(wide.notna()).ffill().fillna(0.0).where(listed.cumsum() > 0, 0.0)
    )  # nobody left: who misses the last bars is held on
    assert not panel.gone.any() and not listed.iloc[-1].all()
    gross = (held * (price.shift(-1) / price - 1)).sum(axis=1).shift(1)
    traded = held.diff().abs().sum(axis=1)
    np.testing.assert_allclose(got.gross, gross[got.index], atol=1e-14)
    np.testing.assert_allclose(got.turnover.to_numpy()[1:], traded.shift(1)[got.index].to_numpy()[1:], atol=1e-12)
    np.testing.assert_allclose(got.net, got.gross - 0.001 * got.turnover)

def test_who_misses_the_thin_end_stays_in_the_portfolio():
    days = pd.bdate_range("2024-01-01", periods=60)
    f = pd.DataFrame(
        [(d, a) for a, end in zip("ABCDE", (60, 60, 58, 60, 20)) for d in days[:end]], columns=["date", "asset"]
    ).assign(close=1.0)
    p = panel_from_frame(f)
    long_c = p.series(
        np.where(p.asset_code == 2, 1.0, -1.0)
    )  # C is half of what is held, and stays in the portfolio without a bar
    got = spread_portfolio(long_c, p, horizon=1, delay=0, quantiles=2)
    np.testing.assert_allclose(got.held.to_numpy(), [2] * 58 + [1])  # without C's score nobody else is entered

def test_a_suspension_is_earned_when_trading_resumes():
    days = pd.bdate_range("2020-01-01", periods=6)
    frame = pd.DataFrame([(d, a) for d in days for a in "AB"], columns=["date", "asset"]).assign(close=1.0)
    frame.loc[(frame.asset == "B") & (frame.date > days[3]), "close"] = 2.0
    panel = panel_from_frame(frame[~((frame.asset == "B") & (frame.date == days[3]))])
    score = panel.series((panel.asset_code == 1).astype(float))
    got = spread_portfolio(score, panel, horizon=1, delay=0, quantiles=2)
    assert got.gross.tolist() == [0, 0, 0, 1, 0]

def test_nobody_trades_during_a_suspension():
    days = pd.bdate_range("2020-01-01", periods=6)
    frame = pd.DataFrame([(d, a) for d in days for a in "AB"], columns=["date", "asset"]).assign(close=1.0)
    b = frame.asset == "B"
    frame.loc[b & (frame.date > days[2]), "close"] = 2.0
    frame.loc[b & (frame.date == days[2]), "close"] = np.nan
    panel = panel_from_frame(frame)
    score = pd.Series(
        np.where(b, 1.0, 0.0) * np.where(frame.date < days[1], -1, 1),
        pd.MultiIndex.from_frame(frame[["date", "asset"]]),
    )  # the news comes on the eve
    held = panel.series(spread_positions(score, panel, horizon=1, delay=1, quantiles=2)).unstack()
    assert held["A"].tolist() == [0, 1, -1, -1, -1, -1] and held["B"].tolist() == [0, -1, -1, 1, 1, 1]
    got = spread_portfolio(score, panel, horizon=1, delay=1, quantiles=2, costs=Costs(10))
    assert got.gross.tolist() == [0, -1, 0, 0] and got.turnover.tolist() == [2, 2, 2, 0]
    np.testing.assert_allclose(got.cost, [0.002, 0.002, 0.002, 0])

def test_positions_closed_at_the_last_price_are_counted():
    days = pd.bdate_range("2024-01-01", periods=60)
    frame = pd.DataFrame(
        [(d, a) for a, end in zip("ABCD", (60, 60, 60, 20)) for d in days[:end]], columns=["date", "asset"]
    ).assign(close=1.0)
    panel = panel_from_frame(frame)
    for sign in (1, -1):
        score = panel.series(np.where(panel.asset_code == 3, 2.0, panel.asset_code) * sign)
        assert spread_portfolio(score, panel, 1, 0, 2).attrs["unknown_delistings"] == 1
