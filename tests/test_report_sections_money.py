# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.sections.money import *
MONEY = {
    "name": "money",
    "universes": ["sim-tiny"],
    "models": ["ridge", "ols"],
    "seeds": 1,
    "split": {"train": "1Y", "valid": "6M", "test": "6M"},
    "portfolio": {"capital": 1e7},
    "costs": {"preset": "square-root", "commission_bps": 1.0},
}

def _money_pages_show_it(report, stored):
    from neuralpha.core import read_json
    from neuralpha.report.pages.money import money_of_model_page, money_of_universe_page
    from neuralpha.report.pages.results import UniverseResult

    result = UniverseResult("sim-tiny", read_json(report.folder / "metrics.json"), report.figures, {}, {}, {}, stored)
    whole = {table.title: table for table in money_of_universe_page(result).universes[0].tables}
    assert [cell.show for cell in whole["Where the return went, % a year"].rows[0]][0] in stored["models"]
    conventions = whole["The same scores under every convention"]
    orders, counted = whole["Orders that were not filled, %"], stored["models"]["ridge"]["orders"]
    assert counted["halted"] > 0 and f"{counted['halted']:.2f}" in [row[1].show for row in orders.rows]
    assert stored["models"]["ridge"]["risk"]["tests"] == [] and stored["models"]["ridge"]["risk"]["concentration"]
    known = stored["models"][conventions.heads[4]]["conventions"]
    assert conventions.rows[-1][4].show == f"{known['spread']:.2f}" and len(conventions.rows) == len(known["rows"]) + 1
    page = money_of_model_page(result, "ridge")
    assert {figure["title"] for figure in page.figures} >= {"ridge: where the return went", "ridge: what may be lost"}
    shown = {table.title: table for table in page.tables}
    facts = stored["models"]["ridge"]
    assert (
        page.numbers.columns[-2].name == "deflated Sharpe ratio"
        and "best of 2 trials" in page.numbers.columns[-2].definition
    )
    breakers = shown["Circuit breakers, judged like strategies"]
    assert [cells[3].show for cells in breakers.rows] == [f"{row['trips']:.0f}" for row in facts["breakers"]["rows"]]
    assert len(whole["Circuit breakers, judged like strategies"].rows) == 2 * len(breakers.rows)
    assert len(shown["Net return by the bar, the week and the month, %"].rows) == 3
    assert len(shown["Shocks"].rows) == len(facts["stress"]["shocks"])
    assert [cells[0].show for cells in shown["Drawdowns"].rows] == [row["peak"] for row in facts["drawdowns"]]

def test_money_is_stored_and_derived_again_from_the_scores(tmp_path):
    from neuralpha.core import read_json
    from neuralpha.report.steps import Report
    from neuralpha.report.verify import _differences, derived_files
    from neuralpha.study.experiment import open_experiment
    from neuralpha.study.spec import make_study

    report = Report(open_experiment(make_study(MONEY)), tmp_path)
    for step in (report.data, report.fit, report.leaderboard, report.money):
        step()
    stored = read_json(report.folder / "money.json")
    assert not _differences(stored, derived_files(report.folder, report.experiment)["money.json"])
    facts = stored["models"]["ridge"]["costs"]
    parts = [record["value"] for part, record in facts.items() if part != "net"]
    assert abs(sum(parts) - facts["net"]["value"]) < 1e-9 and facts["commission"]["value"] < 0
    assert {row["model"] for row in stored["league"]} == {"ridge", "ols"}
    from neuralpha.portfolio.risk import position_correlations

    together = stored["models"]["ridge"]["risk"]["correlation"]
    moves = position_correlations(report.found["money"][0]["ridge"], 15)
    assert len(together) == 15 and [row["asset"] for row in together] == list(moves)
    assert together[3]["with"] == moves.iloc[3].to_dict()
    assert stored["setting"]["trials"] == 2 and all(0 <= row["deflated Sharpe"] <= 1 for row in stored["league"])
    judged = stored["models"]["ridge"]["breakers"]["rows"]
    assert [row["in the policy"] for row in judged] == ["no", "no"] and len(judged[1]["each"]) == judged[1]["trips"]
    assert stored["models"]["ridge"]["infeasible"] == [] and stored["models"]["ridge"]["rolling"] == []
    flipped = stored["flips"]
    assert [m["across"] for m in flipped["maps"]] == ["capital", "delay, bars"]
    assert {row["winner"] for row in flipped["distances"]} == {stored["league"][0]["model"]}
    one = stored["models"]["ridge"]
    assert (
        one["conventions"]["spread"] > 0
        and len(one["stress"]["shocks"]) == 10
        and one["exposures"][0]["exposure"] == "long"
    )
    _money_pages_show_it(report, stored)
    assert min(row["depth, %"] for row in one["drawdowns"]) == one["statistics"]["max drawdown, %"]["value"]
    traded = stored["models"]["ridge"]["statistics"]["turnover, times a year"]["value"]
    assert abs(facts["commission"]["value"] + traded * 0.01) < 0.01 * traded * 0.01

def test_the_breaker_of_the_policy_is_judged_and_days_without_a_solution_are_shown(tmp_path):
    from neuralpha.core import read_json
    from neuralpha.portfolio.league import judge_breaker
    from neuralpha.report.pages.money import money_of_model_page, money_of_universe_page
    from neuralpha.report.pages.results import UniverseResult
    from neuralpha.report.steps import Report
    from neuralpha.report.verify import _differences, derived_files
    from neuralpha.study.experiment import open_experiment
    from neuralpha.study.spec import make_study
    from neuralpha.trading.clock import Clock

    policy = "Breaker(TopN(18, short=True), -0.01, 0.03, 5)"  # of 35 to 38 names
    spec = MONEY | {"models": ["ridge"], "portfolio": {"policy": policy, "capital": 1e7, "horizon": 1}}
    report = Report(open_experiment(make_study(spec)), tmp_path)
    for step in (report.data, report.fit, report.leaderboard, report.money):
        step()
    stored = read_json(report.folder / "money.json")
    assert not _differences(stored, derived_files(report.folder, report.experiment)["money.json"])
    facts = stored["models"]["ridge"]
    [row] = facts["breakers"]["rows"]
    scores = report.tests["ridge"].scores()
    book = report.found["money"][0]["ridge"]
    known = judge_breaker(
        scores, report.experiment.panel, book.policy, costs=book.account.costs, capital=1e7, clock=Clock()
    )
    assert row["in the policy"] == "yes" and row["trips"] == known["trips"] > 2
    for name in ("gain, % a year", "gain low", "gain high", "random gain, % a year", "saved, %", "cost, %"):
        assert row[name] == known[name]
    names = report.tests["ridge"].frame.groupby("date")["asset"].nunique()
    few = names.index[names < 36]
    assert 0 < len(few) < len(names) and [day["date"] for day in facts["infeasible"]] == [str(d.date()) for d in few]
    result = UniverseResult("sim-tiny", read_json(report.folder / "metrics.json"), report.figures, {}, {}, {}, stored)
    counted = {table.title: table for table in money_of_universe_page(result).universes[0].tables}
    [line] = counted["Days on which a limit could not be kept"].rows
    assert line[3].show == str(len(few)) and line[1].show == "36 names with scores that differ"
    listed = {table.title: table for table in money_of_model_page(result, "ridge").tables}
    assert len(listed["Trips of the breakers"].rows) == row["trips"]

def test_a_cost_or_a_policy_fits_nothing_again():
    from neuralpha.study.experiment import open_experiment
    from neuralpha.study.spec import make_study

    def keys(**changes):
        return [u.key for u in open_experiment(make_study({**MONEY, **changes})).units("cpu")]

    assert keys() == keys(portfolio={"policy": "TopN(5)"}) == keys(costs={"preset": "classic"})
    assert keys() == keys(portfolio={"forecast": True, "resilience": True})
    assert keys() != keys(label={"horizon": 2})

def test_forecasts_are_traded_where_the_study_says_so(tmp_path):
    import numpy as np
    from neuralpha.portfolio.forecast import forecast_returns
    from neuralpha.report.steps import Report
    from neuralpha.study.experiment import open_experiment
    from neuralpha.study.spec import make_study

    study = make_study({**MONEY, "models": ["ridge"], "portfolio": {"forecast": True}})
    report = Report(open_experiment(study), tmp_path)
    report.fit()
    scores = traded_scores(report.experiment, report.tests, report.valid_scores)["ridge"]
    expected = forecast_returns(report.tests["ridge"], report.valid_scores["ridge"].frame, 5).scores
    np.testing.assert_array_equal(scores, expected)
    assert scores.abs().max() < 0.05  # a return a bar, not a score

def test_an_account_that_never_trades_has_numbers_and_a_page():
    import warnings
    import numpy as np
    import neuralpha as na
    from neuralpha.report.pages.money import money_of_model_page, money_of_universe_page
    from neuralpha.report.pages.results import UniverseResult
    from neuralpha.report.sections.money import _show_book
    from neuralpha.rl.environment import Wished

    panel = na.load_universe("sim-tiny")
    cash = panel.series(np.zeros(panel.n_rows))
    score = na.compute_features(panel, "classic").frame()["ret_5"]
    books = {"cash": na.backtest(cash, panel, Wished()), "rule": na.backtest(score, panel)}
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        found = money_numbers(books, {"cash": cash, "rule": score})
    stayed_out = found["models"]["cash"]
    assert "never trades" in stayed_out["capacity"]["why_not"]
    assert stayed_out["costs"]["net"]["value"] == 0 and stayed_out["break_even_bps"]["value"] is None
    result = UniverseResult("sim-tiny", {}, [], {}, {}, {}, found)
    assert money_of_model_page(result, "cash").numbers.rows[0].model == "cash"
    assert {row.model for row in money_of_universe_page(result).universes[0].table.rows} == {"cash", "rule"}
    _show_book(report := _Pictures(), "cash", books["cash"], stayed_out, None)
    assert stayed_out["risk"]["correlation"] == [] and "money-correlation" not in report.names
    assert {"money-waterfall", "money-legs", "money-months", "money-exposures", "money-losses"} <= set(report.names)

def test_a_longer_account_is_forecast_by_every_method():
    import numpy as np
    import neuralpha as na
    from neuralpha.portfolio.risk import METHODS
    from neuralpha.report.pages.money import money_of_model_page
    from neuralpha.report.pages.results import UniverseResult

    panel = na.simulate_universe(20, 620, seed=1)
    score = panel.series(np.where(panel.tradable, panel.truth["oracle"], np.nan)).dropna()
    book = na.backtest(score, panel, costs="flat")
    found = money_numbers({"oracle": book}, {"oracle": score})
    tests = found["models"]["oracle"]["risk"]["tests"]
    assert {row["method"] for row in tests} == set(METHODS) and all(row["Kupiec p"] is not None for row in tests)
    shown = {t.title: t for t in money_of_model_page(UniverseResult("m", {}, [], {}, {}, {}, found), "oracle").tables}
    rows = shown["What may be lost on a bar, and whether it was forecast"].rows
    assert [row[0].show for row in rows] == [row["method"] for row in tests]

class _Pictures:
    """A report that remembers what it was shown."""

    def __init__(self):
        self.names = []

    def show(self, figure, section, name, *said):
        figure.canvas.draw()
        self.names.append(name)
