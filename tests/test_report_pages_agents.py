# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.pages.agents import *
def test_turnover_has_one_name_on_the_page():
    from neuralpha.report.pages.agents import _trading_table
    from neuralpha.report.pages.money import WORTH_COLUMNS

    table = _trading_table({"ppo": {"turnover": 12.0, "cost_bps": 1.5, "gross_bps": 3.0}})
    heads_above = [head for head, _ in WORTH_COLUMNS.values()]
    assert table.heads[1] in heads_above and "turnover" in table.heads[1]
