# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.pages.manifest import *
import pytest
from pathlib import Path
import neuralpha.report.templates as templates

@pytest.fixture
def package(tmp_path):
    import shutil

    shutil.copytree(
        Path(templates.__path__[0]).parents[1], tmp_path / "neuralpha", ignore=shutil.ignore_patterns("*.pyc")
    )
    return tmp_path / "neuralpha"

def digests(package):  # of what draws pages, and of what fits models
    import os, subprocess, sys

    ask = (
        "from neuralpha.core import code_digest as d; print(d('neuralpha.report.pages.draw'), d('neuralpha.study.fit'))"
    )
    command = [sys.executable, "-c", ask]
    environment = os.environ | {"PYTHONPATH": str(package.parent)}
    return subprocess.run(
        command, cwd=package.parent, env=environment, capture_output=True, text=True, check=True
    ).stdout.split()

def test_who_changes_a_template_or_the_style_changes_what_pages_are_drawn_by(package):
    drawing, fitting = digests(package)
    seen = {drawing}
    for name in ("site.css", "site.js", "curves.js", "parts.html"):
        file = package / "report" / "templates" / name
        file.write_text(file.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        now, fitting_now = digests(package)
        assert now not in seen and fitting_now == fitting, name
        seen.add(now)
