# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.evaluate.plots import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.labels import forward_return

def _ics(n=300, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"net": .05 + rng.normal(0, .1, n), "tree": .03 + rng.normal(0, .1, n)}, pd.bdate_range("2020-01-01", periods=n))

def _png(fig):
    import io
    out = io.BytesIO()
    fig.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()

def test_figures_carry_units_dates_and_no_global_state():
    import matplotlib.pyplot as plt
    before = plt.get_fignums()
    figs = [plot_ic(_ics()), plot_cumulative_ic(_ics()), plot_evidence(_ics()["net"])]
    assert plt.get_fignums() == before
    for f in figs:
        for ax in f.axes: assert ax.get_title() and ax.get_ylabel() and ax.get_xlabel()
    import matplotlib.dates as mdates
    assert isinstance(figs[0].axes[0].xaxis.get_major_locator(), mdates.AutoDateLocator)

def test_same_numbers_same_picture():
    assert _png(plot_ic(_ics())) == _png(plot_ic(_ics())) != _png(plot_ic(_ics(seed=1)))

def test_folds_are_drawn_over_their_dates():
    from neuralpha.evaluate.plots import plot_folds_ic
    m = dict(value=.05, low=.01, high=.09, first="2020-01-02", last="2020-06-30")
    ax = plot_folds_ic({"0": m, "1": m | dict(value=None)}).axes[0]
    assert len(ax.collections) == 1 and list(ax.lines[0].get_ydata()) == [.05, .05]
    assert list(ax.lines[0].get_xdata()) == [pd.Timestamp("2020-01-02"), pd.Timestamp("2020-06-30")]
    said = lambda n: [t.get_text() for t in plot_folds_ic({str(i): m for i in range(n)}).axes[0].texts]
    assert said(12)[3] == "fold 3" and said(13)[3] == "3" and not any(said(41))

def test_what_is_drawn_is_what_was_given():
    ics = _ics()
    lines = plot_cumulative_ic(ics).axes[0].lines
    np.testing.assert_allclose(lines[1].get_ydata(), ics["tree"].cumsum())
    records = {"net": {"1": dict(value=.1, low=.05, high=.2, unit="correlation", period="per date"), "5": dict(value=None, low=None, high=None, unit="correlation", period="per date")}}
    bars = plot_records(records).axes[0].containers[0]
    np.testing.assert_allclose(bars.lines[0].get_ydata(), [.1])
    np.testing.assert_allclose(bars.lines[2][0].get_segments()[0][:, 1], [.05, .2])

def test_dates_needed_by_hand():
    x = np.random.default_rng(0).normal(.05, .1, 4000)
    assert abs(dates_needed(x) - (1.96*.1/.05)**2) < 3 and dates_needed(-x) == np.inf

def test_no_two_models_look_the_same():
    from neuralpha.evaluate.plots import style
    assert len({str(style(j)) for j in range(40)}) == 40

def test_dollars_in_names_are_no_formulas():
    records = {"net": {r"$\frac{$": dict(value=.1, low=.05, high=.2, unit="correlation", period="per date")}}
    assert _png(plot_records(records)) and _png(plot_records(records, horizontal=True))

def test_nothing_to_draw_is_an_error():
    with pytest.raises(NeuralphaError, match="every date is empty"): plot_ic(_ics()*np.nan)
    with pytest.raises(NeuralphaError, match="detail=True"): plot_regimes({"net": {}}, "sector")
