# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.inspect import *
import shutil
import numpy as np
import pandas as pd
import pytest
import neuralpha as na
from neuralpha.core import NeuralphaError, read_json, write_json
from neuralpha.report.pages.draw import write_site
from neuralpha.report.numbers import read_ics
from neuralpha.report.steps import Report
from neuralpha.study.experiment import open_experiment
from neuralpha.study.spec import make_study

@pytest.fixture(scope="module")
def parts():
    panel = na.load_universe("sim-tiny")
    X = na.compute_features(panel, "classic")
    y = na.forward_return(panel, horizon=5, delay=1)
    folds = na.walk_forward(y, "9M", "3M", "6M")
    return X, y, na.cross_predict(na.Ridge(), X, y, folds, progress=False)

def test_a_prediction_needs_no_more_than_a_date(parts):
    X, y, ridge = parts
    scores = ridge.scores()
    ics = na.ic(scores, y).dropna()
    day = ics.idxmax()
    seen = na.inspect(ridge, str(day.date()))
    assert seen.ic == pytest.approx(ics.max()) and "the highest of" in repr(seen)
    asset = seen.members.index[3]
    one = na.inspect(ridge, day, asset)
    row = X.panel.rows_of(asset).start + int((X.panel.dates[X.panel.date_code[X.panel.rows_of(asset)]] < day).sum())
    assert one.members.at[asset, "score"] == pytest.approx(scores[day, asset])
    assert one.members.at[asset, "label"] == y.values[row]
    np.testing.assert_array_equal(one.features["given"].reindex(list(X.names)), X.values[row])
    raw = na.compute_features(X.panel, "classic", transform=None)
    np.testing.assert_array_equal(one.features["raw"].reindex(list(raw.names)), raw.values[row])

def test_what_a_universe_page_says_to_type_works(monkeypatch):
    from neuralpha.house import root

    monkeypatch.chdir(root())
    page = (root() / "reports/sample/sim-tiny/index.html").read_text(encoding="utf-8")
    folder = page.split('na.inspect("')[1].split('"')[0]
    assert folder == "reports/sample/sim-tiny" and "a price that jumped and came back" in repr(na.inspect(folder))

def test_without_a_date_it_says_on_which_rows_the_ics_depend_most(parts):
    X, y, ridge = parts
    origin = na.inspect(ridge)
    table = origin.suspects(3)
    assert "No score and no label stands on a price" in repr(origin) and table["pull"].abs().is_monotonic_decreasing
    for (day, asset), row in table.iterrows():
        seen = na.inspect(ridge, day, asset)
        assert row["ic"] == pytest.approx(seen.ic) and row["ic_without"] == pytest.approx(seen.without["ic"])
    with pytest.raises(NeuralphaError, match="S07 on which date"):
        na.inspect(ridge, asset="S07")

def test_a_series_needs_its_label_and_a_table_of_ones_own_is_shown_as_it_is(parts):
    from dataclasses import replace

    X, y, ridge = parts
    scores = ridge.scores()
    day = scores.index[0][0]
    with pytest.raises(NeuralphaError, match="give y="):
        na.inspect(scores, day)
    assert na.inspect(scores, day, y=y).members["score"].notna().any()
    mine = replace(X, names=tuple(f"mine_{i}" for i in range(len(X.names))))
    asset = na.inspect(scores, day, y=y).members.index[0]
    table = na.inspect(scores, day, asset, y=y, X=mine).features
    np.testing.assert_array_equal(table["raw"], table["given"])
    other = na.compute_features(na.load_universe("sim-nonlinear"), ["ret_1"])
    with pytest.raises(NeuralphaError, match="X is of sim-nonlinear, y of sim-tiny"):
        na.inspect(scores, day, y=y, X=other)

STUDY = {
    "name": "traced",
    "universes": ["sim-tiny"],
    "features": "classic",
    "models": {"ridge": {}, "lightgbm": {"n_trees": 10}},
    "seeds": 1,
    "split": {"train": "9M", "valid": "3M", "test": "9M"},
    "ensemble": "z",
}

@pytest.fixture(scope="module")
def written(tmp_path_factory):
    out, study = tmp_path_factory.mktemp("report"), make_study(STUDY)
    r = Report(open_experiment(study), out)
    for step in (r.data, r.fit, r.leaderboard, r.save):
        step()
    write_json(out / "traced" / "study.json", study.model_dump(mode="json"))
    write_site(study, out)
    return out / "traced"

@pytest.mark.parametrize("model", ["ridge", "lightgbm", "ensemble", "reversal", "oracle"])
def test_every_ic_that_a_report_stores_is_that_of_the_screen(written, model):
    stored = read_ics(written / "sim-tiny").query("model == @model").set_index("date")
    origin = report_origin(written, model)
    for kind in ("ic", "rank_ic"):
        np.testing.assert_allclose(origin.ics[kind].reindex(stored.index), stored[kind], rtol=1e-12)
    day = stored["ic"].idxmin()
    seen = na.inspect(written / "sim-tiny", day, model=model)
    assert (
        seen.ic == pytest.approx(stored["ic"].min()) and (seen.members["why_not"] == "").sum() == stored["assets"][day]
    )
    assert "the lowest of" in repr(seen) and model in repr(seen)

def test_the_best_model_is_meant_and_features_are_the_studys(written):
    best = max(
        (n for n, m in read_json(written / "sim-tiny" / "metrics.json")["models"].items() if m["kind"] == "model"),
        key=lambda n: read_json(written / "sim-tiny" / "metrics.json")["models"][n]["metrics"]["ic"]["value"],
    )
    seen = na.inspect(str(written), "2013-05-15")
    experiment = open_experiment(make_study(STUDY))
    asset = seen.members.index[0]
    one = seen.at(asset=asset)
    row = experiment.panel.rows_of(asset).start + int(
        (
            experiment.panel.dates[experiment.panel.date_code[experiment.panel.rows_of(asset)]]
            < np.datetime64("2013-05-15")
        ).sum()
    )
    assert seen.origin.model == best
    np.testing.assert_array_equal(one.features["given"].reindex(list(experiment.X.names)), experiment.X.values[row])
    assert one.bars["for"].str.contains("decision").sum() == 1

def test_what_one_model_left_out_counts_for_none(written, tmp_path):
    shutil.copytree(written, tmp_path / "traced")
    path = tmp_path / "traced" / "sim-tiny" / "predictions.parquet"
    table = pd.read_parquet(path)
    day, asset = table.loc[5, ["date", "asset"]]
    gone = (table["model"] == "lightgbm") & (table["date"] == day) & (table["asset"] == asset)
    table[~gone].to_parquet(path, index=False)
    members = na.inspect(tmp_path / "traced", day, model="ridge").members
    assert members.at[asset, "why_not"] == "not scored by lightgbm" and (members["why_not"] != "").sum() == 1

@pytest.mark.parametrize(
    "ask, said",
    [
        (dict(model="lihgtgbm"), "Did you mean 'lightgbm'"),
        (dict(universe="sim-tinny"), "Did you mean 'sim-tiny'"),
        (dict(asset="S77"), "Unknown asset of sim-tiny"),
        (dict(date="2013-05-18"), "Did you mean 2013-05-17 or 2013-05-20"),
    ],
)
def test_what_is_not_there_gets_the_nearest_name(written, ask, said):
    with pytest.raises(NeuralphaError, match=said):
        na.inspect(written, **{"date": "2013-05-15", **ask})

def test_folders_that_are_no_report_and_data_that_is_another_are_refused(written, tmp_path):
    with pytest.raises(NeuralphaError, match="manifest.json is missing"):
        na.inspect(tmp_path, "2013-05-15")
    with pytest.raises(NeuralphaError, match="Unknown universe of traced: 'sim-tinny'. Did you mean 'sim-tiny'"):
        na.inspect(written / "sim-tinny", "2013-05-15")
    shutil.copytree(written, tmp_path / "traced")
    manifest = read_json(tmp_path / "traced" / "manifest.json")
    manifest["data"]["sim-tiny"] = "0" * 64
    write_json(tmp_path / "traced" / "manifest.json", manifest)
    with pytest.raises(NeuralphaError, match="the data is not the data of the report"):
        na.inspect(tmp_path / "traced", "2013-05-15")
