# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.trading.returns import *
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from neuralpha.data.panel import panel_from_frame
from neuralpha.labels import forward_return

def _panel(frame, **delisting_return):
    return panel_from_frame(frame, attributes=pd.DataFrame({"delisting_return": delisting_return}))

def test_what_is_earned_is_what_the_label_of_a_halted_and_delisted_stock_says():
    f = pd.DataFrame(
        {
            "date": [*pd.bdate_range("2024-01-01", periods=7)] * 2,
            "asset": ["A"] * 7 + ["B"] * 7,
            "close": [*range(1, 8), 50, 40, 44, *[np.nan] * 4],
        }
    )
    p = _panel(f.drop(index=13), A=np.nan, B=-0.9)
    earned = earned_returns(p).returns
    rows = range(7, 10)
    np.testing.assert_allclose(forward_return(p, 6, 0).values[7:10], [np.prod(1 + earned[r:13]) - 1 for r in rows])
    np.testing.assert_allclose(forward_return(p, 6, 0).values[7:10], [0.088 - 1, 0.11 - 1, -0.9], atol=1e-7)

def test_a_stated_loss_of_a_stock_halted_to_the_end_is_earned_on_the_last_date():
    days = pd.bdate_range("2024-01-01", periods=6)
    f = pd.DataFrame(
        {"date": [*days] * 2, "asset": ["A"] * 6 + ["B"] * 6, "close": [*[1.0] * 6, 50, 40, *[np.nan] * 4]}
    )
    p = _panel(f, A=np.nan, B=-0.9)
    earned = earned_returns(p).returns
    y = forward_return(p, 2, 0)
    np.testing.assert_allclose([np.prod(1 + earned[6:11]) - 1, np.prod(1 + earned[7:11]) - 1], y.values[6:8])
    assert earned[10] == -0.9 and earned[11] == 0 and y.known_code[7] == 5

def test_a_halt_is_earned_on_the_bar_on_which_trading_resumes():
    f = pd.DataFrame(
        {"date": pd.bdate_range("2024-01-01", periods=5), "asset": "A", "close": [2, np.nan, np.nan, 3, 3]}
    )
    np.testing.assert_allclose(earned_returns(panel_from_frame(f)).returns, [0, 0, 0.5, 0, 0])

def test_who_misses_the_thin_end_has_not_left_and_a_loss_that_nobody_stated_is_counted():
    days = pd.bdate_range("2024-01-01", periods=60)
    f = pd.DataFrame(
        [(d, a) for a, end in zip("ABCDE", (60, 60, 58, 60, 20)) for d in days[:end]], columns=["date", "asset"]
    ).assign(close=1.0)
    p = panel_from_frame(f)
    earned = earned_returns(p)
    assert earned.unknown.sum() == 1 and earned.unknown[p.rows_of("E")][-1] and not earned.returns.any()

def test_one_assets_prices_are_not_anothers():
    f = pd.DataFrame(
        {"date": [*pd.bdate_range("2024-01-01", periods=3)] * 2, "asset": [*"AAABBB"], "close": [1, 2, 4, np.nan, 8, 4]}
    )
    np.testing.assert_allclose(earned_returns(panel_from_frame(f)).returns, [1, 1, 0, 0, -0.5, 0])
