# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.reading.prices import *
import re
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.universes import load_universe

def test_a_crash_of_copies_is_no_mark():
    moves = 0.01 * np.random.default_rng(0).standard_normal(300)
    moves[100:102] = -0.2, 0.2
    days = pd.bdate_range("2020-01-01", periods=300, name="date")
    one = np.round(100 * np.exp(np.cumsum(moves)), 2)
    copies = open_source(pd.DataFrame({name: one for name in "ABCDE"}, days), layout="wide")
    assert copies.frame["close"].min() == pytest.approx(one.min())

def test_one_close_for_all_is_a_mark_for_no_price_and_a_common_base_is_none(tmp_path):
    f = _bars(lambda f: f["asset"] == "").drop(columns=["open", "High", "Low"])
    at = f["date"].isin(f["date"].unique()[[12, 25]])
    f.assign(close=f.close.mask(at, 99.99)).to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(
        NeuralphaError, match="on 2 dates .first 2024-01-17. every asset closes at 99.99.*say missing='99.99'"
    ):
        open_source(tmp_path / "a.csv")
    assert open_source(tmp_path / "a.csv", missing="99.99").frame["close"].null_count() == 10
    base = f[f.date == f.date.unique()[12]].set_index("asset").close
    based = f.assign(close=(100 * f.close / base.loc[f.asset].to_numpy()).round(6))
    later = f["date"] >= f["date"].unique()[12]
    assert open_source(f.assign(close=f.close.mask(later, based.close))).frame.height == len(f)  # leaps and stays
    assert open_source(based).frame.height == len(f) and open_source(f.assign(close=1.0)).frame.height == len(f)

from neuralpha.data.reading.sources import open_source

def _bars(swapped):
    """Bars of five assets, high and low exchanged where `swapped` says so."""
    rng = np.random.default_rng(0)
    days = pd.bdate_range("2024-01-01", periods=40)
    close = 50 * np.exp(np.cumsum(0.01 * rng.standard_normal((40, 5)), 0))
    f = pd.DataFrame({"date": np.repeat(days, 5), "asset": np.tile(list("ABCDE"), 40), "close": close.ravel()})
    f["open"], f["High"], f["Low"] = f["close"] * 1.002, f["close"] * 1.01, f["close"] * 0.99
    at = swapped(f)
    f.loc[at, ["High", "Low"]] = f.loc[at, ["Low", "High"]].to_numpy()
    return f

def test_exchanged_high_and_low_are_named_with_what_reads_them():
    f = _bars(lambda f: f["asset"] != "")
    said = (
        r"columns 'High' and 'Low' are exchanged: .* 200 of the 200 bars .*; say columns={'high': 'Low', 'low': 'High'}"
    )
    with pytest.raises(NeuralphaError, match=said):
        load_universe(f, "exchanged")
    panel = load_universe(f, "exchanged", columns={"high": "Low", "low": "High"})
    assert panel.tradable.all() and (panel.fields["high"] > panel.fields["low"]).all()

def test_bars_on_which_they_are_exchanged_are_counted_with_their_assets():
    panel = load_universe(_bars(lambda f: f["asset"] == "C"), "one")
    found = panel.checks.set_index("check").loc["high_below_low"]
    assert found["rows"] == 40 and (~panel.tradable).sum() == 40
    assert (
        "on 40 of them open and close lie between the two: high and low are exchanged there (asset C)" in found["note"]
    )
    broken = _bars(lambda f: f["asset"] == "")
    broken.loc[7, "High"] = broken.loc[7, "Low"] * 0.5
    assert "exchanged" not in load_universe(broken, "broken").checks.set_index("check").loc["high_below_low", "note"]

def _walks(days, n=2, **columns):
    rng = np.random.default_rng(0)
    close = np.round(50 * np.exp(np.cumsum(0.01 * rng.standard_normal((len(days), n)), 0)), 2)
    names = [f"S{i}" for i in range(n)]
    out = pd.DataFrame({"date": np.repeat(days, n), "asset": np.tile(names, len(days)), "close": close.ravel()})
    return out.assign(**columns)

@pytest.mark.parametrize("name", ["split", "8. split coefficient", "Stock Splits"])
@pytest.mark.parametrize("twice", [False, True])
def test_a_column_of_splits_is_known_by_its_names_and_a_bar_written_twice_splits_once(name, twice):
    days = pd.bdate_range("2021-01-04", periods=60)
    true = _walks(days)
    f = true.assign(**{name: 1.0})
    before = (f.asset == "S0") & (f.date < days[30])
    f.loc[before, "close"] *= 2
    f.loc[(f.asset == "S0") & (f.date == days[30]), name] = 2.0
    got = (
        open_source(pd.concat([f, f[f[name] == 2]]) if twice else f)
        .frame.unique(["asset", "date"])
        .sort("date", "asset")
    )
    np.testing.assert_allclose(got["close"].to_numpy(), true.sort_values(["date", "asset"]).close, rtol=1e-6)

RATIOS = {"2:1": 2, "2/1": 2, "3 for 2": 1.5, "1-for-10": 0.1}

@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("prices", ["quoted", "turned round", "adjusted"])
def test_a_ratio_is_read_as_the_prices_move(ratio, prices, tmp_path):
    days = pd.bdate_range("2015-01-05", periods=1300)
    true = _walks(days).assign(close=lambda f: (100 * f.close).round(2))
    split = (true.asset == "S0") & (true.date == days[1200])  # behind the rows by which the form of numbers is told
    before = (true.asset == "S0") & (true.date < days[1200])
    f = true.assign(split=np.where(split, ratio, ""))
    if prices != "adjusted":
        f["close"] *= np.where(before, RATIOS[ratio] if prices == "quoted" else 1 / RATIOS[ratio], 1)
    f.to_csv(tmp_path / "a.csv", index=False)
    got = open_source(tmp_path / "a.csv").frame.sort("date", "asset")
    np.testing.assert_allclose(got["close"].to_numpy(), true.sort_values(["date", "asset"]).close, rtol=1e-6)

def test_a_ratio_that_the_prices_contradict_is_refused(tmp_path):
    days = pd.bdate_range("2021-01-04", periods=60)
    f = _walks(days)
    f.assign(odds="3:2").to_csv(tmp_path / "odds.csv", index=False)
    assert set(open_source(tmp_path / "odds.csv").attributes["odds"]) == {"3:2"}  # no split, and no number
    f["close"] *= np.where((f.asset == "S0") & (f.date < days[30]), 5, 1)
    f["split"] = np.where((f.asset == "S0") & (f.date == days[30]), "2:1", "")
    f.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(NeuralphaError, match="column 'split' may adjust the prices, but"):
        open_source(tmp_path / "a.csv")

@pytest.mark.parametrize("adjust", ["auto", "multiply", "divide", "adjusted"])
@pytest.mark.parametrize("wrong", [27, 31])
def test_a_split_on_two_days_has_no_right_way(adjust, wrong):
    days = pd.bdate_range("2021-01-04", periods=60)
    f = _walks(days)
    f["close"] *= np.where((f.asset == "S0") & (f.date < days[30]), 2, 1)
    f["split"] = np.where((f.asset == "S0") & f.date.isin(days[[30, wrong]]), 2.0, 0.0)
    right = days[30].date()
    with pytest.raises(
        NeuralphaError, match=f"split 2 of asset S0 on two days.*moves by it on {right} only: empty the other"
    ):
        open_source(f, adjust=adjust)
    assert open_source(f, adjust="none").frame.height == 120

@pytest.mark.parametrize(
    "times, said", [(100, "in percent.*say percent='return'"), (10_000, "basis points.*divide it by 10,000")]
)
def test_returns_are_asked_for_in_their_unit(times, said):
    f = _walks(pd.bdate_range("2021-01-04", periods=60))
    f["return"] = times * f.groupby("asset").close.pct_change()
    with pytest.raises(NeuralphaError, match=said):
        open_source(f.dropna().drop(columns="close"))

@pytest.mark.parametrize("mark, unit", [(-99.99, "percent"), (-99, "percent"), (-0.9999, "fraction")])
def test_a_return_of_nearly_everything_that_comes_again_is_a_mark_for_none(mark, unit):
    f = _walks(pd.bdate_range("2021-01-04", periods=60))
    f["return"] = (100 if unit == "percent" else 1) * f.groupby("asset").close.pct_change()
    f = f.dropna().drop(columns="close")
    options = {"percent": "return"} if unit == "percent" else {}
    f.iloc[[5], f.columns.get_loc("return")] = mark
    open_source(f, **options)  # once it may be a loss
    f.iloc[:4, f.columns.get_loc("return")] = mark
    with pytest.raises(NeuralphaError, match=f"column 'return' holds {mark:g} on 5 rows.*missing='{mark:g}'"):
        open_source(f, **options)

def test_dividends_that_no_return_holds_and_bars_stamped_with_the_first_of_a_month_are_said():
    days = pd.bdate_range("2021-01-04", periods=60)
    paid = _walks(days, dividend=np.where(np.arange(120) == 40, 0.5, 0.0))
    said = [f["note"] for f in open_source(paid).findings if f["check"] == "dividends"]
    assert len(said) == 1 and "column 'dividend' is added to no return" in said[0]
    silent = (paid.assign(dividend=0.0), paid.assign(adj_close=paid.close))
    assert not any(f["check"] == "dividends" for frame in silent for f in open_source(frame).findings)
    weeks, then = pd.bdate_range("2020-01-03", periods=60, freq="W-FRI"), pd.bdate_range("2021-03-01", periods=60)
    (found,) = [f for f in open_source(_walks(weeks.append(then))).findings if f["check"] == "cadence"]
    assert "7 days apart before 2021-0" in found["note"] and "and 1 after" in found["note"]
    close, later = _walks(weeks), _walks(weeks).assign(asset="late")
    later["date"] += pd.to_timedelta(np.where(later.date < weeks[30], 30, 60), "min")
    both = open_source(pd.concat([close, later]))  # two venues: no asset has two bars within an hour
    assert "cadence" not in [f["check"] for f in both.findings]
    begins = {"MS": ["month_starts"], "ME": [], "BMS": [], "W-MON": ["week_starts"], "W-FRI": [], "W-SUN": []}
    for freq, expected in begins.items():
        bars = open_source(_walks(pd.date_range("2015-01-01", periods=24, freq=freq)), tz=None)
        assert [f["check"] for f in bars.findings if f["check"].endswith("_starts")] == expected, freq

@pytest.mark.parametrize("year", [0.0, 0.02])
def test_dividends_by_which_prices_fall_make_total_returns_and_those_that_prices_hold_do_not(year):
    days, n = pd.bdate_range("2015-01-05", periods=1000), 8
    true = _walks(days, n)
    total = true["close"].to_numpy().reshape(1000, n)
    rate = np.where(np.arange(1000)[:, None] % 63 == 20 + np.arange(n), year / 4, 0.0)
    paid = np.zeros((1000, n))
    quoted = total.copy()  # a price that falls by each dividend, and the same total return
    for day in range(1, 1000):
        paid[day] = np.round(rate[day] * quoted[day - 1], 3)
        quoted[day] = quoted[day - 1] * total[day] / total[day - 1] - paid[day] * total[day] / total[day - 1]
    falls = true.assign(close=quoted.ravel().round(4), dividend=paid.ravel())
    got = open_source(falls)
    returns = got.frame.sort("date", "asset")["close"].to_numpy().reshape(1000, n)
    np.testing.assert_allclose(returns[1:] / returns[:-1], total[1:] / total[:-1], atol=1e-4)
    assert [f["check"] for f in got.findings] == (["adjustment"] if year else [])
    held = np.where(rate > 0, 0.5, 0.0) if year else np.zeros((1000, n))
    kept = open_source(true.assign(dividend=held.ravel()))
    assert np.allclose(kept.frame.sort("date", "asset")["close"].to_numpy(), true.close)

def test_exchanged_open_and_close_are_named():
    rng = np.random.default_rng(0)
    moves = 0.01 * rng.standard_normal((200, 3, 2))  # a night, then a day
    path = np.cumsum(moves.reshape(200, 3, 2).transpose(1, 0, 2).reshape(3, 400), 1)
    first, last = (50 * np.exp(path[:, k::2]).T.ravel() for k in (0, 1))
    bars = _walks(pd.bdate_range("2021-01-04", periods=200), 3).assign(open=first, close=last)
    open_source(bars)
    with pytest.raises(
        NeuralphaError, match="'open' and 'close' are exchanged: .*say columns={'open': 'close', 'close'"
    ):
        open_source(bars.rename(columns={"open": "close", "close": "open"}))

@pytest.mark.parametrize("name", ["dividend", "spinoff_value"])
@pytest.mark.parametrize("also", [False, True])
@pytest.mark.parametrize("quotes", [False, True])
def test_what_was_paid_before_a_split_is_compared_with_the_price_beside_it(name, also, quotes):
    days, n = pd.bdate_range("2015-01-05", periods=1000), 8
    true = _walks(days, n)
    total = true["close"].to_numpy().reshape(1000, n)
    on = np.arange(1000)[:, None]
    rate = np.where(on % 63 == 20 + np.arange(n), 0.02, 0.0)
    split = np.where(on == 700 + 10 * np.arange(n), 2.0, 0.0)
    extra = np.where(on == 300 + 10 * np.arange(n), 0.2 * also, 0.0)
    paid, more, quoted = np.zeros((1000, n)), np.zeros((1000, n)), total.copy()
    for day in range(1, 1000):
        before = quoted[day - 1] / np.where(split[day] > 0, split[day], 1.0)
        paid[day], more[day] = rate[day] * before, extra[day] * before
        quoted[day] = (before - paid[day] - more[day]) * total[day] / total[day - 1]
    bars = true.assign(close=quoted.ravel(), split=split.ravel(), **{name: paid.ravel()})
    bars = bars.assign(special_dividend=more.ravel()) if also else bars
    if not quotes:  # prices and dividends in shares of the last day
        shares = np.cumprod(np.where(split > 0, split, 1.0), 0)
        in_shares_of_today = (shares / shares[-1]).ravel()
        paying = [c for c in (name, "special_dividend") if c in bars]
        bars[["close", *paying]] = bars[["close", *paying]].mul(in_shares_of_today, axis=0)
    got = open_source(bars).frame.sort("date", "asset")["close"].to_numpy().reshape(1000, n)
    np.testing.assert_allclose(got[1:] / got[:-1], total[1:] / total[:-1], rtol=1e-4)

def test_an_amount_that_no_dividend_can_be_is_left_out_and_said():
    days = pd.bdate_range("2015-01-05", periods=600)
    true = _walks(days, 8)
    total = true["close"].to_numpy().reshape(600, 8)
    rate = np.where(np.arange(600)[:, None] % 63 == 20 + np.arange(8), 0.03, 0.0)
    quoted = total * np.cumprod(1 - rate, 0)
    paid = rate * np.vstack([quoted[:1], quoted[:-1]])
    paid[100, 2], paid[200, 3] = 500.0, -1.0
    bars = true.assign(close=quoted.ravel(), dividend=paid.ravel())
    (note,) = [f["note"] for f in open_source(bars).findings if f["check"] == "adjustment"]
    assert (
        f"2 amounts below zero or of about the price and more, the first 500 of asset S2 on {days[100].date()}" in note
    )
    assert "left out" in note

def test_returns_that_were_divided_are_not_offered_another_division():
    f = _walks(pd.bdate_range("2021-01-04", periods=60))
    f["return"] = f.groupby("asset").close.pct_change()
    f = f.dropna().drop(columns="close")
    notes = {
        times: [x["note"] for x in open_source(f.assign(**{"return": times * f["return"]}), **said).findings]
        for times, said in ((1, {}), (100, {"percent": "return"}))
    }
    assert "taken as fractions" in notes[1][0] and "divides by 100" in notes[1][0]
    assert "was divided by 100" in notes[100][0] and "divides by" not in notes[100][0]

def paying_market(written=1.0, assets=40, year=0.04, split=False, per_old_share=False, fall=1.0):
    """Closes that fall by `fall` of what is paid, and `written` times what is paid; with splits on days of payment."""
    rng = np.random.default_rng(0)
    days, n = pd.bdate_range("2015-01-05", periods=1000), assets
    total = 50 * np.exp(np.cumsum(0.01 * rng.standard_normal((1000, n)) + 0.005 * rng.standard_normal((1000, 1)), 0))
    on = np.arange(1000)[:, None] - np.arange(n)
    rate = np.where(on % 63 == 20, year / 4, 0.0)
    shares = np.where(split & (on == 20 + 63 * 9), 2.0, 1.0)
    quoted = total * np.cumprod((1 - fall * rate) / shares, 0)
    paid = written * rate * np.vstack([quoted[:1], quoted[:-1]]) / (1 if per_old_share else shares)
    bars = pd.DataFrame({"date": np.repeat(days, n), "asset": np.tile([f"S{i:02d}" for i in range(n)], 1000)})
    bars = bars.assign(close=quoted.ravel(), dividend=paid.ravel(), split_ratio=np.where(shares > 1, shares, 0).ravel())
    return bars if split else bars.drop(columns="split_ratio")

def said_of_dividends(bars):
    (note,) = [f["note"] for f in open_source(bars).findings if "dividends by which" in f["note"]]
    return note

@pytest.mark.parametrize("written, fall", [(1.0, 1.0), (1.3, 1.0), (1.0, 0.78), (0.85, 1.0)])
def test_by_how_much_of_their_dividends_prices_fall_is_said(written, fall):
    for assets in (8, 40):
        note = said_of_dividends(paying_market(written, assets, fall=fall))
        share, error = map(float, re.search(r"fall, by ([\d.]+) ± ([\d.]+) of the amounts", note).groups())
        assert abs(share - fall / written) < 1.5 * error < 0.6

@pytest.mark.parametrize("written", [0.6, 0.7, 0.01])
def test_amounts_in_another_money_are_asked_for_where_the_prices_prove_it(written):
    with pytest.raises(NeuralphaError, match="'dividend' prices fall by .* times its amounts.*say adjust='none'"):
        said_of_dividends(paying_market(written, 60))

def test_an_amount_on_the_day_of_a_split_is_said_and_refused_where_prices_prove_the_other_share():
    note = said_of_dividends(paying_market(assets=8, year=0.02, split=True))
    assert "8 of them on the day of a split, the first of asset S00" in note and "a share after it" in note
    assert "day of a split" not in said_of_dividends(paying_market(assets=8, year=0.02))
    said_of_dividends(paying_market(split=True, assets=60))
    with pytest.raises(NeuralphaError, match="60 of them on the day of a split.*for a share before it"):
        said_of_dividends(paying_market(split=True, assets=60, per_old_share=True))
