# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.core import *
import json, os, subprocess, sys, time
from pathlib import Path
import numpy as np
import pandas as pd
import pytest

def test_a_notebook_shows_the_message_alone():
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    said = []
    shell._showtraceback = lambda kind, error, lines: said.append("\n".join(lines))
    shell.run_cell("from neuralpha.core import NeuralphaError")
    shell.run_cell("def inner(): raise NeuralphaError('bars.csv: no column close; add it.')\ninner()")
    shell.run_cell("1 / 0")
    assert said[0] == "NeuralphaError: bars.csv: no column close; add it."
    assert "ZeroDivisionError" in said[1] and len(said[1].splitlines()) > 3

def test_unknown_name_suggests_the_closest():
    assert "Did you mean 'lightgbm'?" in str(unknown_name("model", "lgihtgbm", ["ridge", "lightgbm"]))
    assert "Choose from: lstm, ridge." in str(unknown_name("model", "zzz", ["ridge", "lstm"]))

def test_an_empty_text_is_no_folder():
    for empty in ("", "  "):
        with pytest.raises(NeuralphaError, match="The report is an empty text"):
            path_of(empty, "The report")
    assert path_of(".") == Path() and path_of(Path("a")) == path_of("a") == Path("a")

def test_a_missing_package_names_the_extra_that_brings_it():
    with pytest.raises(NeuralphaError) as e, extra("tune", "A search for parameters"):
        raise ModuleNotFoundError("No module named 'optuna'", name="optuna")
    assert str(e.value) == "A search for parameters needs the package optuna: pip install 'neuralpha[tune]'."

def test_a_package_is_asked_for_before_the_work_begins():
    require("numpy", "tune", "A search for parameters")
    with pytest.raises(NeuralphaError, match="needs the package nowhere_to_be_found: pip install"):
        require("nowhere_to_be_found", "tune", "A search for parameters")

def test_every_extra_that_an_error_names_exists():
    import re
    from neuralpha.house import root

    told = {
        name
        for path in (root() / "neuralpha").rglob("*.py")
        for name in re.findall(r"""neuralpha\[([a-z]+)\]|\bextra\("([a-z]+)\"""", path.read_text(encoding="utf-8"))
    }
    named = {a or b for a, b in told}
    setup = (root() / "setup.py").read_text(encoding="utf-8")
    known = {*re.findall(r"^    ([a-z0-9]+)=\[", setup, re.M), *re.findall(r'extras\["([a-z]+)"\]', setup)}
    assert named and named <= known, named - known

def test_digest_depends_on_content_only():
    a = np.arange(6.0).reshape(2, 3)
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest(a) == digest(np.asfortranarray(a))
    assert digest(a) != digest(a.reshape(3, 2)) and digest(a) != digest(a.astype("f4"))
    assert digest("ab", "c") != digest("a", "bc")
    df = pd.DataFrame({"x": [1, 2]}, index=["u", "v"])
    assert digest(df) != digest(df.rename(index={"u": "w"}))

@pytest.mark.parametrize(
    "error", [OSError(28, "No space"), Exception("while serializing: No space left on device (os error 28)")]
)
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, error):
    refused = pytest.raises(DiskError, match="Cannot write .*x.json: No space left on device")
    with refused, atomic_path(tmp_path / "x.json"):
        raise error
    assert list(tmp_path.iterdir()) == []

def test_atomic_path_keeps_the_old_file_when_the_writer_fails(tmp_path):
    p = tmp_path / "deep" / "x.json"
    write_json(p, {"a": 1})
    with pytest.raises(RuntimeError), atomic_path(p) as tmp:
        tmp.write_text("half")
        raise RuntimeError
    assert read_json(p) == {"a": 1}
    assert [f.name for f in p.parent.iterdir()] == ["x.json"]

def test_write_json_is_reproducible_and_has_no_nan(tmp_path):
    write_json(tmp_path / "a", {"b": float("nan"), "a": np.float64(0.1)})
    write_json(tmp_path / "b", {"a": 0.1, "b": None})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()

def test_broken_json_is_named(tmp_path):
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(NeuralphaError, match="x.json"):
        read_json(tmp_path / "x.json")

@pytest.mark.parametrize(
    "text",
    [
        "[" * 10**6 + "]" * 10**6,
        '{"a":' * 10**6 + "1" + "}" * 10**6,
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": 1e999}',
        '{"a": ' + "9" * 10**5 + "}",
        "[]",
        "{}",
        '{"a": "1"}',
        "\0",
        "",
    ],
)
def test_json_that_nobody_could_have_written_is_refused(text):
    with pytest.raises(NeuralphaError, match="^x.json[ :]"):
        parse_json(text, "x.json", a=(int, float))
    assert parse_json('{"a": 1.5}', "x.json", a=(int, float)) == {"a": 1.5}

def test_a_file_in_the_way_of_a_folder_is_named(tmp_path):
    (tmp_path / "x").touch()
    with pytest.raises(DiskError, match="x/y.json: (Not a directory|File exists)"):
        write_json(tmp_path / "x" / "y.json", 1)

def test_equal_estimators_are_equal_bytes_and_come_back():
    import skops.io
    from sklearn.ensemble import IsolationForest

    x = np.random.default_rng(0).standard_normal((200, 3))
    made = [IsolationForest(n_estimators=3, random_state=seed).fit(x) for seed in (0, 0, 1)]
    first, again, other = map(skops_bytes, made)
    assert first == again != other
    back = skops.io.loads(first, trusted=trusted_types(first, ("sklearn", "numpy"), "here"))
    np.testing.assert_array_equal(back.score_samples(x), made[0].score_samples(x))
    with pytest.raises(NeuralphaError, match="here holds"):
        trusted_types(first, (), "here")

def test_a_table_is_read_as_it_was_written_or_not_at_all(tmp_path):
    path = tmp_path / "t.parquet"
    kinds = dict(date="date", asset="text", score="float32")
    good = pd.DataFrame(
        {"date": pd.to_datetime(["2020-01-02"] * 2), "asset": ["A", "B"], "score": np.float32([1, 2]), "more": 1}
    )
    good.to_parquet(path)
    pd.testing.assert_frame_equal(read_table(path, **kinds), good[list(kinds)])
    for column, wrong in {"score": ["1", "2"], "date": good["date"].dt.tz_localize("UTC"), "asset": [1, 2]}.items():
        for bad in (
            good.assign(**{column: wrong}),
            good.drop(columns=column),
            good.set_index(column).reset_index(drop=True),
        ):
            bad.to_parquet(path)
            with pytest.raises(NeuralphaError, match=f"t.parquet: column '{column}' "):
                read_table(path, **kinds)

@pytest.mark.parametrize(
    "damage",
    [
        lambda b: b[: len(b) // 2],
        lambda b: b[:4] + bytes(200) + b[204:],
        lambda b: b"",
        lambda b: b[:-40] + bytes(36) + b[-4:],
    ],
)
def test_a_damaged_table_is_one_line(tmp_path, damage):
    path = tmp_path / "t.parquet"
    pd.DataFrame({"x": np.arange(1000.0)}).to_parquet(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(NeuralphaError, match="t.parquet is not a readable Parquet file: ."):
        read_table(path, x="number")

import ast, subprocess, sys

from neuralpha.core import _without_docstrings

def test_prose_changes_no_number():
    def tree(doc, value):
        return ast.dump(_without_docstrings(ast.parse(f'"{doc}"\ndef f():\n    "{doc}"\n    return {value}')))

    assert tree("One.", 1) == tree("Another.", 1) != tree("One.", 2)

def test_code_digest_follows_imports():
    assert code_modules("neuralpha.splits") == [
        "neuralpha.core",
        "neuralpha.cross_section",
        "neuralpha.data.panel",
        "neuralpha.data.returns",
        "neuralpha.given",
        "neuralpha.labels",
        "neuralpha.own_code",
        "neuralpha.splits",
    ]
    assert code_digest("neuralpha.splits") != code_digest("neuralpha.labels")

def test_what_is_noted_of_a_module_is_of_its_source_and_of_no_other(tmp_path, monkeypatch):
    from neuralpha import core

    def read(source):
        (tmp_path / "noted_module.py").write_text(source)
        return core._module.__wrapped__("noted_module")

    monkeypatch.syspath_prepend(tmp_path)
    first = read("from neuralpha.labels import Label\nimport neuralpha.splits")
    assert first[1] == ("neuralpha.labels", "neuralpha.splits")
    other = read("from neuralpha.labels import Label")
    assert other[1] == ("neuralpha.labels",) and other[0] != first[0]
    assert read("from neuralpha.labels import Label  # said") == other
    (note,) = tmp_path.glob("__pycache__/noted_module.*.json")
    monkeypatch.setattr(core, "_read_module", None)
    assert read("from neuralpha.labels import Label  # said") == other
    monkeypatch.undo()
    monkeypatch.syspath_prepend(tmp_path)
    note.write_text("{")
    assert read("from neuralpha.labels import Label  # said") == other

def test_the_lowest_floor_loads_no_tables():
    code = "import sys, neuralpha.core, neuralpha.cli; print(sorted({'pandas', 'torch'} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said == "[]\n"

def test_a_lock_is_exclusive_and_leaves_no_file(tmp_path):
    with lock(tmp_path / "l") as first, lock(tmp_path / "l", wait=False) as second:
        assert first and not second
    (tmp_path / "left").touch()
    with lock(tmp_path / "held"):
        sweep_locks(tmp_path)
        assert [p.name for p in tmp_path.iterdir()] == ["held"]
    assert list(tmp_path.iterdir()) == []

TURNS = """
import sys, time
from numba import njit
from neuralpha.core import compile_in_turn
compile_in_turn()
sys.path.insert(0, sys.argv[1])
from kernels import total
while time.time() < float(sys.argv[2]):
    pass
total(3)
print(sum(total.stats.cache_misses.values()))
"""

KERNEL = """
from numba import njit

@njit(cache=True)
def total(n):
    out = 0.0
    for i in range(n):
        out += i ** 0.5
    return out
"""

def test_of_processes_that_begin_at_once_one_compiles(tmp_path):
    (tmp_path / "kernels.py").write_text(KERNEL)
    command = [sys.executable, "-c", TURNS, str(tmp_path), str(time.time() + 8)]
    began = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    compiled = [int(one.communicate()[0]) for one in began]
    assert sorted(compiled) == [0, 0, 0, 1]

def test_a_figure_is_the_same_picture_in_fewer_bytes():
    import io
    from matplotlib.figure import Figure
    from PIL import Image

    fig = Figure(figsize=(4, 3))
    plain = io.BytesIO()
    shades = np.linspace(0, 1, 64)
    fig.add_subplot().imshow(
        np.stack(np.broadcast_arrays(shades[:, None], shades[None, :], 0.35), -1), interpolation="nearest"
    )
    fig.savefig(plain, format="png", dpi=96, bbox_inches="tight")
    small = figure_png(fig)

    def pixels(png):
        return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)

    assert (
        pixels(small).shape == pixels(plain.getvalue()).shape
        and abs(pixels(small) - pixels(plain.getvalue())).mean() < 8
    )
    assert small == figure_png(fig) and len(small) < len(plain.getvalue())

def test_a_figure_is_laid_out_once_and_twice_only_where_something_lies_outside():
    from matplotlib.figure import Figure
    from neuralpha.core import _drawn_once, _drawn_to_fit

    fig = Figure(figsize=(4, 3))
    fig.add_subplot().plot([1, 3, 2])
    once = np.asarray(_drawn_once(fig, 96)).astype(int)
    fit = np.asarray(_drawn_to_fit(fig, 96)).astype(int)
    assert once.shape == fit.shape and once.shape < (288, 384, 3)
    assert (255 - once).sum() == pytest.approx((255 - fit).sum(), rel=0.01)  # the same ink
    seen = np.asarray(_drawn_once(fig, 96, is_within=True)).astype(int)
    assert np.abs(np.subtract(seen.shape, once.shape)).max() <= 3  # letters are smaller than their boxes
    assert (255 - seen).sum() == (255 - once).sum()
    fig.text(1.2, 0.5, "outside")
    assert _drawn_once(fig, 96) is None and _drawn_to_fit(fig, 96).width > 440
    fig.text(0.97, 0.5, "cut at the edge")
    assert _drawn_once(fig, 96, is_within=True) is None

OUTSIDE = {
    "text of the figure": lambda fig, ax: fig.text(-0.6, 0.5, "outside"),
    "text of an axes": lambda fig, ax: ax.text(1.9, 0.5, "outside", transform=ax.transAxes),
    "legend of the figure": lambda fig, ax: fig.legend(loc="center left", bbox_to_anchor=(1.2, 0.5)),
    "legend of an axes": lambda fig, ax: ax.legend(loc="center left", bbox_to_anchor=(1.8, 0.5)),
    "axes": lambda fig, ax: fig.add_axes([1.3, 0.2, 0.3, 0.3]),
    "inset": lambda fig, ax: ax.inset_axes([1.6, 0.2, 0.3, 0.3]),
}

@pytest.mark.parametrize("what", OUTSIDE)
def test_what_no_layout_moves_is_in_the_picture(what):
    import io
    from matplotlib.figure import Figure
    from PIL import Image

    fig = Figure(figsize=(4, 3), layout="constrained")
    ax = fig.add_subplot()
    ax.plot([1, 3, 2], label="a line")
    OUTSIDE[what](fig, ax)
    assert Image.open(io.BytesIO(figure_png(fig))).width > 450

def test_what_a_layout_keeps_inside_is_measured_by_its_ink():
    from matplotlib.figure import Figure
    from neuralpha.core import _drawn_once

    fig = Figure(figsize=(4, 3), layout="constrained")
    fig.add_subplot().plot([1, 3, 2])
    fig.get_tightbbox = None  # not asked
    assert 0.9 < _drawn_once(fig, 96).width / 384 < 1.1
    fig.clear()
    fig.get_tightbbox = lambda renderer: pytest.fail("asked")
    with pytest.raises(pytest.fail.Exception):
        _drawn_once(fig, 96)  # nothing was drawn

def test_a_saved_notebook_holds_no_widget():
    import nbformat
    from nbclient import NotebookClient

    code = (
        "import os\nos.environ.pop('NEURALPHA_PROGRESS', None)\nfrom neuralpha.core import progress\nfor i in "
        "progress(range(3), 'fitting'): pass\nbar = progress(total=2, desc='kept', leave=True); bar.update(2); "
        "bar.close()"
    )
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(nb, kernel_name="python3").execute()
    stored = nb.cells[0].outputs
    assert stored and not any("widget" in kind for o in stored for kind in o.get("data", {}))
    texts = [o["data"]["text/plain"] for o in stored if "data" in o]
    assert texts[0] == "" and "kept: 100%" in texts[1], stored

def test_limit_threads_is_undone():
    import torch

    before = torch.get_num_threads(), os.environ.get("OMP_NUM_THREADS")
    with limit_threads(1):
        assert torch.get_num_threads() == 1 and os.environ["OMP_NUM_THREADS"] == "1"
    assert (torch.get_num_threads(), os.environ.get("OMP_NUM_THREADS")) == before
