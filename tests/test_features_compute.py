# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.features.compute import *
import ast
from pathlib import Path
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError, limit_threads
from neuralpha.data.panel import panel_from_frame
from neuralpha.features import families
from neuralpha.features.families import (
    FEATURES,
    SERIES,
    SETS,
    Feature,
    check_declaration,
    choose,
    example_bars,
    moved_values,
)

def _market(n_assets=12, n_dates=320, seed=0):
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2022-01-03", periods=n_dates)
    rows = []
    for a in range(n_assets):
        start, stop = (0, n_dates) if a % 3 else (a, n_dates - 5 * a)
        n = stop - start
        close = 40 * np.exp(np.cumsum(0.02 * rng.standard_normal(n)))
        open_ = close * np.exp(0.005 * rng.standard_normal(n))
        rows.append(
            pd.DataFrame(
                {
                    "date": days[start:stop],
                    "asset": f"S{a:02d}",
                    "open": open_,
                    "high": np.maximum(open_, close) * 1.01,
                    "low": np.minimum(open_, close) * 0.99,
                    "close": close,
                    "volume": np.round(1e5 * np.exp(rng.standard_normal(n))),
                }
            )
        )
    frame = pd.concat(rows)
    frame.loc[rng.random(len(frame)) < 0.02, "close"] = np.nan
    sectors = pd.DataFrame(
        {"sector": [f"X{a % 3}" for a in range(n_assets)]}, index=[f"S{a:02d}" for a in range(n_assets)]
    )
    return panel_from_frame(frame, "small market", attributes=sectors)

def test_a_universe_of_characteristics():
    p = _market()
    p = panel_from_frame(
        p.frame()[["date", "asset"]].assign(size=np.arange(p.n_rows) * 1.0, value=1.0, **{"return": 0.0}),
        "characteristics",
    )
    X = compute_features(p, "core", transform=None)
    assert X.names == ("size", "value") and X.lookbacks == (0, 0)
    assert compute_features(p, ["size", "value"], transform=None).names == ("size", "value")

@pytest.mark.parametrize("hindsight", ["factor", "adj_close"])
def test_the_mask_and_what_knows_of_later_splits_are_no_characteristics(hindsight):
    p = _market()
    p = panel_from_frame(
        p.frame().assign(short_interest=np.arange(p.n_rows) * 1.0, **{hindsight: 1.0}),
        "own columns",
        attributes=p.attributes,
    )
    X = compute_features(p, ["ret_1", "characteristics"], transform=None)
    assert X.names == ("ret_1", "short_interest") and np.isnan(X.values[~p.tradable]).all()
    with pytest.raises(NeuralphaError, match=f"Unknown feature.* '{hindsight}'"):
        compute_features(p, hindsight)

def test_unknown_names_are_refused():
    with pytest.raises(NeuralphaError, match="Did you mean 'ret_20'"):
        compute_features(_market(), "rte_20")
    with pytest.raises(NeuralphaError, match="Did you mean 'zscore'"):
        compute_features(_market(), transform="zscor")

def test_a_close_only_universe_says_what_it_skips():
    p = _market()
    bare = panel_from_frame(p.frame()[["date", "asset", "close"]], "closes")
    X = compute_features(bare, "core")
    assert "volume_z_20" not in X.names and "'volume'" in X.skipped["volume_z_20"] and "skipped" in repr(X)
    assert set(X.names) | set(X.skipped) == set(SETS["core"])
    with pytest.raises(NeuralphaError, match="no field 'volume'"):
        compute_features(bare, "volume")
    with pytest.raises(NeuralphaError, match="sector"):
        compute_features(bare, "ret_20@sector")

@pytest.mark.parametrize("compute", [lambda h: 1.0, lambda h: h["close"][:1], lambda h: h["close"][1:]])
def test_a_feature_gives_one_value_a_bar(compute):
    odd = Feature("odd", "own", ("close",), 0, "odd", "", compute)
    with pytest.raises(NeuralphaError, match="odd gives .* values of 320 bars; one a bar is meant"):
        compute_features(_market(), odd)

def test_what_is_no_name_of_a_feature_is_named():
    from neuralpha.data.simulated.market import simulate_universe

    panel = simulate_universe(n_assets=3, n_days=60)
    for odd, said in (
        (panel, "Panel"),
        (None, "None"),
        (3, "int"),
        ([0.5], "float"),
        (["volatility_20", panel], "Panel"),
    ):
        with pytest.raises(NeuralphaError, match=f"a name is meant, and {said} was given"):
            compute_features(panel, odd)

def _with_everything():
    p = _market(12, 700)
    return p.with_fields(vwap=(p.fields["high"] + p.fields["low"]) / 2, shares=np.full(p.n_rows, 1e7))

ALL = [n for n, f in FEATURES.items() if f.family != "alpha360" and not set(f.inputs) & {"shares", "vwap"}]

def _cut(panel, keep):
    f = panel.frame()[keep(panel.frame()["date"])]
    return panel_from_frame(
        f.drop(columns="tradable"), panel.name, tradable=f["tradable"].to_numpy(), attributes=panel.attributes
    )

def _by_key(X):
    return X.frame().sort_index()

def test_raw_values_equal_pandas():
    p = _market()
    X = compute_features(p, ["ret_5", "vol_20"], transform=None)
    close = p.frame().groupby("asset")["close"]
    ret = close.pct_change(fill_method=None)
    vol = ret.groupby(p.frame()["asset"]).transform(lambda r: r.rolling(20, min_periods=10).std())
    live = p.tradable
    np.testing.assert_allclose(X.values[live, 0], close.pct_change(5, fill_method=None)[live], rtol=2e-4, atol=1e-6)
    np.testing.assert_allclose(X.values[live, 1], vol[live], rtol=2e-4)
    assert np.isnan(X.values[~live]).all()

def test_ranks_fill_the_middle_and_keep_the_share_of_missing():
    p = _market()
    X = compute_features(p, "core")
    assert (
        X.values.dtype == np.float32
        and np.isfinite(X.values).all()
        and np.abs(X.values).max() < 1
        and X.names == tuple(SETS["core"])
    )
    raw = compute_features(p, "core", transform=None)
    for j, n in enumerate(X.names):
        assert X.missing[n] == pytest.approx(np.isnan(raw.values[p.tradable, j]).mean()) == raw.missing[n]
    assert (X.values[~p.tradable] == 0).all()

def test_features_of_features():
    p = _market()
    X = compute_features(p, ["ret_5", "ret_5@sector", "ret_5:vol_20", "vol_20"], transform=None)
    x = pd.Series(X.values[:, 0]).where(p.tradable)
    f = p.frame()
    sector = f["asset"].map(p.attributes["sector"])
    np.testing.assert_allclose(
        X.values[:, 1], x - x.groupby([f["date"], sector]).transform("mean"), rtol=1e-4, atol=1e-6
    )
    np.testing.assert_allclose(X.values[:, 2], X.values[:, 0] * X.values[:, 3], rtol=1e-6)

def test_columns_named_like_what_formulas_read_change_no_feature():
    p = _market()
    own = [*(n for n in SERIES if n not in FEATURES), "market", "residual", "raw"]
    q = p.with_fields(**{n: np.arange(p.n_rows) + j for j, n in enumerate(own)})
    want = compute_features(p, ALL, transform=None)
    got = compute_features(q, [*ALL, "characteristics"], transform=None)
    np.testing.assert_array_equal(got.values[:, : len(ALL)], want.values)
    assert got.names[len(ALL) :] == tuple(own)
    for n in own:
        np.testing.assert_array_equal(got.values[p.tradable, got.names.index(n)], q.fields[n][p.tradable], err_msg=n)
    np.testing.assert_array_equal(
        compute_features(q, "market", transform=None).values[p.tradable, 0], q.fields["market"][p.tradable]
    )

def test_a_column_named_sector_needs_no_attribute():
    p = panel_from_frame(_market().frame().assign(sector=7.0), "numbered")
    X = compute_features(p, ["sector", "ret_1@sector"], transform=None)
    assert (
        X.names == ("sector",)
        and (X.values[p.tradable] == 7).all()
        and "attribute 'sector'" in X.skipped["ret_1@sector"]
    )

def test_a_column_named_like_a_feature_is_not_taken_for_it():
    p = _market().with_fields(ret_5=np.zeros(_market().n_rows))
    want = compute_features(_market(), ["ret_5@market", "ret_5:vol_20"], transform=None)
    np.testing.assert_array_equal(
        compute_features(p, ["ret_5@market", "ret_5:vol_20"], transform=None).values, want.values
    )
    with pytest.raises(NeuralphaError, match="'ret_5' is a declared feature and a column of small market; rename"):
        compute_features(p, ["vol_20", "ret_5"])
    with pytest.raises(NeuralphaError, match="Two features are called 'ret_5'"):
        compute_features(p, ["ret_5@market", "characteristics"])
    assert compute_features(p, "characteristics", transform=None).names == ("ret_5",)

def test_a_feature_of_your_own_may_not_read_a_column_named_like_a_series():
    p = _market().with_fields(gain=np.zeros(_market().n_rows))
    mine = Feature("mine", "mine", ("gain",), 0, "gain", "", lambda h: h["gain"])
    with pytest.raises(NeuralphaError, match="input 'gain' .* rename the column of small market"):
        compute_features(p, mine)
    returns = panel_from_frame(p.frame()[["date", "asset"]].assign(market=0.0), "no prices")
    with pytest.raises(NeuralphaError, match="no prices has no field 'close'"):
        compute_features(returns, Feature("mine", "mine", ("market",), 0, "", "", lambda h: h["market"]))

def test_your_own_feature():
    mine = Feature("gap", "mine", ("open", "close"), 1, "open/close[t-1]", "", lambda h: h["open"] / h.lag("close", 1))
    X = compute_features(_market(), [mine, "ret_1"], transform=None)
    assert X.names == ("gap", "ret_1") and X.lookbacks == (1, 1)

def test_levels_are_named_in_the_table():
    X = compute_features(_market(), ["ret_1", "amihud_20", "dollar_volume_20:ret_1"])
    assert X.levels == {"amihud_20": "money", "dollar_volume_20:ret_1": "money"} and X.select(
        ["ret_1", "amihud_20"]
    ).levels == {"amihud_20": "money"}
    assert set(compute_features(_with_everything(), "core").levels) == {"amihud_20", "dollar_volume_20"}

def _moved_columns(panel, later, names):
    """Which features have a value that differs, of all assets."""
    before, after = (compute_features(p, names, transform=None) for p in (panel, later))
    return {n for j, n in enumerate(before.names) if moved_values(before.values[:, j], after.values[:, j]).any()}

@pytest.mark.parametrize("split", [2, 8, 3 / 2, 1 / 10])
def test_a_split_after_the_file_moves_no_feature_but_declared_numbers_of_shares(split):
    p = _with_everything()
    declared = {n for n, f in FEATURES.items() if f.level in ("shares", "price")}
    assert _moved_columns(p, adjusted_panel(p, split=split), list(FEATURES)) == declared

@pytest.mark.parametrize("dividend", [0.97, 1 / 3, 1e-5])
def test_a_dividend_after_the_file_moves_no_feature_but_declared_sums_of_money(dividend):
    p = _with_everything()
    declared = {n for n, f in FEATURES.items() if f.level in ("money", "price")}
    assert _moved_columns(p, adjusted_panel(p, dividend=dividend), list(FEATURES)) == declared

def test_at_the_lowest_prices_no_value_goes_missing():
    p = _market()
    cheap = compute_features(adjusted_panel(p, dividend=1e-5, assets=p.assets), "alpha158", transform=None)
    assert cheap.missing == compute_features(p, "alpha158", transform=None).missing

LAGS = {*SETS["alpha158"], *SETS["alpha360"]}

DECLARED = [f for f in FEATURES.values() if not f.of and f.name not in LAGS]

@pytest.mark.parametrize("f", DECLARED, ids=lambda f: f.name)
def test_the_look_back_of_every_declared_feature_is_true(f):
    check_declaration(f, example_bars(max(420, f.lookback + 120)))

def test_every_module_that_declares_features_is_imported_by_this_one():
    room = Path(families.__file__).parent
    trees = {path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in room.glob("*.py")}

    def imported(tree):
        return {name.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for name in node.names}

    declaring = {module for module, tree in trees.items() if "declare" in imported(tree)}
    forgotten = declaring - imported(trees["compute"])
    assert declaring and not forgotten, f"features.compute does not import {', '.join(sorted(forgotten))}"

@pytest.mark.parametrize("transform", ["rank", "zscore", None])
def test_the_future_changes_no_bit(transform):
    p = _market()
    cut = p.dates[250]
    full = _by_key(compute_features(p, ALL, transform))
    past = _by_key(compute_features(_cut(p, lambda d: d <= cut), ALL, transform))
    pd.testing.assert_frame_equal(full.loc[:cut].reindex(past.index), past, check_exact=True)

@pytest.mark.parametrize("transform", ["rank", "zscore", None])
def test_history_beyond_the_look_back_changes_no_bit(transform):
    p = _market()
    X = compute_features(p, ALL, transform)
    late = _by_key(compute_features(_cut(p, lambda d: d >= p.dates[30]), ALL, transform))
    for n, lookback in zip(X.names, X.lookbacks):
        if 30 + lookback >= p.n_dates:
            continue
        since = p.dates[30 + lookback]
        pd.testing.assert_series_equal(_by_key(X)[n].loc[since:], late[n].loc[since:], check_exact=True)

def test_threads_and_source_order_change_no_bit():
    p = _market()
    f = p.frame().sample(frac=1, random_state=0)
    shuffled = panel_from_frame(f.drop(columns="tradable"), tradable=f["tradable"].to_numpy(), attributes=p.attributes)
    one = compute_features(p, ALL)
    with limit_threads(1):
        two = compute_features(shuffled, ALL)
    np.testing.assert_array_equal(one.values, two.values)
