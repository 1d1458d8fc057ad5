# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.trading.costs import *
from dataclasses import replace
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.data.returns import bar_return
from neuralpha.data.simulated.market import simulate_universe

def test_published_impacts_to_the_digit():
    volume, volatility = 6_561_000, 0.0157  # IBM in Almgren et al. 2005, table 4: a tenth of the day's volume
    temporary = [1e4 * Impact(0.142, 0.6).share(656_100 / days, volume, volatility) for days in (0.1, 0.2, 0.5)]
    np.testing.assert_allclose(temporary, [22.29, 14.71, 8.49], atol=0.006)
    permanent = 1e4 * Impact(0.314 * (1728 / 6.561) ** 0.25, 1.0).share(656_100, volume, volatility)
    np.testing.assert_allclose(permanent, 19.86, atol=0.006)
    shares = np.array([0.001, 0.01, 0.05, 0.1])
    np.testing.assert_allclose(1e4 * Impact(1.0).share(shares, 1.0, 0.02), [6.3, 20.0, 44.7, 63.2], atol=0.05)
    np.testing.assert_allclose(1e4 * Impact(2 / 3).share(shares, 1.0, 0.02), [4.2, 13.3, 29.8, 42.2], atol=0.05)
    np.testing.assert_allclose(1e4 * Impact(0.1, 1.0, False).share(0.01, 1.0), 10)

def test_cost_is_the_half_spread_of_what_is_traded():
    np.testing.assert_allclose(Costs(10).of_trading(np.array([0.0, 1.0, 250.0])), [0, 0.001, 0.25])
    assert Costs().half_spread_bps == 5 and Costs(0).of_trading(3.0) == 0 and Costs(2) == Costs(half_spread_bps=2)

@pytest.mark.parametrize("bps", [-1.0, np.nan, np.inf])
def test_a_half_spread_that_is_none_is_refused(bps):
    with pytest.raises(NeuralphaError, match="half_spread_bps is .*at least 0"):
        Costs(bps)

def test_costs_of_ones_own_stand_where_names_stand(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_costs.py").write_text(
        "import neuralpha as na\nmine = na.Costs(7.5, financing_bps=80.0)\nseven = 7.5"
    )
    assert make_costs("my_costs.py:mine") == Costs(7.5, financing_bps=80.0, name="mine")
    assert make_costs("my_costs.py:mine", half_spread_bps=1.0).half_spread_bps == 1.0
    with pytest.raises(NeuralphaError, match="my_costs.py:seven is 7.5; costs of your own are an object"):
        make_costs("my_costs.py:seven")
    with pytest.raises(NeuralphaError, match="Unknown costs in my_costs.py: 'mein'. Did you mean 'mine'"):
        make_costs("my_costs.py:mein")

def test_other_costs_that_are_none_are_refused():
    with pytest.raises(NeuralphaError, match="borrow_bps is -3"):
        Costs(borrow_bps=-3)
    with pytest.raises(NeuralphaError, match="impact power is -1"):
        Costs(temporary=Impact(1.0, -1))
    with pytest.raises(NeuralphaError, match="edge"):
        Costs("egde")
    with pytest.raises(NeuralphaError, match="cannot be priced"):
        make_costs("square-root").of_trading(0.1)
    for make, said in {
        lambda: Costs(window=0): "window is 0; it must be a whole number, at least 3",
        lambda: Costs(window=20.5): "window is 20.5",
        lambda: Costs(True): "half_spread_bps is True",
        lambda: Costs(temporary=0.1): r"Costs\(temporary=\): Impact is meant, and float was given",
        lambda: Costs(permanent=None): "Impact is meant, and None was given",
        lambda: Costs(least_half_spread_bps=-1): "least_half_spread_bps is -1",
        lambda: Costs({"A": "x"}): "half_spread_bps of A is 'x'",
        lambda: Impact(1.0, 0.5, 3): "impact by_volatility is 3; it must be True or False",
        lambda: make_costs("flat", comission_bps=1): "Did you mean 'commission_bps'",
        lambda: almgren_costs(-1.0): "days_outstanding is -1.0",
        lambda: almgren_costs(250, 0): "days is 0",
    }.items():
        with pytest.raises(NeuralphaError, match=said):
            make()

def test_the_classic_rule_to_the_digit():
    t = np.array([0.0, 0.01, 0.2, 1.0])
    expected = 4.5e-4 * t + 0.15 * t**1.5 + 0.03 * t + 1.8e-4 * t
    np.testing.assert_allclose(make_costs("classic").of_trading(t), expected, rtol=1e-15)

def test_presets_are_what_was_published():
    almgren = make_costs("almgren")
    temporary, permanent = (1e4 * i.share(0.01, 1.0, 0.02) for i in (almgren.temporary, almgren.permanent))
    np.testing.assert_allclose([temporary, temporary + permanent], [1.8, 3.0], atol=0.06)
    ibm = almgren_costs(1728 / 6.561, 0.2)
    paid = 1e4 * (ibm.temporary.share(0.1, 1.0, 0.0157) + ibm.permanent.share(0.1, 1.0, 0.0157))
    np.testing.assert_allclose(paid, 24.64, atol=0.006)
    assert make_costs("flat") == Costs(5.0, name="flat") and make_costs(3).half_spread_bps == 3
    assert make_costs("classic", commission_bps=0.0).commission_bps == 0
    with pytest.raises(NeuralphaError, match="square-root"):
        make_costs("squareroot")

def test_the_compiled_price_of_an_order_is_the_published_one():
    for law in (Impact(2 / 3), Impact(0.142, 0.6), Impact(0.1, 1.0, False), Impact(0.15, 0.5, False, "capital")):
        base = 5e6 if law.base == "volume" else 1e8
        parts = law.coefficient, law.power, float(law.by_volatility), float(law.base == "capital")
        np.testing.assert_allclose(impact_share(2e5, 5e6, 0.02, 1e8, *parts), law.share(2e5, base, 0.02), rtol=1e-14)
    assert commission_of(1000.0, 20.0, 1e-4, 0.005, 1.0) == 1 and commission_of(1e6, 20.0, 0.0, 0.005, 1.0) == 250

def _market():
    return simulate_universe(40, 260, seed=3)

def _with_fields(panel, fields):
    return replace(panel, fields=fields)

def test_estimates_are_what_pandas_says_of_the_bars_before():
    panel = _market()
    money = pd.Series(np.where(panel.tradable, panel.fields["close"].astype(float) * panel.fields["volume"], np.nan))
    by = pd.Series(panel.asset_code)
    expected = money.groupby(by).transform(lambda x: x.shift(1).rolling(20, min_periods=1).mean())
    np.testing.assert_allclose(past_volume(panel), expected, rtol=1e-10)
    expected = pd.Series(bar_return(panel)).groupby(by).transform(lambda x: x.shift(1).rolling(20, min_periods=3).std())
    np.testing.assert_allclose(past_volatility(panel), expected, rtol=1e-7)

def test_the_bar_itself_prices_nothing():
    panel = _market()
    spiked = {k: np.where(panel.date_code == 200, 7 * v, v).astype(np.float32) for k, v in panel.fields.items()}
    before = panel.date_code <= 200
    for costs in (make_costs("square-root"), Costs("edge"), Costs("corwin-schultz"), Costs("abdi-ranaldo")):
        plain, other = (cost_inputs(p, [costs])[0] for p in (panel, _with_fields(panel, spiked)))
        for a, b in zip(plain, other):
            np.testing.assert_array_equal(a[before], b[before])

def test_a_file_of_closes_says_what_cannot_be_priced():
    panel = _with_fields(_market(), {"close": _market().fields["close"]})
    with pytest.raises(NeuralphaError, match="impact: the field 'volume' is missing.*half-spread in basis points"):
        cost_inputs(panel, [make_costs("square-root")])
    with pytest.raises(NeuralphaError, match=r"half spread \(edge\): the field 'open' is missing"):
        cost_inputs(panel, [Costs("edge")])
    cost_inputs(panel, [make_costs("classic")])

def test_the_least_traded_pay_most_for_lent_shares():
    panel = _market()
    volume = past_volume(panel)
    fee = borrow_fees(panel, Costs(borrow_bps={0.25: 900, 1: 50}).borrow_bps, volume)
    on = np.flatnonzero(panel.date_code == 200)
    order = on[np.argsort(volume[on])]
    dear = len(on) // 4
    np.testing.assert_allclose(fee[order], np.where(np.arange(len(on)) < dear, 0.09, 0.005))
    np.testing.assert_allclose(fee[np.isnan(volume)], 0.09)  # what was never traded
    by_name = Costs(borrow_bps="by-liquidity")
    assert by_name.borrow_bps == ((0.5, 394.0), (1.0, 39.0)) and by_name == replace(by_name)

def test_a_schedule_of_fees_that_is_none_is_refused():
    for fees in ({0.5: 1.0}, {1.0: 3.0, 0.5: 2.0}, {}, {0.0: 1.0, 1.0: 2.0}):
        with pytest.raises(NeuralphaError, match="its shares must rise to 1"):
            Costs(borrow_bps=fees)
    with pytest.raises(NeuralphaError, match="borrow_bps of share 1 is -2"):
        Costs(borrow_bps={1.0: -2.0})
    with pytest.raises(NeuralphaError, match="Did you mean 'by-liquidity'"):
        Costs(borrow_bps="by-liquidty")
    closes = _with_fields(_market(), {"close": _market().fields["close"]})
    with pytest.raises(NeuralphaError, match="borrow by liquidity: the field 'volume' is missing"):
        cost_inputs(closes, [Costs(borrow_bps="by-liquidity")])

TEN_BARS = """1.00240075994025 1.00935878365403 0.976061138469904 0.976061138469904
0.929743096395543 0.929774737723069 0.928919694164385 0.929774737723069
0.943911414384193 0.968140794511406 0.943911414384193 0.968140794511406
0.977605378856722 0.977605378856722 0.977605378856722 0.977605378856722
0.961535370407048 0.99982474278851 0.961535370407048 0.986215329667607
0.982409003083975 0.992213437101346 0.982409003083975 0.992213437101346
1.03435413274433 1.03435413274433 1.03435413274433 1.03435413274433
1.0201424300403 1.04025465277235 1.0201424300403 1.03219266262805
1.03650094499406 1.03650094499406 1.03650094499406 1.03650094499406
1.05368509087896 1.05368509087896 1.02605242183949 1.02798086837104"""

def test_estimators_on_the_ten_bars_of_the_authors():
    bars = np.array([line.split() for line in TEN_BARS.splitlines()], float)
    o, h, lo, c = bars.T
    two_day = corwin_schultz(h, lo, c)[1:]
    np.testing.assert_allclose(np.mean(two_day), -0.000152322398, atol=1e-12)
    np.testing.assert_allclose(np.mean(np.maximum(two_day, 0)), 0.000333413612, atol=1e-12)
    square = np.mean(abdi_ranaldo(h, lo, c)[1:])
    np.testing.assert_allclose(np.sign(square) * np.sqrt(abs(square)), -0.022898887315, atol=1e-12)
    pytest.importorskip("bidask")
    from bidask import edge

    np.testing.assert_allclose(edge(o, h, lo, c, True), -0.016889917516422, rtol=1e-9)

def test_two_days_with_the_same_high_and_low():
    np.testing.assert_allclose(corwin_schultz([101, 101], [100, 100], [100, 101])[1], 0.009950248756218905, rtol=1e-12)

def test_a_fixed_price_between_bid_and_ask_gives_the_spread():
    close = np.exp(0.01 * np.array([1, -1, 1, 1, -1]))
    high, low = np.full(5, np.exp(0.01)), np.full(5, np.exp(-0.01))
    np.testing.assert_allclose(np.sqrt(abdi_ranaldo(high, low, close)[1:]), 0.02, rtol=1e-12)

def test_each_asset_is_estimated_from_its_own_bars():
    pytest.importorskip("bidask")
    from bidask import edge

    panel = _market()
    got = spread_estimates(panel, "edge", 21)
    o, h, lo, c = (panel.fields[k].astype(float) for k in ("open", "high", "low", "close"))
    whole = np.flatnonzero(np.convolve(panel.tradable, np.ones(21), "full")[: panel.n_rows] == 21)
    for r in whole[[5, 900, -3]]:
        assert panel.asset_code[r] == panel.asset_code[r - 20]
        w = slice(r - 20, r + 1)
        np.testing.assert_allclose(got[r], edge(o[w], h[w], lo[w], c[w], True), rtol=1e-6)
    rows = panel.rows_of(panel.assets[7])
    for name in ("corwin-schultz", "abdi-ranaldo"):
        alone = spread_estimates(
            panel_from_frame(
                pd.DataFrame({k: v[rows] for k, v in panel.fields.items()}).assign(
                    date=panel.dates[panel.date_code[rows]], asset="x"
                )
            ),
            name,
            21,
        )
        np.testing.assert_allclose(spread_estimates(panel, name, 21)[rows], alone, rtol=1e-9)

def test_spreads_by_asset_must_name_every_asset():
    panel = _market()
    given = {a: 3.0 + i for i, a in enumerate(panel.assets)}
    inputs, tariff = cost_inputs(panel, [Costs(given), Costs(2.0)])
    np.testing.assert_allclose(inputs.half_spread[:, 0], (3.0 + panel.asset_code) * 1e-4)
    assert tariff.source.tolist() == [0, -1] and tariff.half_spread[1] == 2e-4
    with pytest.raises(NeuralphaError, match=f"no entry for {panel.assets[0]}"):
        cost_inputs(panel, [Costs({panel.assets[1]: 3.0})])

def _roll(price):
    """Roll (1984): twice the root of what neighbouring changes take back of each other."""
    change = np.diff(np.log(price))
    return 2 * np.sqrt(-np.cov(change[1:], change[:-1])[0, 1])

def test_the_half_spread_that_is_charged_is_in_the_prices_that_are_paid():
    closes = [line.split()[3] for line in TEN_BARS.splitlines()]
    np.testing.assert_allclose(_roll(np.array(closes, float)), 0.034347673693, atol=1e-12)  # as the authors print it
    rng = np.random.default_rng(0)
    middle = np.exp(np.cumsum(rng.normal(0, 0.002, 200_000)))
    side = rng.choice([-1, 1], len(middle))
    lost = Costs(40.0).of_trading(1.0)  # a unit of money that is bought or sold
    assert _roll(middle * (1 + side * lost)) == pytest.approx(2 * 40e-4, rel=0.02)
    assert _roll(middle * (1 + side * Costs(20.0).of_trading(1.0))) == pytest.approx(2 * 20e-4, rel=0.05)

def test_linear_impact_takes_from_the_uninformed_what_kyle_s_insider_earns():
    """Kyle (1985) with a variance of the value of 4 and noise of 2: lambda 0.5, beta 1, profit 2, variance left 2."""
    rng = np.random.default_rng(1)
    value, noise = rng.normal(0, 2, 400_000), rng.normal(0, 2, 400_000)
    flow = 1.0 * value + noise  # the insider orders beta times what only they know
    slope = np.cov(value, flow)[0, 1] / flow.var(ddof=1)  # what the market maker learns of it
    assert slope == pytest.approx(0.5, abs=0.005)
    assert np.mean(value * (value - slope * flow)) == pytest.approx(2, abs=0.02)
    assert np.var(value - slope * flow) == pytest.approx(2, abs=0.02)
    law = Impact(slope, power=1.0, by_volatility=False)
    paid = np.abs(noise) * law.share(np.abs(noise), 1.0, np.nan)
    assert np.mean(paid) == pytest.approx(2, abs=0.02)
