# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.alignment import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame

def _market():
    """A panel whose assets begin on different days, and two columns with gaps."""
    rng = np.random.default_rng(0)
    days = pd.bdate_range("2024-01-01", periods=12)
    pairs = [(d, f"A{a}") for a in range(9) for d in days[rng.integers(0, 3) :]]
    panel = panel_from_frame(pd.DataFrame(pairs, columns=["date", "asset"]).assign(close=1.0))
    values = rng.normal(size=(panel.n_rows, 2))
    values[rng.random(panel.n_rows) < 0.1, 1] = np.nan
    return panel, values

def test_tables_series_and_arrays_become_the_same_columns_in_any_order():
    panel, values = _market()
    table = pd.DataFrame({"a": panel.series(values[:, 0]), "b": panel.series(values[:, 1])})
    mixed = table.sample(frac=1, random_state=0)
    for given in (table, mixed, mixed.swaplevel(), dict(mixed.items()), values):
        got, names = on_panel(panel, given)
        np.testing.assert_array_equal(got, values)
        assert names == ([0, 1] if given is values else ["a", "b"])
    got, names = on_panel(panel, mixed["b"].dropna())
    np.testing.assert_array_equal(got, values[:, 1:])
    assert names == ["b"] and on_panel(panel, mixed["b"].rename(None))[1] == ["score"]

def test_a_label_brings_its_values_and_is_named_by_its_horizon():
    from neuralpha.labels import forward_return

    panel, _ = _market()
    labels = [forward_return(panel, h, 1) for h in (1, 3)]
    got, names = on_panel(panel, labels)
    assert names == [1, 3] and on_panel(panel, labels[1])[1] == [3]
    np.testing.assert_array_equal(got[:, 1], labels[1].values)

@pytest.mark.parametrize(
    "change, message",
    [
        (lambda s: s.rename(index={"A1": "ZZ"}, level=1), "first ZZ on 2024-01-0"),
        (lambda s: pd.concat([s, s.iloc[[3]]]), "more than once"),
        (lambda s: s.droplevel(0), "MultiIndex"),
        (lambda s: s.to_numpy()[:5], "5 rows"),
    ],
)
def test_what_does_not_fit_the_panel_is_named(change, message):
    panel, values = _market()
    with pytest.raises(NeuralphaError, match=message):
        on_panel(panel, change(panel.series(values[:, 0])))

@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "UTC"])
def test_scores_of_midnights_in_a_zone_are_of_days(zone):
    panel, values = _market()
    scores = panel.series(values[:, 0])
    np.testing.assert_array_equal(on_panel(panel, scores.tz_localize(zone, level=0))[0][:, 0], values[:, 0])

def test_a_score_of_no_date_or_no_asset_goes_to_nobody():
    panel, values = _market()
    table = panel.series(values[:, 0]).rename("net").reset_index()
    table = table[(table["asset"] != "A8") | (table["date"] < table["date"].max())]
    for column, row in (("asset", (table["asset"] == "A7") & (table["date"] == table["date"].max())), ("date", [5])):
        broken = table.copy()
        broken.loc[row, column] = None
        scores = broken.set_index(["date", "asset"])["net"]
        with pytest.raises(NeuralphaError, match="lacks date or asset in 1 row;"):
            on_panel(panel, scores)
        assert np.isfinite(on_panel(panel, scores.loc[scores.index.dropna()])[0]).sum() == len(table) - 1

def test_dates_that_are_numbers_are_refused():
    panel, values = _market()
    scores = panel.series(values[:, 0])
    numbered = scores.rename(index=lambda date: int(f"{date:%Y%m%d}"), level=0)
    with pytest.raises(NeuralphaError, match="index of scores or labels holds int64, and a number may"):
        on_panel(panel, numbered)

def test_text_is_not_read_as_numbers():
    panel, values = _market()
    scores = panel.series(values[:, 0])
    with pytest.raises(NeuralphaError, match="'score' holds .*, no numbers"):
        on_panel(panel, scores.astype(str))
    np.testing.assert_array_equal(on_panel(panel, scores)[0][:, 0], values[:, 0])

def test_infinite_scores_are_refused_and_missing_ones_are_not():
    panel, values = _market()
    odd = values.copy()
    odd[panel.asset_offsets[2] + 3, 1] = -np.inf
    day = pd.Timestamp(panel.dates[panel.date_code[panel.asset_offsets[2] + 3]]).date()
    table = pd.DataFrame({"a": panel.series(odd[:, 0]), "b": panel.series(odd[:, 1])})
    for given, name in ((table, "'b'"), (table["b"], "'b'"), (dict(table.items()), "'b'"), (odd, "The array")):
        with pytest.raises(NeuralphaError, match=f"{name} is infinite 1 time, first for A2 on {day}"):
            on_panel(panel, given)
    assert np.isnan(on_panel(panel, table.replace(-np.inf, np.nan))[0]).sum() == np.isnan(odd).sum() + 1

def test_an_object_that_is_no_table_of_numbers_is_named():
    panel, values = _market()
    for given, said in ((panel, "Panel"), (None, "None"), (3.0, "float"), ("momentum", "str"), ([panel], "list")):
        with pytest.raises(NeuralphaError, match=f"scores is meant, and {said} was given; give a"):
            on_panel(panel, given)
