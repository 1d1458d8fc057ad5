# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.audit.future import *
import numpy as np
import pandas as pd
import pytest
from dataclasses import replace
from neuralpha.audit.pipeline import audit_features, audit_pipeline
from neuralpha.audit.worlds import walks
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.features.table import Features
from neuralpha.labels import forward_return
from neuralpha.splits import walk_forward

def _table(p):
    return p.frame()[p.tradable].drop(columns="tradable").reset_index(drop=True)

def _pct(f, k=1):
    return f.groupby("asset")["close"].pct_change(k, fill_method=None)

@pytest.mark.parametrize("k", [1, 3, 7])
def test_the_reach_of_a_leak_is_measured(k):
    days = pd.bdate_range("2020-01-01", periods=60)
    f = pd.DataFrame([(d, a) for a in "ABC" for d in days], columns=["date", "asset"])
    f["close"] = np.random.default_rng(0).uniform(10, 20, len(f))

    def peek(t):
        return t.groupby("asset")["close"].shift(-k).rename("peek")

    c = audit_features(peek, f, cuts=["2020-02-14"], checks=("future",))
    noise = c.checks[0]
    first = days[list(days).index(pd.Timestamp("2020-02-14")) + 1 - k]
    assert (
        noise.passed is False
        and noise.wrong == 3 * k
        and (noise.column, noise.date, noise.asset) == ("peek", str(first.date()), "A")
    )
    assert (
        f"feature 'peek' on {first.date()} of asset A changed when data after 2020-02-14 was replaced by noise: it "
        f"looks at least {k} bar" in noise.found
    )
    assert c.frame().wrong.tolist() == [3 * k] * 3

def test_every_row_and_column_counts():
    p = walks()

    def one_cell(q):
        v = np.zeros((q.n_rows, 30), np.float32)
        v[7, 21] = np.nansum(q.fields["close"][-50:])
        return Features(q, tuple(f"f{j}" for j in range(30)), v, (0,) * 30)

    c = audit_features(one_cell, p, cuts=1, checks=("future",))
    assert all(x.wrong == 1 and x.column == "f21" and x.columns == 30 for x in c.failures) and len(c.failures) == 3

def test_a_function_that_cannot_do_without_the_future_is_not_certified():
    def needs_all(f):
        if f["date"].max() < pd.Timestamp("2018-08-01"):
            raise KeyError("no August")
        return _pct(f)

    c = audit_features(needs_all, _table(walks()), checks=("future",))
    assert any("stopped when data after" in x.found and "no August" in x.found for x in c.failures)

@pytest.mark.parametrize("ahead", [False, True])
def test_a_fold_that_waits_for_its_labels_is_no_leak(ahead):
    p = walks()
    folds = walk_forward(forward_return(p, 5, 1), "3M", "1M", "1M", 2)
    begins = p.date_code[folds[1].test].min()

    def pipeline(q):
        y = forward_return(q, 5, 1)
        by = walk_forward(y, "3M", "1M", "1M", 2)
        scores = np.full(q.n_rows, np.nan)
        for fold in by:
            scores[fold.test] = fold.number + (q.date_code[fold.test] if not ahead else np.nansum(q.fields["close"]))
        return {"label": y, "folds": by, "predictions": scores}

    c = audit_pipeline(pipeline, p, cuts=[p.dates[begins + 2]], replace=("nan", "nothing"), checks=("future",))
    rows = {x.how: x.rows for x in c.checks if x.what == "predictions"}
    before = int((p.date_code < begins).sum())
    assert set(rows.values()) == {before}, "the test that waits is not compared, all before it is"
    assert c.passed is not ahead, [x.found for x in c.failures]

def test_what_is_fitted_belongs_to_its_fold():
    p = walks(2)

    def scaler(of):
        def pipeline(q):
            y = forward_return(q, 3, 1)
            folds = walk_forward(y, "3M", "1M", "1M", 2)
            close = np.nan_to_num(q.fields["close"])
            return {"label": y, "folds": folds, "scaler": {f.number: {"mean": close[of(f, q)].mean()} for f in folds}}

        return pipeline

    assert audit_pipeline(scaler(lambda f, q: f.train), p).passed
    c = audit_pipeline(scaler(lambda f, q: np.arange(q.n_rows)), p, checks=("future",))
    assert {x.what for x in c.failures} == {
        "scaler"
    } and "scaler 'mean' of fold 0, fitted before its test starts on" in c.failures[0].found
    always = audit_pipeline(lambda q: {"top": np.nanmax(q.fields["close"])}, p, checks=("future",))
    assert "one value for all time" in always.failures[0].found
    with pytest.raises(NeuralphaError, match="entry for fold 7"):
        audit_pipeline(lambda q: {"scaler": {7: 1.0}}, p)

def test_last_digits_are_no_leak_and_a_faint_leak_is_one():
    from scipy.signal import fftconvolve

    days = pd.bdate_range("2018-01-01", periods=200)
    f = pd.DataFrame([(d, a) for a in "ABCD" for d in days], columns=["date", "asset"])
    f["close"] = np.float32(50 * np.exp(np.random.default_rng(0).normal(0, 0.02, len(f)).cumsum() / 5))

    def by_fourier(t):
        return t.groupby("asset")["close"].transform(
            lambda s: fftconvolve(s.pct_change(fill_method=None).fillna(0), np.exp(-np.arange(20) / 5))[: len(s)]
        )

    def by_product(t):
        return pd.Series(np.stack([t["close"], t["close"] ** 2, np.sqrt(t["close"])], 1) @ [0.1, 0.2, 0.3], t.index)

    def by_float(t):
        return by_product(t).astype(np.float32)

    for clean in (by_fourier, by_product, by_float):
        c = audit_features(clean, f, checks=("future", "start-up", "permutation"))
        assert c.passed, repr(c)
    rounded = audit_features(by_fourier, f, checks=("future",))
    assert sum(x.rounded for x in rounded.checks) > 100 and rounded.outcome == "passed"
    for share in (1e-6, 1e-12):

        def faint(t):
            close = t["close"].astype(float).groupby(t["asset"])
            return close.pct_change(5, fill_method=None) + share * close.shift(-1).fillna(0)

        c = audit_features(faint, f, checks=("future",))
        assert not c.passed, share
    assert "it is no rounding" in c.failures[0].found

    def faint_prices(t):
        return (t["close"] + 1e-6 * t.groupby("asset")["close"].shift(-1).fillna(0)).astype(np.float32)

    assert not audit_features(faint_prices, f, cuts=6, checks=("future",)).passed

def test_news_of_the_next_hours_are_found_on_intraday_bars():
    days = pd.bdate_range("2020-01-01", periods=40)
    rng = np.random.default_rng(0)
    bars = np.concatenate([[d + pd.Timedelta(hours=14 + h) for h in range(6)] for d in days])
    p = panel_from_frame(
        pd.DataFrame(
            {
                "date": np.repeat(bars, 4),
                "asset": np.tile(list("ABCD"), len(bars)),
                "close": 100 * np.exp(0.01 * rng.standard_normal(4 * len(bars))),
            }
        ),
        "hourly",
    )
    news = pd.DataFrame(
        [dict(asset=a, known_on=t + pd.Timedelta(minutes=30), value=rng.normal()) for a in "ABCD" for t in bars[::2]]
    )

    def latest(hours_ahead):
        def features(p, news):
            out = np.full(p.n_rows, np.nan)
            for a, name in enumerate(p.assets):
                mine = news[news["asset"] == name].sort_values("known_on")
                rows = slice(*p.asset_offsets[a : a + 2])
                at = (
                    np.searchsorted(
                        mine["known_on"].to_numpy("datetime64[ns]"),
                        p.dates[p.date_code[rows]] + np.timedelta64(hours_ahead, "h"),
                        side="right",
                    )
                    - 1
                )
                if len(mine):
                    out[rows] = np.where(at >= 0, mine["value"].to_numpy()[np.maximum(at, 0)], np.nan)
            return {"features": {"news": out}}

        return audit_pipeline(features, p, {"news": news}, cuts=3, checks=("future",)).passed

    assert latest(0) and not latest(3)

def test_filings_joined_by_this_library_hold_and_stamps_after_the_close_are_tomorrows():
    from neuralpha.data.point_in_time.asof import bar_of, row_at

    p = walks(4)
    rng = np.random.default_rng(0)
    t = pd.DataFrame(
        {
            "asset": rng.choice(p.assets, 400),
            "value": rng.normal(size=400),
            "known_on": pd.Timestamp("2018-01-05", tz="UTC")
            + pd.to_timedelta(rng.integers(0, 200 * 24, 400), unit="h"),
        }
    )

    def counted(panel, news, bar):
        inside = (bar >= 0) & (bar < panel.n_dates) & news["asset"].isin(panel.assets).to_numpy()
        rows = row_at(panel, np.searchsorted(panel.assets, news["asset"].to_numpy(str)[inside]), bar[inside])
        out = np.zeros(panel.n_rows)
        np.add.at(out, rows[rows >= 0], news["value"].to_numpy()[inside][rows >= 0])
        return {"features": {"news": out}}

    def right(panel, news):
        return counted(panel, news, bar_of(panel, news["known_on"]))

    def wrong(panel, news):
        return counted(
            panel,
            news,
            np.searchsorted(
                panel.dates, news["known_on"].dt.tz_localize(None).dt.normalize().to_numpy("datetime64[ns]")
            ),
        )

    assert audit_pipeline(right, p, {"news": t}, session_close="XNYS").passed
    assert (
        "feature 'news'"
        in audit_pipeline(wrong, p, {"news": t}, session_close="XNYS", checks=("future",)).failures[0].found
    )
