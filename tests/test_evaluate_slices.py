# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.evaluate.slices import *
import json
from dataclasses import replace
import numpy as np
import pandas as pd
import pytest
from neuralpha.data.panel import panel_from_frame
from neuralpha.evaluate.catalogue import CATALOGUE, InSlice, declare_metric
from neuralpha.evaluate.metrics import evaluate_scores
from neuralpha.evaluate.regimes import group_ics, regimes
from neuralpha.evaluate.statistics import mean_test, paired_test
from neuralpha.labels import excess_return, forward_return
from neuralpha.trading.costs import Costs

def test_what_came_before_the_first_score_changes_no_slice_of_the_time_after():
    p, y, noisy = _toy(400)
    S = np.stack([noisy(0.3, 1), noisy(0.5, 2), noisy(8.0, 3)], 1)
    S[p.date_code < 180] = np.nan
    whole = slice_table(S, list("abc"), y, costs=Costs(5))
    declared = dict(CATALOGUE)
    try:  # a metric that may look back: nothing is left out
        declare_metric(
            "dates seen",
            "dates seen",
            "date",
            "whole period",
            "Dates of the panel.",
            where="column",
            sliced=InSlice("Dates of the panel."),
            compute=lambda sample: sample.panel.n_dates,
        )
        kept = slice_table(S, list("abc"), y, costs=Costs(5))
    finally:
        CATALOGUE.clear()
        CATALOGUE.update(declared)
    assert set(kept["dates seen"]) == {400}
    pd.testing.assert_frame_equal(whole, kept[whole.columns], check_exact=True)

def test_a_cut_of_dates_is_known_by_its_rows_and_not_by_its_name():
    p, y, noisy = _toy()
    S = np.stack([noisy(0.3, 1), noisy(0.5, 2)], 1)
    is_odd = pd.DatetimeIndex(p.dates).month % 2 == 1
    months = pd.Categorical(np.where(is_odd, "odd", "even"))[p.date_code]
    table = slice_table(S, list("ab"), y, cuts={"market": months, "months": months}, costs=Costs(5))
    own = table[table["horizon"] == y.horizon].drop(columns="cut")
    market, named = (own[table["cut"] == cut].reset_index(drop=True) for cut in ("market", "months"))
    pd.testing.assert_frame_equal(market, named, check_exact=True)

@pytest.mark.parametrize("over", ["market", "sector", "beta"])
def test_other_horizons_are_less_of_what_the_label_is_less_of(over):
    p, plain, noisy = _toy(300)
    p = replace(p, attributes=pd.DataFrame({"sector": np.arange(p.n_assets) % 3}, p.assets).astype(str))
    y = excess_return(forward_return(p, 5, 1), over, 30)
    score = noisy(0.3, 1)
    want = evaluate_scores(p.series(score), p, y)["ic_by_horizon"]
    got = slice_table(score[:, None], ["net"], y).query("cut == ''").set_index("horizon")["ic"]
    for horizon, ic in got.items():
        assert np.isclose(ic, want[str(horizon)]["value"], atol=1e-6)

def test_groups_of_a_slice_stand_in_the_order_of_their_categorical():
    p, y, noisy = _toy()
    third = pd.Categorical.from_codes(p.asset_code % 3, ["weak", "normal", "strong"])
    table = slice_table(noisy(0.3, 1)[:, None], ["a"], y, cuts={"sector": third})
    assert [group for group in table["group"].unique() if group] == ["weak", "normal", "strong"]

def test_intervals_letters_and_ranks_of_a_slice_are_those_of_the_paired_tests():
    from types import SimpleNamespace
    from neuralpha.evaluate.slices import Slice, _evidence

    def evidence(ics):
        return _evidence(Slice(SimpleNamespace(horizon=20), "", "", None, ics, ics, None, None), [0, 1], 0.05)

    x = np.lib.stride_tricks.sliding_window_view(np.random.default_rng(0).normal(size=139), 20).mean(
        -1
    )  # few labels of twenty bars
    want = mean_test(x, 20)
    sizes = set()
    for shift in np.linspace(0.05, 1.2, 8):
        gap = x - x.mean() + shift
        ics = np.stack([gap, np.zeros(len(x)) + 1e-9 * np.random.default_rng(1).normal(size=len(x))], 1)
        rows = evidence(ics)
        p = paired_test(*ics.T, 20)["p"]
        assert [rows[j]["rank"] for j in (0, 1)] == [1, 1 + (p < 0.05)] and [rows[j]["letters"] for j in (0, 1)] == (
            ["a", "b"] if p < 0.05 else ["a", "a"]
        )
        assert (
            rows[0]["ic_high"] - rows[0]["ic_low"] == pytest.approx(want["high"] - want["low"])
            and rows[0]["t_critical"] == want["critical"]
        )
        sizes.add(p < 0.05)
    assert sizes == {True, False}
    assert not evidence(ics[:59]) and evidence(ics[:60])

def _toy(dates=260, assets=60, seed=0, shut=0.0):
    rng = np.random.default_rng(seed)
    hope = rng.normal(size=(dates, assets))
    wild = np.where(np.arange(dates) < dates // 2, 1, 3)[:, None]
    moves = (
        0.01 * np.vstack([np.zeros((2, assets)), hope[:-2]])
        + rng.normal(0, 0.02, (dates, assets)) * wild
        + rng.normal(0, 0.01, (dates, 1)) * wild
    )
    frame = pd.DataFrame(
        {
            "date": np.repeat(pd.bdate_range("2020-10-01", periods=dates), assets),
            "asset": np.tile([f"S{i:02d}" for i in range(assets)], dates),
            "close": np.exp(moves.cumsum(0)).ravel(),
            "volume": 1e6,
            "hope": hope.ravel(),
        }
    )
    frame.loc[rng.random(len(frame)) < shut, "close"] = np.nan
    p = panel_from_frame(frame, "toy")
    return (
        p,
        forward_return(p, 1, 1),
        lambda noise, s: p.fields["hope"] + np.random.default_rng(s).normal(0, noise, p.n_rows),
    )

def test_a_slice_is_the_ic_of_its_group_and_its_rank_that_of_the_paired_test():
    p, y, noisy = _toy()
    S = np.stack([noisy(0.3, 1), noisy(0.32, 2), noisy(8.0, 3)], 1)
    cuts = regimes(y)
    table = slice_table(S, list("abc"), y, cuts)
    got = table[(table["cut"] == "volatility") & (table["group"] == "stormy") & (table["horizon"] == 1)].set_index(
        "model"
    )
    stormy = [group_ics(S[:, j], y, cuts["volatility"])["stormy"] for j in range(3)]
    np.testing.assert_allclose(got["ic"], [s.mean() for s in stormy], atol=1e-12)
    np.testing.assert_allclose(
        got["rank_ic"],
        [group_ics(S[:, j], y, cuts["volatility"], rank=True)["stormy"].mean() for j in range(3)],
        atol=1e-12,
    )
    assert (
        list(got["rank"]) == [1, 1, 3]
        and list(got["letters"]) == ["a", "a", "b"]
        and paired_test(stormy[0], stormy[2])["p"] < 0.05
        and (got["ic_low"] < got["ic"]).all()
    )
    calm = table[(table["group"] == "calm") & (table["horizon"] == 1)].set_index("model")
    assert calm.loc["a", "ic"] > 1.5 * got.loc["a", "ic"]

def test_horizons_are_crossed_with_regimes_and_the_leaderboard_is_not_repeated():
    p, y, noisy = _toy()
    table = slice_table(np.stack([noisy(0.3, 1), noisy(8.0, 2)], 1), ["net", "oracle"], y)
    keys = set(map(tuple, table[["horizon", "cut"]].drop_duplicates().to_numpy().tolist()))
    assert {(20, ""), (20, "volatility"), (1, "year")} <= keys and not {(1, ""), (20, "year")} & keys
    one = table.set_index(["horizon", "cut", "group", "model"])["ic"]
    assert one[1, "market", "up", "net"] > 2 * one[20, "market", "up", "net"] > 0  # known for one bar only
    assert set(table.loc[table["model"] == "oracle", "rank"]) == {0}

def test_models_with_few_dates_are_left_out_and_nothing_is_made_up():
    p, y, noisy = _toy(120)
    late = noisy(0.3, 2)
    late[p.date_code < 112] = np.nan
    table = slice_table(np.stack([noisy(0.3, 1), late], 1), ["net", "late"], y)
    assert set(table["model"]) == {"net"} and np.isfinite(table["ic_low"]).all()

@pytest.mark.parametrize("shut", [0.0, 0.1])
def test_a_slice_of_everything_has_the_numbers_of_the_leaderboard(shut):
    p, y, noisy = _toy(shut=shut)
    S = np.nan_to_num(np.stack([noisy(0.3, 1), noisy(8.0, 2)], 1))  # a suspended stock is scored, too
    if shut:
        S[np.isin(p.date_code, [150, 170, 190])] = 1.0  # dates without a top
    S[p.date_code < 100] = np.nan
    three = forward_return(p, 3, 1)
    lines = {
        n: (np.where(np.isfinite(s), 0.001 * s, np.nan), np.where(np.isfinite(s), 0.0003, np.nan))
        for n, s in zip("ab", S.T)
    }
    table = slice_table(
        S,
        list("ab"),
        y,
        {},
        [y, three],
        forecasts={3: lines},
        costs=Costs(7),
        trials={"a": (9, None), "b": (9, None)},
    ).set_index("model")
    for j, n in enumerate("ab"):
        want = evaluate_scores(S[:, j], p, three, *lines[n], half_spread_bps=7, trials=9)
        for column, name in (
            ("ic", "ic"),
            ("r2", "r2_train_mean"),
            ("spread_after_cost", "spread_after_cost"),
            ("turnover", "turnover"),
            ("deflated_sharpe", "deflated_sharpe"),
        ):
            np.testing.assert_allclose(table.loc[n, column], want[name]["value"], rtol=1e-9, err_msg=f"{n} {column}")
        for column in ("ic", "rank_ic", "spread_after_cost", "turnover"):
            for end in ("low", "high"):
                np.testing.assert_allclose(table.loc[n, f"{column}_{end}"], want[column][end], rtol=1e-9)
        assert table.loc[n, ["t", "t_critical"]].tolist() == pytest.approx(
            [want["ic_t"]["value"], want["ic_t"]["critical"]]
        )

def test_a_groups_portfolio_is_that_of_its_assets_alone():
    p, y, noisy = _toy()
    small = pd.Categorical(np.where(p.asset_code < 25, "small", "large"))
    table = slice_table(noisy(0.3, 1)[:, None], ["net"], y, {"size": small}, [y]).set_index("group")
    alone = evaluate_scores(np.where(small == "small", noisy(0.3, 1), np.nan), p, y)
    for column in ("ic", "spread_after_cost", "turnover", "deflated_sharpe"):
        np.testing.assert_allclose(table.loc["small", column], alone[column]["value"], rtol=1e-9)

def test_years_share_out_what_the_portfolio_earned():
    p, y, noisy = _toy()
    S = noisy(0.3, 1)[:, None]
    year = pd.DatetimeIndex(p.dates).year.to_numpy()
    table = slice_table(
        S, ["net"], y, {"year": pd.Categorical(year.astype(str)[p.date_code])}, [y], costs=Costs(0)
    ).set_index("group")
    entered = year[: -1 - y.delay]
    whole = evaluate_scores(S[:, 0], p, y, half_spread_bps=0)["spread_before_cost"]["value"]
    np.testing.assert_allclose(
        sum(table["spread_after_cost"] * [(entered == int(g)).sum() for g in table.index]) / len(entered),
        whole,
        rtol=1e-6,
    )
    assert table["r2"].isna().all() and table["turnover"].between(0.5, 1).all()

def test_a_model_that_buys_nothing_in_a_slice_has_no_return_there():
    p, y, noisy = _toy()
    year = pd.DatetimeIndex(p.dates).year.to_numpy().astype(str)[p.date_code]
    tied = noisy(0.3, 1)
    tied[year == "2021"] = np.minimum(tied, -0.5)[
        year == "2021"
    ]  # an order below, but most assets share the highest score
    table = slice_table(
        np.stack([noisy(0.3, 1), tied], 1), ["net", "tied"], y, {"year": pd.Categorical(year)}, [y]
    ).set_index(["group", "model"])
    assert table["ic"].notna().all() and table["rank_ic"].notna().all()
    nothing = table[["spread_after_cost", "deflated_sharpe"]].isna().all(axis=1)
    assert (
        nothing["2021", "tied"]
        and nothing.sum() == 1
        and table.loc[("2020", "tied"), "spread_after_cost"]
        == pytest.approx(table.loc[("2020", "net"), "spread_after_cost"], rel=0.1)
    )

def test_every_metric_that_can_be_sliced_has_numbers_and_one_of_the_catalogue_has_those_of_the_board():
    p, y, noisy = _toy()
    S = np.stack([noisy(0.3, 1), noisy(3.0, 2)], 1)
    cut = {"size": pd.Categorical(np.where(p.asset_code < 25, "small", "large"))}
    declare_metric(
        "toy_hits",
        "hits",
        "share",
        "per date",
        "Positive labels.",
        interval="kept",
        sliced=InSlice("Positive labels of the slice.", "none"),
        compute=lambda sample: sample.share(sample.label.values > 0, sample.known),
    )
    try:
        lines = {1: {n: (0.001 * s, 0 * s) for n, s in zip("ab", S.T)}}
        table = slice_table(S, list("ab"), y, cut, [y], forecasts=lines)
        stored = slices_json(table)
        small = np.where((p.asset_code < 25)[:, None], S, np.nan)
        want = evaluate_scores(small[:, 0], p, y, n_resamples=20)
    finally:
        del CATALOGUE["toy_hits"]
    assert table[["toy_hits", "toy_hits_low", *slice_numbers()]].notna().all().all()
    got = table.set_index(["group", "model"]).loc[("small", "a")]
    for end, part in (("", "value"), ("_low", "low"), ("_high", "high")):
        assert got[f"toy_hits{end}"] == pytest.approx(want["toy_hits"][part])
    assert stored["meaning"]["toy_hits"] == dict(
        unit="share", period="per date", definition="Positive labels of the slice.", empty="none"
    )
    assert "toy_hits_high" in stored["columns"] and "toy_hits" not in slice_numbers()

def test_what_is_stored_comes_back():
    p, y, noisy = _toy(90)
    table = slice_table(noisy(0.3, 1)[:, None], ["net"], y)
    stored = slices_json(table)
    assert (
        json.loads(json.dumps(stored, allow_nan=False)) == stored
        and ["market", "up", stored["groups"][[g[1] for g in stored["groups"]].index("up")][2]] in stored["groups"]
    )
    pd.testing.assert_frame_equal(slices_frame(stored), table, atol=1e-6, check_dtype=False)
    whole = {"value": 0.3}
    records = slice_records(table, "net", "ic", whole, 1)
    assert list(records["ic_by_horizon"]) == ["1", "2", "5", "10", "20"] and records["ic_by_horizon"]["1"] is whole
    assert records["ic_by_market"]["up"]["low"] < records["ic_by_market"]["up"]["value"] and set(records) >= {
        "ic_by_year",
        "ic_by_volatility",
    }
