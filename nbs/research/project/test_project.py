"""What must hold before a result of this project is believed: `python -m pytest`."""

import pytest
import my_features, my_models
import neuralpha as na
from neuralpha.models.contract import check_model

STUDY = na.load_study("study.toml")


@pytest.mark.parametrize("universe", STUDY.universes)
def test_every_universe_can_be_opened(universe) -> None:
    experiment = na.open_experiment(STUDY, universe)
    assert experiment.panel.tradable.mean() > 0.9, "more than a tenth of the rows are masked: neuralpha data check"
    assert len(experiment.folds) > 0


@pytest.mark.parametrize("feature", my_features.FEATURES, ids=lambda feature: feature.__name__)
def test_no_feature_looks_ahead(feature) -> None:
    certificate = na.audit_features(feature, na.open_experiment(STUDY).panel)
    assert certificate.passed, certificate


@pytest.mark.parametrize("model", my_models.MODELS, ids=lambda model: model.__name__)
def test_every_model_keeps_the_contract(model) -> None:
    check_model(model())
