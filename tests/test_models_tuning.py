# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.tuning import *
import numpy as np
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.models.base import toy_problem
from neuralpha.models.linear import Ridge
from neuralpha.models.nets import MLP
from neuralpha.models.registry import make_model, model_names
from neuralpha.models.trees import LightGBM

def _problem():
    X, y, fold = toy_problem(15, 120)
    return X, y, fold, MLP(batch_rows=128, max_epochs=2)

def test_the_inner_split_is_purged_and_stays_in_the_training_part():
    X, y, fold, _ = _problem()
    f = inner_fold(y, fold)
    assert set(f.train) | set(f.valid) <= set(fold.train) and not set(f.train) & set(f.valid)
    assert y.known_code[f.train].max() < X.panel.date_code[f.valid].min()

def test_validation_and_test_rows_are_never_read():
    X, y, fold, model = _problem()
    a = tune(model, X, y, fold, trials=3)
    last = X.panel.date_code[fold.train].max()
    X.values[X.panel.date_code > last] = np.nan
    y.values[X.panel.date_code > last] = np.nan
    b = tune(model, X, y, fold, trials=3)
    assert a.params == b.params and a.valid_ic == b.valid_ic

@pytest.mark.parametrize("sampler", ["tpe", "nsga2", "random"])
def test_the_same_search_finds_the_same(sampler):
    X, y, fold, model = _problem()
    a, b = (tune(model, X, y, fold, trials=5, sampler=sampler) for _ in range(2))
    assert a.trials.drop(columns="seconds").equals(b.trials.drop(columns="seconds")) and a.count == 5
    assert a.model.get_params() | a.params == a.model.get_params() and a.valid_ic == a.trials.valid_ic.max()

def test_a_search_resumes_and_counts_all(tmp_path):
    X, y, fold, model = _problem()
    file = tmp_path/"journal.log"
    whole = tune(model, X, y, fold, trials=6)
    tune(model, X, y, fold, trials=2, storage=file)
    again = tune(model, X, y, fold, trials=6, storage=file)
    assert again.count == 6 and again.params == whole.params
    assert again.trials.drop(columns="seconds").equals(whole.trials.drop(columns="seconds"))
    assert tune(model, X, y, fold, trials=6, storage=file).count == 6
    assert tune(model, X, y, fold, trials=1, storage=file, seed=1).count == 1

def test_hopeless_trials_are_pruned_and_diverged_ones_counted():
    X, y, fold, model = _problem()
    t = tune(model.clone(max_epochs=6, patience=6), X, y, fold, trials=14, space={"learning_rate": ("choice", [1e-2, 1e-7])}, sampler="random")
    assert "pruned" in set(t.trials.state) and t.params == {"learning_rate": 1e-2} and t.count == 14
    t = tune(model, X, y, fold, trials=8, space={"learning_rate": ("choice", [1e-2, 1e36])}, sampler="random")
    assert "fail" in set(t.trials.state) and t.count == 8

@pytest.mark.parametrize("name", [n for n in model_names() if n != "ols"])
def test_every_model_ships_a_space_of_its_own_parameters(name):
    model, rng = make_model(name), np.random.default_rng(0)
    assert model.space and set(model.space) <= set(model.get_params())
    for edge in (0, -1):
        model.clone(**{k: (how[1] if how[0] == "choice" else how[1:])[edge] for k, how in model.space.items()})

def test_wrong_requests_are_named():
    X, y, fold, model = _problem()
    with pytest.raises(NeuralphaError, match="Did you mean 'dropout'"): tune(model, X, y, fold, space={"dropuot": ("float", 0., .5)})
    with pytest.raises(NeuralphaError, match="Unknown sampler"): tune(model, X, y, fold, sampler="grid")
    with pytest.raises(NeuralphaError, match="nothing to tune"): tune(make_model("ols"), X, y, fold)

def test_trees_are_tuned_too():
    X, y, fold, _ = _problem()
    assert tune(LightGBM(n_trees=30), X, y, fold, trials=3).count == 3
