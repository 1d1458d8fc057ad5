# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.planted import *
import numpy as np
import pytest
from neuralpha.models.linear import OLS

def test_a_line_finds_a_linear_law_and_no_product():
    line = plant_law(lambda x: x[..., 0] - 2 * x[..., 2], seed=1)
    saddle = plant_law(lambda x: x[..., 0] * x[..., 1], seed=1)
    assert line.ic(line.fit(OLS())) > 0.99 and abs(saddle.ic(saddle.fit(OLS()))) < 0.1

def test_the_law_stands_where_its_features_stand_and_its_noise_is_as_told():
    market = plant_law(lambda x: x[..., 1], noise=0.5)
    assert market.law == pytest.approx(market.X.values[:, 1] / market.X.values[:, 1].std(), abs=0.03)
    assert (market.target - market.law).std() == pytest.approx(0.5, abs=0.02) and market.law.std() == pytest.approx(1)
    assert np.array_equal(plant_law(lambda x: x[..., 1], noise=0.5).target, market.target)

def test_a_market_moves_the_last_feature_of_all_assets_of_a_date():
    market = plant_law(lambda x: x[..., 0], n_assets=100, market=2.0)
    means = [market.X.values[market.X.panel.date_code == day].mean(0) for day in range(160)]
    assert np.std(means, 0) == pytest.approx([0.1, 0.1, 0.1, 2.0], abs=0.25)
