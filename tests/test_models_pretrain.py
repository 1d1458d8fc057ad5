# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.pretrain import *
from dataclasses import replace
import numpy as np
import pytest
import torch
from neuralpha.models.base import mean_ic, toy_problem
from neuralpha.splits import combinatorial_purged, purged_kfold, walk_forward

def test_pretraining_uses_no_row_after_the_last_training_date():
    X, y, fold = toy_problem(12, 120)
    t = y.target("rank")

    def start():
        m = Pretrained(window=4, max_epochs=1, pretrain_epochs=1).fit(
            X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid])
        )
        return m.start_["embed.weight"].numpy()

    before = start()
    X.values[X.panel.date_code > X.panel.date_code[fold.train].max()] = 9.0
    np.testing.assert_array_equal(start(), before)
    X.values[fold.train[0]] = 0.5
    assert (start() != before).any()

def _pretrained_on(model, X, y, fold, monkeypatch):
    from neuralpha.models import pretrain

    seen = []
    train = pretrain.train
    monkeypatch.setattr(
        pretrain, "train", lambda net, data, part, *args: (seen.append(part[0]), train(net, data, part, *args))[1]
    )
    t = y.target("rank")
    model.fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid]))
    return seen[0]

@pytest.mark.parametrize("folds", [purged_kfold, combinatorial_purged], ids=lambda f: f.__name__)
def test_no_row_that_is_tested_or_validated_is_pretrained_on(folds, monkeypatch):
    X, y, _ = toy_problem(6, 150)
    for fold in folds(y, 5, embargo=2):
        rows = _pretrained_on(
            Pretrained(window=2, max_epochs=1, pretrain_epochs=1, width=8, layers=1), X, y, fold, monkeypatch
        )
        assert (
            not np.isin(rows, fold.test).any()
            and not np.isin(rows, fold.valid).any()
            and np.isin(fold.train, rows).all()
        )

def test_walking_forward_rows_without_a_label_are_pretrained_on(monkeypatch):
    X, y, _ = toy_problem(6, 300)
    y = replace(y, values=np.where(X.panel.asset_code == 0, np.nan, y.values))  # the first asset never has a label
    small = Pretrained(window=2, max_epochs=1, pretrain_epochs=1, width=8, layers=1)
    date = X.panel.date_code
    everything = np.arange(X.panel.n_rows)

    def until(fold):
        return everything[date <= date[fold.train].max()]

    for fold in walk_forward(y, "6M", "2M", "2M"):
        np.testing.assert_array_equal(_pretrained_on(small, X, y, fold, monkeypatch), until(fold))
    fold = walk_forward(y, "6M", "2M", "2M", scheme="sliding")[-1]
    first = date[fold.train].min()
    assert first > 0 and date[_pretrained_on(small, X, y, fold, monkeypatch)].min() == first
    np.testing.assert_array_equal(_pretrained_on(small.clone(history=True), X, y, fold, monkeypatch), until(fold))

def test_fine_tuning_starts_from_the_pretrained_weights_and_learns(tmp_path):
    X, y, fold = toy_problem(30, 200)
    t = y.target("rank")
    m = Pretrained(window=6, pretrain_epochs=2, learning_rate=3e-3, batch_rows=256).fit(
        X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid])
    )
    assert torch.equal(m._built(4).embed.weight, m.start_["embed.weight"])
    ok = fold.test[np.isfinite(y.values[fold.test])]
    assert mean_ic(m.predict(X.view(ok)), y.values[ok], X.panel.date_code[ok]) > 0.35

def test_one_panel_is_on_the_device_at_a_time(monkeypatch):
    import weakref
    from neuralpha.models import nets, pretrain
    from neuralpha.models.training.resident import Resident

    alive = weakref.WeakSet()

    def put(*args):
        assert not alive
        alive.add(data := Resident(*args))
        return data

    for module in (pretrain, nets):
        monkeypatch.setattr(module, "Resident", put)
    X, y, fold = toy_problem(12, 60)
    t = y.target("rank")
    m = Pretrained(window=4, max_epochs=1, pretrain_epochs=1).fit(
        X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid])
    )
    assert len(m.pretraining_) == 1

def test_only_hidden_bars_are_judged():
    m = Pretrained(window=5)
    rebuild = Rebuild(m.build(3, 1), 3, 0.0)
    assert rebuild.loss(torch.randn(4, 5, 3), None, None).item() == 0
