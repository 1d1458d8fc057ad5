# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.pages.sweep import *
import pandas as pd
from neuralpha.report.pages.money import WORTH_COLUMNS
from neuralpha.report.pages.sweep import _swept_table

def test_a_column_of_the_sweep_is_called_as_on_the_money_page():
    heads = _swept_table(pd.DataFrame()).heads
    assert {head for head, _ in WORTH_COLUMNS.values()} - {"volatility, %", "beta"} <= set(heads)
    assert {"gross, % a year", "deflated Sharpe ratio", "break-even, bps"} <= set(heads)
