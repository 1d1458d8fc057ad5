# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.desk import *
import numpy as np
import pandas as pd
import pytest
import neuralpha as na
from neuralpha.core import NeuralphaError, write_json
from neuralpha.report.fits import fits_of_report
from neuralpha.report.pages import write_site
from neuralpha.report.steps import Report
from neuralpha.study.experiment import open_experiment
from neuralpha.study.spec import make_study

STUDY = {
    "name": "desk",
    "universes": ["sim-tiny"],
    "features": "classic",
    "models": {"ridge": {}, "lightgbm": {"n_trees": 20}},
    "seeds": 1,
    "split": {"train": "9M", "valid": "3M", "test": "4M"},
}

@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    study = make_study(STUDY)
    made = Report(open_experiment(study), folder, device="cpu")
    for step in (made.data, made.fit, made.leaderboard, made.save):
        step()
    write_json(folder / "desk" / "study.json", study.model_dump(mode="json"))
    write_site(study, folder)
    return folder / "desk"

@pytest.fixture(scope="module")
def replayed(report, tmp_path_factory):
    desk = open_desk(report, tmp_path_factory.mktemp("desks") / "one", "lightgbm", ["ridge"])
    replay_desk(desk)
    return desk

def test_a_desk_replays_the_held_out_fold_with_the_reports_own_scores(replayed, report):
    record = replayed.record()
    tested = pd.read_parquet(report / "sim-tiny" / "predictions.parquet").query("model == 'lightgbm' and seed == -1")
    tested = tested[tested["fold"] == tested["fold"].max()].set_index(["date", "asset"])["score"]
    dates = tested.index.unique("date")
    assert record.dates[0] == dates[0] and set(dates) <= set(record.dates)
    for bar in record.bars[:: len(record.bars) // 5]:
        if pd.Timestamp(bar["date"]) in dates:
            scores = record.table(bar)["score:lightgbm"].dropna()
            pd.testing.assert_series_equal(
                scores.sort_index(), tested.loc[bar["date"]].sort_index(), check_names=False, check_dtype=False
            )
    assert verify_whole_desk(replayed.folder) == [] and set(record.values().columns[record.values().notna().any()]) >= {
        "ic",
        "money",
        "features",
    }

def test_bars_from_files_as_they_stood_give_the_journal_of_the_replay(replayed, report, tmp_path):
    desk = open_desk(report, tmp_path / "desk", "lightgbm", ["ridge"])
    whole = na.load_universe("sim-tiny").frame().drop(columns="tradable").dropna(subset="close")
    dates = replayed.record().dates[:4]
    for date in dates:
        whole[whole["date"] <= date].to_parquet(tmp_path / "newest.parquet", index=False)
        step_desk(desk, tmp_path / "newest.parquet")
    mine, theirs = desk.record().bars, replayed.record().bars[:4]
    for one, other in zip(mine, theirs, strict=True):
        assert (
            one["wealth"] == other["wealth"] and one["values"] == other["values"] and one["orders"] == other["orders"]
        )

def test_a_file_that_cannot_be_read_halts_the_desk(report, tmp_path):
    desk = open_desk(report, tmp_path / "desk", "ridge")
    (tmp_path / "newest.csv").write_text("date,asset,close\n2014-01-02,A,1\n2014-01-02,A,2\n")
    [entry] = step_desk(desk, tmp_path / "newest.csv")
    assert entry.kind == "halt" and desk.record().halted
    replay_desk(desk, last="2014-03-01")
    assert not desk.record().halted and len(desk.record().bars) > 5

def test_a_desk_outlives_its_report(report, tmp_path):
    import shutil

    copy = tmp_path / "reports"
    shutil.copytree(report.parent, copy)
    desk = open_desk(copy / "desk", tmp_path / "desk", "ridge")
    shutil.rmtree(copy)
    assert replay_desk(tmp_path / "desk")
    assert pd.notna(desk.facts["ic"]) and len(desk.models) == 1
