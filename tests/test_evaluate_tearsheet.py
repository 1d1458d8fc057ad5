# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.evaluate.tearsheet import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.labels import forward_return

def _market(dates=90, assets=25, seed=0):
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2020-01-01", periods=dates)
    pairs = [(d, f"A{a:02d}") for a in range(assets) for d in days[rng.integers(0, 9) :]]
    panel = panel_from_frame(
        pd.DataFrame(pairs, columns=["date", "asset"]).assign(close=np.exp(rng.normal(0, 0.02, len(pairs)).cumsum())),
        "toy",
        attributes=pd.DataFrame({"sector": ["x & y", "z"] * 13}, [f"A{a:02d}" for a in range(26)]),
    )
    return panel, panel.series(rng.normal(size=panel.n_rows))

def test_factor_data_is_what_alphalens_would_build():
    from alphalens.utils import get_clean_factor_and_forward_returns

    panel, s = _market()
    prices = panel.frame().pivot(index="date", columns="asset", values="close").astype(float)
    want = get_clean_factor_and_forward_returns(s, prices, periods=(1, 5), quantiles=5, max_loss=1)
    got = factor_data(s, panel, (1, 5), delay=0)
    assert len(got) == len(want) and (got.index == want.index).all()
    for c in ("1D", "5D", "factor", "factor_quantile"):
        np.testing.assert_allclose(got[c], want[c], atol=1e-12)

def test_a_delay_moves_the_returns_and_nothing_else():
    panel, s = _market()
    d0 = factor_data(s, panel, (1,), 0)
    d1 = factor_data(s, panel, (1,), 1)
    earlier = d0["1D"].groupby(level="asset").shift(-1)
    np.testing.assert_allclose(d1["1D"], earlier.reindex(d1.index))

def test_handed_numbers_equal_what_alphalens_computes():
    from alphalens import performance
    from neuralpha.evaluate.tearsheet import _known

    panel, s = _market()
    data = factor_data(s, panel, (1, 5))
    from neuralpha.evaluate.ic import rank_ic

    ics = rank_ic(data["factor"], {c: data[c] for c in ("1D", "5D")}, panel)
    np.testing.assert_allclose(ics, performance.factor_information_coefficient(data), atol=1e-12)
    plain = [
        performance.quantile_turnover(data.factor_quantile, 5, 5),
        performance.factor_rank_autocorrelation(data, 5),
    ]
    with _known(data, panel, ics):
        handed = [
            performance.quantile_turnover(data.factor_quantile, 5, 5),
            performance.factor_rank_autocorrelation(data, 5),
        ]
    for a, b in zip(plain, handed):
        np.testing.assert_allclose(b.to_numpy()[5:], a.to_numpy()[5:], atol=1e-12)

def test_all_dates_at_once_are_what_alphalens_does_one_by_one():
    from alphalens import performance, utils
    from neuralpha.evaluate.tearsheet import _known

    panel, s = _market()
    first = s.index.get_level_values("date")[0]
    data = factor_data(s.where(s.index.get_level_values("date") != first, 1.0), panel, (1, 5))
    calls = [
        lambda: utils.demean_forward_returns(data)[["1D", "5D"]],
        lambda: utils.demean_forward_returns(data, [data.index.get_level_values("date"), "group"])[["1D", "5D"]],
        lambda: performance.factor_weights(data, True, False, False),
        lambda: performance.factor_weights(data, True, False, True),
        lambda: performance.factor_returns(data),
    ]
    want = [call() for call in calls]
    with _known(data, panel, None):
        got = [call() for call in calls]
    for a, b in zip(want, got):
        assert (a.index == b.index).all()
        np.testing.assert_allclose(b, a, atol=1e-15)
    assert (want[2][first] == 0).all() and (want[2].abs().groupby("date").sum().iloc[1:] > 0.99).all()

@pytest.mark.parametrize("freq, bars", [("ME", 12), ("W-FRI", 52.18), ("B", 261)])
def test_alpha_is_a_years_whatever_the_bars(freq, bars):
    from alphalens import performance

    days = pd.date_range("2013-01-01", periods=80, freq=freq)
    rng = np.random.default_rng(0)
    score = rng.normal(size=(80, 20))
    moves = (
        0.004 * np.vstack([np.zeros((2, 20)), score[:-2]])
        + rng.normal(0, 0.02, (80, 20))
        + rng.normal(0, 0.01, (80, 1))
    )
    frame = pd.DataFrame([(d, f"A{a:02d}") for d in days for a in range(20)], columns=["date", "asset"]).assign(
        close=np.exp(moves.cumsum(0)).ravel()
    )
    panel = panel_from_frame(frame)
    s = pd.Series(score.ravel(), pd.MultiIndex.from_frame(frame[["date", "asset"]]))
    assert panel.bars_per_year == pytest.approx(bars, rel=0.01)
    data = factor_data(s, panel, (1, 5))
    table = tear_sheet(s, panel, (1, 5), drawn=False).tables["returns"]
    earned = performance.factor_returns(data)
    market = data.groupby(level="date")[["1D", "5D"]].mean()
    for c, h in (("1D", 1), ("5D", 5)):
        beta, alpha = np.polyfit(market[c], earned[c], 1)
        assert table.loc["Ann. alpha", c] == pytest.approx(
            (1 + alpha) ** (panel.bars_per_year / h) - 1, abs=6e-4
        )  # printed with three decimals
        assert table.loc["beta", c] == pytest.approx(beta, abs=6e-4) and alpha > 0.002

def test_the_full_sheet_is_saved_and_leaves_nothing_behind(tmp_path, recwarn):
    import matplotlib.pyplot as plt
    from alphalens import performance

    panel, s = _market()
    before = plt.get_fignums()
    slow = performance.factor_information_coefficient
    sheet = tear_sheet(s, panel, (1, 5), tmp_path, by_group=True, name="<b>", dpi=30)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        [
            "index.html",
            "returns.png",
            "returns_by_sector.png",
            "information.png",
            "turnover.png",
            "returns.csv",
            "information.csv",
            "turnover.csv",
            "autocorrelation.csv",
            "quantile_statistics.csv",
        ]
    )
    assert all(p.read_bytes()[:4] == b"\x89PNG" for p in tmp_path.glob("*.png"))
    assert "<b>" not in (tmp_path / "index.html").read_text()
    assert not recwarn.list, [str(w.message) for w in recwarn]
    assert plt.get_fignums() == before and performance.factor_information_coefficient is slow
    bare = tear_sheet(s, panel, (1, 5), by_group=True, drawn=False)
    assert not bare.figures and {k: t.to_csv() for k, t in bare.tables.items()} == {
        k: t.to_csv() for k, t in sheet.tables.items()
    }
    table = sheet.tables["information"]
    assert "IC Mean" in table.index and list(table.columns) == ["1D", "5D"]

@pytest.mark.parametrize("freq", ["W-FRI", "ME", "B"])
def test_dates_are_those_of_the_data(freq, monkeypatch):
    from matplotlib.dates import DateConverter, num2date
    from neuralpha.evaluate import tearsheet

    days = pd.date_range("2013-01-01", periods=60, freq=freq)
    rng = np.random.default_rng(0)
    panel = panel_from_frame(
        pd.DataFrame([(d, f"A{a:02d}") for d in days for a in range(20)], columns=["date", "asset"]).assign(
            close=np.exp(rng.normal(0, 0.02, 1200).cumsum())
        ),
        "toy",
    )
    axes = []
    readable = tearsheet._readable

    def drawn(fig):
        readable(fig).canvas.draw()
        for ax in fig.axes:
            if not isinstance(ax.xaxis.get_converter(), DateConverter):
                continue
            low, high = ax.get_xlim()
            inside = [
                (num2date(t), label.get_text())
                for t, label in zip(ax.get_xticks(), ax.get_xticklabels())
                if low <= t <= high
            ]
            axes.append((inside, ax.xaxis.get_offset_text().get_text()))
        return fig

    monkeypatch.setattr(tearsheet, "_readable", drawn)
    tear_sheet(panel.series(rng.normal(size=panel.n_rows)), panel, 5, dpi=30)
    assert len(axes) >= 3
    for inside, offset in axes:
        assert inside and all(days[0].year <= t.year <= days[-1].year for t, _ in inside)
        assert any(
            str(y) in " ".join([offset, *(text for _, text in inside)]) for y in range(days[0].year, days[-1].year + 1)
        )

def test_one_period_is_a_number():
    panel, s = _market()
    one, several = (tear_sheet(s, panel, p, drawn=False).tables for p in (5, (5,)))
    assert {k: t.to_csv() for k, t in one.items()} == {k: t.to_csv() for k, t in several.items()} and list(
        one["information"].columns
    ) == ["5D"]

def test_what_cannot_be_drawn_is_named():
    panel, s = _market()
    with pytest.raises(NeuralphaError, match="no row|No row"):
        tear_sheet(s.iloc[-20:], panel)
    with pytest.raises(NeuralphaError, match="fills 1 of 5"):
        tear_sheet(s * 0, panel)
