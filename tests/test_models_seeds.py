# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.seeds import *
import pandas as pd
from neuralpha.models.predict import cross_predict
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.features.compute import compute_features
from neuralpha.labels import forward_return
from neuralpha.splits import walk_forward

def test_every_row_is_of_the_ensemble_or_of_a_member():
    table = pd.DataFrame({"seed": [0, ENSEMBLE, 1, ENSEMBLE], "score": [1.0, 2.0, 3.0, 4.0]}, index=[7, 3, 9, 1])
    assert ensemble_rows(table)["score"].to_dict() == {3: 2.0, 1: 4.0}
    assert member_rows(table)["score"].to_dict() == {7: 1.0, 9: 3.0}

def test_the_table_of_a_prediction_names_its_ensemble_as_here():
    panel = simulate_universe(20, 300, seed=0)
    X, y = compute_features(panel, ["ret_5"]), forward_return(panel, 5)
    given = cross_predict("ols", X, y, walk_forward(y, "9M", "2M", "3M"), progress=False)
    assert set(member_rows(given.frame)["seed"]) == set(given.seeds) == {0}
    joined = ensemble_rows(given.frame).set_index(["date", "asset"])["score"].sort_index()
    pd.testing.assert_series_equal(joined, given.scores().sort_index(), check_names=False)
