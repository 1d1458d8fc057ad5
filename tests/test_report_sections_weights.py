# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.sections.weights import *
from neuralpha.report.sections.weights import SECTION, plot_weights, weight_facts

from neuralpha.study.experiment import open_experiment

from neuralpha.study.spec import make_study

STUDY = dict(
    name="mine",
    universes=["sim-tiny"],
    features="classic",
    models=["ridge"],
    weights=dict(by=["uniqueness", "time_decay"], oldest=0.2),
    split=dict(train="6M", valid="2M", test="5M"),
)

def test_old_rows_count_less_and_equal_weights_are_worth_their_number():
    facts = weight_facts(open_experiment(make_study(STUDY)))
    months = list(facts[-1]["by_month"].values())
    assert months[0] < months[len(months) // 2] < months[-2] and facts[-1]["worth"] < facts[-1]["rows"]
    equal = weight_facts(open_experiment(make_study({**STUDY, "weights": dict(by=["time_decay"], oldest=1.0)})))
    assert abs(equal[0]["worth"] - equal[0]["rows"]) < 1e-6 * equal[0]["rows"]
