# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.desk_page import *
from pathlib import Path
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.monitor.desk import halt
from neuralpha.report.desk import open_desk, replay_desk

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

def test_a_cone_is_made_of_whole_paths():
    low, middle, high = money_cone(np.full(100, 0.01), 10)
    np.testing.assert_allclose([low, middle, high], np.tile(1.01 ** np.arange(1, 11), (3, 1)))
    wide = money_cone(np.random.default_rng(0).normal(0, 0.01, 300), 50)
    assert (wide[0] < wide[1]).all() and wide[2, -1] - wide[0, -1] > 5 * (wide[2, 0] - wide[0, 0])
