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
def experiment():
    return na.open_experiment(STUDY)


@pytest.mark.parametrize("universe", STUDY.universes)
def test_every_universe_can_be_opened(universe):
    experiment = na.open_experiment(STUDY, universe)
    assert experiment.panel.tradable.mean() > 0.9, "more than a tenth of the rows are masked: neuralpha data check"
    assert len(experiment.folds) > 0


@pytest.mark.parametrize("feature", my_features.FEATURES, ids=lambda feature: feature.__name__)
def test_no_feature_looks_ahead(feature, experiment):
    certificate = na.audit_features(feature, experiment.panel)
    assert certificate.passed, certificate


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_the_same_seed_gives_the_same_scores(model, experiment):
    fold = experiment.folds[:1]
    once, again = (na.cross_predict(model(), experiment.X, experiment.y, fold, seeds=1).scores() for _ in range(2))
    assert np.isfinite(once).any() and once.equals(again)
