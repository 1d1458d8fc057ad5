# Exported from nbs/ by `make sync`; edit the notebook.
import numpy as np

from neuralpha.monitor.layers import learn_watch

from neuralpha.monitor.trials import draw_world, numbers_of

def test_the_break_of_the_guide_is_found_and_its_twin_stays_silent():
    found = {}
    for kind in ("ic", None):
        numbers = numbers_of(draw_world(5, 1004, kind=kind, size=1.0, at=752, ic=0.12), 500)
        chart = learn_watch(numbers[:500], bars=504).charts["ic"]
        found[kind] = np.flatnonzero(chart.run(numbers["ic"].to_numpy()[500:])["alarm"])
    assert len(found["ic"]) and found["ic"][0] >= 252 and not len(found[None])
