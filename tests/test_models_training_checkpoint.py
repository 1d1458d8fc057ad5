# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.training.checkpoint import *
from dataclasses import replace
import pytest
import torch
from neuralpha.core import NeuralphaError
from neuralpha.models.base import feature_scale, toy_problem
from neuralpha.models.nets import MLPNet
from neuralpha.models.training.config import Training
from neuralpha.models.training.resident import Resident

def _stepped(seed):
    torch.manual_seed(seed)
    net = MLPNet(4, (8,), 1)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2)
    net(torch.ones(3, 1, 4)).sum().backward()
    optimizer.step()
    return net, optimizer

def test_net_optimiser_and_progress_come_back_to_the_bit(tmp_path):
    net, optimizer = _stepped(0)
    other, fresh = _stepped(1)
    recent = [{k: v + i for k, v in net.state_dict().items()} for i in range(3)]
    save_checkpoint(tmp_path / "c", {"seed": "0"}, net, optimizer, Progress([{"epoch": 1}], recent[0], recent))
    again = resume(tmp_path / "c", {"seed": "0"}, other, fresh)
    assert again.history == [{"epoch": 1}] and len(again.recent) == 3
    for kept, known in zip([again.best, *again.recent], [recent[0], *recent]):
        assert kept.keys() == known.keys() and all(torch.equal(kept[k], known[k]) for k in known)
    for ours, known in zip(fresh.state_dict()["state"].values(), optimizer.state_dict()["state"].values()):
        assert all(torch.equal(ours[k], known[k]) for k in known)
    assert resume(None, {}, net, optimizer) is None and resume(tmp_path / "none", {}, net, optimizer) is None
    with pytest.raises(NeuralphaError, match="another training: its seed differ"):
        resume(tmp_path / "c", {"seed": "7"}, other, fresh)

def test_what_a_training_follows_from_is_its_rows_and_features():
    X, y, fold = toy_problem(20, 120)
    t = y.target("rank")
    scale = feature_scale(X.view(fold.train))
    net = MLPNet(4, (8,), 1)

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
