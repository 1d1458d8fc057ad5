# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.monitor.layers import *
import json
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.signal import lfilter
import neuralpha as na
from neuralpha.core import NeuralphaError
from neuralpha.monitor.charts import watch_rate

def test_a_price_that_stands_still_and_one_that_is_missing_are_not_fresh():
    dates = pd.to_datetime(["2024-01-02", "2024-01-03"])
    close = {"A": (1.0, 2.0), "B": (1.0, 1.0), "C": (1.0, np.nan), "D": (np.nan, 1.0)}
    rows = [(date, asset, close[asset][i]) for asset in close for i, date in enumerate(dates)]
    panel = na.panel_from_frame(pd.DataFrame(rows, columns=["date", "asset", "close"]), "small")
    assert fresh_share(panel, 1) == pytest.approx(1 / 3)
    assert np.isnan(fresh_share(panel, 0))

def test_the_spread_of_returns_moves_by_the_logarithm_of_what_multiplies_them():
    x = np.random.default_rng(0).standard_t(4, size=60)
    assert log_dispersion(2 * x) - log_dispersion(x) == pytest.approx(np.log(2))
    assert log_dispersion(x + 0.05) == pytest.approx(log_dispersion(x)), "a market that moves as one is no spread"
    assert log_dispersion([*x, np.nan]) == log_dispersion(x)
    assert np.isnan(log_dispersion(x[:9])) and np.isnan(log_dispersion(np.zeros(20)))

def test_likeness_is_spearmans_of_common_assets():
    now = pd.Series(np.arange(12.0), [f"A{i}" for i in range(12)])
    before = now.sample(frac=1, random_state=1) ** 3
    assert np.tanh(likeness(now, before)) == pytest.approx(0.9999)
    assert likeness(now, -before) == -likeness(now, before)
    mixed = pd.Series(np.random.default_rng(2).permutation(12), now.index)
    assert np.tanh(likeness(now, mixed)) == pytest.approx(now.corr(mixed, method="spearman"))
    assert np.isnan(likeness(now.head(9), before)) and np.isnan(likeness(now * 0, before))

def test_calm_returns_are_in_units_of_what_was_known_before():
    x = np.random.default_rng(0).normal(size=400) * np.repeat([1.0, 4.0], 200)
    calm, last = calm_returns(x)
    assert np.std(calm[240:]) == pytest.approx(1, abs=0.15) and last == pytest.approx(4, rel=0.4)
    again, _ = calm_returns(x[200:], calm_returns(x[:200], x.std())[1])
    np.testing.assert_allclose(again, calm[200:])

def test_costs_are_of_what_was_traded():
    record = dict(half_spread=-2.0, temporary=-1.0, permanent=-0.5, commission=-0.5, traded=8000.0, borrow=-9.0)
    assert cost_bps(record) == pytest.approx(5)
    assert np.isnan(cost_bps(record | {"traded": 0.0})) and log_cost(record) == pytest.approx(np.log(5))

def test_a_part_of_the_ledger_that_is_paid_to_trade_is_watched(monkeypatch):
    from neuralpha.monitor import layers
    from neuralpha.trading.account import PAID_TO_TRADE

    monkeypatch.setattr(layers, "PAID_TO_TRADE", (*PAID_TO_TRADE, "stamp duty"))
    assert cost_bps(dict.fromkeys(PAID_TO_TRADE, 0.0) | {"stamp duty": -3.0, "traded": 10_000.0}) == pytest.approx(3)

def test_wild_months_are_not_counted_as_broken_and_what_breaks_for_good_stays_so():
    rng = np.random.default_rng(1)
    wild = np.where(np.arange(600) < 300, 1.0, 2.0)[:, None] * rng.standard_normal((600, 40))
    seen, squares = in_recent_deviations(wild, np.ones(40))
    assert seen[400:].std() == pytest.approx(1.0, abs=0.05) and seen[300:303].std() > 1.6
    np.testing.assert_allclose(squares.mean(), 4.0, rtol=0.1)
    broken, _ = in_recent_deviations(np.full((500, 1), 20.0), np.ones(1))
    assert broken[0, 0] == 20 and broken[-1, 0] == pytest.approx(20 / 3)
    silent, _ = in_recent_deviations(np.append(np.zeros(500), 0.4)[:, None], np.ones(1))
    assert silent[-1, 0] == pytest.approx(0.8)  # of what never moves, a small move is no great surprise

def test_a_feature_that_moves_and_one_that_is_lost_are_found_and_named():
    rng = np.random.default_rng(0)
    days = [pd.DataFrame(rng.normal(size=(200, 3)), columns=list("abc")) for _ in range(80)]
    reference, numbers = learn_reference(days)
    usual = numbers.max()
    new = pd.DataFrame(rng.normal(size=(200, 3)), columns=list("abc"))
    assert reference.number(new)[0] < usual + 2
    assert (
        reference.number(new.assign(b=new["b"] * 2))[0] > usual + 1
        and reference.furthest(new.assign(b=new["b"] * 2)) == "b"
    )
    assert reference.furthest(new.assign(c=np.nan)) == "c" and reference.number(new.assign(c=np.nan))[0] > 10
    with pytest.raises(NeuralphaError, match="No feature varies"):
        learn_reference([pd.DataFrame({"a": [1.0, 1.0]})] * 3)

def _months_of_the_market(rng, bars, assets=30):
    """Two features whose spread is the market's volatility, and one of noise."""
    slow = lfilter([np.sqrt(1 - 0.995**2)], [1, -0.995], rng.standard_normal(bars + 2000))[2000:]
    noise = rng.standard_normal((bars, assets, 3))
    return np.concatenate([np.exp(0.5 * slow)[:, None, None] * noise[:, :, :2], noise[:, :, 2:]], axis=2)

def test_features_of_a_market_with_slow_volatility_alarm_as_often_as_wanted():
    """80 desks of 400 bars, two years each: volatility stays high or low for longer than the period shows."""
    woken = 0
    for seed in range(80):
        values = _months_of_the_market(np.random.default_rng([seed, 51]), 904)
        reference, numbers = reference_of(values[:400], list("abc"))
        chart = watch_rate(numbers, 1 / 6, 504, side="up", memory=MEMORY["features"], worlds=40, seed=seed)
        woken += chart.run(reference.numbers(values[400:]))["alarm"].any()
    low, high = stats.binom.interval(0.95, 80, 1 - np.exp(-1 / 6))
    assert low <= woken <= high

def test_a_watch_alarms_on_the_layer_that_broke_and_on_no_other():
    rng = np.random.default_rng(3)
    past = pd.DataFrame({"ic": rng.normal(0.05, 0.1, 600), "scores": rng.normal(0.9, 0.02, 600), "costs": 5.0})
    watching = learn_watch(past)
    assert watching.layers == ["scores", "ic", "costs"] and watching.constant == {"costs": 5.0}
    live = pd.DataFrame({"ic": rng.normal(-0.1, 0.1, 40), "scores": past["scores"][:40], "costs": 5.0})
    fired = [{layer for layer, r in watching.read(live[:n]).items() if r.alarm} for n in range(1, 41)]
    assert set().union(*fired) == {"ic"}
    live.loc[live.index[-1], "costs"] = 8.0
    assert watching.read(live)["costs"].alarm

def test_an_unknown_value_gives_no_alarm():
    rng = np.random.default_rng(3)
    watching = learn_watch(pd.DataFrame({"ic": rng.normal(0.05, 0.1, 600)}))
    live = pd.DataFrame({"ic": [-5.0, np.nan]})
    assert watching.read(live[:1])["ic"].alarm and not watching.read(live)["ic"].alarm
    with pytest.raises(NeuralphaError, match="59 bars of 'ic'"):
        learn_watch(pd.DataFrame({"ic": rng.normal(size=59)}))

def test_looks_at_decay_fire_as_often_as_they_say_and_find_what_was_planted():
    from neuralpha.monitor.decay import usual_of
    from neuralpha.monitor.policy import CLASSIC, load_policy

    text = CLASSIC + "[[decay]]\nmeasure = 'ic'\nlevel = 0.1\naction = 'reduce'\nsize = 0.5\n"
    rules = load_policy(text).decays
    rng = np.random.default_rng(8)
    desks, looks, fired = 150, (126, 189, 252), {0.05: 0, -0.02: 0}
    for _ in range(desks):
        series = {m: _sum_of_five(rng, 752, np.where(np.arange(752) < 500, 0.05, m)) for m in fired}
        for mean, x in series.items():
            watching = Watch(504, {}, {}, usual={"ic": usual_of(x[:500], 5)})
            live = pd.DataFrame({"ic": x[500:]})
            fired[mean] += sum(len(watching.decayed(live[:bar], rules)) for bar in looks)
            assert watching.decayed(live[:127], rules) == [] and watching.decayed(live[:63], rules) == []
    assert fired[0.05] / (3 * desks) == pytest.approx(0.1, abs=3 * np.sqrt(0.09 / desks))  # looks overlap
    assert fired[-0.02] > 2.5 * desks

def _sum_of_five(rng, bars, mean):
    return mean + 0.1 * np.convolve(rng.standard_normal(bars + 4), np.ones(5) / np.sqrt(5), "valid")

def test_breaks_are_found_after_the_bars_that_are_said():
    rng = np.random.default_rng(6)
    past = pd.DataFrame({"ic": rng.normal(0.05, 0.1, 600), "costs": rng.normal(1.6, 0.2, 600)})
    watching = learn_watch(past)
    said = watch_delays(watching)
    assert said["median"][:3].is_monotonic_decreasing and said.loc["a doubled spread", "median"] <= 3
    delays = [watching.charts["ic"].delay(-share * watching.charts["ic"].whitening.mean) for share in (0.5, 1.0)]
    assert all(found["mean"] > least for found, least in zip(delays, said["least"][1:3]))
    assert said["least"][:3].is_monotonic_decreasing and said.loc["half of the IC", "least"] > 20
    lives = [rng.normal(0.0, 0.1, 400) for _ in range(200)]
    found = [watching.charts["ic"].run(live)["alarm"].to_numpy().argmax() + 1 for live in lives]
    assert np.median(found) == pytest.approx(said.loc["all of the IC", "median"], rel=0.25)

def test_a_watch_that_was_written_reads_the_same():
    rng = np.random.default_rng(4)
    past = pd.DataFrame({"ic": rng.normal(0.05, 0.1, 300), "costs": 5.0})
    days = [pd.DataFrame(rng.normal(size=(50, 2)), columns=list("ab")) for _ in range(60)]
    watching, (reference, _) = learn_watch(past), learn_reference(days)
    text = json.loads(json.dumps(watch_to_json(watching, reference)))
    again, same = watch_from_json(text)
    live = pd.DataFrame({"ic": rng.normal(0, 0.1, 30), "costs": 5.0})
    assert again.read(live) == watching.read(live) and same.number(days[0])[0] == reference.number(days[0])[0]
