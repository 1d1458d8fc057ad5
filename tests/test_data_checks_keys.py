# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.checks.keys import *
import numpy as np
import pandas as pd
import polars as pl
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.checks.planted import AT, CLEAN, PLANTED, added, check_frame
from neuralpha.data.checks.run import check_panel
from neuralpha.data.reading.form import Table
from neuralpha.data.reading.spec import read_spec
from neuralpha.data.reading.tables import to_canonical

def test_a_table_of_the_wrong_shape_is_refused():
    good = to_canonical(pl.from_pandas(CLEAN).lazy(), "t", "t")
    for bad in (
        good.frame.with_columns(pl.col("close").cast(pl.String)),
        good.frame.with_columns(pl.col("asset").cast(pl.String)),
        good.frame.drop("date"),
        good.frame.with_columns(pl.col("date").cast(pl.Date)),
        good.frame.select("date", "asset"),
    ):
        with pytest.raises(NeuralphaError, match="t: (not a canonical|column 'asset'|no field)"):
            check_panel(Table("t", "t", bad))

def test_rows_that_disagree_can_be_noted_instead():
    f = PLANTED["conflicting_rows"].frame
    p = check_frame(f, {"severity": {"conflicting_rows": "note"}})
    assert p.tradable.all() and p.checks.set_index("check").action["conflicting_rows"] == "first kept"
    assert p.fields["close"][p.rows_of("A03")][200] == np.float32(CLEAN.close[AT])

def test_three_rows_in_one_place_are_one_bar_or_none():
    again = CLEAN.loc[[AT]]
    panel = check_frame(pd.concat([CLEAN, again, again], ignore_index=True))
    assert panel.tradable.all() and panel.masked.action.tolist() == ["dropped"] * 2
    panel = check_frame(pd.concat([CLEAN, again, again.assign(close=again.close * 2)], ignore_index=True))
    assert panel.masked.check.tolist() == ["conflicting_rows"] * 3 and (~panel.tradable).sum() == 1
    holes = CLEAN.assign(volume=np.where(CLEAN.index == AT, np.nan, CLEAN.volume))
    panel = check_frame(pd.concat([holes, holes.loc[[AT]]], ignore_index=True))
    assert panel.masked.check.tolist() == ["duplicate_rows"]  # nothing equals nothing
    panel = check_frame(added(), {"repair": []})
    assert (~panel.tradable).sum() == 1 and panel.masked.action.tolist() == ["masked"]

def test_order_and_other_assets_do_not_change_what_is_found():
    dirty = pd.concat([f for f in (PLANTED["non_trading"].frame,)])
    a = check_frame(dirty)
    b = check_frame(dirty.sample(frac=1, random_state=3))
    assert a.digest == b.digest
    alone = check_frame(dirty[dirty.asset == "A03"])
    np.testing.assert_array_equal(alone.fields["close"], a.fields["close"][a.rows_of("A03")])

@pytest.mark.parametrize("step", [np.timedelta64(1, "D"), np.timedelta64(7, "D"), np.timedelta64(90, "m")])
def test_a_stamp_finds_its_date_with_and_without_holes(step):
    from neuralpha.data.checks.keys import _date_codes

    rng = np.random.default_rng(0)
    dates = np.datetime64("2020-01-01", "ns") + np.sort(rng.choice(400, 50, replace=False)) * step
    codes = rng.integers(0, 50, 300)
    np.testing.assert_array_equal(_date_codes(dates[codes], dates), codes)

def test_a_panels_own_frame_comes_back_as_the_same_panel(tmp_path):
    p = check_frame(PLANTED["unit_flip"].frame)
    p.frame().to_csv(tmp_path / "p.csv", index=False)
    for frame in (pl.from_pandas(p.frame()), pl.read_csv(tmp_path / "p.csv", infer_schema=False)):
        back = check_panel(to_canonical(frame.lazy(), "t", "t", read_spec()))
        assert list(back.fields) == list(p.fields) and back.digest == p.digest
    p = check_frame(
        CLEAN.assign(size=1.0)[["date", "asset", "size"]].assign(tradable=CLEAN.index != AT)
    )  # no close that could say so
    assert list(p.fields) == ["size"] and (~p.tradable).sum() == 1 and p.masked.check.tolist() == ["not_tradable"]
