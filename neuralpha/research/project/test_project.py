"""What must hold before a result of this project is believed: `python -m pytest`."""

import inspect
import numpy as np
import pytest
import my_features, my_models
import neuralpha as na
from neuralpha.models.base import Estimator

STUDY = na.load_study("study.toml")
MODELS = [kind for _, kind in inspect.getmembers(my_models, inspect.isclass) if kind.__module__ == "my_models"]
MODELS = [kind for kind in MODELS if issubclass(kind, Estimator)]


@pytest.fixture(scope="session")
def bench():
    return na.open_bench(STUDY)


@pytest.mark.parametrize("universe", STUDY.universes)
def test_every_universe_can_be_opened(universe):
    bench = na.open_bench(STUDY, universe)
    assert bench.panel.tradable.mean() > 0.9, "more than a tenth of the rows are masked: neuralpha data check"
    assert len(bench.folds) > 0


@pytest.mark.parametrize("feature", my_features.FEATURES, ids=lambda feature: feature.__name__)
def test_no_feature_looks_ahead(feature, bench):
    certificate = na.audit_features(feature, bench.panel)
    assert certificate.passed, certificate


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_the_same_seed_gives_the_same_scores(model, bench):
    fold = bench.folds[:1]
    once, again = (na.cross_predict(model(), bench.X, bench.y, fold, seeds=1).scores() for _ in range(2))
    assert np.isfinite(once).any() and once.equals(again)
