# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.reading.unnamed import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.reading.sources import open_source

def market(dates=300, assets=8, seed=0, ratio=2.0, dividends=False):
    """(quoted bars, adjusted closes): each asset splits once."""
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2022-01-03", periods=dates)
    names = [f"S{i}" for i in range(assets)]
    true = 60 * np.exp(np.cumsum(0.015 * rng.standard_normal((dates, assets)), 0))
    split_on = 60 + 20 * np.arange(assets)
    row = np.arange(dates)[:, None]
    factor = np.where(row < split_on, 1 / ratio, 1.0)
    if dividends:
        factor = factor * 0.98 ** (4 - row // 63)
    frame = pd.DataFrame({"date": np.repeat(days, assets), "asset": np.tile(names, dates)})
    frame = frame.assign(close=(true / factor).ravel().round(2), volume=1e6)
    return frame, true.ravel().round(2), (row == split_on).ravel()

def closes(read):
    return read.frame.sort("date", "asset")["close"].to_numpy()

@pytest.mark.parametrize("name", ["TRI", "后复权", "Justerad Slutkurs", "adjusted", "px"])
@pytest.mark.parametrize("forward", [False, True])
@pytest.mark.parametrize("dividends", [False, True])
def test_an_adjusted_close_is_known_by_what_it_does(name, forward, dividends):
    bars, true, _ = market(dividends=dividends)
    other = true if not forward else np.round(true * np.tile(bars.close[:8] / true[:8], 300), 2)
    read = open_source(bars.assign(**{name: other}))
    assert [f["note"] for f in read.findings if f"column {name!r} is the adjusted close" in f["note"]]
    got, want = (pd.Series(v).groupby(np.arange(2400) % 8).pct_change() for v in (closes(read), true))
    np.testing.assert_allclose(got.dropna(), want.dropna(), atol=1e-3)
    assert np.allclose(closes(open_source(bars.assign(**{name: other}), adjust="none")), bars.close, rtol=1e-6)

def test_what_goes_with_the_close_and_is_no_adjusted_close_is_left_or_said():
    bars, true, _ = market()
    rng = np.random.default_rng(1)
    for name, other in dict(
        vwap=(bars.close * (1 + 0.002 * rng.standard_normal(2400))).round(2),
        previous=bars.groupby("asset").close.shift(1),
        fixed=0.9 * bars.close,
        count=pd.Series(100.0, bars.index),
        rsi=pd.Series(rng.integers(45, 55, 2400).astype(float)),
        noise=pd.Series(rng.standard_normal(2400)),
    ).items():
        read = open_source(bars.assign(**{name: other}))
        assert name in read.fields and "adj_close" not in read.fields and not read.findings, name
    capital = pd.Series(true) * np.tile(np.geomspace(1e6, 1e9, 8), 300)
    read = open_source(bars.assign(capital=capital))
    assert "capital" in read.fields and [f["check"] for f in read.findings] == ["unused_adjusted_close"]
    already = bars.assign(close=true, quoted=bars.close)
    assert not open_source(already).findings and np.allclose(closes(open_source(already)), true)

def test_two_adjusted_closes_are_asked_for_with_that_of_dividends_first():
    bars, total, _ = market(dividends=True)
    splits = np.round(bars.close.to_numpy() * np.where(market()[1] == 0, 1, market()[1] / market()[0].close), 2)
    with pytest.raises(NeuralphaError, match="2 columns are adjusted closes.*say columns={'adj_close': 'total'} or"):
        open_source(bars.assign(price_only=splits, total=total))

@pytest.mark.parametrize(
    "name, value", [("bonus", 0.5), ("stock_dividend", 0.1), ("rights_ratio", 1.5), ("Split-Info", 4)]
)
def test_shares_that_are_given_are_taken_as_the_prices_prove(name, value):
    bars, true, on = market(ratio=value if value > 1 else 1 + value)
    read = open_source(bars.assign(**{name: np.where(on, value, 0.0)}))
    got, want = (pd.Series(v).groupby(np.arange(2400) % 8).pct_change() for v in (closes(read), true))
    np.testing.assert_allclose(got.dropna(), want.dropna(), atol=1e-3)
    assert any("as the prices prove" in f["note"] for f in read.findings)

@pytest.mark.parametrize("nothing", [0.0, np.nan])
@pytest.mark.parametrize("given", [(1.0, 1.0), (0.5, 1.0)])
def test_one_new_share_for_each_is_a_doubling(given, nothing):
    is_first = np.tile(np.arange(8) < 4, 300)
    (one, true, on), (two, _, _) = market(ratio=1 + given[0]), market(ratio=1 + given[1])
    bars = one.assign(close=np.where(is_first, one.close, two.close))
    value = np.where(is_first, *given)
    for bonus in (np.where(on, value, nothing), np.where(on, 1 + value, 1.0)):  # and the ratio, 1 where nothing happens
        read = open_source(bars.assign(bonus=bonus))
        got, want = (pd.Series(v).groupby(np.arange(2400) % 8).pct_change() for v in (closes(read), true))
        np.testing.assert_allclose(got.dropna(), want.dropna(), atol=1e-3)

def returns(values):
    return pd.Series(values).groupby(np.arange(2400) % 8).pct_change().dropna()

def test_new_shares_in_per_cent_are_taken_as_the_prices_prove():
    bars, true, on = market(ratio=1.5)
    for fields in (None, ["close"]):
        read = open_source(bars.assign(bonus=np.where(on, 50.0, 0.0)), fields=fields)
        np.testing.assert_allclose(returns(closes(read)), returns(true), atol=1e-3)
        assert any("new shares in per cent of the old, as the prices prove" in f["note"] for f in read.findings)
        assert "bonus" not in read.fields

def test_money_for_each_share_is_a_total_return_where_the_prices_prove_it():
    bars, true, on = market(ratio=1.25)
    before = bars.groupby("asset").close.shift(1)
    worth = np.where(on, (0.2 * before).round(2), 0.0)
    read = open_source(bars.assign(spinoff_value=worth))
    np.testing.assert_allclose(returns(closes(read)), returns(true), atol=2e-3)
    assert ["money for each share" in f["note"] for f in read.findings] == [True]
    small = open_source(bars.assign(close=true, spinoff_value=np.where(on, 0.2, 0.0)))
    assert [f["check"] for f in small.findings] == ["events"] and np.allclose(closes(small), true)

@pytest.mark.parametrize("first", ["split", "split_info"])
def test_several_columns_of_events_are_used_together(first):
    bars, true, on = market()
    later = np.roll(on.reshape(300, 8), 25, 0).ravel()
    given = np.where(np.arange(300)[:, None] < 85 + 20 * np.arange(8), 1.5, 1.0).ravel()
    both = bars.assign(close=(bars.close * given).round(2))
    both = both.assign(**{first: np.where(on, 2.0, 0.0), "bonus": np.where(later, 0.5, 0.0)})
    read = open_source(both)
    np.testing.assert_allclose(returns(closes(read)), returns(true), atol=1e-3)
    quoted = read.frame.sort("date", "asset")
    np.testing.assert_allclose(quoted["raw_close"], both.close, rtol=1e-6)
    np.testing.assert_allclose(quoted["factor"] * quoted["raw_close"], quoted["close"], rtol=1e-5)
    np.testing.assert_allclose(quoted["volume"] * quoted["factor"], 1e6, rtol=1e-5)

def test_a_column_that_leaves_the_close_for_some_bars_is_no_adjusted_close():
    bars, true, _ = market()
    for bars_long in (1, 4, 20):
        ticked = true.reshape(300, 8).copy()
        ticked[100 : 100 + bars_long, 2] *= 2
        read = open_source(bars.assign(close=ticked.ravel().round(2), settle=true))
        assert "adj_close" not in read.columns and np.allclose(closes(read), ticked.ravel(), rtol=1e-6), bars_long
    ticked = bars.close.to_numpy().reshape(300, 8).copy()
    ticked[150, 3] *= 2
    both = open_source(bars.assign(close=ticked.ravel(), TRI=true))  # its splits are splits all the same
    assert any("column 'TRI' is the adjusted close" in f["note"] for f in both.findings)

def test_events_that_adjust_nothing_are_asked_for_or_said_and_those_that_prices_carry_are_not():
    bars, true, on = market()
    spun = bars.assign(spinoff_value=np.where(on, 9.0, 0.0))
    with pytest.raises(NeuralphaError, match="'spinoff_value' speaks of events, and the price leaps on their days"):
        open_source(spun)
    for options in (dict(adjust="none"), dict(columns={"spinoff_value": "spinoff_value"})):
        assert np.allclose(closes(open_source(spun, **options)), bars.close)
    done = open_source(bars.assign(close=true, bonus=np.where(on, 1.5, 0.0)))
    assert not done.findings
    asked = open_source(bars.assign(close=true, bonus=np.where(on, 1.5, 0.0)), fields=["close"])
    assert asked.fields == ["close"] and "bonus" in done.fields
    text = open_source(bars.assign(corporate_action=np.where(on & (bars.asset == "S0"), "SPLIT 2:1", None)))
    assert "events" in [f["check"] for f in text.findings]

def test_new_shares_written_as_a_ratio_are_read(tmp_path):
    bars, true, on = market(ratio=1.5)
    bars.assign(bonus=np.where(on, "1:2", "")).to_csv(tmp_path / "a.csv", index=False)
    np.testing.assert_allclose(returns(closes(open_source(tmp_path / "a.csv"))), returns(true), atol=1e-3)
