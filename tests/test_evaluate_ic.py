# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.evaluate.ic import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.alignment import panel_rows
from neuralpha.data.panel import panel_from_frame
from neuralpha.labels import forward_return

def _market(seed=0, dates=12, assets=9, holes=0.1):
    """A small panel with holes, two scores (one with ties, one with gaps) and two labels."""
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2020-01-01", periods=dates)
    pairs = [(d, f"A{a}") for a in range(assets) for d in days[rng.integers(0, 3) :]]
    frame = pd.DataFrame(pairs, columns=["date", "asset"]).assign(close=rng.uniform(1, 2, len(pairs)))
    panel = panel_from_frame(frame)
    S = np.stack([rng.normal(size=panel.n_rows).round(1), rng.normal(size=panel.n_rows)], 1)
    S[rng.random(panel.n_rows) < holes, 1] = np.nan
    return panel, S, [forward_return(panel, 1, 0), forward_return(panel, 3, 1)]

def test_series_arrays_and_frames_agree():
    panel, S, ys = _market()
    whole = rank_ic(S, ys, panel)
    assert whole.shape[1] == 4
    one = rank_ic(panel.series(S[:, 1]).dropna(), ys[1])
    pd.testing.assert_series_equal(one, whole[1][3], check_names=False)
    both = pd.DataFrame({"a": panel.series(S[:, 0]), "b": panel.series(S[:, 1])})
    pd.testing.assert_series_equal(
        ic(both, ys[0])["b"], ic(panel.series(S[:, 1]), panel.series(ys[0].values)), check_names=False
    )

def test_asset_order_and_monotone_maps_do_not_matter():
    panel, S, ys = _market()
    s = panel.series(S[:, 0])
    shuffled = s.sample(frac=1, random_state=0)
    pd.testing.assert_series_equal(ic(s, ys[0]), ic(shuffled, ys[0]))
    pd.testing.assert_series_equal(rank_ic(s, ys[0]), rank_ic(np.exp(3 * s), ys[0]))
    pd.testing.assert_series_equal(ic(s, ys[0]), -ic(-2 * s, ys[0]))

def test_constant_scores_have_no_ic():
    panel, S, ys = _market()
    assert (
        ic(np.full(panel.n_rows, 0.1), ys[0]).isna().all() and rank_ic(np.full(panel.n_rows, 0.1), ys[0]).isna().all()
    )

@pytest.mark.parametrize(
    "change, message",
    [
        (lambda s: s.rename(index={"A1": "ZZ"}, level=1), "ZZ on"),
        (lambda s: pd.concat([s, s.iloc[[3]]]), "more than once"),
        (lambda s: s.droplevel(0), "MultiIndex"),
        (lambda s: s.to_numpy()[:5], "5 rows"),
    ],
)
def test_what_does_not_fit_the_panel_is_named(change, message):
    panel, S, ys = _market()
    with pytest.raises(NeuralphaError, match=message):
        ic(change(panel.series(S[:, 0])), ys[0])

def test_levels_of_an_index_are_told_by_their_names_or_by_what_they_hold():
    days = pd.bdate_range("2024-01-02", periods=6)
    assets = list("ABCD")
    index = pd.MultiIndex.from_product([days, assets], names=["date", "asset"])
    scores = pd.Series(np.random.default_rng(0).standard_normal(24), index)
    labels = pd.Series(np.random.default_rng(1).standard_normal(24), index)
    want = ic(scores, labels)
    turned = scores.swaplevel()
    for s in (
        turned,
        turned.rename_axis(["instrument", "datetime"]),
        turned.rename_axis([None, None]),
        scores.rename_axis([None, None]),
        scores.rename_axis(["when", "ticker"]),
    ):
        pd.testing.assert_series_equal(ic(s, labels), want)
        pd.testing.assert_series_equal(ic(labels.swaplevel(), s), ic(labels, scores))
    panel = panel_from_frame(scores.reset_index(name="x"), "p")
    np.testing.assert_array_equal(panel_rows(panel, turned.index), panel_rows(panel, index))
    numbers = scores.set_axis(pd.MultiIndex.from_product([[20240102, 20240103], range(20240101, 20240113)]))
    with pytest.raises(NeuralphaError, match="which of its levels are the dates is told neither by their names"):
        ic(numbers, numbers)
