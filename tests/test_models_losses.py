# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.losses import *
import numpy as np
import pytest
import torch
from neuralpha.core import NeuralphaError
from neuralpha.given import within
from neuralpha.models.losses import grid_of

def test_a_grid_keeps_every_row():
    date = np.array([5, 2, 5, 2, 2, 9])
    grid = grid_of(date)
    v = torch.arange(6.0)
    assert grid.fill(v).tolist() == [[1, 3, 4], [0, 2, 0], [5, 0, 0]]
    assert torch.equal(grid.take(grid.fill(v)), v) and grid.mask.sum() == 6
    assert not grid.full and grid_of(np.array([1, 1, 2, 2])).full

def _random(seed=0, dates=3, places=6):
    g = torch.Generator().manual_seed(seed)
    s, t = torch.randn(2, dates, places, generator=g, dtype=torch.float64)
    mask = torch.ones(dates, places, dtype=bool)
    mask[1, 4:] = False
    mask[2, 5:] = False
    return s, t, mask

def test_row_losses_are_their_definitions():
    s, t, mask = _random()
    a = s[mask].numpy()
    b = t[mask].numpy()
    assert mse(s, t, mask).item() == pytest.approx(np.mean((a - b) ** 2))
    e = np.abs(a - b)
    assert huber(s, t, mask).item() == pytest.approx(np.mean(np.where(e <= 1, e**2 / 2, e - 0.5)))
    p = 1 / (1 + np.exp(-a))
    assert bce(s, t, mask).item() == pytest.approx(-np.mean(np.log(np.where(b > 0, p, 1 - p))))

def test_only_dates_of_three_rows_go_without_a_mask():
    assert grid_of(np.array([1, 1, 1, 2, 2, 2])).gaps is None
    assert grid_of(np.array([1, 1, 2, 2])).gaps.all() and not grid_of(np.array([1, 1, 1, 2])).gaps.all()

def test_correlation_losses_are_their_definitions():
    from scipy.stats import pearsonr, spearmanr

    s, t, mask = _random()
    pairs = [(s[d][mask[d]].numpy(), t[d][mask[d]].numpy()) for d in range(3)]
    assert 1 - ic(s, t, mask).item() == pytest.approx(np.mean([pearsonr(*p)[0] for p in pairs]))
    assert 1 - rank_ic(s, t, mask, tau=1e-4).item() == pytest.approx(
        np.mean([spearmanr(*p)[0] for p in pairs]), abs=1e-6
    )

def test_ranking_losses_are_their_definitions():
    s, t, mask = _random()
    hinge = []
    net = []
    mle = []
    for d in range(3):
        a = s[d][mask[d]].numpy()
        b = t[d][mask[d]].numpy()
        hinge.append(
            np.mean([max(0, 0.1 - (a[i] - a[j])) for i in range(len(a)) for j in range(len(a)) if b[i] > b[j]])
        )

        def soft(v):
            return np.exp(v) / np.exp(v).sum()

        net.append(-(soft(b) * np.log(soft(a))).sum())
        o = a[np.argsort(-b)]
        mle.append(-np.mean([o[k] - np.log(np.exp(o[k:]).sum()) for k in range(len(o))]))
    for f, known in ((pairwise, hinge), (listnet, net), (listmle, mle)):
        assert f(s, t, mask).item() == pytest.approx(np.mean(known)), f.__name__

def test_a_sharpe_ratio_of_overlapping_returns_is_none_of_a_portfolio():
    g = torch.Generator().manual_seed(0)
    h = 5
    s, noise = torch.randn(2, 4000, 50, generator=g)
    for t in range(1, 4000):
        s[t] = 0.5 * s[t - 1] + 0.75**0.5 * s[t]
    one = 0.01 * (0.023 * s + noise)  # the bar after the score
    far = one.unfold(0, h, 1).sum(2)
    held = portfolio_weights(s, None).unfold(0, h, 1).mean(2)  # h portfolios, each held for h bars
    earned = (held * one[h - 1 :])[1:].sum(1) - 5e-4 * held.diff(dim=0).abs().sum(1)
    assert -sharpe(s[: len(far)], far, None) > 0.02 and earned.mean() / earned.std() < -0.01

def test_sharpe_and_quantile_are_their_definitions():
    s, t, mask = _random()
    w = np.zeros((3, 6))
    for d in range(3):
        m = mask[d].numpy()
        c = s[d].numpy()[m]
        c = c - c.mean()
        w[d, m] = c / np.abs(c).sum()
    r = (w * np.where(mask, t, 0)).sum(1) - np.r_[0, 5e-4 * np.abs(np.diff(w, axis=0)).sum(1)]
    assert sharpe(s, t, mask).item() == pytest.approx(-r.mean() / r.std(), rel=1e-5)
    y = torch.randn(1, 20_000, generator=torch.Generator().manual_seed(0))

    def loss(q):
        return quantile(torch.full((1, 20_000, 1), q), y, torch.ones(1, 20_000, dtype=bool), levels=(0.9,)).item()

    assert min(np.linspace(0.8, 1.8, 101), key=loss) == pytest.approx(1.2816, abs=0.05)

def test_gradients_of_quantile_loss():
    s, t, mask = _random()
    s = (s[..., None] + torch.linspace(-0.7, 0.8, 5)).requires_grad_()
    assert torch.autograd.gradcheck(lambda s: quantile(s, t, mask), s)

def test_buy_hold_sell_is_its_definition_and_smooths():
    from sklearn.metrics import log_loss

    g = torch.Generator().manual_seed(1)
    out = torch.randn(2, 5, 3, generator=g, dtype=torch.float64)
    t = torch.tensor([[-0.9, -0.2, 0, 0.5, 0.4], [-1.0, 0.2, 0.9, -0.34, 0.3]], dtype=torch.float64)
    mask = torch.ones(2, 5, dtype=bool)
    known = [0, 1, 1, 2, 2, 0, 1, 2, 0, 1]
    p = out.softmax(-1).reshape(-1, 3).numpy()
    assert buy_hold_sell(out, t, mask).item() == pytest.approx(log_loss(known, p))
    even = -np.log(p).mean()
    assert buy_hold_sell(out, t, mask, smoothing=1.0).item() == pytest.approx(even)
    assert torch.autograd.gradcheck(lambda o: buy_hold_sell(o, t, mask), out.requires_grad_())
    assert bce(out[..., 0], t, mask, smoothing=1.0).item() == pytest.approx(
        torch.nn.functional.softplus(out[..., 0]).mean().item() - out[..., 0].mean().item() / 2
    )

@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_by_row_does_not_know_its_date_and_one_by_date_does(name):
    """Six assets of one date, dealt out as three of each of two dates: the same rows have the same mean loss."""
    g = torch.Generator().manual_seed(3)
    score = torch.randn(1, 6, HEADS.get(name, ("", 1))[1], generator=g)
    score = score if name in ("quantile", "buy_hold_sell") else score[..., 0]
    target = torch.rand(1, 6, generator=g) * 2 - 1
    whole, dealt = ((score, target), (score.reshape(2, 3, *score.shape[2:]), target.reshape(2, 3)))
    losses = [LOSSES[name](s, t, torch.ones_like(t, dtype=torch.bool)).item() for s, t in (whole, dealt)]
    assert (losses[0] == pytest.approx(losses[1], rel=1e-5)) == (name not in DATE_LOSSES)

@pytest.mark.parametrize(
    "text, why",
    [
        ("rank_ic(tau=0)", r"tau must be in \(0, inf\)"),
        ("huber(delta=-1)", r"delta must be in \(0, inf\)"),
        ("bce(smoothing=2)", r"smoothing must be in \[0, 1\]"),
        ("ic + 0.1*buy_hold_sell(smoothing=-.1)", "smoothing must"),
        ("pairwise(margin=-1)", r"margin must be in \[0, inf\)"),
        ("sharpe(cost_bps=-5)", r"cost_bps must be in \[0, inf\)"),
        ("huber(delta=nan)", "delta must"),
        ("quantile(.5, 0)", "levels must"),
    ],
)
def test_a_parameter_that_no_loss_can_have_is_refused(text, why):
    with pytest.raises(NeuralphaError, match=why):
        Objective(text)

def test_every_parameter_has_a_limit_that_its_default_keeps():
    assert {k for n in LOSSES for k in loss_parameters(n)} == set(LOSS_LIMITS)
    for n in LOSSES:
        assert all(within(v, LOSS_LIMITS[k]) for k, values in loss_parameters(n).items() for v in np.atleast_1d(values))
    Objective("bce(smoothing=1) + pairwise(margin=0) + sharpe(cost_bps=0)")

def test_sums_of_losses_share_or_add_heads():
    s, t, mask = _random()
    out = torch.stack([s, -s], -1)
    assert Objective("ic + 0.1*mse").loss(out, t, mask) == ic(s, t, mask) + 0.1 * mse(s, t, mask)
    assert Objective("ic + 0.3*bce").loss(out, t, mask) == ic(s, t, mask) + 0.3 * bce(-s, t, mask)
    with pytest.raises(NeuralphaError, match="Did you mean 'mse'"):
        Objective("mes")
    with pytest.raises(NeuralphaError, match="not understood"):
        Objective("ic - mse")

def test_parameters_stand_in_brackets():
    s, t, mask = _random()

    def out(text, n=1):
        return Objective(text).loss(torch.stack([s] * n, -1), t, mask)

    assert out("huber(delta=.2)") == huber(s, t, mask, delta=0.2) != huber(s, t, mask)
    assert out("sharpe( cost_bps = 50 ) + 0.5*pairwise(margin=1)") == sharpe(s, t, mask, cost_bps=50) + 0.5 * pairwise(
        s, t, mask, margin=1
    )
    assert Objective("bce(smoothing=.2)", smoothing=0.7).loss(s[..., None], t, mask) == bce(s, t, mask, smoothing=0.2)
    assert Objective("quantile(0.1, .5, 0.9)").outputs == 3 and out("quantile(0.1, .5, 0.9)", 3) == quantile(
        torch.stack([s] * 3, -1), t, mask, (0.1, 0.5, 0.9)
    )
    assert Objective("quantile(.5)").loss(s[..., None], t, mask) == quantile(s[..., None], t, mask, (0.5,)) and out(
        "mse()"
    ) == mse(s, t, mask)
    for text, why in (
        ("huber(delt=2)", "Did you mean 'delta'"),
        ("huber(2)", "huber.2.' is not understood"),
        ("huber(delta=x)", "not understood"),
        ("quantile(1.5)", r"levels must be in \(0, 1\)"),
        ("mse(a=1)", "parameter of mse"),
        ("quantile + quantile(.5)", "different levels"),
        ("huber(delta=2", "not understood"),
    ):
        with pytest.raises(NeuralphaError, match=why):
            Objective(text)

def test_a_loss_says_which_targets_it_means():
    assert Objective("ic + 0.1*mse").targets is None and Objective("sharpe(cost_bps=1) + 0.1*mse").targets == ("raw",)
    assert Objective("0.5*buy_hold_sell + ic").targets == ("rank", "outcome")
    with pytest.raises(NeuralphaError, match="buy_hold_sell means a rank or outcome target; sharpe means a raw target"):
        Objective("sharpe + buy_hold_sell")

def test_horizons_are_tasks_and_unknown_ones_are_left_out():
    s, t, mask = _random()
    far = torch.where(torch.arange(6) == 0, torch.nan, -t)
    seen = mask & (torch.arange(6) > 0)
    got = Objective("mse").loss(torch.stack([s, s], -1), torch.stack([t, far], -1), mask)
    assert got == (mse(s, t, mask) + mse(s, far.nan_to_num(), seen)) / 2

@pytest.mark.parametrize("name", LOSSES)
def test_a_horizon_that_no_row_of_the_batch_knows_teaches_nothing(name):
    s, t, mask = _random()
    objective = Objective(name)
    out = (s[..., None] + torch.linspace(-0.7, 0.8, 2 * objective.outputs)).requires_grad_()
    near = out[..., : objective.outputs]
    far = torch.full_like(t, torch.nan)
    known = objective.loss(near, t, mask)
    both = objective.loss(out, torch.stack([t, far], -1), mask)
    assert both == known
    torch.testing.assert_close(*(torch.autograd.grad(v, out)[0] for v in (both, known)))
    assert objective.loss(out, torch.stack([far, far], -1), mask) == 0

def test_scores_of_heads():
    out = np.log(np.array([[0.2, 0.3, 0.5], [0.6, 0.2, 0.2]]))
    np.testing.assert_allclose(Objective("buy_hold_sell").score(out), [0.3, -0.4])
    np.testing.assert_allclose(Objective("quantile").score(np.arange(10.0).reshape(2, 5)), [2, 7])

@pytest.mark.parametrize("name", [n for n in LOSSES if n not in ("quantile", "buy_hold_sell")])
def test_gradients(name):
    s, t, mask = _random()
    assert torch.autograd.gradcheck(lambda s: LOSSES[name](s, t, mask), s.requires_grad_(), eps=1e-6, atol=1e-5)

@pytest.mark.parametrize("name", [n for n in LOSSES if n not in ("quantile", "buy_hold_sell")])
def test_empty_places_do_not_count(name):
    s, t, mask = _random()
    other = torch.where(mask, s, 99.0), torch.where(mask, t, -99.0)
    torch.testing.assert_close(LOSSES[name](*other, mask), LOSSES[name](s, t, mask))

@pytest.mark.parametrize("name", LOSSES)
def test_without_empty_places_the_mask_may_be_left_out(name):
    s, t, _ = _random()
    s = (
        (s[..., None] + torch.linspace(-0.7, 0.8, HEADS[name][1] if name in HEADS and name != "bce" else 1))
        .squeeze(-1)
        .requires_grad_()
    )

    def out(mask):
        return Objective(name).loss(s if s.ndim == 3 else s[..., None], t, mask)

    bare = out(None)
    full = out(torch.ones_like(t, dtype=bool))
    torch.testing.assert_close(bare, full)
    torch.testing.assert_close(*(torch.autograd.grad(v, s)[0] for v in (bare, full)))
    if name in MASKLESS and name not in HEADS:
        assert torch.autograd.gradcheck(lambda s: LOSSES[name](s, t, None), s, eps=1e-6, atol=1e-5)
