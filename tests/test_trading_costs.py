# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.trading.costs import *
import matplotlib.pyplot as plt
import numpy as np
import pytest
from neuralpha.core import NeuralphaError

def test_a_trade_costs_the_half_spread_of_its_amount():
    np.testing.assert_allclose(Costs(10).of_trading(np.array([0.0, 1.0, 250.0])), [0, 0.001, 0.25])
    assert Costs().half_spread_bps == 5 and Costs(0).of_trading(3.0) == 0 and Costs(2) == Costs(half_spread_bps=2)

@pytest.mark.parametrize("bps", [-1, float("nan"), float("inf")])
def test_costs_that_nobody_can_pay_are_refused(bps):
    with pytest.raises(NeuralphaError, match="half_spread_bps is"):
        Costs(bps)
