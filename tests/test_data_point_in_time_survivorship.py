# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.point_in_time.survivorship import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.data.simulated.market import ic_by_date, return_ahead, simulate_universe

def test_survivors_by_hand():
    days = pd.bdate_range("2024-01-01", periods=60)
    rows = (
        [(d, "A", 1.0) for d in days]
        + [(d, "B", 1.0) for d in days[:20]]
        + [(d, "C", 1.0) for d in days[20:]]
        + [(d, "D", 1.0) for d in days[:-2]]
    )
    assert list(survivors(panel_from_frame(pd.DataFrame(rows, columns=["date", "asset", "close"]))).assets) == [
        "A",
        "C",
        "D",
    ]

@pytest.mark.parametrize("freq, bars", [("BME", 12), ("W-FRI", 52), ("B", 250)])
def test_the_losers_of_the_last_year_are_those_of_a_year(freq, bars):
    dates = pd.date_range("2010-01-01", periods=bars + 150, freq=freq)
    closes = pd.DataFrame(
        np.exp(np.random.default_rng(2).normal(0, 0.02, (len(dates), 4)).cumsum(0)), dates, list("ABCD")
    )
    frame = closes.rename_axis("date").melt(ignore_index=False, var_name="asset", value_name="close").reset_index()
    p = panel_from_frame(frame, "toy")
    lost = p.series(naive_scores(p)["loser of the last year"]).unstack("asset")
    np.testing.assert_allclose(lost, 1 - closes / closes.shift(bars), rtol=2e-5, atol=1e-6)

def test_the_dead_are_counted_whether_their_halt_is_in_the_file_or_not():
    rng = np.random.default_rng(0)
    days = pd.bdate_range("2015-01-01", periods=300)
    frames = []
    for i in range(40):
        end = int(rng.integers(100, 280)) if i % 2 else 300
        close = 50 * np.exp(0.02 * rng.standard_normal(300).cumsum())
        f = pd.DataFrame(
            {"date": days, "asset": f"A{i:02}", "close": close, "halt": np.arange(300) >= (end - 10 if i % 2 else 300)}
        )
        frames.append(f[:end])
    f = pd.concat(frames)
    final = pd.DataFrame(
        {"delisting_return": [-0.9 if i % 2 else np.nan for i in range(40)]}, [f"A{i:02}" for i in range(40)]
    )
    halted = panel_from_frame(f.drop(columns="halt"), tradable=~f["halt"].to_numpy(), attributes=final)
    left_out = panel_from_frame(f[~f["halt"]].drop(columns="halt"), attributes=final)
    np.testing.assert_array_equal(return_ahead(halted)[halted.tradable], return_ahead(left_out))
    a, b = (survivorship_report(p, scores={}, horizon=5).loc["mean return, % a year"] for p in (halted, left_out))
    assert a["point in time"] < -10 and abs(a["point in time"] - b["point in time"]) < 1e-9 and a["invented"] > 10

def test_invented_return_by_hand():
    days = pd.bdate_range("2024-01-01", periods=5)
    rows = [(d, "A", 10.0 * 1.01**k) for k, d in enumerate(days)] + [
        (d, "B", 10.0 * 0.97**k) for k, d in enumerate(days[:3])
    ]
    p = panel_from_frame(
        pd.DataFrame(rows, columns=["date", "asset", "close"]),
        attributes=pd.DataFrame({"delisting_return": [np.nan, -0.5]}, ["A", "B"]),
    )
    line = survivorship_report(p, scores={}, horizon=1, delay=0).loc["mean return, % a year"]
    year = p.bars_per_year * 100
    # each day's mean of the two stocks: −1%, −1%, (1% − 50%)/2, then A alone
    np.testing.assert_allclose(line["point in time"], year * (-0.01 - 0.01 - 0.245 + 0.01) / 4, rtol=1e-4)
    np.testing.assert_allclose(line["survivors"], year * 0.01, rtol=1e-4)

def test_survivors_invent_skill_where_there_is_none():
    market = simulate_universe(300, 2520, alphas=(), ic=0, annual_vol=0.4, seed=1)
    report = survivorship_report(market)
    fallen = report.loc["IC, far below its high"]
    assert fallen["invented"] > 4 * fallen["standard error"] and fallen["survivors"] > 0.015 > fallen["point in time"]
    assert report.loc["mean return, % a year", "invented"] > 2
    assert report.loc["assets", "survivors"] < 200

def test_nobody_left_nothing_invented():
    market = simulate_universe(60, 600, alphas=(), ic=0, takeovers=0, annual_vol=0.1, seed=2)
    report = survivorship_report(market)
    assert (report["invented"].dropna() == 0).all() and report.loc["assets", "survivors"] == 60

def test_scores_of_another_panel_are_refused():
    with pytest.raises(NeuralphaError, match="'mine' has 3 values"):
        survivorship_report(simulate_universe(20, 300), {"mine": np.zeros(3)})
