# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.portfolio.foresight import *
from dataclasses import dataclass
import numpy as np
import pytest
from neuralpha.audit.leaks import leak_market
from neuralpha.data.returns import bar_return
from neuralpha.portfolio.balance import Balanced
from neuralpha.portfolio.optimise import Limits, MeanVariance
from neuralpha.portfolio.policies import (
    Band,
    Breaker,
    Capped,
    ConstrainedSize,
    Neutral,
    Policy,
    Quantiles,
    RankWeights,
    Slowed,
    VolatilityTarget,
)
from neuralpha.portfolio.stops import NoTrade, RangeTarget, StopLoss, TimeStop
from neuralpha.trading.clock import Clock
from neuralpha.trading.costs import PRESETS

@dataclass(frozen=True)
class _Peeping(Policy):
    base: Policy

    def weights(self, scores, panel):
        moves = np.bincount(panel.date_code, np.abs(np.nan_to_num(bar_return(panel))), panel.n_dates)
        return self.base.weights(scores, panel) * (moves < np.median(moves))[panel.date_code]

def test_a_policy_that_knows_the_whole_sample_is_caught():
    market, _ = leak_market()
    found = audit_policy(_Peeping(Quantiles(5)), market, cuts=1, checks=("future",))
    assert not found.passed and "wished" in found.failures[0].found

POLICIES = [
    Band(0.1, 0.3),
    RankWeights(),
    Capped(Neutral(RankWeights(), "beta"), 0.2),
    Neutral(Quantiles(4), "style"),
    Slowed(VolatilityTarget(Quantiles(4)), 0.3),
    Balanced(Quantiles(4), window=40),
    RangeTarget(NoTrade(Quantiles(4), 0.01)),
    TimeStop(StopLoss(Quantiles(4), 0.05), 10),
    Breaker(Quantiles(4), -0.02, 0.1, 5),
    ConstrainedSize(),
    MeanVariance(window=60, factors=3, limits=Limits(most=0.3)),
    MeanVariance(window=60, limits=Limits(most=0.3, participation=0.1), costs="almgren", capital=1e6),
]

@pytest.mark.parametrize("policy", POLICIES, ids=[type(p).__name__ for p in POLICIES])
def test_no_policy_of_the_house_sees_ahead(policy):
    market, _ = leak_market()
    found = audit_policy(policy, market, capital=1e6, cuts=1, checks=("future",))
    assert found.passed, found.failures[0].found

@pytest.mark.parametrize("costs", [name for name in PRESETS if name not in ("none", "flat")])
def test_no_cost_of_the_house_sees_ahead(costs):
    market, _ = leak_market()
    clock = Clock(1, "open", 3)
    found = audit_policy(Quantiles(4), market, costs, 1e6, clock, cuts=1, checks=("future",))
    assert found.passed, found.failures[0].found
