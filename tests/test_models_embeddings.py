# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.embeddings import *
import numpy as np
import pytest
import torch
from neuralpha.models.base import toy_problem
from neuralpha.models.contract import check_model
from neuralpha.models.nets import MLP
from neuralpha.models.planted import plant_law
from neuralpha.models.tabm import TabM
from neuralpha.models.training.batches import FoldPart
from neuralpha.models.training.resident import Resident

@pytest.mark.parametrize("kind", [MLP, TabM], ids=lambda kind: kind.name)
def test_a_law_that_bends_often_is_found_by_embedded_numbers(kind):
    market = plant_law(lambda x: np.cos(4 * x[..., 0]), noise=0.5, n_dates=120)
    same = dict(batch_rows=256, max_epochs=8) | ({"members": 4} if kind is TabM else {})
    found = {name: market.ic(market.fit(kind(embedding=name, **same))) for name in EMBEDDINGS}
    assert min(found["piecewise"], found["periodic"]) > max(0.7, found["none"] + 0.2)

def test_embedded_numbers_keep_the_contract_and_come_back_with_their_edges(tmp_path):
    for name in ("piecewise", "periodic"):
        check_model(MLP(embedding=name, max_epochs=1, window=2))
    X, y, fold = toy_problem(12, 80)
    model = TabM(embedding="piecewise", max_epochs=1).fit(X.view(fold.train), y.target("rank")[fold.train])
    model.save(tmp_path / "m")
    assert torch.equal(TabM.load(tmp_path / "m").net_.embedding.edges, model.net_.embedding.edges)
    assert not torch.equal(model.net_.embedding.edges, model.build(4, 1).embedding.edges)

def test_pieces_are_the_papers():
    embedding = Piecewise(1, 2, 3)
    embedding.edges.copy_(torch.tensor([[0.0], [1.0], [3.0], [4.0]]))
    said = embedding.places(torch.tensor([[-2.0], [0.5], [2.0], [3.5], [9.0]]))[..., 0]
    expected = [[-2, 0, 0], [0.5, 0, 0], [1, 0.5, 0], [1, 1, 0.5], [1, 1, 6]]
    torch.testing.assert_close(said, torch.tensor(expected, dtype=torch.float32))

def test_edges_stand_at_the_quantiles_of_the_training_rows_and_nowhere_else():
    X, y, fold = toy_problem(30, 100)
    X.values[:, 0] = np.exp(3 * X.values[:, 0])
    X.values[:, 1] = 0.0  # constant: no piece has a length
    mean, sd = np.zeros(4, np.float32), np.ones(4, np.float32)
    part = FoldPart(Resident(X, 1, mean, sd), fold.train, y.target("rank")[fold.train])
    embedding = Piecewise(4, 2, 8)
    embedding.begin(part)
    expected = np.quantile(X.values[fold.train], np.linspace(0, 1, 9), axis=0)
    np.testing.assert_allclose(embedding.edges, expected, rtol=1e-5, atol=1e-6)
    assert embedding(torch.from_numpy(X.values)).isfinite().all()

def test_waves_are_the_papers():
    embedding = Periodic(2, 3, 4, 0.5)
    x = torch.randn(5, 2)
    for j in range(2):
        angle = 2 * np.pi * x[:, j, None] * embedding.waves[:, j]
        unit = embedding.mix(torch.cat([angle.sin(), angle.cos()], 1)).relu()
        torch.testing.assert_close(embedding(x)[:, 3 * j : 3 * j + 3], unit)

@pytest.mark.parametrize("name", ["piecewise", "periodic"])
def test_a_feature_without_weights_is_not_seen(name):
    torch.manual_seed(0)
    embedding = EMBEDDINGS[name](3, 4, 6, 0.5)
    x = torch.randn(7, 3)
    other = x.clone()
    other[:, 1] += 1
    assert not torch.equal(embedding(x), embedding(other))
    with torch.no_grad():
        for weight in embedding.input_weights:
            weight[:, 1] = 0
    torch.testing.assert_close(embedding(x), embedding(other))

def test_a_clip_is_the_papers_and_its_edges_follow_it():
    X, y, fold = toy_problem(30, 100)
    X.values[:, 0] = np.exp(3 * X.values[:, 0])
    X.values[:, 1] = 0.0
    part = FoldPart(
        Resident(X, 1, np.zeros(4, np.float32), np.ones(4, np.float32)), fold.train, y.target("rank")[fold.train]
    )
    inputs = Clipped(Piecewise(4, 2, 4), 4)
    inputs.begin(part)
    seen = X.values[fold.train]
    low, middle, high = np.quantile(seen, [0.25, 0.5, 0.75], axis=0)
    z = (seen - middle) / np.where(high > low, high - low, 1.0)
    expected = z / np.sqrt(1 + (z / 3) ** 2)
    np.testing.assert_allclose(inputs.clip(torch.from_numpy(seen)), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        inputs.embedding.edges[[0, -1]], [expected.min(0), expected.max(0)], rtol=1e-4, atol=1e-5
    )

def test_a_law_in_features_with_tails_is_found_where_they_are_clipped():
    market = plant_law(lambda x: x[..., 0] * x[..., 1], n_dates=120)
    market.X.values[:] = np.sign(market.X.values) * abs(market.X.values) ** 3
    same = dict(batch_rows=256, max_epochs=8)
    clipped = market.ic(market.fit(MLP(robust_clip=True, **same)))
    assert clipped > market.ic(market.fit(MLP(**same))) + 0.1

@pytest.mark.parametrize("kw", [dict(activation="selu"), dict(activation="mish"), dict(robust_clip=True)], ids=str)
def test_tricks_of_realmlp_keep_the_contract(kw):
    check_model(MLP(max_epochs=1, **kw))
