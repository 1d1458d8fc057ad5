# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.desk import *
import re, shutil
from pathlib import Path
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner
import neuralpha as na
from neuralpha.core import NeuralphaError
from neuralpha.cli import app

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

def test_an_order_file_is_whole_or_the_one_before(replayed, monkeypatch):
    write_orders(replayed)
    before = (replayed.folder / "orders.csv").read_bytes()

    def interrupted(path, text, **how):
        path.write_bytes(b"date,asset\n2013-")
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_text", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_orders(replayed)
    assert (replayed.folder / "orders.csv").read_bytes() == before
    assert not [path for path in replayed.folder.iterdir() if path.name.startswith(".")]

def test_a_desk_is_worked_from_the_command_line(opened, tmp_path):
    def run(*words):
        return CliRunner().invoke(app, [*map(str, words)])

    until = (pd.Timestamp(opened.terms.since) + pd.Timedelta(9, "D")).date()
    replay = run("desk", "replay", opened.folder, "--last", until)
    assert replay.exit_code == 0 and "continue" in replay.output and "wealth" in replay.output
    assert "nothing new" in run("desk", "replay", opened.folder, "--last", until).output
    assert run("verify", opened.folder).exit_code == 0
    told = run("desk", "difference", opened.folder)
    assert told.exit_code == 0 and "exact to" in told.output and "missed" in told.output, told.output
    (tmp_path / "bad.csv").write_text("date,asset\n")
    halted = run("desk", "step", opened.folder, "--universe", tmp_path / "bad.csv")
    assert halted.exit_code == 1 and "halted, nothing is traded" in halted.output
    journal = opened.folder / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b'"number":3', b'"number":4', 1))
    broken = run("verify", opened.folder)
    assert broken.exit_code == 1 and "altered" in broken.output

def test_a_brokers_desk_is_opened_told_of_fills_and_shown_from_the_command_line(desk_report, tmp_path):
    folder, broken = tmp_path / "desk", tmp_path / "broken.csv"

    def run(*words):
        return CliRunner().invoke(app, ["desk", *map(str, words)])

    made = run("open", desk_report, folder, "--model", "ridge", "--fills", "broker", "--capital", "1e7", "--lot", "1")
    assert made.exit_code == 0 and "ridge acts" in made.output and "False alarms" in made.output, made.output
    assert run("open", desk_report, folder).exit_code == 1
    market = na.load_universe("sim-tiny")
    first, second, third = market.dates[market.dates > pd.Timestamp(desk_at(folder).terms.since).to_datetime64()][:3]
    assert run("replay", folder, "--last", second).exit_code == 0
    orders = pd.read_csv(folder / "orders.csv")
    assert len(orders) and pd.Timestamp(orders["date"][0]) == pd.Timestamp(second)
    sold = orders["side"] == "sell"
    fills = orders.assign(date=third, commission=1.0)
    fills.drop(columns="price").to_csv(broken, index=False)
    refused = run("fills", folder, broken)
    assert refused.exit_code == 1 and len(desk_at(folder).record().of("fills")) == 0
    fills.to_csv(tmp_path / "fills.csv", index=False)
    told = run("fills", folder, tmp_path / "fills.csv")
    assert told.exit_code == 0 and f"{len(orders)} fills recorded" in told.output
    assert run("replay", folder, "--last", third).exit_code == 0
    held = pd.read_csv(folder / "positions.csv").set_index("asset")["amount"]
    assert set(held.index) == set(orders["asset"]) and ((held < 0) == sold.set_axis(orders["asset"])[held.index]).all()
    assert desk_at(folder).record().parts()["commission"].iloc[-1] == pytest.approx(-len(orders))
    shown = run("status", folder)
    assert shown.exit_code == 0 and "Continue" in shown.output and str(folder / "index.html") in shown.output
    assert "by what the broker says" in (folder / "index.html").read_text()

@pytest.mark.parametrize(
    ("given", "said"),
    [
        (dict(bars=0), "bars is 0; it must be a whole number, at least 1"),
        (dict(bars=10**9), "bars is 1,000,000,000; a chart"),
        (dict(participation=np.inf), "participation is inf"),
        (dict(since="yesterdayish"), "'yesterdayish' is no date"),
        (dict(since=""), "'' is no date"),
        (dict(since="2999-01-01"), "is no date of a market"),
        (dict(since="1900-01-01"), "lies before the first session"),
        (dict(actions="nowhere.toml"), "The policy nowhere.toml cannot be read"),
        (dict(actions="/dev/null"), "The policy has no version"),
        (dict(model="nobody"), "Unknown model"),
        (dict(capital=-1), "capital is -1"),
        (dict(policy="Capped(mine.py:Steady(3), most=0.1)"), "A desk does not trade mine.py:Steady"),
    ],
)
def test_what_cannot_be_opened_is_said_in_one_line_and_leaves_nothing(desk_report, tmp_path, given, said):
    with pytest.raises(NeuralphaError, match=re.escape(said)) as refused:
        open_desk(desk_report, tmp_path / "desk", **{"model": "ridge"} | given)
    assert "\n" not in str(refused.value) and not list(tmp_path.iterdir())

def test_a_desk_is_named_by_a_folder_that_holds_one(desk_report, tmp_path):
    for ask in (desk_at, replay_desk, write_orders, compare_desk, verify_whole_desk):
        for odd in (None, 5, ["desk"]):
            with pytest.raises(NeuralphaError, match="was given|must be a path"):
                ask(odd)
        for empty in ("", tmp_path):
            with pytest.raises(
                NeuralphaError,
                match="holds no desk: desk.json is|folder is (''; it must be a path|an empty text)",
            ):
                ask(empty)
    (tmp_path / "there").mkdir()
    with pytest.raises(NeuralphaError, match="exists already"):
        open_desk(desk_report, tmp_path / "there")

def test_orders_of_another_bar_and_unreadable_actions_are_found(replayed):
    assert verify_whole_desk(replayed.folder) == []
    orders = pd.read_csv(replayed.folder / "orders.csv")
    orders.assign(shares=2 * orders["shares"]).to_csv(replayed.folder / "orders.csv", index=False)
    [problem] = verify_whole_desk(replayed.folder)
    assert problem == "orders.csv is not what the last bar says: `neuralpha desk status` writes it anew."
    write_orders(replayed)
    (replayed.folder / "actions.toml").write_text("version = 1")
    [problem] = verify_whole_desk(replayed.folder)
    assert "has no version" in problem

def test_a_desk_outlives_its_report(desk_report, tmp_path):
    copy = tmp_path / "reports"
    shutil.copytree(desk_report.parent, copy)
    desk = open_desk(copy / "desk", tmp_path / "desk", "ridge")
    shutil.rmtree(copy)
    assert replay_desk(tmp_path / "desk", last=pd.Timestamp(desk.terms.since) + pd.Timedelta(7, "D"))
    assert pd.notna(desk.facts["ic"]) and len(desk.models) == 1
