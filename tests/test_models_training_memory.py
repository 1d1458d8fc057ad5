# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.training.memory import *
import re
import numpy as np
import pytest
import torch
from neuralpha.core import NeuralphaError
from neuralpha.models.base import feature_scale, toy_problem
from neuralpha.models.nets import MLP, MLPNet
from neuralpha.models.training.batches import FoldPart, batching, epoch_batches
from neuralpha.models.training.config import Training
from neuralpha.models.training.module import NetModule
from neuralpha.models.training.resident import Resident

class Tiny(NetModule):
    def __init__(self, width=4, hidden=16):
        super().__init__()
        self.body = torch.nn.Sequential(
            torch.nn.Linear(width, hidden), torch.nn.ReLU(), torch.nn.Dropout(0.1), torch.nn.Linear(hidden, 1)
        )

    def forward(self, x, grid):
        return self.body(x[:, -1])

def test_what_does_not_fit_is_found_before_it_fails():
    X, y, fold = toy_problem(20, 120)
    net = Tiny()
    settings = Training(batch_rows=400)
    part = FoldPart(Resident(X, 1, *feature_scale(X.view(fold.train))), fold.train, y.target("rank")[fold.train])
    assert fitting_batch_rows(net, part, "date", settings) == 400
    with pytest.warns(UserWarning, match="are used instead"):
        assert 16 <= fitting_batch_rows(net, part, "date", settings, free=100_000) < 400
    with pytest.raises(NeuralphaError, match="A date of 20 assets"):
        fitting_batch_rows(net, part, "whole", settings, free=1000)

def test_a_fit_that_is_short_of_memory_goes_on_in_smaller_batches(monkeypatch):
    X, y, fold = toy_problem(20, 120)
    t = y.target("rank")
    model = MLP(max_epochs=2, batch_rows=1400)

    def fit(m):
        return m.fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid])).history_[-1][
            "train_loss"
        ]

    monkeypatch.setattr("neuralpha.models.training.memory.free_memory", lambda device: 2_000_000)
    with pytest.warns(
        UserWarning, match=r"Batches of 1,400 rows need about .* GB free; batches of [\d,]+ rows are used instead"
    ) as said:
        short = fit(model.clone())
    fits = int(re.search(r"batches of ([\d,]+) rows are used", str(said[0].message))[1].replace(",", ""))
    monkeypatch.undo()
    assert fits < 1400 and short == fit(model.clone(batch_rows=fits)) != fit(model.clone())

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
    ("tabm", dict(members=4)),
    ("master", dict(window=2)),
]

@pytest.mark.parametrize("name, kw", PAIRS, ids=str)
def test_the_need_of_a_large_batch_is_what_is_counted_on_it(name, kw):
    from neuralpha.models.registry import make_model

    X, y, fold = toy_problem(1000, 20)
    model = make_model(name, **kw)
    net = model.build(4, 1)
    part = FoldPart(
        Resident(X, model.window, *feature_scale(X.view(fold.train))), fold.train, y.target("rank")[fold.train]
    )
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

def test_saved_bytes_are_those_of_the_layers():
    X, y, fold = toy_problem(20, 120)
    data = Resident(X, 1, *feature_scale(X.view(fold.train)))
    part = FoldPart(data, fold.train, y.target("rank")[fold.train])
    batch = np.arange(1000)
    small, large = (saved_bytes(Tiny(hidden=h), part, batch, "row", Training(loss="mse")) for h in (100, 200))
    floats = (large - small) / (4 * 100 * 1000)
    assert 2 <= floats <= 4  # ReLU and dropout keep 2 to 4 floats per unit and row
