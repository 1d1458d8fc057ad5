# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.audit.leaks import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError

def test_there_are_enough_kinds_and_each_has_a_twin():
    assert len(LEAKS) >= 60 and len({leak.name for leak in LEAKS}) == len(LEAKS)
    assert {leak.part for leak in LEAKS} == {
        "future",
        "labels",
        "splits",
        "permutation",
        "start-up",
        "origin",
        "levels",
    }
    makers = {leak.make.__name__ for leak in LEAKS}
    assert len(makers) == len(LEAKS) and "_" not in makers
    with pytest.raises(NeuralphaError, match="No planted leak"):
        leak_catalogue(["nothing of the kind"])

@pytest.mark.parametrize("leak", [leak.name for leak in LEAKS])
def test_the_leak_is_flagged_and_its_clean_twin_is_not(leak):
    row = leak_catalogue([leak]).iloc[0]
    assert row.flagged, f"not flagged by {row.by}"
    assert row.clean_passed, row.false_alarm

@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_that_does_not_depend_on_the_market_drawn(seed):
    table = leak_catalogue(seed=seed)
    assert table.flagged.all(), list(table.index[~table.flagged])
    assert table.clean_passed.all(), list(table.false_alarm[~table.clean_passed])
