# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.point_in_time.fundamentals import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.point_in_time.asof import session_of
from neuralpha.data.panel import cut_panel, panel_from_frame

def _filing(y, k, income, **kw):
    end = pd.Timestamp(y, 3 * k, 28)
    return (
        dict(
            asset="A",
            fiscal_year=y,
            fiscal_period=["Q1", "Q2", "Q3", "FY"][k - 1],
            period_end=end,
            known_on=end + pd.Timedelta(days=40),
            revenues=100.0 * (4 if k == 4 else 1),
            op_income=np.nan,
            net_income=income,
            eps_diluted=income / 10,
            assets=200.0,
            equity=80.0,
            cash_flow_op=5.0 * k,
        )
        | kw
    )

FILED = pd.DataFrame(
    [
        _filing(2020, 1, 2.0),
        _filing(2020, 2, 3.0),
        _filing(2020, 3, 4.0),
        _filing(2020, 4, 14.0),
        _filing(2021, 1, 5.0, cash_flow_op=7.0),
        _filing(2020, 4, 11.0, known_on=pd.Timestamp("2021-06-15")),
        _filing(2021, 2, 6.0, cash_flow_op=13.0),
    ]
)

def _panel(start="2020-01-01", end="2021-12-31", assets="AB"):
    return panel_from_frame(
        pd.DataFrame(
            [(d, a, 4.0) for d in pd.bdate_range(start, end) for a in assets], columns=["date", "asset", "close"]
        ),
        "two",
    )

def test_states_by_hand():
    s = filing_states(FILED)
    # 2020: nothing trails until the year is filed; then 14; then 14 + 5 − 2; amended: 11 + 5 − 2; then 11 + (5 + 6) −
    # (2 + 3)
    np.testing.assert_allclose(s["trailing_income"], [np.nan] * 3 + [14, 17, 14, 17])
    # cash flows are cumulative: 20 + 7 − 5 over the year to Q1 2021, 20 + 13 − 10 to Q2
    np.testing.assert_allclose(
        s["accruals"], [np.nan] * 3 + [(14 - 20) / 200, (17 - 22) / 200, (14 - 22) / 200, (17 - 23) / 200]
    )
    np.testing.assert_allclose(s["earnings_surprise"], [np.nan] * 4 + [3 / 200, 3 / 200, 3 / 200])
    np.testing.assert_allclose(s["earnings_growth"], [np.nan] * 4 + [1.5, 1.5, 1.0])
    np.testing.assert_allclose(s["net_margin"], [0.02, 0.03, 0.04, 0.035, 0.05, 0.05, 0.06])
    np.testing.assert_allclose(s["shares"], 10)
    np.testing.assert_allclose(s["leverage"], 0.6)

def test_fourth_quarter_is_what_is_left_of_the_year():
    s = filing_states(pd.concat([FILED, pd.DataFrame([_filing(2021, 3, 7.0), _filing(2021, 4, 30.0)])]))
    # Q4 2021 is 30 − 18 = 12; Q4 2020 is 11 − 9 = 2
    assert s["earnings_surprise"].iloc[-1] == (12 - 2) / 200

def test_amended_filings_never_change_the_past():
    before = filing_states(FILED.drop(index=5))
    after = filing_states(FILED)
    day = pd.Timestamp("2021-06-15")
    pd.testing.assert_frame_equal(after[after.known_on < day], before[before.known_on < day])
    assert after.set_index("known_on").loc[day, "period_end"] == pd.Timestamp(
        "2021-03-28"
    )  # the latest period stays the latest

def test_an_amendment_without_figures_changes_nothing():
    empty = _filing(2021, 1, np.nan, known_on=pd.Timestamp("2021-06-20"), **dict.fromkeys(STATEMENT_FIGURES, np.nan))
    before = filing_states(FILED)
    after = filing_states(pd.concat([FILED, pd.DataFrame([empty])]))
    left = after.set_index("known_on")
    pd.testing.assert_series_equal(left.loc["2021-06-20"], left.loc["2021-06-15"], check_names=False)
    pd.testing.assert_frame_equal(after[after.known_on != "2021-06-20"].reset_index(drop=True), before)

def test_an_amendment_changes_the_figures_it_has_from_its_own_day():
    some = (
        _filing(2021, 1, np.nan, known_on=pd.Timestamp("2021-06-20"))
        | dict.fromkeys(STATEMENT_FIGURES, np.nan)
        | dict(revenues=50.0)
    )
    s = filing_states(pd.DataFrame([*FILED.to_dict("records")[:5], some])).set_index("known_on")
    # 5 of income on 100 of revenues, then on 50; the revenues of Q1 2020 stay 100
    assert (
        s["net_margin"].iloc[-2:].tolist() == [0.05, 0.1]
        and s["sales_growth"].iloc[-2:].tolist() == [0, -0.5]
        and s["leverage"].iloc[-1] == 0.6
    )

def test_a_period_with_another_end_takes_over_no_figures():
    moved = _filing(
        2021, 1, 5.0, known_on=pd.Timestamp("2021-06-20"), period_end=pd.Timestamp("2021-04-30"), revenues=np.nan
    )
    assert np.isnan(filing_states(pd.DataFrame([*FILED.to_dict("records")[:5], moved]))["net_margin"].iloc[-1])

def test_shares_of_a_penny_profit_are_not_believed():
    s = filing_states(
        pd.DataFrame(
            [_filing(2020, 1, 2.0), _filing(2020, 2, 0.3, eps_diluted=0.01), _filing(2020, 3, -4.0, eps_diluted=0.4)]
        )
    )
    np.testing.assert_allclose(s["shares"], 10)

@pytest.mark.parametrize(
    "change, message",
    [
        (dict(known_on=pd.Timestamp("2020-03-28")), "look-ahead.*in 7 rows, first A, period end 2020-03-28"),
        (dict(fiscal_period="H1"), "Q1, Q2, Q3, FY"),
        (dict(net_income="12"), "'net_income'.*not a number"),
        (dict(known_on=pd.NaT), "empty known_on"),
    ],
)
def test_bad_filings_are_refused(change, message):
    table = FILED.assign(**change)
    if "look-ahead" in message:
        table["period_end"] = pd.Timestamp("2020-03-28")
    with pytest.raises(NeuralphaError, match=message):
        filing_states(table)
    with pytest.raises(NeuralphaError, match="'equity' is missing"):
        filing_states(FILED.drop(columns="equity"))

@pytest.mark.parametrize(
    "table, message",
    [
        (FILED.iloc[:0], "no filings"),
        (FILED.assign(known_on=FILED.known_on.dt.tz_localize("UTC")), "'known_on' has a time zone.*session_of"),
        (FILED.assign(period_end="soon"), "'period_end': .*soon"),
        (FILED.assign(period_end=20200328), "'period_end' holds int64, and a number may count days"),
        (FILED.assign(known_on="03/04/2020"), "'known_on': .*03/04/2020"),
        (FILED.assign(fiscal_year="FY20"), "'fiscal_year' .*whole years"),
        (FILED.assign(fiscal_year=2020.5), "'fiscal_year' .*whole years"),
    ],
)
def test_filings_that_cannot_be_joined_say_why(table, message):
    with pytest.raises(NeuralphaError, match="fundamentals: .*" + message):
        join_fundamentals(_panel(), table)

def test_sessions_of_filings_with_a_zone_are_joined_as_the_error_says():
    stamps = FILED.known_on.dt.tz_localize("UTC") + pd.Timedelta(hours=22)  # after the close in New York
    joined = join_fundamentals(_panel(), FILED.assign(known_on=session_of(stamps)))
    first = FILED.known_on[0] + pd.offsets.BDay()  # public on Thursday evening: Friday's bar is the first that knows it
    p = joined.panel
    known = np.isfinite(joined.fields["net_margin"])
    assert p.dates[p.date_code[known]].min() == np.datetime64(first)

def test_a_filing_counts_from_the_bar_it_is_known_on():
    p = _panel()
    f = join_fundamentals(p, FILED).fields

    def day(t):
        return p.rows_of("A").start + int(np.searchsorted(p.dates, np.datetime64(t)))

    first = day("2020-05-07")  # 28 March + 40 days, a Thursday
    assert (
        np.isnan(f["net_margin"][first - 1])
        and f["net_margin"][first] == np.float32(0.02)
        and f["days_since_filing"][first] == 0
    )
    # Q4 became known on Saturday 2021-02-06: Monday's bar has it, two days old
    assert f["earnings_yield"][day("2021-02-08")] == np.float32(14 / 40) and np.isnan(
        f["earnings_yield"][day("2021-02-05")]
    )
    assert f["days_since_filing"][day("2021-02-08")] == 2 and f["book_yield"][first] == 2.0
    assert np.isnan(f["leverage"][p.rows_of("B")]).all()  # B never filed

def test_intraday_bars_know_a_filing_after_its_day():
    bars = pd.DatetimeIndex(
        [d + pd.Timedelta(t) for d in pd.bdate_range("2020-05-06", periods=4) for t in ("10:30:00", "16:00:00")]
    )
    p = panel_from_frame(pd.DataFrame({"date": bars, "asset": "A", "close": 4.0}), "bars")
    j = join_fundamentals(p, FILED)  # the first filing is of Thursday the 7th
    np.testing.assert_array_equal(np.isfinite(j.fields["net_margin"]), bars >= "2020-05-08")
    assert [
        join_fundamentals(q, FILED).quality["rows"]["after the last bar"]
        for q in (p, cut_panel(p, last="2020-05-07 16:00"))
    ] == [6, 7]
    assert j.about["known_on"].iloc[0] == "filings with known_on before the bar's day"

def test_joined_rows_equal_a_loop_over_rows():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        [
            _filing(y, k, float(rng.normal(3, 2)), asset=a, revenues=float(rng.uniform(50, 90)))
            for a in "AB"
            for y in (2019, 2020, 2021)
            for k in (1, 2, 3, 4)
        ]
    )
    table["known_on"] += pd.to_timedelta(rng.integers(0, 30, len(table)), unit="D")
    p = _panel()
    got = join_fundamentals(p, table).fields
    for i in range(0, p.n_rows, 37):
        date, asset = p.index[i]
        known = table[(table.asset == asset) & (table.known_on <= date)]
        if known.empty:
            assert np.isnan(got["net_margin"][i])
            continue
        latest = known.sort_values("period_end").iloc[-1]
        np.testing.assert_allclose(got["net_margin"][i], latest.net_income / latest.revenues, rtol=1e-5)
        assert got["days_since_filing"][i] == (date - known.known_on.max()).days
        old = known[(known.fiscal_year == latest.fiscal_year - 1) & (known.fiscal_period == latest.fiscal_period)]
        np.testing.assert_allclose(
            got["sales_growth"][i], latest.revenues / old.revenues.iloc[0] - 1 if len(old) else np.nan, rtol=1e-4
        )

def test_the_future_does_not_change_the_past():
    p = _panel()
    cut = pd.Timestamp("2021-03-01")
    whole = join_fundamentals(p, FILED).fields
    part = join_fundamentals(p, FILED[FILED.known_on <= cut]).fields
    seen = p.dates[p.date_code] <= np.datetime64(cut)
    for k in whole:
        np.testing.assert_array_equal(whole[k][seen], part[k][seen])
    assert (np.nan_to_num(whole["net_margin"][~seen]) != np.nan_to_num(part["net_margin"][~seen])).any()

def test_old_filings_fall_silent_and_unknown_companies_are_counted():
    p = _panel()
    j = join_fundamentals(p, FILED.iloc[:1], max_age=100)
    speaking = np.isfinite(j.fields["leverage"])
    np.testing.assert_array_equal(speaking, j.fields["days_since_filing"] <= 100)
    assert speaking.sum() > 60 and np.nanmax(j.fields["days_since_filing"]) > 500
    q = join_fundamentals(p, pd.concat([FILED, FILED.assign(asset="ZZ").iloc[:2]])).quality["rows"]
    assert q["unknown asset"] == 2 and q["amended"] == 1 and q["after the last bar"] == 0

def test_yields_need_a_close():
    p = panel_from_frame(pd.DataFrame({"date": pd.bdate_range("2021-01-01", periods=3), "asset": "A", "return": 0.0}))
    with pytest.raises(NeuralphaError, match="yields=False"):
        join_fundamentals(p, FILED)
    assert "book_yield" not in join_fundamentals(p, FILED, yields=False).fields
