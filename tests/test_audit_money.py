# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.audit.money import *
import numpy as np
import pytest
from neuralpha.audit.leaks import leak_catalogue, leak_market
from neuralpha.audit.money import MONEY_LEAKS, held_money
from neuralpha.audit.pipeline import audit_pipeline

def test_every_input_of_execution_has_a_pair():
    names = [leak.name for leak in MONEY_LEAKS]
    assert len(names) >= 12 and len(set(names)) == len(names)

@pytest.mark.parametrize("leak", [leak.name for leak in MONEY_LEAKS])
def test_money_that_knows_the_future_is_caught_and_its_clean_twin_passes(leak):
    row = leak_catalogue([leak], leaks=MONEY_LEAKS).iloc[0]
    assert row.flagged and row.clean_passed, row.false_alarm

def test_an_account_that_is_priced_by_its_own_bar_is_caught(monkeypatch):
    """The ledger with one line broken: what prices a trade ends with the trade's own bar."""
    from neuralpha.trading import costs

    panel, _ = leak_market()
    weights = np.where(panel.tradable, 0.02, 0.0)

    def pipeline(p):
        same = np.where(p.tradable, 0.02, 0.0)
        return {"positions": held_money(p, same, costs="square-root")}

    assert audit_pipeline(pipeline, panel, cuts=2, decide="close").passed
    true = costs.past_volatility

    def of_tomorrow(p, window=20):
        return np.append(true(p, window)[2:], [np.nan, np.nan])

    monkeypatch.setattr(costs, "past_volatility", of_tomorrow)
    assert not audit_pipeline(pipeline, panel, cuts=2, checks=("future",)).passed
    assert len(weights) == panel.n_rows
