# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.sections.transforms import *
from neuralpha.report.sections.transforms import SECTION, kept_in_words, plot_components, plot_kept, transform_facts

from neuralpha.study.experiment import open_experiment

from neuralpha.study.spec import make_study

STUDY = dict(
    name="mine",
    universes=["sim-tiny"],
    features="classic",
    models=["ridge"],
    transform=[dict(kind="select", by="lasso", n=5), dict(kind="pca", n=3), dict(kind="clusters", n=3)],
    split=dict(train="6M", valid="2M", test="5M"),
)

def test_facts_follow_the_fold_and_say_what_each_step_did():
    folds = transform_facts(open_experiment(make_study(STUDY)))
    assert [f["fold"] for f in folds] == [0, 1, 2, 3]
    select, pca, clusters = folds[0]["steps"]
    assert len(select["kept"]) == 5 and pca["features_in"] == 5 and len(clusters["shares"]) == 3
    assert folds[0]["steps"] != folds[-1]["steps"]

def test_what_is_kept_always_and_never_is_named():
    steps = [dict(kept=["a", "b"], dropped=["c"], features_in=3), dict(kept=["a"], dropped=["b", "c"], features_in=3)]
    said = kept_in_words([dict(fold=i, steps=[s]) for i, s in enumerate(steps)], 0)
    assert said == "1 to 2 of 3 features are kept; in every fold 1: a; in none 1: c."

def test_a_study_without_transforms_leaves_no_trace():
    from types import SimpleNamespace

    study = make_study({**STUDY, "transform": "rank"})
    assert not SECTION.applies(SimpleNamespace(experiment=SimpleNamespace(study=study)))
    assert SECTION.compute(SimpleNamespace(experiment=SimpleNamespace(study=study))) is None
