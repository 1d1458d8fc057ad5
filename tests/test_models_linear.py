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
    ours = Ridge(alpha=0.3).fit(X.view(fold.train), t)
    x = X.values[fold.train].astype(float)
    x = (x - x.mean(0)) / x.std(0)
    peer = Peer(alpha=0.3 * len(x)).fit(x, t)
    np.testing.assert_allclose(ours.coef_, peer.coef_, atol=1e-5)
    np.testing.assert_allclose(ours.predict(X.view(fold.train)), peer.predict(x), atol=1e-5)

def test_the_penalty_is_chosen_on_validation_or_refused():
    X, y, fold = toy_problem(20, 100)
    t = y.target("rank")
    with pytest.raises(NeuralphaError, match="validation part"):
        Ridge().fit(X.view(fold.train), t[fold.train])
    m = Ridge().fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid]))
    assert len(m.history_) == 13 and m.chosen_["alpha"] == max(m.history_, key=lambda h: h["valid_ic"])["alpha"]

def _table(n=600, F=6):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, F)) @ rng.normal(size=(F, F))
    x = (x - x.mean(0)) / x.std(0)
    return x, x @ rng.normal(size=F) + rng.standard_t(3, n)

def test_elastic_net_is_scikit_learns():
    from sklearn.linear_model import ElasticNet as Peer

    x, t = _table()
    for rho in (0.5, 1.0):
        note, b, b0 = ElasticNet(alpha=0.2, l1_ratio=rho)._path(x, t)[0]
        peer = Peer(alpha=0.2, l1_ratio=rho, tol=1e-10, max_iter=10_000).fit(x, t)
        np.testing.assert_allclose(b, peer.coef_, atol=1e-6)
        assert b0 == pytest.approx(peer.intercept_, abs=1e-6) and note["features"] == (peer.coef_ != 0).sum()

def test_huber_is_statsmodels():
    import statsmodels.api as sm

    x, t = _table()
    _, b, b0 = Huber(alpha=0.0, rounds=60, delta=1.345)._path(x.astype("f4"), t)[0]
    peer = sm.RLM(t, sm.add_constant(x), M=sm.robust.norms.HuberT(1.345)).fit(maxiter=200)
    np.testing.assert_allclose(np.r_[b0, b], peer.params, atol=0.02)

def test_logistic_is_scikit_learns():
    from sklearn.linear_model import LogisticRegression

    x, t = _table()
    _, b, b0 = Logistic(alpha=0.01)._path(x.astype("f4"), t)[0]
    peer = LogisticRegression(C=1 / (0.01 * len(x)), tol=1e-10, max_iter=1000).fit(x, t > 0)
    np.testing.assert_allclose(b, peer.coef_[0], atol=1e-4)
    assert b0 == pytest.approx(peer.intercept_[0], abs=1e-4)

def test_components_are_scikit_learns():
    from sklearn.cross_decomposition import PLSRegression
    from sklearn.decomposition import PCA

    x, t = _table()
    for k in (1, 3):
        np.testing.assert_allclose(
            PLS(components=k)._path(x, t)[0][1], PLSRegression(k, scale=False).fit(x, t).coef_[0], atol=1e-6
        )
        v = PCA(k).fit(x).components_
        np.testing.assert_allclose(
            PCR(components=k)._path(x, t)[0][1], v.T @ np.linalg.lstsq(x @ v.T, t - t.mean(), rcond=None)[0], atol=1e-6
        )
    np.testing.assert_allclose(PLS(components=6)._path(x, t)[0][1], OLS()._path(x, t)[0][1], atol=1e-6)

@pytest.mark.parametrize("cls", [OLS, Ridge, Lasso, ElasticNet, Huber, PCR, PLS], ids=lambda c: c.name)
@pytest.mark.parametrize("level", [0.0, 0.25, 0.1])
def test_a_constant_target_gives_its_constant(cls, level):
    X, y, fold = toy_problem(12, 60)
    t = np.full(len(X), level, np.float32)
    m = cls().fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid]))
    np.testing.assert_allclose(m.predict(X.view(fold.test)), level, atol=1e-6)
