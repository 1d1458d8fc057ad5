# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.evaluate.compare import *
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.labels import forward_return

def test_neutral_boards_compare_what_neutral_scores_say():
    from neuralpha.data.simulated.market import simulate_universe
    from neuralpha.evaluate.ic import ic
    from neuralpha.evaluate.neutral import neutral_label, neutral_scores
    from neuralpha.labels import forward_return

    market = simulate_universe(40, 260)
    y = forward_return(market, 5, 1)
    rng = np.random.default_rng(0)
    score = market.series(np.nan_to_num(y.values) + rng.normal(0, 0.1, market.n_rows)).rename("knows")
    for by in ("sector", "style"):
        board = compare(score, y, neutral=by, detail=False)
        label = neutral_label(y, by)
        known = np.where(market.tradable & np.isfinite(score.to_numpy()), score.to_numpy(), np.nan)
        want = ic(neutral_scores(market, score, by), label, market).mean()
        assert np.isfinite(known).any() and board.table.at["knows", "ic"] == pytest.approx(want)
        assert f"scores {by}-neutral" in repr(board) and f"scores {by}-neutral" in board._repr_html_()
        assert board.label.name == label.name
    assert "neutral" not in repr(compare(score, y, detail=False)).splitlines()[0]
    with pytest.raises(NeuralphaError, match="Forecasts are of whole returns"):
        compare(score, y, neutral="sector", forecasts={5: {}} | {5: {"knows": None}})

def test_what_is_kept_of_every_date_has_the_means_of_the_board():
    p, y, noisy = _market()
    board = compare([noisy("net", 0.5, 1), noisy("tree", 1.2, 2)], y, n_resamples=100, detail=False)
    kept = board.per_date
    assert list(kept) == ["date", "model", "ic", "rank_ic", "assets"]
    assert list(kept["model"][: board.ics.shape[1]]) == list(board.ics)
    for name, rows in kept.groupby("model"):
        np.testing.assert_allclose(rows["ic"].mean(), board.metrics[name]["ic"]["value"], rtol=1e-12)
        np.testing.assert_allclose(rows["rank_ic"].mean(), board.metrics[name]["rank_ic"]["value"], rtol=1e-12)
    day = kept["date"].iloc[0]
    rows = p.rows_on(day)
    scores = noisy("net", 0.5, 1).values.reindex(p.index[rows]).to_numpy()
    both = np.isfinite(scores) & y.labelled[rows]
    first = kept[(kept["date"] == day) & (kept["model"] == "net")].iloc[0]
    assert first["assets"] == both.sum()
    np.testing.assert_allclose(first["ic"], np.corrcoef(scores[both], y.values[rows][both])[0, 1])
    by_rank = compare([noisy("net", 0.5, 1), noisy("tree", 1.2, 2)], y, by="rank_ic", n_resamples=100, detail=False)
    a, b = (t.sort_values(["date", "model"], ignore_index=True) for t in (by_rank.per_date, kept))
    pd.testing.assert_frame_equal(a, b)

def test_a_board_of_several_paths_is_their_mean_by_date_and_the_same_path_again_is_no_more_data():
    from dataclasses import replace
    from neuralpha.evaluate.paths import path_ics, path_numbers, paths_table
    from neuralpha.models.base import toy_problem
    from neuralpha.models.predict import cross_predict
    from neuralpha.splits import combinatorial_purged

    X, y, _ = toy_problem(12, 240)
    folds = combinatorial_purged(y, 6, 2, embargo=2)
    scored = {name: cross_predict(name, X, y, folds, seeds=1, progress=False) for name in ("ridge", "lasso")}
    board = compare(list(scored.values()), y, detail=False)
    along = path_numbers(path_ics(paths_table(scored), y), y)
    for name in scored:
        assert abs(board.table.at[name, "ic"] - along["models"][name]["mean"]) < 1e-12
        first = along["models"][name]["ic"]["1"]
        assert abs(board.table.at[name, "ic"] - first) > 1e-6
        assert abs(board.metrics[name]["ic"]["value"] - board.ics[name].mean()) < 1e-12
    assert abs(board.overfitting["pbo"] - along["pbo"]) < 1e-12
    assert sum("is the mean of 5 paths" in said for said in board.statements()) == 1
    alone = [replace(one, paths=[]) for one in scored.values()]
    thrice = [replace(one, paths=[one.frame] * 3) for one in scored.values()]
    once, again = (compare(given, y, detail=False) for given in (alone, thrice))
    pd.testing.assert_frame_equal(once.table, again.table, check_exact=False, rtol=1e-9)
    pd.testing.assert_frame_equal(once.pairs, again.pairs, check_exact=False, rtol=1e-9)

from dataclasses import dataclass, replace

@dataclass
class Scored:
    name: str
    values: pd.Series

    def scores(self, seed=-1):
        return self.values

def _market(dates=260, assets=40, seed=0):
    rng = np.random.default_rng(seed)
    hope = rng.normal(size=(dates, assets))
    moves = 0.004 * np.vstack([np.zeros((2, assets)), hope[:-2]]) + rng.normal(0, 0.02, (dates, assets))
    frame = pd.DataFrame(
        {
            "date": np.repeat(pd.bdate_range("2020-01-01", periods=dates), assets),
            "asset": np.tile([f"S{i:02d}" for i in range(assets)], dates),
            "close": np.exp(moves.cumsum(0)).ravel(),
        }
    )
    panel = panel_from_frame(frame, "toy", truth={"oracle": 0.004 * hope.ravel()})

    def noisy(name, noise, s):
        return Scored(
            name, panel.series(panel.truth["oracle"] / 0.004 + np.random.default_rng(s).normal(0, noise, panel.n_rows))
        )

    return panel, forward_return(panel, 1, 1), noisy

def test_models_are_compared_on_the_rows_they_share():
    panel, y, noisy = _market()
    a = noisy("a", 0.6, 1)
    b = noisy("b", 0.6, 2)
    b.values = b.values.iloc[40 * 100 :]
    board = compare([a, b], y, baselines=False, n_resamples=100)
    assert (
        board.table.attrs["rows_dropped"] == 4000
        and board.metrics["a"]["dates"]["value"]
        == board.metrics["b"]["dates"]["value"]
        == 158  # the last two know no label
    )

def test_a_baseline_that_knows_few_of_the_dates_is_left_out():
    from neuralpha.data.simulated.market import simulate_universe

    panel = simulate_universe(30, 300, seed=1)
    y = forward_return(panel, 1, 1)
    value = np.random.default_rng(0).normal(size=panel.n_rows)

    def board(first):
        return compare(
            [Scored("net", panel.series(np.where(panel.date_code >= first, value, np.nan)).dropna())],
            y,
            n_resamples=60,
            detail=False,
        )

    late = board(255)  # momentum 12-1 needs a year
    assert {"momentum 12-1", "reversal"} <= set(late.table.index) and not {"momentum 12-1"} & set(
        board(200).table.index
    )

def test_a_series_is_a_model_of_its_name():
    panel, y, noisy = _market(120)
    a = noisy("net", 0.6, 1)
    kw = dict(baselines=False, n_resamples=60, detail=False)
    pd.testing.assert_frame_equal(compare([a.values.rename("net")], y, **kw).table, compare([a], y, **kw).table)
    assert list(compare(a.values.rename("net"), y, **kw).table.index) == ["net"]
    with pytest.raises(NeuralphaError, match="has no name"):
        compare([a.values.rename(None)], y)
    with pytest.raises(NeuralphaError, match="was given a DataFrame"):
        compare([a.values.to_frame("net")], y)

def test_what_cannot_be_compared_is_named():
    panel, y, noisy = _market(120)
    a = noisy("a", 0.6, 1)
    b = noisy("b", 0.6, 2)
    with pytest.raises(NeuralphaError, match="Two models are called 'a'"):
        compare([a, a], y)
    a.values, b.values = a.values.iloc[:2000], b.values.iloc[2400:]
    with pytest.raises(NeuralphaError, match="no .date, asset. pair in common"):
        compare([a, b], y)
    with pytest.raises(NeuralphaError, match="Did you mean 'rank_ic'"):
        compare([a], y, by="rankic")

def _chain():
    """A board on which A is better than C, and B, between them, can be told from neither."""
    panel, y, _ = _market(400, 60, 4)
    rng = np.random.default_rng(4)
    v = np.nan_to_num(y.values / np.nanstd(y.values))
    common = rng.normal(size=panel.n_rows)
    scores = {
        "A": 0.06 * v + common,
        "B": 0.045 * v + rng.normal(size=panel.n_rows),
        "C": 0.025 * v + common + 0.2 * rng.normal(size=panel.n_rows),
    }
    return compare(
        [panel.series(s).rename(n) for n, s in scores.items()], y, baselines=False, detail=False, n_resamples=40
    )

def test_equal_models_share_a_letter_and_a_worse_one_does_not():
    panel, y, noisy = _market()
    b = compare([noisy("net", 0.6, 1), noisy("tree", 0.6, 2), noisy("line", 3.0, 3)], y, n_resamples=300)
    assert (
        b.table.loc[["net", "tree"], "letters"].tolist() == ["a", "a"]
        and b.table.at["line", "letters"] not in "a"
        and b.table.at["line", "rank"] == 3
    )
    assert (
        set(b.groups[0]) == {"net", "tree"}
        and b.table.loc[["net", "tree"], "in_confidence_set"].all()
        and not b.table.at["line", "in_confidence_set"]
    )
    assert any("cannot be told apart" in s for s in b.statements()) and any(
        "is better than line" in s for s in b.statements()
    )
    assert b.reality["spa"] < 0.05

def test_a_pair_is_ordered_by_the_dates_both_have():
    from neuralpha.evaluate.statistics import paired_tests

    panel, y, _ = _market(120)
    rng = np.random.default_rng(0)
    dates = pd.DatetimeIndex(panel.dates[:100])
    ics = pd.DataFrame(
        {
            "a": np.r_[np.full(40, -1.0), 0.1 + 0.02 * rng.normal(size=60)],
            "b": np.r_[np.full(40, np.nan), 0.02 * rng.normal(size=60)],
        },
        dates,
    )
    (pair,) = paired_tests(ics, y.horizon).to_dict("records")
    assert (
        ics["a"].mean() < ics["b"].mean()
        and (pair["better"], pair["worse"], pair["dates"]) == ("a", "b", 60)
        and pair["low"] > 0
        and pair["separated"]
    )

def test_many_models_can_still_be_told_apart():
    panel, y, noisy = _market(120)
    b = compare(
        [noisy(f"good{i}", 0.5, i) for i in range(4)] + [noisy(f"bad{i}", 20.0, i) for i in range(4)],
        y,
        baselines=False,
        detail=False,
        n_resamples=40,
    )
    assert (
        set(b.groups[0]) == {f"good{i}" for i in range(4)}
        and (b.table.loc[[f"bad{i}" for i in range(4)], "rank"] == 5).all()
    )

def test_the_oracle_is_best_and_unranked():
    panel, y, noisy = _market()
    b = compare([noisy("net", 0.3, 1)], y, n_resamples=100)
    assert (
        b.table["ic"].idxmax() == "oracle"
        and b.table.at["oracle", "rank"] == 0
        and "oracle" not in set(b.pairs.better) | set(b.pairs.worse)
    )

def test_two_rows_share_a_letter_exactly_where_their_pair_is_not_separated_and_stand_by_their_mean():
    b = _chain()
    said = {frozenset((p.better, p.worse)): p.separated for p in b.pairs.itertuples()}
    assert said == {frozenset("AC"): True, frozenset("AB"): False, frozenset("BC"): False}
    assert b.table["letters"].to_dict() == {"A": "a", "B": "ab", "C": "b"} and b.groups == [["A", "B"], ["B", "C"]]
    assert b.table["ic"].is_monotonic_decreasing and b.table["rank"].to_dict() == {"A": 1, "B": 1, "C": 2}
    assert b.table["in_confidence_set"].to_dict() == {"A": True, "B": True, "C": False}

def test_models_come_before_baselines_in_the_ics():
    panel, y, noisy = _market()
    board = compare([noisy("bad", 30.0, 1), noisy("good", 0.5, 2)], y, n_resamples=60, detail=False)
    assert list(board.ics)[:2] == ["good", "bad"] and set(board.ics) == set(board.table.index)

def test_overfitting_is_not_asked_of_blocks_shorter_than_a_label():
    from neuralpha.evaluate.compare import overfitting_of

    panel, y, _ = _market(120)
    ics = pd.DataFrame(np.random.default_rng(0).normal(size=(100, 2)), pd.DatetimeIndex(panel.dates[:100]))
    assert overfitting_of(ics, y)["configurations"] == 2 and overfitting_of(ics, forward_return(panel, 9, 1)) is None

def test_a_model_is_not_called_like_what_only_a_simulated_market_knows():
    from dataclasses import replace

    panel, y, noisy = _market(120)
    models = [noisy("a", 0.6, 1), noisy("oracle", 0.6, 2)]
    real = replace(y, panel=replace(panel, truth={}))
    with pytest.raises(NeuralphaError, match="called 'oracle'.*rename"):
        compare(models, real)

def test_two_models_that_are_the_same_can_be_compared():
    from types import SimpleNamespace
    from neuralpha.evaluate.compare import overfitting_of

    y = SimpleNamespace(horizon=1, delay=0)
    days = pd.bdate_range("2020-01-01", periods=200)
    one = pd.DataFrame(np.random.default_rng(0).normal(size=(200, 2)), days, ["a", "b"])
    assert overfitting_of(one.assign(b=one["a"]), y) is None
    assert overfitting_of(one.assign(c=one["a"]), y) == overfitting_of(one, y)

def test_detail_tells_seeds_from_time_and_regimes_apart():
    panel, y, noisy = _market()
    many = noisy("net", 0.6, 1)
    many.seeds = [0, 1, 2]
    many.scores = lambda seed=-1: noisy("net", 0.6, 1 + seed).values
    b = compare([many, noisy("tree", 0.6, 9)], y, n_resamples=40)
    m = b.metrics["net"]
    split = {k: v["value"] for k, v in m["seed_split"].items()}
    assert split["se_time"] > 3 * split["se_seed"] and 0 <= split["sd_seed"] < 0.02
    assert {"ic_by_year", "ic_by_volatility", "exposures", "rank_ic_neutral"} <= set(
        m
    ) and "seed_split" not in b.metrics["tree"]
    assert b.overfitting["configurations"] == 2 and abs(b.correlation.loc["net", "tree"] - 0.73) < 0.1

def test_dates_on_which_a_model_says_nothing_are_said():
    panel, y, noisy = _market(120)
    net = noisy("net", 0.6, 1)
    line = noisy("line", 3.0, 2)
    line.values = line.values.where(
        line.values.index.get_level_values(0) >= panel.dates[30], 0.0
    )  # the same score for all on thirty dates
    said = compare([net, line], y, n_resamples=60).statements()
    assert any(s.startswith("line has no IC on 30 of ") for s in said) and not any(
        s.startswith("net has no IC") for s in said
    )

def test_scores_on_few_of_the_bars_leave_the_portfolios_money_idle_and_it_is_said():
    panel, y, noisy = _market(260)
    every, weekly = noisy("net", 0.6, 1), noisy("net", 0.6, 1)
    weekly.values = weekly.values[weekly.values.index.get_level_values(0).dayofweek == 2]
    boards = [compare(one, y, baselines=False, detail=False, n_resamples=60) for one in (every, weekly)]
    said = [[s for s in board.statements() if "its money is invested" in s] for board in boards]
    days = np.unique(panel.date_code[panel.dates[panel.date_code].astype("datetime64[D]").astype(int) % 7 == 6])
    share = round(100 * len(days) / (days[-1] - days[0] + 1))
    assert said[0] == [] and f"so {share}% of its money is invested on average" in said[1][0]
    gross = [board.metrics["net"]["spread_before_cost"]["value"] for board in boards]
    assert gross[1] < 0.5 * gross[0]  # per bar that is invested they are alike

@pytest.mark.parametrize("others", [["net"], []])
def test_a_model_that_gives_all_the_same_score_is_named(others):
    _, y, noisy = _market(120)
    mute = noisy("mute", 0.6, 1)
    mute.values = 0 * mute.values
    with pytest.raises(NeuralphaError, match="^mute has no IC on any date .* the same score to all"):
        compare([*(noisy(name, 0.6, 2) for name in others), mute], y, baselines=False, detail=False)

def test_scores_that_are_their_answers_are_called_so():
    panel, y, noisy = _market(120)
    answers = panel.series(y.values).rename("answers")
    said = compare([answers, noisy("net", 20.0, 1)], y, detail=False, n_resamples=60).statements()
    assert sum("answers has a mean IC of 1.00: on a market, no forecast knows that much" in s for s in said) == 1
    assert not any(s.startswith("net has a mean") for s in said)

def test_interval_and_p_of_a_sentence_do_not_contradict_each_other():
    b = _chain()
    for p, said in zip(b.pairs.itertuples(), b.statements()):
        interval = f"{p.low:+.4f} to {p.high:+.4f}".replace("-", "−")
        assert f"{interval} for all 3 pairs at once" in said and f"p {p.p_holm:.3f} after Holm, {p.p:.3f} alone" in said
        assert ("is better than" in said) == p.separated == (p.p_holm < 0.05) == (p.low >= 0)

def test_what_t_must_exceed_stands_beneath_it():
    b = _chain()
    shown = b._repr_html_()
    for m in b.metrics:
        t = b.metrics[m]["ic_t"]
        assert (
            f"{t['value']:.1f}<br><small>±{t['critical']:.2f}</small>" in shown
            and t["critical"] > 1.96
            and b.table.at[m, "t_critical"] == t["critical"]
        )

def test_a_pair_whose_order_over_all_dates_is_the_other_way_is_explained():
    panel, y, noisy = _market(200)
    full = noisy("full", 0.5, 1)
    late = noisy("late", 1.4, 2)
    good = full.values.index.get_level_values(0) >= panel.dates[100]
    full.values = full.values.where(good, np.random.default_rng(99).normal(size=panel.n_rows))
    late.values = late.values.where(good, 0.0)  # no IC on the dates on which the other knows nothing
    b = compare([full, late], y, baselines=False, detail=False, n_resamples=40)
    (pair,) = b.pairs.itertuples()
    assert (pair.better, pair.separated) == ("full", True) and b.table.at["full", "ic"] < b.table.at["late", "ic"]
    assert any("over all its own dates late has the higher mean" in s for s in b.statements())

def test_an_oracle_that_knows_nothing_is_left_out_and_it_is_said():
    from dataclasses import replace

    panel, _, _ = _market(120)
    blind = replace(panel, truth={"oracle": np.zeros(panel.n_rows)})
    score = blind.series(np.random.default_rng(0).normal(size=panel.n_rows)).rename("net")
    b = compare(score, forward_return(blind, 1, 1), n_resamples=40)
    assert (
        "oracle" not in b.table.index
        and "oracle" not in b.ics
        and "oracle has no IC on any date: it gives the same score to all, and is left out." in b.statements()
    )

def test_labels_that_overlap_over_few_dates_get_a_number_of_dates_and_no_verdict():
    panel, _, noisy = _market(80)
    board = compare(
        [noisy("net", 0.1, 1), noisy("line", 30.0, 2)], forward_return(panel, 20, 1), baselines=False, n_resamples=40
    )
    assert (
        len(board.ics) == 59
        and not board.table["in_confidence_set"].any()
        and board.metrics["net"]["ic"]["low"] is None
    )
    assert (
        board.statements()[0].endswith("59 dates have an IC of both, and labels over 20 bars need 60.")
        and "Fewer than 60 dates" in board.statements()[1]
    )

def test_picking_the_best_of_many_on_few_dates_says_how_many_it_takes():
    panel, _, noisy = _market(90)
    eight = [noisy(f"net{j}", 2.0, j) for j in range(8)]
    board = compare(eight, forward_return(panel, 20, 1), n_resamples=40)
    assert board.reality["needed"] == 107 and board.reality["dates"] == 68
    assert any(
        s.endswith("picking the best of 8 is not judged on 68 dates; 107 are needed.") for s in board.statements()
    )

@pytest.mark.parametrize("dates", [3, 8, 30])
def test_a_few_dates_are_compared_without_verdicts(dates):
    import json

    panel, y, noisy = _market(60)
    a = noisy("net", 0.1, 1)
    b = noisy("line", 30.0, 2)
    a.values, b.values = (m.values[m.values.index.get_level_values(0) >= panel.dates[58 - dates]] for m in (a, b))
    board = compare([a, b], y, n_resamples=60)
    assert len(board.ics) == dates and json.dumps([board.metrics, board.statements(), board.reality], allow_nan=False)
    assert (
        board.pairs["separated"].any()
        == board.table["in_confidence_set"].any()
        == (dates >= 10)
        == (not any("too few to tell" in s for s in board.statements()))
    )
    assert "too few" in board._repr_html_() or dates >= 10

def test_two_dates_are_no_comparison():
    panel, y, noisy = _market(60)
    a = noisy("net", 0.1, 1)
    a.values = a.values[a.values.index.get_level_values(0) >= panel.dates[56]]
    with pytest.raises(NeuralphaError, match="2 dates of toy .* at least 3"):
        compare(a, y)

def test_names_are_escaped_and_tables_are_reproducible():
    panel, y, noisy = _market(120)
    evil = [noisy("<script>alert(1)</script>", 0.6, 1), noisy("b", 0.6, 2)]
    one, two = (compare(evil, y, baselines=False, n_resamples=60) for _ in range(2))
    assert "<script>" not in one._repr_html_() and "&lt;script&gt;" in one._repr_html_()
    pd.testing.assert_frame_equal(one.table, two.table)

def test_text_and_page_show_a_number_alike_and_t_is_that_of_the_order():
    panel, y, noisy = _market(120)
    board = compare([noisy("net", 0.6, 1), noisy("tree", 0.9, 2)], y, by="rank_ic", n_resamples=40, detail=False)
    spread = 100 * board.metrics["net"]["spread_after_cost"]["value"]
    for shown in (repr(board), board._repr_html_()):
        assert "spread after cost, % a year" in shown and f"{spread:,.1f}".replace("-", "−") in shown
        assert "t of the rank IC" in shown and "t of the IC" not in shown
    assert board.table.at["net", "t"] == board.metrics["net"]["rank_ic_t"]["value"]

def test_a_board_of_few_dates_says_how_many_it_takes_to_tell_staying_skill_from_passing_skill():
    panel, y, noisy = _market(120)
    board = compare([noisy("net", 0.6, 1)], y, baselines=False, detail=False, n_resamples=60)
    said = f"{len(board.ics):,} dates: skill that comes and goes can look like skill that stays"
    assert said in repr(board) and said in board._repr_html_() and "it takes 1,000 dates" in repr(board)
    assert said in board.statements()[-1]
    assert not any("comes and goes" in s for s in replace(board, ics=pd.DataFrame(index=range(1000))).statements())

def test_the_share_of_intervals_that_a_short_board_says_may_miss_is_the_measured_one():
    from scipy.signal import lfilter

    from neuralpha.evaluate.statistics import MISSED, mean_test

    def missed(dates, assets, half_life, series=700):
        rng = np.random.default_rng([dates, assets])
        fading = 0.5 ** (1 / half_life)
        shocks = rng.standard_normal((series, dates + 300))
        skill = lfilter([np.sqrt(1 - fading**2)], [1, -fading], shocks, axis=1)[:, 300:]
        ics = 0.03 * skill + rng.standard_normal((series, dates)) / np.sqrt(assets)
        return np.mean([mean_test(x)["p"] < 0.05 for x in ics])

    for dates, at in ((60, 0), (250, 250), (500, 500)):
        most = max(missed(dates, assets, 14) for assets in (40, 1000))
        assert 0.7 / MISSED[at] < most < 1 / MISSED[at] + 0.03
    assert missed(1000, 40, 14) < 0.08 + 0.03 and missed(2000, 40, 30) < 0.08 + 0.03 < missed(250, 40, 30)

def test_worthless_slow_scores_and_long_labels_over_few_dates_keep_every_level_end_to_end():
    from scipy.stats import binom
    from scipy.signal import lfilter

    markets = 80
    models = 4
    wrong = dict.fromkeys(("interval", "t", "pair", "set", "sharpe"), 0)
    for seed in range(markets):
        rng = np.random.default_rng(seed)
        n = 81
        assets = 20
        frame = pd.DataFrame(
            {
                "date": np.repeat(pd.bdate_range("2020-01-01", periods=n), assets),
                "asset": np.tile([f"S{i:02d}" for i in range(assets)], n),
                "close": np.exp(rng.normal(0, 0.02, (n, assets)).cumsum(0)).ravel(),
            }
        )
        panel = panel_from_frame(frame, "null")
        slow = lfilter([1], [1, -0.97], rng.normal(size=(models, n + 200, assets)), axis=1)[:, 200:]
        b = compare(
            [panel.series(s[panel.date_code, panel.asset_code]).rename(f"m{j}") for j, s in enumerate(slow)],
            forward_return(panel, 20, 1),
            baselines=False,
            detail=False,
            n_resamples=40,
            half_spread_bps=0,
        )
        assert len(b.ics) == 60
        wrong["interval"] += ((b.table["ic_low"] > 0) | (b.table["ic_high"] < 0)).sum()
        wrong["t"] += (b.table["t"].abs() > b.table["t_critical"]).sum()
        wrong["pair"] += b.pairs["separated"].any()
        wrong["set"] += not b.table["in_confidence_set"].all()
        wrong["sharpe"] += (b.table["deflated_sharpe"] > 0.95).any()
    single = binom.ppf(0.999, models * markets, 0.08)
    board = binom.ppf(0.999, markets, 0.08)
    assert (
        wrong["interval"] == wrong["t"] <= single
        and max(wrong[k] for k in ("pair", "set", "sharpe")) <= board
        and wrong["interval"] >= binom.ppf(0.001, models * markets, 0.03)
    )

def test_only_what_changed_has_moved():
    panel, y, noisy = _market()

    def fit(*models):
        return compare(models, y, baselines=False, n_resamples=60, detail=False)

    before = fit(noisy("same", 0.6, 1), noisy("better", 3.0, 2), noisy("gone", 1.0, 5))
    after = fit(noisy("same", 0.6, 1), noisy("better", 0.6, 3), noisy("new", 1.0, 4))
    t = compare_studies(before, after).set_index("model")
    assert t["moved"].to_dict() == {"same": False, "better": True, "gone": False, "new": False}
    assert (
        t.at["better", "low"] > 0
        and t.at["same", "difference"] == 0
        and t.at["gone", "note"] == "only before"
        and t.at["new", "note"] == "only after"
    )
    apart = compare_studies(before.ics.iloc[:100], after.ics.iloc[120:]).set_index("model")
    assert not apart.at["same", "paired"] and not apart.at["same", "moved"] and apart.at["better", "moved"]
    with pytest.raises(NeuralphaError, match="no model in common"):
        compare_studies({"u": before}, {"v": after})

def test_a_metric_declared_as_the_catalogue_says_is_on_the_board_and_in_every_slice():
    import re
    from neuralpha.evaluate import catalogue

    said = re.search(r"```python\n(.*?)```", catalogue.__doc__, re.S)[1]
    p, y, noisy = _market()
    try:
        exec(said, dict(vars(catalogue)))
        board = compare(noisy("net", 0.5, 1), y, n_resamples=100)
        html_ = leaderboard_html(board)
        facts = catalogue.script_facts()
    finally:
        catalogue.CATALOGUE.pop("worst_ic", None)
    assert board.table.at["net", "worst_ic"] == board.ics["net"].min()
    assert "worst IC" in html_ and facts["worst_ic"]["title"] == "worst IC"
    net = board.slices[board.slices["model"] == "net"].set_index(["horizon", "cut", "group"])
    assert net["worst_ic"].notna().all() and net["worst_ic"].nunique() > 5
    worst, calm, stormy = (
        net.at[(y.horizon, cut, group), "worst_ic"]
        for cut, group in (("year", "2020"), ("volatility", "calm"), ("volatility", "stormy"))
    )
    assert worst == board.ics["net"].min() <= min(calm, stormy) < max(calm, stormy)
    assert "worst_ic" not in compare(noisy("net", 0.5, 1), y, n_resamples=100, detail=False).table
