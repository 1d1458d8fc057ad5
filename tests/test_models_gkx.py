# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.gkx import *
import numpy as np
import pytest
from neuralpha.core import NeuralphaError
import pandas as pd
from neuralpha.models.base import toy_problem
from neuralpha.models.linear import Lasso, OLS

@pytest.mark.parametrize("cls", [NN1, NN3])
def test_a_pyramid_learns_the_saddle(cls):
    X, y, fold = toy_problem(40, 200)
    t = y.target("rank")
    m = cls(batch_rows=200, max_epochs=40, learning_rate=1e-2, norm="batch" if cls is NN3 else "none").fit(
        X.view(fold.train), t[fold.train], valid=(X.view(fold.valid), t[fold.valid])
    )
    product = X.values[fold.test, 1] * X.values[fold.test, 2]
    assert np.corrcoef(m.predict(X.view(fold.test)), product)[0, 1] > 0.35

def test_the_pyramids_are_the_papers():
    for cls, widths in ((NN1, [32]), (NN3, [32, 16, 8]), (NN5, [32, 16, 8, 4, 2])):
        net = cls().build(10, 1)
        assert [p.shape[0] for n, p in net.named_parameters() if p.ndim > 1] == [*widths, 1]
    with pytest.raises(NeuralphaError, match=r"'depth' is 6; it must be in \[1, 5\]"):
        NN3(depth=6)

@pytest.mark.parametrize("cls", [NN1, NN2, NN3, NN4, NN5])
def test_no_pyramid_stays_constant_at_its_defaults(cls):
    e = squared_errors(cls(), gkx_problem("a", 20, [5, 0]))
    assert (e["mean"] - e["model"]) > 0.4 * (e["mean"] - e["true"]) > 0

def test_errors_are_those_of_the_last_third_in_returns():
    X, r, g, (train, valid, test) = problem = gkx_problem("a", 5, [3, 1])
    e = squared_errors(Lasso(stop_on="loss"), problem)
    t = ((r - r[train].mean()) / r[train].std()).astype(np.float32)
    f = r[train].mean() + r[train].std() * Lasso(stop_on="loss").fit(
        X.view(train), t[train], valid=(X.view(valid), t[valid])
    ).predict(X.view(test)).astype(float)
    assert e == pytest.approx(
        {
            "model": np.square(r[test] - f).sum(),
            "true": np.square(r[test] - g[test]).sum(),
            "mean": np.square(r[test] - r[train].mean()).sum(),
        }
    )
    assert squared_errors(Lasso(stop_on="loss"), problem, refit=True)["model"] != e["model"]
    assert (
        X.panel.date_code[train].max()
        < X.panel.date_code[valid].min()
        <= X.panel.date_code[valid].max()
        < X.panel.date_code[test].min()
    )
    assert gkx_draw({"lasso": Lasso(stop_on="loss")}, "a", 5, [3, 1]) == pytest.approx(
        {"true": 100 * (1 - e["true"] / e["mean"]), "lasso": 100 * (1 - e["model"] / e["mean"])}
    )

def test_the_table_is_the_papers_protocol():
    from neuralpha.data.simulated.gkx import gkx_scores

    X, r, g, (train, valid, test) = gkx_problem("a", 10, 3)
    assert (
        len(train) == len(valid) == len(test) == 200 * 60
        and X.panel.date_code[train].max() < X.panel.date_code[valid].min()
    )
    row = gkx_draw({"ols": OLS()}, "a", 10, [0, 0])
    known = gkx_scores("a", 10, repetitions=1, seed=0).iloc[0]
    assert row["true"] == pytest.approx(known["oracle"], abs=1e-6) and row["ols"] == pytest.approx(
        known["ols"], abs=0.01
    )

def test_ratios_are_paired_and_their_error_is_the_jackknife():
    draws = pd.DataFrame({"true": [4.0, 6.0, 5.0], "half": [2.0, 3.0, 2.5], "noisy": [1.0, 5.0, 3.0]})
    t = paired_ratios(draws)
    assert t.loc["half", "ratio to true"] == 0.5 and t.loc["half", "standard error"] == pytest.approx(0)
    left = np.array([8 / 11, 4 / 9, 6 / 10])
    assert t.loc["noisy", "standard error"] == pytest.approx(np.sqrt(2 / 3 * ((left - left.mean()) ** 2).sum()))
