# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.panel import *
import datetime as dt
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError

@pytest.mark.parametrize("n", [1, 2])
def test_fewer_than_three_assets_cannot_be_ranked(n):
    frame = pd.DataFrame({"date": list(pd.date_range("2024-01-01", periods=5))*3, "asset": list("AAAAABBBBBCCCCC"), "close": 1.})
    check_breadth(panel_from_frame(frame, "three"))
    with pytest.raises(NeuralphaError, match=f"few has at most {n} asset.* takes 3"):
        check_breadth(panel_from_frame(frame[frame["asset"].isin(list("ABC")[:n])], "few"))

LONG = pd.DataFrame({"date": pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-03", "2024-01-05", "2024-01-02"]),
                     "asset": list("BBBAAC"), "close": [10, 11, 12, 5, 6, 7.]})

def test_layout_of_a_tiny_panel():
    p = panel_from_frame(LONG)
    assert list(p.assets) == ["A", "B", "C"] and list(p.asset_offsets) == [0, 3, 6, 7]
    assert list(p.date_code) == [1, 2, 3, 0, 1, 2, 0]
    assert list(p.tradable) == [True, False, True, True, True, True, True]
    np.testing.assert_array_equal(p.fields["close"], np.float32([5, np.nan, 6, 10, 11, 12, 7]))
    assert list(p.rows_on("2024-01-02")) == [3, 6] and p.rows_of("B") == slice(3, 6)

def test_last_known_values_stay_within_the_asset():
    p = panel_from_frame(LONG)
    assert p.last_known(p.fields["close"]).tolist() == [2, 5, 6]
    assert p.last_known([1, np.nan, np.nan, np.nan, np.nan, np.nan, 1]).tolist() == [0, -1, 6]

def test_row_order_of_the_source_does_not_matter():
    assert panel_from_frame(LONG).digest == panel_from_frame(LONG.sample(frac=1, random_state=1)).digest

def test_a_panels_frame_is_the_panel_again():
    p = panel_from_frame(LONG)
    assert panel_from_frame(p.frame()).digest == p.digest and list(panel_from_frame(p.frame()).fields) == ["close"]

def test_date_index_is_the_transpose_of_the_asset_index():
    rng = np.random.default_rng(0)
    pairs = [(d, a) for d in pd.date_range("2020", periods=30) for a in "VWXYZ" if rng.random() < .7]
    p = panel_from_frame(pd.DataFrame(pairs, columns=["date", "asset"]).assign(close=1.))
    for d in range(p.n_dates):
        rows = p.by_date[p.date_offsets[d]:p.date_offsets[d+1]]
        assert (p.date_code[rows] == d).all() and (np.diff(p.asset_code[rows]) > 0).all()
    assert p.series(p.date_code).index.is_monotonic_increasing

@pytest.mark.parametrize("frame, message", [
    (LONG.drop(columns="asset"), "'asset' is missing"), (LONG.iloc[:0], "no rows"),
    (pd.concat([LONG, LONG.iloc[[3]]]), "A on 2024-01-03"), (LONG.assign(date=pd.NaT), "empty values")])
def test_bad_tables_are_refused(frame, message):
    with pytest.raises(NeuralphaError, match=message): panel_from_frame(frame, "bad")

def test_a_cut_panel_is_the_panel_of_the_cut_table():
    rng = np.random.default_rng(1)
    pairs = [(d, a) for d in pd.date_range("2020", periods=30) for a in "VWXYZ" if rng.random() < .7]
    long = pd.DataFrame(pairs, columns=["date", "asset"]).assign(close=rng.random(len(pairs)))
    long = long[(long.asset != "Z") | (long.date > "2020-01-20")]
    p = panel_from_frame(long)
    first, last = "2020-01-05", "2020-01-18"
    ours, theirs = cut_panel(p, first, last), panel_from_frame(long[long.date.between(first, last)])
    keep = ours.tradable # the table's own holes at an asset's edges are rows of the cut panel
    assert list(ours.assets) == list("VWXY") and str(ours.dates[0])[:10] == first
    a, b = ours.frame()[keep].drop(columns="tradable"), theirs.frame()[theirs.tradable].drop(columns="tradable")
    pd.testing.assert_frame_equal(a.reset_index(drop=True), b.reset_index(drop=True))

def test_a_cut_panel_forgets_delistings_to_come():
    p = panel_from_frame(LONG, attributes=pd.DataFrame({"delisting_return": [np.nan, -.5, -.9]}, list("ABC")))
    assert cut_panel(p, last="2024-01-04").attributes.delisting_return.isna().tolist() == [True, True, False]
    assert cut_panel(p).digest == p.digest
    assert cut_panel(p, last="2024-01-05").attributes.delisting_return.fillna(9).tolist() == [9, -.5, -.9]
    on_the_last = panel_from_frame(LONG[LONG.date < "2024-01-05"], attributes=p.attributes)
    assert cut_panel(on_the_last, last="2024-01-04").attributes.delisting_return.isna().tolist() == [True, True, False]
    halted = panel_from_frame(LONG, attributes=pd.DataFrame({"delisting_return": [-.9, np.nan, -.9]}, list("ABC"))) # A has no bar on the 4th and one on the 5th
    assert cut_panel(halted, last="2024-01-04").attributes.delisting_return.isna().tolist() == [True, True, False]
    with pytest.raises(NeuralphaError, match="no session"): cut_panel(p, first="2025-01-01")

def test_a_day_without_a_time_is_the_whole_day():
    bars = pd.date_range("2024-01-02", "2024-01-04 23:00", freq="h")
    p = panel_from_frame(pd.DataFrame({"date": bars, "asset": "A", "close": 1.}))
    ends = {"2024-01-03": 23, dt.date(2024, 1, 3): 23, "2024-01-03 15:00": 15, "20240103T0930": 9, pd.Timestamp("2024-01-03"): 0, dt.datetime(2024, 1, 3, 1): 1, np.datetime64("2024-01-03T02", "ns"): 2}
    assert [cut_panel(p, last=d).dates[-1] for d in ends] == [np.datetime64("2024-01-03") + np.timedelta64(h, "h") for h in ends.values()]
    assert cut_panel(p, first="2024-01-03", last="2024-01-03").n_dates == 24

def test_leaving_assets_out_keeps_the_others_bit_for_bit():
    p = without_assets(panel_from_frame(LONG), ["B"])
    assert list(p.assets) == ["A", "C"] and p.n_dates == 4 and list(p.date_code) == [1, 2, 3, 0]
    with pytest.raises(NeuralphaError, match="'Q'"): without_assets(p, ["Q"])
