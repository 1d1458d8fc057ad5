# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.losses import *
import numpy as np
import pytest
import torch
from neuralpha.core import NeuralphaError
from neuralpha.models.losses import _grid_of

def test_a_grid_keeps_every_row():
    date = np.array([5, 2, 5, 2, 2, 9])
    grid, v = _grid_of(date), torch.arange(6.)
    assert grid.fill(v).tolist() == [[1, 3, 4], [0, 2, 0], [5, 0, 0]]
    assert torch.equal(grid.take(grid.fill(v)), v) and grid.mask.sum() == 6
    assert not grid.full and _grid_of(np.array([1, 1, 2, 2])).full

def _random(seed=0, dates=3, places=6):
    g = torch.Generator().manual_seed(seed)
    s, t = torch.randn(2, dates, places, generator=g, dtype=torch.float64)
    mask = torch.ones(dates, places, dtype=bool); mask[1, 4:] = False; mask[2, 5:] = False
    return s, t, mask

@pytest.mark.parametrize("name", [n for n in LOSSES if n != "quantile"])
def test_gradients(name):
    s, t, mask = _random()
    assert torch.autograd.gradcheck(lambda s: LOSSES[name](s, t, mask), s.requires_grad_(), eps=1e-6, atol=1e-5)

def test_gradients_of_quantile_loss():
    s, t, mask = _random()
    s = (s[..., None] + torch.linspace(-.7, .8, 5)).requires_grad_()
    assert torch.autograd.gradcheck(lambda s: quantile(s, t, mask), s)

@pytest.mark.parametrize("name", [n for n in LOSSES if n != "quantile"])
def test_empty_places_do_not_count(name):
    s, t, mask = _random()
    other = torch.where(mask, s, 99.), torch.where(mask, t, -99.)
    torch.testing.assert_close(LOSSES[name](*other, mask), LOSSES[name](s, t, mask))

def test_row_losses_are_their_definitions():
    s, t, mask = _random()
    a, b = s[mask].numpy(), t[mask].numpy()
    assert mse(s, t, mask).item() == pytest.approx(np.mean((a - b)**2))
    e = np.abs(a - b)
    assert huber(s, t, mask).item() == pytest.approx(np.mean(np.where(e <= 1, e**2/2, e - .5)))
    p = 1/(1 + np.exp(-a))
    assert bce(s, t, mask).item() == pytest.approx(-np.mean(np.log(np.where(b > 0, p, 1 - p))))

def test_correlation_losses_are_their_definitions():
    from scipy.stats import pearsonr, spearmanr
    s, t, mask = _random()
    pairs = [(s[d][mask[d]].numpy(), t[d][mask[d]].numpy()) for d in range(3)]
    assert 1 - ic(s, t, mask).item() == pytest.approx(np.mean([pearsonr(*p)[0] for p in pairs]))
    assert 1 - rank_ic(s, t, mask, tau=1e-4).item() == pytest.approx(np.mean([spearmanr(*p)[0] for p in pairs]), abs=1e-6)

def test_ranking_losses_are_their_definitions():
    s, t, mask = _random()
    hinge, net, mle = [], [], []
    for d in range(3):
        a, b = s[d][mask[d]].numpy(), t[d][mask[d]].numpy()
        hinge.append(np.mean([max(0, .1 - (a[i] - a[j])) for i in range(len(a)) for j in range(len(a)) if b[i] > b[j]]))
        soft = lambda v: np.exp(v)/np.exp(v).sum()
        net.append(-(soft(b)*np.log(soft(a))).sum())
        o = a[np.argsort(-b)]
        mle.append(-np.mean([o[k] - np.log(np.exp(o[k:]).sum()) for k in range(len(o))]))
    for f, known in ((pairwise, hinge), (listnet, net), (listmle, mle)):
        assert f(s, t, mask).item() == pytest.approx(np.mean(known)), f.__name__

def test_sharpe_and_quantile_are_their_definitions():
    s, t, mask = _random()
    w = np.zeros((3, 6))
    for d in range(3):
        m = mask[d].numpy(); c = s[d].numpy()[m]; c = c - c.mean(); w[d, m] = c/np.abs(c).sum()
    r = (w*np.where(mask, t, 0)).sum(1) - np.r_[0, 5e-4*np.abs(np.diff(w, axis=0)).sum(1)]
    assert sharpe(s, t, mask).item() == pytest.approx(-r.mean()/r.std(), rel=1e-5)
    y = torch.randn(1, 20_000, generator=torch.Generator().manual_seed(0))
    loss = lambda q: quantile(torch.full((1, 20_000, 1), q), y, torch.ones(1, 20_000, dtype=bool), levels=(.9,)).item()
    assert min(np.linspace(.8, 1.8, 101), key=loss) == pytest.approx(1.2816, abs=.05)

def test_sums_of_losses():
    s, t, mask = _random()
    assert make_loss("ic + 0.1*mse")(s, t, mask) == ic(s, t, mask) + .1*mse(s, t, mask)
    with pytest.raises(NeuralphaError, match="Did you mean 'mse'"): make_loss("mes")
    with pytest.raises(NeuralphaError, match="not understood"): make_loss("ic - mse")
