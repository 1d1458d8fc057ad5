# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.convolution import *
import numpy as np
import pytest
import torch
from neuralpha.core import NeuralphaError
from neuralpha.models.base import mean_ic, toy_problem
from neuralpha.models.training.sparse import first_weights

def _fit(model):
    X, y, fold = toy_problem(30, 200)
    t = y.target("rank")
    model.fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid]))
    ok = fold.test[np.isfinite(y.values[fold.test])]
    return mean_ic(model.predict(X.view(ok)), y.values[ok], X.panel.date_code[ok])

@pytest.mark.parametrize(
    "model", [TCN(window=6), CNN(window=6), MultiScale(window=10, scales=[1, 5])], ids=lambda m: m.name
)
def test_convolutions_find_the_past(model):
    assert _fit(model.set_params(learning_rate=1e-2, batch_rows=256)) > 0.4

@pytest.mark.parametrize(
    "model", [TCN(window=6, channels=8), MultiScale(window=10, scales=[1, 5])], ids=lambda m: m.name
)
def test_inputs_of_a_convolution_are_switched_off_with_all_their_taps(model):
    X, y, fold = toy_problem(20, 120)
    t = y.target("rank")
    alive = []
    m = model.clone(loss="mse", sparse_input=5.0, max_epochs=12, patience=12, learning_rate=1e-2, batch_rows=100)
    m.watch_ = lambda step, gain: alive.append((first_weights(m.net_).norm(dim=0) > 0).sum().item())
    m.fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid]))
    assert alive[0] == 4 and alive[-1] == 0 and alive == sorted(alive, reverse=True)
    assert (m.net_.out.weight != 0).all()

def test_a_causal_block_does_not_see_later_bars():
    torch.manual_seed(0)
    block = CausalBlock(2, 4, 3, 2, 0.0)
    x = torch.randn(1, 2, 12)
    late = x.clone()
    late[..., 7:] += 1
    assert torch.equal(block(x)[..., :7], block(late)[..., :7]) and not torch.equal(
        block(x)[..., 7], block(late)[..., 7]
    )

def _seen(net, window):
    """Bars of a window that move the output, all weights being positive."""
    x = torch.ones(1, window, 1, requires_grad=True)
    for p in net.parameters():
        torch.nn.init.constant_(p, 0.1)
    net.eval()(x).sum().backward()
    return int((x.grad != 0).sum())

@pytest.mark.parametrize("kernel, dilations", [(3, [1, 2]), (2, [1, 2, 4]), (4, [1]), (1, [5])])
def test_what_a_tcn_sees_is_the_formula(kernel, dilations):
    assert (
        _seen(TCNNet(1, 4, kernel, dilations, 0.0, 1), 40)
        == bars_seen(kernel, dilations, 40)
        == 1 + 2 * (kernel - 1) * sum(dilations)
    )

@pytest.mark.parametrize("window", [6, 40])
@pytest.mark.parametrize("kernel, dilations", [(4, [3]), (2, [5, 1]), (2, [4, 8])])
def test_what_wide_dilations_skip_is_not_seen(kernel, dilations, window):
    assert _seen(TCNNet(1, 4, kernel, dilations, 0.0, 1), window) == bars_seen(kernel, dilations, window) < window

@pytest.mark.parametrize("window", [1, 2, 20, 60])
@pytest.mark.parametrize("kernel", [2, 3, 4])
@pytest.mark.parametrize("cls", [TCN, CNN], ids=lambda c: c.name)
def test_a_window_is_seen_whole(cls, kernel, window):
    assert _seen(cls(window=window, kernel=kernel, channels=4).build(1, 1), window) == window

def test_dilations_that_do_not_cover_the_window_are_refused():
    with pytest.raises(
        NeuralphaError, match=r"dilations \[1, 2\] with kernel 2 see 7 of the window's 20 bars; give \[1, 2, 4, 8\]"
    ):
        TCN(kernel=2, dilations=(1, 2))
    with pytest.raises(NeuralphaError, match="see 1 of the window's 20 bars"):
        TCN(kernel=1)
    assert [covering(w, 3) for w in (1, 5, 6, 20, 30)] == [[1], [1], [1, 2], [1, 2, 4], [1, 2, 4, 8]]
    for kernel in range(2, 5):
        assert TCN(kernel=kernel).clone(dilations=covering(20, kernel)).window == 20
