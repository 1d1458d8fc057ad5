# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.evaluate.plots import *
import subprocess
import sys
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.labels import forward_return

def test_no_two_models_look_the_same():
    from neuralpha.evaluate.plots import style

    assert len({str(style(j)) for j in range(40)}) == 40

@pytest.mark.parametrize(
    "first, shown",
    [
        ("", "['image/png', 'text/plain'] False"),
        ("import matplotlib.pyplot", "['image/png', 'text/plain'] True"),
        (
            "from IPython.core.pylabtools import select_figure_formats; select_figure_formats(shell, {'svg'})",
            "['image/svg+xml', 'text/plain'] False",
        ),
    ],
)
def test_a_notebook_draws_a_figure_though_nobody_made_one_of_pyplot(first, shown):
    script = (
        "import sys\nfrom IPython.core.interactiveshell import InteractiveShell\n"
        f"shell = InteractiveShell.instance()\n{first}\nfrom neuralpha.evaluate.plots import new_figure\n"
        "shown = shell.display_formatter.format(new_figure()[0])[0]\n"
        "print(sorted(shown), 'matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == shown

def test_long_names_are_cut_in_the_middle_and_stay_different():
    long = [f"a-model-with-quite-a-long-{k}-name-that-someone-might-choose" for k in "xy"]
    got = shortened(["net", *long, "a" + 63 * "b", "$x$"])
    assert (
        got[0] == "net"
        and len(set(got)) == 5
        and max(map(len, got[:4])) <= 18
        and got[3] == "a" + 8 * "b" + "…" + 8 * "b"
        and got[4] == r"\$x\$"
    )
    assert shortened(["x" * 18]) == ["x" * 18]

@pytest.mark.parametrize("days", [1 / 24, 1, 3, 20, 60, 89, 91, 200, 365, 730, 1000, 1461, 2500, 7300, 22000])
def test_every_span_has_a_spacing_of_dates(days):
    import warnings
    import matplotlib.pyplot as plt

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fig, ax = plt.subplots()
        ax.plot([pd.Timestamp("1996-01-15"), pd.Timestamp("1996-01-15") + pd.Timedelta(days=days)], [0, 1])
        date_axis(ax)
        fig.canvas.draw()
    assert 2 <= len(ax.get_xticks()) <= 9
    plt.close(fig)

def _ics(n=300, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {"net": 0.05 + rng.normal(0, 0.1, n), "tree": 0.03 + rng.normal(0, 0.1, n)},
        pd.bdate_range("2020-01-01", periods=n),
    )

def _png(fig):
    import io

    out = io.BytesIO()
    fig.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()

def test_same_numbers_same_picture():
    assert _png(plot_ic(_ics())) == _png(plot_ic(_ics())) != _png(plot_ic(_ics(seed=1)))

def test_dates_needed_by_hand():
    x = np.random.default_rng(0).normal(0.05, 0.1, 4000)
    assert abs(dates_needed(x) - (1.96 * 0.1 / 0.05) ** 2) < 3 and dates_needed(-x) == np.inf

def test_figures_carry_units_dates_and_no_global_state():
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    figs = [plot_ic(_ics()), plot_cumulative_ic(_ics()), plot_evidence(_ics()["net"])]
    assert plt.get_fignums() == before
    for f in figs:
        for ax in f.axes:
            assert ax.get_title() and ax.get_ylabel() and ax.get_xlabel()
    import matplotlib.dates as mdates

    assert isinstance(figs[0].axes[0].xaxis.get_major_locator(), mdates.AutoDateLocator)

def _words(fig):
    return [" ".join(t.get_text() for t in ax.texts) for ax in fig.axes]

@pytest.mark.parametrize("n", [1, 3, 8, 19])
def test_a_picture_of_few_dates_says_what_it_needs(n):
    got = plot_evidence(_ics(n), 4)
    assert _png(got) and _words(got) == [f"needs 20 dates; there are {n}"] * 2
    through_time = plot_ic(_ics(n), 4)
    assert _png(through_time) and _words(through_time) == ["needs 5 dates; there are " + str(n) if n < 5 else ""]
    assert _png(plot_cumulative_ic(_ics(n)))

@pytest.mark.parametrize("models, horizon, drawn", [(1, 1, True), (3, 1, True), (4, 1, False), (1, 60, False)])
def test_a_title_promises_an_interval_exactly_where_one_is_drawn(models, horizon, drawn):
    ics = pd.DataFrame(
        0.1 * np.random.default_rng(0).normal(size=(150, models)),
        pd.bdate_range("2020-01-01", periods=150),
        [f"m{j}" for j in range(models)],
    )
    for fig in (plot_evidence(ics, horizon), plot_ic(ics, horizon)):
        ax = fig.axes[0]
        assert ("95%" in ax.get_title()) == (len(ax.collections) > 0) == drawn

def test_a_model_with_few_dates_among_others_is_named():
    ics = _ics(60).assign(late=lambda d: d["net"].where(np.arange(60) > 50))
    for fig in (plot_evidence(ics), plot_ic(ics)):
        said = [
            t.get_text()
            for legend in [*fig.legends, *(ax.get_legend() for ax in fig.axes)]
            if legend
            for t in legend.get_texts()
        ]
        assert any(t.startswith("late: needs 20 dates") for t in said) and _words(fig)[0] == ""

def test_the_same_ic_on_every_date_has_no_interval():
    assert "no interval" in _words(plot_evidence(_ics(60) * 0 + 0.1))[1]

def test_what_is_drawn_is_what_was_given():
    ics = _ics()
    lines = plot_cumulative_ic(ics).axes[0].lines
    np.testing.assert_allclose(lines[1].get_ydata(), ics["tree"].cumsum())
    records = {
        "net": {
            "1": dict(value=0.1, low=0.05, high=0.2, unit="correlation", period="per date"),
            "5": dict(value=None, low=None, high=None, unit="correlation", period="per date"),
        }
    }
    bars = plot_records(records).axes[0].containers[0]
    np.testing.assert_allclose(bars.lines[0].get_ydata(), [0.1])
    np.testing.assert_allclose(bars.lines[2][0].get_segments()[0][:, 1], [0.05, 0.2])

def test_dollars_in_names_are_no_formulas():
    records = {"net": {r"$\frac{$": dict(value=0.1, low=0.05, high=0.2, unit="correlation", period="per date")}}
    assert _png(plot_records(records)) and _png(plot_records(records, horizontal=True))

def test_nothing_to_draw_is_an_error():
    with pytest.raises(NeuralphaError, match="every date is empty"):
        plot_ic(_ics() * np.nan)
    with pytest.raises(NeuralphaError, match="detail=True"):
        plot_regimes({"net": {}}, "sector")

def test_quantiles_of_a_class_are_no_basis_points():
    def drawn(unit):
        ax = plot_quantiles(
            {"quantile_returns": {"1": dict(value=0.5, low=0.4, high=0.6, unit=unit, period="per date")}}
        ).axes[0]
        return ax.get_title(), ax.get_ylabel(), ax.patches[0].get_height()

    assert drawn("class") == ("Label by quantile of the score", "class, per date", 0.5) and drawn("return") == (
        "Return by quantile of the score",
        "basis points, per date",
        5000.0,
    )

def test_folds_are_drawn_over_their_dates():
    from neuralpha.evaluate.plots import plot_folds_ic

    m = dict(value=0.05, low=0.01, high=0.09, first="2020-01-02", last="2020-06-30")
    ax = plot_folds_ic({"0": m, "1": m | dict(value=None)}).axes[0]
    assert len(ax.collections) == 1 and list(ax.lines[0].get_ydata()) == [0.05, 0.05]
    assert list(ax.lines[0].get_xdata()) == [pd.Timestamp("2020-01-02"), pd.Timestamp("2020-06-30")]

    def said(n):
        return [t.get_text() for t in plot_folds_ic({str(i): m for i in range(n)}).axes[0].texts]

    assert said(12)[3] == "fold 3" and said(13)[3] == "3" and not any(said(41))

def test_groups_and_folds_without_a_value_say_so():
    none = dict(value=None, low=None, high=None, unit="return", period="per bar")
    assert (
        _words(plot_records({"net": {"a": none}}, horizontal=True))
        == ["no group has a value"]
        == _words(plot_quantiles({"quantile_returns": {"1": none}}))
    )
    assert _words(plot_folds_ic({"0": none})) == ["no fold has a date with an IC"]

def test_long_names_leave_room_for_the_picture():
    names = [
        "a-model-with-quite-a-long-name-that-someone-might-choose",
        "ridge",
        "lightgbm",
        "reversal",
        "momentum 12-1",
    ]
    fig = plot_score_correlation(pd.DataFrame(np.eye(5), names, names))
    assert _png(fig)
    ax = fig.axes[0]
    assert min(ax.get_window_extent().size) / fig.dpi > 2.5  # inches, of five models
    ends = [t.get_window_extent().x1 for t in ax.get_xticklabels()]
    assert (
        np.allclose(np.diff(ends), np.diff(ends)[0], atol=2) and np.diff(ends)[0] > 30
    )  # every label ends at its own column
    fig = plot_cumulative_ic(_ics().set_axis(names[:2], axis=1))
    assert _png(fig) and fig.legends[0].get_window_extent().width <= fig.bbox.width

def test_rows_of_the_leaderboards_picture_carry_their_letters():
    from types import SimpleNamespace

    t = pd.DataFrame(
        dict(letters=["", "a", "ab", "b"], ic=[0.2, 0.1, 0.09, 0.05], ic_low=0.0, ic_high=0.2, kind="model"),
        ["oracle", "A", "B", "C"],
    )
    ax = plot_leaderboard(SimpleNamespace(table=t, by="ic", universe="toy")).axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "oracle  (not ranked)",
        "A  (a)",
        "B  (ab)",
        "C  (b)",
    ]
