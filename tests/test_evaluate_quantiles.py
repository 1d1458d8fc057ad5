# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.evaluate.quantiles import *
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.evaluate.quantiles import _bar_returns
from neuralpha.labels import forward_return

def _panel(seed=0, dates=40, assets=23, shut=0.0):
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2020-01-01", periods=dates)
    pairs = [(d, f"A{a:02d}") for a in range(assets) for d in days[rng.integers(0, 5) : dates - rng.integers(0, 5)]]
    close = np.where(rng.random(len(pairs)) < shut, np.nan, rng.uniform(1, 1.1, len(pairs)))
    panel = panel_from_frame(pd.DataFrame(pairs, columns=["date", "asset"]).assign(close=close))
    return panel, panel.series(rng.normal(size=panel.n_rows))

@pytest.mark.parametrize("q", [2, 3, 5, 10])
def test_quantiles_are_those_of_qcut(q):
    from neuralpha.evaluate.quantiles import standing

    panel, s = _panel()
    values = s.sort_index(level=[1, 0]).to_numpy()
    groups = standing(panel, values[:, None], q)[1][:, 0]
    want = s.groupby(level="date").transform(lambda v: pd.qcut(v, q, labels=False) + 1)
    np.testing.assert_array_equal(panel.series(groups), want)

def test_ties_share_a_quantile():
    from neuralpha.evaluate.quantiles import standing

    panel, s = _panel()
    values = np.round(np.random.default_rng(1).normal(size=panel.n_rows))
    groups = standing(panel, values[:, None], 5)[1][:, 0]
    table = pd.DataFrame({"d": panel.date_code, "v": values, "g": groups})
    assert (table.groupby(["d", "v"]).g.nunique() == 1).all() and groups.min() >= 1 and groups.max() <= 5
    assert (table.sort_values(["d", "v"]).groupby("d").g.apply(lambda g: g.is_monotonic_increasing)).all()

def test_quantile_returns_equal_a_groupby():
    panel, s = _panel()
    y = forward_return(panel, 3, 1)
    frame = pd.DataFrame(
        {"q": s.groupby(level="date").transform(lambda v: pd.qcut(v, 5, labels=False) + 1), "y": panel.series(y.values)}
    )
    want = frame.groupby([frame.index.get_level_values("date"), "q"]).y.mean().unstack()
    np.testing.assert_allclose(quantile_returns(s, y), want, atol=1e-15)

@pytest.mark.parametrize("lag", [1, 4])
def test_turnover_and_autocorrelation_equal_alphalens(lag):
    from alphalens.performance import factor_rank_autocorrelation, quantile_turnover

    panel, s = _panel()
    data = pd.DataFrame(
        {"factor": s, "factor_quantile": s.groupby(level="date").transform(lambda v: pd.qcut(v, 5, labels=False) + 1)}
    )
    mine = turnover(s, panel, lag)
    for k in (1, 3, 5):
        np.testing.assert_allclose(
            mine[k].to_numpy()[lag:], quantile_turnover(data.factor_quantile, k, lag).to_numpy()[lag:], atol=1e-15
        )
    np.testing.assert_allclose(
        rank_autocorrelation(s, panel, lag).to_numpy()[lag:],
        factor_rank_autocorrelation(data, lag).to_numpy()[lag:],
        atol=1e-13,
    )

@pytest.mark.parametrize("shut", [0.0, 0.2])
def test_spread_portfolio_equals_a_loop_over_tranches(shut):
    panel, s = _panel(shut=shut)
    assert shut == 0 or (~panel.tradable).sum() > 100
    h, d = 3, 1
    got = spread_portfolio(s, panel, h, d, half_spread_bps=10)
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

def test_the_portfolio_loses_what_the_label_of_a_halted_and_delisted_stock_says():
    f = pd.DataFrame(
        {
            "date": [*pd.bdate_range("2024-01-01", periods=7)] * 2,
            "asset": ["A"] * 7 + ["B"] * 7,
            "close": [*range(1, 8), 50, 40, 44, *[np.nan] * 4],
        }
    )
    p = panel_from_frame(f.drop(index=13), attributes=pd.DataFrame({"delisting_return": [np.nan, -0.9]}, ["A", "B"]))
    earned = _bar_returns(p)[0]
    rows = range(7, 10)
    np.testing.assert_allclose(forward_return(p, 6, 0).values[7:10], [np.prod(1 + earned[r:13]) - 1 for r in rows])
    np.testing.assert_allclose(forward_return(p, 6, 0).values[7:10], [0.088 - 1, 0.11 - 1, -0.9], atol=1e-7)

def test_a_stated_loss_of_a_stock_halted_to_the_end_is_earned_on_the_last_date():
    days = pd.bdate_range("2024-01-01", periods=6)
    f = pd.DataFrame(
        {"date": [*days] * 2, "asset": ["A"] * 6 + ["B"] * 6, "close": [*[1.0] * 6, 50, 40, *[np.nan] * 4]}
    )
    p = panel_from_frame(f, attributes=pd.DataFrame({"delisting_return": [np.nan, -0.9]}, ["A", "B"]))
    earned = _bar_returns(p)[0]
    y = forward_return(p, 2, 0)
    np.testing.assert_allclose([np.prod(1 + earned[6:11]) - 1, np.prod(1 + earned[7:11]) - 1], y.values[6:8])
    assert earned[10] == -0.9 and earned[11] == 0 and y.known_code[7] == 5

def test_who_misses_the_thin_end_is_neither_closed_nor_counted_as_unknown():
    days = pd.bdate_range("2024-01-01", periods=60)
    f = pd.DataFrame(
        [(d, a) for a, end in zip("ABCDE", (60, 60, 58, 60, 20)) for d in days[:end]], columns=["date", "asset"]
    ).assign(close=1.0)
    p = panel_from_frame(f)
    unknown = _bar_returns(p)[1]
    assert unknown.sum() == 1 and unknown[p.rows_of("E")][-1]
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
    got = spread_portfolio(score, panel, horizon=1, delay=1, quantiles=2, half_spread_bps=10)
    assert got.gross.tolist() == [0, -1, 0, 0] and got.turnover.tolist() == [2, 2, 2, 0]
    np.testing.assert_allclose(got.cost, [0.002, 0.002, 0.002, 0])

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

def test_aims_are_both_sides_or_none():
    from neuralpha.evaluate.quantiles import _aims

    groups = np.array([1, 2, 2, 3, 1, 2, 2, 3, 0], np.int8)
    day = np.array([0, 0, 0, 0, 1, 1, 2, 2, 3])
    out = np.empty(9)
    _aims(groups, 3, day, 4, out)
    assert out.tolist() == [-1, 0, 0, 1, 0, 0, 0, 0, 0]
