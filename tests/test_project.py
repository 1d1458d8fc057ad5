# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.project import *
import subprocess, sys
from pathlib import Path
import nbformat
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.study.spec import load_study

def test_a_project_is_whole_and_its_study_is_valid(tmp_path, monkeypatch):
    made = new_project(tmp_path / "mystudy")
    names = {path.name for path in made.iterdir()}
    assert names == {
        ".gitignore",
        "README.md",
        "compare.ipynb",
        "explore.ipynb",
        "my_features.py",
        "my_models.py",
        "study.toml",
        "test_project.py",
    }
    study = load_study(made / "study.toml")
    assert (study.name, study.universes, study.template) == ("mystudy", ["sim-tiny"], "compare.ipynb")
    assert "neuralpha run study.toml       # reports/mystudy/index.html" in (made / "README.md").read_text()
    source = nbformat.read(made / "compare.ipynb", 4).cells[1].source
    assert 'study = "study.toml"' in source and 'out = "reports"' in source and 'universe = "sim-tiny"' in source
    assert [path.name for path in tmp_path.iterdir()] == ["mystudy"]

def test_what_exists_is_left_alone_and_a_name_that_is_none_is_refused(tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "notes.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for taken in ("old", "file"):
        with pytest.raises(NeuralphaError, match=f"{taken} exists and is left as it is: choose another name"):
            new_project(tmp_path / taken)
    assert (tmp_path / "old" / "notes.txt").read_text() == (tmp_path / "file").read_text() == "mine"
    for odd in ("my study", "-x", "..", ".hidden", "a" * 65, "größe"):
        with pytest.raises(NeuralphaError, match="cannot name a project"):
            new_project(tmp_path / odd)
    with pytest.raises(NeuralphaError, match="Unknown universe 'sim-tinyy'"):
        new_project(tmp_path / "new", "sim-tinyy")
    assert {path.name for path in tmp_path.iterdir()} == {"old", "file"}

def test_the_split_fits_the_prices_and_their_file_is_found_from_the_project(tmp_path, monkeypatch):
    from neuralpha.data.universes import load_universe
    from neuralpha.study.experiment import open_experiment

    monkeypatch.chdir(tmp_path)
    load_universe("sim-tiny").frame().drop(columns="tradable").to_parquet("prices.parquet")
    made = new_project("sub/mystudy", "prices.parquet")
    monkeypatch.chdir(made)
    experiment = open_experiment("study.toml")
    assert experiment.universe == str(tmp_path / "prices.parquet") and len(experiment.folds) > 1
    assert experiment.study.features == "core"

def test_the_projects_own_checks_pass_and_find_a_feature_that_looks_ahead(tmp_path):
    made = new_project(tmp_path / "mystudy")

    def checked(*more):
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *more]
        return subprocess.run(command, cwd=made, capture_output=True, text=True)

    found = checked()
    assert found.returncode == 0 and "3 passed" in found.stdout, found.stdout
    features = made / "my_features.py"
    features.write_text(features.read_text().replace("past.rolling(20).mean()", "past.rolling(20).mean().shift(-1)"))
    found = checked("-k", "looks_ahead")
    assert found.returncode == 1 and "test_no_feature_looks_ahead[calm]" in found.stdout

def test_jupyterlab_opens_the_project_and_never_the_librarys_notebooks(tmp_path, monkeypatch):
    import neuralpha.project as project
    from neuralpha.house import root

    made = new_project(tmp_path / "mystudy")
    called = []
    monkeypatch.setattr(project.subprocess, "call", lambda command, cwd: called.append((command[1:], cwd)) or 0)
    assert open_lab(made, "--port=9999", "--no-browser") == 0
    assert called == [(["-m", "jupyterlab", "explore.ipynb", "--port=9999", "--no-browser"], made)]
    for place in (root() / "nbs", root() / "nbs" / "guides", root()):
        with pytest.raises(NeuralphaError, match="holds the library's own notebooks"):
            open_lab(place)
    with pytest.raises(NeuralphaError, match="is no folder. neuralpha new none makes a project there"):
        open_lab(tmp_path / "none")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        NeuralphaError, match=r"neuralpha lab needs the package jupyterlab: pip install 'neuralpha\[lab\]'"
    ):
        open_lab(made)
    assert len(called) == 1
