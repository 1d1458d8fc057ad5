# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.audit.worlds import *
import numpy as np
import pytest

@pytest.mark.parametrize("how", ["noise", "nan", "nothing"])
@pytest.mark.parametrize("decide", ["close", "open"])
def test_worlds_share_the_past_and_nothing_else(how, decide):
    p = walks()
    w = future_replaced(p, 40, how, decide=decide)
    old = p.date_code <= 40
    new = w.date_code <= 40
    assert (p.assets[p.asset_code[old]] == w.assets[w.asset_code[new]]).all() and (
        p.date_code[old] == w.date_code[new]
    ).all()
    for k in p.fields:
        past = old & ((p.date_code < 40) | (decide == "close") | (k == "open"))
        np.testing.assert_array_equal(p.fields[k][past], w.fields[k][new][past[old]])
        rest = ~past & np.isfinite(p.fields[k])
        if how != "nothing":
            assert (w.fields[k][rest] != p.fields[k][rest]).mean() > 0.99
    if how == "nothing":
        assert w.n_dates == 41 and len(w.assets) < len(p.assets)
    if how == "noise":
        ok = np.isfinite(w.fields["close"])
        assert (w.fields["high"][ok] >= w.fields["close"][ok]).all() and (
            w.fields["low"][ok] <= w.fields["close"][ok]
        ).all()
    dies_later = p.date_code[p.asset_offsets[1:] - 1] >= 40
    theirs = w.attributes.delisting_return.reindex(p.assets)[dies_later]
    assert (theirs != p.attributes.delisting_return[dies_later]).all()

def test_a_shuffled_panel_has_the_same_rows_elsewhere():
    panel = walks(1)
    shuffled = shuffle_assets(panel, 3)
    np.testing.assert_array_equal(shuffled.panel.fields["close"][shuffled.where], panel.fields["close"])
    assert [shuffled.names[a] for a in panel.assets[panel.asset_code]] == list(
        shuffled.panel.assets[shuffled.panel.asset_code][shuffled.where]
    )
    assert (shuffled.panel.assets != panel.assets).any()

def test_few_assets_have_long_and_short_histories():
    panel = walks(0, 40)
    few = few_assets(panel)
    lengths = np.diff(few.asset_offsets)
    assert few.n_assets == 8 and lengths.min() < 100 < lengths.max()
