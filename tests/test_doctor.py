# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.doctor import *
import datetime as dt
import importlib
import json
import os
import subprocess
import sys
import textwrap
from importlib import metadata
from types import SimpleNamespace
import pandas as pd
import pytest
import neuralpha.doctor as doctor
import neuralpha.house as house
from neuralpha.doctor import Diagnosis, lines_of

def test_a_folder_for_temporary_files_that_is_too_deep_for_sockets_is_named(monkeypatch, tmp_path):
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    monkeypatch.setenv("TMPDIR", str(deep))
    monkeypatch.setattr(doctor.tempfile, "tempdir", None)
    found = doctor.sockets()
    assert found.state == "warn" and str(deep) in found.said and "short folder" in found.fix
    monkeypatch.setenv("TMPDIR", "/tmp")
    monkeypatch.setattr(doctor.tempfile, "tempdir", None)
    assert doctor.sockets() == Diagnosis("sockets", "ok", "can be made in /tmp")

def test_a_machine_without_chromium_is_told_what_works_all_the_same(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    found = doctor.pdf()
    assert found.state == "ok" and "--pdf would stop" in found.said and "install chromium" in found.fix
    (tmp_path / "chromium").write_text("#!/bin/sh\n")
    (tmp_path / "chromium").chmod(0o755)
    assert doctor.pdf() == Diagnosis("pdf", "ok", f"printed by {tmp_path}/chromium")

def test_what_stops_only_some_reports_is_exit_code_0(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "examine", lambda out: [Diagnosis("late", "warn", "soon", "wait")])
    assert doctor.main([]) == 0 and capsys.readouterr().out.splitlines()[-1] == "1 thing would go wrong"

def test_nothing_in_the_way_is_exit_code_0_and_nothing_is_made(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(doctor, "GB", 1.0)  # every disk and every memory is large
    of_this_machine = (
        "compiled_parts kernel sockets caches text_encoding calendars gpu pinned_versions between_packages extras"
    )
    for check in of_this_machine.split():
        monkeypatch.setattr(doctor, check, lambda: Diagnosis("quick", "ok", "fine"))
    assert doctor.main([str(tmp_path / "reports")]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "nothing stands in the way"
    assert not (tmp_path / "reports").exists()

def test_the_worst_finding_stands_first_and_the_last_line_counts():
    found = [
        Diagnosis("a", "ok", "fine"),
        Diagnosis("b", "warn", "late", "mend b"),
        Diagnosis("c", "fail", "gone", "mend c"),
    ]
    lines = lines_of(found)
    assert [line.split()[0] for line in lines[:-2]] == ["fail", "->", "warn", "->", "ok"]
    assert lines[1].strip() == "-> mend c"
    assert lines[-1] == "2 things would go wrong, 1 in every report"
    assert lines_of(found[:2])[-1] == "1 thing would go wrong"
    assert lines_of(found[:1])[-1] == "nothing stands in the way"

def test_no_line_is_wider_than_asked_for():
    assert max(map(len, lines_of([Diagnosis("a", "ok", "word " * 100, "fix " * 100)], 80))) <= 80

def versions(monkeypatch, **changed):
    """Other versions than the installed ones; None for a package that is not there."""
    real = metadata.version

    def version(name):
        here = changed[name] if name in changed else real(name)
        if here is None:
            raise metadata.PackageNotFoundError(name)
        return here

    monkeypatch.setattr(doctor.metadata, "version", version)

def test_an_older_python_is_named_with_the_range_it_is_outside_of(monkeypatch):
    assert doctor.python_version().state == "ok"
    monkeypatch.setattr(doctor.sys, "version_info", (3, 9, 1))
    found = doctor.python_version()
    assert found.state == "fail" and found.said.endswith("needs >=3.11") and ">=3.11" in found.fix

def test_a_package_outside_its_range_and_one_that_is_missing_are_named(monkeypatch):
    assert doctor.packages().state == "ok"
    versions(monkeypatch, pandas="2.2.3", polars=None)
    found = doctor.packages()
    assert found.state == "fail" and found.said == (
        "needed: pandas>=3.0 (2.2.3 is installed), polars>=1.30 (not installed)"
    )
    assert "pip install" in found.fix

def test_a_folder_that_was_never_installed_is_told_to_be(monkeypatch):
    versions(monkeypatch, neuralpha=None)
    found = doctor.packages()
    assert found.state == "fail" and "itself is not installed" in found.said and "pip install" in found.fix

def test_a_package_that_does_not_know_the_installed_numpy_is_named(monkeypatch):
    versions(monkeypatch, numpy="99.0")
    found = doctor.between_packages()
    assert found.state == "warn" and "numba asks for numpy<" in found.said and "(99.0 is installed)" in found.said

def test_a_version_that_the_tests_did_not_run_with_is_named(monkeypatch, tmp_path):
    (tmp_path / "constraints.txt").write_text("PANDAS==3.0.99\nexchange-calendars==0.1 ; python_version > '3'\n")
    monkeypatch.setattr(doctor, "_clone", lambda: tmp_path)
    found = doctor.pinned_versions()
    assert found.state == "warn" and "(tested: 3.0.99)" in found.said and "exchange_calendars" in found.said
    (tmp_path / "constraints.txt").write_text(f"torch=={metadata.version('torch').partition('+')[0]}\n")
    assert doctor.pinned_versions().state == "ok"
    (tmp_path / "constraints.txt").unlink()
    assert "not a clone" in doctor.pinned_versions().said

def test_a_library_that_cannot_be_loaded_is_named_with_what_brings_it(monkeypatch):
    real = importlib.import_module

    def without(name):
        if name == "lightgbm":
            raise OSError("libgomp.so.1: cannot open shared object file")
        return real(name)

    monkeypatch.setattr(doctor, "COMPILED", ("numpy", "lightgbm"))
    monkeypatch.setattr(doctor.importlib, "import_module", without)
    found = doctor.compiled_parts()
    assert found.state == "fail" and "lightgbm cannot be loaded: OSError: libgomp" in found.said
    assert "libgomp1" in found.fix
    monkeypatch.setattr(doctor, "COMPILED", ("numpy", "nowhere_at_all"))
    assert "--force-reinstall nowhere_at_all" in doctor.compiled_parts().fix

@pytest.fixture
def shut(tmp_path):
    """A folder that nobody can make, root neither: a file is in its way."""
    (tmp_path / "file").write_text("")
    return tmp_path / "file" / "folder"

def test_a_folder_is_judged_by_writing_or_by_the_nearest_above_it(tmp_path, shut):
    assert doctor.refusal(tmp_path) == "" == doctor.refusal(tmp_path / "a" / "b")
    assert doctor.refusal(shut) == "Not a directory"
    assert not (tmp_path / "a").exists() and sorted(p.name for p in tmp_path.iterdir()) == ["file"]

def test_a_missing_and_a_broken_template_are_named(monkeypatch, tmp_path):
    assert doctor.templates().state == "ok"
    real = doctor._package() / "research"
    assert {path.stem for path in real.glob("*.ipynb")} == set(doctor.TEMPLATES)
    (tmp_path / "research").mkdir()
    (tmp_path / "research" / "leaderboard.ipynb").write_text("{")
    (tmp_path / "research" / "published_table.ipynb").write_text('{"cells": []}')
    monkeypatch.setattr(doctor, "_package", lambda: tmp_path)
    found = doctor.templates()
    assert found.state == "fail" and "install neuralpha again" in found.fix
    assert "compare_models.ipynb is not there" in found.said and "leaderboard.ipynb cannot be read" in found.said
    assert "published_table.ipynb has no cell tagged" in found.said and "no study" in found.said

def test_a_kernel_that_does_not_start_is_named_with_its_last_words(monkeypatch, tmp_path):
    assert doctor.kernel().state == "ok"
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'No module named ipykernel_launcher' >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(doctor.sys, "executable", str(python))
    found = doctor.kernel()
    assert found.state == "fail" and "No module named ipykernel_launcher" in found.said and "ipykernel" in found.fix
    monkeypatch.setattr(doctor.sys, "executable", str(tmp_path / "gone"))
    assert doctor.kernel().state == "fail"

def test_a_kernel_specification_of_another_python_is_named_and_does_no_harm(monkeypatch, tmp_path):
    spec = tmp_path / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(json.dumps({"argv": ["/opt/other/python", "-f", "{connection_file}"], "display_name": "x"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    found = doctor.kernel()
    assert found.state == "ok" and "another one, /opt/other/python" in found.said and "ipykernel install" in found.fix
    spec.write_text(json.dumps({"argv": [sys.executable, "-f", "{connection_file}"], "display_name": "x"}))
    assert doctor.kernel().fix == ""

def test_a_folder_for_temporary_files_that_cannot_be_written_is_named(monkeypatch, shut):
    monkeypatch.setenv("TMPDIR", str(shut))
    monkeypatch.setattr(doctor.tempfile, "tempdir", None)
    found = doctor.sockets()
    assert found.state == "warn" and f"TMPDIR is {shut}, which cannot be written (Not a directory)" in found.said

    def nowhere():
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(doctor.tempfile, "gettempdir", nowhere)
    assert doctor.sockets().state == "fail"

def test_a_cache_that_cannot_be_written_is_named_with_its_variable(monkeypatch, tmp_path, shut):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "numba"))
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "plots"))
    assert doctor.caches().state == "ok"
    monkeypatch.setenv("MPLCONFIGDIR", str(shut))
    found = doctor.caches()
    assert found.state == "warn" and f"{shut}: Not a directory" in found.said and "MPLCONFIGDIR" in found.fix
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(shut))
    found = doctor.caches()
    assert found.state == "warn" and f"NUMBA_CACHE_DIR is {shut}, which cannot be written; numba goes to" in found.said
    monkeypatch.setattr(doctor, "__file__", str(shut / "doctor.py"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(shut))
    found = doctor.caches()
    assert found.state == "fail" and f"{shut}: Not a directory, {shut}/__pycache__: Not a directory" in found.said
    assert "NUMBA_CACHE_DIR" in found.fix
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "numba"))
    assert "matplotlib cannot keep" in doctor.caches().said

def test_folders_that_cannot_be_written_are_named(monkeypatch, tmp_path, shut):
    monkeypatch.setenv("NEURALPHA_UNIVERSES", str(tmp_path / "universes"))
    assert doctor.folders(tmp_path / "reports").state == "ok"
    monkeypatch.setenv("NEURALPHA_UNIVERSES", str(shut))
    found = doctor.folders(tmp_path / "reports")
    assert found.state == "warn" and str(shut) in found.said and "NEURALPHA_UNIVERSES" in found.fix
    found = doctor.folders(shut)
    assert found.state == "fail" and found.said == f"{shut}: Not a directory" and "--out" in found.fix
    (tmp_path / ".units").write_text("")
    assert doctor.folders(tmp_path).said == f"{tmp_path}/.units: Not a directory"

@pytest.mark.parametrize("free, state", [(0.19, "fail"), (1.9, "warn"), (2.1, "ok")])
def test_a_disk_that_is_nearly_full_is_named(monkeypatch, tmp_path, free, state):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda place: SimpleNamespace(free=free * 1e9))
    found = doctor.disk(tmp_path)
    assert found.state == state and f"{free:.1f} GB are free at {tmp_path}" in found.said
    assert ("--out" in found.fix) == (state != "ok")

def test_little_memory_is_named_with_what_needs_less(monkeypatch):
    monkeypatch.setattr(doctor, "available_memory", lambda: 3.9e9)
    found = doctor.memory_left()
    assert found.state == "warn" and found.said.startswith("only 3.9 GB") and "--jobs 1" in found.fix
    monkeypatch.setattr(doctor, "available_memory", lambda: 4.1e9)
    assert doctor.memory_left().state == "ok"
    monkeypatch.setattr(doctor, "available_memory", lambda: None)
    assert doctor.memory_left().state == "ok"

def test_the_limit_of_a_container_counts(monkeypatch):
    files = {"meminfo": "MemTotal: 9 kB\nMemAvailable: 8000000 kB\n", "memory.max": "max\n", "memory.current": "5\n"}
    monkeypatch.setattr(doctor, "_read", lambda path: files[path.name])
    assert doctor.available_memory() == 8_192_000_000
    files |= {"memory.max": "3000000000\n", "memory.current": "1000000000\n"}
    assert doctor.available_memory() == 2_000_000_000
    files |= {"meminfo": "", "memory.max": ""}
    assert doctor.available_memory() is None

def test_a_terminal_that_is_not_utf_8_is_named(monkeypatch):
    monkeypatch.setattr(doctor.sys, "stdout", SimpleNamespace(encoding="ISO-8859-1"))
    found = doctor.text_encoding()
    assert found.state == "warn" and "the terminal in ISO-8859-1" in found.said and "PYTHONUTF8=1" in found.fix

def test_a_calendar_that_ends_and_one_that_cannot_be_built_are_named(monkeypatch):
    from exchange_calendars import calendar_utils

    class Ends:
        regular_holidays = None

        @classmethod
        def bound_max(cls):
            return pd.Timestamp("2026-12-31")

    class Breaks(Ends):
        @property
        def regular_holidays(self):
            raise NotImplementedError("implemented by subclasses")

        @classmethod
        def bound_max(cls):
            return None

    monkeypatch.setattr(calendar_utils, "_default_calendar_factories", {"XAAA": Ends, "XBBB": Breaks})
    found = doctor.calendars(dt.date(2026, 11, 28))
    assert found.state == "warn" and "some end on 2026-12-31 (XAAA)" in found.said and 'calendar = "none"' in found.fix
    assert f"XBBB cannot be built with pandas {pd.__version__}" in found.said
    assert "some end" in doctor.calendars(dt.date(2026, 11, 2)).said
    assert "some end" not in doctor.calendars(dt.date(2026, 11, 1)).said
    monkeypatch.setattr(calendar_utils, "_default_calendar_factories", {"XAAA": Ends})
    assert doctor.calendars(dt.date(2026, 10, 1)).state == "ok"

def test_the_calendars_said_to_be_broken_are_those_that_cannot_be_built():
    import exchange_calendars as xc
    from exchange_calendars.calendar_utils import _default_calendar_factories as kinds

    for name in ("XNYS", "XLON", "XBOM", "ASEX", "XBEL", "XBSE", "XCYS"):
        try:
            xc.get_calendar(name, start="2026-11-01", end="2026-11-28")
            built = True
        except NotImplementedError:
            built = False
        assert doctor._has_holidays(kinds[name], pd.Timestamp("2026-11-28")) == built, name

@pytest.fixture
def card(monkeypatch, tmp_path):
    """A machine whose driver knows a card."""
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'NVIDIA T4, 535.1'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

def test_a_machine_without_a_card_trains_on_the_cpu(monkeypatch, tmp_path):
    import torch

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    found = doctor.gpu()
    assert found.state == "ok" and found.said.endswith("no GPU: nets train on the CPU")

def test_a_card_that_torch_does_not_see_is_named_with_the_reason(monkeypatch, card):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", None)
    found = doctor.gpu()
    assert found.state == "warn" and "NVIDIA T4, driver 535.1" in found.said and "built for the CPU" in found.fix
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    assert "too old for CUDA 13.0" in doctor.gpu().fix
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert "CUDA_VISIBLE_DEVICES is ''" in doctor.gpu().fix

def test_a_card_that_computes_is_named_with_its_driver_memory_and_precision(monkeypatch, card):
    import torch

    kind = SimpleNamespace(name="NVIDIA T4", total_memory=16e9)
    monkeypatch.setattr(torch, "ones", lambda *size, device: torch.zeros(*size))
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    for name, value in dict(is_available=True, get_device_properties=kind, device_count=2).items():
        monkeypatch.setattr(torch.cuda, name, lambda *args, value=value: value)
    for supported, said in ((True, "with bfloat16"), (False, "without bfloat16")):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation, supported=supported: supported)
        found = doctor.gpu()
        assert found.state == "ok"
        assert found.said.endswith(f"CUDA 13.0, driver 535.1: NVIDIA T4, 16 GB, {said}, 2 cards")

def test_a_card_on_which_nothing_can_be_computed_is_named(monkeypatch, card):
    import torch

    def no_kernel(*args, **kw):
        raise RuntimeError("CUDA error: no kernel image is available\nmore")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "ones", no_kernel)
    found = doctor.gpu()
    assert found.state == "warn" and found.said.endswith("no kernel image is available") and "--device cpu" in found.fix

def test_extras_say_what_they_would_give_and_are_held_to_their_ranges(monkeypatch):
    monkeypatch.setattr(doctor.util, "find_spec", lambda module: module == "ray" or None)
    versions(monkeypatch, ray="2.99")
    found = doctor.extras()
    assert found.state == "ok" and found.said.startswith("installed: ray; absent: s3 (reports at s3:// addresses)")
    there = ",".join(extra for extra in doctor.EXTRAS if extra != "ray")
    assert found.fix == f"to have them, in the clone: pip install -c constraints.txt -e '.[{there}]'"
    versions(monkeypatch, ray="1.0")
    found = doctor.extras()
    assert found.state == "warn" and found.said.startswith("ray>=2.40 (1.0 is installed)") and ".[ray]" in found.fix

def test_every_extra_of_the_package_is_known_and_named_in_the_readme():
    """Those of setup.py, but for what the project itself is built and tested with."""
    base = house.root()
    given = {"__file__": str(base / "setup.py")}
    source = (base / "setup.py").read_text(encoding="utf-8").replace("setup(", "dict(")
    exec(source, given)
    assert set(given["extras"]) - {"docs", "test", "dev"} == set(doctor.EXTRAS)
    readme = (base / "README.md").read_text(encoding="utf-8")
    assert [extra for extra in doctor.EXTRAS if f"`{extra}`" not in readme] == []

def test_without_a_clone_the_wheel_is_what_is_installed_again(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "_clone", lambda: tmp_path)
    assert doctor._install() == "pip install --upgrade 'neuralpha'"
    assert doctor._install("ray", "s3") == "pip install --upgrade 'neuralpha[ray,s3]'"

def test_a_check_that_breaks_is_a_finding():
    def disk_of_glass():
        raise OSError("shattered")

    found = doctor._looked(disk_of_glass)
    assert (found.name, found.state) == ("disk_of_glass", "warn") and "OSError: shattered" in found.said

def run_python(tmp_path, *args, **env):
    """A process of its own, with an empty home."""
    home = {"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", ""), "HOME": str(tmp_path)}
    return subprocess.run([sys.executable, *args], capture_output=True, text=True, env=home | env, timeout=120)

def test_the_command_looks_at_everything_and_ends_with_1_where_something_stops_every_report(tmp_path, shut):
    told = run_python(tmp_path, "-m", "neuralpha.cli", "doctor", "--json", "--out", str(shut))
    said = json.loads(told.stdout)
    worst, *others = said["findings"]
    fix = "give another folder: neuralpha run --out FOLDER"
    assert told.returncode == 1
    assert worst == {"name": "folders", "state": "fail", "said": f"{shut}: Not a directory", "fix": fix}
    assert {finding["name"] for finding in others} == set(
        "python packages requirements tested compiled templates kernel sockets caches memory text calendars gpu "
        "extras "
        "pdf disk".split()
    )
    assert not any("could not be looked at" in finding["said"] for finding in others)
    assert said["verdict"].endswith("1 in every report")

def test_the_doctor_speaks_where_pandas_is_broken_and_the_terminal_knows_no_umlauts(tmp_path):
    code = """
        import sys
        sys.modules["pandas"] = None
        import neuralpha.doctor as doctor
        doctor.COMPILED = ("pandas",)
        doctor.examine = lambda out: [doctor.compiled_parts(), doctor.Diagnosis("umlaut", "ok", "\u00fc")]
        sys.exit(doctor.main([]))
    """
    told = run_python(tmp_path, "-c", textwrap.dedent(code), PYTHONIOENCODING="ascii")
    lines = told.stdout.splitlines()
    assert told.returncode == 1 and lines[0].startswith("fail  compiled     pandas cannot be loaded"), told.stderr
    assert lines[1].strip() == "-> pip install --force-reinstall pandas" and lines[2].endswith("\\xfc")
    assert lines[-1] == "1 thing would go wrong, 1 in every report"
