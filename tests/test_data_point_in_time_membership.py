# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.point_in_time.membership import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.data.simulated.market import simulate_named
from neuralpha.labels import forward_return

DAYS = pd.bdate_range("2024-01-01", periods=8)

PANEL = panel_from_frame(
    pd.DataFrame([(d, a, 10.0) for d in DAYS for a in "AB"], columns=["date", "asset", "close"]), "two"
)

TABLE = pd.DataFrame(
    [
        ("A", "2024-01-01", None, "2023-12-20"),
        ("A", "2024-01-01", "2024-01-05", "2024-01-04"),
        ("B", "2024-01-03", None, "2024-01-08"),
    ],
    columns=["asset", "from", "to", "known_on"],
)

@pytest.mark.parametrize("given", [20240103, 1704240000, "03/01/2024", "3 Jan 2024"])
@pytest.mark.parametrize("column", ["from", "to", "known_on"])
def test_dates_that_can_be_read_in_two_ways_are_refused(column, given):
    with pytest.raises(NeuralphaError, match=f"membership: column '{column}'.*2020-?12-?31"):
        members(PANEL, TABLE.assign(**{column: given}))
    with pytest.raises(NeuralphaError, match="delistings: column 'date'.*2020-?12-?31"):
        with_delistings(PANEL, pd.DataFrame({"asset": ["A"], "date": [given], "return": [-0.3]}))

def test_a_column_of_ends_without_one_is_open():
    table = TABLE.iloc[[0]].assign(to=np.nan)  # as a file without any end is read
    assert members(PANEL, table).reshape(2, 8)[0].all()

def test_membership_by_hand():
    got = members(PANEL, TABLE).reshape(2, 8)
    assert got[0].tolist() == [True] * 5 + [False] * 3 and got[1].tolist() == [False] * 5 + [True] * 3

def test_membership_equals_a_loop_over_rows():
    rng = np.random.default_rng(0)
    days = pd.bdate_range("2024-01-01", periods=60)
    panel = panel_from_frame(
        pd.DataFrame([(d, a, 1.0) for d in days for a in "ABC"], columns=["date", "asset", "close"])
    )

    def day(n):
        return pd.Timestamp("2023-12-25") + pd.Timedelta(days=int(n))

    rows = []
    for _ in range(40):
        start = rng.integers(0, 8) * 10
        rows.append(
            (
                rng.choice(list("ABCD")),
                day(start),
                day(start + rng.integers(0, 60)) if rng.random() < 0.7 else pd.NaT,
                day(rng.integers(0, 90)),
            )
        )
    table = pd.DataFrame(rows, columns=["asset", "from", "to", "known_on"]).drop_duplicates(
        ["asset", "from", "known_on"]
    )

    def brute(date, asset):
        known = table[(table.asset == asset) & (table.known_on <= date)].sort_values("known_on").groupby("from").tail(1)
        return bool(((known["from"] <= date) & ~(known["to"] < date)).any())

    assert members(panel, table).tolist() == [brute(d, a) for d, a in panel.index]

def test_a_date_without_a_time_lasts_to_the_end_of_its_day():
    bars = pd.DatetimeIndex([d + pd.Timedelta(t) for d in DAYS[:4] for t in ("10:30:00", "16:00:00")])
    panel = panel_from_frame(
        pd.DataFrame([(d, a, 1.0) for d in bars for a in "AB"], columns=["date", "asset", "close"])
    )

    def got(*rows):
        return members(panel, pd.DataFrame(rows, columns=["asset", "from", "to", "known_on"]))[:8].astype(int).tolist()

    assert got(("A", "2024-01-02", "2024-01-03", "2023-12-20")) == [0, 0, 1, 1, 1, 1, 0, 0]
    assert got(("A", "2024-01-02", "2024-01-03 10:30", "2023-12-20")) == [0, 0, 1, 1, 1, 0, 0, 0]
    assert got(("A", "2024-01-01", None, "2024-01-02")) == [0, 0, 0, 0, 1, 1, 1, 1]  # announced during the 2nd
    assert got(("A", "2024-01-01", None, "2024-01-02 12:00")) == [0, 0, 0, 1, 1, 1, 1, 1]
    assert got(("A", "2024-01-01", None, "2023-12-20"), ("A", "2024-01-01", "2024-01-02", "2024-01-03")) == [
        1,
        1,
        1,
        1,
        1,
        1,
        0,
        0,
    ]

@pytest.mark.parametrize(
    "change, message",
    [
        (dict(known_on=None), "empty 'from' or 'known_on' for A"),
        (dict(to="2023-01-01"), "'to' before its 'from' for A"),
    ],
)
def test_bad_membership_tables_are_refused(change, message):
    with pytest.raises(NeuralphaError, match=message):
        members(PANEL, TABLE.assign(**change))
    with pytest.raises(NeuralphaError, match="'known_on' is missing"):
        members(PANEL, TABLE.drop(columns="known_on"))

def test_filters_by_hand():
    frame = pd.DataFrame(
        {
            "date": list(DAYS) * 2,
            "asset": ["A"] * 8 + ["B"] * 8,
            "close": [4.0, 5, 6, 7, 8, 9, 10, 11] + [20.0] * 8,
            "volume": [10.0] * 8 + [1.0, 1, 1, 9, 9, 9, 1, 1],
        }
    )
    p = panel_from_frame(frame)

    def f(**kw):
        return eligible(p, **{"min_history": 0, "window": 3} | kw).reshape(2, 8).astype(int).tolist()

    assert f(min_price=6) == [[0, 0, 1, 1, 1, 1, 1, 1], [1] * 8]
    assert f(min_history=2)[0] == [0, 0, 1, 1, 1, 1, 1, 1]
    # median turnover over three bars: A 40, 45, 50, 60, ...; B 20, 20, 20, 20, 180, 180, 180, 20
    assert f(min_turnover=50) == [[0, 0, 1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 1, 1, 1, 0]]
    assert f(n_top=1) == [[1, 1, 1, 1, 0, 0, 0, 1], [0, 0, 0, 0, 1, 1, 1, 0]]
    assert f(min_price=6, review=3) == [[0, 0, 0, 1, 1, 1, 1, 1], [1] * 8]

def test_filters_do_not_look_ahead():
    market = simulate_named("sim-tiny")
    cut = 300
    frame = market.frame()
    past = panel_from_frame(
        frame[market.date_code <= cut].drop(columns="tradable"), tradable=market.tradable[market.date_code <= cut]
    )
    settings = dict(min_price=20, min_turnover=5e5, n_top=15, review=21)
    whole = pd.Series(eligible(market, **settings), market.index)
    part = pd.Series(eligible(past, **settings), past.index)
    assert part.sum() > 500 and whole.reindex(part.index).equals(part)

def test_a_filter_names_the_field_it_misses():
    with pytest.raises(NeuralphaError, match="no field 'volume'"):
        eligible(PANEL, n_top=5)

def test_members_keep_their_past_and_strangers_go():
    market = simulate_named("sim-tiny")
    member = eligible(market, n_top=10)
    kept = with_members(market, member)
    ever = sorted(set(market.assets[market.asset_code[member]]))
    assert list(kept.assets) == ever and 10 < len(ever) < 40 and kept.fields["member"].sum() == member.sum()
    for a in ever:
        np.testing.assert_array_equal(kept.fields["close"][kept.rows_of(a)], market.fields["close"][market.rows_of(a)])
    assert kept.n_dates == market.n_dates and kept.truth["oracle"].shape == (kept.n_rows,)
    with pytest.raises(NeuralphaError, match="ever a member"):
        with_members(market, np.zeros(market.n_rows, bool))

def _leavers():
    frame = pd.DataFrame(
        [(d, a, 10.0) for a, n in (("A", 8), ("B", 5), ("C", 3)) for d in DAYS[:n]], columns=["date", "asset", "close"]
    )
    return panel_from_frame(frame, "leavers")

def test_delistings_by_hand():
    table = pd.DataFrame({"asset": ["B", "Z"], "date": [DAYS[5], DAYS[5]], "return": [-0.4, 0.0]})
    p = with_delistings(_leavers(), table)
    assert (
        p.attributes["delisting_return"].fillna(9).tolist() == [9, -0.4, 9] and p.checks.empty
    )  # C misses a few bars, and nobody says that it left
    np.testing.assert_allclose(
        forward_return(p, 2, 0).values[p.rows_of("B")], [0, 0, 0, -0.4, -0.4]
    )  # held through the delisting

def test_an_unknown_delisting_return_is_said_or_assumed_for_those_who_left():
    days = pd.bdate_range("2024-01-01", periods=60)
    p = panel_from_frame(
        pd.DataFrame(
            [(d, a, 10.0) for a, n in (("A", 60), ("B", 55), ("C", 30), ("D", 58)) for d in days[:n]],
            columns=["date", "asset", "close"],
        )
    )
    table = pd.DataFrame({"asset": ["D"], "date": [days[59]], "return": [np.nan]})
    assert with_delistings(p, table).checks["assets"].tolist() == [2]
    assert with_delistings(p, table, assume=-0.3).attributes["delisting_return"].fillna(9).tolist() == [
        9,
        9,
        -0.3,
        -0.3,
    ]  # B merely misses the thin end

@pytest.mark.parametrize(
    "rows, message",
    [
        ([("B", DAYS[2], 0.0)], "B has bars after its delisting"),
        ([("B", DAYS[5], -1.2)], "B loses more than everything"),
        ([("B", DAYS[5], 0.0)] * 2, "B is delisted more than once"),
    ],
)
def test_bad_delistings_are_refused(rows, message):
    with pytest.raises(NeuralphaError, match=message):
        with_delistings(_leavers(), pd.DataFrame(rows, columns=["asset", "date", "return"]))
