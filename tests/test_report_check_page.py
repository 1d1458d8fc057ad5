# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.check_page import *
import numpy as np
import pandas as pd
from neuralpha.data.universes import check_source
from neuralpha.report.check_page import plot_finding, write_check_page

def slipped_prices():
    from neuralpha.data.simulated.market import simulate_universe

    frame = simulate_universe(8, 300, seed=3).frame().drop(columns="tradable").dropna()
    asset, day = frame["asset"].iloc[0], sorted(frame["date"].unique())[150]
    at = (frame["asset"] == asset) & (frame["date"] == day)
    return frame.assign(close=frame["close"].where(~at, 0.0)), asset, day

def test_dots_are_the_source_and_the_line_is_what_is_used():
    frame, asset, day = slipped_prices()
    checked = check_source(frame)
    [ax] = plot_finding(checked.panel, asset, day, ["close"]).axes
    source, used, _ = ax.get_lines()
    at = list(source.get_xdata()).index(np.datetime64(day))
    assert source.get_ydata()[at] == 0 and np.isnan(used.get_ydata()[at])
    np.testing.assert_array_equal(np.delete(source.get_ydata(), at), np.delete(used.get_ydata(), at))

def test_the_page_answers_shows_each_finding_and_has_every_row_beside_it(tmp_path):
    frame, asset, day = slipped_prices()
    checked = check_source(frame)
    page = write_check_page(checked, tmp_path / "a page.html", "<b>mine</b>").read_text()
    assert "No check refuses it; a study would use 2,382 of 2,387 rows" in page
    assert "&lt;b&gt;mine" in page and "bars a year" in page
    assert "nonpositive_price" in page and page.count("data:image/png") >= 1
    kept = pd.read_csv(tmp_path / "a page-masked.csv")
    assert kept[["asset", "check"]].values.tolist() == [[asset, "nonpositive_price"]] and kept["close"].item() == 0
    refused = check_source(frame, {"severity": {"nonpositive_price": "halt"}})
    page = write_check_page(refused, tmp_path / "b.html").read_text()
    assert "halts: " in page and "No check refuses" not in page

def test_a_finding_without_a_date_has_no_picture_whatever_its_asset_is_called(tmp_path):
    frame, *_ = slipped_prices()
    names = dict(zip(frame["asset"].unique(), ("NYSE B", "B", "2020 B")))
    frame = frame.assign(asset=frame["asset"].replace(names))
    short = frame[(frame["asset"] != "NYSE B") | (frame["date"] == frame["date"].min())]
    checked = check_source(short)
    assert (checked.lines.query("check == 'short_history'")["first"] == "NYSE B").all()
    page = write_check_page(checked, tmp_path / "short.html").read_text()
    assert "short_history" in page and "NYSE B" in page

def test_a_market_that_was_made_has_a_page_without_findings(tmp_path):
    page = write_check_page(check_source("sim-tiny"), tmp_path / "made.html").read_text()
    assert "there is nothing to check" in page and not (tmp_path / "made-masked.csv").exists()
