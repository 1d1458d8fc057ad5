# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.worst import *
import numpy as np
import pandas as pd
import pytest
import neuralpha as na
from neuralpha.core import NeuralphaError
from neuralpha.report.worst import contributions, worst

@pytest.fixture(scope="module")
def market():
    return na.load_universe("sim-tiny")

@pytest.fixture(scope="module")
def score(market):
    return market.series(np.random.default_rng(0).normal(size=market.n_rows)).rename("luck")

def test_the_terms_of_a_date_add_up_to_its_ic_and_those_of_the_names_to_the_mean(market, score):
    y = na.forward_return(market)
    found = worst(score, 5, y=y)
    share = market.series(contributions(found.origin))
    ics = na.ic(score, y).dropna()
    np.testing.assert_allclose(share.groupby("date").sum(min_count=1).dropna(), ics, atol=1e-10)
    every = worst(score, 10_000, y=y)
    assert every.names["adds"].sum() == pytest.approx(ics.mean()) == every.sectors["adds"].sum()
    assert list(found.days.index) == list(ics.nsmallest(5).index)

def test_planted_faults_are_found_and_named(market, score):
    y = na.forward_return(market)
    spoiled = market.assets[:3]
    good = np.nan_to_num(y.values) + np.random.default_rng(1).normal(0, 0.02, market.n_rows)
    bad_name = np.isin(market.assets[market.asset_code], spoiled)
    bad_day = np.isin(market.date_code, [200, 210, 220])
    sign = np.where(bad_name | bad_day, -1, 1)
    found = worst(market.series(sign * good).rename("spoiled"), 3, y=y)
    assert set(found.names.index) == set(spoiled)
    assert set(found.days.index) == set(market.dates[[200, 210, 220]])
    assert found.days_compared.at["ic", "worst"] < -0.3 < 0.3 < found.days_compared.at["ic", "others"]

def test_scores_without_a_label_are_told_to_bring_one(score):
    with pytest.raises(NeuralphaError, match="give y="):
        worst(score)
