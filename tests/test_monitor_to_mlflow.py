# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.monitor.to_mlflow import *
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.monitor.registry import MODELS_FOLDER, model_digest, register_model
from neuralpha.monitor.rehearsal import open_rehearsal

def _desk_with_models(tmp_path):
    desk = open_rehearsal(tmp_path / "desk")
    keys = {}
    for name in ("late", "later"):
        card = dict(model=name, purpose="p", data={"universe": "u"}, certificate="none", limits="l")
        card["validation"] = {"mean_ic": 0.04, "study": "s"}

        def write(folder, name=name):
            (folder / "fit-0").mkdir()
            (folder / "fit-0" / "weights.txt").write_text(name)

        keys[name] = register_model(desk.folder / MODELS_FOLDER, write, card)
        desk.admit(name, keys[name])
    return desk, keys

def _promote(desk, model, before):
    with desk.writing() as journal:
        journal.append("promotion", dict(acting=model, before=before, by="contest", why="shown to be better"))

@contextmanager
def _server(folder):
    """A tracking server of MLflow on this machine, as a house has one: its address."""
    for needed in ("flask", "fastapi", "uvicorn"):
        pytest.importorskip(needed, reason="MLflow's server needs it")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = ["--backend-store-uri", f"sqlite:///{folder}/server.db", "--artifacts-destination", str(folder / "files")]
    command = [sys.executable, "-m", "mlflow", "server", *places, "--host", "127.0.0.1", "--port", str(port)]
    quiet = dict(os.environ, MLFLOW_DISABLE_TELEMETRY="true", MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false")
    with open(folder / "server.log", "wb") as log:
        server = subprocess.Popen(
            [*command, "--workers", "1"], env=quiet, stdout=log, stderr=log, cwd=folder, start_new_session=True
        )
    try:
        _wait_for(server, f"http://127.0.0.1:{port}/health", folder / "server.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)

def _wait_for(server, address, log):
    for _ in range(600):
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(log.read_text())

def test_the_registry_comes_back_from_a_database_as_it_was_and_the_champion_is_who_acts(tmp_path, monkeypatch):
    _comes_back(f"sqlite:///{tmp_path}/mlflow.db", tmp_path, monkeypatch)

def test_the_registry_comes_back_over_http_as_it_was_and_the_champion_is_who_acts(tmp_path, monkeypatch):
    with _server(tmp_path) as address:
        _comes_back(address, tmp_path, monkeypatch)
    assert list((tmp_path / "files").rglob("weights.txt"))  # the server keeps them, not whoever exports
    assert not (tmp_path / "mlruns").exists()

def _comes_back(uri, tmp_path, monkeypatch):
    import mlflow

    monkeypatch.chdir(tmp_path)
    desk, keys = _desk_with_models(tmp_path)
    first = export_to_mlflow(desk, uri, "desk")
    assert first.to_dict("index") == {
        "late": dict(digest=keys["late"], version=1, is_new=True),
        "later": dict(digest=keys["later"], version=2, is_new=True),
    }
    client = mlflow.MlflowClient(uri, uri)
    assert client.get_registered_model("desk").aliases == {}  # who acts has no fit that could be kept
    for version in (1, 2):
        found = client.get_model_version("desk", version)
        copied = client.download_artifacts(found.run_id, "model", tmp_path)
        assert model_digest(copied) == found.tags[DIGEST] == list(keys.values())[version - 1]
        assert client.get_run(found.run_id).data.metrics == {"mean_ic": 0.04}
        assert found.description == "p. Limits: l" and found.tags["neuralpha.data"] == '{"universe":"u"}'
    _promote(desk, "late", "reversal")
    _promote(desk, "later", "late")
    again = export_to_mlflow(desk, uri, "desk")
    assert list(again["version"]) == [1, 2] and not again["is_new"].any()
    assert len(client.search_model_versions("name='desk'")) == 2
    champion = client.get_model_version_by_alias("desk", CHAMPION)
    assert int(champion.version) == 2 and champion.tags["neuralpha.promoted"] == "contest: shown to be better"

def test_an_altered_model_and_a_missing_library_are_refused_in_one_line(tmp_path, monkeypatch):
    desk, keys = _desk_with_models(tmp_path)
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "mlflow", None)
        with pytest.raises(NeuralphaError, match=r"needs the package mlflow: pip install 'neuralpha\[mlflow\]'"):
            export_to_mlflow(desk, f"sqlite:///{tmp_path}/mlflow.db", "desk")
    (desk.folder / MODELS_FOLDER / keys["late"] / "fit-0" / "weights.txt").write_text("other")
    with pytest.raises(NeuralphaError, match=f"The model {keys['late'][:12]} was altered. Nothing was exported"):
        export_to_mlflow(desk, f"sqlite:///{tmp_path}/mlflow.db", "desk")
    shutil.rmtree(desk.folder / MODELS_FOLDER / keys["late"])
    with pytest.raises(NeuralphaError, match=f"The model {keys['late'][:12]} .late. is missing. Nothing was exported"):
        export_to_mlflow(desk, f"sqlite:///{tmp_path}/mlflow.db", "desk")
    for uri, name in (("", "desk"), ("sqlite:///x.db", "")):
        with pytest.raises(NeuralphaError, match="give both"):
            export_to_mlflow(desk, uri, name)
    assert not (tmp_path / "mlflow.db").exists()

def test_what_mlflow_refuses_is_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    desk, _ = _desk_with_models(tmp_path)
    with pytest.raises(NeuralphaError, match="MLflow") as refused:
        export_to_mlflow(desk, "nowhere://server", "desk")
    assert "\n" not in str(refused.value)
