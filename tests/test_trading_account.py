# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.trading.account import *
from dataclasses import replace
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.trading.clock import FILLS, Clock, entered_weights
from neuralpha.trading.costs import Costs, Impact, make_costs, past_volatility, past_volume
from neuralpha.trading.ledger import spread_portfolio, spread_positions
from neuralpha.trading.returns import earned_returns

def test_accounts_that_are_opened_again_are_those_that_were_opened_anew():
    panel = simulate_universe(40, 200, seed=3)
    weights = np.where(panel.tradable, np.random.default_rng(0).normal(size=panel.n_rows) / 40, 0.0)
    accounts = [Account(make_costs("square-root", borrow_bps=50.0), capital) for capital in (1e5, 1e7, 1e9)]
    anew = open_books(panel, accounts, Clock(), weights, first=5)
    again = open_again(open_books(panel, accounts[0], Clock(), weights, True, 5), accounts)
    for books in (anew, again):
        books.run(150)
    np.testing.assert_array_equal(anew.ledger().records, again.ledger().records)
    with pytest.raises(NeuralphaError, match="other costs"):
        open_again(anew, [Account(make_costs("flat"))])

def test_nothing_is_wished_on_dates_that_are_set_aside():
    panel, decided = _wild_market()
    aside = np.array([20, 21, 22, 60])
    at_once, by_step = (open_books(panel, Account(_EVERYTHING, 1e7), Clock(horizon=3), decided) for _ in range(2))
    at_once.run(150, aside)
    for date in range(150):
        by_step.step(np.zeros(panel.n_assets) if date in aside else None)
    np.testing.assert_array_equal(at_once.ledger().records, by_step.ledger().records)
    untouched = open_books(panel, Account(_EVERYTHING, 1e7), Clock(horizon=3), decided)
    untouched.run(150)
    assert (at_once.records[:20] == untouched.records[:20]).all() and (
        at_once.records[20] != untouched.records[20]
    ).any()

def _wild_market(seed=0, n=30, days=200):
    """Halts, delistings with and without a known loss, and a score that knows nothing."""
    panel = simulate_universe(n, days, seed=seed)
    rng = np.random.default_rng(seed)
    decided = rng.normal(size=panel.n_rows) / n
    decided[rng.random(panel.n_rows) < 0.1] = np.nan
    return panel, decided

_EVERYTHING = Costs(
    "corwin-schultz",
    Impact(0.7),
    Impact(0.1, 1.0),
    commission_bps=1,
    commission_per_share=0.005,
    commission_minimum=1,
    borrow_bps={0.3: 400, 1: 40},
    financing_bps=300,
)

@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize(("drift", "first"), [(True, False), (False, False), (True, True)])
def test_parts_sum_to_the_change_of_wealth(fill, drift, first):
    panel, decided = _wild_market()
    all_costs = [_EVERYTHING, make_costs("almgren"), make_costs("jkmp"), make_costs("classic"), make_costs("none")]
    accounts = [
        Account(costs, capital, 0, compounding, drift, participation, lot, first)
        for costs in all_costs
        for capital, compounding, participation, lot in ((1e6, True, np.inf, 0.0), (1e9, False, 0.02, 1000.0))
    ]
    ledger = run_accounts(panel, decided, accounts, Clock(1, fill, 2), by_asset=True)
    assert ledger.error() < 1e-12
    assert np.abs(ledger.part("before")).sum() > 0 and (ledger.part("traded") >= 0).all()
    for name in PAID:
        assert (ledger.part(name) <= 0).all()
    assert all(ledger.table(0)[name].sum() < 0 for name in PAID if name != "financing")
    by_asset = ledger.by_asset(3)
    table = ledger.table(3)
    np.testing.assert_allclose(by_asset.gained.sum(), table[list(GAINS)].to_numpy().sum(), rtol=1e-9)
    np.testing.assert_allclose(by_asset.paid.sum(), -table[list(PAID[:-1])].to_numpy().sum(), rtol=1e-9)

def test_steps_are_the_run_bit_for_bit():
    panel, decided = _wild_market(1)
    accounts = [Account(_EVERYTHING, 1e6), Account(make_costs("square-root"), 1e8, drift=False, participation=0.1)]
    whole = run_accounts(panel, decided, accounts, Clock(1, "open", 3))
    books = open_books(panel, accounts, Clock(1, "open", 3), decided)
    for _ in range(100):
        books.step()
    books.run(150)
    for _ in range(150, panel.n_dates):
        books.step()
    np.testing.assert_array_equal(books.ledger().records, whole.records)

def _without_the_end(market, missed):
    """A market whose last asset misses the last bars."""
    frame = market.frame().reset_index()
    there = (frame["date"] <= market.dates[-missed - 1]) | (frame["asset"] != frame["asset"].iloc[-1])
    return panel_from_frame(frame[there], attributes=market.attributes)

def test_a_bar_is_what_the_panel_has_on_its_date():
    panel = _without_the_end(_wild_market(3)[0], 3)
    returns, last = earned_returns(panel).returns, panel.asset_offsets[1:] - 1
    assert panel.gone.any() and not panel.gone[-1] and last[-1] == panel.n_rows - 1 and not panel.tradable.all()
    books = open_books(panel, Account())
    for d, date in enumerate(panel.dates):
        own, bar = panel.rows_on(date), books.bar(d)
        over = np.flatnonzero((panel.date_code[last] < d) & ~(panel.gone & (panel.date_code[last] < d - 1)))
        np.testing.assert_array_equal(bar.row, np.append(own, last[over]))
        np.testing.assert_array_equal(bar.asset, panel.asset_code[bar.row])
        np.testing.assert_array_equal(bar.leaves, np.append(np.zeros(len(own), bool), panel.gone[over]))
        np.testing.assert_array_equal(bar.fillable, np.append(panel.tradable[own], np.zeros(len(over), bool)))
        is_first = np.isin(own, panel.asset_offsets[:-1])
        np.testing.assert_array_equal(
            bar.before, np.append(np.where(is_first, 0.0, returns[own - 1]), returns[last[over]])
        )

def test_books_copy_neither_the_weights_nor_what_the_panel_keeps():
    panel = simulate_universe(30, 200, seed=7)
    weights = np.random.default_rng(0).normal(size=panel.n_rows) / 30
    books = open_books(panel, Account(make_costs("square-root")), Clock(), weights)
    shared = (books.decided, weights), (books.bars.moves, earned_returns(panel).returns)
    shared += (books.bars.tradable, panel.tradable), (books.bars.fillable, panel.tradable)
    assert all(np.shares_memory(*both) for both in shared) and weights.flags.writeable
    kept = [*books.bars, *books.state, books.records]
    own = [a for a in kept if not any(np.shares_memory(a, given) for _, given in shared)]
    of_bars = books.records.nbytes + books.bars.years.nbytes  # and ten numbers an asset, at most
    assert sum(a.nbytes for a in own) <= 16 * panel.n_rows + of_bars + 80 * panel.n_assets
    books.run()
    with pytest.raises(ValueError, match="read-only"):
        books.decided[:] = 0.0

def test_accounts_with_different_laws_of_impact_are_those_kept_alone():
    panel, decided = _wild_market(8)
    laws = [Impact(0.0), Impact(0.7), Impact(0.7, 0.6), Impact(0.2, 1.0, False), Impact(0.01, 0.0, False)]
    laws += [Impact(0.1, base="capital"), Impact(0.1, 0.3, base="capital")]
    accounts = [Account(Costs(5.0, law, late), 1e8) for law in laws for late in (Impact(0.0), Impact(0.1, 1.0))]
    together = run_accounts(panel, decided, accounts)
    assert len({*together.part("wealth")[-1]}) == len(accounts)
    for c, account in enumerate(accounts):
        np.testing.assert_array_equal(together.records[:, c], run_accounts(panel, decided, account).records[:, 0])

def test_the_account_in_plain_python():
    panel, decided = _wild_market(2, 12, 90)
    costs = make_costs("square-root")
    wished = entered_weights(panel, decided)
    earned, volume, volatility = earned_returns(panel).returns, past_volume(panel), past_volatility(panel)
    wealth, cash, held = [], 1e7, {}
    for d in range(panel.n_dates):
        rows = {panel.asset_code[r]: r for r in panel.rows_on(panel.dates[d])}
        for a, position in list(held.items()):
            before = rows[a] - 1 if a in rows else panel.asset_offsets[a + 1] - 1
            held[a] = position * (1 + earned[before])
            if a not in rows and panel.gone[a]:
                cash += held.pop(a) - 5e-4 * abs(position)
        total = cash + sum(held.values())
        for a, r in rows.items():
            order = wished[r] * total - held.get(a, 0.0)
            if np.isnan(order) or not panel.tradable[r] or not volume[r] > 0 or not volatility[r] >= 0:
                continue
            size = abs(order)
            cash -= order + size * (5e-4 + 2 / 3 * volatility[r] * np.sqrt(size / volume[r]))
            held[a] = held.get(a, 0.0) + order
        wealth.append(cash + sum(held.values()))
    got = run_accounts(panel, decided, Account(costs, 1e7)).part("wealth")[:, 0]
    np.testing.assert_allclose(got, wealth, rtol=1e-10)

def test_constant_weights_on_fixed_capital_are_the_spread_portfolio():
    panel, _ = _wild_market(3, 40, 150)
    score = panel.series(np.random.default_rng(0).normal(size=panel.n_rows))
    spread = spread_portfolio(score, panel, 5, 1, 5, Costs(7))
    positions = spread_positions(score, panel, 5, 1, 5)
    account = Account(Costs(7), 1.0, compounding=False, drift=False)
    got = run_accounts(panel, positions, account, Clock(0)).table()
    gross = got[list(GAINS)].sum(axis=1)
    np.testing.assert_allclose(gross.reindex(spread.index), spread.gross, atol=1e-12)
    np.testing.assert_allclose(-got.half_spread.shift(1).reindex(spread.index), spread.cost, atol=1e-12)

def test_who_merely_misses_the_last_bars_is_still_held():
    days = pd.bdate_range("2020-01-01", periods=6)
    frame = pd.DataFrame({"date": days.repeat(2), "asset": list("AB") * 6, "close": 10.0, "volume": 1e6})
    whole = panel_from_frame(frame, tradable=~((frame["asset"] == "B") & (frame["date"] > days[3])))
    ragged = panel_from_frame(frame[(frame["asset"] == "A") | (frame["date"] <= days[3])])
    assert ragged.n_rows == whole.n_rows - 2 and not ragged.gone.any()
    account = Account(Costs(0.0, borrow_bps=100), 100.0)
    by_panel = [run_accounts(p, np.where(p.asset_code, -0.5, 0.5), account, by_asset=True) for p in (whole, ragged)]
    halted, missing = (ledger.table() for ledger in by_panel)
    assert (missing.short[1:] > 49).all() and by_panel[1].error() < 1e-12
    columns = [*PARTS, "wealth", "long", "short", "names"]
    np.testing.assert_allclose(missing[columns], halted[columns], rtol=1e-12)
    constant = Account(Costs(0.0, borrow_bps=100), 100.0, compounding=False, drift=False)
    decided = np.where(ragged.asset_code, -0.5, 0.5)
    plain, kept = constant_weights(ragged, decided, constant), run_accounts(ragged, decided, constant).table()
    np.testing.assert_allclose(plain[[*PARTS, "wealth"]], kept[[*PARTS, "wealth"]], rtol=1e-12)

@pytest.mark.parametrize("missed", [1, 2, 20])
def test_parts_sum_where_assets_miss_the_last_bars(missed):
    ragged = _without_the_end(_wild_market(6)[0], missed)
    decided = np.random.default_rng(0).normal(size=ragged.n_rows) / 30
    books = open_books(ragged, Account(), Clock(), decided, by_asset=True, first=3)
    stepped, held = open_books(ragged, Account(), Clock(), decided, first=3), []
    for _ in range(3, ragged.n_dates):
        stepped.step()
        held.append(stepped.state.position[:, 0].copy())
    books.run(last=ragged.n_dates - missed)
    before = books.held_on_rows()
    np.testing.assert_array_equal(books.held_by_date(), held[:-missed])
    books.run()
    np.testing.assert_array_equal(books.held_by_date(), held)
    assert held[-1][-1] != 0 and np.isnan(before[ragged.date_code < 3]).all()
    np.testing.assert_array_equal(books.held_on_rows()[ragged.asset_offsets[1:] - 1][-1], before[-1])
    ledger = run_accounts(ragged, decided, [Account(_EVERYTHING, 1e6), Account(drift=False)], Clock(1, "open", 2))
    assert not ragged.gone[-1] and ledger.error() < 1e-12

def test_a_dollar_bought_and_held_is_the_price():
    days = pd.bdate_range("2020-01-01", periods=5)
    close = np.array([10.0, 11, 12, 6, 9])
    panel = panel_from_frame(pd.DataFrame({"date": days, "asset": "A", "close": close}))
    decided = np.array([1.0, np.nan, np.nan, np.nan, np.nan])
    table = run_accounts(panel, decided, Account(Costs(0.0), 100.0)).table()
    np.testing.assert_allclose(table.wealth, [100, 100, 100 * 12 / 11, 100 * 6 / 11, 100 * 9 / 11], rtol=1e-6)
    assert table.traded.tolist() == [0, 100, 0, 0, 0]
    rebalanced = run_accounts(panel, np.full(5, 0.5), Account(Costs(100.0), 100.0)).table()
    assert rebalanced.traded.iloc[2] > 0 and rebalanced.wealth.iloc[1] == 100 - 0.5

def test_rebalancing_drags_by_turnover_times_cost_times_the_next_return():
    """Costs are paid out of cash before the next return is earned, so a fully invested account owes them."""
    days = pd.bdate_range("2020-01-01", periods=3)
    panel = panel_from_frame(pd.DataFrame({"date": days, "asset": "A", "close": [10.0, 10, 11]}))
    paid, free = (run_accounts(panel, np.ones(3), Account(Costs(bps), 100.0)).table() for bps in (10.0, 0.0))
    assert free.wealth.iloc[1] - paid.wealth.iloc[1] == pytest.approx(0.1, rel=1e-9)

def test_volume_limits_what_is_filled_and_the_rest_is_ordered_again():
    days = pd.bdate_range("2020-01-01", periods=4)
    panel = panel_from_frame(pd.DataFrame({"date": days, "asset": "A", "close": 1.0, "volume": 100.0}))
    table = run_accounts(panel, np.ones(4), Account(Costs(0.0), 50.0, participation=0.2)).table()
    assert table.traded.tolist() == [0, 20, 20, 10] and table.unfilled.tolist() == [0, 30, 10, 0]
    lots = run_accounts(panel, np.ones(4), Account(Costs(0.0), 50.0, participation=0.2, lot=15.0)).table()
    assert lots.traded.tolist() == [0, 15, 15, 15]

def test_halts_and_orders_without_a_price_are_counted():
    days = pd.bdate_range("2020-01-01", periods=6)
    frame = pd.DataFrame({"date": days, "asset": "A", "close": [1.0, 1, np.nan, 1, 1, 1], "volume": 100.0})
    panel = panel_from_frame(frame)
    table = run_accounts(panel, np.array([0.0, 1, 1, 0, 0, 0]), Account(Costs(0.0), 50.0)).table()
    assert table.halted.tolist() == [0, 0, 50, 0, 0, 0] and table.traded.tolist() == [0, 0, 0, 50, 50, 0]
    table = run_accounts(panel, np.ones(6), Account(make_costs("square-root"), 50.0)).table()
    assert table.unpriced.iloc[1] == 50 and table.traded.iloc[1] == 0

def test_borrow_and_financing_accrue_by_the_calendar():
    days = pd.to_datetime(["2020-01-02", "2020-01-03", "2020-01-06"])
    panel = panel_from_frame(pd.DataFrame({"date": days.repeat(2), "asset": list("AB") * 3, "close": 1.0}))
    decided = np.repeat([3.0, -1.0], 3)
    table = run_accounts(panel, decided, Account(Costs(0.0, borrow_bps=100, financing_bps=200), 100.0)).table()
    np.testing.assert_allclose(table.borrow.iloc[2], -100 * 0.01 * 3 / 365.25, rtol=1e-12)
    np.testing.assert_allclose(table.financing.iloc[2], -100 * 0.02 * 3 / 365.25, rtol=1e-12)

def test_the_future_changes_no_earlier_bar():
    panel, decided = _wild_market(5)
    later = panel.date_code > 120
    fields = {k: np.where(later, v * np.float32(1.7), v) for k, v in panel.fields.items()}
    changed = replace(panel, fields=fields, attributes=panel.attributes)
    accounts = [Account(_EVERYTHING, 1e7), Account(make_costs("square-root"))]
    clock = Clock(1, "vwap", 2)
    a, b = (
        run_accounts(p, np.where(later & (p is changed), -decided, decided), accounts, clock) for p in (panel, changed)
    )
    np.testing.assert_array_equal(a.records[:121], b.records[:121])
    assert (a.records[121:] != b.records[121:]).any()

def test_accounts_that_nobody_can_keep_are_refused():
    panel, decided = _wild_market()
    with pytest.raises(NeuralphaError, match="capital is -5"):
        Account(capital=-5)
    with pytest.raises(NeuralphaError, match="participation is 0"):
        Account(participation=0)
    with pytest.raises(NeuralphaError, match="Account weights is -1"):  # it would have been the last column
        Account(weights=-1)
    with pytest.raises(NeuralphaError, match=r"Account\(costs=\): Costs is meant, and int was given"):
        Account(5)
    with pytest.raises(NeuralphaError, match="Account compounding is 'no'; it must be True or False"):
        Account(compounding="no")
    with pytest.raises(NeuralphaError, match="weights have 7 rows"):
        run_accounts(panel, np.zeros(7), Account())
    with pytest.raises(NeuralphaError, match="wants column 2 of the weights"):
        run_accounts(panel, decided, Account(weights=2))
    with pytest.raises(NeuralphaError, match="is infinite"):
        run_accounts(panel, np.full(panel.n_rows, np.inf), Account())

@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("first", [False, True])
def test_two_sets_of_books_agree(fill, first):
    panel, decided = _wild_market(4)
    for costs in (_EVERYTHING, make_costs("almgren", borrow_bps="by-liquidity"), make_costs("classic")):
        account = Account(costs, 1e7, compounding=False, drift=False, costs_first=first)
        plain = constant_weights(panel, decided, account, Clock(1, fill, 2))
        ledger = run_accounts(panel, decided, account, Clock(1, fill, 2)).table()
        columns = [*PARTS, "wealth"]
        np.testing.assert_allclose(plain[columns], ledger[columns], rtol=1e-10, atol=1e-12 * account.capital)
        change = np.diff(np.append(account.capital, plain["wealth"]))
        np.testing.assert_allclose(plain[list(PARTS)].sum(axis=1), change, atol=1e-12 * account.capital)
    assert plain["borrow"].sum() == 0 and (plain["half_spread"] < 0).any()
    with pytest.raises(NeuralphaError, match="drift=False"):
        constant_weights(panel, decided, Account())

def test_costs_first_invest_what_is_left():
    dates = pd.bdate_range("2020-01-01", periods=4)
    frame = pd.DataFrame({"date": dates, "asset": "A", "close": [100.0, 100, 110, 110], "volume": 1e6})
    panel = panel_from_frame(frame)
    after, first = (
        run_accounts(panel, np.ones(4), Account(Costs(100.0), 100.0, costs_first=way)).table() for way in (False, True)
    )
    np.testing.assert_allclose((after["before"].iloc[2], after["half_spread"].iloc[1]), (10, -1))  # a loan pays it
    np.testing.assert_allclose(first["before"].iloc[2], 0.1 * 99.0)  # 1 is paid, 99 are invested
    np.testing.assert_allclose(first["half_spread"].iloc[1], -0.99)
