# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.desk import *
import shutil
import pandas as pd
import neuralpha as na

def test_a_desk_replays_the_held_out_fold_with_the_reports_own_scores(replayed, desk_report):
    record = replayed.record()
    tested = pd.read_parquet(desk_report / "sim-tiny" / "predictions.parquet")
    tested = tested.query("model == 'lightgbm' and seed == -1")
    tested = tested[tested["fold"] == tested["fold"].max()].set_index(["date", "asset"])["score"]
    dates = tested.index.unique("date")
    assert len(record.dates) > 30 and list(record.dates) == list(dates[: len(record.dates)])
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

def test_bars_from_files_as_they_stood_give_the_journal_of_the_replay(replayed, opened, tmp_path):
    whole = na.load_universe("sim-tiny").frame().drop(columns="tradable").dropna(subset="close")
    dates = replayed.record().dates[:4]
    for date in dates:
        whole[whole["date"] <= date].to_parquet(tmp_path / "newest.parquet", index=False)
        step_desk(opened, tmp_path / "newest.parquet")
    mine, theirs = opened.record().bars, replayed.record().bars[:4]
    for one, other in zip(mine, theirs, strict=True):
        assert (
            one["wealth"] == other["wealth"] and one["values"] == other["values"] and one["orders"] == other["orders"]
        )

def test_a_file_that_cannot_be_read_halts_the_desk(opened, tmp_path):
    (tmp_path / "newest.csv").write_text("date,asset,close\n2014-01-02,A,1\n2014-01-02,A,2\n")
    [entry] = step_desk(opened, tmp_path / "newest.csv")
    assert entry.kind == "halt" and opened.record().halted
    assert len(pd.read_csv(opened.folder / "orders.csv")) == 0
    replay_desk(opened, last=pd.Timestamp(opened.terms.since) + pd.Timedelta(7, "D"))
    assert not opened.record().halted and len(opened.record().bars) >= 3

def test_a_desk_outlives_its_report(desk_report, tmp_path):
    copy = tmp_path / "reports"
    shutil.copytree(desk_report.parent, copy)
    desk = open_desk(copy / "desk", tmp_path / "desk", "ridge")
    shutil.rmtree(copy)
    assert replay_desk(tmp_path / "desk", last=pd.Timestamp(desk.terms.since) + pd.Timedelta(7, "D"))
    assert pd.notna(desk.facts["ic"]) and len(desk.models) == 1
