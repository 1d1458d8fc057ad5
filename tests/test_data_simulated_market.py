# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.simulated.market import *
from dataclasses import replace
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.data.simulated.market import _response, known_weights
from neuralpha.labels import forward_return

def test_a_pattern_needs_a_positive_half_life():
    with pytest.raises(NeuralphaError, match="half_life must be positive"):
        Alpha("volume", half_life=0)

def test_weights_of_past_shocks_by_hand():
    a = Alpha("reversal", half_life=1)  # w = 1, 1/2, 1/4, 1/8
    np.testing.assert_allclose(_response(a), [1, 0.5, 0.25, 0.125])
    # bars t+2 and t+3: the shock of bar t acts with w1 + w2, of t-1 with w2 + w3, of t-2 with w3
    np.testing.assert_allclose(known_weights(a, horizon=2, delay=1), [0.75, 0.375, 0.125, 0])
    # answered two bars late: the shock of bar t acts on bar t+3 only with w0
    np.testing.assert_allclose(known_weights(Alpha("echo", half_life=1, lag=2), 2, 1)[:3], [1, 1.5, 0.75])

def test_range_of_a_day_is_that_of_a_random_walk():
    from neuralpha.data.simulated.market import _bars

    rng = np.random.default_rng(0)
    n = 20_000
    steps = 400
    vol = 0.02
    # a day without an overnight move, walked in small steps, against the formula at the same open and close
    path = np.cumsum(rng.standard_normal((steps, n)) * vol / np.sqrt(steps), axis=0)
    o, h, low = _bars(rng, np.exp(path[-1:]), np.expm1(path[-1:]), np.full((1, n), vol))
    assert (h >= np.maximum(o, np.exp(path[-1]))).all() and (low <= np.minimum(o, np.exp(path[-1]))).all()
    walked = np.maximum(path.max(0), 0)
    drawn = np.sqrt(4 / 3) * np.log(h / o)[0]  # three quarters of the variance is intraday
    assert abs(drawn.mean() / walked.mean() - 1) < 0.06  # a walk in 400 steps misses about 3% of the maximum
    assert abs(np.log(h / o).mean() / -np.log(low / o).mean() - 1) < 0.03

@pytest.fixture(scope="module")
def market():
    return simulate_universe(120, 1000, ["reversal"], ic=0.1, seed=1)

def test_same_seed_same_bits_and_another_seed_another_market(market):
    again = simulate_universe(120, 1000, ["reversal"], ic=0.1, seed=1)
    assert again.digest == market.digest
    assert simulate_universe(120, 1000, ["reversal"], ic=0.1, seed=2).digest != market.digest

def test_every_bar_is_possible(market):
    f = market.fields
    ok = market.tradable
    assert all(np.isfinite(v[ok]).all() and np.isnan(v[~ok]).all() for v in (*f.values(), market.truth["oracle"]))
    assert (f["high"][ok] >= np.maximum(f["open"], f["close"])[ok]).all() and (
        f["low"][ok] <= np.minimum(f["open"], f["close"])[ok]
    ).all()
    assert (f["low"][ok] > 0).all() and (f["volume"][ok] > 0).all()
    ends = np.r_[market.asset_offsets[:-1], market.asset_offsets[1:] - 1]
    assert (
        100 < (~ok).sum() < 2000
        and ok[market.asset_offsets[:-1]].all()
        and ok[ends][market.date_code[ends] < market.n_dates - 1].all()
    )

def test_delisting_returns_are_known_for_exactly_those_who_left(market):
    last = market.date_code[market.asset_offsets[1:] - 1]
    left = market.attributes["delisting_return"].notna().to_numpy()
    np.testing.assert_array_equal(left, last < market.n_dates - 1)
    assert 3 < left.sum() < 60 and (market.date_code[market.asset_offsets[:-1]] > 0).sum() > 20

def test_returns_look_like_returns(market):
    close = pd.DataFrame(
        {
            a: pd.Series(market.fields["close"][market.rows_of(a)], market.date_code[market.rows_of(a)])
            for a in market.assets
        }
    ).sort_index()
    volume = pd.DataFrame(
        {
            a: pd.Series(market.fields["volume"][market.rows_of(a)], market.date_code[market.rows_of(a)])
            for a in market.assets
        }
    ).sort_index()
    r = close.pct_change(fill_method=None)
    size = r.abs()
    clusters = pd.Series([size[a].corr(size[a].shift(5)) for a in size]).mean()
    assert clusters > 0.05 and (r.kurt() > 1).mean() > 0.9
    busy = np.log(volume / volume.rolling(20).mean())
    assert pd.Series([busy[a].corr(size[a]) for a in size]).mean() > 0.25
    assert busy.corr().where(~np.eye(120, dtype=bool)).stack().mean() > 0.2  # volume moves together
    c = r.corr(min_periods=250).to_numpy()
    same = np.equal.outer(*[market.attributes["sector"].to_numpy(str)] * 2) & ~np.eye(120, dtype=bool)
    assert np.nanmean(c[same]) > np.nanmean(c[~same & ~np.eye(120, dtype=bool)]) + 0.03 > 0.1

def test_fading_halves_the_oracle():
    panel = simulate_universe(100, 1512, [Alpha("reversal", fades=3)], ic=0.1, seed=8, takeovers=0)
    size = pd.Series(panel.truth["oracle"]).groupby(panel.date_code).std()
    ratio = size[1386:1512].mean() / size[630:756].mean()
    assert abs(ratio - 0.5) < 0.05

@pytest.mark.parametrize(
    "kw, message",
    [
        (dict(alphas=["reversel"]), "Did you mean 'reversal'"),
        (dict(n_assets=1), "too small"),
        (dict(ic=1.0), "below 0.9"),
        (dict(horizon=500), "too few for a horizon"),
        (dict(alphas=[Alpha("volume", 0)]), "shares are all 0"),
    ],
)
def test_impossible_markets_are_refused(kw, message):
    with pytest.raises(NeuralphaError, match=message):
        simulate_universe(**kw)

def _slope(panel, horizon=5, delay=1):
    """Slope of the forward return on the oracle within dates, and its standard error over blocks of 60 dates."""
    f = pd.DataFrame(
        {"o": panel.truth["oracle"], "c": return_ahead(panel, horizon, delay), "d": panel.date_code}
    ).dropna()
    f[["o", "c"]] -= f.groupby("d")[["o", "c"]].transform("mean")
    xy, xx = ((f.o * v).groupby(f.d // 60).sum() for v in (f.c, f.o))
    slope = xy.sum() / xx.sum()
    return slope, np.sqrt(((xy - slope * xx) ** 2).sum()) / xx.sum()

def test_crowding_keeps_the_mean_and_fattens_the_loss():
    def make(crowded):
        return oracle_ic(
            simulate_universe(200, 1500, [Alpha("reversal", crowded=crowded)], ic=0.1, seed=9, horizon=1, delay=0), 1, 0
        )

    calm = make(False)
    crowded = make(True)
    assert crowded.min() < -0.5 < calm.min() and abs(crowded.mean() - calm.mean()) < 0.02
    assert crowded.skew() < -1 < calm.skew()

def test_another_processor_draws_the_same_market():
    import os, subprocess, sys

    draw = (
        "from neuralpha.data.universes import load_universe; print(*(load_universe(n).digest for n in "
        "('sim-tiny', 'sim-nonlinear', 'gkx-b')))"
    )
    old = subprocess.run(
        [sys.executable, "-c", draw],
        env=os.environ | {"OPENBLAS_CORETYPE": "Prescott"},
        capture_output=True,
        text=True,
        check=True,
    )
    from neuralpha.data.universes import load_universe

    assert old.stdout.split() == [load_universe(n).digest for n in ("sim-tiny", "sim-nonlinear", "gkx-b")]

def test_a_label_of_twenty_bars_is_held_against_its_own_oracle():
    panel = simulate_universe(150, 1760, [Alpha("echo", lag=6, half_life=3.0)], ic=0.1, seed=5)
    past = panel.series(panel.fields["close"].astype(float)).groupby("asset").pct_change(6, fill_method=None)
    of_five_bars = replace(panel, truth={"oracle": planted_return(panel, 5, 1)})
    assert oracle_ic(panel, 20, 1).mean() > 1.05 * oracle_ic(of_five_bars, 20, 1).mean()
    assert recovered(panel, past, 20, 1)["share"] < 0.9 < recovered(of_five_bars, past, 20, 1)["share"]

def test_the_oracle_recovers_itself_and_noise_nothing(market):
    oracle = recovered(market, market.series(market.truth["oracle"]))
    assert (
        oracle["share"] == 1 and oracle["share_error"] < 1e-9 and abs(oracle["ic"] - oracle_ic(market).mean()) < 1e-12
    )
    noise = np.random.default_rng(0).standard_normal(market.n_rows)
    nothing = recovered(market, noise)
    half = recovered(market, market.truth["oracle"] / np.nanstd(market.truth["oracle"]) + noise)
    assert abs(nothing["share"]) < 3 * nothing["share_error"] < 0.5
    assert abs(half["share"] - np.sqrt(0.5)) < 3 * half["share_error"] < 0.3  # as much noise as signal
    with pytest.raises(NeuralphaError, match="no date has three"):
        recovered(market, np.full(market.n_rows, np.nan))

@pytest.mark.parametrize("kind", ALPHA_KINDS)
def test_oracle_has_the_strength_ordered_and_is_an_expectation(kind):
    panel = simulate_universe(200, 1000, [kind], ic=0.1, seed=4, takeovers=0)
    ic = oracle_ic(panel).dropna()
    blocks = ic.groupby(np.arange(len(ic)) // 60).mean()
    assert abs(ic.mean() - 0.1) < 3 * blocks.std() / np.sqrt(len(blocks)) < 0.04
    slope, error = _slope(panel)
    assert abs(slope - 1) < 3 * error < 0.6

def test_a_strong_oracle_is_still_an_expectation():
    panel = simulate_universe(200, 1000, ["reversal"], ic=0.35, seed=4, takeovers=0)
    slope, error = _slope(panel)
    assert abs(slope - 1) < 3 * error < 0.15

@pytest.mark.parametrize("horizon, delay", [(1, 0), (20, 1)])
def test_oracle_at_another_horizon(horizon, delay):
    panel = simulate_universe(200, 1000, ["reversal", "momentum"], ic=0.08, seed=5, horizon=horizon, delay=delay)
    slope, error = _slope(panel, horizon, delay)
    assert abs(slope - 1) < 3 * error < 0.8

@pytest.mark.parametrize("horizon, delay", [(1, 0), (1, 1), (5, 0), (20, 1)])
def test_the_oracle_of_another_label_is_the_expectation_over_its_own_bars(horizon, delay):
    panel = simulate_universe(200, 1000, [Alpha("echo", lag=6, half_life=3.0), "reversal"], ic=0.1, seed=5, takeovers=0)
    own = dict(panel.truth) | {"oracle": planted_return(panel, horizon, delay)}
    slope, error = _slope(replace(panel, truth=own), horizon, delay)
    assert abs(slope - 1) < 3 * error < 0.8

def test_windows_that_were_not_kept_have_no_oracle():
    panel = simulate_universe(20, 100, seed=1, horizon=7, delay=2)
    np.testing.assert_array_equal(planted_return(panel, 7, 2), panel.truth["oracle"].astype(float))
    assert planted_return(panel, 13, 1) is None
    with pytest.raises(NeuralphaError, match="no oracle for 13 bars"):
        oracle_ic(panel, 13, 1)

def test_a_reversal_oracle_can_be_rebuilt_from_closes():
    panel = simulate_universe(150, 500, [Alpha("reversal", half_life=4)], ic=0.1, seed=6, suspensions=0, takeovers=0)
    close = pd.DataFrame(
        {
            a: pd.Series(panel.fields["close"][panel.rows_of(a)].astype(float), panel.date_code[panel.rows_of(a)])
            for a in panel.assets
        }
    ).sort_index()
    r = close.pct_change(fill_method=None)
    excess = r.sub(r.mean(axis=1), axis=0)
    vol = (excess**2).ewm(alpha=0.06).mean().shift() ** 0.5
    x = (excess / vol).clip(-4, 4)
    w = known_weights(Alpha("reversal", half_life=4), 5, 1)
    rebuilt = -sum(w[j] * x.shift(j).fillna(0) for j in range(len(w)))
    rows = panel.date_code > 100
    mine = rebuilt.to_numpy()[panel.date_code, panel.asset_code][rows]
    assert pd.Series(mine).corr(pd.Series(panel.truth["oracle"][rows])) > 0.95

def test_the_return_ahead_of_a_halted_and_delisted_stock_is_from_its_last_price():
    f = pd.DataFrame(
        {
            "date": [*pd.bdate_range("2024-01-01", periods=5)] * 2,
            "asset": ["A"] * 5 + ["B"] * 5,
            "close": [100, 110, 121, 121, 242, 50, 40, np.nan, np.nan, np.nan],
        }
    )
    p = panel_from_frame(f.drop(index=9), attributes=pd.DataFrame({"delisting_return": [np.nan, -0.5]}, ["A", "B"]))
    np.testing.assert_allclose(
        return_ahead(p, 3, 0)[p.rows_of("B")], [-0.6, -0.5, np.nan, np.nan]
    )  # the first ends in the halt
    np.testing.assert_allclose(return_ahead(p, 4, 0), forward_return(p, 4, 0).values)

def test_return_ahead_and_its_ic_equal_the_labels_and_a_loop(market):
    for horizon, delay in ((5, 1), (1, 0)):
        np.testing.assert_allclose(
            return_ahead(market, horizon, delay), forward_return(market, horizon, delay).values, rtol=1e-9
        )
    came = return_ahead(market, 5, 1)
    ic = oracle_ic(market)
    for d in (10, 500, 990):
        rows = market.rows_on(market.dates[d])
        assert (
            abs(pd.Series(market.truth["oracle"][rows].astype(float)).corr(pd.Series(came[rows])) - ic.iloc[d]) < 1e-9
        )

def test_nothing_planted_nothing_found():
    panel = simulate_universe(100, 1000, ["momentum"], ic=0, seed=7, takeovers=0)
    assert np.nanmax(panel.truth["oracle"]) == 0 > np.nanmin(panel.truth["oracle"])  # all that is known is who may fail

@pytest.mark.parametrize(
    "name, low, high",
    [
        ("sim-linear", 0.08, 0.13),
        ("sim-nonlinear", 0.08, 0.13),
        ("sim-tiny", 0.18, 0.32),
        ("sim-nonlinear-500", 0.08, 0.13),
    ],
)
def test_named_markets_have_alpha_worth_finding(name, low, high):
    panel = simulate_named(name)
    assert panel.name == name and low < oracle_ic(panel).mean() < high

def test_unknown_market_is_named():
    with pytest.raises(NeuralphaError, match="sim-nonlinear"):
        simulate_named("sim-nonlinaer")
