# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.simulate import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.simulate import _response, _known_part

def test_known_part_by_hand():
    a = Alpha("reversal", half_life=1) # w = 1, 1/2, 1/4, 1/8
    np.testing.assert_allclose(_response(a), [1, .5, .25, .125])
    # bars t+2 and t+3: the shock of bar t acts with w1 + w2, of t-1 with w2 + w3, of t-2 with w3
    np.testing.assert_allclose(_known_part(a, horizon=2, delay=1), [.75, .375, .125, 0])
    # answered two bars late: the shock of bar t acts on bar t+3 only with w0
    np.testing.assert_allclose(_known_part(Alpha("echo", half_life=1, lag=2), 2, 1)[:3], [1, 1.5, .75])

def test_range_of_a_day_is_that_of_a_random_walk():
    from neuralpha.data.simulate import _bars
    rng = np.random.default_rng(0)
    n, steps, vol = 20_000, 400, .02
    # a day without an overnight move, walked in small steps, against the formula at the same open and close
    path = np.cumsum(rng.standard_normal((steps, n))*vol/np.sqrt(steps), axis=0)
    o, h, l = _bars(rng, np.exp(path[-1:]), np.expm1(path[-1:]), np.full((1, n), vol))
    assert (h >= np.maximum(o, np.exp(path[-1]))).all() and (l <= np.minimum(o, np.exp(path[-1]))).all()
    walked = np.maximum(path.max(0), 0)
    drawn = np.sqrt(4/3)*np.log(h/o)[0] # three quarters of the variance is intraday
    assert abs(drawn.mean()/walked.mean() - 1) < .06 # a walk in 400 steps misses about 3% of the maximum
    assert abs(np.log(h/o).mean()/-np.log(l/o).mean() - 1) < .03
