# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.monitor.sequential import *
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError

def test_the_boundary_is_that_of_howard_and_others():
    assert float(mixture_bound(100, 12.60056)) == pytest.approx(30.35209, abs=1e-5)
    assert mixture_rho(100) == pytest.approx(12.17735, abs=1e-5)
    near = [float(mixture_bound(100, mixture_rho(100) * f)) for f in (0.9, 1, 1.1)]
    assert near[1] == min(near)

def test_years_to_decide_are_the_known_ones():
    for ratio, years in {1: 10.6, 1.5: 4.4, 2: 2.4, 3: 1.0}.items():
        assert years_to_decide(ratio, variance_known=True) == pytest.approx(years, abs=0.06)
        assert years_to_decide(ratio) > years
    assert years_to_decide(0) == np.inf

@pytest.mark.parametrize("phi", [0.0, 0.1])
def test_equal_models_are_swapped_in_at_most_one_ten_year_life_in_twenty(phi):
    from scipy.signal import lfilter

    lives = lfilter([1.0], [1.0, -phi], np.random.default_rng(0).normal(size=(200, 2520)), axis=1)
    naive = lives.cumsum(1) / np.sqrt(np.arange(1, 2521))
    assert (np.abs(naive[:, 20:]) > 1.96).any(1).mean() > 0.35
    verdicts = [decide(life).verdict for life in lives]
    assert np.mean([v == "challenger" for v in verdicts]) <= 0.05
    assert np.mean([v != "undecided" for v in verdicts]) <= 0.075

def test_a_decision_knows_costs_regimes_and_holes():
    x = pd.Series(0.3 + np.random.default_rng(0).normal(size=600))
    assert decide(x).verdict == "challenger" and decide(-x).verdict == "champion"
    assert decide(x, switching_cost=0.6 * 252).verdict == "undecided"
    assert decide(x, regimes=["calm"] * 600).verdict == "undecided"
    both = decide(x, regimes=["calm"] * 300 + ["wild"] * 300)
    assert both.verdict == "challenger" and both.since >= 330
    assert decide(x[:100]).verdict == "undecided"
    cut, longer = confidence_sequence(x[:400]), confidence_sequence(x)
    pd.testing.assert_frame_equal(cut, longer[:400])
    x[7] = np.nan
    with pytest.raises(NeuralphaError, match="missing on 7"):
        decide(x)

LITERATURE = {1: 10.6, 1.5: 4.4, 2: 2.4, 3: 1.0}  # years, two-sided at 5 %, tightest at a year

def lives_of(ratio, lives, years, seed=1):
    """Differences of an annual information ratio, in units of their deviation."""
    return ratio / np.sqrt(252) + np.random.default_rng(seed).normal(size=(lives, 252 * years))

def years_if_known(lives):
    """Years until each life leaves the boundary of a known variance; infinite where it does not."""
    bars = np.arange(1, lives.shape[1] + 1)
    out = lives.cumsum(1) > mixture_bound(bars, mixture_rho(252))
    return np.where(out.any(1), out.argmax(1) + 1, np.inf) / 252

def years_decided(lives, **how):
    """Years until each is promoted; infinite where it is not."""
    found = [decide(life, **how) for life in lives]
    return np.array([(d.since + 1) / 252 if d.verdict == "challenger" else np.inf for d in found])

@pytest.mark.parametrize(("ratio", "years"), [(3, 5), (2, 12), (1.5, 20), (1, 40)])
def test_a_better_one_is_found_in_the_years_that_were_said(ratio, years):
    lives = lives_of(ratio, 2000 if ratio > 1.5 else 500, years)
    known = years_if_known(lives)
    assert np.mean(known <= LITERATURE[ratio]) > 0.55, "the boundary alone: more than half by the literature's years"
    learnt = years_decided(lives[: 400 if ratio > 1.5 else 150])
    middle = np.median(learnt)
    assert np.isfinite(learnt).mean() > 0.95
    assert middle < 1.03 * years_to_decide(ratio)
    assert middle < (1.1 if ratio < 3 else 1.2) * LITERATURE[ratio], "learning the variance costs a year's decision"
    assert np.median(known) < middle < 1.4 * np.median(known)

def test_a_verdict_stands_and_what_contradicts_it_is_said():
    noise = np.random.default_rng(2).normal(size=4000)
    early = pd.Series(0.3 + noise)[:700]
    first = decide(early)
    assert first.verdict == "challenger" and first.contradicted is None and first.low > 0
    fading = pd.Series(np.append(0.3 + noise[:700], -0.3 + noise[700:1100]))
    later, now = decide(fading), confidence_sequence(fading).iloc[-1]
    assert now["low"] < 0 < now["high"]  # today's interval alone would take it back
    assert (later.verdict, later.since, later.contradicted) == ("challenger", first.since, None)
    seen = confidence_sequence(fading)
    assert (later.low, later.high) == (seen["low"].max(), seen["high"].min())
    gone = pd.Series(np.append(0.6 + noise[:300], noise[300:]))
    found, seen = decide(gone), confidence_sequence(gone)
    assert (found.verdict, found.since) == ("challenger", first.since) and seen["low"].iloc[-1] < 0
    at = found.contradicted
    assert seen["low"][: at + 1].max() > seen["high"][: at + 1].min()
    assert seen["low"][:at].max() <= seen["high"][:at].min()
    assert f"From bar {at + 1} on the intervals contradict" in found.why and found.low <= found.high
    constant = np.random.default_rng(5).normal(0.05, 1, size=(200, 2520))
    assert np.mean([decide(life).contradicted is not None for life in constant]) <= 0.05
