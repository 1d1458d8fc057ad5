# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.net_probe import *
import numpy as np
import pytest
from neuralpha.models.base import toy_problem
from neuralpha.models.mixers import CrossAttention, StockMixer
from neuralpha.models.registry import make_model
from neuralpha.models.training.resident import Resident

ACROSS = [CrossAttention(window=2, max_epochs=2, width=8, heads=2), StockMixer(window=4, max_epochs=2, width=8)]

def _fit(model, n_assets=24):
    X, y, fold = toy_problem(n_assets, 160, noise=0.3)
    t = y.target("rank")
    return X, fold, model.fit(X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid]))

@pytest.mark.parametrize("window", [1, 7])
def test_a_nets_inputs_are_the_windows_it_was_trained_on(window):
    X, fold, model = _fit(CrossAttention(window=window, max_epochs=1, width=8, heads=2))
    rows = np.concatenate([fold.train[::97], np.flatnonzero(X.panel.date_code < 3)])
    data = Resident(X, window, model.mean_, model.sd_, "cpu")
    np.testing.assert_array_equal(model.probe(X).inputs(rows), data.windows(data.at(rows)).numpy())

def test_a_net_that_looks_across_assets_in_training_only_is_opened_by_itself():
    X, fold, model = _fit(make_model("autoencoder", max_epochs=1))
    assert model.across_assets and not model.probe(X).across
    assert all(_fit(m.clone())[2].probe(X).across for m in ACROSS)

@pytest.mark.parametrize("model", ACROSS, ids=lambda m: m.name)
def test_a_row_among_its_peers_has_the_models_own_score(model):
    X, fold, model = _fit(model.clone())
    opened = model.probe(X)
    said = dict(zip(fold.test, model.predict(X.view(fold.test))))
    for row in fold.test[[0, 7, 30]]:
        assert opened.among(opened.inputs(np.array([row])), row) == pytest.approx([said[row]], abs=1e-5)
        assert row in peers_of(X.panel, row) and len(peers_of(X.panel, row)) == 24
