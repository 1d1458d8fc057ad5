# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.audit.artefacts import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.audit.worlds import walks
from neuralpha.core import NeuralphaError

def test_what_a_pipeline_gives_is_known_by_its_type():
    from neuralpha.labels import multi_horizon
    from neuralpha.splits import walk_forward

    panel = walks()
    y = multi_horizon(panel, (1, 5))
    frame = panel.frame()[["date", "asset", "close"]].assign(model="m", fold=0)
    folds = walk_forward(y, "3M", "1M", "1M", 2)
    run = artefacts_of({"label": y, "folds": folds, "predictions": frame, "pca": {0: {"a": [1, 2]}}}, panel)
    assert len(labels_in(run)) == 2 and len(folds_in(run)) == len(folds) and not features_in(run)
    assert run["predictions"].names == ("close · model m",) and run["pca"].folds[0]["a"].tolist() == [1, 2]
    np.testing.assert_array_equal(run["predictions"].values[:, 0], panel.fields["close"])
    with pytest.raises(NeuralphaError, match="needs 'date' and 'asset'"):
        artefacts_of({"x": pd.DataFrame({"day": [1]})}, panel)

@pytest.mark.parametrize("name", ["date", "asset", "model", "fold", "seed"])
def test_a_feature_is_compared_whatever_its_name(name):
    panel = walks()
    f = panel.frame()
    key = pd.MultiIndex.from_frame(f[["date", "asset"]])
    for given in (
        pd.Series(f["close"].to_numpy(), key, name=name),
        pd.DataFrame({name: f["close"].to_numpy()}, key),
        pd.DataFrame({name: f["close"].to_numpy(), "open": f["open"].to_numpy()}, key),
    ):
        found = artefacts_of({"features": given}, panel)["features"]
        assert found.names[0] == name
        np.testing.assert_array_equal(found.values[:, 0], panel.fields["close"])

def test_scores_of_a_model_without_a_name_are_compared():
    panel = walks()
    some = panel.frame()[["date", "asset", "close"]]
    both = pd.concat([some.assign(model=None), some.assign(model="m", close=1.0)], ignore_index=True)
    found = artefacts_of({"predictions": both}, panel)["predictions"]
    assert len(found.names) == 2
    nameless = found.values[:, [i for i, n in enumerate(found.names) if "model m" not in n]][:, 0]
    np.testing.assert_array_equal(nameless, panel.fields["close"])

def test_rows_that_stand_twice_are_refused():
    some = walks().frame()[["date", "asset", "close"]]
    with pytest.raises(NeuralphaError, match="features: 3 rows stand twice, the first is date 2018-.*asset"):
        artefacts_of({"features": pd.concat([some, some[:3]])}, walks())

@pytest.mark.parametrize("kind", ["array", "column", "fitted"])
def test_what_is_masked_is_missing(kind):
    panel = walks()
    values = np.ma.masked_array(np.zeros(panel.n_rows), mask=panel.fields["close"] > 50)
    frame = panel.frame()[["date", "asset"]]
    given = {"array": values, "column": frame.assign(x=values), "fitted": {0: {"x": values}}}[kind]
    found = artefacts_of({"features": given}, panel)["features"]
    got = found.folds[0]["x"] if kind == "fitted" else found.values[:, 0]
    np.testing.assert_array_equal(np.isnan(got), values.mask)

def test_two_columns_of_one_name_are_refused():
    panel = walks()
    twice = panel.frame()[["date", "asset", "close", "close"]]
    with pytest.raises(NeuralphaError, match="features: two columns are called 'close'"):
        artefacts_of({"features": twice}, panel)
    with pytest.raises(NeuralphaError, match="features: two columns are called '1'"):
        artefacts_of({"features": {1: panel.fields["close"], "1": panel.fields["open"]}}, panel)
