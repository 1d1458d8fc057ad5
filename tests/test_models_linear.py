# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.linear import *
import numpy as np
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.models.base import toy_problem

def test_ridge_is_scikit_learns():
    from sklearn.linear_model import Ridge as Peer
    X, y, fold = toy_problem(20, 100)
    t = y.target("rank")[fold.train]
    ours = Ridge(alpha=.3).fit(X.view(fold.train), t)
    x = X.values[fold.train].astype(float)
    x = (x - x.mean(0))/x.std(0)
    peer = Peer(alpha=.3*len(x)).fit(x, t)
    np.testing.assert_allclose(ours.coef_, peer.coef_, atol=1e-5)
    np.testing.assert_allclose(ours.predict(X.view(fold.train)), peer.predict(x), atol=1e-5)

def test_the_penalty_is_chosen_on_validation_or_refused():
    X, y, fold = toy_problem(20, 100)
    t = y.target("rank")
    with pytest.raises(NeuralphaError, match="validation part"): Ridge().fit(X.view(fold.train), t[fold.train])
    m = Ridge().fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid]))
    assert len(m.history_) == 13 and m.chosen_["alpha"] == max(m.history_, key=lambda h: h["valid_ic"])["alpha"]
