# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.feature_study import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.report.feature_study import quantiles, study_feature
from neuralpha.labels import forward_return

@pytest.fixture(scope="module")
def small_market():
    return simulate_universe(40, 300)

def test_the_numbers_are_those_of_the_rooms_they_come_from(small_market):
    from neuralpha.evaluate.exposures import score_correlation
    from neuralpha.evaluate.ic import ic, rank_ic
    from neuralpha.features.compute import compute_features

    study = study_feature("ret_5", small_market, audit=False)
    X = compute_features(small_market, ["ret_5", "vol_20"], None)
    y = forward_return(small_market, 5, 1)
    assert study.metrics["ic"]["value"] == pytest.approx(ic(X.values[:, 0], y, small_market).mean())
    assert study.metrics["rank_ic_by_horizon"]["10"]["value"] == pytest.approx(
        rank_ic(X.values[:, 0], forward_return(small_market, 10, 1), small_market).mean()
    )
    both = score_correlation(X.frame(), small_market)
    assert study.kinship["vol_20"] == pytest.approx(both.at["ret_5", "vol_20"]) and "ret_5" not in study.kinship
    assert (study.kinship.abs().diff().dropna() <= 0).all()
    known = np.isfinite(X.values[:, 0]) & small_market.tradable
    want = (
        small_market.series(known).groupby("date").sum()
        / small_market.series(small_market.tradable).groupby("date").sum()
    )
    np.testing.assert_allclose(study.coverage, want)

def test_a_name_a_function_and_a_series_are_one_feature(small_market):
    from neuralpha.features.compute import compute_features

    def by_hand(prices):
        return prices.groupby("asset")["close"].pct_change(5)

    column = compute_features(small_market, ["ret_5"], None).frame()["ret_5"]
    studies = [study_feature(f, small_market, audit=False, horizons=(5,)) for f in ("ret_5", column, _of_panel)]
    for study in studies[1:]:
        np.testing.assert_allclose(study.values, studies[0].values)
    by_table = study_feature(by_hand, small_market, audit=False, horizons=(5,))
    both = np.isfinite(by_table.values) & np.isfinite(studies[0].values)  # pandas counts traded rows, not bars
    assert both.sum() > 5000 and np.isclose(by_table.values[both], studies[0].values[both], atol=1e-5).mean() > 0.9

def _of_panel(panel):
    from neuralpha.features.compute import compute_features

    return compute_features(panel, ["ret_5"], None).values[:, 0]

def test_a_leak_is_named_and_a_clean_feature_passes(small_market):
    def ahead(prices):
        return prices.groupby("asset")["close"].shift(-1)

    found = study_feature(ahead, small_market)
    assert not found.certificate.passed and "Leaks: failed" in found.statements()[-1]
    clean = study_feature("ret_5", small_market)
    assert clean.certificate.passed and "on 20 of 40 assets" in clean.statements()[-1]
    assert f"{len(clean.ics):,} dates: skill that comes and goes can look like" in clean.statements()[1]

def test_a_series_is_said_not_to_be_audited(small_market):
    said = study_feature(
        small_market.series(np.random.default_rng(0).normal(size=small_market.n_rows)), small_market
    ).statements()
    assert "not audited (a Series does not say how it was made" in said[-1] and "nothing was shown" in said[0]

def test_sector_neutral_has_no_ic_where_only_the_sector_is_known(small_market):
    from neuralpha.cross_section import mean_by_date

    y = forward_return(small_market, 5, 1)
    noise = np.random.default_rng(0).normal(0, 1e-4, small_market.n_rows)
    sector = small_market.series(mean_by_date(small_market, np.nan_to_num(y.values), "sector") + noise)
    plain, left = (
        study_feature(sector, small_market, neutral=by, audit=False).metrics["ic"] for by in (None, "sector")
    )
    assert plain["low"] > 0.2 and abs(left["value"]) < 0.05

@pytest.mark.parametrize(
    "feature, said",
    [("ret_55", "Did you mean"), (3, "not a int"), (lambda p: p[["close", "open"]], "gives 2 columns")],
)
def test_what_is_no_feature_is_said_in_a_sentence(small_market, feature, said):
    with pytest.raises(NeuralphaError, match=said):
        study_feature(feature, small_market)

def test_the_screen_is_small_and_scrolls_inside(small_market):
    html = study_feature("ret_5", small_market, audit=False)._repr_html_()
    assert html.count("<img") == 3 and len(html) < 150_000
    assert html.count("overflow: auto") == 2 and html.count("<table") == 3

def test_a_series_that_knows_too_much_is_said_to(small_market):
    y = forward_return(small_market, 5, 1)
    answers = study_feature(small_market.series(y.values).rename("answers"), small_market, against=[])
    assert "look for the future in it" in answers.statements()[-1]
    luck = small_market.series(np.random.default_rng(3).normal(size=small_market.n_rows)).rename("luck")
    assert "look for the future" not in study_feature(luck, small_market, against=[]).statements()[-1]
    with pytest.raises(NeuralphaError, match="quantiles is 2.5; it must be a whole number, at least 2"):
        quantiles(luck, y, 2.5)

def test_a_function_that_writes_into_the_panel_or_gives_no_value_for_each_row_is_refused(small_market):
    close = small_market.fields["close"].copy()

    def cleans(panel):
        panel.fields["close"][:5] = 0
        return panel.fields["close"]

    with pytest.raises(NeuralphaError, match="cleans writes into the panel that it is given .field 'close'"):
        study_feature(cleans, small_market)
    np.testing.assert_array_equal(small_market.fields["close"], close)
    with pytest.raises(NeuralphaError, match="gives no value for each of the .* rows of"):
        study_feature(lambda panel: np.zeros(3), small_market)

def test_quantiles_are_the_means_of_quantile_returns_and_turnover(small_market):
    from neuralpha.evaluate.quantiles import quantile_returns, turnover

    score = small_market.series(np.random.default_rng(3).normal(size=small_market.n_rows)).rename("luck")
    y = forward_return(small_market, 5, 1)
    found = quantiles(score, y, 4)
    np.testing.assert_allclose(found.table["mean"], quantile_returns(score, y, small_market, 4).mean())
    np.testing.assert_allclose(found.table["new_names"], turnover(score, small_market, 1, 4).mean())
    assert (found.table["low"] < found.table["mean"]).all() and (found.table["mean"] < found.table["high"]).all()
    assert "luck on" in repr(found) and "<img" in found._repr_html_()
