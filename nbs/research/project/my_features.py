"""Features of this project: functions of the long table of prices, one number per row.

`frame` has the columns date, asset and whatever the universe has (open, high, low, close, volume, ...), sorted by asset
and date. The row of a date may use that row and earlier ones and nothing later: `test_project.py` changes the future
and looks.
"""

import pandas as pd


def calm(frame: pd.DataFrame) -> pd.Series:
    """Today's move beside the stock's usual one of the last 20 bars."""
    returns = frame.groupby("asset")["close"].pct_change(fill_method=None)
    move = returns.abs()
    usual = move.groupby(frame["asset"]).transform(_mean_of_20)
    return (move / usual).rename("calm")


def _mean_of_20(past):
    return past.rolling(20).mean()


FEATURES = [calm]
