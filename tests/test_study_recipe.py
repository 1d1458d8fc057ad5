# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.study.recipe import *
from neuralpha.study.spec import load_study
from neuralpha.study.units import code_of, reach

def test_every_step_of_the_recipe_is_part_of_the_name():
    study = load_study("tiny")
    named = {m.removeprefix("neuralpha.") for m in reach(*recipe_of(study, "ridge")).modules}
    assert {"data.universes", "features.compute", "labels", "splits", "models.fitting", "audit.holdout"} <= named
    assert not {m for m in named if m.startswith(("study", "models.training", "models.registry", "report"))}
    searched = {m.removeprefix("neuralpha.") for m in reach(*SEARCH).modules}
    assert {"models.tuning", "trading.ledger", "evaluate.statistics"} <= searched - named

def test_nets_trained_together_are_named_by_the_code_that_does_so():
    study = load_study("quick", models=["mlp", "ridge"], together=["mlp"])
    assert "neuralpha.models.together" in reach(*recipe_of(study, "mlp")).modules
    assert code_of(*recipe_of(study, "mlp")) != code_of(*recipe_of(study, "ridge"))
