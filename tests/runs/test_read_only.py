"""An installation and a home that cannot be written: files stand where folders belong, which stops even root."""

import os, shutil, subprocess, sys, tempfile
from pathlib import Path
import neuralpha

SHOW = "import os, neuralpha.evaluate.ic; print(os.environ.get('NUMBA_CACHE_DIR'), os.environ.get('MPLCONFIGDIR'))"


def python(code, folder, **env):
    names = ("NUMBA_CACHE_DIR", "MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
    kept = {name: value for name, value in os.environ.items() if name not in names}
    run = subprocess.run(
        [sys.executable, "-B", "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**kept, "PYTHONPATH": str(folder), **env},
    )
    assert run.returncode == 0, run.stderr
    return run


def test_compiled_code_goes_to_a_temporary_folder_and_that_is_said_once(tmp_path):
    shutil.copytree(
        Path(neuralpha.__file__).parent, tmp_path / "neuralpha", ignore=shutil.ignore_patterns("__pycache__")
    )
    for package in [tmp_path / "neuralpha", *(init.parent for init in (tmp_path / "neuralpha").glob("*/__init__.py"))]:
        (package / "__pycache__").touch()
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    home.touch()
    temporary.mkdir()
    where = {"HOME": str(home), "TMPDIR": str(temporary)}
    alone = python(SHOW, tmp_path, **where)
    numba, matplotlib = map(Path, alone.stdout.split())
    assert numba.parent == matplotlib.parent == temporary and any(numba.iterdir())
    said = alone.stderr.splitlines()
    assert len(said) == 2 and str(numba) in said[0] and "NUMBA_CACHE_DIR" in said[0] and str(matplotlib) in said[1]
    assert python(SHOW, tmp_path, **where, NUMBA_CACHE_DIR=str(numba), MPLCONFIGDIR=str(matplotlib)).stderr == "", (
        "processes started from there are told by the variables"
    )


def test_where_all_can_be_written_nothing_is_said_or_moved(tmp_path):
    shutil.copytree(
        Path(neuralpha.__file__).parent, tmp_path / "neuralpha", ignore=shutil.ignore_patterns("__pycache__")
    )
    usual = python(
        "import os, neuralpha; print(os.environ.get('NUMBA_CACHE_DIR'), os.environ.get('MPLCONFIGDIR'))",
        tmp_path,
        HOME=str(tmp_path / "home"),
    )
    assert (usual.stdout, usual.stderr) == ("None None\n", "")


def test_a_folder_that_others_could_write_is_not_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def own():
        return Path(neuralpha._own_temporary_folder("kept"))

    assert own() == own() == tmp_path / "kept" and own().stat().st_mode & 0o777 == 0o700
    (tmp_path / "kept").chmod(0o777)
    assert own().parent == tmp_path and own() != tmp_path / "kept"
    shutil.rmtree(tmp_path / "kept")
    (tmp_path / "kept").symlink_to("/")
    assert own() != tmp_path / "kept"
