# Exported from nbs/ by `make sync`; edit the notebook.
import json, shutil

from pathlib import Path

import pytest

ROOT = next(p for p in [Path.cwd(), *Path.cwd().parents] if (p / "settings.ini").exists())

def run_notebook(out: Path, **parameters) -> None:
    import papermill

    notebook = ROOT / "nbs/benchmarks/independent.ipynb"
    papermill.execute_notebook(
        str(notebook), str(out), parameters, kernel_name="python3", language="python", progress_bar=False
    )

def test_every_number_of_the_sample_and_of_a_fresh_study_follows_from_scores_and_prices(tmp_path):
    run_notebook(tmp_path / "out.ipynb")

def test_a_changed_number_of_a_report_is_named_with_both_values(tmp_path):
    shutil.copytree(ROOT / "reports/sample", tmp_path / "sample")
    file = tmp_path / "sample/sim-tiny/metrics.json"
    stored = json.loads(file.read_text())
    stored["models"]["lstm"]["metrics"]["spread_after_cost"]["value"] += 0.01
    file.write_text(json.dumps(stored))
    with pytest.raises(Exception, match=r"1 of \d+ numbers .* spread_after_cost of lstm: ours 1\.\d+, theirs 1\.\d+"):
        run_notebook(tmp_path / "out.ipynb", report=str(tmp_path / "sample"))
