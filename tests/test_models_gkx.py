# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.gkx import *
import numpy as np
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.models.base import mean_ic, toy_problem

def test_the_pyramids_are_the_papers():
    for cls, widths in ((NN1, [32]), (NN3, [32, 16, 8]), (NN5, [32, 16, 8, 4, 2])):
        net = cls().build(10, 1)
        assert [p.shape[0] for n, p in net.named_parameters() if p.ndim > 1] == [*widths, 1]
    with pytest.raises(NeuralphaError, match="1 to 5"): NN3(depth=6).build(4, 1)

@pytest.mark.parametrize("cls", [NN1, NN3])
def test_a_pyramid_learns_the_saddle(cls):
    X, y, fold = toy_problem(40, 200)
    t = y.target("rank")
    m = cls(batch_rows=500, max_epochs=40).fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid]))
    product = X.values[fold.test, 1]*X.values[fold.test, 2]
    assert np.corrcoef(m.predict(X.view(fold.test)), product)[0, 1] > .35
