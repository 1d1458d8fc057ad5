# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.monitor.shortfall import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.monitor.rehearsal import OPENED, PriceScores, open_rehearsal, rehearsal_market

def test_perolds_example_of_the_curriculum():
    found = implementation_shortfall(1000, 10.00, 10.05, [(700, 10.07)], 14, 10.08)
    np.testing.assert_allclose(found[:4], (14, 14, 35, 24))
    np.testing.assert_allclose((found.paper, found.real, found.total), (80, -7, 87))
    sold = implementation_shortfall(-1000, 10.00, 9.95, [(-700, 9.93)], 14, 9.92)
    np.testing.assert_allclose(sold[:4], (14, 14, 35, 24))
    with pytest.raises(NeuralphaError, match="1200 shares were filled of an order of 1000"):
        implementation_shortfall(1000, 10.0, 10.0, [(1200, 10.0)], 0, 10.0)

def test_the_shortfall_of_a_desk_is_what_lies_between_paper_and_real(tmp_path):
    market = rehearsal_market()
    desk = open_rehearsal(tmp_path / "desk", participation=0.01)
    desk.feed(PriceScores(market), last=market.dates[OPENED + 8], live=False)
    record = desk.record()
    found = desk_shortfall(record)
    assert len(found) == 7 and (found["realised"].iloc[1:] > 0).all() and found["missed"].abs().max() > 1
    parts = found[["explicit", "realised", "delay", "missed"]].sum(axis=1)
    np.testing.assert_allclose(parts, found["paper"] - found["real"], atol=1e-9 * 1e7)
    paid = record.parts()[["half_spread", "temporary", "permanent", "commission"]].sum(axis=1)
    np.testing.assert_allclose(found["explicit"] + found["realised"], -paid.iloc[1:])

def test_bacons_example_is_reproduced():
    given = (0.4, 0.3, 0.3), (20, -5, 6), (0.4, 0.2, 0.4), (10, -4, 8)
    found = brinson(*(pd.Series(values, ["UK", "Japan", "US"], dtype=float) for values in given))
    np.testing.assert_allclose(found["allocation"], (0, -1.04, -0.16), atol=1e-12)
    np.testing.assert_allclose(found["selection"], (4.0, -0.2, -0.8))
    np.testing.assert_allclose(found["interaction"], (0, -0.1, 0.2), atol=1e-12)
    np.testing.assert_allclose([*found.sum(), found.sum().sum()], (-1.2, 3.0, 0.1, 1.9))

def test_sectors_market_and_costs_are_what_the_desk_made(tmp_path):
    market = rehearsal_market()
    sectors = pd.Series(np.where(np.arange(market.n_assets) % 3 == 0, "a", "b"), market.assets)
    for number, policy in enumerate(["Quantiles(3)", "TopN(5)"]):
        desk = open_rehearsal(tmp_path / f"desk{number}", policy)
        desk.feed(PriceScores(market), last=market.dates[OPENED + 6], live=False)
        record = desk.record()
        found = desk_sectors(record, sectors)
        wealth = record.wealth()["desk"]
        np.testing.assert_allclose(found["total"].sum(), wealth.iloc[-1] - wealth.iloc[0], atol=1e-9 * 1e7)
        assert (
            list(found.index) == ["a", "b", "market", "costs and fills"] and found.loc["costs and fills", "total"] < 0
        )
    assert abs(found.loc["market", "total"]) > 1, "a desk that is only long moves with the market"
    with pytest.raises(NeuralphaError, match="is held, and has no sector"):
        desk_sectors(record, sectors.iloc[:3])
