# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.vectorised_seeds import *
import numpy as np
import pytest
import torch
from neuralpha.core import NeuralphaError
from neuralpha.labels import multi_horizon
from neuralpha.models.base import mean_ic, toy_problem
from neuralpha.models.convolution import TCN
from neuralpha.models.fitting import fit_unit
from neuralpha.models.gkx import NN1
from neuralpha.models.losses import Objective, grid_of
from neuralpha.models.mixers import CrossAttention
from neuralpha.models.nets import MLP, MLPNet
from neuralpha.models.pretrain import Pretrained
from neuralpha.models.recurrent import GRU, LSTM
from neuralpha.models.transformer import Transformer
from neuralpha.models.wide_deep import WideDeep
from neuralpha.splits import purged_kfold

def test_nets_that_do_not_allow_it_say_why():
    X, y, fold = toy_problem(10, 60)
    for model in (Pretrained(window=4), WideDeep()):
        with pytest.raises(NeuralphaError, match="a fit of its own"):
            fit_seeds(model, X, y, fold, [0, 1])
    with pytest.raises(NeuralphaError, match="batch norm"):
        fit_seeds(NN1(norm="batch"), X, y, fold, [0, 1])
    with pytest.raises(NeuralphaError, match="seed by seed"):
        fit_seeds(MLP(adversarial=0.1), X, y, fold, [0, 1])
    with pytest.raises(NeuralphaError, match="looks across assets"):
        fit_seeds(CrossAttention(window=2), X, y, fold, [0, 1])

def test_a_cell_that_does_not_unroll_and_a_loss_of_its_own_are_named():
    class Own(MLPNet):
        def loss(self, x, target, grid):
            return self(x).mean()

    class Cell(MLPNet):
        def __init__(self):
            super().__init__(4, (8,), 1)
            self.cell = torch.nn.GRU(4, 4)

    assert why_not_vectorised(MLP(), Own(4, (8,), 1)) == "the net has its own loss"
    assert why_not_vectorised(MLP(), Cell()) == "its recurrent cell cannot be stacked"
    assert why_not_vectorised(LSTM(), LSTM().build(4, 1)) == ""

def test_a_stack_is_its_nets_and_its_grid_a_line_per_seed_and_date():
    nets = [LSTM(window=3).build(4, 1).eval() for _ in range(3)]
    stack = Stack(nets)
    x = torch.randn(5, 3, 4)
    out = stack(x, training=False)
    for seed, net in enumerate(nets):
        torch.testing.assert_close(out[seed], net(x), atol=1e-6, rtol=1e-5)
        assert all(torch.equal(v, net.state_dict()[k]) for k, v in stack.weights(seed).items())
    grid = grid_of(np.array([0, 0, 0, 1, 1]))
    torch.testing.assert_close(
        stacked_grid(grid, 3).fill(out.flatten()), torch.cat([grid.fill(part.flatten()) for part in out])
    )

SETTINGS = dict(
    loss="mse", learning_rate=1e-2, batch_rows=100, max_epochs=3, dropout=0.0
)  # the IC does not fix a score's level

NETS = [
    MLP(**SETTINGS),
    LSTM(window=5, hidden=8, **SETTINGS),
    LSTM(window=4, hidden=8, layers=2, **SETTINGS),
    GRU(window=5, hidden=8, **SETTINGS),
    TCN(window=5, channels=8, **SETTINGS),
    Transformer(window=4, width=8, heads=2, **SETTINGS),
    MLP(stop_on="loss", l1=1e-3, **SETTINGS),
    MLP(embedding="piecewise", **SETTINGS),
    MLP(stop_on="loss", label_smoothing=0.4, **SETTINGS | {"loss": "buy_hold_sell"}),
]

@pytest.mark.parametrize("model", NETS, ids=lambda m: f"{m.name}-{m.stop_on}-{getattr(m, 'layers', 1)}")
def test_a_seed_trained_with_others_is_the_seed_trained_alone(model):
    X, y, fold = toy_problem(15, 100)
    alone = fit_unit(model, X, y, fold, 0, "cpu")
    first, second = fit_seeds(model, X, y, fold, [0, 1], "cpu")
    np.testing.assert_allclose(first.scores, alone.scores, atol=2e-4)
    key = "valid_" + model.stop_on
    np.testing.assert_allclose([h[key] for h in first.history], [h[key] for h in alone.history], atol=1e-4)
    assert np.abs(second.scores - first.scores).max() > 1e-3
    (one,) = fit_seeds(model, X, y, fold, [0], "cpu")
    np.testing.assert_allclose(
        [h["train_loss"] for h in one.history], [h["train_loss"] for h in alone.history], rtol=1e-4
    )

def test_dropout_differs_between_seeds_and_the_run_repeats():
    X, y, fold = toy_problem(15, 100)

    def run():
        return [u.scores for u in fit_seeds(MLP(max_epochs=2, dropout=0.5), X, y, fold, range(3), "cpu")]

    a, b = run(), run()
    np.testing.assert_array_equal(a, b)
    assert len({s.tobytes() for s in a}) == 3

def test_horizons_are_learnt_together_as_alone():
    X, y, fold = toy_problem(15, 100)
    both = multi_horizon(X.panel, (1, 2), delay=0)
    model = MLP(**SETTINGS)
    alone = fit_unit(model, X, both, fold, 0, "cpu")
    at_once = fit_seeds(model, X, both, fold, [0, 1], "cpu")[0]
    rows = X.view(fold.test)
    assert at_once.model.outputs(rows).shape[1] == 2
    np.testing.assert_allclose(at_once.model.outputs(rows), alone.model.outputs(rows), atol=2e-4)

def test_without_a_validation_part_every_epoch_is_trained_and_the_last_is_kept():
    X, y, _ = toy_problem(15, 100)
    fold = purged_kfold(y, 3, valid=0)[2]
    model = MLP(**SETTINGS | {"max_epochs": 8}, patience=1)
    alone = fit_unit(model, X, y, fold, 0, "cpu")
    at_once = fit_seeds(model, X, y, fold, [0, 1], "cpu")[0]
    assert (
        [list(h) for h in at_once.history]
        == [list(h) for h in alone.history]
        == [["epoch", "train_loss", "seconds"]] * 8
    )
    np.testing.assert_allclose(at_once.scores, alone.scores, atol=2e-4)

def test_a_validation_loss_is_taken_block_by_block(monkeypatch):
    X, y, fold = toy_problem(500, 60)
    places = []
    loss = Objective.loss

    def spy(self, out, target, mask, weight=None):
        if not out.requires_grad:
            places.append(target.numel())
        return loss(self, out, target, mask)

    monkeypatch.setattr(Objective, "loss", spy)
    fit_seeds(MLP(stop_on="loss", max_epochs=1), X, y, fold, [0, 1], "cpu")
    assert (
        len(fold.valid) == 5500 and places == [4000, 1500] * 2
    )  # some losses compare all pairs of a date: not all dates at once

def test_seeds_are_judged_in_float32_as_they_are_scored():
    X, y, fold = toy_problem(15, 100)
    for unit in fit_seeds(MLP(**SETTINGS, precision="bfloat16"), X, y, fold, [0, 1], "cpu"):
        seen = mean_ic(unit.valid_scores, y.target("rank")[fold.valid], X.panel.date_code[fold.valid])
        assert max(h["valid_ic"] for h in unit.history) == pytest.approx(seen, abs=1e-7)

def test_many_seeds_take_smaller_batches_where_memory_is_short(monkeypatch):
    from neuralpha.models import vectorised_seeds

    X, y, fold = toy_problem(15, 100)
    model = MLP(max_epochs=1, batch_rows=600)
    sizes = []
    batches = vectorised_seeds.epoch_batches
    monkeypatch.setattr(
        vectorised_seeds,
        "epoch_batches",
        lambda date, rng, rows, *a: sizes.append(rows) or batches(date, rng, rows, *a),
    )
    monkeypatch.setattr(vectorised_seeds, "free_memory", lambda device: 16 * 2**20)
    fit_seeds(model, X, y, fold, [0, 1], "cpu")
    with pytest.warns(UserWarning, match="are used instead"):
        fit_seeds(model, X, y, fold, range(16), "cpu")
    assert sizes[0] == 600 > sizes[1]
