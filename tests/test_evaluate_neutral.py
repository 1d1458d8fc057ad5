# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.evaluate.neutral import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.evaluate.neutral import neutral_label, neutral_scores
from neuralpha.labels import forward_return

@pytest.fixture(scope="module")
def market():
    return simulate_universe(60, 260)

def test_a_sector_neutral_score_has_mean_zero_in_every_sector_and_is_ranks_less_a_groupby(market):
    score = np.where(market.tradable, np.random.default_rng(1).normal(size=market.n_rows), np.nan)
    left = market.series(neutral_scores(market, score))
    frame = market.series(score).rename("score").reset_index()
    frame["sector"] = market.attributes["sector"].reindex(frame["asset"]).to_numpy()
    by_date = frame.groupby("date")["score"]
    unit = 2 * by_date.rank() / (by_date.transform("count") + 1) - 1
    want = unit - unit.groupby([frame["date"], frame["sector"]]).transform("mean")
    np.testing.assert_allclose(left.to_numpy(), want.to_numpy(), atol=1e-12)

def test_a_score_that_is_the_same_within_each_sector_has_nothing_left(market):
    sectors = pd.factorize(market.attributes["sector"].reindex(market.assets))[0][market.asset_code]
    left = neutral_scores(market, np.where(market.tradable, sectors, np.nan).astype(float))
    assert np.isfinite(left).sum() == market.tradable.sum() and (left[market.tradable] == 0).all()

def test_beside_the_styles_score_and_residual_of_the_label_covary_as_score_and_label(market):
    from neuralpha.evaluate.exposures import unit_ranks, style_factors

    y = forward_return(market, 5, 1)
    score = np.random.default_rng(2).normal(size=market.n_rows)
    left = neutral_scores(market, np.where(y.labelled, score, np.nan), "style")
    ranks = np.nan_to_num(unit_ranks(market, np.where(y.labelled[:, None], style_factors(market)[0], np.nan)))
    for date in market.dates[[130, 200]]:
        rows = market.rows_on(date)
        rows = rows[np.isfinite(left[rows])]
        design = np.column_stack([np.ones(len(rows)), ranks[rows]])
        value = y.values[rows]
        residual = value - design @ np.linalg.lstsq(design, value, rcond=None)[0]
        np.testing.assert_allclose(left[rows] @ residual, left[rows] @ value, rtol=1e-8)

def test_what_cannot_be_neutral_is_said_in_a_sentence(market):
    from dataclasses import replace

    with pytest.raises(NeuralphaError, match="Unknown neutral part 'sectors'. Did you mean 'sector'?"):
        neutral_scores(market, np.zeros(market.n_rows), "sectors")
    with pytest.raises(NeuralphaError, match="has no attribute 'sector'"):
        neutral_scores(replace(market, attributes=pd.DataFrame(index=market.assets)), np.zeros(market.n_rows))
