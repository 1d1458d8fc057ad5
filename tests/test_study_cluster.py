# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.study.cluster import *
import contextlib, io, os
import pytest
from neuralpha.core import NeuralphaError, canonical_json
from neuralpha.study.experiment import open_experiment
from neuralpha.study.search import journal_of
from neuralpha.study.spec import make_study
from neuralpha.study.units import UnitStore

def test_resources_are_what_the_class_declares():
    from neuralpha.models.registry import make_model

    assert resources(make_model("lstm"), "cuda:0") == {"num_cpus": 1, "num_gpus": 1} and resources(
        make_model("lightgbm"), "cuda"
    ) == {"num_cpus": 1, "num_gpus": 0}
    assert resources(make_model("lstm"), "cpu") == {"num_cpus": 1, "num_gpus": 0}

def test_without_ray_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(NeuralphaError, match="pip install 'neuralpha\\[ray\\]'"):
        connect()

def test_an_address_without_a_cluster_is_one_line_at_once(monkeypatch):
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with pytest.raises(NeuralphaError, match="No Ray cluster answers at 127.0.0.1:1: "):
        connect()

STUDY = {
    "name": "t",
    "universes": ["sim-tiny"],
    "features": "classic",
    "seeds": 1,
    "models": {"ridge": {}, "mlp": {"max_epochs": 1}},
    "split": {"train": "9M", "valid": "3M", "test": "6M"},
    "tune": {"trials": 2, "models": {"mlp": {"trials": 0}}},
}

def _is_said_once_where_tables_are_not_shared(experiment, store, study):
    """Where the folder of tables can be reached, features are those of the run; where not, that is said."""
    from neuralpha.features.store import cached_features
    from neuralpha.study import cluster, recipe

    searched = experiment.searches("cpu")
    u = next(u for u in experiment.units("cpu") if (u.model, u.fold) not in searched)
    cached_features(experiment.panel, store.tables, experiment.study.features, experiment.study.transform)
    with pytest.MonkeyPatch.context() as patch:
        cluster._experiment.cache_clear()
        patch.setattr(recipe, "compute_features", None)
        patch.setattr("neuralpha.features.store.compute_features", None)
        shared = run_remotely(study, "sim-tiny", u.key, "cpu", os.getcwd(), b"", str(store.tables))
        assert not [name for name in shared if name.startswith("alone/")]
    alone = run_remotely(study, "sim-tiny", u.key, "cpu", os.getcwd(), b"", str(store.folder / "nowhere"))
    assert alone[f"{u.key}/scores.parquet"] == shared[f"{u.key}/scores.parquet"]
    told, said = set(), io.StringIO()
    with contextlib.redirect_stderr(said):
        cluster._say_who_is_alone(alone, told)
        cluster._say_who_is_alone(alone, told)
    assert said.getvalue() == (
        f"{os.uname().nodename} does not have {store.folder / 'nowhere'} and computes the features itself; "
        "share that folder.\n"
    )

def test_a_task_done_as_on_a_node_leaves_the_same_unit(tmp_path):
    from neuralpha.study.fit import fit_units

    experiment = open_experiment(make_study(STUDY))
    store = UnitStore(tmp_path)
    fit_units(experiment, store, "cpu")
    study = canonical_json(experiment.study.model_dump(mode="json"))
    for u in experiment.units("cpu"):
        search = experiment.searches("cpu").get((u.model, u.fold))
        files = run_remotely(
            study, "sim-tiny", u.key, "cpu", os.getcwd(), journal_of(search, store).read_bytes() if search else b""
        )
        assert files[f"{u.key}/scores.parquet"] == (store.path(u.key) / "scores.parquet").read_bytes()
        assert not [name for name in files if name.startswith("alone/")]
    _is_said_once_where_tables_are_not_shared(experiment, store, study)
    with pytest.raises(
        NeuralphaError,
        match="does not know task 000000000000 of sim-tiny: its data, its neuralpha or its libraries differ",
    ):
        run_remotely(study, "sim-tiny", "0" * 64, "cpu", os.getcwd(), b"")
