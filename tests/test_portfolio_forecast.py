# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.portfolio.forecast import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.models.predict import Predictions

def _prediction(slopes=(0.02, 0.005), noise=0.03, seed=0, days=150, assets=40):
    """Scores whose labels lie on a line of their own in every fold."""
    rng, frames = np.random.default_rng(seed), []
    for fold, slope in enumerate(slopes):
        dates = pd.bdate_range("2020-01-01", periods=days) + pd.DateOffset(years=fold)
        index = pd.MultiIndex.from_product([dates, [f"S{i:02}" for i in range(assets)]], names=["date", "asset"])
        score = rng.normal(size=len(index))
        label = 0.01 + slope * score + noise * rng.normal(size=len(index))
        frames.append(pd.DataFrame(dict(fold=fold, seed=-1, score=score, label=label, model="m"), index).reset_index())
    return Predictions(pd.concat(frames).reset_index(drop=True))

def test_a_planted_line_is_found_fold_by_fold_and_its_interval_covers():
    hits = 0
    for seed in range(40):
        past, test = _prediction(seed=seed), _prediction(seed=1000 + seed)
        found = forecast_returns(test, past.frame, horizon=5)
        hits += int(
            ((found.calibrations["low"] <= [0.02, 0.005]) & (found.calibrations["high"] >= [0.02, 0.005])).sum()
        )
    assert 0.88 <= hits / 80 <= 0.995
    first = test.frame[test.frame["fold"] == 0]
    centred = first["score"] - first.groupby("date")["score"].transform("mean")
    made = found.scores.loc[pd.MultiIndex.from_frame(first[["date", "asset"]])]
    np.testing.assert_allclose(made, found.calibrations.loc[0, "slope"] * centred / 5, rtol=1e-9)

def test_a_line_that_falls_forecasts_nothing_and_labels_of_the_test_do_not_matter():
    past, test = _prediction((-0.02, 0.01)), _prediction(seed=7)
    found = forecast_returns(test, past.frame, 1)
    falls = test.frame["fold"] == 0
    assert found.calibrations.loc[0, "high"] < 0
    assert (found.scores.loc[pd.MultiIndex.from_frame(test.frame.loc[falls, ["date", "asset"]])] == 0).all()
    other = Predictions(test.frame.assign(label=0.0))
    pd.testing.assert_series_equal(forecast_returns(other, past.frame, 1).scores, found.scores)
    with pytest.raises(NeuralphaError, match="Fold 1 of m has no validation rows"):
        forecast_returns(test, past.frame[past.frame["fold"] == 0], 1)
    with pytest.raises(NeuralphaError, match="give the horizon"):
        forecast_returns(test, past.frame)
