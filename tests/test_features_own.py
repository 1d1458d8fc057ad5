# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.features.own import *
from dataclasses import replace
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.features.compute import compute_features
from neuralpha.features.families import FEATURES
from neuralpha.features.store import feature_key, stream_features, update_features

@pytest.fixture(scope="module")
def small_panel():
    return simulate_universe(n_assets=12, n_days=300, seed=1)

def momentum(frame):
    return frame["close"] / frame.groupby("asset")["close"].shift(5) - 1

def test_a_pandas_function_gives_what_the_built_in_feature_gives(small_panel):
    shapes = {
        "shuffled": lambda f: momentum(f).sample(frac=1, random_state=0),
        "array": lambda f: momentum(f).to_numpy(),
        "frame": lambda f: momentum(f).to_frame("x"),
        "by asset": lambda f: f.groupby("asset")["close"].apply(lambda c: c / c.shift(5) - 1),
        "by date and asset": lambda f: (
            momentum(f).set_axis(pd.MultiIndex.from_frame(f[["date", "asset"]])).sort_index()
        ),
    }
    for transform in (None, "rank"):
        X = compute_features(small_panel, ["ret_5", momentum], transform)
        np.testing.assert_allclose(X.values[:, 1], X.values[:, 0], rtol=1e-5, atol=1e-6)
        assert X.names == ("ret_5", "momentum") and X.lookbacks == (5, 5) and X.levels == {}
        assert X.missing["momentum"] == X.missing["ret_5"]
    for name, shape in shapes.items():
        got = own_feature(shape, "x").compute(small_panel)
        np.testing.assert_allclose(got, momentum(small_panel.frame()), rtol=0, atol=1e-6, err_msg=name)

def test_what_a_function_returns_or_raises_is_one_sentence(small_panel):
    def fewer(frame):
        return frame["close"].dropna().iloc[5:]

    def unknown(frame):
        return frame["mood"]

    for function, address in {
        fewer: "Feature fewer .*it returned .* values for .* rows, or under another index",
        unknown: r"Feature unknown fails .*KeyError: 'mood' \(.*line \d+\); the table has date, asset, open",
        dict: "Feature dict .*it returned a dict|Feature dict fails",
    }.items():
        with pytest.raises(NeuralphaError, match=address):
            compute_features(small_panel, [function])

def shift_ahead(frame):
    return frame.groupby("asset")["close"].shift(-1) / frame["close"]

def life(frame):
    return frame["close"] / frame.groupby("asset")["close"].transform("mean")

def filled(frame):
    return frame.groupby("asset")["volume"].bfill() / frame["volume"].fillna(1)

def expanding(frame):
    return frame["close"] / frame.groupby("asset")["close"].transform(lambda c: c.expanding().mean())

def half_life(frame):
    c = frame.groupby("asset")["close"]
    return frame["close"] / c.transform(lambda c: c.ewm(halflife=40).mean())

def highest(frame):
    c = frame.groupby("asset")["close"]
    return frame["close"] / c.transform(lambda c: c.rolling(30, min_periods=1).max())

def against_others(frame):
    return frame["close"].div(frame["open"]).groupby(frame["date"]).rank(pct=True)

def money(frame):
    return frame["close"] * frame["volume"]

FIELDS = ("open", "high", "low", "close", "volume")

@pytest.mark.parametrize("function", (shift_ahead, life, filled))
def test_what_looks_ahead_is_refused_wherever_it_is_used(function, small_panel):
    for use in (check_feature, lambda f: compute_features(small_panel, ["ret_5", f])):
        with pytest.raises(NeuralphaError, match=f"Feature {function.__name__} looks ahead"):
            use(function)

def without_assets(frame):
    return frame["close"] / frame["close"].shift(5) - 1

def test_a_window_that_runs_from_one_asset_into_the_next_is_told_what_it_lacks():
    with pytest.raises(NeuralphaError, match="a shift or a window without groupby.'asset'."):
        check_feature(without_assets)

def test_what_a_function_reads_is_measured():
    found = {
        f.__name__: what_it_reads(FrameFunction(f, f.__name__), FIELDS)
        for f in (momentum, highest, against_others, money)
    }
    assert found == {
        "momentum": (5, False, ""),
        "highest": (29, False, ""),
        "against_others": (0, True, ""),
        "money": (0, False, "money"),
    }

def test_a_look_back_without_end_is_declared_and_then_checked(monkeypatch):
    with pytest.raises(NeuralphaError, match="expanding reads more than 300 bars back.*`expanding.lookback = 500`"):
        check_feature(expanding)
    monkeypatch.setattr(half_life, "lookback", 1200, raising=False)
    assert check_feature(half_life)[0].lookback == 1200
    monkeypatch.setattr(half_life, "lookback", 60)
    with pytest.raises(NeuralphaError, match="half_life reads bars before the look-back of 60"):
        check_feature(half_life)

def test_a_level_is_said_or_divided_out(monkeypatch):
    with pytest.raises(NeuralphaError, match="Feature money keeps close × volume.*`money.level = 'money'`"):
        check_feature(money)
    monkeypatch.setattr(money, "level", "money", raising=False)
    assert check_feature(money)[0].level == "money"

def test_names_lists_and_features_stand_where_a_function_stands(small_panel, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ours.py").write_text(
        "from neuralpha.features.families import Feature\n"
        "def gap(frame):\n    return frame['open'] / frame.groupby('asset')['close'].shift(1) - 1\n"
        "jump = Feature('jump', 'own', ('open', 'close'), 1, 'open[t]/close[t-1] - 1', '', lambda h: h['overnight'])\n"
        "BOTH = [gap, jump]\nnumber = 3\n"
    )
    X = compute_features(small_panel, ["ret_5", "ours.py:gap", "ours.py:jump"])
    assert X.names == ("ret_5", "gap", "jump") and X.lookbacks == (5, 1, 1)
    np.testing.assert_allclose(X.values[:, 1], X.values[:, 2], atol=1e-6)
    assert compute_features(small_panel, "ours.py:BOTH").names == ("gap", "jump")
    assert [f.name for f in check_feature("ours.py:BOTH")] == ["gap", "jump"]
    with pytest.raises(NeuralphaError, match="ours.py:number is a int; a feature is a function"):
        compute_features(small_panel, "ours.py:number")
    with pytest.raises(NeuralphaError, match="Two features are called 'ret_5'"):
        compute_features(small_panel, ["ret_5", replace(FEATURES["ret_20"], name="ret_5")])
    monkeypatch.setitem(features_of.__globals__, "offered", lambda group: {"bought": "ours.py:jump"})
    assert compute_features(small_panel, ["bought"]).names == ("jump",)

def test_stored_tables_follow_the_functions_code_and_nothing_is_carried_over_by_halves(
    small_panel, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    text = "def gap(frame):\n    return frame['open'] / frame.groupby('asset')['close'].shift(1) - 1\n"
    (tmp_path / "kept.py").write_text(text)
    key = feature_key(small_panel, ["kept.py:gap"])
    (tmp_path / "kept.py").write_text(text + "# prose\n")
    assert feature_key(small_panel, ["kept.py:gap"]) == key
    (tmp_path / "kept.py").write_text(text.replace("- 1", "- 1.0"))
    assert feature_key(small_panel, ["kept.py:gap"]) != key
    X = compute_features(small_panel, [momentum])
    for act in (
        lambda: update_features(X, small_panel, [momentum]),
        lambda: stream_features(small_panel, tmp_path / "x.parquet", [momentum]),
    ):
        with pytest.raises(NeuralphaError, match="'momentum' is a function of the whole table"):
            act()
