# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.audit.placebo import *
import numpy as np
from neuralpha.audit.studies import audit_study
from neuralpha.audit.worlds import walks
from neuralpha.labels import forward_return

def test_permuted_labels_keep_each_dates_values():
    y = forward_return(walks(), 3, 1)
    z = permuted_label(y, 4)
    for d in range(0, y.panel.n_dates, 7):
        rows = y.panel.date_code == d
        np.testing.assert_array_equal(np.sort(y.values[rows]), np.sort(z.values[rows]))
    assert (z.labelled == y.labelled).all() and (z.values[z.labelled] != y.values[y.labelled]).mean() > 0.8

def _study(assets=20):
    from neuralpha.audit.studies import small_study

    return small_study(assets)

def test_a_signal_that_is_lost_or_too_good_fails():
    from neuralpha.models.linear import Ridge

    p, features, label, folds = _study()
    X = features(p)
    y = label(p)
    signal = planted_label(X, y)[0].values

    class Deaf(Ridge):
        def _predict(self, view):
            return np.random.default_rng(0).normal(size=len(view.rows))

    class Cheating(Ridge):
        def _predict(self, view):
            return np.nan_to_num(signal[view.rows])

    for model, why in ((Deaf(), "loses the signal"), (Cheating(), "more than there is to know")):
        c = audit_study(p, features, label, folds, {"m": model}, cuts=1, checks=())
        assert any(why in x.found and "planted" in x.how for x in c.failures), repr(c)

def test_a_model_that_remembers_the_answers_fails_the_placebo():
    from neuralpha.models.linear import Ridge

    p, features, label, folds = _study()
    y = label(p)
    answers = permuted_label(y, 0)

    class Knowing(Ridge):
        def _predict(self, view):
            return np.nan_to_num(answers.values[view.rows])

    c = audit_study(p, features, label, folds, {"knowing": Knowing()}, cuts=1, checks=())
    assert "knows labels it cannot know" in c.failures[0].found
