# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.audit.cuts import *
import numpy as np
import pandas as pd
import pytest
from dataclasses import replace
from neuralpha.audit.pipeline import audit_features, audit_pipeline
from neuralpha.audit.future import RARE
from neuralpha.audit.worlds import walks
from neuralpha.labels import forward_return
from neuralpha.splits import walk_forward

@pytest.mark.parametrize("which", ["falls", "rises", "after a halt"])
def test_looking_ahead_on_an_assets_own_rare_days_is_caught(which):
    p = walks(2, 6, 260)
    close = p.fields["close"].astype(float).copy()
    tradable = p.tradable.copy()
    rows = np.arange(p.asset_offsets[3], p.asset_offsets[4])
    others = {0: 90, 2: 140}  # assets that move more than the third, on days of their own
    for asset, day in others.items():
        close[p.asset_offsets[asset] : p.asset_offsets[asset + 1]][day:] *= 3
        close[p.asset_offsets[asset] : p.asset_offsets[asset + 1]][day + 20 :] /= 3
    tradable[rows[60:67]] = False
    close[rows[110:]] *= {"falls": 0.85, "rises": 1.15}.get(which, 1.0)
    p = replace(p, fields={**p.fields, "close": close.astype(np.float32)}, tradable=tradable)
    day = 67 if which == "after a halt" else 110
    is_rare = np.zeros(p.n_rows, bool)
    is_rare[rows[day]] = True

    def rule(ahead):
        def features(q):
            now = q.fields["close"].astype(float)
            other = np.roll(now, -1 if ahead else 1)
            return {"features": {"x": np.where(is_rare[: q.n_rows], other / now, 1.0)}}

        return features

    asked = dict(checks=("future", "calendar"), replace=["noise"], cuts=1)
    first_bars = {
        int(p.date_code[mine][p.tradable[mine]][0]) for mine in map(slice, p.asset_offsets, p.asset_offsets[1:])
    }
    assert {*first_bars - {0}, int(p.date_code[rows[day]])} <= {*own_cuts(p)}
    found = audit_pipeline(rule(True), p, **asked)
    assert found.outcome == "failed" and any(c.how == RARE for c in found.failures)
    assert audit_pipeline(rule(False), p, **asked).passed

RARE_DAYS = (103, 207)

@pytest.mark.parametrize("which", ["falls", "rises", "trades as never before"])
def test_looking_ahead_on_unusual_days_of_the_market_is_caught(which):
    p = walks(1, 8, 260)
    moved = {"falls": 0.9, "rises": 1.1}.get(which, 1.0)
    times = moved ** sum((p.date_code >= day).astype(float) for day in RARE_DAYS)
    volume = np.random.default_rng(4).lognormal(10, 0.3, p.n_rows)
    volume[np.isin(p.date_code, RARE_DAYS) & (p.asset_code == 3)] *= 20 if moved == 1 else 1
    prices = {k: (v * times).astype(np.float32) for k, v in p.fields.items() if k != "volume"}
    p = replace(p, fields={**prices, "volume": volume.astype(np.float32)})
    table = p.frame()[p.tradable].drop(columns="tradable")

    def unusual(f):
        if moved == 1:
            return f["volume"] > 8 * f["volume"].groupby(f["asset"]).transform("median")
        of_date = f.groupby("asset")["close"].pct_change(fill_method=None).groupby(f["date"]).mean()
        return f["date"].map((of_date < -0.06) | (of_date > 0.06)).astype(bool)

    def peeks(f):
        close = f.groupby("asset")["close"]
        return (close.shift(-1).where(unusual(f), close.shift(1)) / f["close"]).rename("x")

    is_rare = unusual(table).groupby(table["date"]).any().reindex(p.dates, fill_value=False)
    assert set(np.flatnonzero(is_rare)) == set(RARE_DAYS) and not set(RARE_DAYS) & set(calendar_cuts(p.dates))
    assert set(RARE_DAYS) & set(market_cuts(p)) and len(market_cuts(p)) <= 10
    c = audit_features(peeks, table, checks=("calendar",), replace=["noise"])
    assert not c.passed and str(p.dates[RARE_DAYS[0]])[:10] in "".join(x.found for x in c.failures)

def test_cuts_lie_on_rare_dates():
    days = pd.bdate_range("2015-01-01", "2020-12-31")
    days = days[(days < "2018-08-01") | (days > "2018-08-14")]
    for seed in range(3):
        cuts = calendar_cuts(days, seed)
        at = days[cuts]
        after = days[np.array(cuts) + 1]
        assert len(cuts) <= 30 and cuts[:1] == [1] and cuts[-2:] == [len(days) - 3, len(days) - 2]
        assert ((at.month == 12) & (at.day >= 24)).any() and ((at.month == 12) & (after.month == 1)).any()
        assert any(a.month != b.month and a.month % 3 for a, b in zip(at, after)) and any(
            a.month != b.month and a.month in (3, 6, 9) for a, b in zip(at, after)
        )
        assert ((at.day_of_week == 4) & (at.day >= 15) & (at.day <= 21)).any() and (
            (at.month == 2) & (after.month == 3) & at.is_leap_year
        ).any()
        assert set(at.day_of_week) == set(range(5)) and set(at.month) == set(range(1, 13))
        assert pd.Timestamp("2018-07-31") in at and pd.Timestamp("2018-08-15") in at
        assert ((at.month == 1) & (at.day <= 2)).any()

@pytest.mark.parametrize(
    "when",
    [
        lambda d: (d.month == 12) & (d.day >= 24),
        lambda d: (d.day_of_week == 4) & (d.day >= 15) & (d.day <= 21),
        lambda d: d.is_month_end,
        lambda d: d.day_of_week == 0,
    ],
    ids=["year end", "third Fridays", "month ends", "Mondays"],
)
def test_looking_ahead_on_rare_dates_is_caught(when):
    days = pd.bdate_range("2018-06-01", periods=300)
    f = pd.DataFrame([(d, a) for a in "ABCDEFGHIJ" for d in days], columns=["date", "asset"])
    f["close"] = np.random.default_rng(0).uniform(10, 20, len(f))

    def rare(t):
        return t["close"].where(~when(t["date"].dt), t.groupby("asset")["close"].shift(-1)).rename("x")

    def past(t):
        return t["close"].where(~when(t["date"].dt), t.groupby("asset")["close"].shift(1)).rename("x")

    assert [x.how for x in audit_features(rare, f, cuts=["2019-06-12"], checks=("future", "calendar")).failures] == [
        RARE
    ]
    assert audit_features(past, f, cuts=["2019-06-12"], checks=("future", "calendar")).passed

def test_a_leak_on_dates_of_no_kind_is_not_seen_and_the_certificate_says_so():
    p = walks(0, 3, 120)

    def unlucky(f):
        close = f.groupby("asset")["close"]
        is_friday_13th = (f["date"].dt.day_of_week == 4) & (f["date"].dt.day == 13)
        return (close.shift(-1).where(is_friday_13th, close.shift(1)) / f["close"]).rename("x")

    table = p.frame()[p.tradable].drop(columns="tradable")
    asked = ("future", "calendar")
    some = audit_features(unlucky, table, checks=asked, replace=["noise"])
    assert some.passed and 3 < some.looked_at < some.dates == p.n_dates - 1
    assert f"after {some.looked_at} of 119 dates" in repr(some) and f"{some.looked_at} of 119 dates" in some.html()
    assert some.content["looked_at"] == some.looked_at
    every = audit_features(unlucky, table, checks=asked, replace=["noise"], cuts="every")
    assert not every.passed and "at least 1 bar ahead" in every.failures[0].found
    assert "after every one of 119 dates" in repr(every)

def _study(assets=20):
    from neuralpha.audit.studies import small_study

    return small_study(assets)

def test_cuts_lie_at_every_edge_of_a_fold():
    p, _, label, folds = _study()
    base = {"folds": folds(label(p))}
    first = base["folds"][0]
    last = base["folds"][-1]

    def start(rows):
        return int(p.date_code[rows].min())

    def end(rows):
        return int(p.date_code[rows].max())

    for fold in (first, last):
        for rows in (fold.valid, fold.test):
            assert {start(rows) - 1, start(rows) + 1} - {p.n_dates - 1} <= set(edges(p, base))
    assert end(first.test) - 1 in edges(p, base)
    assert {start(first.test) - 1, start(first.test) + 1} <= set(boundaries(p, base)) and start(
        last.test
    ) - 1 in boundaries(p, base)
