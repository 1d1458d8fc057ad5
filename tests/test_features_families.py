# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.features.families import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError

def test_building_blocks_equal_pandas():
    h = History(example_bars())
    ret = pd.Series(h["close"]).pct_change(fill_method=None)
    np.testing.assert_allclose(h.std("ret", 20), ret.rolling(20, min_periods=10).std(), rtol=1e-9)
    np.testing.assert_allclose(
        h.corr("ret", "volume_change", 20)[40:], _pandas_corr(ret, pd.Series(h["volume_change"]), 20)[40:], rtol=1e-7
    )
    np.testing.assert_array_equal(h.min("low", 20), pd.Series(h["low"]).rolling(20, min_periods=10).min())

def test_a_field_named_like_a_derived_series_changes_nothing():
    bars = example_bars()
    plain = History(bars)
    crowded = History(bars | {n: np.full(420, 9.0) for n in SERIES})
    for n in SERIES:
        np.testing.assert_array_equal(crowded[n], plain[n], err_msg=n)

def _pandas_corr(x, y, w):
    both = x.notna() & y.notna()
    return x.where(both).rolling(w, min_periods=w // 2).corr(y.where(both))

def test_a_feature_and_a_family_do_not_share_a_name():
    for name, family in (("momentum", "mine"), ("mine", "mine"), ("mine", "ret_5")):
        with pytest.raises(NeuralphaError, match="a feature and a family at once"):
            declare(name, family, "close", 1, "close", lambda h: h("close"))
    assert "mine" not in FEATURES

def test_a_name_is_declared_once():
    with pytest.raises(NeuralphaError, match="declared twice"):
        declare("ret_1", "x", "close", 7, "", len)

def test_features_are_chosen_by_name_family_set_and_glob():
    assert [f.name for f in choose(["vol_20", "classic"])][:2] == ["vol_20", "ret_1"]
    assert [f.name for f in choose("max_ret_*")] == ["max_ret_5", "max_ret_20"]
    assert {f.family for f in choose("liquidity")} == {"liquidity"} and len(choose("core")) == 45
    with pytest.raises(NeuralphaError, match="Did you mean 'momentum'"):
        choose("momentun")

def test_relative_and_interaction_names():
    (f,) = choose("vol_60@sector")
    assert f.cross_sectional and f.lookback == 60 and f.of == ("vol_60",)
    assert choose("ret_5:high_252")[0].lookback == 251
    with pytest.raises(NeuralphaError, match="single features"):
        choose("ret_5:momentum")
    for name in ("ret_5@market:vol_20", "ret_5:vol_20@sector"):
        with pytest.raises(NeuralphaError, match="itself made of other features"):
            choose(name)
    with pytest.raises(NeuralphaError, match="Unknown"):
        choose("ret_5:nothing")

def test_levels_of_features_of_features_follow_from_their_parts():
    levels = {
        n: choose(n)[0].level
        for n in ("amihud_20@market", "ret_5@sector", "ret_5:amihud_20", "turnover_20:dollar_volume_20")
    }
    assert levels == {
        "amihud_20@market": "money",
        "ret_5@sector": "",
        "ret_5:amihud_20": "money",
        "turnover_20:dollar_volume_20": "price",
    }

@pytest.mark.parametrize(
    "lookback, formula, message",
    [
        (4, lambda h: h.change("close", 5), "before its look-back"),
        (6, lambda h: h.change("close", 5), "never reads as far back"),
        (1, lambda h: np.append(h["close"][1:], np.nan), "after t"),
        (19, lambda h: np.cumsum(np.nan_to_num(h["close"])), "before its look-back"),
    ],
)
def test_false_declarations_are_found(lookback, formula, message):
    with pytest.raises(NeuralphaError, match=message):
        check_declaration(Feature("mine", "mine", ("close",), lookback, "", "", formula))

def _mine(formula, level=""):
    return Feature("mine", "mine", ("close", "volume"), 0, "", "", formula, level=level)

@pytest.mark.parametrize(
    "formula, word",
    [
        (lambda h: np.log(h["close"]), "price"),
        (lambda h: np.log1p(h["volume"]), "shares"),
        (lambda h: h["close"] * h["volume"], "money"),
        (lambda h: (h["high"] - h["low"]) / (h["high"] - h["low"] + 1e-3), "price"),
        (lambda h: h["location"] * np.where(h["close"] > 40, 1, np.nan), "price"),
    ],
)
def test_a_level_is_found_named_and_accepted_once_declared(formula, word):
    with pytest.raises(NeuralphaError, match=f"mine knows later .* declare level='{word}'"):
        check_declaration(_mine(formula))
    check_declaration(_mine(formula, word))

def test_a_declaration_of_a_level_that_is_none_is_refused():
    with pytest.raises(NeuralphaError, match="no later split moves it; drop the declaration"):
        check_declaration(_mine(lambda h: h["location"], "shares"))
    with pytest.raises(NeuralphaError, match="knows later splits"):
        check_declaration(_mine(lambda h: h["close"], "money"))
    with pytest.raises(NeuralphaError, match="level"):
        check_declaration(_mine(lambda h: h["close"], "prices"))

def test_formulas_on_numbers_done_by_hand():
    h = History(
        {
            k: np.array(v, float)
            for k, v in dict(
                open=[10, 11, 12], high=[12, 12, 13], low=[9, 10, 11], close=[11, 12, 12], volume=[100, 0, 300]
            ).items()
        }
    )

    def value(n):
        return FEATURES[n].compute(h)[-1]

    assert value("overnight") == 0 and value("intraday") == 0 and value("close_location") == 0.5
    assert value("range_over_close") == pytest.approx(2 / 12)
    five = History({k: np.array(v, float) for k, v in dict(close=[1, 2, 4, 3, 6], volume=[1, 1, 0, 1, 1]).items()})
    assert FEATURES["max_ret_5"].compute(five)[-1] == 1.0 and FEATURES["rank_5"].compute(five)[-1] == 1.0
    assert FEATURES["min_ret_5"].compute(five)[-1] == -0.25

def test_garman_klass_and_yang_zhang_find_the_true_volatility():
    rng = np.random.default_rng(0)
    steps = 0.02 / np.sqrt(200) * rng.standard_normal((3000, 200))
    path = np.cumsum(steps.ravel()).reshape(3000, 200)
    start = np.concatenate([[0], path[:-1, -1]])
    bars = {
        k: np.exp(v)
        for k, v in dict(
            open=start, high=np.maximum(path.max(1), start), low=np.minimum(path.min(1), start), close=path[:, -1]
        ).items()
    }
    h = History(bars)
    for name in ("vol_60", "parkinson_60", "garman_klass_60", "yang_zhang_60"):
        assert np.nanmean(FEATURES[name].compute(h)) == pytest.approx(0.02, rel=0.08), name

def test_a_bar_without_prices_has_no_true_range():
    bars = {"high": [12, 12, 13, 14], "low": [9, 10, 11, 10], "close": [11, 12, 12, 13]}
    masked = {name: np.array(values, float) for name, values in bars.items()}
    for values in masked.values():
        values[2] = np.nan
    np.testing.assert_array_equal(History(masked)["true_range"], [3, 2, np.nan, 4])

@pytest.mark.parametrize("hole", [1, 2, 40])
def test_the_average_true_range_is_that_of_the_bars_there_are(hole):
    rng = np.random.default_rng(0)
    close = 100 + np.cumsum(rng.standard_normal(500))
    bars = {"high": close + rng.random(500), "low": close - rng.random(500), "close": close}
    for values in bars.values():
        values[450 - hole : 450] = np.nan
    high, low, before = bars["high"], bars["low"], np.append(np.nan, bars["close"][:-1])
    range_ = np.where(np.isnan(high), np.nan, np.fmax(high, before) - np.fmin(low, before))
    weight = (13 / 14) ** np.arange(ema_length(1 / 14))
    newest = range_[::-1][: len(weight)]
    want = np.nansum(weight * newest) / weight[np.isfinite(newest)].sum() / close[-1]
    assert FEATURES["atr_14"].compute(History(bars))[-1] == pytest.approx(want)
