"""A folder with a tiny study in it, the `neuralpha` processes that run there, and how two runs are compared.

Two runs of one study are compared file by file. What may differ, and why:
- `<universe>/timing.json` and `timing.js`: seconds of training, measured; the names in them must be the same;
- `<universe>/done.json`: the same but for the SHA-256 of that `timing.json`.
Everything else has the same bytes: scores, numbers, pictures, notebooks, pages, the manifest.
"""

import json, os, subprocess, sys
from pathlib import Path
import psutil
import contextlib

STUDY = """name = "mini"
universes = ["sim-tiny"]
features = "classic"
seeds = 1
[split]
train = "9M"
valid = "3M"
test = "3M"
[explain]
rows = 0
"""
RIDGE = "[models.ridge]\n"

# Every process of a run says which unit it fits; a test may slow units down or have one kill its process.
SPY = r'''import importlib.abc, importlib.util, os, sys, time

def spy(fit):
    def fit_unit(model, X, y, fold, seed=0, *args, **kw):
        log = os.open(os.environ["SPY"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(log, f"{os.getppid()}:{os.getpid()} {model.name} {fold.number} {seed}\n".encode())
        os.close(log)
        time.sleep(float(os.environ.get("SPY_SLEEP", 0)))
        if model.name == os.environ.get("SPY_KILL"): os.kill(os.getpid(), 9)
        return fit(model, X, y, fold, seed, *args, **kw)
    return fit_unit

class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != "neuralpha.models.fitting": return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        load = spec.loader.exec_module
        def spied(module):
            load(module)
            module.fit_unit = spy(module.fit_unit)
        spec.loader.exec_module = spied
        return spec

if "SPY" in os.environ: sys.meta_path.insert(0, Finder())
'''


class Place:
    """A folder with the study in it, and the processes that run there."""

    def __init__(self, folder, models=RIDGE, out="out"):
        self.folder, self.out = folder, Path(out)
        (folder / "spy").mkdir(parents=True, exist_ok=True)
        (folder / "spy" / "sitecustomize.py").write_text(SPY)
        (folder / "mini.toml").write_text(STUDY + models)

    def start(self, *args, **env):
        path = os.pathsep.join([str(self.folder / "spy"), os.environ.get("PYTHONPATH", "")])
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "neuralpha.cli",
                "run",
                "mini.toml",
                "--out",
                str(self.out),
                "--device",
                "cpu",
                *map(str, args),
            ],
            cwd=self.folder,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env={
                **os.environ,
                "PYTHONPATH": path,
                "SPY": str(self.folder / "fits"),
                **{k: str(v) for k, v in env.items()},
            },
        )

    def run(self, *args, **env):
        p = self.start(*args, **env)
        p.out, p.err = p.communicate(timeout=900)
        return p

    def fits(self):
        """(parent:process, unit) of every fit that was begun."""
        file = self.folder / "fits"
        return [tuple(line.split(" ", 1)) for line in file.read_text().splitlines()] if file.exists() else []

    @property
    def report(self):
        return self.folder / self.out / "mini"

    @property
    def units(self):
        return self.folder / self.out / ".units"


def contents(report):
    """Relative path -> bytes of all files of a report; of files with times and places, what must not differ."""
    files = {str(p.relative_to(report)): p.read_bytes() for p in report.rglob("*") if p.is_file()}
    for name in files:
        if name.endswith("timing.js"):
            files[name] = sorted(json.loads(files[name].removeprefix(b"window.TIMING=")))
        elif name.endswith(("timing.json", "started_in.json")):
            files[name] = sorted(json.loads(files[name]))
        elif name.endswith("done.json"):
            files[name] = json.loads(files[name])
            assert len(files[name]["files"].pop("timing.json")) == 64
    return files


def assert_same(report, reference):
    a, b = contents(report), contents(reference)
    assert sorted(a) == sorted(b) and len(a) > 40
    assert [name for name in a if a[name] != b[name]] == []


def assert_nothing_left(place):
    locks = place.units / "locks"
    assert not locks.exists() or list(locks.iterdir()) == []
    left = [p for p in (place.folder / place.out).rglob(".*") if p != place.units]
    assert left == []


def kill(process, whole_tree=True):
    """SIGKILL a run, with all its children or leaving them orphans."""
    try:
        children = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        children = []
    process.kill()
    for c in children if whole_tree else []:
        with contextlib.suppress(psutil.NoSuchProcess):
            c.kill()
    process.wait()
    if whole_tree:
        psutil.wait_procs(children)
    process.stdout.close(), process.stderr.close()


class Bomb:
    """A pickle of it makes the folder `mark` when it is loaded."""

    def __init__(self, mark):
        self.mark = str(mark)

    def __reduce__(self):
        return os.mkdir, (self.mark,)
