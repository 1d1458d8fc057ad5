# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.trading.clock import *
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.trading.returns import earned_returns

@pytest.mark.parametrize("fill", FILLS)
def test_both_legs_are_the_whole_return(fill):
    panel = simulate_universe(50, 400, seed=2)
    legs = bar_legs(panel, Clock(fill=fill))
    into = np.append(0.0, earned_returns(panel).returns[:-1])
    first = panel.asset_offsets[:-1]
    later = np.setdiff1d(np.arange(panel.n_rows), first)
    np.testing.assert_allclose(((1 + legs.before) * (1 + legs.after))[later], (1 + into)[later], rtol=1e-12)
    assert not legs.before[first].any() and np.isfinite(legs.after).all()
    assert fill == "close" or np.abs(legs.after).max() > 0.01

def test_legs_of_two_bars_by_hand():
    frame = pd.DataFrame({"date": pd.bdate_range("2020-01-01", periods=3), "asset": "A"})
    frame = frame.assign(open=[10.0, 11, 8], high=[10.0, 12, 9], low=[10.0, 11, 8], close=[10.0, 12, 9])
    panel = panel_from_frame(frame)
    opening, mean = (bar_legs(panel, Clock(fill=f)) for f in ("open", "vwap"))
    np.testing.assert_allclose(opening.before, [0, 0.1, 8 / 12 - 1], rtol=1e-6)
    np.testing.assert_allclose(opening.after, [0, 12 / 11 - 1, 1 / 8], rtol=1e-6)
    np.testing.assert_allclose(mean.before, [0, 0.15, 8.5 / 12 - 1], rtol=1e-6)

def test_a_clock_that_looks_ahead_is_refused():
    with pytest.raises(NeuralphaError, match="before the decision"):
        Clock(0, "open")
    with pytest.raises(NeuralphaError, match="delay is -1"):
        Clock(-1)
    with pytest.raises(NeuralphaError, match="horizon is 0"):
        Clock(horizon=0)
    with pytest.raises(NeuralphaError, match="close"):
        Clock(fill="clsoe")
    closes = panel_from_frame(
        pd.DataFrame({"date": pd.bdate_range("2020-01-01", periods=3), "asset": "A", "close": 1.0})
    )
    with pytest.raises(NeuralphaError, match="no field 'open'"):
        bar_legs(closes, Clock(fill="open"))

def test_decisions_enter_late_and_in_tranches():
    frame = pd.DataFrame(
        {"date": pd.bdate_range("2020-01-01", periods=4).repeat(2), "asset": list("AB") * 4, "close": 1.0}
    )
    panel = panel_from_frame(frame)
    decided = np.array([1.0, 2, np.nan, 4, -1, -2, -3, -4])
    np.testing.assert_array_equal(entered_weights(panel, decided), [0, 1, 2, np.nan, 0, -1, -2, -3])
    np.testing.assert_array_equal(entered_weights(panel, decided, Clock(0)), decided)
    tranches = entered_weights(panel, np.stack([decided, 2 * decided], 1), Clock(1, horizon=2))
    np.testing.assert_array_equal(tranches[:, 0], [0, 0.5, 1.5, 1, 0, -0.5, -1.5, -2.5])
    np.testing.assert_array_equal(tranches[:, 1], 2 * tranches[:, 0])
    with pytest.raises(NeuralphaError, match="weights have 3 rows, universe has 8"):
        entered_weights(panel, np.zeros(3))
