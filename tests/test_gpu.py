# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.gpu import *
import json, os, subprocess, sys
import nbformat

def test_the_command_needs_nothing_but_the_training_path(tmp_path):
    hidden = (
        "polars lightgbm shap matplotlib pydantic typer arch statsmodels skfolio optuna pandera "
        "exchange_calendars papermill nbdev nbformat jupytext fastcore"
    ).split()
    code = (
        "import sys\n"
        "from importlib.machinery import PathFinder\n"
        "class Hide:\n"
        f"    hidden = {hidden!r}\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        return None if name.split('.')[0] in self.hidden else PathFinder.find_spec(name, path, target)\n"
        "sys.meta_path[:] = [Hide() if f is PathFinder else f for f in sys.meta_path]\n"
        "from neuralpha.dev import main\n"
        "main(['gpu', '--pretend', '--out', sys.argv[1], '--parts', 'agreement,repeats,feeding,vectorised_seeds', "
        "'--minutes', '1'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        env={**os.environ, "NEURALPHA_PROGRESS": "0"},
    )
    assert (tmp_path / "gpu.json").exists(), done.stderr[-2000:]
    run = json.loads((tmp_path / "gpu.json").read_text())
    assert {k: v["error"] for k, v in run["parts"].items()} == dict.fromkeys(run["parts"], ""), done.stdout[-3000:]
    assert {r["part"] for r in run["rows"]} == {"agreement", "repeats", "feeding", "vectorised_seeds"}

def test_the_results_say_what_was_measured_on_a_card():
    from neuralpha.house import root

    measured = json.loads((root() / "nbs/benchmarks/gpu.json").read_text())
    results = nbformat.read(root() / "nbs/guides/results.ipynb", 4)
    text = " ".join("\n".join(c.source for c in results.cells).split())
    short = " ".join((root() / "README.md").read_text(encoding="utf-8").split())
    rows = {r["what"]: r["value"] for r in measured["rows"]}
    epochs = [r["value"] for r in measured["rows"] if r["part"] == "epochs"]
    said = [
        f"one {measured['machine']['card']}",
        f"takes {min(epochs):.2f} to {max(epochs):.2f} times its bare steps",
        f"fed {rows['windows per second, resident / DataLoader in this process']:.0f} times as fast",
        f"are {rows['LSTM, 200 windows: shap.GradientExplainer / expected_gradients']:.0f} times as fast as shap's",
        f"at once {rows['mlp: 10 seeds / one']:.2f} (MLP) and {rows['lstm: 10 seeds / one']:.2f} (LSTM) times one",
        f"at most {rows['scores of one net, GPU against CPU, largest difference']:.6f} standard",
    ]
    assert [s for s in said if s not in text] == []
    assert f"an epoch takes {min(epochs):.1f} to {max(epochs):.1f} times its bare steps" in short
    never = (
        "nets that fail on a GPU, or learn other things than on a CPU",
        "nets not equal to the bit when trained again",
        "nets not equal to the bit after an interruption",
    )
    assert [rows[w] for w in never] == [0, 0, 0]
