# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.score import *
from dataclasses import replace
import numpy as np
import pandas as pd
import pytest
import neuralpha as na
from neuralpha.core import NeuralphaError, write_json
from neuralpha.data.panel import cut_panel
from neuralpha.report.fits import fits_of_prediction, fits_of_report, scores_of, setting_features, tradable_rows
from neuralpha.report.pages.draw import write_site
from neuralpha.report.steps import Report
from neuralpha.study.experiment import open_experiment
from neuralpha.study.spec import make_study

STUDY = {
    "name": "held",
    "features": "classic",
    "models": {"ridge": {}, "lightgbm": {"n_trees": 10}, "mlp": {"max_epochs": 2, "hidden": [8]}},
    "seeds": 1,
    "split": {"train": "9M", "valid": "3M", "test": "6M"},
    "ensemble": "stack",
}

@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """prices.parquet, the report on its first part, and newest.parquet."""
    folder = tmp_path_factory.mktemp("held")
    frame = na.load_universe("sim-tiny").frame().drop(columns="tradable").dropna(subset="close")
    frame[frame["date"] < "2013-09-01"].to_parquet(folder / "prices.parquet", index=False)
    frame.to_parquet(folder / "newest.parquet", index=False)
    study = make_study({**STUDY, "universes": [str(folder / "prices.parquet")]})
    r = Report(open_experiment(study), folder / "reports", device="cpu")
    for step in (r.data, r.fit, r.leaderboard, r.save):
        step()
    write_json(folder / "reports" / "held" / "study.json", study.model_dump(mode="json"))
    write_site(study, folder / "reports")
    return folder

@pytest.fixture(scope="module")
def sheet(place):
    return na.score(place / "reports" / "held", place / "newest.parquet")

def test_a_later_file_changes_no_score_of_an_earlier_date(place):
    """Sixty files, each cut at its date, and one batch over the whole file: the same bits."""
    newest = pd.read_parquet(place / "newest.parquet")
    fits = fits_of_report(place / "reports" / "held")
    X = setting_features(fits, na.load_universe(place / "newest.parquet"))
    dates = X.panel.dates[-60:]
    batch = scores_of(fits, X, dates).set_index("date")
    for date in dates:
        newest[newest["date"] <= date].to_parquet(place / "cut.parquet", index=False)
        alone = na.score(place / "reports" / "held", place / "cut.parquet").scores.sort_index()
        part = batch.loc[[date]].set_index("asset")["score"].sort_index()
        assert list(alone.index) == list(part.index), date
        assert alone.to_numpy().tobytes() == part.to_numpy().tobytes(), date

def test_the_whole_sheet_of_an_earlier_date_is_that_of_the_file_cut_there(place):
    newest = pd.read_parquet(place / "newest.parquet")
    spike = (newest["asset"] == "S03") & (newest["date"] == "2013-11-12")
    newest.loc[spike, ["open", "high", "low", "close"]] *= 30  # its check looks at the day after
    newest.to_parquet(place / "dirty.parquet", index=False)
    newest[newest["date"] <= "2013-11-12"].to_parquet(place / "cut.parquet", index=False)
    kept = na.score(place / "reports" / "held", place / "dirty.parquet", as_of="2013-11-12")
    cut = na.score(place / "reports" / "held", place / "cut.parquet")
    pd.testing.assert_frame_equal(kept.table, cut.table, check_exact=True)
    pd.testing.assert_frame_equal(kept.changes, cut.changes, check_exact=True)
    pd.testing.assert_frame_equal(kept.pushes, cut.pushes, check_exact=True)
    whole = na.load_universe(place / "dirty.parquet")
    assert not whole.tradable[whole.rows_of("S03")][
        whole.dates[whole.date_code[whole.rows_of("S03")]] == kept.date.to_datetime64()
    ]
    assert kept.scores.get("S03") is not None

def test_the_table_says_who_has_no_score_and_why(place):
    newest = pd.read_parquet(place / "newest.parquet")
    last, before = sorted(newest["date"].unique())[-1:-3:-1]
    newest.loc[(newest["asset"] == "S01") & (newest["date"] == last), "close"] = -1.0
    newest = newest[~((newest["asset"] == "S02") & (newest["date"] >= before))]
    newest.to_parquet(place / "gaps.parquet", index=False)
    sheet = na.score(place / "reports" / "held", place / "gaps.parquet")
    table = sheet.table.set_index("asset")
    assert list(sheet.table) == SHEET and (table["date"] == last).all()
    assert (
        table.at["S01", "masked"]
        and table.at["S01", "why"].startswith("masked: ")
        and table.at["S01", "stale_bars"] == 1
    )
    assert (
        not table.at["S02", "masked"]
        and table.at["S02", "why"] == "no row on this date"
        and table.at["S02", "stale_bars"] == 2
    )
    scored = table[table["why"] == ""]
    assert (
        scored["score"].notna().all()
        and (scored["stale_bars"] == 0).all()
        and table.loc[["S01", "S02"], "score"].isna().all()
    )
    assert list(scored["rank"]) == list(range(1, len(scored) + 1)) and scored["score"].is_monotonic_decreasing
    assert "have no score today: S01, S02" in " ".join(sheet.warnings)

def test_forecasts_have_the_slope_of_the_validation_part_and_intervals_that_cover(place, sheet):
    past = sheet.fits.calibration.dropna(subset="label")
    by_date = past.groupby("date")[["score", "label"]]
    centred = past[["score", "label"]] - by_date.transform("mean")
    slope = np.polyfit(centred["score"].astype(float), centred["label"], 1)[0]
    table = sheet.scored
    got = np.polyfit(table["score"], table["forecast"], 1)[0]
    assert got == pytest.approx(slope, rel=1e-6)
    y = na.forward_return(sheet.panel, 5, 1)
    assert table["forecast"].mean() == pytest.approx(y.values[y.labelled].mean())
    inside = []
    for date in sheet.panel.dates[-80:-6:6]:
        early = na.score(place / "reports" / "held", place / "newest.parquet", as_of=date).scored.set_index("asset")
        earned = y.panel.series(y.values).loc[date].reindex(early.index)
        inside += list(earned.between(early["forecast_low"], early["forecast_high"])[earned.notna()])
    assert 0.8 < np.mean(inside) < 0.98, np.mean(inside)

def test_what_pushes_a_score_sums_to_it(sheet):
    """Lines are exact; trees count from their own base and nets from a draw of the date, so the rest is small."""
    total = sheet.pushes.sum(axis=1)
    score = sheet.scores.reindex(total.index)
    assert set(total.index) == set(sheet.longs["asset"]) | set(sheet.shorts["asset"])
    assert np.corrcoef(total, score)[0, 1] > 0.95 and (total - score).abs().mean() < 0.35 * score.std()

def test_the_pushes_of_a_line_are_exact(place):
    line = na.score(place / "reports" / "held", place / "newest.parquet", model="ridge")
    np.testing.assert_allclose(line.pushes.sum(axis=1), line.scores.reindex(line.pushes.index), atol=1e-5)

def test_what_moved_is_the_rank_of_the_session_before(place, sheet):
    yesterday = na.score(place / "reports" / "held", place / "newest.parquet", as_of=sheet.panel.dates[-2])
    ranks = yesterday.scored.set_index("asset")["rank"]
    changes = sheet.changes
    pd.testing.assert_series_equal(changes["rank_before"], ranks.reindex(changes.index), check_names=False)
    assert (changes["moved"] == changes["rank_before"] - changes["rank"]).all()
    assert changes["moved"].dropna().abs().is_monotonic_decreasing

def _with(place, change):
    newest = pd.read_parquet(place / "newest.parquet")
    change(newest).to_parquet(place / "changed.parquet", index=False)
    return " ".join(na.score(place / "reports" / "held", place / "changed.parquet").warnings)

LAST = "2013-12-27"

def _thin_out(t):
    return t[(t["date"] < LAST) | (t["asset"] < "S05")]

def _repeat(t):
    day = t[t["date"] == "2013-12-26"].set_index("asset")
    here = t["date"] == LAST
    t.loc[here, "close"] = t.loc[here, "asset"].map(day["close"]).fillna(t["close"])
    return t

def _list_anew(t):
    return pd.concat([t, t[(t["asset"] == "S05") & (t["date"] > "2013-10-01")].assign(asset="NEW")])

def _explode(t):
    t.loc[(t["asset"] == "S06") & (t["date"] == LAST), ["open", "high", "low", "close"]] *= 5
    return t

@pytest.mark.parametrize(
    "change, said",
    [
        (_thin_out, "A thin session: "),
        (_repeat, "Stale data: "),
        (_list_anew, "never saw a row of 2 assets: NEW, S19."),
        (_explode, "have values outside of their training range"),
        (lambda t: t[t["date"] > "2013-07-01"], "all intervals are of one width"),
        (lambda t: t[t["date"] > "2013-09-10"], "after the fits had learnt"),
        (lambda t: t[t["date"] > "2013-09-10"], "no date that the report scored"),
        (
            lambda t: t.assign(asset=t["asset"].map(lambda a: f"S{(int(a[1:]) * 7 + 3) % 29:02d}")),
            "prices were revised",
        ),
    ],
)
def test_what_is_to_be_doubted_is_said(place, sheet, change, said):
    assert said not in " ".join(sheet.warnings)
    assert said in _with(place, change)

def test_fits_that_are_older_than_the_study_ever_used_are_said_to_be(sheet):
    assert "know nothing after" not in " ".join(sheet.warnings)
    old = replace(sheet, fits=replace(sheet.fits, used_for="1M"))
    assert "the study never used one for longer than 1M" in " ".join(old.warnings)

def test_fits_are_not_too_old_on_a_date_on_which_the_report_used_them(sheet):
    old = replace(sheet.fits, used_for="1M")
    there = old.tested.assign(date=sheet.date)  # the last fold's test part reached so far
    assert "know nothing after" in " ".join(replace(sheet, fits=old).warnings)
    assert "know nothing after" not in " ".join(replace(sheet, fits=replace(old, tested=there)).warnings)

def test_forecasts_that_contradict_the_ranks_are_said_to(sheet):
    turned = replace(sheet)
    turned.__dict__["forecast"] = sheet.forecast._replace(slope=-sheet.forecast.slope)
    for s in (sheet, turned):
        contradict = s.longs["forecast"].mean() < s.shorts["forecast"].mean()
        assert contradict == ("higher scores earned less" in " ".join(s.warnings))
    assert {sheet.forecast.slope > 0, turned.forecast.slope > 0} == {True, False}

def test_a_new_fit_learns_from_the_newest_labels_and_is_repeated_bit_for_bit(place, sheet):
    anew = na.score(place / "reports" / "held", place / "newest.parquet", model="lightgbm", refit=True, device="cpu")
    again = na.score(place / "reports" / "held", place / "newest.parquet", model="lightgbm", refit=True, device="cpu")
    pd.testing.assert_frame_equal(anew.table, again.table, check_exact=True)
    assert anew.fits.validation[1] > sheet.fits.validation[1] and "fitted anew" in anew.fits.source
    assert anew.fits.validation[1] == pd.Timestamp(anew.panel.dates[-7])
    study = make_study({**STUDY, "universes": ["sim-tiny"], "models": ["ridge"], "ensemble": None})
    assert len(na.score(study, "sim-tiny", refit=True, out=place).scores)

@pytest.mark.parametrize(
    "call, message",
    [
        (dict(as_of="2013-11-30"), "2013-11-30 is no session of newest, .* Did you mean 2013-11-29 or 2013-12-02?"),
        (dict(as_of="soon"), "'soon' is no date; write it like"),
        (dict(model="gbm"), "Unknown model of held on prices: 'gbm'"),
        (dict(fitted_on="nasdaq"), "Unknown universe of held: 'nasdaq'"),
        (dict(of="tiny"), "Study tiny has no report in .*: run it first"),
        (dict(of="nowhere"), "Unknown study 'nowhere'"),
        (dict(of=""), "The report's folder is an empty text"),
    ],
)
def test_what_cannot_be_scored_is_one_sentence(place, call, message):
    of = call.pop("of", place / "reports" / "held")
    with pytest.raises(NeuralphaError, match=message):
        na.score(of, place / "newest.parquet", out=place / "reports", **call)

def test_a_report_on_several_universes_must_be_told_whose_fits(tmp_path):
    study = make_study({**STUDY, "universes": ["sim-tiny", "sim-linear"]})
    with pytest.raises(NeuralphaError, match="was fitted on sim-tiny, sim-linear: say whose fits are to score"):
        na.score(study, "newest.parquet", out=tmp_path)
    with pytest.raises(NeuralphaError, match="has no report in"):
        na.score(study, "sim-linear", out=tmp_path)

def test_features_of_ones_own_are_scored_as_they_are():
    panel = na.load_universe("sim-tiny")
    X = na.compute_features(panel, "classic")
    mine = replace(X, names=tuple(f"mine_{name}" for name in X.names))
    y = na.forward_return(panel, 5, 1)
    ridge = na.cross_predict(na.Ridge(), mine, y, na.walk_forward(y, "9M", "3M", "6M"), progress=False)
    pd.testing.assert_series_equal(na.score(ridge, mine).scores.sort_index(), _by_hand(ridge, mine), check_exact=True)
    with pytest.raises(NeuralphaError, match="make them of the panel up to as_of"):
        na.score(ridge, mine, as_of="2013-12-10")

def _by_hand(prediction, X):
    fits = fits_of_prediction(prediction)
    return scores_of(fits, X, X.panel.dates[-1:]).set_index("asset")["score"].sort_index()

@pytest.fixture(scope="module")
def acted(place):
    """A report of an agent alone, of two seeds, on the file that ends early."""
    agent = {"gradient": {"rounds": 2, "updates": 3, "hidden": 4}}
    more = {"name": "acted", "models": agent, "seeds": 2, "ensemble": None, "portfolio": {"capital": 1e7}}
    study = make_study({**STUDY, **more, "universes": [str(place / "prices.parquet")]})
    r = Report(open_experiment(study), place / "reports", device="cpu")
    for step in (r.data, r.fit, r.leaderboard, r.save):
        step()
    write_json(place / "reports" / "acted" / "study.json", study.model_dump(mode="json"))
    write_site(study, place / "reports")
    return place / "reports" / "acted"

def test_the_score_of_an_agent_is_the_mean_position_of_its_seeds(place, acted):
    sheet = na.score(acted, place / "newest.parquet")
    seeds = sheet.fits.models["gradient"]
    assert sorted(seeds) == [0, 1]
    agent = seeds[0]
    chosen = agent.chosen_seeds({seed: model.history_ for seed, model in seeds.items()})
    rows = tradable_rows(sheet.panel, sheet.date)
    positions = np.mean([seeds[seed].predict(sheet.X.view(rows)) for seed in chosen], axis=0)
    assert 0 < np.abs(positions).sum() <= agent.policy.gross * (1 + 1e-6)
    said = sheet.scored.set_index("asset")["score"].reindex(sheet.panel.assets[sheet.panel.asset_code[rows]])
    np.testing.assert_allclose(said, positions, rtol=1e-6, atol=0)

def test_an_agents_position_of_a_past_date_does_not_depend_on_what_came_later(place, acted):
    sheet = na.score(acted, place / "newest.parquet")
    for date in sheet.panel.dates[[-60, -30, -2]]:
        early = na.score(acted, place / "newest.parquet", as_of=date).scored.set_index("asset")["score"].sort_index()
        batch = scores_of(sheet.fits, sheet.X, [date]).set_index("asset")["score"].sort_index()
        pd.testing.assert_series_equal(early, batch.loc[early.index], check_exact=True, check_dtype=False)
