# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.pages.setting import *
def test_a_budget_of_a_models_own_is_said():
    from neuralpha.study.spec import make_study

    tune = {"trials": 4, "models": {"lightgbm": {"trials": 2}, "ridge": {"trials": 0}}}
    study = make_study(
        {"name": "s", "universes": ["sim-tiny"], "models": {"ridge": {}, "lightgbm": {}, "mlp": {}}, "tune": tune}
    )
    assert setting(study).endswith("4 trials per model (lightgbm: 2 trials, ridge: 0 trials).")
