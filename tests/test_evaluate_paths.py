# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.evaluate.paths import *
import numpy as np

import pandas as pd

from neuralpha.models.base import toy_problem

from neuralpha.models.predict import cross_predict

from neuralpha.evaluate.paths import path_ics, path_numbers, paths_table, plot_paths

from neuralpha.splits import combinatorial_purged

X, y, _ = toy_problem(12, 240)

folds = combinatorial_purged(y, 6, 2, embargo=2)

SCORED = {name: cross_predict(name, X, y, folds, seeds=1, progress=False) for name in ("ridge", "ols", "lasso")}

def test_every_path_is_a_complete_history_by_models_that_had_not_seen_it():
    table = paths_table(SCORED)
    assert sorted(set(table["path_number"])) == [1, 2, 3, 4, 5]
    assert not table.duplicated(["date", "asset", "model", "path_number"]).any()
    rows = table[table["model"] == "ridge"].groupby("path_number").size()
    assert rows.nunique() == 1 and rows.iloc[0] == y.panel.tradable.sum()
    first = table[(table["model"] == "ridge") & (table["path_number"] == 1)].set_index(["date", "asset"])["score"]
    pd.testing.assert_series_equal(first.sort_index(), SCORED["ridge"].scores().rename("score"))
    assert SCORED["ridge"].path_ics().round(10).to_dict() == {
        p: round(d["ridge"].mean(), 10) for p, d in path_ics(table, y).items()
    }

def test_the_mean_of_the_paths_and_their_overfitting_are_stated():
    numbers = path_numbers(path_ics(paths_table(SCORED), y), y)
    ridge = numbers["models"]["ridge"]
    assert ridge["low"] <= ridge["mean"] <= ridge["high"] and sum(m["best_on"] for m in numbers["models"].values()) == 5
    each = [o["pbo"] for o in numbers["overfitting"].values()]
    assert len(each) == 5 and abs(numbers["pbo"] - np.mean(each)) < 1e-12
