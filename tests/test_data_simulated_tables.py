# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.simulated.tables import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.point_in_time.asof import bar_of, row_at
from neuralpha.data.point_in_time.events import event_features
from neuralpha.data.point_in_time.fundamentals import check_filings, join_fundamentals
from neuralpha.data.simulated.market import simulate_named, simulate_universe

@pytest.fixture(scope="module")
def market():
    return simulate_universe(60, 800, ["reversal"], seed=2)

def test_filings_are_lawful_and_join(market):
    f = simulate_filings(market, amended=0.2)
    check_filings(f)
    lag = (f.known_on - f.period_end).dt.days[~f.amended]
    assert (
        lag.between(25, 81).all()
        and 0.1 < f.amended.mean() < 0.25
        and not f[~f.amended].duplicated(["asset", "fiscal_year", "fiscal_period"]).any()
    )
    year = (
        f[~f.amended]
        .pivot_table(index=["asset", "fiscal_year"], columns="fiscal_period", values=["net_income", "cash_flow_op"])
        .dropna()
    )
    assert (year["net_income"][["Q1", "Q2", "Q3"]].sum(axis=1) / year["net_income"]["FY"]).median() == pytest.approx(
        0.75, abs=0.08
    )
    j = join_fundamentals(market, f)
    late = market.date_code > 700
    share = {k: np.isfinite(v[late & market.tradable]).mean() for k, v in j.fields.items()}
    assert all(v > 0.6 for v in share.values()), share

def test_what_is_known_follows_the_past_and_not_the_future(market):
    j = join_fundamentals(market, simulate_filings(market))
    g = pd.Series(market.fields["close"].astype(float)).groupby(market.asset_code)
    frame = pd.DataFrame(
        {
            "margin": j.fields["net_margin"],
            "past": g.pct_change(250, fill_method=None),
            "next": g.shift(-60) / g.shift(0) - 1,
        }
    )
    frame[["margin"]] -= frame.groupby(market.asset_code)[["margin"]].transform("mean")
    c = frame.corr(method="spearman")["margin"]
    assert c["past"] > 0.2 and abs(c["next"]) < 0.1

def test_same_seed_same_tables(market):
    for make in (simulate_filings, simulate_posts):
        pd.testing.assert_frame_equal(make(market, seed=1), make(market, seed=1))
        assert not make(market, seed=1).equals(make(market, seed=2))

def test_every_post_counts_for_the_session_it_was_made_for(market):
    posts = simulate_posts(market, seed=3)
    bar = bar_of(market, posts.created_at)
    code = np.searchsorted(market.assets, posts.asset.to_numpy(str))
    row = row_at(market, code, bar)
    assert (row >= 0).all() and market.tradable[row].all() and len(row) > 20_000
    z = (
        pd.Series(market.fields["close"].astype(float))
        .groupby(market.asset_code)
        .pct_change(fill_method=None)
        .abs()
        .to_numpy()
    )
    n = np.bincount(row, minlength=market.n_rows)
    ok = np.isfinite(z)
    assert pd.Series(n[ok]).corr(pd.Series(z[ok]), method="spearman") > 0.3

def test_foresight_is_found_in_the_next_session_alone_and_only_if_planted(market):
    move = pd.Series(market.fields["close"].astype(float)).groupby(market.asset_code).pct_change(fill_method=None)
    later = [move.groupby(market.asset_code).shift(-k) for k in range(4)]
    for foresight in (0.0, 0.5):
        tone = event_features(market, simulate_posts(market, seed=4, rate=0.15, foresight=foresight), "post").fields[
            "post_sentiment"
        ]
        found = [pd.Series(tone).corr(m, method="spearman") for m in later]
        noise = 1 / np.sqrt(np.isfinite(tone).sum())
        assert (
            found[0] > 10 * noise and max(map(abs, found[2:])) < 5 * noise
        )  # its own session; a join off by a day would see it in the third
        assert found[1] > 10 * noise if foresight else abs(found[1]) < 5 * noise
