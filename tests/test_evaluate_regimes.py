# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.evaluate.regimes import *
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from neuralpha.data.panel import panel_from_frame
from neuralpha.evaluate.ic import ic
from neuralpha.features.compute import adjusted_panel
from neuralpha.features.families import moved_values
from neuralpha.labels import forward_return

def test_trailing_mean_stays_within_its_asset():
    p = panel_from_frame(
        pd.DataFrame({"date": list(pd.bdate_range("2020", periods=4)) * 2, "asset": list("AAAABBBB"), "close": 1.0})
    )
    np.testing.assert_allclose(trailing_mean(p, np.arange(8.0), 2), [0, 0.5, 1.5, 2.5, 4, 4.5, 5.5, 6.5])

def _market(dates=260, assets=60, seed=0):
    rng = np.random.default_rng(seed)
    small = np.arange(assets) < assets // 3
    hope = rng.normal(size=(dates, assets))
    wild = np.where(np.arange(dates) < dates // 2, 1, 3)[:, None]
    moves = (
        0.01 * np.vstack([np.zeros((2, assets)), hope[:-2]]) * small
        + rng.normal(0, 0.02, (dates, assets)) * wild
        + rng.normal(0, 0.01, (dates, 1)) * wild
    )
    frame = pd.DataFrame(
        {
            "date": np.repeat(pd.bdate_range("2020-10-01", periods=dates), assets),
            "asset": np.tile([f"S{i:02d}" for i in range(assets)], dates),
            "close": np.exp(moves.cumsum(0)).ravel(),
            "volume": (1e6 * np.where(small, 0.01, 1) * np.ones((dates, 1))).ravel(),
            "hope": hope.ravel(),
        }
    )
    p = panel_from_frame(
        frame,
        "toy",
        attributes=pd.DataFrame(
            {"sector": np.where(np.arange(assets) % 2, "odd", "even")}, [f"S{i:02d}" for i in range(assets)]
        ),
    )
    return p, p.series(p.fields["hope"]), forward_return(p, 1, 1)

@pytest.mark.parametrize("world", [dict(split=2), dict(split=1 / 10), dict(dividend=0.97), dict(dividend=1e-6)])
def test_adjusting_prices_after_the_file_moves_money_alone_and_of_no_other_asset(world):
    p = _market()[0]
    other = np.isin(p.assets, p.assets[1::2])[p.asset_code]
    later = adjusted_panel(p, **world)
    for name, before in size_and_liquidity(p).items():
        after = size_and_liquidity(later)[name]
        still = other if "dividend" in world else np.ones(p.n_rows, bool)
        assert np.isfinite(before).any() and not moved_values(before[still], after[still]).any(), name
    np.testing.assert_allclose(market_volatility(later), market_volatility(p), rtol=1e-9)

def test_dates_are_cut_by_what_the_market_did():
    p, s, y = _market()
    cuts = regimes(y)
    first = {d: c for d, c in zip(p.date_code, cuts["volatility"])}
    assert set(first[d] for d in range(40, 120)) <= {"calm", "middling"} and first[250] == "stormy"
    mean = pd.Series(y.values).groupby(p.date_code).mean()
    assert all((c == "up") == (mean[d] > 0) for d, c in zip(p.date_code, cuts["market"]) if c == c)

def test_cuts_that_are_known_on_the_day_do_not_look_ahead():
    p, s, y = _market()
    cut = p.dates[200]
    early = panel_from_frame(
        p.frame().drop(columns="tradable")[p.dates[p.date_code] <= cut], "toy", attributes=p.attributes
    )
    a, b = (
        {
            (q.date_code[i], q.asset_code[i]): c
            for i, c in enumerate(regimes(forward_return(q, 1, 1), np.ones(q.n_rows, bool))["liquidity"])
        }
        for q in (p, early)
    )
    assert all(a[k] == v or (a[k] != a[k] and v != v) for k, v in b.items())

def test_no_volume_no_size():
    days = pd.bdate_range("2020-01-01", periods=60)
    p = panel_from_frame(
        pd.DataFrame([(d, a) for a in "ABCDE" for d in days], columns=["date", "asset"]).assign(
            close=np.random.default_rng(0).uniform(1, 2, 300)
        )
    )
    assert set(regimes(forward_return(p, 1, 0))) == {"year", "volatility", "market"}

def test_the_market_goes_up_and_down_whatever_the_label_is_less_of():
    from neuralpha.labels import excess_return, volatility_scaled

    p, s, y = _market()
    plain = regimes(y)["market"]
    for label in (
        excess_return(y, "sector"),
        excess_return(y, "market"),
        excess_return(y, "beta", 30),
        volatility_scaled(y),
    ):
        known = np.isfinite(label.values)
        assert list(regimes(label)["market"][known]) == list(plain[known])

def test_a_group_is_an_ordinary_ic_on_its_own_rows():
    p, s, y = _market()
    got = group_ics(s, y, regimes(y)["sector"])
    odd = s[[a in {f"S{i:02d}" for i in range(1, 60, 2)} for a in s.index.get_level_values(1)]]
    np.testing.assert_allclose(got["odd"], ic(odd, y).dropna(), atol=1e-12)

def test_skill_is_found_where_it_was_planted():
    p, s, y = _market()
    m = regime_metrics(s, y)
    size = {k: v["value"] for k, v in m["ic_by_size"].items()}
    assert (
        list(size) == ["little traded", "middling", "much traded"]
        and size["little traded"] > 0.12
        and abs(size["much traded"]) < 0.05
    )
    liquid = m["ic_by_liquidity"]
    assert liquid["illiquid"]["value"] > 0.2 and abs(liquid["liquid"]["value"]) < 0.05
    assert (
        list(m["ic_by_year"]) == ["2020", "2021"]
        and set(m["ic_by_market"]) == {"up", "down"}
        and list(m["ic_by_volatility"]) == ["calm", "middling", "stormy"]
    )

def test_groups_stand_in_the_order_of_their_categorical():
    p, s, y = _market()
    third = pd.Categorical.from_codes(p.asset_code % 3, ["weak", "normal", "strong"])
    assert list(regime_metrics(s, y, {"sector": third})["ic_by_sector"]) == ["weak", "normal", "strong"]
