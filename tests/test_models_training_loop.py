# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.training.loop import *
import numpy as np
import pytest
import torch
from neuralpha.core import NeuralphaError
from neuralpha.models.base import feature_scale, mean_ic, toy_problem
from neuralpha.models.training.batches import FoldPart
from neuralpha.models.training.config import Training
from neuralpha.models.training.loop import _mean_weights
from neuralpha.models.training.module import NetModule
from neuralpha.models.training.resident import Resident
from neuralpha.models.training.scoring import score_rows
from neuralpha.models.training.sparse import first_weights

def test_a_look_follows_so_many_steps_and_an_epoch_stays_what_it_is():
    X, y, fold = toy_problem(20, 120)
    data = Resident(X, 1, *feature_scale(X.view(fold.train)))
    dates = np.unique(X.panel.date_code[fold.train])[:40]
    rows = fold.train[np.isin(X.panel.date_code[fold.train], dates)]
    part = FoldPart(data, rows, np.zeros(len(rows), np.float32))
    size = len(rows) // len(dates)  # a date is a batch, so an epoch of half the dates has 20 steps
    settings = Training(look_steps=4, max_epochs=6, epoch_share=0.5)
    assert rounds_of(settings, part, size, "date", True) == (0.1, 30)
    assert rounds_of(settings.clone(look_steps=20), part, size, "date", True) == (0.5, 6)
    whole = settings.clone(look_steps=0)
    assert rounds_of(settings, part, size, "date", False) == (0.5, 6) == rounds_of(whole, part, size, "date", True)
    assert [epochs_done(settings, 0.1, n) for n in (1, 5, 8)] == [0.2, 1, 1.6]

def test_looks_within_an_epoch_stop_earlier_and_a_refit_repeats_their_steps():
    history = _run(look_steps=3, patience=2, learning_rate=0.1, max_epochs=30)[1]
    each = history[0]["epoch"]
    assert 0 < each < 0.5 and len(history) < 30 / each
    X, y, fold = toy_problem(20, 120, noise=0.5)
    t = y.target("rank")
    data = Resident(X, 1, *feature_scale(X.view(fold.train)))
    how = Training(batch_rows=100, look_steps=3, max_epochs=30)
    again = train(Tiny(), data, (fold.train, t[fold.train]), None, how, rounds=best_look(history))
    assert [r["epoch"] for r in again] == [r["epoch"] for r in history[: best_look(history)]]

def test_the_best_look_is_the_first_of_the_highest_and_the_last_without_validation():
    ics = [{"valid_ic": ic} for ic in (0.01, 0.04, 0.04, 0.02)]
    losses = [{"valid_loss": -h["valid_ic"]} for h in ics]
    for history in (ics, losses):
        assert best_look(history) == 2
        assert [has_stalled(history[:n], 2) for n in range(5)] == [False, False, False, False, True]
        assert [best_so_far(record, history[:i]) for i, record in enumerate(history)] == [True, True, False, False]
    bare = [{"train_loss": 1.0}] * 5
    assert best_look(bare) == 5 and not has_stalled(bare, 1) and best_so_far(bare[0], bare) and best_look([]) == 0

class Tiny(NetModule):
    def __init__(self, width=4, hidden=16, norm=torch.nn.Identity):
        super().__init__()
        self.body = torch.nn.Sequential(
            torch.nn.Linear(width, hidden),
            norm(hidden),
            torch.nn.ReLU(),
            torch.nn.Dropout(0.1),
            torch.nn.Linear(hidden, 1),
        )

    def forward(self, x, grid):
        return self.body(x[:, -1])

    @property
    def input_weights(self):
        return [self.body[0].weight]

def _run(seed=0, checkpoint=None, norm=torch.nn.Identity, **kw):
    X, y, fold = toy_problem(20, 120, noise=0.5)
    t = y.target("rank")
    data = Resident(X, 1, *feature_scale(X.view(fold.train)))
    torch.manual_seed(seed)
    net = Tiny(norm=norm)
    history = train(
        net,
        data,
        (fold.train, t[fold.train]),
        (fold.valid, t[fold.valid]),
        Training(**{"max_epochs": 6, "batch_rows": 100, "learning_rate": 1e-2, "patience": 9, **kw}),
        seed,
        checkpoint,
    )
    return net, history, score_rows(net, data, fold.valid), (X, y, fold)

def test_training_learns_and_repeats():
    net, history, score, _ = _run()
    assert max(h["valid_ic"] for h in history) > 0.3 and history[-1]["train_loss"] < history[0]["train_loss"]
    np.testing.assert_array_equal(_run()[2], score)
    assert (_run(seed=1)[2] != score).any()

def test_a_finished_training_leaves_nothing_in_memory():
    import gc, weakref

    net = _run(max_epochs=1)[0]
    left = [weakref.ref(p) for p in net.parameters()]
    del net
    gc.collect()
    assert not [w for w in left if w() is not None]

@pytest.mark.parametrize("loss", ["mse", "rank_ic", "listmle", "pairwise", "sharpe", "ic + 0.1*mse"])
def test_every_way_of_batching_learns(loss):
    assert max(h["valid_ic"] for h in _run(loss=loss)[1]) > 0.2

@pytest.mark.slow
def test_a_compiled_net_learns_as_well():
    import shutil

    if not shutil.which("g++"):
        pytest.skip("torch.compile needs a C++ compiler")

    def best(**kw):
        return max(h["valid_ic"] for h in _run(max_epochs=4, **kw)[1])

    assert best(compile=True) == pytest.approx(best(), abs=0.05)  # dropout draws other numbers

@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_best_epoch_is_kept(precision):
    net, history, score, (X, y, fold) = _run(learning_rate=0.1, precision=precision)
    best = max(h["valid_ic"] for h in history)
    seen = mean_ic(score[:, 0], y.target("rank")[fold.valid], X.panel.date_code[fold.valid])
    assert seen == pytest.approx(best, abs=1e-7)

def test_early_stopping_on_loss_and_patience():
    history = _run(stop_on="loss", loss="mse", patience=1, learning_rate=0.2, max_epochs=30)[1]
    assert len(history) < 30 and history[-1]["valid_loss"] >= min(h["valid_loss"] for h in history)

def test_averaged_weights_are_the_mean_of_the_last_epochs():
    states = [{"w": torch.full((2,), float(i)), "n": torch.tensor(i)} for i in range(3)]
    mean = _mean_weights(states)
    assert mean["w"].tolist() == [1, 1] and mean["n"] == 2

@pytest.mark.parametrize("batch_rows", [5000, 300])
def test_averaged_weights_have_the_batch_norm_statistics_of_their_own(batch_rows):
    net, history, score, (X, y, fold) = _run(
        norm=torch.nn.BatchNorm1d, average=3, batch_rows=batch_rows, learning_rate=0.05
    )
    data = Resident(X, 1, *feature_scale(X.view(fold.train)))
    with torch.no_grad():
        seen = net.body[0](data.windows(data.at(fold.train))[:, -1])
    torch.testing.assert_close(net.body[1].running_mean, seen.mean(0), atol=1e-5, rtol=0)
    torch.testing.assert_close(net.body[1].running_var, seen.var(0), rtol=1e-4 if batch_rows == 5000 else 0.05, atol=0)

@pytest.mark.parametrize(
    "kw",
    [
        dict(),
        dict(average=3),
        dict(norm=torch.nn.BatchNorm1d),
        dict(norm=torch.nn.BatchNorm1d, average=3),
        dict(look_steps=5, average=3, batch_rows=100),  # stopped within an epoch
    ],
    ids=str,
)
def test_a_resumed_run_is_bit_identical(kw, tmp_path):
    whole = _run(**kw)
    _run(checkpoint=tmp_path / "c.safetensors", max_epochs=2, **kw)
    again = _run(checkpoint=tmp_path / "c.safetensors", **kw)
    np.testing.assert_array_equal(whole[2], again[2])

    def drop(h):
        return [{k: v for k, v in r.items() if k != "seconds"} for r in h]

    assert drop(whole[1]) == drop(again[1])

@pytest.mark.parametrize(
    "other, kw",
    [("seed", dict(seed=7)), ("settings", dict(learning_rate=2e-2)), ("settings", dict(loss="mse"))],
    ids=str,
)
def test_a_checkpoint_of_another_training_is_refused(other, kw, tmp_path):
    _run(checkpoint=tmp_path / "c.safetensors", max_epochs=1)
    with pytest.raises(NeuralphaError, match=f"another training: its {other} differ"):
        _run(checkpoint=tmp_path / "c.safetensors", **kw)
    assert len(_run(checkpoint=tmp_path / "c.safetensors", max_epochs=2, patience=3)[1]) == 2

@pytest.mark.parametrize(
    "kw",
    [
        dict(input_noise=0.3),
        dict(adversarial=0.1),
        dict(l1=1e-3),
        dict(l2=1e-3),
        dict(average=3),
        dict(loss="bce", label_smoothing=0.2),
        dict(loss="bce", label_smoothing=0.2, stop_on="loss"),
    ],
    ids=str,
)
def test_regularisers_change_the_fit_and_still_learn(kw):
    net, history, score, (X, y, fold) = _run(**kw)
    plain = _run(**{k: v for k, v in kw.items() if k in ("loss", "stop_on")})
    assert (score != plain[2]).any()
    assert mean_ic(score[:, 0], y.target("rank")[fold.valid], X.panel.date_code[fold.valid]) > 0.25

def test_l1_and_l2_shrink():
    def size(net, power):
        return sum(p.abs().pow(power).sum().item() for p in net.parameters() if p.ndim > 1)

    plain = _run()[0]
    assert size(_run(l1=1e-2)[0], 1) < 0.8 * size(plain, 1)
    assert size(_run(l2=1e-2)[0], 2) < 0.8 * size(plain, 2)

def test_the_sparse_path_goes_from_all_inputs_to_none():
    X, y, fold = toy_problem(20, 120, noise=0.5)
    t = y.target("rank")
    alive = []
    net = Tiny()

    def watch(done, gain):
        return alive.append(int((first_weights(net).norm(dim=0) > 0).sum()))

    train(
        net,
        Resident(X, 1, *feature_scale(X.view(fold.train))),
        (fold.train, t[fold.train]),
        (fold.valid, t[fold.valid]),
        Training(sparse_input=5.0, max_epochs=12, patience=12, learning_rate=1e-2, batch_rows=100),
        watch=watch,
    )
    assert alive[0] == 4 and alive[-1] == 0 and alive == sorted(alive, reverse=True)
