# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.monitor.trials import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError

SMALL_DRAWS = dict(worlds=60, futures=8)

@pytest.mark.parametrize(
    ("kind", "size", "layer", "within"),
    [
        ("spread", 2.0, "costs", 10),
        ("feature", 1.0, "features", 10),
        ("data", 0.5, "data", 5),
        ("scores", 1.0, "scores", 3),
    ],
)
def test_large_breaks_are_found_soon_and_by_their_layer(kind, size, layer, within):
    lived = live_once(3, validation=300, bars=60, alarms=0.2, kind=kind, size=size, **SMALL_DRAWS)
    assert lived.first <= within and lived.by == layer

def test_a_break_changes_nothing_before_its_bar_and_only_what_it_names():
    whole, broken = draw_world(5, 120), draw_world(5, 120, kind="volatility", size=2.0, at=60)
    np.testing.assert_array_equal(whole.returns[:60], broken.returns[:60])
    assert broken.returns[61:].std() == pytest.approx(2 * whole.returns[61:].std(), rel=1e-9)
    np.testing.assert_array_equal(whole.scores, broken.scores)
    for kind in BREAKS:
        twin = draw_world(5, 120, kind=kind, size=0.5, at=60)
        for name, values in vars(whole).items():
            np.testing.assert_array_equal(vars(twin)[name][:60], values[:60], err_msg=f"{kind} {name}")
    with pytest.raises(NeuralphaError, match="Did you mean 'scores'"):
        draw_world(0, 10, kind="score")

def test_the_power_curve_counts_the_breaks_own_layers_and_what_chance_finds():
    found = first_alarms(2, first_seed=3, validation=300, bars=60, alarms=0.2, kinds=("spread", "data"), **SMALL_DRAWS)
    table = power_table(found, (5, 60))
    assert set(table.index.get_level_values("size")) == {0.0, 0.05, 0.2, 0.5, 1.5, 2.0, 3.0}
    assert (table.loc["spread", "within 5"].loc[2.0:] == 1).all() and table.loc[("data", 0.5), "median"] <= 5
    assert table.loc["spread", "within 60"].is_monotonic_increasing and table.loc[("spread", 0.0), "within 60"] < 1
    alone = live_once(3, validation=300, bars=60, alarms=0.2, kind="spread", size=2.0, **SMALL_DRAWS)
    mine = found.query("kind == 'spread' and size == 2 and seed == 3")["first"].item()
    assert alone.by == "costs" and alone.first == mine
