# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.checks.planted import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.data.checks.rules import CHECKS

@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_found_in_a_clean_market_with_fat_tails(seed):
    panel = check_frame(clean_market(seed))
    wrong = panel.checks[(panel.checks.rows > 0) & (panel.checks.check != "large_move")]
    assert wrong.empty, wrong.to_string()
    assert panel.tradable.all() and panel.masked.empty
    assert set(panel.checks.check) >= set(CHECKS) - {"duplicate"}  # every check has its line

SIDE_EFFECTS = {  # what else these faults are
    "missing_key": {"gap"},
    "thin_session": {"gap"},
    "sparse_asset": {"gap"},
    "bid_ask_bounce": {"locked_limit"},
    "volume_unit_flip": {"volume_spike"},
    "date_slip": {"short_history"},
    **dict.fromkeys(
        ("future_date", "wrong_session", "far_dates", "duplicate_rows", "conflicting_rows"), {"unsorted_rows"}
    ),
}

@pytest.mark.parametrize("check", [c for c in CHECKS if c != "impossible_return"])
def test_planted_fault_is_found_and_nothing_else(check):
    fault = PLANTED[check]
    panel = check_frame(fault.frame, halt=False)
    lines = panel.checks.set_index("check")
    natural = count_found(CLEAN)
    expected = natural[check] + (fault.rows or 0)
    assert lines.rows[check] == expected if fault.rows else lines.rows[check] > expected
    assert lines.action[check] == fault.action
    others = set(lines.index[lines.rows > 0]) - {check, "large_move"} - SIDE_EFFECTS.get(check, set())
    assert not others, others
