# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.monitor.desk import *
import contextlib, os, signal, subprocess, sys, time
from dataclasses import replace
from pathlib import Path
import numpy as np
import pandas as pd
import pytest
import neuralpha as na
from neuralpha.core import NeuralphaError, digest, read_json, write_json
from neuralpha.data.panel import cut_panel
from neuralpha.monitor.journal import read_journal, verify_journal, write_journal
from neuralpha.monitor.rehearsal import OPENED, PriceScores, open_rehearsal, rehearsal_market
from neuralpha.monitor.policy import InForce
from neuralpha.portfolio.backtest import backtest
from neuralpha.portfolio.policies import Quantiles
from neuralpha.trading.clock import Clock
from neuralpha.trading.costs import Costs

@pytest.mark.parametrize(
    ("given", "said"),
    [
        (dict(capital=-1.0), "capital is -1"),
        (dict(capital=np.nan), "capital is nan"),
        (dict(delay=1.5), "delay is 1.5"),
        (dict(delay="1"), "delay is '1'"),
        (dict(fill="noon"), "Unknown fill 'noon'"),
        (dict(tranches=0), "horizon is 0"),
        (dict(horizon=0), "horizon is 0"),
        (dict(label_delay=-1), "delay is -1"),
        (dict(exit="x"), "Unknown exit 'x'"),
        (dict(participation=-1.0), "participation is -1"),
        (dict(participation=np.nan), "participation is nan"),
        (dict(participation=np.inf), "participation is inf; where all is filled, it is 0"),
        (dict(lot=-5.0), "lot is -5"),
        (dict(costs="dear"), "Unknown costs 'dear'"),
        (dict(costs=-3.0), "half_spread_bps is -3"),
        (dict(costs={"hat": 1}), "Unknown field of costs 'hat'"),
        (dict(models="ab"), "each name once"),
        (dict(models=(1,)), "each name once"),
        (dict(since="tomorrow?"), "since is 'tomorrow?'"),
        (dict(since=None), "since is None"),
    ],
)
def test_a_desk_that_could_never_step_is_not_opened(tmp_path, given, said):
    from neuralpha.monitor.desk import DeskTerms, create_desk

    with pytest.raises(NeuralphaError) as refused:
        terms = DeskTerms(**dict(models=("a",), since="2024-01-02") | given)
        create_desk(tmp_path / "desk", terms, Quantiles(5), open_rehearsal(tmp_path / "other").watch)
    assert str(refused.value).startswith(said) or said in str(refused.value)
    assert "\n" not in str(refused.value) and not (tmp_path / "desk").exists()

def prices(days=90, assets="ABCDEFGHIJKL", seed=0):
    rng = np.random.default_rng(seed)
    dates = pd.bdate_range("2024-01-02", periods=days)
    close = 50 * np.exp(np.cumsum(0.01 * rng.standard_normal((days, len(assets))), 0))
    rows = [(d, a, close[i, j], 1e5) for j, a in enumerate(assets) for i, d in enumerate(dates)]
    return pd.DataFrame(rows, columns=["date", "asset", "close", "volume"])

def test_a_missing_asset_is_held_until_it_counts_as_gone():
    frame = prices()
    dates = frame["date"].unique()
    left = frame[(frame["asset"] != "C") | (frame["date"] < dates[40])]
    whole = hold_missing(na.panel_from_frame(left, "gap"))
    rows = whole.rows_of("C")
    assert whole.date_code[rows][-1] == np.searchsorted(dates, dates[39] + np.timedelta64(30, "D"), "right") - 1
    assert not whole.tradable[rows][40:].any() and np.isnan(whole.fields["close"][rows][40:]).all()
    for end in (42, 55, 75):
        cut = hold_missing(na.panel_from_frame(left[left["date"] <= dates[end]], "gap"))
        assert cut.date_code[cut.rows_of("C")][-1] == min(end, whole.date_code[rows][-1])
    full = na.panel_from_frame(frame, "gap")
    assert hold_missing(full) is full

def test_one_date_is_what_cutting_leaves():
    panel = na.load_universe("sim-tiny")
    cut = cut_panel(panel, panel.dates[50], pd.Timestamp(panel.dates[50]))
    one = one_date(panel, 50)
    assert list(one.assets) == list(cut.assets) and list(one.dates) == list(cut.dates)
    for name in panel.fields:
        np.testing.assert_array_equal(one.fields[name], cut.fields[name])
    np.testing.assert_array_equal(one.asset_offsets, cut.asset_offsets)

def test_a_pause_only_reduces_and_a_flattened_desk_holds_nothing():
    target, held = np.array([0.3, 0.1, -0.2, 0.2, np.nan, 0.0]), np.array([0.2, 0.2, 0.2, 0.0, 0.1, 0.1])
    np.testing.assert_array_equal(
        act(InForce(action="pause", size=0.0), target, held), [np.nan, 0.1, 0.0, 0.0, np.nan, 0.0]
    )
    np.testing.assert_array_equal(act(InForce(action="flatten", size=0.0), target, held), np.zeros(6))
    np.testing.assert_array_equal(act(InForce(action="reduce", size=0.5), target, held), target * 0.5)
    np.testing.assert_array_equal(act(InForce(), target, held), target)

MARKET = rehearsal_market()

RANKED = PriceScores(MARKET)

def test_a_replay_is_the_backtest_to_the_bit(tmp_path):
    desk = open_rehearsal(tmp_path / "desk", tranches=5)
    inputs = RANKED
    desk.feed(inputs, last=MARKET.dates[420], live=False)
    record = desk.record()
    scores = pd.concat({date: inputs.scores(date)["random"] for date in record.dates}, names=["date", "asset"])
    cut = cut_panel(MARKET, last=pd.Timestamp(MARKET.dates[420]))
    book = backtest(scores, cut, Quantiles(3), "square-root", 1e7, Clock(horizon=5))
    wealth = book.ledger.table()["wealth"]
    assert len(wealth) == 19 and record.wealth()["random"].iloc[0] == 1e7
    np.testing.assert_array_equal(record.wealth()["random"].reindex(wealth.index), wealth)

def test_bar_by_bar_from_files_as_they_stood_gives_the_same_journal(tmp_path):
    one, two = open_rehearsal(tmp_path / "one"), open_rehearsal(tmp_path / "two")
    one.feed(RANKED, last=MARKET.dates[408], live=False)
    for date in MARKET.dates[OPENED + 1 : 409]:
        two.feed(PriceScores(cut_panel(MARKET, last=pd.Timestamp(date))))
    same = [(desk.folder / "journal.jsonl").read_bytes() for desk in (one, two)]
    assert same[0] == same[1] and len(one.record().bars) == 8

def test_the_same_bar_twice_does_nothing_and_a_missed_week_is_caught_up(tmp_path):
    desk = open_rehearsal(tmp_path / "desk")
    file = PriceScores(cut_panel(MARKET, last=pd.Timestamp(MARKET.dates[402])))
    assert [entry.kind for entry in desk.feed(file)] == ["bar", "bar"]
    before = (desk.folder / "journal.jsonl").read_bytes()
    assert desk.feed(file) == [] and (desk.folder / "journal.jsonl").read_bytes() == before
    later = desk.feed(PriceScores(cut_panel(MARKET, last=pd.Timestamp(MARKET.dates[407]))))
    assert [entry.body["date"] for entry in later] == [str(pd.Timestamp(d)) for d in MARKET.dates[403:408]]

def test_changed_data_of_a_known_bar_is_a_revision_noted_once(tmp_path):
    desk = open_rehearsal(tmp_path / "desk")
    desk.feed(RANKED, last=MARKET.dates[410])
    close = MARKET.fields["close"].copy()
    row = MARKET.rows_on(MARKET.dates[408])[3]
    close[row] *= 1.01
    bars = desk.record().bars
    found = desk.feed(PriceScores(MARKET.with_fields(close=close)), last=MARKET.dates[410])
    assert [entry.kind for entry in found] == ["revision"]
    first = found[0].body
    assert (
        first["date"] == str(pd.Timestamp(MARKET.dates[408]))
        and first["worst"]["asset"] == MARKET.assets[MARKET.asset_code[row]]
    )
    assert first["worst"]["now"] - first["worst"]["seen"] == pytest.approx(0.01, rel=0.1)
    assert desk.feed(PriceScores(MARKET.with_fields(close=close)), last=MARKET.dates[410]) == []
    assert desk.record().bars == bars, "the first sight of a bar stays"

def test_prices_that_were_only_rescaled_are_no_revision(tmp_path):
    desk = open_rehearsal(tmp_path / "desk")
    desk.feed(RANKED, last=MARKET.dates[410])
    halved = {name: MARKET.fields[name] / np.float32(3) for name in ("open", "high", "low", "close")}
    assert desk.feed(PriceScores(MARKET.with_fields(**halved)), last=MARKET.dates[410]) == []

def spoilt_market(until):
    """The rehearsal's market as a file of that day, with faults on the bars after the desk was opened."""
    frame = MARKET.frame().drop(columns="tradable").dropna(subset="close").set_index(["asset", "date"]).sort_index()
    first, second = MARKET.dates[OPENED + 2 : OPENED + 4]
    names = sorted(MARKET.assets[MARKET.asset_code[MARKET.rows_on(second)]])
    frame.loc[("S03", first), "close"] *= -1
    frame.loc[[(name, second) for name in names[:15]], "volume"] = -1.0
    frame = frame.reset_index()
    twice = frame[(frame["asset"] == "S05") & (frame["date"] == first)]
    frame = pd.concat([frame, twice.assign(close=twice["close"] * 1.1)])
    return na.load_universe(frame[frame["date"] <= until], checks=dict(halt_above=1.0))

def test_every_entry_names_what_checks_did_to_its_bar(tmp_path):
    one, two = open_rehearsal(tmp_path / "one"), open_rehearsal(tmp_path / "two")
    ahead = MARKET.dates[OPENED + 1 : OPENED + 6]
    bars = [entry.body for entry in one.feed(PriceScores(spoilt_market(ahead[-1])), live=False)]
    for date in ahead:
        two.feed(PriceScores(spoilt_market(date)))
    same = [(desk.folder / "journal.jsonl").read_bytes() for desk in (one, two)]
    assert same[0] == same[1], "a later file says nothing else of an earlier bar"
    quiet = dict(found=[], more=0)
    assert [bar["checks"] == quiet for bar in bars] == [True, False, False, True, True]
    told = bars[1]["checks"]["found"]
    day = str(pd.Timestamp(ahead[1]).date())
    assert [(t["date"], t["asset"], t["check"], t["action"]) for t in told] == [
        (day, "S03", "nonpositive_price", "masked"),
        *[(day, "S05", "conflicting_rows", told[1]["action"])] * 2,
    ]
    assert told[0]["says"] == "a price of zero or below" and bars[1]["checks"]["more"] == 0
    assert len(bars[2]["checks"]["found"]) == NAMED_FINDINGS and bars[2]["checks"]["more"] == 15 - NAMED_FINDINGS

def test_rows_between_two_sessions_belong_to_the_bar_after_them():
    panel = MARKET
    days = pd.DatetimeIndex(panel.dates[[5, 6]])
    at = [days[0], days[0] + pd.Timedelta("1h"), days[1] + pd.Timedelta("3650D"), pd.NaT]
    masked = pd.DataFrame(dict(date=at, asset=["B", None, "C", "D"], check="wrong_session", action="dropped"))
    found = findings_of(replace(panel, masked=masked))
    assert {date: [t["asset"] for t in told["found"]] for date, told in found.items()} == {5: ["B"], 6: [""]}
    assert set(findings_of(replace(panel, masked=masked), first=6)) == {6}
    strange = findings_of(replace(panel, masked=masked.assign(check="mine")))
    assert strange[5]["found"][0]["says"] == "" and findings_of(panel) == {}

def test_a_file_that_is_not_fit_halts_the_desk_and_nothing_is_traded(tmp_path):
    desk = open_rehearsal(tmp_path / "desk")
    desk.feed(RANKED, last=MARKET.dates[410])
    late = cut_panel(MARKET, first=MARKET.dates[412])
    [entry] = desk.feed(PriceScores(late))
    assert entry.kind == "halt" and "lacks" in entry.body["why"] and desk.record().halted == entry.body["why"]
    assert desk.feed(PriceScores(late)) == [], "said once"
    thin = MARKET.tradable.copy()
    thin[MARKET.rows_on(MARKET.dates[411])[4:]] = False
    [entry] = desk.feed(PriceScores(replace(MARKET, tradable=thin)), last=MARKET.dates[411])
    assert entry.kind == "halt" and "4 assets have a price" in entry.body["why"]
    assert len(desk.record().bars) == 10
    bars = desk.feed(RANKED, last=MARKET.dates[411])
    assert [e.kind for e in bars] == ["bar"] and bars[0].body["alarms"] == ["data"] and desk.record().halted == ""
    assert bars[0].body["state"]["action"] == "pause"

def _without(table, name):
    return {key: value for key, value in table.items() if key != name}

def _one_row(watch):
    return watch | {"reference": watch["reference"] | {"level": watch["reference"]["level"][0]}}

def _short_chart(watch):
    return watch | {"charts": watch["charts"] | {"ic": _without(watch["charts"]["ic"], "level")}}

def _long_chart(watch):
    return watch | {"charts": watch["charts"] | {"ic": watch["charts"]["ic"] | {"alpha": 1}}}

@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("desk.json", lambda kept: _without(kept, "layout"), "an earlier version of neuralpha.*: open a new desk"),
        ("desk.json", lambda kept: kept | {"layout": 99}, "a newer version of neuralpha.*layout 99.*update neuralpha"),
        ("desk.json", lambda kept: kept | {"layout": "x"}, "an earlier version of neuralpha.*: open a new desk"),
        ("desk.json", lambda kept: kept | {"terms": _without(kept["terms"], "lot")}, "terms lacks 'lot'.*a new desk"),
        ("desk.json", lambda kept: kept | {"terms": kept["terms"] | {"hat": 1}}, "terms holds 'hat'.*a new desk"),
        ("desk.json", lambda kept: _without(kept, "facts"), "desk.json lacks 'facts'.*a new desk"),
        ("watch.json", lambda kept: _without(kept, "usual"), "watch lacks 'usual'.*a new desk"),
        ("watch.json", lambda kept: kept | {"more": 1}, "watch holds 'more'.*a new desk"),
        ("watch.json", _one_row, r"level has the shape \(\d+,\), not \(2, \d+\).*a new desk"),
        ("watch.json", _short_chart, "chart of ic lacks 'level'.*a new desk"),
        ("watch.json", _long_chart, "chart of ic holds 'alpha'.*a new desk"),
        ("watch.json", lambda kept: [kept], "watch is no table of keys.*a new desk"),
    ],
)
def test_a_desk_of_another_version_says_in_one_line_what_to_do(tmp_path, file, change, said):
    desk = open_rehearsal(tmp_path / "desk")
    write_json(desk.folder / file, change(read_json(desk.folder / file)))
    with pytest.raises(NeuralphaError, match=said) as refused:
        Desk(desk.folder, desk.weigh)
    assert "\n" not in str(refused.value)

@pytest.mark.parametrize("file", ["desk.json", "watch.json", "actions.toml"])
@pytest.mark.parametrize("harm", ["missing", "a folder", "no text"])
def test_a_file_of_a_desk_that_cannot_be_read_is_named_in_one_line(tmp_path, file, harm):
    desk = open_rehearsal(tmp_path / "desk")
    path = desk.folder / file
    path.unlink()
    if harm == "a folder":
        path.mkdir()
    if harm == "no text":
        path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(NeuralphaError, match=file) as refused:
        Desk(desk.folder, desk.weigh).feed(RANKED, last=MARKET.dates[402], live=False)
    assert "\n" not in str(refused.value)

def test_a_held_asset_that_vanished_from_the_file_halts_the_desk(tmp_path):
    desk = open_rehearsal(tmp_path / "desk")
    desk.feed(RANKED, last=MARKET.dates[410])
    record = desk.record()
    table = record.table(record.bars[-1])
    held = table.index[table["position:desk"] != 0][0]
    without = na.panel_from_frame(MARKET.frame().query("asset != @held"), MARKET.name)
    [entry] = desk.feed(PriceScores(without))
    assert held in entry.body["why"] and "holds a position" in entry.body["why"]

def test_what_was_changed_in_the_folder_is_found(tmp_path):
    desk = open_rehearsal(tmp_path / "desk")
    desk.feed(RANKED, last=MARKET.dates[406])
    assert verify_desk(desk.folder) == []
    journal = desk.folder / "journal.jsonl"
    whole = journal.read_bytes()
    lines = whole.splitlines(keepends=True)
    for broken in (lines[:2] + lines[3:], lines[:2] + [lines[3], lines[2]] + lines[4:], lines[:-2]):
        journal.write_bytes(b"".join(broken))
        assert verify_desk(desk.folder)
    journal.write_bytes(whole.replace(b'"number":3', b'"number":4'))
    assert any("altered" in problem or "removed" in problem for problem in verify_desk(desk.folder))
    journal.write_bytes(whole)
    bar = desk.record().bars[2]
    table = desk.folder / TABLES / f"{bar['table']}.parquet"
    kept = table.read_bytes()
    table.write_bytes(kept[:-1] + b"x")
    assert verify_desk(desk.folder) == [f"The table of {bar['date']} (entry 4) was altered."]
    table.unlink()
    assert "is missing" in verify_desk(desk.folder)[0]
    table.write_bytes(kept)
    (desk.folder / WATCH).write_text((desk.folder / WATCH).read_text().replace("504", "505"))
    assert verify_desk(desk.folder) == ["watch.json is not what it was when the desk was opened."]

FEEDER = """
import multiprocessing, os, sys
multiprocessing.set_start_method("spawn")  # else numba's lock is shared by all forks, and who is killed may hold it
sys.path.insert(0, {tests!r})
from test_monitor_desk import MARKET, RANKED, Quantiles, Desk
print("ready", flush=True)
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        Desk({folder!r}, Quantiles(3)).feed(RANKED, last=MARKET.dates[{last}], live=False)
        os._exit(0)
    print(pid, flush=True)
    print(os.waitpid(pid, 0)[1], flush=True)
"""

def wait_for_lines(file, count, longest=2.0):
    """Until a file has grown to so many lines."""
    begun = time.monotonic()
    while len(file.read_bytes().splitlines()) < count and time.monotonic() < begun + longest:
        time.sleep(0.002)

def kill_while_it_feeds(folder, last, moments):
    """Feed from process after process; each is killed at some moment of its start, or soon after its first entry."""
    journal = folder / "journal.jsonl"
    code = FEEDER.format(tests=str(Path(__file__).parent), folder=str(folder), last=last)
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    endings = []
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as nursery:
        nursery.stdout.readline()
        for moment in [*moments, None]:
            print("go", file=nursery.stdin, flush=True)
            child = int(nursery.stdout.readline())
            if moment is not None:
                if moment > 0:
                    wait_for_lines(journal, len(journal.read_bytes().splitlines()) + 1)
                time.sleep(abs(moment))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            endings.append(int(nursery.stdout.readline()))
        nursery.stdin.close()
    assert endings[-1] == 0
    return endings.count(signal.SIGKILL)

def same_after_kills(tmp_path, last, kills, longest):
    calm, shaken = open_rehearsal(tmp_path / "calm"), open_rehearsal(tmp_path / "shaken")
    rng = np.random.default_rng(kills)
    moments = np.where(rng.random(kills) < 0.4, rng.uniform(0, longest / 5, kills), -rng.uniform(0, longest, kills))
    struck = kill_while_it_feeds(shaken.folder, last, moments)
    calm.feed(RANKED, last=MARKET.dates[last], live=False)
    assert (shaken.folder / "journal.jsonl").read_bytes() == (calm.folder / "journal.jsonl").read_bytes()
    assert verify_desk(shaken.folder) == []
    return struck

def test_a_desk_that_is_killed_again_and_again_ends_with_the_same_journal(tmp_path):
    assert same_after_kills(tmp_path, 416, 8, 0.3) >= 1

@pytest.mark.slow
def test_two_hundred_kills_leave_no_trace(tmp_path):
    assert same_after_kills(tmp_path, 499, 200, 0.15) >= 150

def test_two_processes_never_step_one_desk(tmp_path):
    desk = open_rehearsal(tmp_path / "desk")
    with write_journal(desk.folder), pytest.raises(NeuralphaError, match="Another process"):
        desk.feed(RANKED, last=MARKET.dates[402])
    assert desk.record().bars == []

@pytest.mark.parametrize(
    ("fill", "fields"), [("close", ["close"]), ("open", ["open"]), ("vwap", ["open", "high", "low", "close"])]
)
def test_a_broker_who_fills_everything_at_the_price_of_the_clock_leaves_what_paper_leaves(tmp_path, fill, fields):
    paper = open_rehearsal(tmp_path / "paper", costs=0.0, fill=fill)
    real = open_rehearsal(tmp_path / "real", costs=0.0, fill=fill, fills="broker")
    for date in MARKET.dates[401:407]:
        file = PriceScores(cut_panel(MARKET, last=pd.Timestamp(date)))
        paper.feed(file)
        record = paper.record()
        table = record.table(record.bars[-1])
        done = table[table["filled"] != 0]
        if len(done):
            price = done[fields].astype(float).mean(axis=1)
            lines = {"date": date, "asset": done.index, "shares": done["filled"] / price, "price": price}
            record_fills(real, pd.DataFrame(lines))
        real.feed(file)
    np.testing.assert_allclose(real.record().wealth()["desk"], paper.record().wealth()["desk"], rtol=1e-12)
    np.testing.assert_allclose(real.record().parts()["half_spread"], 0, atol=1e-6)

def test_slippage_and_commission_are_what_the_broker_says(tmp_path):
    desk = open_rehearsal(tmp_path / "desk", fills="broker")
    desk.feed(RANKED, last=MARKET.dates[402])
    rows = MARKET.rows_on(MARKET.dates[403])[:1]
    asset, close = MARKET.assets[MARKET.asset_code[rows[0]]], float(MARKET.fields["close"][rows[0]])
    fill = pd.DataFrame([dict(date=MARKET.dates[403], asset=asset, shares=100.0, price=close * 1.01, commission=7.0)])
    assert record_fills(desk, fill) == 1
    desk.feed(RANKED, last=MARKET.dates[403])
    record = desk.record()
    parts = record.parts().iloc[-1]
    assert parts["half_spread"] == pytest.approx(-close) and parts["commission"] == -7
    assert record.table(record.bars[-1]).loc[asset, "position:desk"] == pytest.approx(100 * close)
    assert record.wealth()["desk"].iloc[-1] == pytest.approx(1e7 - close - 7)
    with pytest.raises(NeuralphaError, match="stepped already"):
        record_fills(desk, fill.assign(shares=50.0))
    assert record_fills(desk, fill) == 1, "what is known already is no contradiction"
    faults = [
        (dict(date="03/01/2013"), "The fills: column 'date'.*2020-12-31"),
        (dict(date="2999-01-01"), "holds 2999-01-01.*between 1678 and 2261"),
        (dict(date=None), "has no date"),
        (dict(asset=None), "has no asset"),
        (dict(price=-1.0), "has no positive price"),
        (dict(price="dear"), "has no positive price"),
        (dict(shares="x"), "has no number of shares"),
        (dict(shares=np.nan), "has no number of shares"),
        (dict(shares=1e200, price=1e200), "more shares than there is money"),
        (dict(shares=1e12), "Line 1 of the fills is worth [0-9,]+, and the account [0-9,]+: shares"),
        (dict(commission="x"), "has a commission that is no number"),
        (dict(side="hold"), "neither buy nor sell"),
        (dict(side="buy", shares=-5.0), "bought a negative number"),
    ]
    for wrong, said in faults:
        with pytest.raises(NeuralphaError, match=said):
            record_fills(desk, fill.assign(**{"date": MARKET.dates[404]} | wrong))
    with pytest.raises(NeuralphaError, match="DataFrame is meant, and list was given"):
        record_fills(desk, [dict(fill.iloc[0])])

def test_fills_belong_to_the_bar_of_their_day_and_those_of_none_are_refused(tmp_path):
    desk = open_rehearsal(tmp_path / "desk", fills="broker")
    desk.feed(RANKED, last=MARKET.dates[402])
    day = pd.Timestamp(MARKET.dates[403])
    one, other = MARKET.assets[MARKET.asset_code[MARKET.rows_on(day)]][:2]
    told = pd.DataFrame(dict(date=day + pd.Timedelta("15:59:30"), asset=[one, other], shares=[30, 20], price=9.0))
    record_fills(desk, told.assign(side=["Sell", "buy"]))
    desk.feed(RANKED, last=day)
    table = desk.record().table(desk.record().bars[-1])
    np.testing.assert_allclose(table.loc[[one, other], "position:desk"] / table.loc[[one, other], "close"], [-30, 20])

    between = day + pd.Timedelta("12:00:00")
    record_fills(desk, told.assign(date=MARKET.dates[405]))
    assert len(desk.record().of("fills")) == 2
    with write_journal(desk.folder) as journal:  # as a desk of hours would hold it
        journal.append("fills", dict(date=str(between), fills=told.drop(columns="date").to_dict("records")))
    with pytest.raises(NeuralphaError, match=f"The fills of {between} belong to no bar: the one after {day.date()}"):
        desk.feed(RANKED, last=MARKET.dates[405])
    assert len(desk.record().bars) == 3, "nothing was stepped"
    with write_journal(desk.folder) as journal:
        journal.append("fills", dict(date=str(between), fills=[dict(asset=one, shares=0.0, price=9.0, commission=0.0)]))
    assert len(desk.feed(RANKED, last=MARKET.dates[405])) == 2

def test_who_sells_all_shares_holds_nothing(tmp_path):
    desk = open_rehearsal(tmp_path / "desk", fills="broker", costs=0.0)
    desk.feed(RANKED, last=MARKET.dates[402])
    names = MARKET.assets[MARKET.asset_code[MARKET.rows_on(MARKET.dates[403])]][:20]
    for number, date in enumerate(MARKET.dates[403:409]):
        shares = {0: 1234.5, 5: -1234.5}.get(number, 0.0)
        record_fills(desk, pd.DataFrame(dict(date=date, asset=names, shares=shares, price=10.0)))
        desk.feed(RANKED, last=date)
    assert (desk.record().table(desk.record().bars[-1])["position:desk"] == 0).all()

def test_without_a_word_of_the_broker_nothing_was_filled(tmp_path):
    desk = open_rehearsal(tmp_path / "desk", fills="broker")
    desk.feed(RANKED, last=MARKET.dates[406])
    assert (desk.record().wealth()["desk"] == 1e7).all() and desk.record().bars[-1]["orders"]["count"] > 0

def test_policies_that_look_at_the_account_and_back_give_the_same_journal_in_pieces(tmp_path):
    for number, text in enumerate(["Breaker(Quantiles(3), -0.001, 0.02, 5)", "Band(0.2, 0.4)"]):
        one, two = open_rehearsal(tmp_path / f"a{number}", text), open_rehearsal(tmp_path / f"b{number}", text)
        one.feed(RANKED, last=MARKET.dates[416], live=False)
        for last in (404, 405, 411, 416):
            two.feed(RANKED, last=MARKET.dates[last], live=False)
        same = [(desk.folder / "journal.jsonl").read_bytes() for desk in (one, two)]
        assert same[0] == same[1]
        assert number or one.record().bars[-1]["notes"]["trips"], "the breaker tripped"

def test_terms_that_make_no_sense_are_refused(tmp_path):
    with pytest.raises(NeuralphaError, match="at least 1 bar"):
        DeskTerms(("a",), "2024-01-02", delay=0)
    with pytest.raises(NeuralphaError, match="each name once"):
        DeskTerms(("a", "a"), "2024-01-02")
    desk = open_rehearsal(tmp_path / "desk")
    with pytest.raises(NeuralphaError, match="exists already"):
        open_rehearsal(tmp_path / "desk")
    with pytest.raises(NeuralphaError, match="no new bar"):
        desk.feed(PriceScores(cut_panel(MARKET, last=pd.Timestamp(MARKET.dates[OPENED]))))
    with pytest.raises(NeuralphaError, match="holds no desk"):
        Desk(tmp_path, Quantiles(3))
