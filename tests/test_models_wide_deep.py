# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.wide_deep import *
import numpy as np
import pytest
import torch
from neuralpha.core import NeuralphaError
from neuralpha.models.base import scaled
from neuralpha.models.gkx import gkx_problem
from neuralpha.models.losses import grid_of
from neuralpha.models.training.resident import Resident

def _parts(n=3000, seed=0):
    rng = np.random.default_rng(seed)
    z, z_valid = rng.normal(size=(2, n, 4))
    return rng, z, z_valid

def test_what_does_not_hold_on_validation_is_left_out():
    rng, z, z_valid = _parts()
    b = kept_slopes(z, z @ [1, 0.5, 0, 0] + 2, z_valid, z_valid @ [1, -0.5, 0, 0] + 2)
    assert b[1] == 0 and abs(b[[0, 4]] - [1, 2]).max() < 0.05
    exact = kept_slopes(z, z @ [1, 0.5, -1, 2] + 3, z_valid, z_valid @ [1, 0.5, -1, 2] + 3)
    np.testing.assert_allclose(exact, [1, 0.5, -1, 2, 3], atol=1e-9)

def test_gates_are_between_nothing_and_everything_and_best_on_validation():
    rng, z, z_valid = _parts()
    deep = z[:, 0] ** 2
    deep_valid = z_valid[:, 0] ** 2
    gate, wide = widen(z, z[:, 1] + deep, deep, z_valid, 0.6 * z_valid[:, 1] + 0.7 * deep_valid, deep_valid)
    assert gate == pytest.approx(0.7, abs=0.02) and wide[1] == pytest.approx(0.6, abs=0.02)
    gate, wide = widen(
        z,
        z[:, 1] - 2 * z[:, 2],
        deep + 5 * z[:, 2],
        z_valid,
        -z_valid[:, 1] - 2 * z_valid[:, 2] - deep_valid,
        deep_valid + 5 * z_valid[:, 2],
    )
    assert (
        gate == 0 and abs(wide[1]) < 0.02 and wide[2] == pytest.approx(-2, abs=0.05)
    )  # the deep part's own slope is not the wide part's

def _draw(case="b", p=8, seed=(1000, 1)):
    X, r, g, (train, valid, test) = gkx_problem(case, p, list(seed))
    t = ((r - r[train].mean()) / r[train].std()).astype(np.float32)
    return X, t, g, train, valid, test

def test_the_within_date_loss_is_that_of_regressions_date_by_date():
    torch.manual_seed(0)
    net = WideDeepNet(3, (4,))
    date = np.repeat([0, 1, 2], [7, 9, 5])
    x = torch.randn(21, 1, 3)
    t = torch.randn(21)
    e = (net.deep(x[:, 0])[:, 0] - t).detach().double().numpy()
    left = 0.0
    for d in range(3):
        c = with_level(x[date == d, 0].numpy())
        stacked = np.vstack([c, np.eye(4)])
        padded = np.r_[e[date == d], np.zeros(4)]
        b = np.linalg.lstsq(stacked, padded, rcond=None)[0]
        left += ((padded - stacked @ b) ** 2).sum()
    assert WithinDate(net).loss(x, t, grid_of(date)).item() == pytest.approx(left / 21, rel=1e-4)
    shuffled = np.random.default_rng(0).permutation(21)
    z = x[:, 0].numpy()[shuffled]
    assert e[shuffled] @ ByDate(z, date[shuffled]).left(e[shuffled]) == pytest.approx(left, rel=1e-6)

def test_common_shocks_do_not_move_the_within_date_loss():
    torch.manual_seed(0)
    net = WideDeepNet(3, (4,))
    date = np.repeat([0, 1], 400)
    x = torch.randn(800, 1, 3)
    t = torch.randn(800)
    shock = torch.cat([x[:400, 0] @ torch.tensor([0.5, -1.0, 2.0]), -x[400:, 0] @ torch.tensor([0.5, -1.0, 2.0])])
    loss = WithinDate(net).loss
    assert loss(x, t + shock, grid_of(date)).item() == pytest.approx(loss(x, t, grid_of(date)).item(), rel=0.02)
    assert ((net.deep(x[:, 0])[:, 0] - t - shock) ** 2).mean() > 3

@pytest.mark.parametrize("cls", [WideDeep, WideTrees])
def test_the_planted_inputs_are_found_and_their_shape_is_learnt(cls):
    X, t, g, train, valid, test = _draw()
    m = cls(max_inputs=6).fit(X.view(train), t[train], valid=(X.view(valid), t[valid]))
    kept = m.columns_[0] if cls is WideTrees else m.net_.live.numpy()
    assert {0, 1, 10} <= set(kept) and len(kept) == 6  # c1, c2 and c3 times the macro state
    assert np.corrcoef(m.predict(X.view(test)), g[test])[0, 1] > 0.6  # the best linear model: .3
    flat = X.values.copy()
    flat[:, [j for j in range(16) if j not in kept]] = 0
    from dataclasses import replace

    np.testing.assert_array_equal(m.predict(replace(X, values=flat).view(test)), m.predict(X.view(test)))

def test_windows_are_read_in_blocks_and_add_up_to_the_least_squares_of_all_rows(monkeypatch):
    X, t, g, train, valid, test = _draw(p=3)
    m = WideDeep(window=2, max_inputs=3, max_epochs=1).fit(X.view(train), t[train], valid=(X.view(valid), t[valid]))
    asked = []
    windows = Resident.windows
    data = Resident(X, 2, m.mean_, m.sd_)
    whole = [m.net_.inputs(data.windows(data.at(rows))) for rows in (train, valid)]
    with torch.no_grad():
        deep = [m.net_.deep(z)[:, 0].double().numpy() for z in whole]
    gate, wide = widen(whole[0].numpy(), t[train], deep[0], whole[1].numpy(), t[valid], deep[1])
    monkeypatch.setattr(Resident, "windows", lambda self, at: (asked.append(len(at)), windows(self, at))[1])
    set_wide_part(m.net_, data, (train, t[train]), (valid, t[valid]))
    assert max(asked) <= 4096 < len(train) and sum(asked) == len(train) + len(valid)
    assert m.net_.gate.item() == pytest.approx(gate, abs=1e-6)
    np.testing.assert_allclose(m.net_.wide.numpy(), wide, atol=1e-6)

def test_what_cannot_be_trained_says_so():
    X, t, g, train, valid, test = _draw(p=3)
    for m in (WideDeep(), WideTrees()):
        with pytest.raises(NeuralphaError, match="validation"):
            m.fit(X.view(train), t[train])
    with pytest.raises(NeuralphaError, match="Unknown loss 'ic'. Choose from: mse"):
        WideDeep(loss="ic")  # it is trained on squared error
