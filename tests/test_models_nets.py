# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.nets import *
import numpy as np
import pandas as pd
import pytest
import torch
from neuralpha.core import NeuralphaError
from neuralpha.models.base import mean_ic, toy_problem

def _fit(model, **problem):
    X, y, fold = toy_problem(**{"n_assets": 30, "n_dates": 200, **problem})
    t = y.target("rank")
    model.fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid]))
    ok = fold.test[np.isfinite(y.values[fold.test])]
    return mean_ic(model.predict(X.view(ok)), y.values[ok], X.panel.date_code[ok])

def test_an_mlp_finds_the_product_and_a_window_finds_the_past():
    kw = dict(learning_rate=1e-2, batch_rows=256)
    near = _fit(MLP(**kw))
    far = _fit(MLP(window=5, **kw))
    assert near > 0.45 and far > near + 0.05

def test_assets_do_not_share_a_score_because_training_was_in_bfloat16():
    X, y, fold = toy_problem(1000, 20)
    t = y.target("rank")
    score = MLP(precision="bfloat16", max_epochs=1).fit(X.view(fold.train), t[fold.train]).predict(X.view(fold.test))
    assert pd.Series(score).groupby(X.panel.date_code[fold.test]).nunique().min() > 990

def test_batch_norm_learns_beside_dates_of_one_asset():
    X, y, fold = toy_problem(30, 100)
    t = y.target("rank")
    date = X.panel.date_code[fold.train]
    rows = fold.train[(date >= 30) | (X.panel.asset_code[fold.train] == 0)]
    m = MLP(norm="batch", batch_rows=24, max_epochs=5).fit(X.view(rows), t[rows])
    assert len(m.history_) == 5 and np.isfinite(m.predict(X.view(fold.test))).all()

def test_scores_do_not_depend_on_the_order_of_the_rows():
    m = MLP(max_epochs=1, window=3)
    _fit(m)
    X, y, fold = toy_problem(30, 200)
    order = np.random.default_rng(0).permutation(len(fold.test))
    np.testing.assert_allclose(m.predict(X.view(fold.test[order])), m.predict(X.view(fold.test))[order], atol=1e-6)

@pytest.mark.parametrize("kw", [dict(norm="batch"), dict(norm="none"), dict(hidden=[32, 32, 32], skip=True)], ids=str)
def test_norms_and_skips_learn(kw):
    assert _fit(MLP(learning_rate=1e-2, batch_rows=256, **kw)) > 0.4

def test_the_activation_is_the_one_that_is_named():
    for name, kind in ACTIVATIONS.items():
        bent = [type(m) for m in MLP(activation=name).build(4, 1).modules() if type(m) in ACTIVATIONS.values()]
        assert bent == [kind, kind]

def test_a_skip_around_the_first_weights_cannot_be_sparse():
    kw = dict(skip=True, sparse_input=0.1, max_epochs=1)
    with pytest.raises(NeuralphaError, match="4 units for as many inputs"):
        _fit(MLP(hidden=[4, 4], **kw))
    for m in (MLP(hidden=[5, 5], **kw), MLP(hidden=[], **kw)):
        assert len(_fit(m) and m.history_) == 1

@pytest.mark.parametrize("killed", ["fit", "refit"])
def test_a_fit_that_was_killed_goes_on_from_its_folder(killed, tmp_path, monkeypatch):
    from neuralpha.models.training import loop

    X, y, fold = toy_problem(20, 120)
    t = y.target("rank")
    both = np.concatenate([fold.train, fold.valid])
    write = loop.save_checkpoint
    saved = []

    class Killed(Exception):
        pass

    def save(path, *state):
        write(path, *state)
        saved.append(path.stem)
        if path.parent.name == "killed" and path.stem == killed and saved.count(killed) == 1:
            raise Killed

    monkeypatch.setattr(loop, "save_checkpoint", save)

    def scores(folder):
        m = MLP(learning_rate=1e-2, batch_rows=100, max_epochs=4)
        m.checkpoint_ = tmp_path / folder
        m.fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid]))
        return m.refit(X.view(both), t[both]).predict(X.view(fold.test))

    whole = scores("whole")
    steps = saved.copy()
    saved.clear()
    with pytest.raises(Killed):
        scores("killed")
    np.testing.assert_array_equal(scores("killed"), whole)
    assert saved == steps  # no epoch was trained twice

@pytest.mark.parametrize("loss", ["bce", "buy_hold_sell", "quantile", "ic + 0.3*bce"])
def test_every_head_scores_in_the_right_direction(loss, tmp_path):
    m = MLP(learning_rate=1e-2, batch_rows=256, loss=loss, max_epochs=8)
    assert _fit(m) > 0.35
    X, y, fold = toy_problem(30, 200)
    m.save(tmp_path / "m")
    np.testing.assert_array_equal(MLP.load(tmp_path / "m").outputs(X.view(fold.test)), m.outputs(X.view(fold.test)))

def test_a_net_fitted_on_a_device_that_is_not_here_is_read_and_fitted_again(tmp_path):
    m = MLP(max_epochs=1)
    _fit(m)
    X, y, fold = toy_problem(30, 200)
    said = m.predict(X.view(fold.test))
    m.set_params(device="cuda:77").save(tmp_path / "m")
    again = MLP.load(tmp_path / "m")
    np.testing.assert_array_equal(again.predict(X.view(fold.test)), said)
    t = y.target("rank")
    assert again.device == "auto" and again.refit(X.view(fold.valid), t[fold.valid]).history_ == m.history_
    with pytest.raises(NeuralphaError, match="is not there"):
        MLP(device="cuda:77").fit(X.view(fold.train), t[fold.train])

def test_quantiles_cover_what_they_say():
    m = MLP(learning_rate=1e-2, batch_rows=256, loss="quantile")
    _fit(m, n_assets=60)
    X, y, fold = toy_problem(60, 200)
    share = (y.target("rank")[fold.valid][:, None] < m.outputs(X.view(fold.valid))).mean(0)
    np.testing.assert_allclose(share, [0.1, 0.25, 0.5, 0.75, 0.9], atol=0.06)

@pytest.mark.parametrize("loss", ["ic + 0.1*mse", "ic + 0.3*bce", "quantile"])
def test_dates_whose_longer_label_is_not_known_yet_teach_the_shorter(loss):
    X, y, fold = toy_problem(200, 30)
    both = np.stack([y.target("rank")] * 2, 1)
    both[X.panel.date_code > X.panel.date_code[fold.train].max() - 5, 1] = np.nan
    m = MLP(loss=loss, stop_on="loss", batch_rows=200, max_epochs=2).fit(
        X.view(fold.train), both[fold.train], valid=(X.view(fold.valid), both[fold.valid])
    )
    assert np.isfinite([h["train_loss"] + h["valid_loss"] for h in m.history_]).all()

def test_several_horizons_are_learnt_together(tmp_path):
    X, y, fold = toy_problem(30, 200)
    t = y.target("rank")
    both = np.stack([t, -t], 1)
    both[::7, 1] = np.nan
    m = MLP(learning_rate=1e-2, batch_rows=256, max_epochs=8).fit(
        X.view(fold.train), both[fold.train], valid=(X.view(fold.valid), both[fold.valid])
    )
    out = m.outputs(X.view(fold.valid))
    assert out.shape[1] == 2 and np.corrcoef(out.T)[0, 1] < -0.8
    np.testing.assert_array_equal(m.predict(X.view(fold.valid)), out[:, 0])
    m.save(tmp_path / "m")
    np.testing.assert_array_equal(MLP.load(tmp_path / "m").outputs(X.view(fold.valid)), out)
