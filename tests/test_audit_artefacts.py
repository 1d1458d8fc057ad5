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
