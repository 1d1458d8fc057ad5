# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.evaluate.metrics import *
import json
from types import SimpleNamespace
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.labels import forward_return
from neuralpha.evaluate.catalogue import CATALOGUE, declare_metric
from neuralpha.evaluate.ic import ic, rank_ic

def test_metrics_are_a_dictionary_with_a_short_face():
    import json
    import neuralpha as na

    market = na.load_universe("sim-tiny")
    score = np.random.default_rng(0).normal(size=market.n_rows)
    found = na.evaluate_scores(score, market, na.forward_return(market), n_resamples=50)
    assert json.loads(json.dumps(found)) == dict(found) and "\n" not in repr(found) and len(repr(found)) < 250
    assert f"ic {found['ic']['value']:.4f}" in repr(found) and "overflow: auto" in found._repr_html_()

def _market(dates=300, assets=40, fade=0.9, seed=0):
    rng = np.random.default_rng(seed)
    hope = rng.normal(size=(dates, assets))
    for t in range(1, dates):
        hope[t] = fade * hope[t - 1] + np.sqrt(1 - fade**2) * hope[t]
    moves = 0.003 * np.vstack([np.zeros((2, assets)), hope[:-2]]) + rng.normal(0, 0.02, (dates, assets))
    frame = pd.DataFrame(
        {
            "date": np.repeat(pd.bdate_range("2020-01-01", periods=dates), assets),
            "asset": np.tile([f"S{i:02d}" for i in range(assets)], dates),
            "close": np.exp(moves.cumsum(0)).ravel(),
            "hope": hope.ravel(),
        }
    )
    panel = panel_from_frame(frame, "toy")
    return panel, panel.series(panel.fields["hope"]), forward_return(panel, 5, 1)

def _leaves(m):
    return [v for x in m.values() for v in ([x] if "unit" in x else x.values())]

def test_every_number_is_json_native_and_says_what_it_is():
    panel, s, y = _market()
    m = evaluate_scores(s, panel, y, n_resamples=50)
    assert json.loads(json.dumps(m, allow_nan=False)) == m
    for leaf in _leaves(m):
        assert leaf["unit"] and leaf["period"] and leaf["definition"].endswith(".")
    for name in ("ic", "rank_ic", "quantile_spread", "hit_rate", "turnover", "spread_after_cost"):
        assert m[name]["low"] < m[name]["value"] < m[name]["high"]

def test_values_agree_with_their_definitions():
    panel, s, y = _market()
    m = evaluate_scores(s, panel, y, n_resamples=50)
    x = ic(s, y).dropna()
    r = rank_ic(s, y).dropna()
    np.testing.assert_allclose(m["ic"]["value"], x.mean())
    np.testing.assert_allclose(m["icir"]["value"], x.mean() / x.std())
    np.testing.assert_allclose(m["rank_ic_by_horizon"]["5"]["value"], r.mean())
    long = pd.DataFrame({"s": s, "y": panel.series(y.values)}).dropna()
    hit = long.groupby(level=0).apply(lambda g: ((g.s > g.s.median()) == (g.y > g.y.median())).mean()).mean()
    np.testing.assert_allclose(m["hit_rate"]["value"], hit)
    top = long.groupby(level=0).apply(lambda g: (g.nlargest(10, "s").y > 0).mean()).mean()
    np.testing.assert_allclose(m["precision"]["value"], top)
    few = long.groupby(level=0).apply(lambda g: g.nlargest(5, "s").y.mean())

    def sharpe(x):
        return x.mean() / x.std() * np.sqrt(panel.bars_per_year / 5)

    np.testing.assert_allclose(m["top_sharpe"]["value"], sharpe(few))
    assert m["top_sharpe"]["low"] < sharpe(few) < m["top_sharpe"]["high"] and m["top_sharpe"]["n"] == len(few)
    nobody = evaluate_scores(s[s.index.get_level_values(1) < "S09"], panel, y, n_resamples=20)["top_sharpe"]
    assert nobody["value"] is None and nobody["n"] == 0  # nine assets a date
    np.testing.assert_allclose(
        m["quantile_spread_annual"]["value"], m["quantile_spread"]["value"] * panel.bars_per_year / 5
    )

def test_same_seed_same_bits_and_bad_input_is_named():
    panel, s, y = _market(60)
    assert (
        evaluate_scores(s, panel, y, n_resamples=20)
        == evaluate_scores(s, panel, y, n_resamples=20)
        != evaluate_scores(s, panel, y, n_resamples=20, seed=1)
    )
    with pytest.raises(NeuralphaError, match="constant"):
        evaluate_scores(s * 0, panel, y)
    with pytest.raises(NeuralphaError, match="belongs to"):
        evaluate_scores(s, _market(50)[0], y)

def test_a_metric_of_the_catalogue_is_computed_and_one_that_is_not_there_is_refused():
    panel, s, y = _market(60)
    declare_metric(
        "toy_worst", "worst IC", "correlation", "whole period", "Lowest IC over {horizon} bars.", compute=_worst
    )
    declare_metric("toy_ends", "ends", "correlation", "per date", "IC again ({top}).", compute=_again)
    try:
        m = evaluate_scores(s, panel, y, n_resamples=20)
    finally:
        del CATALOGUE["toy_worst"], CATALOGUE["toy_ends"]
    assert m["toy_worst"]["value"] == ic(s, y).min() and m["toy_worst"]["definition"] == "Lowest IC over 5 bars."
    same = ("value", "low", "high", "n", "error")
    assert [m["toy_ends"][k] for k in same] == [m["ic"][k] for k in same] and m["toy_ends"][
        "definition"
    ] == "IC again (10)."
    with pytest.raises(NeuralphaError, match="Did you mean 'hit_rate'"):
        record("hitrate", y, 0.5)

def _worst(sample):
    return np.nanmin(sample.ic)

def _again(sample):
    return sample.ic

def test_precision_and_the_sharpe_ratio_each_say_how_many_scores_they_are_of():
    panel, s, y = _market()
    m = evaluate_scores(s, panel, y, precision_top=7, sharpe_top=3, n_resamples=20)
    long = pd.DataFrame({"s": s, "y": panel.series(y.values)}).dropna().groupby(level=0)
    np.testing.assert_allclose(m["precision"]["value"], long.apply(lambda g: (g.nlargest(7, "s").y > 0).mean()).mean())
    best = long.apply(lambda g: g.nlargest(3, "s").y.mean())
    np.testing.assert_allclose(m["top_sharpe"]["value"], best.mean() / best.std() * np.sqrt(panel.bars_per_year / 5))

def test_r2_against_both_denominators_by_hand():
    panel, s, y = _market()
    m = evaluate_scores(s, panel, y, forecast=0.004 * s, train_mean=0.001, n_resamples=20)
    long = pd.DataFrame({"f": 0.004 * s, "y": panel.series(y.values)}).dropna()
    sse = ((long.y - long.f) ** 2).sum()
    np.testing.assert_allclose(m["r2_zero"]["value"], 1 - sse / (long.y**2).sum())
    np.testing.assert_allclose(m["r2_train_mean"]["value"], 1 - sse / ((long.y - 0.001) ** 2).sum())
    np.testing.assert_allclose(m["rmse"]["value"], np.sqrt(sse / len(long)))
    assert evaluate_scores(s, panel, y, n_resamples=20)["r2_zero"]["value"] is None

def test_calibration_uses_the_validation_line_of_each_fold():
    panel, s, y = _market()
    rows = panel.rows_by_date
    folds = [
        SimpleNamespace(number=0, train=rows[:2000], test=rows[4000:6000]),
        SimpleNamespace(number=1, train=rows[:4000], test=rows[6000:8000]),
    ]
    got = calibrated(s, y, folds, {0: dict(intercept=1.0, slope=2.0), 1: dict(intercept=0.0, slope=-1.0)})
    want = pd.concat([1 + 2 * s.iloc[4000:6000], -s.iloc[6000:8000]])
    np.testing.assert_allclose(got.forecast, want)
    np.testing.assert_allclose(got.train_mean.iloc[-1], np.nanmean(y.values[rows[:4000]]))
    line = calibrate([1, 2, 3, np.nan], [3.0, 5, 7, 1])
    assert abs(line["slope"] - 2) < 1e-12 and abs(line["intercept"] - 1) < 1e-12

def test_ics_that_differ_in_their_last_bits_alone_have_no_icir():
    panel, _, y = _market(120)
    m = evaluate_scores(panel.series(3.7 * y.values + 0.1), panel, y, n_resamples=50)
    assert m["ic"]["value"] == pytest.approx(1) and m["icir"]["value"] is None and m["ic_t"]["value"] is None

def test_labels_shuffled_within_dates_leave_an_interval_that_covers_zero():
    from dataclasses import replace

    panel, s, y = _market()
    rng = np.random.default_rng(0)
    values = y.values.copy()
    for d in range(panel.n_dates):
        rows = panel.rows_on(panel.dates[d])
        values[rows] = rng.permutation(values[rows])
    m = evaluate_scores(s, panel, replace(y, values=values, name="shuffled"), n_resamples=20)
    assert m["ic"]["low"] < 0 < m["ic"]["high"] and m["rank_ic"]["low"] < 0 < m["rank_ic"]["high"]

def test_the_share_recovered_is_paired_with_the_oracle():
    panel, s, y = _market()
    rng = np.random.default_rng(0)
    luck = rng.normal(0, 0.1, 400)
    oracle = 0.05 + luck
    half = 0.025 + luck / 2 + rng.normal(0, 0.005, 400)
    got = share_recovered(half, oracle, y)
    assert (
        got["value"] == pytest.approx(half.mean() / oracle.mean())
        and got["low"] < 0.5 < got["high"]
        and got["n"] == 400
    )

    def width(g):
        return g["high"] - g["low"]

    assert width(got) < 0.2 * width(
        share_recovered(rng.permutation(half), oracle, y)
    )  # unpaired dates would say much less
    assert share_recovered([*half, np.nan], [*oracle, 1.0], y) == got
    exact = share_recovered(0.7 * oracle, oracle, y)
    assert exact["low"] == pytest.approx(0.7) == exact["high"]
    assert (
        share_recovered(half, -oracle, y)["value"] is None
        and share_recovered(half[:5], np.abs(oracle[:5]), y)["low"] is None
    )

def test_the_interval_of_a_share_covers_it():
    _, _, y = _market(60)
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(200):
        oracle = 0.05 + 0.1 * rng.normal(size=250)
        got = share_recovered(0.8 * oracle + 0.04 * rng.normal(size=250), oracle, y)
        hits += got["low"] <= 0.8 <= got["high"]
    assert 0.88 <= hits / 200 <= 0.99

def test_one_or_two_bars_show_no_fading():
    assert np.isnan(fit_fading([0.05]).half_life) and np.isnan(fit_fading([[0.05, 0.04], [0.1, 0]]).half_life).all()

def _fading_market(life, tails, seed, dates=1500, assets=100):
    """A panel whose expected returns have the given half-life, and the score that knows them; noise is normal or
    Student's t.
    """
    rng = np.random.default_rng([seed, life])
    fade = 0.5 ** (1 / life)
    known = rng.standard_normal((dates, assets))
    for t in range(1, dates):
        known[t] = fade * known[t - 1] + np.sqrt(1 - fade**2) * known[t]
    noise = (
        rng.standard_t(tails, (dates - 1, assets)) * np.sqrt((tails - 2) / tails)
        if tails
        else rng.standard_normal((dates - 1, assets))
    )
    moves = np.clip(0.015 * (0.1 * known[:-1] + noise), -0.5, 1)
    close = 50 * np.exp(np.vstack([np.zeros((1, assets)), np.cumsum(np.log1p(moves), 0)]))
    frame = pd.DataFrame(
        {
            "date": np.repeat(pd.bdate_range("2015-01-01", periods=dates), assets),
            "asset": np.tile([f"S{i:03d}" for i in range(assets)], dates),
            "close": close.ravel(),
            "known": known.ravel(),
        }
    )
    panel = panel_from_frame(frame, "fading")
    return panel.fields["known"], forward_return(panel, 5, 1)

@pytest.mark.parametrize("life", [0.5, 4.0, 30.0])
def test_half_life_of_an_exact_fading(life):
    exact = 0.05 * 0.5 ** (np.arange(20) / life)
    assert fit_fading(exact).half_life == pytest.approx(life, rel=0.02)
    assert fit_fading(exact).explained == pytest.approx((exact**2).sum(), rel=1e-3)
    assert (
        np.isnan(fit_fading(-exact).half_life)
        and fit_fading(np.full(20, 0.05)).half_life == np.inf
        and fit_fading(0.05 * np.eye(20)[0]).half_life == 0
    )

def test_bar_ics_equal_the_rank_ic_of_lagged_scores():
    panel, s, y = _market(60)
    ics = bar_ics(s, y, 3)
    for k in range(3):
        lagged = panel.series(s.groupby("asset").shift(y.delay + k).reindex(panel.index).to_numpy())
        want = rank_ic(lagged, forward_return(panel, 1, 0), panel)
        np.testing.assert_allclose(pd.Series(ics[:, k], panel.dates).reindex(want.index), want, atol=1e-12)

@pytest.mark.parametrize("tails", [None, 3, 2.5])
@pytest.mark.parametrize("life", [4, 8, 15, 30])
def test_half_life_is_the_planted_one_whatever_the_tails(life, tails):
    draws = [np.nanmean(bar_ics(*_fading_market(life, tails, seed)), 0) for seed in range(2)]
    assert fit_fading(np.mean(draws, 0)).half_life == pytest.approx(life, rel=0.15)

def test_dates_are_those_with_an_ic():
    panel, s, y = _market()  # the labels of the last six dates are not known
    m = evaluate_scores(s, panel, y, n_resamples=100)
    assert m["dates"]["value"] == m["ic"]["n"] == panel.n_dates - 6

def test_half_life_is_found_in_a_market():
    panel, s, y = _market(dates=1500, fade=0.9)
    m = evaluate_scores(s, panel, y, n_resamples=100)["half_life"]
    assert m["low"] <= np.log(0.5) / np.log(0.9) <= m["high"] and abs(m["value"] - 6.6) < 2.5

def test_ics_by_horizon_are_all_of_the_same_kind():
    from neuralpha.labels import excess_return, volatility_scaled

    panel, _, y = _market(120)
    beta = excess_return(y, "beta", 30)
    for label, same in (
        (y, lambda h: forward_return(panel, h, 1)),
        (beta, lambda h: excess_return(forward_return(panel, h, 1), "beta", 30)),
        (excess_return(beta), lambda h: excess_return(excess_return(forward_return(panel, h, 1), "beta", 30))),
        (volatility_scaled(beta), lambda h: forward_return(panel, h, 1)),
    ):
        for got, h in zip(horizon_labels(label), DECAY_HORIZONS, strict=True):
            assert got.name == same(h).name and (got is label) == (h == 5 and label.unit == "return")
            np.testing.assert_array_equal(got.values, same(h).values)

def test_only_returns_are_annualised():
    from neuralpha.labels import classes, excess_return, standardise_label, triple_barrier, volatility_scaled

    panel, s, y = _market(120)
    earned = {"spread_after_cost", "spread_before_cost"}  # of the portfolio, not of the label
    for label in (triple_barrier(panel), classes(y), volatility_scaled(y), standardise_label(y, "z")):
        m = evaluate_scores(s, panel, label, n_resamples=20)
        assert (
            not {"quantile_spread_annual", "top_sharpe"} & set(m)
            and {n for n, r in m.items() if r.get("unit") == "return"} == earned
        )
        assert {r["unit"] for r in [m["rmse"], m["quantile_spread"], *m["quantile_returns"].values()]} == {
            label.unit
        } and m["quantile_spread"]["period"] == "per date"
        assert label.name not in m["rank_ic_by_horizon"]["5"]["definition"]
    want = {"rmse", "quantile_spread", "quantile_spread_annual"} | earned
    for label in (y, excess_return(y)):
        assert {
            n for n, r in evaluate_scores(s, panel, label, n_resamples=20).items() if r.get("unit") == "return"
        } == want

def _with_halts(seed=0, exit="bar"):
    """Thirty walks, a tenth of whose bars are suspended; the score knows which stocks are caught in a suspension and
    fall meanwhile.
    """
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2020-01-01", periods=150)
    close = np.exp(0.02 * rng.standard_normal((150, 30)).cumsum(0))
    shut = rng.random((150, 30)) < 0.1
    close[shut] *= 0.9
    f = pd.DataFrame(
        {"date": np.repeat(days, 30), "asset": np.tile([f"A{i:02}" for i in range(30)], 150), "close": close.ravel()}
    )
    p = panel_from_frame(f, tradable=~shut.ravel())
    return p, forward_return(p, 3, 1, exit), rng.standard_normal(p.n_rows)

def test_what_suspended_exits_could_change_is_bounded():
    p, y, scores = _with_halts()
    m = evaluate_scores(scores, p, y, n_resamples=20)["suspended_exits"]
    later = forward_return(p, 3, 1, "next trade")
    open_ = later.labelled & ~y.labelled
    assert m["rows"]["value"] >= open_.sum() > 300 and m["rows"]["share"] == m["rows"]["value"] / (
        m["rows"]["value"] + y.labelled.sum()
    )

    def by_date(values):
        return pd.Series(values).groupby(p.date_code)

    def ic(label):
        return np.nanmean(
            [
                np.corrcoef(scores[r], label[r])[0, 1] if len(r := g.index[np.isfinite(label[g.index])]) > 2 else np.nan
                for _, g in by_date(label)
            ]
        )

    np.testing.assert_allclose([m["ic"]["stated"], m["ic"]["value"]], [ic(y.values), ic(later.values)])
    np.testing.assert_allclose(
        [m["mean_label"]["stated"], m["mean_label"]["value"]],
        [by_date(v).mean().mean() for v in (y.values, later.values)],
        rtol=1e-9,
    )
    for part in ("mean_label", "ic", "quantile_spread"):
        assert (
            m[part]["low"] < min(m[part]["value"], m[part]["stated"])
            and max(m[part]["value"], m[part]["stated"]) < m[part]["high"]
        )
    liked = by_date(scores).rank() >= (by_date(scores).transform("size") + 1) / 2
    from neuralpha.labels import suspended_exits

    open_ = suspended_exits(y)[0]
    low = by_date(y.values).transform("min")
    high = by_date(y.values).transform("max")
    np.testing.assert_allclose(m["ic"]["low"], ic(np.where(open_, np.where(liked, low, high), y.values)))
    np.testing.assert_allclose(m["ic"]["high"], ic(np.where(open_, np.where(liked, high, low), y.values)))

def test_nothing_is_suspended_where_the_label_waits_for_the_next_trade():
    p, y, scores = _with_halts(exit="next trade")
    m = evaluate_scores(scores, p, y, n_resamples=20)["suspended_exits"]
    assert m["rows"]["value"] < 30  # caught when the file ends
