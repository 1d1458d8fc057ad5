# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.models.tuning import *
import numpy as np
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.models.base import mean_ic, primary, toy_problem
from neuralpha.models.nets import MLP
from neuralpha.models.registry import make_model, model_names
from neuralpha.labels import multi_horizon
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

def test_hopeless_trials_are_pruned_and_diverged_ones_counted():
    X, y, fold, model = _problem()
    t = tune(
        model.clone(max_epochs=6, patience=6),
        X,
        y,
        fold,
        trials=14,
        space={"learning_rate": ("choice", [1e-2, 1e-7])},
        sampler="random",
    )
    assert "pruned" in set(t.trials.state) and t.params == {"learning_rate": 1e-2} and t.count == 14
    t = tune(model, X, y, fold, trials=8, space={"learning_rate": ("choice", [1e-2, 1e36])}, sampler="random")
    assert "fail" in set(t.trials.state) and t.count == 8

def test_a_trial_whose_parameters_do_not_go_together_fails_alone():
    X, y, fold, _ = _problem()
    t = tune(
        make_model("transformer", window=3, heads=2, max_epochs=1),
        X,
        y,
        fold,
        trials=6,
        space={"width": ("choice", [8, 9])},
        sampler="random",
    )
    assert set(t.trials.state) == {"complete", "fail"} and t.params == {"width": 8}

def test_of_several_horizons_the_first_is_scored():
    X, y, fold, model = _problem()
    both = multi_horizon(X.panel, (1, 3), delay=0)
    taught, alone = (tune(model, X, label, fold, trials=2) for label in (both, both[0]))
    assert list(taught.trials.state) == ["complete"] * 2 and (taught.trials.valid_ic != alone.trials.valid_ic).all()
    assert tune(LightGBM(n_trees=10), X, both, fold, trials=1).valid_ic > 0.3  # trees learn the first

def _lines(path):
    return [{k: v for k, v in t.items() if k != "seconds"} for t in read_trials(path)[1]]

@pytest.mark.parametrize("sampler", ["tpe", "nsga2", "cmaes"])
def test_a_killed_search_finds_what_the_undisturbed_one_finds(sampler, tmp_path):
    X, y, fold, model = _problem()
    how = dict(trials=14, sampler=sampler, space={"learning_rate": ("log", 1e-4, 1e-1), "dropout": ("float", 0.0, 0.5)})
    whole = tune(model, X, y, fold, journal=tmp_path / "whole.jsonl", **how)
    for lines in (
        1,
        2,
        6,
        13,
    ):  # the name alone; one trial; five; twelve: each time torn in the middle of the next line
        text = (tmp_path / "whole.jsonl").read_text().split("\n")
        (tmp_path / "torn.jsonl").write_text("\n".join([*text[:lines], text[lines][:30]]))
        again = tune(model, X, y, fold, journal=tmp_path / "torn.jsonl", **how)
        assert again.params == whole.params and again.valid_ic == whole.valid_ic and again.count == 14
        assert _lines(tmp_path / "torn.jsonl") == _lines(tmp_path / "whole.jsonl")

def test_a_process_killed_at_work_loses_one_trial(tmp_path):
    import signal, subprocess, sys, time

    file = tmp_path / "journal.jsonl"
    code = (
        "from neuralpha.models.base import toy_problem; from neuralpha.models.nets import MLP; from "
        "neuralpha.models.tuning import tune;"
        "X, y, f = toy_problem(15, 120); tune(MLP(batch_rows=128, max_epochs=2), X, y, f, trials=400, "
        f"journal={str(file)!r})"
    )
    child = subprocess.Popen([sys.executable, "-c", code])
    while child.poll() is None and len(read_trials(file)[1]) < 3:
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()
    left = _lines(file)
    assert child.returncode == -signal.SIGKILL and len(left) >= 3
    X, y, fold, model = _problem()
    tune(model, X, y, fold, trials=len(left) + 2, journal=file)
    tune(model, X, y, fold, trials=len(left) + 2, journal=tmp_path / "whole.jsonl")
    assert _lines(file)[: len(left)] == left and _lines(file) == _lines(tmp_path / "whole.jsonl")

def test_a_smaller_budget_is_the_beginning_of_a_larger_one(tmp_path):
    X, y, fold, model = _problem()
    tune(model, X, y, fold, trials=6, journal=tmp_path / "j.jsonl")
    few = tune(model, X, y, fold, trials=3, journal=tmp_path / "j.jsonl")
    alone = tune(model, X, y, fold, trials=3)
    assert few.count == 3 and few.params == alone.params and len(_lines(tmp_path / "j.jsonl")) == 6

def test_a_budget_in_minutes_counts_fitting_over_all_runs(tmp_path):
    X, y, fold, model = _problem()
    file = tmp_path / "j.jsonl"
    first = tune(model, X, y, fold, minutes=1e-9, journal=file)
    assert first.count == 1
    spent = sum(t["seconds"] for t in read_trials(file)[1]) / 60
    assert tune(model, X, y, fold, minutes=spent, journal=file).count == 1
    assert tune(model, X, y, fold, minutes=spent + 1e-6, journal=file).count == 2
    assert tune(model, X, y, fold, trials=3, minutes=60.0, journal=file).count == 3
    with pytest.raises(NeuralphaError, match="needs a budget"):
        tune(model, X, y, fold)

def test_a_journal_belongs_to_one_search(tmp_path):
    X, y, fold, model = _problem()
    file = tmp_path / "j.jsonl"
    tune(model, X, y, fold, trials=1, journal=file)
    for other in (dict(seed=1), dict(sampler="random"), dict(target="z"), dict(space={"dropout": ("float", 0.0, 0.5)})):
        with pytest.raises(NeuralphaError, match="another search"):
            tune(model, X, y, fold, trials=1, journal=file, **other)
    file.write_text(file.read_text() + "no json\n")
    with pytest.raises(NeuralphaError, match="damaged"):
        tune(model, X, y, fold, trials=2, journal=file)

def test_what_the_judge_says_is_kept_with_the_trial(tmp_path):
    X, y, fold, model = _problem()
    seen = []
    t = tune(
        model,
        X,
        y,
        fold,
        trials=2,
        judge=lambda scores, rows: seen.append((len(scores), rows)) or {"mark": 7},
        journal=tmp_path / "j.jsonl",
    )
    assert (t.trials["mark"] == 7).all() and all(n == len(rows) for n, rows in seen)
    assert len(seen) == 2 and all((rows == inner_fold(y, fold).valid).all() for _, rows in seen)
    assert read_trials(tmp_path / "j.jsonl")[1][0]["mark"] == 7

def test_trials_weigh_their_rows_as_fits_do(tmp_path):
    X, y, fold, _ = _problem()
    model = LightGBM(n_trees=5, min_leaf=20)
    weighed = model.weighed("time_decay", oldest=0.0)
    how = dict(trials=1, space={"num_leaves": ("int", 4, 9)}, journal=tmp_path / "journal.jsonl")
    found = tune(weighed, X, y, fold, **how)
    inner, targets = inner_fold(y, fold), primary(y.target("rank"))
    by_hand = found.model.clone(seed=trial_seed(0, 0))
    by_hand.weights_ = weighed.weigh_(y, inner.train)
    valid = X.view(inner.valid), targets[inner.valid]
    scores = by_hand.fit(X.view(inner.train), targets[inner.train], valid=valid).predict(valid[0])
    assert found.valid_ic == mean_ic(scores, valid[1], X.panel.date_code[inner.valid])
    assert found.valid_ic != tune(model, X, y, fold, **how | {"journal": None}).valid_ic
    with pytest.raises(NeuralphaError, match="another search"):
        tune(model, X, y, fold, **how)
    with pytest.raises(NeuralphaError, match="loss='sharpe'.* takes no weights"):
        tune(MLP(max_epochs=1).weighed("time_decay"), X, y, fold, trials=1, space={"loss": ("choice", ["sharpe"])})

def test_every_trial_has_a_seed_of_its_own():
    assert len({trial_seed(s, n) for s in range(10) for n in range(100)}) == 1000

@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_same_search_finds_the_same(sampler):
    X, y, fold, model = _problem()
    a, b = (tune(model, X, y, fold, trials=7, sampler=sampler, seed=s) for s in (0, 0))
    assert a.trials.drop(columns="seconds").equals(b.trials.drop(columns="seconds")) and a.count == 7
    assert a.model.get_params() | a.params == a.model.get_params() and a.valid_ic == a.trials.valid_ic.max()
    assert (
        tune(model, X, y, fold, trials=2, sampler=sampler, seed=1).params
        != tune(model, X, y, fold, trials=2, sampler=sampler).params
    )

SMALL = {"max_epochs": 1, "n_trees": 20, "pretrain_epochs": 1, "threads": 1}

@pytest.mark.parametrize("name", [n for n in model_names() if n != "ols"])  # least squares have nothing to choose
def test_every_model_is_tuned_in_the_space_it_ships(name):
    X, y, fold = toy_problem(12, 150)
    model = make_model(name)
    model = model.clone(**{k: v for k, v in SMALL.items() if k in model.get_params()})
    assert model.space and set(model.space) <= set(model.get_params())
    for edge in (0, -1):
        model.clone(**{k: (how[1] if how[0] == "choice" else how[1:])[edge] for k, how in model.space.items()})
    search_space = {k: how for k, how in model.space.items() if k not in SMALL}
    t = tune(model, X, y, fold, trials=2, space=search_space, sampler="random")
    assert t.count == 2 and set(t.params) == set(search_space) and (t.trials.state == "complete").all()
    assert t.model.get_params() | t.params == t.model.get_params()

def test_wrong_requests_are_named():
    X, y, fold, model = _problem()
    with pytest.raises(NeuralphaError, match="Did you mean 'dropout'"):
        tune(model, X, y, fold, trials=1, space={"dropuot": ("float", 0.0, 0.5)})
    with pytest.raises(NeuralphaError, match=r"'dropout' is 1.5; it must be in \[0, 1\)"):
        tune(model, X, y, fold, trials=1, space={"dropout": ("float", 0.0, 1.5)})
    with pytest.raises(NeuralphaError, match="'max_epochs' is 1.0 .*must be int"):
        tune(model, X, y, fold, trials=1, space={"max_epochs": ("log", 1, 10)})
    with pytest.raises(NeuralphaError, match="Did you mean 'batch'"):
        tune(model, X, y, fold, trials=1, space={"norm": ("choice", ["none", "batchnorm"])})
    with pytest.raises(NeuralphaError, match="begins above 0"):
        tune(model, X, y, fold, trials=1, space={"l2": ("log", 0, 1)})
    with pytest.raises(NeuralphaError, match="Unknown sampler"):
        tune(model, X, y, fold, trials=1, sampler="grid")
    with pytest.raises(NeuralphaError, match="'sharpe' of mlp means a raw target"):
        tune(make_model("mlp", loss="sharpe"), X, y, fold, trials=1)
    with pytest.raises(NeuralphaError, match="nothing to tune"):
        tune(make_model("ols"), X, y, fold, trials=1)

def test_trees_are_tuned_too():
    X, y, fold, _ = _problem()
    assert tune(LightGBM(n_trees=30), X, y, fold, trials=3).count == 3
