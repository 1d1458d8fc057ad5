# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.monitor.difference import *
from dataclasses import replace
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.monitor.desk import record_fills
from neuralpha.monitor.journal import write_journal
from neuralpha.monitor.rehearsal import OPENED, PriceScores, open_rehearsal, rehearsal_market
from neuralpha.trading.costs import Impact, make_costs

MARKET = rehearsal_market()

RANKED = PriceScores(MARKET)

def fed(folder, inputs=None, last=416, **terms):
    desk = open_rehearsal(folder, **terms)
    desk.feed(inputs or RANKED, last=MARKET.dates[last], live=False)
    return desk

def moved(found):
    """Causes whose line is not zero, on any asset or bar."""
    assert found.error < 1e-9
    size = np.abs(found.parts).max((1, 2)) / found.capital
    return {cause for cause, largest in zip(CAUSES, size, strict=True) if largest > 1e-11}

def filled_by(desk, upto, price=1.0, commission=0.0, skip=(), part_of=np.positive):
    """A broker who fills at the close the shares of the evening's orders, with faults; the desk is fed bar by bar."""
    for date in MARKET.dates[OPENED + 1 : upto + 1]:
        record = desk.record()
        if record.bars and pd.Timestamp(date) not in skip:
            tell_fills(desk, record, date, price, commission, part_of)
        desk.feed(PriceScores(MARKET), last=date)
    return desk

CLOSES = MARKET.series(MARKET.fields["close"].astype(float)).unstack().ffill()

def tell_fills(desk, record, date, price, commission, part_of):
    rows = MARKET.rows_on(date)
    names = MARKET.assets[MARKET.asset_code[rows]]
    close = pd.Series(MARKET.fields["close"][rows].astype(float), names)[MARKET.tradable[rows]]
    table = record.table(record.bars[-1])
    shares = part_of(table["order"] / table["close"]).reindex(close.index)
    shares = shares[shares.abs() > 0]
    paid = close[shares.index] * (1 + np.sign(shares) * (price - 1))
    if len(shares):
        record_fills(
            desk, pd.DataFrame(dict(date=date, asset=shares.index, shares=shares, price=paid, commission=commission))
        )

def test_without_a_fault_nothing_moves(tmp_path):
    assert moved(explain_difference(fed(tmp_path / "desk", tranches=5), MARKET)) == set()

def test_a_revision_moves_its_line(tmp_path):
    desk = fed(tmp_path / "desk")
    close = MARKET.fields["close"].copy()
    record = desk.record()
    table = record.table(record.bars[6])
    asset = table.index[table["position:desk"] > 0][0]
    rows = MARKET.rows_of(asset)
    row = np.arange(rows.start, rows.stop)[MARKET.dates[MARKET.date_code[rows]] == record.dates[7].to_datetime64()]
    close[row] *= 1.02
    revised = MARKET.with_fields(close=close)
    desk.feed(PriceScores(revised), last=MARKET.dates[416], live=False)
    found = explain_difference(desk, revised, lambda date: PriceScores(revised).scores(date)["reversal"])
    assert moved(found) == {"data revision"}

def test_another_model_moves_its_line(tmp_path):
    desk = fed(tmp_path / "desk", last=408)
    with write_journal(desk.folder) as journal:
        journal.append("promotion", dict(acting="random", before="reversal", by="contest", why="a test"))
    desk.feed(PriceScores(MARKET), last=MARKET.dates[416], live=False)
    assert moved(explain_difference(desk, MARKET)) == {"model"}

def test_a_brake_moves_its_line(tmp_path):
    def fault(features, date):
        return features.assign(**{features.columns[1]: 0.0}) if date > pd.Timestamp(MARKET.dates[402]) else features

    desk = open_rehearsal(tmp_path / "desk", watched=True)
    desk.feed(PriceScores(MARKET, fault), last=MARKET.dates[416], live=False)
    assert {layer for bar in desk.record().bars for layer in bar["alarms"]} == {"features"}
    assert moved(explain_difference(desk, MARKET)) == {"sizing and breakers"}

def test_whole_lots_move_their_line(tmp_path):
    assert moved(explain_difference(fed(tmp_path / "desk", lot=2e5), MARKET)) == {"rounding"}

def test_what_the_market_does_not_take_moves_the_line_of_fills(tmp_path):
    volume = MARKET.fields["volume"].copy()
    rows = MARKET.rows_of("S03")
    volume[np.arange(rows.start, rows.stop)[(MARKET.date_code[rows] > 405) & (MARKET.date_code[rows] < 414)]] = 0
    idle = MARKET.with_fields(volume=volume)
    desk = fed(tmp_path / "missed", PriceScores(idle), participation=1e6, costs=5.0)
    assert moved(explain_difference(desk, idle)) == {"missed fills"}
    desk = fed(tmp_path / "partial", participation=0.01, costs=5.0)
    assert moved(explain_difference(desk, MARKET)) == {"partial fills"}

@pytest.mark.parametrize(
    ("change", "line"),
    [
        (dict(half_spread_bps=20.0), "spread"),
        (dict(temporary=Impact(3.0)), "impact"),
        (dict(commission_bps=3.0), "commission"),
        (dict(borrow_bps=500.0), "borrow and financing"),
    ],
)
def test_costs_that_are_not_what_was_assumed_move_their_line(tmp_path, change, line):
    inputs = PriceScores(MARKET)
    inputs.live_costs = replace(make_costs("square-root"), **change)
    desk = fed(tmp_path / "desk", inputs)
    found = explain_difference(desk, MARKET, live_costs=inputs.live_costs)
    assert moved(found) == {line} and found.by_cause[line] < 0

def test_what_a_broker_does_moves_the_lines_of_execution(tmp_path):
    late = [pd.Timestamp(date) for date in MARKET.dates[404:406]]

    def with_fault(name, **fault):
        desk = open_rehearsal(tmp_path / name, fills="broker", costs=0.0)
        return explain_difference(filled_by(desk, 407, **fault), MARKET)

    fair = with_fault("fair")
    sized = CAUSES.index("sizing and breakers")
    assert moved(fair) == {CAUSES[sized]}, "orders are shares, counted at the evening's prices"
    faults = {
        "fill price": dict(price=1.001),
        "commission": dict(commission=5.0),
        "missed fills": dict(skip=late),
        "partial fills": dict(part_of=lambda shares: shares / 2),
        "rounding": dict(part_of=np.round),
    }
    for line, fault in faults.items():
        found = with_fault(line, **fault)
        assert found.error < 1e-14
        assert moved(found) == {CAUSES[sized], line}
        np.testing.assert_array_equal(found.parts[sized], fair.parts[sized])
        assert found.by_cause[line] < 0 or line not in ("fill price", "commission")

@pytest.mark.parametrize("lot", [0.0, 1e5])
def test_fills_that_nobody_ordered_and_parts_of_a_lot_are_explained_too(tmp_path, lot):
    desk = filled_by(open_rehearsal(tmp_path / "desk", fills="broker", costs=0.0, lot=lot), 404)
    table = desk.record().table(desk.record().bars[-1])
    other = table.index[(table["order"] == 0) & table["tradable"]][0]
    date = MARKET.dates[405]
    fill = dict(date=date, asset=other, shares=500.0, price=CLOSES.loc[date, other])
    assert 0 < 500 * fill["price"] < 1e5
    record_fills(desk, pd.DataFrame([fill]))
    desk.feed(PriceScores(MARKET), last=MARKET.dates[407], live=False)
    found = explain_difference(desk, MARKET)
    assert moved(found) == {"sizing and breakers", "missed fills", "partial fills"} | ({"rounding"} if lot else set())
    assert abs(found.by_asset().loc[other, "partial fills"]) > 1

def test_what_was_filled_on_the_wrong_side_was_not_missed(tmp_path):
    desk = filled_by(
        open_rehearsal(tmp_path / "desk", fills="broker", costs=0.0), 407, part_of=lambda shares: -shares / 10
    )
    assert moved(explain_difference(desk, MARKET)) == {"sizing and breakers", "partial fills"}

def test_a_desk_that_is_fed_late_loses_by_delay(tmp_path):
    desk = filled_by(open_rehearsal(tmp_path / "desk", fills="broker", costs=0.0), 405)
    desk.feed(PriceScores(MARKET), last=MARKET.dates[409])
    found = explain_difference(desk, MARKET)
    assert moved(found) == {"signal delay", "sizing and breakers", "missed fills"}, (
        "the order of the last bar in time went out, and was not filled"
    )

def test_a_desk_without_a_bar_has_nothing_to_compare(tmp_path):
    with pytest.raises(NeuralphaError, match="no bar yet"):
        explain_difference(open_rehearsal(tmp_path / "desk"), MARKET)
