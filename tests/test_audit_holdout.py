# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.audit.holdout import *
import json
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.labels import forward_return

def _panel(n=700, seed=0):
    days = pd.bdate_range("2018-01-01", periods=n)
    close = 50 * np.exp(0.01 * np.random.default_rng(seed).standard_normal((n, 4)).cumsum(0))
    f = pd.DataFrame({"date": np.repeat(days, 4), "asset": list("ABCD") * n, "close": close.ravel()})
    f = f[(f.asset != "D") | (f.date > days[-100])]  # D is listed inside the holdout
    f = f[(f.asset != "C") | (f.date < days[-50])]  # C dies inside it
    return panel_from_frame(
        f, "u", attributes=pd.DataFrame({"delisting_return": [np.nan, np.nan, -0.7, np.nan]}, list("ABCD"))
    )

def test_nothing_of_the_sealed_period_is_left():
    p = _panel()
    visible, seal = seal_holdout(p, "6M")
    assert str(visible.dates[-1])[:10] < seal.first and list(visible.assets) == list("ABC")
    assert visible.attributes.delisting_return.isna().all()
    y = forward_return(visible, 5)
    assert (y.known_code[y.labelled] < visible.n_dates).all()
    changed = p.with_fields(close=np.where(p.date_code >= visible.n_dates, 1, p.fields["close"]))
    assert seal_holdout(changed, "6M")[0].digest == visible.digest
    assert seal_holdout(changed, "6M")[1].sealed != seal.sealed
    assert seal_holdout(p, first=seal.first)[1] == seal

def test_openings_are_counted_with_date_and_spec(tmp_path):
    p = _panel()
    ledger = tmp_path / "deep" / "openings.jsonl"
    _, seal = seal_holdout(p, "6M")
    assert holdout_line(seal, ledger).endswith("never opened.")
    when = pd.Timestamp("2024-05-06 07:08:09")
    open_holdout(p, seal, ledger, {"models": ["ridge"]}, "final", now=when)
    open_holdout(p, seal, ledger, {"models": ["lstm"]}, "once more", now=when)
    table = openings(seal, ledger)
    assert table.opened.tolist() == ["2024-05-06 07:08:09 UTC"] * 2 and table.reason.tolist() == ["final", "once more"]
    assert "opened 2 times by 2 specifications, last on 2024-05-06" in holdout_line(seal, ledger)

def test_a_new_seal_over_the_same_dates_inherits_the_count(tmp_path):
    p = _panel()
    ledger = tmp_path / "o"
    _, seal = seal_holdout(p, "6M")
    open_holdout(p, seal, ledger, {}, "look")
    assert "opened once" in holdout_line(seal_holdout(p, "8M")[1], ledger)
    assert "never" in holdout_line(
        seal_holdout(panel_from_frame(p.frame()[["date", "asset", "close"]], "another"), "6M")[1], ledger
    )

def test_later_data_does_not_break_the_seal_and_revised_data_does(tmp_path):
    p = _panel()
    ledger = tmp_path / "o"
    _, seal = seal_holdout(p, "6M")
    rng = np.random.default_rng(1)
    days = pd.bdate_range(p.dates[-1], periods=20)[1:]
    more = pd.DataFrame([(d, a) for d in days for a in "AB"], columns=["date", "asset"]).assign(
        close=rng.uniform(1, 2, 38)
    )
    longer = panel_from_frame(
        pd.concat([p.frame()[p.tradable][["date", "asset", "close"]], more]), "u", attributes=p.attributes
    )
    revised = p.with_fields(close=np.where(np.arange(p.n_rows) == p.rows_of("A").stop - 3, 7, p.fields["close"]))
    with pytest.raises(NeuralphaError, match="not what was sealed"):
        open_holdout(revised, seal, ledger, {}, "look")
    assert not ledger.exists()
    shorter = panel_from_frame(
        longer.frame()[longer.tradable & (longer.date_code < p.n_dates)][["date", "asset", "close"]], "u"
    )
    _, plain = seal_holdout(shorter, first=seal.first)
    open_holdout(
        panel_from_frame(longer.frame()[longer.tradable][["date", "asset", "close"]], "u"), plain, ledger, {}, "look"
    )
    assert len(openings(plain, ledger)) == 1

def test_a_delisting_on_the_last_sealed_bar_does_not_break_the_seal(tmp_path):
    p = _panel()
    ledger = tmp_path / "o"
    gone = p.attributes.assign(delisting_return=[np.nan, -0.3, -0.7, np.nan])
    long = p.frame()[p.tradable][["date", "asset", "close"]]
    now = panel_from_frame(long, "u", attributes=gone)
    _, seal = seal_holdout(now, "6M")
    more = pd.DataFrame({"date": pd.bdate_range(p.dates[-1], periods=20)[1:], "asset": "A", "close": 1.0})
    longer = panel_from_frame(pd.concat([long, more]), "u", attributes=gone)
    assert (
        open_holdout(now, seal, ledger, {}, "look")["seal"]
        == open_holdout(longer, seal, ledger, {}, "again")["seal"]
        == seal.hash
    )
    revised = panel_from_frame(
        pd.concat([long, more]), "u", attributes=gone.assign(delisting_return=[np.nan, -0.3, -0.6, np.nan])
    )
    with pytest.raises(NeuralphaError, match="not what was sealed"):
        open_holdout(revised, seal, ledger, {}, "look")  # C died before

def test_a_holdout_of_intraday_bars_is_of_whole_days(tmp_path):
    bars = [
        d + pd.Timedelta(hours=h) for d in pd.bdate_range("2020-01-01", "2020-06-30") for h in range(24)
    ]  # the first bar of a day is stamped 00:00
    p = panel_from_frame(pd.DataFrame({"date": bars, "asset": "A", "close": np.arange(len(bars)) + 1.0}), "hourly")
    visible, seal = seal_holdout(p, "1W")
    assert (seal.first, seal.last) == ("2020-06-24", "2020-06-30 23:00:00") and str(visible.dates[-1])[
        :16
    ] == "2020-06-23T23:00"
    midnight = panel_from_frame(p.frame()[:-23][["date", "asset", "close"]], "hourly")
    _, seal = seal_holdout(midnight, "1W")
    assert seal.last == "2020-06-30" and open_holdout(p, seal, tmp_path / "o", {}, "look")["seal"] == seal.hash
    assert holdout_fold(forward_return(p, 3), seal, "1M").dates["test"] == (
        pd.Timestamp("2020-06-24"),
        pd.Timestamp("2020-06-30"),
    )

def test_a_tampered_ledger_or_seal_is_noticed(tmp_path):
    p = _panel()
    ledger = tmp_path / "o"
    _, seal = seal_holdout(p, "6M")
    assert read_seal(seal.to_dict()) == seal
    with pytest.raises(NeuralphaError, match="was changed"):
        read_seal({**seal.to_dict(), "first": "2019-01-01"})
    with pytest.raises(NeuralphaError, match="not a seal"):
        read_seal({"a": 1})
    first, second = (open_holdout(p, seal, ledger, {}, r) for r in ("one", "two"))
    lines = ledger.read_text().splitlines()
    for broken in (lines[1:], [lines[0].replace("one", "none"), lines[1]], ["{", lines[1]]):
        ledger.write_text("\n".join(broken) + "\n")
        with pytest.raises(NeuralphaError, match="line 1"):
            read_ledger(ledger)
    ledger.write_text(lines[0] + "\n")
    assert len(read_ledger(ledger)) == 1
    with pytest.raises(NeuralphaError, match="once recorded"):
        read_ledger(ledger, head=second["hash"])

def test_the_fold_tests_exactly_the_sealed_period():
    p = _panel()
    _, seal = seal_holdout(p, "6M")
    y = forward_return(p, 5)
    f = holdout_fold(y, seal, "3M", 5)
    assert (p.date_code[f.test].min(), p.date_code[f.test].max()) == (
        np.searchsorted(p.dates, np.datetime64(seal.first)),
        p.n_dates - 1,
    )
    assert (y.known_code[f.valid] + 5 < p.date_code[f.test].min()).all()

@pytest.mark.parametrize(
    "call, message",
    [
        (lambda p: seal_holdout(p, "30Y"), "nothing to work with"),
        (lambda p: seal_holdout(p, first="2031-01-01"), "nothing to hold"),
        (lambda p: open_holdout(p, seal_holdout(p)[1], "unused", {}, " "), "Say why"),
    ],
)
def test_impossible_seals_say_why(call, message):
    with pytest.raises(NeuralphaError, match=message):
        call(_panel())
