# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.desk_retrain import *
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner
from neuralpha.cli import app
from neuralpha.core import NeuralphaError
from neuralpha.monitor.desk import Desk
from neuralpha.monitor.policy import CLASSIC, load_policy
from neuralpha.monitor.registry import MODELS_FOLDER, registered
from neuralpha.report.desk import desk_at, order_table, replay_desk, retrain_desk, verify_whole_desk
from neuralpha.report.desk_page import write_desk_page
from neuralpha.report.elsewhere import DeskAtAddress

RETRAINED = CLASSIC + "[retrain]\nevery = 12\nalarms = false\n"

def _bars(retrain, fitted_ago, **last):
    state = dict(retrain=retrain)
    return [dict(state=state, alarms=["ic"], wealth=[1.0, 1.0]) for _ in range(fitted_ago)]

def test_a_fit_is_due_by_schedule_or_event_and_not_in_the_rest_after_one():
    from neuralpha.report.desk_retrain import _why

    policy = load_policy(CLASSIC + "[retrain]\nevery = 100\nrest = 20\nrevision = true\n")
    quiet = pd.Series([0.0] * 100)
    assert _why(policy, _bars(False, 99), 0, False, quiet) == ""
    assert _why(policy, _bars(False, 100), 0, False, quiet) == "scheduled every 100 bars"
    assert _why(policy, _bars(False, 110), 50, False, quiet) == ""
    assert _why(policy, _bars(True, 60), 50, False, quiet) == ""  # rest
    assert _why(policy, _bars(True, 70), 50, False, quiet) == "alarm of ic"
    assert _why(policy, _bars(False, 70), 50, True, quiet) == "the source changed known bars"
    assert _why(policy, _bars(True, 100), 100, True, quiet) == ""

def test_a_weather_that_turned_and_stayed_asks_once():
    from neuralpha.report.desk_retrain import _is_new_regime

    rng = np.random.default_rng(0)
    made = pd.Series(np.append(0.01 * rng.standard_normal(150), 0.05 * rng.standard_normal(120)))
    asked = [n for n in range(60, 270) if _is_new_regime(made[:n])]
    assert len([n for n in asked if n > 151]) == 1 and 151 < max(asked) < 200

def test_replayed_bars_are_parted_as_the_leaderboard_parts_dates():
    from neuralpha.data.universes import load_universe
    from neuralpha.evaluate.regimes import LEAST_DATES, market_volatility, volatility_thirds

    panel = load_universe("sim-tiny")
    unknown = np.isnan(market_volatility(panel))
    assert unknown[:5].all() and not unknown[40:].any()
    at = np.arange(0, panel.n_dates, 4)
    found = bars_by_regime(panel, at)
    thirds = volatility_thirds(panel, np.isin(np.arange(panel.n_dates), at))
    for word in ("calm", "middling", "stormy"):
        np.testing.assert_array_equal(found[word], np.asarray(thirds == word)[at])
        assert not found[word][unknown[at]].any()
    assert list(found)[-1] == "all" and found["all"].all()
    assert list(bars_by_regime(panel, at[: LEAST_DATES - 1])) == ["all"]

def test_the_policy_makes_a_challenger_never_a_champion_and_the_same_however_often_it_is_interrupted(opened, tmp_path):
    (opened.folder / "actions.toml").write_text(RETRAINED)
    shutil.copytree(opened.folder, tmp_path / "twin")
    last = pd.Timestamp(opened.terms.since) + pd.Timedelta(24, "D")
    replay_desk(opened, last=last)
    record = opened.record()
    [entry] = record.of("challenger")
    assert entry.body["why"] == "scheduled every 12 bars" and entry.body["bar"] == 12
    name = entry.body["model"]
    assert record.acting == "lightgbm" and name.startswith("lightgbm@") and name in opened.terms.models
    wealth = record.wealth()[name]
    assert wealth[:12].isna().all() and wealth[12:].notna().all() and wealth.iloc[-1] != wealth.iloc[12]
    card = registered(opened.folder / MODELS_FOLDER).loc[entry.body["digest"]]
    assert card["data"]["learnt_before"] > opened.facts["validation"][0]
    regimes = {row["regime"]: row for row in entry.body["forgotten"]}
    assert set(regimes) == {"calm", "middling", "stormy", "all"}
    assert regimes["all"]["bars"] == sum(regimes[name]["bars"] for name in ("calm", "middling", "stormy"))
    assert regimes["all"]["new_learnt"] > regimes["all"]["old_learnt"] > 0
    assert regimes["all"]["difference"] == pytest.approx(regimes["all"]["new"] - regimes["all"]["old"])
    for date in record.dates:
        replay_desk(tmp_path / "twin", last=date)
    one, other = ((folder / "journal.jsonl").read_bytes() for folder in (opened.folder, tmp_path / "twin"))
    assert one == other and verify_whole_desk(opened.folder) == []
    shutil.rmtree(opened.folder / MODELS_FOLDER / entry.body["digest"])
    assert any("is missing" in problem for problem in verify_whole_desk(opened.folder))

def test_one_is_fitted_from_the_command_line_and_shown(replayed):
    made = CliRunner().invoke(app, ["desk", "retrain", str(replayed.folder), "--why", "a new vendor"])
    assert made.exit_code == 0 and "stands beside lightgbm" in made.output and "stormy" in made.output, made.output
    again = CliRunner().invoke(app, ["desk", "retrain", str(replayed.folder)])
    assert again.exit_code == 1 and isinstance(again.exception, NeuralphaError | SystemExit)
    text = write_desk_page(replayed.folder).read_text()
    assert "a new vendor" in text and "too few for an interval" in text
    replay_desk(replayed, last=replayed.record().dates[-1] + pd.Timedelta(7, "D"))
    assert "a new vendor" in write_desk_page(replayed.folder).read_text()
    assert "challenger  lightgbm@" not in CliRunner().invoke(app, ["verify", str(replayed.folder)]).output

def test_fits_of_one_day_are_told_apart_by_the_minute():
    from neuralpha.report.desk_retrain import _day_or_minute

    assert _day_or_minute("2024-03-01 00:00:00") == "2024-03-01"
    assert _day_or_minute("2024-03-01 10:30:00") == "2024-03-01T10:30"

@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NeuralphaError("too little history"), "too little history"),
        (RuntimeError("CUDA out of memory"), "RuntimeError: CUDA out of memory"),
    ],
)
def test_a_desk_that_cannot_be_fitted_says_why_and_goes_on(opened, monkeypatch, error, reason):
    import neuralpha.report.desk_retrain as retraining

    def refuse(*args, **options):
        raise error

    monkeypatch.setattr(retraining, "new_fits", refuse)
    (opened.folder / "actions.toml").write_text(RETRAINED)
    replay_desk(opened, last=pd.Timestamp(opened.terms.since) + pd.Timedelta(24, "D"))
    record = opened.record()
    assert [entry.body["reason"] for entry in record.of("no fit")] == [reason] and len(record.bars) > 12
    with pytest.raises(NeuralphaError, match=f"No new fit: {reason}"):
        retrain_desk(opened)

def test_the_orders_are_out_before_a_fit_begins_which_may_be_killed(opened, monkeypatch):
    import neuralpha.report.desk_retrain as retraining

    def kill(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(retraining, "new_fits", kill)
    (opened.folder / "actions.toml").write_text(RETRAINED)
    with pytest.raises(KeyboardInterrupt):
        replay_desk(opened, last=pd.Timestamp(opened.terms.since) + pd.Timedelta(24, "D"))
    record = opened.record()
    assert len(record.bars) == 12 and not record.of("challenger") and not record.of("no fit")
    pd.testing.assert_frame_equal(pd.read_csv(opened.folder / "orders.csv"), order_table(record), check_dtype=False)

def test_while_one_process_fits_others_step_and_none_begins_a_second_fit(opened, monkeypatch):
    import neuralpha.report.desk_retrain as retraining

    begun = []

    def refuse(*args, **options):
        begun.append(args)
        raise NeuralphaError("too little history")

    monkeypatch.setattr(retraining, "new_fits", refuse)
    (opened.folder / "actions.toml").write_text(RETRAINED)
    until = pd.Timestamp(opened.terms.since) + pd.Timedelta(24, "D")
    with fitting(opened) as free:
        replay_desk(opened, last=until)
        assert free and len(opened.record().bars) > 12 and not begun
        with pytest.raises(NeuralphaError, match="is under way in another process"):
            retrain_desk(opened)
    replay_desk(opened, last=until)
    assert len(begun) == 1 and opened.record().of("no fit")[0].body["bar"] == len(opened.record().bars)

def test_on_two_machines_one_desk_in_postgresql_is_fitted_once(opened, postgres, monkeypatch):
    import neuralpha.report.desk_retrain as retraining

    begun = []

    def refuse(*args, **options):
        begun.append(args)
        raise NeuralphaError("too little history")

    monkeypatch.setattr(retraining, "new_fits", refuse)
    place = DeskAtAddress(f"{postgres}#fitted")
    (opened.folder / "actions.toml").write_text(RETRAINED)
    shutil.copytree(opened.folder, place.folder)
    one = place.publish_new(Desk(place.folder, opened.weigh))
    replay_desk(one, last=pd.Timestamp(opened.terms.since) + pd.Timedelta(15, "D"))
    bars = len(one.record().bars)
    two = desk_at(place.address)
    with fitting(one) as free:
        replay_desk(two, last=pd.Timestamp(opened.terms.since) + pd.Timedelta(24, "D"))
        assert free and len(two.record().bars) > bars and not begun
        with pytest.raises(NeuralphaError, match="is under way in another process"):
            retrain_desk(two)
    assert not begun

FITTER = """
import multiprocessing, os, sys
multiprocessing.set_start_method("spawn")  # else numba's lock is shared by all forks, and who is killed may hold it
from neuralpha.report.desk import replay_desk
print("ready", flush=True)
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        replay_desk({folder!r}, last={last!r})
        os._exit(0)
    print(pid, flush=True)
    print(os.waitpid(pid, 0)[1], flush=True)
"""

def kill_while_it_fits(folder, last, moments):
    """Replay in process after process; each is killed so many seconds after its fit has begun. How each ended."""
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    endings = []
    with subprocess.Popen(
        [sys.executable, "-c", FITTER.format(folder=str(folder), last=str(last))], **pipes
    ) as nursery:
        nursery.stdout.readline()
        for moment in [*moments, None]:
            print("go", file=nursery.stdin, flush=True)
            child = int(nursery.stdout.readline())
            if moment is not None:
                begun = time.monotonic()
                while not (folder / "fit.lock").exists() and time.monotonic() < begun + 60:
                    time.sleep(0.005)
                time.sleep(moment)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            endings.append(int(nursery.stdout.readline()))
            if endings[-1] == signal.SIGKILL:
                (folder / "fit.lock").unlink(missing_ok=True)  # nobody holds it: it shows when the next fit begins
        nursery.stdin.close()
    return endings

def test_a_fit_that_is_killed_again_and_again_leaves_the_same_journal(opened, tmp_path):
    (opened.folder / "actions.toml").write_text(RETRAINED)
    shutil.copytree(opened.folder, tmp_path / "calm")
    last = pd.Timestamp(opened.terms.since) + pd.Timedelta(20, "D")
    begun = time.monotonic()
    replay_desk(tmp_path / "calm", last=last)
    longest = time.monotonic() - begun
    endings = kill_while_it_fits(opened.folder, last, np.random.default_rng(4).uniform(0, 0.4 * longest, 3))
    assert endings[-1] == 0 and endings.count(signal.SIGKILL) >= 2
    one, other = ((folder / "journal.jsonl").read_bytes() for folder in (opened.folder, tmp_path / "calm"))
    assert one == other and opened.record().of("challenger") and verify_whole_desk(opened.folder) == []
