# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.portfolio.policies import *
from dataclasses import dataclass, replace
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal, norm
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.data.simulated.market import simulate_universe
from neuralpha.trading.clock import Clock, entered_weights
from neuralpha.trading.ledger import spread_positions

def _setting(seed=0, n=60, days=300):
    panel = simulate_universe(n, days, seed=seed)
    return panel, np.where(panel.tradable, np.random.default_rng(seed).normal(size=panel.n_rows), np.nan)

def test_quantiles_in_tranches_are_the_spread_positions():
    panel, scores = _setting()
    wished = entered_weights(
        panel, np.where(panel.tradable, Quantiles(5).weights(scores, panel), 0.0), Clock(1, horizon=5)
    )
    known = spread_positions(panel.series(scores), panel, 5, 1, 5)
    live = panel.tradable
    np.testing.assert_allclose(wished[live], known[live], atol=1e-14)

@pytest.mark.parametrize("policy", [Quantiles(5), TopN(10, short=True), RankWeights(), Band(0.1, 0.2)])
def test_a_base_holds_one_unit_on_either_side(policy):
    panel, scores = _setting(1)
    held = policy.weights(scores, panel)
    day = panel.date_code
    wide = np.bincount(day, np.isfinite(scores)) >= 20
    for side in (np.maximum(held, 0), np.maximum(-held, 0)):
        np.testing.assert_allclose(np.bincount(day, side)[wide][5:], 1, rtol=1e-12)
    best = np.where(day == 200, np.nan_to_num(scores, nan=-9), -99).argmax()
    assert held[best] > 0
    shuffled = np.where(day > 150, -scores, scores)
    np.testing.assert_array_equal(policy.weights(shuffled, panel)[day <= 150], held[day <= 150])

@pytest.mark.parametrize("policy", [Quantiles(5), TopN(10), TopN(10, short=True), RankWeights(), Band(0.1, 0.2)])
def test_one_score_for_all_is_no_reason_to_hold_anybody(policy):
    panel, scores = _setting(1)
    alike = panel.date_code == 100
    held = policy.weights(np.where(alike & np.isfinite(scores), 0.3, scores), panel)
    assert not held[alike].any() and held[panel.date_code == 101].any()

def test_top_names_are_the_highest():
    panel, scores = _setting(2)
    held = TopN(7).weights(scores, panel)
    rows = panel.rows_on(panel.dates[100])
    assert set(rows[held[rows] > 0]) == set(rows[np.argsort(-np.nan_to_num(scores[rows], nan=-9))[:7]])

def test_a_band_cuts_turnover_as_the_bivariate_normal_says():
    """An AR(1) score: the share of the held that is sold on a bar, from the stationary law of (score, held)."""
    n, bars, phi = 2000, 120, 0.9
    rng = np.random.default_rng(0)
    x = np.empty((n, bars))
    x[:, 0] = rng.normal(size=n)
    for t in range(1, bars):
        x[:, t] = phi * x[:, t - 1] + np.sqrt(1 - phi**2) * rng.normal(size=n)
    dates = pd.bdate_range("2020-01-01", periods=bars)
    frame = pd.DataFrame(
        {"date": np.tile(dates, n), "asset": np.repeat([f"S{i:04d}" for i in range(n)], bars), "close": 1.0}
    )
    panel = panel_from_frame(frame)

    def sold(enter, leave):
        held = (Band(enter, leave).weights(x.ravel(), panel) > 0).reshape(n, bars)
        return (held[:, 50:-1] & ~held[:, 51:]).sum() / held[:, 50:-1].sum()

    corner = multivariate_normal([0, 0], [[1, phi], [phi, 1]])
    cut = norm.ppf(0.9)
    stays = corner.cdf([-cut, -cut]) / 0.1  # both above the cut
    np.testing.assert_allclose(sold(0.1, 0.1), 1 - stays, rtol=0.03)
    grid = np.linspace(-6, 6, 1201)
    step = grid[1] - grid[0]
    move = norm.pdf(grid[None], phi * grid[:, None], np.sqrt(1 - phi**2)) * step
    density = norm.pdf(grid) * step * (grid > cut)
    for _ in range(200):  # who is held, by score: new ones above the cut, old ones above the lower cut
        free = norm.pdf(grid) * step - density
        density = (density @ move) * (grid > norm.ppf(0.8)) + (free @ move) * (grid > cut)
    expected = ((density @ move) * (grid <= norm.ppf(0.8))).sum() / density.sum()
    np.testing.assert_allclose(sold(0.1, 0.2), expected, rtol=0.03)
    assert expected < 0.6 * (1 - stays)

def test_choices_that_make_no_sense_are_refused():
    base = Quantiles(5)
    for make, said in {
        lambda: Band(0.3, 0.2): "enters before it leaves",
        lambda: TopN(0): "TopN count is 0; it must be a whole number, at least 1",
        lambda: Breaker(base, 0.05): "Breaker day_loss is 0.05; it must be a finite number, below 0",
        lambda: Breaker(base, drawdown=-0.2): "Breaker drawdown is -0.2",
        lambda: Breaker(base, pause=0): "Breaker pause is 0",
        lambda: DrawdownCut(base, factor=2.0): "DrawdownCut factor is 2.0; .* at least 0 and at most 1",
        lambda: VolatilityTarget(base, -0.1): "VolatilityTarget annual is -0.1",
        lambda: ConstrainedSize(-0.05): "ConstrainedSize most is -0.05",
        lambda: FractionalKelly(np.nan): "FractionalKelly fraction is nan",
        lambda: FractionalKelly(window=9): "FractionalKelly window is 9; it must be a whole number, at least 10",
        lambda: Neutral(base, "beta", 3): "Neutral window is 3",
        lambda: Neutral(base, 5): "Neutral to is 5; it must be text",
        lambda: Capped(base, -0.1): "Capped most is -0.1",
    }.items():
        with pytest.raises(NeuralphaError, match=said):
            make()

def test_every_number_of_every_policy_of_the_house_has_bounds():
    from dataclasses import fields
    from neuralpha.portfolio.grammar import known_policies

    free = {("Band", "enter"), ("Band", "leave")}  # bounded together
    for name, kind in known_policies().items():
        numbers = [each.name for each in fields(kind) if each.type in (int, float, float | None)]
        assert not {(name, number) for number in numbers if number not in kind.bounds} - free, name

def test_kelly_to_the_digit():
    assert kelly_bet(0.6) == pytest.approx(0.2, rel=1e-12)

    def growth(stake):
        return 0.6 * np.log(1 + stake) + 0.4 * np.log(1 - stake)

    np.testing.assert_allclose([growth(0.2), growth(0.1), growth(0.4)], [0.0201355, 0.0150419, -0.0024469], atol=5e-8)
    f = kelly_weights(0.05, 0.15**2)
    np.testing.assert_allclose(f, 2.2222, atol=5e-5)
    np.testing.assert_allclose(kelly_growth(f, 0.05, 0.0225, 0.06), 0.115556, atol=5e-7)
    np.testing.assert_allclose(kelly_growth(f / 2, 0.05, 0.0225, 0.06), 0.101667, atol=5e-7)

@pytest.mark.parametrize(
    "covariance, said",
    [
        (np.ones((2, 2)), "covariance is singular"),
        (np.full((2, 2), np.nan), "covariance is singular"),
        (0.04, r"shape \(1, 1\); of 2 assets: \(2, 2\)"),
        (np.eye(3), r"shape \(3, 3\); of 2 assets"),
    ],
)
def test_a_covariance_that_nothing_can_be_divided_by_is_said(covariance, said):
    with pytest.raises(NeuralphaError, match=said):
        kelly_weights([0.05, 0.02], covariance)
    with pytest.raises(NeuralphaError, match=said):
        aim_loadings(np.eye(2), np.array([0.1, 0.2]), covariance, 1.0, 0.1)

def test_the_closed_form_of_many_assets_is_the_solve():
    panel, scores = _setting(4, 25)
    from neuralpha.portfolio.policies import _one_factor

    policy = FractionalKelly(0.3, most_gross=1e9)
    held = policy.weights(scores * 1e-4, panel)
    beta, market, own = _one_factor(panel, policy.window)
    rows = panel.rows_on(panel.dates[250])
    rows = rows[np.isfinite(scores[rows]) & np.isfinite(beta[rows])]
    covariance = market[rows[0]] * np.outer(beta[rows], beta[rows]) + np.diag(own[rows])
    np.testing.assert_allclose(held[rows], 0.3 * kelly_weights(scores[rows] * 1e-4, covariance), rtol=1e-8)
    gross = np.bincount(panel.date_code, np.abs(FractionalKelly(1.0).weights(scores, panel)))
    assert gross.max() <= 2 + 1e-9

def test_constrained_size_by_hand():
    panel, _ = _setting(5, 8, 100)
    policy = ConstrainedSize(most=0.04, window=30)
    day = Day(panel, 60, np.zeros(61), np.ones(61), np.zeros(8))
    wish = np.array([0.01, -0.02, 0.2, -0.3, 0, 0.03, 0.04, 0.05])
    np.testing.assert_allclose(policy.adjust(day, wish), np.clip(wish, -0.04, 0.04))
    fallen = replace(day, wealth=np.append(np.ones(60), 1 - 0.0481))
    np.testing.assert_allclose(policy.adjust(fallen, wish), np.clip(wish, -0.04, 0.04) / 2)
    almost = replace(day, wealth=np.append(np.ones(60), 1 - 0.0479))
    np.testing.assert_allclose(policy.adjust(almost, wish), np.clip(wish, -0.04, 0.04))
    from neuralpha.data.returns import bar_return

    first = panel.rows_of(panel.assets[0])
    own = np.zeros(61)
    own[panel.date_code[first][panel.date_code[first] <= 60]] = np.nan_to_num(bar_return(panel)[first])[
        panel.date_code[first] <= 60
    ]
    follower = replace(day, returns=own)
    sized = policy.adjust(follower, np.full(8, 0.01))
    window = pd.DataFrame(
        {a: pd.Series(bar_return(panel)[panel.rows_of(a)], panel.date_code[panel.rows_of(a)]) for a in panel.assets}
    )
    expected = window.loc[31:60].corrwith(pd.Series(own)[31:61])
    np.testing.assert_allclose(sized, 0.01 * (1 - expected.abs().fillna(0)), atol=1e-6)
    assert sized[0] == pytest.approx(0, abs=1e-6)

@pytest.mark.parametrize(
    "policy", [Quantiles(5), TopN(10, short=True), RankWeights(), Band(0.1, 0.2), FractionalKelly(), ConstrainedSize()]
)
def test_a_name_without_a_score_is_not_held(policy):
    panel, scores = _setting(1)
    scores = np.where(np.random.default_rng(2).random(panel.n_rows) < 0.4, np.nan, scores)
    held = policy.weights(scores, panel)
    assert not held[np.isnan(scores)].any() and (held[np.isfinite(scores)] < 0).any()

def test_a_cap_holds_and_the_sum_stays():
    panel, scores = _setting(6, 80)
    base, capped = RankWeights(), Capped(RankWeights(), 0.03)
    free, held = base.weights(scores, panel), capped.weights(scores, panel)
    assert np.abs(free).max() > 0.035 and np.abs(held).max() <= 0.03 + 1e-15
    wide = np.bincount(panel.date_code, np.isfinite(scores)) > 70
    np.testing.assert_allclose(np.bincount(panel.date_code, np.abs(held))[wide], 2, rtol=1e-9)
    with pytest.raises(NeuralphaError, match="Capped at 0.001 nobody can hold what Quantiles wishes: at most"):
        Capped(Quantiles(5), 0.001).weights(scores, panel)

@pytest.mark.parametrize("to", ["market", "sector", "beta", "style"])
def test_neutral_is_neutral(to):
    panel, scores = _setting(7, 80)
    from neuralpha.cross_section import sector_codes
    from neuralpha.portfolio.policies import _one_factor

    held = Neutral(Quantiles(5), to).weights(scores, panel)
    day = panel.date_code
    np.testing.assert_allclose(np.bincount(day, held), 0, atol=1e-12)
    np.testing.assert_allclose(np.bincount(day, np.abs(held))[20:], 2, rtol=1e-9)
    if to == "beta":
        beta = np.nan_to_num(_one_factor(panel, 60)[0])
        np.testing.assert_allclose(np.bincount(day, held * beta), 0, atol=1e-10)
    if to == "style":
        from neuralpha.portfolio.policies import style_ranks

        styles = style_ranks(panel)
        assert {"size", "momentum", "volatility"} <= {name.split()[0] for name in styles}
        for ranks in styles.values():
            ranks = np.where(np.isfinite(scores), np.nan_to_num(ranks), 0.0)
            np.testing.assert_allclose(np.bincount(day, held * ranks), 0, atol=1e-10)
    if to == "sector":
        code = sector_codes(panel)[panel.asset_code]
        np.testing.assert_allclose(np.bincount(day + panel.n_dates * code, held), 0, atol=1e-12)
    with pytest.raises(NeuralphaError, match="sector"):
        Neutral(Quantiles(5), "sektor")

@pytest.mark.parametrize("to", ["beta", "style"])
def test_two_names_leave_nothing_that_is_neutral_and_rounding_is_not_blown_up(to):
    panel, scores = _setting(7, 80)
    few = panel.date_code == 200
    chosen = np.flatnonzero(few & np.isfinite(scores))[:2]
    scores = np.where(few & ~np.isin(np.arange(panel.n_rows), chosen), np.nan, scores)
    policy = Neutral(TopN(1, short=True), to)
    held = policy.weights(scores, panel)
    day = str(pd.Timestamp(panel.dates[200]).date())
    assert not held[few].any() and np.abs(held[panel.date_code == 201]).sum() == pytest.approx(2)
    assert (day, f"names enough to be neutral to {to}", "nothing is held") in policy.infeasible()

def test_garleanu_and_pedersen_to_the_digit():
    rate = trading_rate(0.5, 2.0, 0.02)
    np.testing.assert_allclose([rate * 2.0, rate], [0.765507, 0.382754], atol=6e-7)
    aim = aim_loadings([0.10, 0.05], [0.05, 0.5], 0.04, 0.5, 2.0, 0.02)
    np.testing.assert_allclose(aim[0], [4.644463, 1.416024], atol=6e-7)
    daily = trading_rate(1e-9, 3e-7, 1 - np.exp(-0.02 / 260))
    np.testing.assert_allclose(daily, 0.05606, atol=6e-6)
    np.testing.assert_allclose(np.log(0.5) / np.log(1 - daily), 12.0, atol=0.05)

def test_the_rate_is_the_best_there_is_in_simulation():
    """One asset, a decaying signal, quadratic costs: utility by the stationary moments, on a grid of rates and aims."""
    gamma, lam, phi, b, variance = 0.5, 2.0, 0.1, 0.1, 0.04
    rate, aim = trading_rate(gamma, lam), aim_loadings([b], [phi], variance, gamma, lam)[0, 0]
    rho = 1 - phi

    def utility(k, m):  # signal of variance 1; x' = (1 - k) x + k m f
        xf = k * m / (1 - (1 - k) * rho)
        xx = (k * k * m * m + 2 * (1 - k) * k * m * rho * xf) / (1 - (1 - k) ** 2)
        before_f = rho * xf
        trade = k * k * (xx - 2 * m * before_f + m * m)
        return b * xf - gamma / 2 * variance * xx - lam / 2 * variance * trade

    best = utility(rate, aim)
    others = [utility(k, m) for k in np.linspace(0.02, 1, 99) for m in np.linspace(0.2, 2, 91) * aim]
    assert max(others) <= best + 1e-12 and max(others) > 0.995 * best

def test_slowed_weights_go_a_share_of_the_way():
    panel, scores = _setting(8)
    aim, held = Quantiles(5).weights(scores, panel), Slowed(Quantiles(5), 0.25).weights(scores, panel)
    rows = np.arange(panel.n_rows)[panel.rows_of(panel.assets[3])]
    np.testing.assert_allclose(held[rows[1:]], 0.75 * held[rows[:-1]] + 0.25 * aim[rows[1:]], atol=1e-15)
    with pytest.raises(NeuralphaError, match="rate is 0"):
        Slowed(Quantiles(5), 0).weights(scores, panel)

def test_a_volatility_target_is_met_and_does_not_look_ahead():
    panel, scores = _setting(9, 60, 900)
    from neuralpha.trading.returns import earned_returns

    policy = VolatilityTarget(Quantiles(5), 0.15, 40)
    held = policy.weights(scores, panel)
    earned = np.bincount(panel.date_code, held * earned_returns(panel).returns)
    assert np.std(earned[100:]) * np.sqrt(panel.bars_per_year) == pytest.approx(0.15, rel=0.08)
    early = panel.date_code <= 400
    fields = {k: np.where(panel.date_code > 400, 2 * v, v) for k, v in panel.fields.items()}
    np.testing.assert_array_equal(policy.weights(scores, replace(panel, fields=fields))[early], held[early])

def test_days_on_which_a_limit_cannot_be_kept_are_named():
    from neuralpha.portfolio.stops import NoTrade

    panel, scores = _setting()
    few = panel.date_code == 40
    scores = np.where(few & (panel.asset_code >= 6), np.nan, scores)
    day = str(pd.Timestamp(panel.dates[40]).date())
    for policy, limit in (
        (TopN(7), "7 names with scores that differ"),
        (TopN(4, short=True), "8 names with scores that differ"),
    ):
        held = policy.weights(scores, panel)
        assert not held[few].any() and [(d.date, d.limit) for d in policy.infeasible()] == [(day, limit)]
    capped = Capped(Quantiles(5), 0.2)
    whole = np.abs(capped.weights(scores, panel))
    [found] = Slowed(capped).infeasible()
    assert found == (day, "at most 0.2 of one name", "part of the money is not held")
    assert whole[few].sum() < 1 < 1.99 < whole[panel.date_code == 41].sum()
    capped.weights(np.where(few, np.nan, scores), panel)
    assert not capped.infeasible()
    alone = Quantiles(5)
    assert not alone.weights(np.where(few & (panel.asset_code > 0), np.nan, scores), panel)[few].any()
    assert alone.infeasible() == [(day, "5 groups of names", "nothing is held")]
    with pytest.raises(NeuralphaError, match=r"Slowed decides before the account is seen.*Breaker\(Slowed"):
        Slowed(Breaker(Quantiles(5))).weights(scores, panel)
    with pytest.raises(NeuralphaError, match="would drop what NoTrade does"):
        Neutral(NoTrade(Quantiles(5)), "market").weights(scores, panel)

def _day(wealth, panel, notes=None):
    wealth = np.asarray(wealth, float)
    returns = np.append(0.0, wealth[1:] / wealth[:-1] - 1)
    return Day(panel, len(wealth) - 1, returns, wealth, np.zeros(panel.n_assets), {} if notes is None else notes)

def test_cuts_and_breakers_by_hand():
    panel, scores = _setting(10, 5, 60)
    wish, notes = np.ones(5), {}
    cut = DrawdownCut(Quantiles(5), 0.1, 0.5, 0.25)
    assert (
        cut.adjust(_day([1, 1, 0.96], panel), wish).sum() == 5
        and cut.adjust(_day([1, 1, 0.94], panel), wish).sum() == 1.25
    )
    breaker = Breaker(Quantiles(5), -0.05, 0.1, pause=3)
    path = [1, 1.0, 0.94, 0.94, 0.94, 0.94, 0.93, 0.9, 0.87, 0.84]
    held = [breaker.adjust(_day(path[: t + 1], panel, notes), wish).any() for t in range(len(path))]
    assert held == [True, True, False, False, False, True, True, True, True, False] and notes["trips"] == [2, 9]
