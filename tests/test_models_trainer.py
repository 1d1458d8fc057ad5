# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.trainer import *
import re
from dataclasses import replace
import numpy as np
import pandas as pd
import pytest
import torch
from neuralpha.core import NeuralphaError
from neuralpha.models.base import feature_scale, toy_problem
from neuralpha.models.losses import Objective
from neuralpha.models.trainer import _mean_weights

def test_workers_take_gpus_in_turn(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    assert [worker_device("auto", k) for k in range(4)] == ["cuda:0", "cuda:1", "cuda:2", "cuda:0"]
    assert (
        worker_device("cuda", 1) == "cuda:1"
        and worker_device("cuda:2", 1) == "cuda:2"
        and worker_device("cpu", 1) == "cpu"
    )
    for n in (0, 1):
        monkeypatch.setattr(torch.cuda, "device_count", lambda: n)
        assert worker_device("auto", 5) == "auto"

def test_a_gpus_kernels_sum_in_a_fixed_order_inside_the_block_alone():
    on = torch.are_deterministic_algorithms_enabled
    with repeatable(torch.device("cuda")):
        assert on() and torch.backends.cudnn.deterministic and not torch.utils.deterministic.fill_uninitialized_memory
    assert not on() and torch.utils.deterministic.fill_uninitialized_memory
    with repeatable(torch.device("cpu")):
        assert not on()

@pytest.mark.parametrize("window", [1, 2, 7, 100])
def test_windows_are_the_assets_own_past_behind_zeros(window):
    X, y, fold = toy_problem(4, 50)
    mean, sd = feature_scale(X.view(fold.train))
    rows = np.random.default_rng(0).permutation(200)
    data = Resident(X, window, mean, sd)
    got = data.windows(data.at(rows)).numpy()
    for r, w in zip(rows, got):
        past = min(window, r % 50 + 1)
        np.testing.assert_allclose(w[window - past :], ((X.values - mean) / sd)[r - past + 1 : r + 1], atol=1e-6)
        assert (w[: window - past] == 0).all()

def test_only_the_dates_asked_for_go_to_the_device():
    X, y, fold = toy_problem(4, 50)
    scale = feature_scale(X.view(fold.train))
    part = Resident(X, 5, *scale, rows=fold.test)
    whole = Resident(X, 5, *scale)
    assert part.values.numel() < 0.5 * whole.values.numel()
    assert torch.equal(part.windows(part.at(fold.test)), whole.windows(whole.at(fold.test)))
    with pytest.raises(NeuralphaError, match="outside the dates"):
        part.at(fold.train)

def test_batches_are_whole_dates_once_each():
    date = np.repeat(np.arange(30), np.random.default_rng(0).integers(5, 40, 30))
    for by in ("date", "whole"):
        batches = epoch_batches(date, np.random.default_rng(1), 64, by=by)
        assert (np.sort(np.concatenate(batches)) == np.arange(len(date))).all()
        assert all(np.isin(np.flatnonzero(np.isin(date, date[b])), b).all() for b in batches)
        assert max(map(len, batches)) <= 80
    assert len(np.unique(date[np.concatenate(epoch_batches(date, np.random.default_rng(1), 64, share=0.5))])) == 15

def test_a_large_date_is_cut_unless_it_must_stay_whole():
    date = np.repeat([0, 1], 1000)
    cut = epoch_batches(date, np.random.default_rng(0), 256)
    assert len(cut) == 8 and all(len(np.unique(date[b])) == 1 and len(b) == 250 for b in cut)
    assert [len(b) for b in epoch_batches(date, np.random.default_rng(0), 256, by="whole")] == [1000, 1000]

@pytest.mark.parametrize("by", ["date", "whole"])
def test_a_row_that_is_alone_on_its_date_goes_with_another_batch(by):
    date = np.repeat(np.arange(12), [1] * 6 + [30] * 6)
    for seed in range(20):  # dates in many orders: alone in front, in the middle and at the end
        batches = epoch_batches(date, np.random.default_rng(seed), 24, by=by)
        assert (np.sort(np.concatenate(batches)) == np.arange(len(date))).all()
        assert min(map(len, batches)) > 1 and max(map(len, batches)) <= 32  # joined with no more than one date
        for b in batches:
            assert len(np.unique(date[b])) == 1 + np.count_nonzero(np.diff(date[b]))  # rows stand date by date
    assert [len(b) for b in epoch_batches(date[:1], np.random.default_rng(0), 24, by=by)] == [1]

def test_spans_are_consecutive_and_rows_are_blocks():
    date = np.repeat(np.arange(40), 10)
    for b in epoch_batches(date, np.random.default_rng(0), 50, by="span"):
        assert (np.diff(np.unique(date[b])) == 1).all() and len(np.unique(date[b])) >= 10
    (one,) = epoch_batches(date[:150], np.random.default_rng(0), 50, by="span")  # fewer dates than a span
    assert len(one) == 150
    rows = epoch_batches(date, np.random.default_rng(0), 50, by="row")
    assert [len(b) for b in rows] == [50] * 8 and len(np.unique(np.concatenate(rows))) == 400

class Tiny(torch.nn.Module):
    def __init__(self, width=4, hidden=16, norm=torch.nn.Identity):
        super().__init__()
        self.body = torch.nn.Sequential(
            torch.nn.Linear(width, hidden),
            norm(hidden),
            torch.nn.ReLU(),
            torch.nn.Dropout(0.1),
            torch.nn.Linear(hidden, 1),
        )
        self.input_weights = [self.body[0].weight]

    def forward(self, x, grid):
        return self.body(x[:, -1])

def test_what_does_not_fit_is_found_before_it_fails():
    X, y, fold = toy_problem(20, 120)
    data = Resident(X, 1, *feature_scale(X.view(fold.train)))
    net = Tiny()
    s = Training(batch_rows=400)
    part = Part(data, fold.train, y.target("rank")[fold.train])
    with pytest.raises(NeuralphaError, match="fewer features"):
        check_panel_fits(X, 1, 2400, torch.device("cpu"), free=10_000)
    check_panel_fits(X, 1, 2400, torch.device("cpu"), free=100_000)
    assert fitting_batch_rows(net, part, "date", s) == 400
    with pytest.warns(UserWarning, match="are used instead"):
        assert 16 <= fitting_batch_rows(net, part, "date", s, free=100_000) < 400
    with pytest.raises(NeuralphaError, match="A date of 20 assets"):
        fitting_batch_rows(net, part, "whole", s, free=1000)

PAIRS = [
    ("mlp", dict(loss="ic")),
    ("mlp", dict(loss="mse")),
    ("mlp", dict(loss="pairwise")),
    ("mlp", dict(loss="rank_ic")),
    ("mlp", dict(loss="sharpe")),
    ("mlp", dict(loss="pairwise", batch_rows=400)),
    ("crossattention", dict(window=1)),
    ("crossattention", dict(window=1, loss="rank_ic")),
    ("stockmixer", dict(window=4)),
]

@pytest.mark.parametrize("name, kw", PAIRS, ids=str)
def test_the_need_of_a_large_batch_is_what_is_counted_on_it(name, kw):
    from neuralpha.models.registry import make_model

    X, y, fold = toy_problem(1000, 20)
    model = make_model(name, **kw)
    net = model.build(4, 1)
    part = Part(Resident(X, model.window, *feature_scale(X.view(fold.train))), fold.train, y.target("rank")[fold.train])
    by = batching(model, net)
    batch = max(epoch_batches(part.date, np.random.default_rng(0), model.batch_rows, by=by), key=len)
    row, pair = batch_bytes(net, part, by, model)
    counted = 2 * saved_bytes(net, part, batch, by, model)
    n = np.unique(part.date[batch], return_counts=True)[1].max()
    assert len(batch) * (row + pair * n) == pytest.approx(counted, rel=0.1)
    assert (
        len(batch)
        <= min(largest_batch(model.batch_rows, 1000, by), len(part.date))
        <= max(1.25 * len(batch), 1.25 * model.batch_rows)
    )
    assert fitting_batch_rows(net, part, by, model, free=4 * counted) == model.batch_rows
    if by == "date":
        with pytest.warns(UserWarning, match="are used instead"):
            fewer = fitting_batch_rows(net, part, by, model, free=counted)
        less = max(epoch_batches(part.date, np.random.default_rng(0), fewer, by=by), key=len)
        assert 2 * saved_bytes(net, part, less, by, model) <= 1.1 * 0.5 * counted
    elif by != "row":
        with pytest.raises(
            NeuralphaError, match="A date of 1,000 assets" if by == "whole" else "20 dates of 1,000 assets"
        ):
            fitting_batch_rows(net, part, by, model, free=counted // len(np.unique(part.date[batch])))

def test_a_fit_that_is_short_of_memory_goes_on_in_smaller_batches(monkeypatch):
    from neuralpha.models import trainer
    from neuralpha.models.nets import MLP

    X, y, fold = toy_problem(20, 120)
    t = y.target("rank")
    model = MLP(max_epochs=2, batch_rows=1400)

    def fit(m):
        return m.fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid])).history_[-1][
            "train_loss"
        ]

    monkeypatch.setattr(trainer, "free_memory", lambda device: 2_000_000)
    with pytest.warns(
        UserWarning, match=r"Batches of 1,400 rows need about .* GB free; batches of [\d,]+ rows are used instead"
    ) as said:
        short = fit(model.clone())
    fits = int(re.search(r"batches of ([\d,]+) rows are used", str(said[0].message))[1].replace(",", ""))
    monkeypatch.undo()
    assert fits < 1400 and short == fit(model.clone(batch_rows=fits)) != fit(model.clone())

def test_saved_bytes_are_those_of_the_layers():
    X, y, fold = toy_problem(20, 120)
    data = Resident(X, 1, *feature_scale(X.view(fold.train)))
    part = Part(data, fold.train, y.target("rank")[fold.train])
    batch = np.arange(1000)
    small, large = (saved_bytes(Tiny(hidden=h), part, batch, "row", Training(loss="mse")) for h in (100, 200))
    assert (
        2 * 4 * 100 * 1000 <= large - small <= 4 * 4 * 100 * 1000
    )  # ReLU and dropout keep 2 to 4 floats per unit and row

def _run(seed=0, checkpoint=None, poison=None, norm=torch.nn.Identity, **kw):
    X, y, fold = toy_problem(20, 120, noise=0.5)
    t = y.target("rank")
    data = Resident(X, 1, *feature_scale(X.view(fold.train)))
    if poison is not None:
        data.values[data._at[poison]] = float("inf")
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

def test_a_batchs_grid_is_the_sorted_one():
    from neuralpha.models.losses import _grid_of

    X, y, fold = toy_problem(9, 60)
    part = Part(Resident(X, 1, *feature_scale(X.view(fold.train))), fold.train, y.target("rank")[fold.train])
    batch = np.concatenate([np.flatnonzero(part.date == d)[:n] for d, n in ((3, 9), (7, 5), (12, 9))])
    ((_, _, ours),) = part.batches([batch], "date")
    known = _grid_of(part.date[batch])
    assert torch.equal(ours.position, known.position) and (ours.dates, ours.places) == (known.dates, known.places)

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

@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_best_epoch_is_kept(precision):
    net, history, score, (X, y, fold) = _run(learning_rate=0.1, precision=precision)
    from neuralpha.models.base import mean_ic

    best = max(h["valid_ic"] for h in history)
    assert mean_ic(score[:, 0], y.target("rank")[fold.valid], X.panel.date_code[fold.valid]) == pytest.approx(
        best, abs=1e-7
    )

@pytest.mark.parametrize(
    "kw",
    [dict(), dict(average=3), dict(norm=torch.nn.BatchNorm1d), dict(norm=torch.nn.BatchNorm1d, average=3)],
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

def test_what_a_training_follows_from_is_its_rows_and_features():
    X, y, fold = toy_problem(20, 120)
    t = y.target("rank")
    scale = feature_scale(X.view(fold.train))
    net = Tiny()

    def of(X=X, rows=fold.train, t=t, valid=fold.valid, **kw):
        return training_digests(net, Resident(X, 1, *scale), (rows, t[rows]), (valid, t[valid]), Training(**kw), 0)

    def differ(**kw):
        return [k for k, v in of().items() if of(**kw)[k] != v]

    moved = X.values.copy()
    moved[fold.train[3], 2] += 1
    assert differ(X=replace(X, values=moved)) == ["features"] and differ(valid=fold.valid[1:]) == ["validation rows"]
    assert differ(rows=fold.train[1:]) == ["training rows"] and differ(t=-t) == ["training rows", "validation rows"]
    assert differ(max_epochs=7, patience=1, device="cpu") == [] and differ(batch_rows=99) == ["settings"]
    assert of(sparse_input=0.1, max_epochs=7) != of(sparse_input=0.1)  # the penalty grows along the epochs

def test_the_validated_sharpe_ratio_is_that_of_all_dates_asset_by_asset():
    from neuralpha.models.losses import sharpe

    X, y, fold = toy_problem(900, 40)
    rows = np.sort(np.random.default_rng(0).permutation(fold.valid)[:-900])  # every stock is missing on some date
    raw = y.target("raw")
    data = Resident(X, 1, *feature_scale(X.view(fold.train)))
    net = Tiny()
    said = validate(net, data, (rows, raw[rows]), Training(loss="sharpe", stop_on="loss"))["valid_loss"]

    def table(v):
        return pd.DataFrame({"date": X.panel.date_code[rows], "asset": X.panel.asset_code[rows], "v": v}).pivot(
            index="date", columns="asset", values="v"
        )

    s = table(score_rows(net, data, rows)[:, 0].astype(float))
    r = table(raw[rows].astype(float))
    w = s.sub(s.mean(axis=1), axis=0)
    w = w.div(w.abs().sum(axis=1), axis=0).fillna(0.0)
    earned = (w * r).sum(axis=1) - 5e-4 * w.diff().abs().sum(axis=1)
    assert len(rows) > 4096 and said == pytest.approx(-earned.mean() / earned.std(ddof=0), rel=1e-4)

def test_divergence_names_the_date():
    X, y, fold = toy_problem(20, 120, noise=0.5)
    day = X.panel.dates[X.panel.date_code[fold.train[205]]]
    with pytest.raises(NeuralphaError, match=str(day)[:10]):
        _run(poison=fold.train[205], batch_rows=20)

@pytest.mark.parametrize("loss", ["mse", "rank_ic", "listmle", "pairwise", "sharpe", "ic + 0.1*mse"])
def test_every_way_of_batching_learns(loss):
    assert max(h["valid_ic"] for h in _run(loss=loss)[1]) > 0.2

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
    from neuralpha.models.base import mean_ic

    assert mean_ic(score[:, 0], y.target("rank")[fold.valid], X.panel.date_code[fold.valid]) > 0.25

def test_l1_shrinks_and_the_adversary_finds_a_worse_place():
    def size(net):
        return sum(p.abs().sum().item() for p in net.parameters() if p.ndim > 1)

    assert size(_run(l1=1e-2)[0]) < 0.8 * size(_run()[0])
    X, y, fold = toy_problem(20, 60)
    data = Resident(X, 1, *feature_scale(X.view(fold.train)))
    part = Part(data, fold.train, y.target("rank")[fold.train])
    net = Tiny().eval()
    s = Training(loss="mse")

    def at(**kw):
        return step_loss(
            net,
            data.windows(part.at),
            part.target,
            next(part.batches([np.arange(len(part.at))], "row"))[2],
            Objective("mse"),
            Training(loss="mse", **kw),
        ).item()

    assert at(adversarial=0.1) > 2 * at() and at(adversarial=1e-9) == pytest.approx(2 * at(), rel=1e-5)

def test_penalties_are_their_definitions():
    X, y, fold = toy_problem(20, 60)
    data = Resident(X, 1, *feature_scale(X.view(fold.train)))
    part = Part(data, fold.train, y.target("rank")[fold.train])
    net = Tiny().eval()
    ((at, target, grid),) = part.batches([np.arange(len(part.at))], "row")

    def loss(**kw):
        return step_loss(net, data.windows(at), target, grid, Objective("mse"), Training(loss="mse", **kw)).item()

    weights = np.concatenate([p.detach().numpy().ravel() for p in net.parameters() if p.ndim > 1])
    assert loss(l1=0.1) - loss() == pytest.approx(0.1 * np.abs(weights).sum(), rel=1e-4)
    assert loss(l2=0.1) - loss() == pytest.approx(0.1 * (weights**2).sum(), rel=1e-4)

    def size(net):
        return sum(p.square().sum().item() for p in net.parameters() if p.ndim > 1)

    assert size(_run(l2=1e-2)[0]) < 0.8 * size(_run()[0])

def test_inputs_are_zero_exactly_where_the_gradient_is_below_the_penalty():
    rng = np.random.default_rng(0)
    n = 2000
    x = torch.from_numpy(rng.normal(size=(n, 12)).astype(np.float32))
    y = (x[:, :3] @ torch.tensor([1.0, -0.5, 0.25]) + 0.1 * x[:, 3])[:, None]
    net = torch.nn.Linear(12, 1)
    penalty = 0.2
    net.input_weights = [net.weight]
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.0)
    for _ in range(4000):
        optimizer.zero_grad()
        ((net(x) - y) ** 2).mean().mul(0.5).backward()
        optimizer.step()
        shrink_inputs(net, optimizer, penalty)
    optimizer.zero_grad()
    ((net(x) - y) ** 2).mean().mul(0.5).backward()
    w = net.weight.detach()[0]
    slope = net.weight.grad[0]
    assert (w != 0).tolist() == [True] * 3 + [False] * 9  # the fourth input's .1 is below the penalty of .2
    assert (slope[w == 0].abs() <= penalty).all()
    np.testing.assert_allclose(slope[w != 0], -penalty * w[w != 0].sign(), atol=0.02)  # Karush, Kuhn and Tucker
    x = x.double().numpy()
    y = y.double().numpy()
    moments = np.linalg.inv((x.T @ x / n)[:3, :3]) @ ((x.T @ y / n)[:3, 0] - penalty * np.sign([1, -0.5, 0.25]))
    np.testing.assert_allclose(w[:3], moments, atol=0.02)  # the lasso's own solution

def test_the_sparse_path_goes_from_all_inputs_to_none():
    X, y, fold = toy_problem(20, 120, noise=0.5)
    t = y.target("rank")
    alive = []
    net = Tiny()

    def watch(epoch, gain):
        return alive.append(int((first_weights(net).norm(dim=0) > 0).sum()))

    s = Training(sparse_input=5.0, max_epochs=12, patience=12, learning_rate=1e-2, batch_rows=100)
    train(
        net,
        Resident(X, 1, *feature_scale(X.view(fold.train))),
        (fold.train, t[fold.train]),
        (fold.valid, t[fold.valid]),
        s,
        watch=watch,
    )
    assert alive[0] == 4 and alive[-1] == 0 and alive == sorted(alive, reverse=True)

@pytest.mark.parametrize(
    "name",
    [
        "mlp",
        "nn3",
        "widedeep",
        "autoencoder",
        "tcn",
        "cnn",
        "multiscale",
        "lstm",
        "gru",
        "alstm",
        "transformer",
        "pretrained",
        "timemixer",
        "stockmixer",
        "crossattention",
        "statespace",
    ],
)
def test_an_input_without_weights_is_not_seen(name):
    from neuralpha.models.losses import _grid_of
    from neuralpha.models.registry import make_model

    model = make_model(name)
    net = model.build(4, 1).eval()
    x = torch.randn(12, model.window, 4)
    grid = _grid_of(np.repeat([0, 1], 6))
    if name == "autoencoder":
        net.premium.fill_(1.0)
    assert first_weights(net).shape[1] == 4

    def seen(j):
        other = x.clone()
        other[..., j] += torch.randn(12, model.window)
        return (net(x, grid) - net(other, grid)).abs().max().item() > 1e-6

    assert seen(1) and seen(2)
    with torch.no_grad():
        for w in input_weights(net):
            w[:, 2] = 0
    assert seen(1) and not seen(2)

def test_a_net_that_cannot_be_sparse_says_so():
    from neuralpha.models.convolution import TCN

    X, y, fold = toy_problem(10, 60)

    def fit(**kw):
        return TCN(window=4, sparse_input=0.1, max_epochs=1, **kw).fit(X.view(fold.train), y.target("rank")[fold.train])

    with pytest.raises(NeuralphaError, match="4 channels"):
        fit(channels=4)
    with pytest.raises(NeuralphaError, match="Linear does not say"):
        first_weights(torch.nn.Linear(4, 1))
    fit(channels=5)

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

@pytest.mark.slow
def test_a_compiled_net_learns_as_well():
    import shutil

    if not shutil.which("g++"):
        pytest.skip("torch.compile needs a C++ compiler")

    def best(**kw):
        return max(h["valid_ic"] for h in _run(max_epochs=4, **kw)[1])

    assert best(compile=True) == pytest.approx(best(), abs=0.05)  # dropout draws other numbers

def test_early_stopping_on_loss_and_patience():
    history = _run(stop_on="loss", loss="mse", patience=1, learning_rate=0.2, max_epochs=30)[1]
    assert len(history) < 30 and history[-1]["valid_loss"] >= min(h["valid_loss"] for h in history)

def test_devices_and_precisions_that_do_not_exist():
    with pytest.raises(NeuralphaError, match="not understood"):
        pick_device("gpu9")
    with pytest.raises(NeuralphaError, match="CUDA devices"):
        pick_device("cuda:77")
    with pytest.raises(NeuralphaError, match="float16"):
        _run(precision="float16")
