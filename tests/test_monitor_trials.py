# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.monitor.trials import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError

FEW = dict(worlds=60, futures=8)

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
    lived = live_once(3, learnt=300, bars=60, alarms=0.2, kind=kind, size=size, **FEW)
    assert lived.first <= within and lived.by == layer

def test_a_break_changes_nothing_before_its_bar_and_only_what_it_names():
    whole, broken = draw_world(5, 120), draw_world(5, 120, kind="volatility", size=2.0, at=60)
    np.testing.assert_array_equal(whole.returns[:60], broken.returns[:60])
    assert broken.returns[61:].std() == pytest.approx(2 * whole.returns[61:].std(), rel=1e-9)
    np.testing.assert_array_equal(whole.scores, broken.scores)
    with pytest.raises(NeuralphaError, match="Did you mean 'scores'"):
        draw_world(0, 10, kind="score")
