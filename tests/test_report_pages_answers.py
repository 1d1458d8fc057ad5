# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.pages.answers import *
from neuralpha.report.pages.results import UniverseResult
from neuralpha.study.spec import make_study

def test_the_answer_says_what_the_letters_say():
    def said(**models):  # name -> (kind, letters, mean IC)
        def of(kind, letters, value):
            return dict(
                kind=kind,
                letters=letters,
                metrics={"ic": dict(value=value, low=value - 0.01, high=value + 0.01, unit="correlation")},
            )

        return answer(UniverseResult("u", {"models": {n: of(*m) for n, m in models.items()}}, [], {}, {}, {}))

    from neuralpha.evaluate.statistics import STEADY_DATES

    chain = dict(A=("model", "a", 0.06), B=("model", "ab", 0.05), C=("model", "b", 0.04))
    few = dict(value=0.06, low=0.05, high=0.07, unit="correlation", n=250)
    board = {"A": dict(kind="model", letters="a", metrics={"ic": few})}
    short = answer(UniverseResult("u", {"models": board}, [], {}, {}, {}))
    assert short.endswith("250 dates do not tell skill that stays from skill that came and went.")  # bars may be hours
    few["n"] = STEADY_DATES
    assert "came and went" not in answer(UniverseResult("u", {"models": board}, [], {}, {}, {}))
    assert said(**chain).startswith("A has the highest mean IC, 0.060 [0.050, 0.070]; B cannot be told apart from it.")
    assert said(A=("model", "a", 0.06), C=("model", "b", 0.04)).startswith("A leads with a mean IC of 0.060")
    assert "reversal, which nobody had to train, cannot be told apart from it" in said(
        **chain, reversal=("baseline", "a", 0.05)
    )
    assert "reversal, which nobody had to train, is better" in said(
        A=("model", "b", 0.02), reversal=("baseline", "a", 0.05)
    ) and "reversal" not in said(**chain, reversal=("baseline", "c", 0.01))
    assert "there is no evidence of skill" in said(A=("model", "a", 0.005))

def test_the_question_is_answered_with_yes_no_or_how_long_it_would_take():
    ics = {"mlp": 0.03, "lightgbm": 0.02, "mine": 0.05}
    models = {name: dict(kind="model", letters="a", metrics={"ic": {"value": ic}}) for name, ic in ics.items()}
    folds = [{"test": ["2019-01-01", "2020-01-01"]}, {"test": ["2020-01-02", "2021-01-01"]}]

    def said(better="mlp", worse="lightgbm", separated=False, models=models, **changes):
        pair = dict(better=better, worse=worse, difference=0.01, se=0.01, low=-0.02, high=0.04, separated=separated)
        numbers = dict(models=models, pairs=[pair | changes], folds=folds)
        study = make_study(
            dict(name="s", universes=["u"], models={"mlp": {}, "lightgbm": {}, "mine": {"model": "ridge"}})
        )
        return net_or_tree(UniverseResult("u", numbers, [], {}, {}, {}), study)

    # two years, and (1.96 + 0.84)^2 as many for a difference of one standard error
    assert said() == (
        "Does a net beat boosted trees here? The data cannot say: mlp is ahead of lightgbm by 0.010 in mean IC "
        "(95% [−0.020, 0.040], all pairs together); were this difference real, it would take about 15.7 years of "
        "test dates to show it; there are 2.0 years."
    )
    assert "more than a century" in said(difference=0.001)
    assert said(separated=True).startswith("Does a net beat boosted trees here? Yes: mlp is ahead")
    assert said("lightgbm", "mlp", separated=True).startswith(
        "Does a net beat boosted trees here? No: lightgbm is ahead"
    )
    assert said("mine", "mlp") == "" and said(low=None) == "" and said(models={"mlp": models["mlp"]}) == ""

def test_trees_beside_a_line_are_no_net_and_a_forest_is_not_boosted():
    def said(**kinds):
        models = {name: dict(kind="model", letters="a", metrics={"ic": {"value": 0.02}}) for name in kinds}
        better, worse = kinds
        pair = dict(better=better, worse=worse, difference=0.01, se=0.01, low=0.001, high=0.02, separated=True)
        study = make_study(dict(name="s", universes=["u"], models={n: {"model": kind} for n, kind in kinds.items()}))
        numbers = dict(models=models, pairs=[pair], folds=[])
        return net_or_tree(UniverseResult("u", numbers, [], {}, {}, {}), study)

    assert "Yes: a is ahead of b" in said(a="mlp", b="widetrees")
    assert "No: a is ahead of b" in said(a="widetrees", b="mlp")
    assert "Yes: a is ahead of b" in said(a="mlp", b="xgboost:XGBRegressor")
    assert said(a="widetrees", b="lightgbm") == said(a="mlp", b="randomforest") == ""
