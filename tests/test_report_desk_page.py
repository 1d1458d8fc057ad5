# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.desk_page import *
import html, json, re, shutil
from pathlib import Path
import numpy as np
import pandas as pd
import pytest
import neuralpha as na
from neuralpha.core import NeuralphaError, read_json
from neuralpha.monitor.charts import RunLength
from neuralpha.monitor.desk import halt
from neuralpha.monitor.layers import watch_from_json
from neuralpha.monitor.registry import MODELS_FOLDER
from neuralpha.monitor.sequential import confidence_sequence, years_to_decide
from neuralpha.report.desk import open_desk, replay_desk, step_desk
from neuralpha.report.desk_decay import HALF_LIFE
from neuralpha.trading.account import PAID_TO_TRADE

def test_the_page_shows_what_is_in_force_what_to_trade_and_what_it_cost(replayed):
    page = write_desk_page(replayed)
    text = page.read_text()
    record = replayed.record()
    orders = pd.read_csv(replayed.folder / "orders.csv")
    assert len(orders) == record.bars[-1]["orders"]["count"] and str(len(orders)) in text
    assert orders.loc[orders["side"] == "buy", "amount"].sum() == pytest.approx(record.bars[-1]["orders"]["buy"])
    names = ("money.png", "layers.png", "decay.png", "crowding.png", "difference.png", "challengers.png")
    for name in names:
        assert f'src="{name}"' in text and (replayed.folder / name).stat().st_size > 1000
    assert light_of(record)[0] in text and record.entries[-1].digest in text
    assert "half of the IC" in text and "a doubled spread" in text
    assert (
        "correlation with volatility" in text and "half-life of the signal" in text and "In sample its IC was" in text
    )
    either = next(row for row in record.desk.facts["severity"]["false_alarms"] if row["action"] == "either")
    assert f"it acted in {either['alarms']} of {either['windows']} windows" in text and "stands at" in text
    assert "ridge against lightgbm" in text and "years to decide" in text and "exact to" in text

def test_a_halted_desk_shows_a_red_light_and_orders_nothing(desk_report, tmp_path):
    desk = open_desk(desk_report, tmp_path / "desk", "ridge")
    assert "Not begun" in write_desk_page(desk).read_text()
    replay_desk(desk, last="2013-10-01")
    halt(desk, "the file <b>is</b> broken")
    text = write_desk_page(desk).read_text()
    assert "Halted" in text and "the file &lt;b&gt;is&lt;/b&gt; broken" in text
    assert len(pd.read_csv(desk.folder / "orders.csv")) == 0

def test_the_page_of_a_desk_that_lost_a_model_says_so(replayed):
    shutil.rmtree(replayed.folder / MODELS_FOLDER)
    page = write_desk_page(replayed).read_text()
    key = replayed.models["ridge"][:12]
    assert f"The model {key} (ridge) is missing." in page and "No comparison: The model" in page
    [entry] = step_desk(replayed, "sim-tiny")
    assert entry.kind == "halt" and "The model" in entry.body["why"]

def test_a_cone_is_made_of_whole_paths():
    low, middle, high = money_cone(np.full(100, 0.01), 10)
    np.testing.assert_allclose([low, middle, high], np.tile(1.01 ** np.arange(1, 11), (3, 1)))
    wide = money_cone(np.random.default_rng(0).normal(0, 0.01, 300), 50)
    assert (wide[0] < wide[1]).all() and wide[2, -1] - wide[0, -1] > 5 * (wide[2, 0] - wide[0, 0])

def tables_of(page) -> dict:
    """Head of the first column -> rows of texts."""
    found = {}
    for table in re.findall(r"<table.*?</table>", page, re.S):
        head, *rows = (
            [html.unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)]
            for row in re.findall(r"<tr>.*?</tr>", table, re.S)
        )
        found[head[0]] = rows
    return found

def number_of(text) -> float:
    return np.nan if text == "–" else float(text.replace("−", "-").replace(",", "").rstrip("%"))

def assert_shown(texts, values, digits):
    """Each text is the value, rounded to so many digits after the point."""
    assert len(texts) == len(values)
    shown = [number_of(text) for text in texts]
    np.testing.assert_allclose(shown, np.array(values, float), rtol=0, atol=0.5000001 * 10.0**-digits)

def test_every_figure_of_the_page_follows_from_the_journal(replayed):
    replay_desk(replayed)
    page = write_desk_page(replayed).read_text()
    shown, said = tables_of(page), html.unescape(re.sub(r"<[^>]+>", "", page))
    entries = [json.loads(line) for line in (replayed.folder / "journal.jsonl").read_text().splitlines()]
    bars = [entry["body"] for entry in entries if entry["kind"] == "bar"]
    tables = [pd.read_parquet(replayed.folder / "tables" / f"{bar['table']}.parquet") for bar in bars]
    terms = read_json(replayed.folder / "desk.json")["terms"]
    watch = read_json(replayed.folder / "watch.json")
    capital, last = terms["capital"], bars[-1]
    champion, other = terms["models"]
    wealth = pd.DataFrame([bar["wealth"] for bar in bars], columns=["desk", champion, other])
    assert len(bars) > 100 and f"{len(bars)} bars since {terms['since'][:10]}" in said
    assert f"capital {capital:,.0f}" in said and all(entry["body"]["acting"] == champion for entry in entries)

    loud = [bar for bar in bars if bar["alarms"]]
    assert loud, "the desk alarmed"
    assert [row[:3] for row in shown["Date"]] == [
        [bar["date"][:10], ", ".join(bar["alarms"]), bar["state"]["action"]] for bar in reversed(loud)
    ]
    assert f"{last['state']['action'].capitalize()}. " in said
    if last["state"]["action"] != "continue":
        assert f"on {loud[-1]['date'][:10]}, {last['state']['quiet']} quiet bars ago" in said

    order = tables[-1]["order"]
    order = order[order != 0].sort_values(key=np.abs, ascending=False, kind="stable")
    buy, sell = order[order > 0].sum(), -order[order < 0].sum()
    assert f"{len(order)} orders: {buy:,.0f} to buy, {sell:,.0f} to sell." in said
    top = order.iloc[:SHOWN]
    assert [row[:2] for row in shown["Asset"]] == [[name, "buy" if x > 0 else "sell"] for name, x in top.items()]
    assert_shown([row[2] for row in shown["Asset"]], top.abs() / tables[-1].loc[top.index, "close"], 1)
    assert_shown([row[3] for row in shown["Asset"]], top.abs(), 0)
    assert_shown([row[4] for row in shown["Asset"]], 100 * tables[-1].loc[top.index, "target:desk"], 2)
    kept = pd.read_csv(replayed.folder / "positions.csv").set_index("asset")["amount"]
    held = tables[-1]["position:desk"]
    pd.testing.assert_series_equal(kept, held[held != 0], check_names=False)

    assert [row[3] for row in shown["Date"]] == [bar["state"]["why"] for bar in reversed(loud)]
    assert f"Alarms so far: {len(loud)} bar" in said
    for layer, _, usual, _, _, _, rate, _ in shown["Layer"]:
        if layer in watch["constant"]:
            assert number_of(usual) == pytest.approx(watch["constant"][layer], rel=6e-4)
            continue
        chart = watch["charts"][layer]
        assert number_of(usual) == pytest.approx(chart["whitening"]["mean"], rel=6e-4)
        length = RunLength(*chart["run_length"])
        assert rate == str(length) and rate.startswith(f"{length.mean:,.0f} bars ({length.low:,.0f} to ")
    watching = watch_from_json(watch)[0]
    charts = watching.charts
    changes = {"all of the IC": ("ic", -charts["ic"].whitening.mean), "a doubled volatility": ("risk", np.log(2))}
    delays = {row[0]: row[1:] for row in shown["What breaks"]}
    for name, (layer, change) in changes.items():
        found = charts[layer].delay(change, paths=300)
        ends = (found["median"], found["95 %"])
        texts = [f"{end:,.0f}" if np.isfinite(end) else "later than watched" for end in ends]
        assert delays[name][:3] == [layer, *texts] and number_of(delays[name][3]) >= 1

    for layer, _, _, value, statistic, threshold, _, fired in shown["Layer"]:
        texts = [value, statistic, threshold]
        wanted = [np.nan if x is None else x for x in last["readings"][layer]]
        np.testing.assert_allclose([number_of(text) for text in texts], wanted, rtol=6e-4)
        assert int(fired) == sum(layer in bar["alarms"] for bar in bars)
    assert sorted(row[0] for row in shown["Layer"]) == sorted([*watch["charts"], *watch["constant"]])

    live, base = wealth["desk"].iloc[-1] - capital, wealth[champion].iloc[-1] - capital
    assert f"the desk made {live:,.0f}, the backtest of the same bars {base:,.0f}".replace("-", "−") in said
    causes = dict((row[0], number_of(row[1])) for row in shown["Cause"])
    assert sum(causes.values()) == pytest.approx(live - base, abs=len(causes))
    assert {cause for cause, money in causes.items() if money} == {"sizing and breakers"}
    assert_shown([row[2] for row in shown["Cause"]], [1e4 * money / capital for money in causes.values()], 2)

    returns = pd.DataFrame(np.diff(np.log(np.vstack([[capital] * 3, wealth])), axis=0), columns=wealth.columns)
    difference = np.expm1(returns[other]) - np.expm1(returns[champion])
    ratio = difference.mean() / difference.std() * np.sqrt(replayed.facts["bars_per_year"])
    assert f"information ratio {ratio:.2f} a year".replace("-", "−") in said
    assert confidence_sequence(difference.to_numpy(), 0.05, terms["tranches"])["low"].isna().all()
    assert f"{other} against {champion}: {len(bars)} bars, too few for an interval." in said
    years = years_to_decide(ratio, 0.05, bars_per_year=replayed.facts["bars_per_year"])
    known = years_to_decide(ratio, 0.05, bars_per_year=replayed.facts["bars_per_year"], variance_known=True)
    assert f"about {years:,.1f} years to decide; were its variance known and not learnt, {known:,.1f}." in said

    now = {row[0]: number_of(row[3]) for row in shown["Question"]}
    ic = [bar["values"]["ic"] for bar in bars if bar["values"]["ic"] is not None]
    assert now["rank IC"] == pytest.approx(np.mean(ic), rel=6e-3)
    paid = [sum(bar["records"]["desk"][name] for name in PAID_TO_TRADE) for bar in bars]
    traded = [bar["records"]["desk"]["traded"] for bar in bars]
    on_paper = [sum(bar["records"][champion][name] for name in PAID_TO_TRADE) for bar in bars]
    elsewhere = [bar["records"][champion]["traded"] for bar in bars]
    before = {row[0]: number_of(row[1]) for row in shown["Question"]}
    facts = read_json(replayed.folder / "desk.json")["facts"]
    assert before["rank IC"] == pytest.approx(watching.usual["ic"].mean, rel=6e-3)
    half_life = facts["decay"]["half_life"]["bars"]
    np.testing.assert_allclose(before[HALF_LIFE], np.nan if half_life is None else half_life, rtol=6e-3)
    in_sample = facts["decay"]["in_sample"]["mean"]
    assert f"In sample its IC was {in_sample:.3f}, out of sample before the desk {facts['ic']:.3f}." in said
    either = next(row for row in facts["severity"]["false_alarms"] if row["action"] == "either")
    window = facts["severity"]["window"]
    assert f"it acted in {either['alarms']} of {either['windows']} windows of {window} bars" in said
    assert sum(len(bar["checks"]["found"]) for bar in bars) == 0 and "No check of the data took out" in said
    rate = (np.sum(paid) / np.sum(traded)) / (np.sum(on_paper) / np.sum(elsewhere))
    assert now["live cost over that of the same bars on paper"] == pytest.approx(rate, rel=6e-3)

    assert f"{len(entries)} entries" in said and f"the head is {entries[-1]['digest']}" in said
    newest = [[str(entry["number"]), entry["kind"], entry["body"]["date"][:10]] for entry in entries[: -SHOWN - 1 : -1]]
    assert [row[:3] for row in shown["Entry"]] == newest
    lines = [
        f"{bar['state']['action']}, {bar['orders']['count']} orders, wealth {bar['wealth'][0]:,.0f}".replace("-", "−")
        for bar in bars[: -SHOWN - 1 : -1]
    ]
    assert [row[3] for row in shown["Entry"]] == lines
    models = read_json(replayed.folder / "desk.json")["models"]
    assert [[row[0], row[1], row[5]] for row in shown["Model"]] == [
        [name, "acts" if name == champion else "on paper", models[name][:12]] for name in terms["models"]
    ]

def test_what_checks_found_stands_on_the_page_and_is_escaped(desk_report, tmp_path):
    desk = open_desk(desk_report, tmp_path / "desk", "ridge")
    whole = na.load_universe("sim-tiny").frame().drop(columns="tradable").dropna(subset="close")
    since = pd.Timestamp(desk.terms.since)
    first, second = sorted(whole.loc[whole["date"] > since, "date"].unique())[:2]
    whole = whole[whole["date"] <= second].copy()
    whole.loc[(whole["date"] == second) & (whole["asset"] == "S03"), "close"] *= -1
    odd = whole[(whole["date"] == first) & (whole["asset"] == "S05")]
    whole = pd.concat([whole, odd.assign(asset="<b>X</b>", close=0.0)])
    step_desk(desk, whole)
    bars = desk.record().bars
    assert [[one["asset"] for one in bar["checks"]["found"]] for bar in bars] == [["<b>X</b>"], ["S03"]]
    page = write_desk_page(desk, whole).read_text()
    shown = tables_of(page)["Row of"]
    assert [row[:3] for row in shown] == [
        [str(pd.Timestamp(second).date()), "S03", "nonpositive_price"],
        [str(pd.Timestamp(first).date()), "<b>X</b>", "nonpositive_price"],
    ]
    assert "<b>X</b>" not in page and "took out, repaired or left out 2 rows of 2 bars" in page
    assert "1 finding" in page and "1 of them of the last bar" in page
