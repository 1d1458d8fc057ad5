# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.own_code import *
import importlib.metadata, os, sys
from pathlib import Path
import pytest
from neuralpha.core import NeuralphaError

def test_what_is_imported_already_is_followed_to_its_end(tmp_path, monkeypatch):
    (tmp_path / "paces.py").write_text("def stride(x):\n    return 2 * x\n")
    (tmp_path / "walk.py").write_text("from paces import stride\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("walk")
    assert set(reached(str(tmp_path / "walk.py")).files) == {"walk", "paces"}

def test_what_the_users_code_raises_is_one_sentence_with_the_users_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("import json\ndef read(text):\n    return json.loads(text)\n")
    with pytest.raises(
        NeuralphaError, match=r"^mine.py:read fails: JSONDecodeError: .* \(mine.py, line 3\)\.$"
    ) as failed:
        call_own("mine.py:read", own_part("mine.py:read"), "{")
    assert isinstance(failed.value.__cause__, ValueError)

    def two_lines(x):
        raise ValueError("one\ntwo")

    with pytest.raises(NeuralphaError, match=r"^f fails: ValueError: one \("):
        call_own("f", two_lines, 1)
    with pytest.raises(NeuralphaError, match=r"^g fails: TypeError: .*takes 1 positional argument but 2 were given\.$"):
        call_own("g", two_lines, 1, 2)
    with pytest.raises(AttributeError):  # a fault of the library keeps its traceback
        call_own("h", short_name, None)

@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write

def test_a_part_is_found_in_a_file_with_the_files_beside_it(write):
    write("a/mine.py", "import tools\n\ndef part(x):\n    return tools.twice(x)\n")
    write("a/tools.py", "def twice(x):\n    return 2 * x\n")
    assert own_part("a/mine.py:part")(3) == 6
    assert own_part("a/mine.py:part") is own_part("a/mine.py:part")  # loaded once

def test_an_edit_within_a_second_that_keeps_the_size_is_read(write):
    for value in (1, 2):
        for name, text in (
            ("fast.py", "import beside\n\ndef part():\n    return {}, beside.v\n"),
            ("beside.py", "v = {}\n"),
        ):
            path = write(name, text.format(value))
            os.utime(path, ns=(10**18 + value, 10**18 + value))
        assert own_part("fast.py:part")() == (value, value)

def test_an_edited_file_is_read_anew_and_so_is_what_it_imports(write):
    write("mine2.py", "import tools2\n\ndef part(x):\n    return tools2.f(x)\n")
    write("tools2.py", "def f(x):\n    return 1\n")
    before = own_digest("mine2.py:part")
    assert own_part("mine2.py:part")(0) == 1
    write("tools2.py", "def f(x):\n    return 2 + 0\n")
    assert own_part("mine2.py:part")(0) == 2 and own_digest("mine2.py:part") != before

def test_two_files_of_one_name_do_not_meet(write):
    for folder, value in (("one", 1), ("two", 2)):
        write(f"{folder}/same.py", "import helper_of_same\nX = helper_of_same.X\n")
        write(f"{folder}/helper_of_same.py", f"X = {value}\n")
    assert (own_part("one/same.py:X"), own_part("two/same.py:X"), own_part("one/same.py:X")) == (1, 2, 1)

def test_the_digest_follows_code_and_not_prose_or_folders(write):
    text = "from pack.deep import step\n\ndef part(x):\n    'Says something.'\n    return step(x)\n"
    for folder in ("x", "y"):
        write(f"{folder}/part_file.py", text)
        write(f"{folder}/pack/__init__.py", "")
        write(f"{folder}/pack/deep.py", "from . import other\n\ndef step(x):\n    return other.K * x\n")
        write(f"{folder}/pack/other.py", "K = 3\n")
    x, y = own_digest("x/part_file.py:part"), own_digest("y/part_file.py:part")
    assert x == y and {*reached("x/part_file.py").files} == {"part_file", "pack", "pack.deep", "pack.other"}
    write("x/part_file.py", text.replace("Says something", "Says more") + "# and more\n")
    assert own_digest("x/part_file.py") == x
    write("x/pack/other.py", "K = 4\n")
    assert own_digest("x/part_file.py:part") != x

def test_libraries_count_by_their_version_and_neuralpha_by_its_code(write, monkeypatch):
    write("uses.py", "import sklearn.linear_model, json\nfrom neuralpha.models import trees\n")
    code = reached("uses.py")
    assert code.versions == {"sklearn": importlib.metadata.version("scikit-learn")}
    assert "neuralpha.models.trees" in code.inside and list(code.files) == ["uses"]
    before = own_digest("uses.py")
    monkeypatch.setitem(own_digest.__globals__, "_version", lambda top: "0.0")
    assert own_digest("uses.py") != before
    assert own_digest("sklearn.linear_model:Ridge") != own_digest("numpy:array")

def test_what_is_missing_or_broken_is_one_sentence(write):
    write("fine.py", "class Waves:\n    pass\n")
    write("bad.py", "def f(:\n")
    write("fails.py", "import os\n1 / 0\n")
    for name, said in {
        "none.py:X": "none.py: no such file, seen from",
        "fine.py:Wave": r"Unknown model in fine.py: 'Wave'. Did you mean 'Waves'\?",
        "fine.py:": "Unknown model in fine.py: ''",
        "bad.py:f": "bad.py is not valid Python: .* in line 1[.]",
        "fails.py:f": r"fails.py cannot be imported: ZeroDivisionError: division by zero \(fails.py, line 2\)",
        "no_such_package.part:X": "no_such_package.part: no such module; install its package, or name a file",
    }.items():
        with pytest.raises(NeuralphaError, match=said):
            own_part(name, "model")

def test_a_package_in_the_current_folder_is_found(write):
    write("local_pack/__init__.py", "")
    write("local_pack/parts.py", "def part():\n    return 'here'\n")
    assert own_part("local_pack.parts:part")() == "here"
    assert {*reached("local_pack.parts").files} == {"local_pack", "local_pack.parts"}
    before = own_digest("local_pack.parts:part")
    write("local_pack/parts.py", "def part():\n    return 'there, now'\n")
    assert own_part("local_pack.parts:part")() == "there, now" and own_digest("local_pack.parts:part") != before

def test_names_in_a_study_start_at_its_file(write):
    write("studies/mine.py", "")
    assert seen_from_here("mine.py:X", "studies") == "studies/mine.py:X"
    assert seen_from_here("other.py:X", "studies") == "other.py:X"
    assert seen_from_here("pack.mod:X", "studies") == "pack.mod:X"
    assert (short_name("a/mine.py:HGB"), is_own("ridge"), is_own("m.py:X")) == ("HGB", False, True)
    assert [is_own_feature(n) for n in ("m.py:x", "a.b:x", "ret_5:vol_20", "core")] == [True, True, False, False]
