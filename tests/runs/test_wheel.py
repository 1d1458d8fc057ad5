"""The wheel in an environment that holds it and what it asks for, in an empty folder: a project is made and run.

The environment is a new one. What the wheel asks for is linked into it from the packages of this Python, what it does
not ask for is not there: so what is tested is the core, whatever extras are installed here.
"""

import ast
import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement

REPOSITORY = Path(__file__).parents[2]


def plain(name):
    return name.lower().replace("_", "-").replace(".", "-")


def asked_for(requirements):
    """Every distribution that requirements reach, by plain name."""
    found, todo = set(), [Requirement(line) for line in requirements]
    while todo:
        wanted = todo.pop()
        extras = {"", *wanted.extras}
        if wanted.marker and not any(wanted.marker.evaluate({"extra": extra}) for extra in extras):
            continue
        key = plain(wanted.name), frozenset(wanted.extras)
        if key in found:
            continue
        found.add(key)
        try:
            lines = metadata.requires(wanted.name) or ()
        except metadata.PackageNotFoundError:
            continue  # for another platform
        for line in lines:
            inner = Requirement(line)
            if not inner.marker or any(inner.marker.evaluate({"extra": extra}) for extra in extras):
                inner.marker = None
                todo.append(inner)
    return {name for name, _ in found}


def build(folder):
    """The wheel of this repository."""
    source = folder / "source"
    source.mkdir()
    for name in ("setup.py", "settings.ini", "README.md", "LICENSE", "MANIFEST.in", "constraints.txt"):
        shutil.copy(REPOSITORY / name, source)
    shutil.copytree(REPOSITORY / "neuralpha", source / "neuralpha", ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "-q", "wheel", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "-w", folder, source], check=True)
    [wheel] = folder.glob("*.whl")
    return wheel


def keep_compiled(package):
    """What numba compiled of the same sources in the repository need not be compiled again."""
    for file in package.rglob("*.py"):
        there = REPOSITORY / "neuralpha" / file.relative_to(package)
        os.utime(file, ns=(there.stat().st_atime_ns, there.stat().st_mtime_ns))
        for compiled in (there.parent / "__pycache__").glob(f"{file.stem}.*.nb[ic]"):
            (file.parent / "__pycache__").mkdir(exist_ok=True)
            shutil.copy(compiled, file.parent / "__pycache__")


def link(distributions, packages):
    """Put what distributions installed here into another environment."""
    for distribution in metadata.distributions():
        if plain(distribution.metadata["Name"]) not in distributions:
            continue
        tops = {Path(file).parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}
        for top in tops:
            there = packages / top
            if not there.exists():
                there.symlink_to(distribution.locate_file(top))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """An environment with the wheel in it: a function that runs a command there, in an empty folder."""
    folder = tmp_path_factory.mktemp("wheel")
    wheel = build(folder)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "v"], check=True)
    python = folder / "v" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "-q", "--python", python]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--no-compile", wheel], check=True)
    packages = next((folder / "v" / "lib").glob("python*/site-packages"))
    keep_compiled(packages / "neuralpha")
    needed = metadata.PathDistribution(next(packages.glob("neuralpha-*.dist-info"))).requires
    core = asked_for([line for line in needed if "extra ==" not in line])
    assert {"torch", "papermill", "shap", "numba"} <= core
    assert not {"ray", "optuna", "duckdb", "sqlalchemy", "nbdev", "jupyterlab", "pytest", "s3fs"} & core
    link(core, packages)
    (folder / "v" / "share" / "jupyter").mkdir(parents=True)
    (folder / "v" / "share" / "jupyter" / "nbconvert").symlink_to(Path(sys.prefix) / "share" / "jupyter" / "nbconvert")
    empty = folder / "empty"
    empty.mkdir()
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}

    def call(*command, cwd=empty):
        program, *more = command
        done = subprocess.run(
            [folder / "v" / "bin" / program, *more], cwd=cwd, env=env, capture_output=True, text=True, timeout=600
        )
        return done.returncode, done.stdout + done.stderr

    call.folder = folder
    call.empty = empty
    call.needed = needed
    return call


def imported():
    """Top-level names that the library imports, but for what builds it."""
    builds = {"dev.py", "docs.py", "gpu.py"}
    for file in (REPOSITORY / "neuralpha").rglob("*.py"):
        if file.name in builds or "research" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield node.module.partition(".")[0]


def test_every_package_that_is_imported_is_asked_for(place):
    lines = place.needed
    core = asked_for([line for line in lines if "extra ==" not in line])
    optional = {plain(Requirement(line).name) for line in lines if "extra ==" in line}
    owners = metadata.packages_distributions()
    for name in {*imported()} - {*sys.stdlib_module_names} - {"neuralpha"}:
        assert {plain(owner) for owner in owners.get(name, [name])} & (core | optional), f"nobody asks for {name}"


def test_every_file_of_the_library_is_in_the_wheel(place):
    [installed] = (place.folder / "v").glob("lib/python*/site-packages/neuralpha")

    def files(package):
        inside = [file.relative_to(package) for file in package.rglob("*") if file.is_file()]
        return {file for file in inside if not {"__pycache__", ".ipynb_checkpoints"} & set(file.parts)}

    assert files(REPOSITORY / "neuralpha") - files(installed) == set()


def test_what_is_imported_comes_from_the_wheel(place):
    code, said = place("python", "-c", "import neuralpha.report.run, neuralpha.cli; print(neuralpha.__file__)")
    assert code == 0 and Path(said.strip()).is_relative_to(place.folder / "v"), said


COMMANDS = """
import sys
from neuralpha.cli import main
for line in ("studies", "tune tiny", "run tiny --backend ray", "lab", "data check a.duckdb"):
    try:
        main(line.split())
    except SystemExit as end:
        print("=", line, end.code)
"""


def test_built_in_studies_travel_and_a_missing_extra_is_named(place):
    (place.empty / "a.duckdb").write_bytes(b"")
    code, said = place("python", "-c", COMMANDS)
    (place.empty / "a.duckdb").unlink()
    assert code == 0 and "quick" in said and "nasdaq-table" in said, said
    for extra in ("tune", "ray", "lab", "databases"):
        assert f"pip install 'neuralpha[{extra}]'" in said, said
    assert "= tune tiny 2" in said and "Traceback" not in said


def test_a_new_project_runs_with_its_own_notebook(place):
    code, said = place("neuralpha", "new", "mystudy")
    assert code == 0 and "next: cd mystudy; neuralpha run study.toml" in said, said
    project = place.empty / "mystudy"
    study = project / "study.toml"
    study.write_text(study.read_text().replace("# rows = 400", "rows = 0"))
    nb = nbformat.read(project / "compare.ipynb", 4)
    nb.cells.insert(0, nbformat.v4.new_markdown_cell("Words of my own"))
    nbformat.write(nb, project / "compare.ipynb")
    code, said = place(
        "neuralpha", "run", "study.toml", "--models", "ridge", "--seeds", "1", "--jobs", "1", cwd=project
    )
    report = project / "reports" / "mystudy"
    assert code == 0 and (report / "index.html").is_file() and (report / "leaderboard.html").is_file(), said
    assert "Words of my own" in (report / "sim-tiny" / "notebook.html").read_text()
    code, said = place("neuralpha", "verify", "reports/mystudy", cwd=project)
    assert code == 0 and "0 problems" in said, said
