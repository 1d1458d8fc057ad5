# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.hold import *
import numpy as np
import pandas as pd
import pytest
import neuralpha as na
from neuralpha.report.score import SHEET

@pytest.fixture(scope="module")
def sheet():
    from neuralpha.data.panel import cut_panel

    panel = na.load_universe("sim-tiny")
    X = na.compute_features(cut_panel(panel, last="2013-10-31"), "classic")
    y = na.forward_return(X.panel, horizon=5, delay=1)
    folds = na.walk_forward(y, "9M", "3M", "6M")
    return na.score(na.cross_predict(na.LightGBM(n_trees=10), X, y, folds, seeds=1, progress=False), panel)

def test_the_same_sheet_gives_the_same_bytes_and_nothing_is_left_beside_it(sheet, tmp_path):
    from dataclasses import replace

    first = write_sheet(sheet, tmp_path / "one" / "tomorrow")
    bytes_of = {p.name: p.read_bytes() for p in first.parent.iterdir()}
    assert {"index.html", "scores.csv", "scores.parquet", "changes.csv", "pushes.csv", "facts.json"} <= set(bytes_of)
    again = write_sheet(replace(sheet, n=sheet.n), tmp_path / "one" / "tomorrow")
    assert {p.name: p.read_bytes() for p in again.parent.iterdir()} == bytes_of
    assert [p.name for p in (tmp_path / "one").iterdir()] == ["tomorrow"]

def test_csv_and_parquet_hold_the_table(sheet, tmp_path):
    write_sheet(sheet, tmp_path / "tomorrow")
    stored = pd.read_parquet(tmp_path / "tomorrow" / "scores.parquet")
    pd.testing.assert_frame_equal(stored, sheet.table, check_dtype=False)
    text = pd.read_csv(tmp_path / "tomorrow" / "scores.csv", parse_dates=["date"], keep_default_na=True)
    assert list(text) == SHEET
    np.testing.assert_array_equal(text["score"].to_numpy(np.float32), sheet.table["score"].to_numpy(np.float32))

def test_a_page_that_cannot_be_made_leaves_the_old_one(sheet, tmp_path, monkeypatch):
    page = write_sheet(sheet, tmp_path / "tomorrow")
    before = page.read_bytes()

    def broken(*_):
        raise RuntimeError("no page")

    monkeypatch.setitem(write_sheet.__globals__, "hold_page", broken)
    with pytest.raises(RuntimeError):
        write_sheet(sheet, tmp_path / "tomorrow")
    assert page.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["tomorrow"]

def test_the_page_says_what_the_report_says_of_its_data(sheet):
    from dataclasses import replace
    from neuralpha.house import root

    report = root() / "reports" / "sample"
    page = hold_page(replace(sheet, fits=replace(sheet.fits, home=report)), report.parent / "scores")
    assert "of sim-tiny were drawn by a program" in page

def test_the_page_says_who_moved_and_what_adds_up(sheet):
    from neuralpha.report.hold import _moved, _pushes_of

    row = next(sheet.longs.itertuples())
    pushes = _pushes_of(sheet, row)
    assert pushes[-1].feature == "others" and sum(float(p.adds) for p in pushes) == pytest.approx(row.score, abs=0.03)
    ranks, n = sheet.changes[["rank", "rank_before"]].astype(float), len(sheet.longs)
    came = sorted(ranks.index[(ranks["rank"] <= n) & (ranks["rank_before"] > n)])
    assert f"the long end: in {', '.join(came) or 'nobody'};" in _moved(sheet)
    end = ranks > ranks.max() - n
    last = sorted(ranks.index[end["rank"] & ~end["rank_before"]])
    assert f"The short end: in {', '.join(last) or 'nobody'};" in _moved(sheet)

def test_names_from_the_data_are_escaped(sheet, tmp_path):
    from dataclasses import replace

    odd = replace(sheet.panel, assets=np.array(["<b>&" + a for a in sheet.panel.assets]))
    page = write_sheet(replace(sheet, X=replace(sheet.X, panel=odd), source=None), tmp_path / "odd").read_text()
    assert "<b>&" not in page and "&lt;b&gt;&amp;" in page
