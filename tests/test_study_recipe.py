# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.study.recipe import *
import numpy as np
from neuralpha.study.spec import load_study
from neuralpha.study.units import code_of, reach

def test_a_sector_neutral_study_learns_and_scores_what_is_left_within_the_sectors():
    import pytest
    from neuralpha.core import NeuralphaError
    from neuralpha.data.simulated.market import simulate_universe
    from neuralpha.labels import excess_return, forward_return
    from neuralpha.study.spec import make_study

    keys = {"name": "s", "universes": ["sim-tiny"], "models": ["ridge"], "features": "classic"}
    plain, neutral = make_study(keys), make_study(keys | {"label": {"neutral": "sector"}})
    assert (
        plain.hash == "9da7393794be5b16f8e89e6f3422b653f2606218ab7353f94f4dc40b3990a2d4" != neutral.hash
    )  # a study without the key keeps its hash
    market = simulate_universe(20, 120)
    y = study_label(neutral, market)
    np.testing.assert_array_equal(y.values, excess_return(forward_return(market, 5, 1), "sector").values)
    twice = {"label": {"neutral": "sector", "learn": {"kind": "excess_return", "over": "sector"}}}
    with pytest.raises(NeuralphaError, match="takes the mean of the sector off already"):
        make_study(keys | twice)

def test_every_step_of_the_recipe_is_part_of_the_name():
    study = load_study("tiny")
    named = {m.removeprefix("neuralpha.") for m in reach(*recipe_of(study, "ridge")).modules}
    assert {"data.universes", "features.compute", "labels", "splits", "models.fitting", "audit.holdout"} <= named
    assert not {m for m in named if m.startswith(("study", "models.training", "models.registry", "report"))}
    searched = {m.removeprefix("neuralpha.") for m in reach(*SEARCH).modules}
    assert {"models.tuning", "trading.ledger"} <= searched - named

def test_nets_trained_together_are_named_by_the_code_that_does_so():
    study = load_study("quick", models=["mlp", "ridge"], vectorised_seeds=["mlp"])
    assert "neuralpha.models.vectorised_seeds" in reach(*recipe_of(study, "mlp")).modules
    assert code_of(*recipe_of(study, "mlp")) != code_of(*recipe_of(study, "ridge"))
