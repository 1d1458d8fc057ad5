# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.rl.environment import *
import importlib.util
from dataclasses import replace
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import cut_panel, keep_assets, panel_from_frame
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.data.panel import Panel
from neuralpha.portfolio.policies import Policy
from neuralpha.trading.account import RECORD, Account, open_books
from neuralpha.trading.clock import Clock
from neuralpha.trading.costs import PRESETS, Costs, Impact, make_costs

def test_weights_keep_every_limit_and_change_nothing_that_kept_them():
    rng = np.random.default_rng(0)
    action = rng.uniform(-1, 1, (2000, 7))
    limits = ActionLimits(0.4, 1.0, 0.2)
    weights = limits.weights(action)
    assert np.abs(weights).max() <= 0.4
    assert np.abs(weights).sum(1).max() <= 1 + 1e-12
    assert np.abs(weights.sum(1)).max() <= 0.2 + 1e-12
    assert (np.abs(weights).max(1) <= 0.4 * np.abs(action).max(1) + 1e-12).all()
    order = np.argsort(action, 1)
    assert (np.diff(np.take_along_axis(weights, order, 1), axis=1) >= 0).all()
    assert np.abs(weights.sum(1)).max() == pytest.approx(0.2) and np.abs(weights).sum(1).max() == pytest.approx(1)
    small = action / 100
    assert (limits.weights(small) == small * 0.4).all()

def test_one_asset_can_be_full_long_and_full_short():
    assert ActionLimits().weights(np.array([[1.0], [-1.0]])).ravel().tolist() == [1.0, -1.0]

@pytest.mark.parametrize("net", [0.0, 0.3])
def test_where_a_net_binds_what_is_wished_of_all_alike_changes_nothing(net):
    """Were the heavier side shrunk, longs alone would become nothing where one side must equal the other."""
    rng = np.random.default_rng(0)
    action = rng.uniform(-0.2, 0.2, (200, 9))
    limits = ActionLimits(0.5, 9.0, net)
    best = limits.weights(action + 0.7)
    assert best == pytest.approx(limits.weights(action + 0.5), abs=1e-12) and best.sum(1) == pytest.approx(net)
    assert np.diff(best, axis=1) == pytest.approx(0.5 * np.diff(action, axis=1))

def test_an_asset_of_which_nothing_is_wished_stays_out_and_a_batch_changes_no_row():
    rng = np.random.default_rng(1)
    action = rng.uniform(-1, 1, (300, 6))
    action[:, 2] = 0.0
    limits = ActionLimits(0.4, 1.0, 0.1)
    weights = limits.weights(action)
    assert (weights[:, 2] == 0).all() and (weights[:, [0, 1, 3, 4, 5]] != 0).all()
    assert np.array_equal(weights, np.concatenate([limits.weights(row[None]) for row in action]))

def test_weights_are_the_same_to_the_last_bit_whoever_is_not_there():
    rng = np.random.default_rng(0)
    action = rng.uniform(-1, 1, (500, 40))
    later = np.sort(rng.integers(0, 41, 30))
    limits = ActionLimits(0.4, 1.0, 0.2)
    among_others = limits.weights(np.insert(action, later, 0.0, axis=1))
    assert np.array_equal(np.delete(among_others, later + np.arange(30), axis=1), limits.weights(action))

def test_what_is_wished_of_an_asset_that_is_not_there_leaves_the_others_alone():
    """Else a listing to come would be known from the weights of today."""
    dates = pd.bdate_range("2020-01-01", periods=30)
    names = {"old": dates, "older": dates, "to come": dates[20:]}
    rows = [pd.DataFrame({"date": d, "asset": name, "close": 10.0, "volume": 1e6}) for name, d in names.items()]
    whole, before = panel_from_frame(pd.concat(rows)), panel_from_frame(pd.concat(rows[:2]))
    limits = ActionLimits(1.0, 1.0, 1.0)
    decided = []
    for panel in (whole, before):
        env = trade_env(panel, limits=limits, costs="flat")
        env.reset()
        env.step(np.ones((1, panel.n_assets)))
        decided.append(env.decided[0, 0, :2])
    assert decided[0].tolist() == decided[1].tolist() == [0.5, 0.5]

@pytest.mark.parametrize(
    "value",
    ["a", None, 1j, True, np.nan, np.inf, -0.1, [], pd.Series([1.0, 2.0])],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize(
    ("make", "name"),
    [(ActionLimits, "position"), (ActionLimits, "gross"), (ActionLimits, "net"), (Wished, "gross"), (Wished, "net")],
)
def test_a_limit_that_is_no_number_is_one_line_that_names_it(make, name, value):
    told = f"^{make.__name__} {name} is .*; it must be a finite number, at least 0"
    with pytest.raises(NeuralphaError, match=told) as e:
        make(**{name: value})
    assert "\n" not in str(e.value)

@pytest.mark.parametrize(
    "action",
    [[["a"] * 3], [[1j] * 3], [[True] * 3], [[None] * 3], [[0.1], [0.1, 0.2]]],
    ids=lambda value: type(value).__name__,
)
def test_an_action_that_is_not_made_of_numbers_is_one_line_wherever_it_is_given(action):
    env = trade_env(simulate_universe(3, 40, seed=1))
    for take in (env.step, env.limits.weights):
        with pytest.raises(NeuralphaError, match="The action is not made of numbers") as e:
            take(action)
        assert "\n" not in str(e.value)
    assert env.date == 0

def play_at_random(env, seed=0):
    rng = np.random.default_rng(seed)
    rewards, records, over = [], [], False
    env.reset()
    while not over:
        _, reward, over, record = env.step(rng.uniform(-1, 1, (env.batch, env.n_assets)))
        rewards.append(reward)
        records.append(record.copy())
    return np.array(rewards), np.array(records)

@pytest.fixture(scope="module")
def market():
    return simulate_universe(12, 120, seed=3)

OWN = Costs(3.0, Impact(0.1, 0.6), Impact(0.02, 1.0), 1.0, 0.005, 2.0, 40.0, 100.0, name="own")

@pytest.mark.parametrize("clock", [Clock(), Clock(delay=3), Clock(fill="open")], ids=str)
@pytest.mark.parametrize("costs", [*PRESETS, OWN, Costs("corwin-schultz")], ids=[*PRESETS, "own", "corwin-schultz"])
def test_the_records_of_an_episode_are_the_backtest_of_its_actions_bit_for_bit(market, clock, costs):
    env = trade_env(market, costs=costs, clock=clock, copies=3, first=30, last=110)
    _, records = play_at_random(env)
    accounts = [Account(make_costs(costs), 1e8, weights=c) for c in range(3)]
    books = open_books(market, accounts, clock, env.decisions(), first=31)
    books.run(111)
    assert np.array_equal(records, books.records[31:111])
    charged = [RECORD.index(name) for name in ("half_spread", "temporary", "permanent", "commission", "borrow")]
    assert (np.abs(records[..., charged]).sum() > 0) == (costs != "none")
    assert env.ledger().error() < 1e-12

def test_a_path_is_played_as_it_would_be_alone(market):
    other = simulate_universe(12, 120, seed=4)
    env = trade_env([market, other], copies=2)
    rng = np.random.default_rng(0)
    actions = rng.uniform(-1, 1, (env.n_steps, 4, 12))
    both = [env.step(action)[1] for action in actions]
    for path, panel in enumerate((market, other)):
        mine = slice(2 * path, 2 * path + 2)
        alone = trade_env(panel, copies=2)
        assert np.array_equal([alone.step(action[mine])[1] for action in actions], np.array(both)[:, mine])

def test_what_is_seen_does_not_depend_on_later_bars(market):
    cut = cut_panel(market, last=market.dates[60])
    whole = keep_assets(market, np.isin(market.assets, cut.assets))
    env, short = trade_env(whole, copies=2), trade_env(cut, copies=2)
    assert 0 < short.n_steps < env.n_steps
    action = np.full((2, cut.n_assets), 0.05)
    for _ in range(short.n_steps):
        assert np.array_equal(env.step(action)[0], short.step(action)[0])

def test_a_ledger_stays_as_it_was_while_later_episodes_are_played(market):
    env = trade_env(market, copies=2)
    play_at_random(env)
    ledger = env.ledger()
    wealth = ledger.part("wealth").copy()
    play_at_random(env, seed=1)
    assert np.array_equal(ledger.part("wealth"), wealth) and not np.array_equal(env.ledger().part("wealth"), wealth)

def test_a_second_episode_repeats_the_first(market):
    env = trade_env(market, copies=2)
    first, again = play_at_random(env), play_at_random(env)
    assert np.array_equal(first[0], again[0]) and np.array_equal(first[1], again[1])

def test_a_path_that_is_not_there_is_one_line(market):
    env = trade_env([market, market])
    for read in (env.ledger, env.decisions):
        for path, told in (
            (2, "path is 2; the paths are numbered from 0 to 1"),
            (-1, "path is -1"),
            ("a", "path is 'a'"),
        ):
            with pytest.raises(NeuralphaError, match=told):
                read(path)

def test_every_reward_is_its_formula(market):
    penalty = 0.5
    paid = {}
    for name in REWARDS:
        env = trade_env(market, reward=Reward(name, 3.0, 10, 0.05, penalty), costs=5.0)
        paid[name] = play_at_random(env)[0][:, 0]
    net = env.net[:, 0]
    wealth = np.cumprod(1 + net)
    depth = 1 - wealth / np.maximum.accumulate(np.maximum(wealth, 1))
    assert paid["mean_variance"] == pytest.approx(net - 1.5 * net**2 - penalty * depth, abs=1e-12)
    assert paid["log_wealth"] == pytest.approx(np.log1p(net) - penalty * depth, abs=1e-12)
    rolling = pd.Series(net).rolling(10).std()
    assert paid["net_over_volatility"][9:] == pytest.approx((net / rolling).to_numpy()[9:] - penalty * depth[9:])
    assert paid["net_over_volatility"][:9] == pytest.approx(-penalty * depth[:9])

@pytest.mark.parametrize(
    ("reward", "worth"),
    [
        (Reward("mean_variance", 4.0), 0.0282),  # 0.03 - 4/2 0.0009
        (Reward("log_wealth"), 0.0295588),  # ln 1.03
        (Reward("net_over_volatility", window=3), 1.5),  # 0.03 / 0.02
        (Reward("net_over_volatility", window=3, risk_free=0.001), 1.45),
        (Reward("differential_sharpe"), 1.7857143),  # (5.6e-6 - 0.7e-6) / 0.014^3
    ],
    ids=str,
)
def test_every_reward_is_what_one_computes_by_hand(reward, worth):
    """Bars of 1, -1 and 3 %: mean 1 %, deviation 2 %; exponential means 0.002 and 0.0002 before the last."""
    net, moments = np.array([[0.01], [-0.01], [0.03]]), np.array([[0.002], [0.0002]])
    assert reward(net, np.zeros(1), moments) == pytest.approx(worth, abs=1e-7)
    careful = replace(reward, drawdown_penalty=0.5)
    assert careful(net, np.array([0.1]), moments) == pytest.approx(worth - 0.05, abs=1e-7)

def test_a_return_that_is_the_same_on_every_bar_has_no_volatility():
    net = np.full((20, 1), -1e-5) + 1e-20 * np.arange(20)[:, None]
    net[::2] = np.nextafter(net[::2], 0)
    assert net.std() > 0
    assert Reward("net_over_volatility")(net, np.zeros(1), np.zeros((2, 1))) == 0

def test_the_differential_sharpe_is_the_slope_of_the_ratio_in_the_newest_bar(market):
    env = trade_env(market, reward=Reward("differential_sharpe", memory=0.05), costs=5.0)
    paid = play_at_random(env)[0][:, 0]
    net = env.net[:, 0]

    def ratio(memory, t):
        mean, square = 0.0, 0.0
        for k in range(t):
            mean, square = mean + 0.05 * (net[k] - mean), square + 0.05 * (net[k] ** 2 - square)
        mean, square = mean + memory * (net[t] - mean), square + memory * (net[t] ** 2 - square)
        return mean / np.sqrt(square - mean**2)

    for t in (30, 60, 100):
        slope = (ratio(1e-6, t) - ratio(-1e-6, t)) / 2e-6
        assert paid[t] == pytest.approx(slope, rel=1e-5)

def test_bad_input_is_one_clear_line(market):
    env = trade_env(market)
    wrong = np.zeros((1, 12))
    for value in (np.nan, np.inf, -1.01):
        wrong[0, 3] = value
        told = f"The action for {market.assets[3]} in account 0 is {value}; give a finite number"
        with pytest.raises(NeuralphaError, match=told):
            env.step(wrong)
    with pytest.raises(NeuralphaError, match="looks back 20 bars, the episode has 10"):
        trade_env(market, reward="net_over_volatility", first=0, last=10)
    with pytest.raises(NeuralphaError, match="looks back 20 bars, the episode has 9; give a shorter window"):
        trade_env(market, reward="net_over_volatility").reset(110)
    with pytest.raises(NeuralphaError, match="use Clock"):
        trade_env(market, clock=Clock(delay=0))
    with pytest.raises(NeuralphaError, match="shape"):
        env.step(np.zeros(12))
    close = pd.DataFrame(
        {"date": pd.bdate_range("2020-01-01", periods=30), "asset": "A", "close": np.arange(30) + 50.0}
    )
    with pytest.raises(NeuralphaError, match="impact: the field 'volume' is missing"):
        trade_env(panel_from_frame(close, "thin"), costs="square-root")

@pytest.mark.parametrize(
    ("given", "told"),
    [
        (dict(panels=[]), "needs a panel; the list is empty"),
        (dict(panels=pd.DataFrame({"close": [1.0]})), r"trade_env\(panels=\): Panel is meant, and DataFrame was given"),
        (dict(panels=None), r"trade_env\(panels=\): Panel is meant, and None was given"),
        (dict(reward="sharp"), "Unknown reward 'sharp'"),
        (dict(reward=3), r"trade_env\(reward=\): Reward is meant, and int was given"),
        (dict(limits={"gross": 1}), r"trade_env\(limits=\): ActionLimits is meant, and dict was given"),
        (dict(last=400), "An episode from date 0 to 400 does not fit into 120 dates"),
        (dict(first=1.5), "first is 1.5; it must be a whole number"),
        (dict(first=True), "first is True; it must be a whole number, at least 0"),
        (dict(last=-1), "last is -1; it must be a whole number, at least 0"),
        (dict(copies=None), "copies is None; it must be a whole number"),
        (dict(copies=True), "copies is True; it must be a whole number"),
        (dict(copies=0), "copies is 0; it must be a whole number, at least 1"),
        (dict(by_asset=1), "by_asset is 1; it must be True or False"),
        (dict(costs=[5.0]), r"trade_env\(costs=\): Costs is meant, and list was given; the name of a preset"),
        (dict(features=[]), r"trade_env\(features=\) is an empty list; leave it out"),
        (dict(features={}), r"trade_env\(features=\) is an empty dict; leave it out"),
        (dict(clock=Clock(delay=200)), "traded 200 bars later, the episode has 119: nothing would be traded"),
        (dict(capital=-1e6), "capital is -1000000.0; it must be a finite number, above 0"),
    ],
)
def test_what_cannot_be_played_is_one_clear_line(market, given, told):
    with pytest.raises(NeuralphaError, match=told) as e:
        trade_env(**{"panels": market} | given)
    assert "\n" not in str(e.value)

def test_features_that_are_known_nowhere_are_refused_and_gaps_are_seen_as_gaps(market):
    features = np.ones((market.n_rows, 2))
    features[:, 1] = np.nan
    with pytest.raises(NeuralphaError, match=r"column 2 \(0 is the return, then the features\) is known on 0 of"):
        trade_env(market, features)
    features[market.date_code > 60, 1] = 1.0
    known = trade_env(market, features).market_seen[0, :, :, -2]
    assert not known[:61].any() and known[61:].any()

@pytest.mark.parametrize(
    ("given", "told"),
    [
        (dict(window=1), "Reward window is 1; it must be a whole number, at least 2"),
        (dict(window=2.5), "Reward window is 2.5; it must be a whole number"),
        (dict(risk_aversion=np.nan), "Reward risk_aversion is nan; it must be a finite number, at least 0"),
        (dict(drawdown_penalty=-1.0), "Reward drawdown_penalty is -1.0"),
        (dict(memory=0.0), "Reward memory is 0.0; it must be a finite number, above 0 and at most 1"),
        (dict(memory="a"), "Reward memory is 'a'; it must be a finite number"),
        (dict(memory=True), "Reward memory is True; it must be a finite number"),
        (dict(risk_free=np.inf), "Reward risk_free is inf; it must be a finite number, above -1 and below 1"),
        (dict(name=["log_wealth"]), r"Reward\(name=\): str is meant, and list was given; one of mean_variance"),
    ],
)
def test_a_reward_that_has_no_meaning_is_one_clear_line(given, told):
    with pytest.raises(NeuralphaError, match=told):
        Reward(**given)

def test_an_episode_of_no_number_of_bars_is_one_clear_line():
    for n_steps in ("a", None, 2.5, True):
        with pytest.raises(NeuralphaError, match="^n_steps is .*; it must be a whole number, at least 1"):
            Reward().check_fits(n_steps)

@pytest.mark.parametrize("name", REWARDS)
def test_the_parts_of_a_reward_sum_to_it_and_follow_what_each_asset_earned(market, name):
    env = trade_env(market, reward=Reward(name, drawdown_penalty=0.1), costs="flat", by_asset=True, last=60)
    rng = np.random.default_rng(1)
    for start in (None, 20):
        env.reset(start)
        for _ in range(25):
            action = rng.uniform(-1, 1, (1, env.n_assets))
            action[:, 0] = 0.0
            _, reward, _, _ = env.step(action)
            assert env.reward_by_asset.sum() == pytest.approx(reward[0], rel=1e-9, abs=1e-15)
            depth = 0.1 * env.standing.depth
            if name in ("mean_variance", "log_wealth"):  # who holds nothing shares the drawdown alone
                assert env.reward_by_asset[0, 0] == pytest.approx(-depth[0] / env.n_assets, abs=1e-12)

def test_an_episode_that_begins_later_is_the_end_of_the_market(market):
    env, late = (trade_env(market, costs="flat", first=first, last=60) for first in (0, 20))
    assert np.array_equal(env.reset(20), late.reset())
    action = np.full((1, env.n_assets), 0.1)
    while not (both := [each.step(action) for each in (env, late)])[0][2]:
        assert np.array_equal(both[0][0], both[1][0]) and np.array_equal(both[0][3], both[1][3])
    assert np.array_equal(env.ledger().part("wealth"), late.ledger().part("wealth"))
    env.reset(20)
    for date, told in (
        (3.5, "start is 3.5; it must be a whole number, at least 0"),
        (True, "start is True; it must be a whole number"),
        (-1, "start is -1; it must be a whole number"),
        (60, "cannot begin at date 60"),
    ):
        with pytest.raises(NeuralphaError, match=told):
            env.reset(date)
    assert env.date == 20 and len(env.step(action)[3]) == 1  # a start that is refused leaves the episode as it was

@pytest.mark.parametrize("by_asset", [False, True])
def test_a_ruined_account_sees_and_earns_finite_numbers(by_asset):
    """Short of a stock that opens at four times its price, with a fill at the open: ruined while it still holds it."""
    dates = pd.bdate_range("2020-01-01", periods=40)
    close = np.where(np.arange(40) < 20, 10.0, 40.0)
    bars = {"date": dates, "close": close, "open": np.append(10.0, close[:-1]), "volume": 1e6}
    panel = panel_from_frame(pd.concat([pd.DataFrame(bars | {"asset": name}) for name in "AB"]))
    env = trade_env(panel, costs=0.0, capital=1e9, clock=Clock(fill="open"), by_asset=by_asset)
    env.reset()
    held = []
    for _ in range(env.n_steps):
        seen, reward, _, _ = env.step(np.array([[-1.0, 0.0]]))
        assert np.isfinite(seen).all() and np.isfinite(reward).all() and np.isfinite(env.reward_by_asset).all()
        held.append(env.standing.held[0, 0])
    assert env.wealth[0] < 0 and min(held) < -1e9 and held[-1] == 0

@pytest.mark.skipif(importlib.util.find_spec("gymnasium") is None, reason="gymnasium is not installed")
def test_gymnasium_finds_nothing_wrong(market):
    from gymnasium.utils.env_checker import check_env

    check_env(gym_env(trade_env(market)), skip_render_check=True)

def test_without_gymnasium_the_extra_is_named(market, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "gymnasium", None)
    with pytest.raises(NeuralphaError, match=r"neuralpha\[rl\]"):
        gym_env(trade_env(market))

def test_what_is_no_environment_is_told_the_way():
    with pytest.raises(NeuralphaError, match=r"gym_env\(env=\): TradeEnv is meant, and str was given; na.trade_env"):
        gym_env("sim-tiny")
