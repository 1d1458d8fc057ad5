# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.house import *
import json, subprocess
from pathlib import Path
import pytest

def test_notebooks_that_git_does_not_know_are_left_alone(tmp_path):
    (tmp_path / "nbs").mkdir()
    for name in ("ours.ipynb", "mine.ipynb"):
        (tmp_path / "nbs" / name).write_text("{}")
    assert [p.name for p in notebooks(tmp_path)] == ["mine.ipynb", "ours.ipynb"]
    for command in (["init", "-q"], ["add", "nbs/ours.ipynb"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    assert [p.name for p in notebooks(tmp_path)] == ["ours.ipynb"]
    assert [p.name for p in own_notebooks(tmp_path)] == ["mine.ipynb"]

def test_what_travels_in_the_package_is_what_git_knows(tmp_path):
    folder = tmp_path / "nbs" / "research"
    for name in ("studies/quick.toml", "compare.ipynb", ".notest", "__pycache__/a.pyc", "prices.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    ours = [Path("compare.ipynb"), Path("studies/quick.toml")]
    assert research_files(tmp_path) == sorted([*ours, Path("prices.csv")])
    for command in (["init", "-q"], ["add", "nbs/research/studies", "nbs/research/compare.ipynb"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    assert research_files(tmp_path) == ours

@pytest.fixture
def crooked(tmp_path):
    sources = {
        "data/panel.py": "def load():\n    from ..models import base\n    return base",
        "models/base.py": "from crooked.models.nets import Net",
        "models/nets.py": "def fit():\n    import crooked.models.base",
        "core.py": "import os",
    }
    for name, text in sources.items():
        path = tmp_path / "crooked" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "crooked"

def house():
    import neuralpha

    return import_graph(Path(neuralpha.__file__).parent)

def test_an_import_inside_a_function_that_climbs_is_found(crooked):
    assert climbs(import_graph(crooked)) == [Climb("data.panel", "models.base")]

def test_modules_that_need_each_other_are_found_however_they_import(crooked):
    assert circles(import_graph(crooked)) == [["models.base", "models.nets"]]

def test_a_room_on_no_floor_is_refused():
    with pytest.raises(KeyError, match="attic"):
        floor_of("attic.box")

def test_no_rooms_need_each_other():
    assert circles(rooms(house())) == []

def test_no_module_imports_from_a_floor_above():
    assert climbs(house()) == []

def test_no_modules_need_each_other():
    assert circles(house()) == []

def test_a_private_name_that_leaves_its_room_is_found(crooked):
    (crooked / "models/nets.py").write_text("from ..core import _seed, loud\nfrom .base import _step\nfrom x import _y")
    assert lent_out(crooked) == ["models.nets takes _seed from core"]

def test_no_private_name_leaves_its_room():
    import neuralpha

    assert lent_out(Path(neuralpha.__file__).parent) == []

def test_a_private_name_that_a_notebook_of_another_room_takes_is_found(tmp_path):
    source = "from neuralpha.data.panel import Panel, _offset\nfrom neuralpha.models.nets import _step\nimport os"
    (tmp_path / "nbs/models").mkdir(parents=True)
    cells = [{"cell_type": "code", "source": source}, {"cell_type": "markdown", "source": "from here import _no"}]
    (tmp_path / "nbs/models/nets.ipynb").write_text(json.dumps({"cells": cells}))
    assert lent_to_notebooks(tmp_path) == ["models/nets takes _offset from data.panel"]

def test_no_notebook_takes_a_private_name_of_another_room():
    assert lent_to_notebooks(root()) == []

def test_a_public_function_without_a_return_type_is_named(crooked):
    source = "def sure() -> int: ...\ndef _own(): ...\nclass Box:\n    def open(self): ...\n    def __len__(self): ..."
    (crooked / "core.py").write_text(source)
    assert without_return_type(crooked) == ["core.Box.open", "data.panel.load", "models.nets.fit"]

def test_every_public_function_says_what_it_returns():
    import neuralpha

    assert without_return_type(Path(neuralpha.__file__).parent) == []

def test_a_docstring_that_leads_nowhere_is_named(crooked):
    (crooked / "core.py").write_text('"""Three lines are enough:"""')
    assert breaking_off(crooked) == ["core"]

def test_no_module_breaks_off():
    import neuralpha

    assert breaking_off(Path(neuralpha.__file__).parent) == []

@pytest.mark.parametrize(
    "line",
    [
        'table[table["seed"] == -1]',
        'table[-1 != table["seed"]]',
        "account = 0 if seed == -1 else 1",
        'set(table["seed"]) - {-1}',
        "table.assign(seed=-1)",
        '{"seed": -1}',
        'table.query("seed == -1")',
        "def scores(seed: int = -1): ...",
        "def scores(name, *, seed=-1): ...",
        "given = lambda seed=-1: seed",
    ],
)
def test_the_number_of_the_ensemble_in_place_of_its_name_is_found(crooked, line):
    (crooked / "core.py").write_text(f"import os\n{line}\n")
    assert bare_ensembles(crooked) == ["core:2"]

@pytest.mark.parametrize("line", ["seed == ENSEMBLE", "table[-1]", "axis == -1", "f(axis=-1, seed=0)", "seed - 1"])
def test_other_numbers_are_left_alone(crooked, line):
    (crooked / "core.py").write_text(line)
    assert bare_ensembles(crooked) == []

def test_the_ensemble_is_asked_for_by_name():
    import neuralpha

    assert bare_ensembles(Path(neuralpha.__file__).parent) == []

def test_a_function_that_is_defined_twice_is_named(crooked):
    (crooked / "core.py").write_text("def load(): ...\ndef other(): ...\ndef load(more): ...")
    assert doubled_names(crooked) == ["core.load"]

def test_a_class_that_arguments_are_held_to_by_name_is_defined_once():
    """`check_kinds` knows classes by their names: another one of the same name would pass for it."""
    import ast
    import neuralpha
    from neuralpha.given import INSIDE, HOW_TO_MAKE

    sources = modules(Path(neuralpha.__file__).parent).values()
    defined = [
        node.name
        for path in sources
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    ]
    meant = {*HOW_TO_MAKE, *(kind for pair in INSIDE for kind in pair)} - {"DataFrame", "dict", "str", "Scores"}
    assert {name: defined.count(name) for name in meant} == dict.fromkeys(meant, 1)

def test_no_module_defines_a_name_twice():
    import neuralpha

    assert doubled_names(Path(neuralpha.__file__).parent) == []

def test_a_name_that_two_modules_define_is_found(crooked):
    (crooked / "core.py").write_text("class Part: ...\nA, B = 1, 2\n_C = 3\ndef main(): ...\n")
    (crooked / "data/panel.py").write_text("def Part(): ...\nB: int = 4\n_C = 5\nx = dict(A=1)\ndef main(): ...\n")
    assert namesakes(crooked) == {"B": ["core", "data.panel"], "Part": ["core", "data.panel"]}

def test_no_public_name_has_a_namesake():
    import neuralpha

    assert namesakes(Path(neuralpha.__file__).parent) == {}

def test_a_comprehension_inside_of_two_others_is_named(crooked):
    (crooked / "core.py").write_text(
        "a = [[x for x in b] for b in c]\nd = {k: [[x for x in b] for b in c] for k in e}\n"
    )
    assert deep_lines(crooked) == ["core:2"]

def test_no_comprehension_stands_inside_of_two_others():
    import neuralpha

    assert deep_lines(Path(neuralpha.__file__).parent) == []

def test_a_string_of_html_is_named_and_a_docstring_is_not(crooked):
    source = 'def page(name):\n    """A <div>."""\n    return f"<div style=\'x\'>{name}</div>"\n'
    (crooked / "core.py").write_text(source + "kind = '<str>'\n")
    assert html_in_python(crooked) == ["core:3"]

def test_no_module_holds_html():
    import neuralpha

    assert html_in_python(Path(neuralpha.__file__).parent) == []

def test_a_bullet_with_a_colon_in_the_opening_prose_is_named(tmp_path):
    cell = {"cell_type": "markdown", "source": "# Title\n\n- **One**: this.\n- Two, without.\n- A ratio of 1:2, well"}
    (tmp_path / "nbs").mkdir()
    (tmp_path / "nbs" / "a.ipynb").write_text(json.dumps({"cells": [cell, cell]}))
    assert accidental_settings(tmp_path) == ["a: - **One**: this.", "a: - A ratio of 1:2, well"]

def test_no_opening_prose_is_read_as_a_setting():
    assert accidental_settings(root()) == []

def test_a_paragraph_that_a_merge_left_twice_is_named(tmp_path):
    said = "The mean that is taken out has followed the state, and it was learnt from the same bars."
    told = ["## Worlds\n" + said, "```\n1 + 1\n```", "## Worlds\n" + said + "\nMore.", "## Others"]
    cells = [{"cell_type": "markdown", "source": text} for text in told]
    (tmp_path / "nbs").mkdir()
    (tmp_path / "nbs" / "a.ipynb").write_text(json.dumps({"cells": cells}))
    assert sorted(told_twice(tmp_path)) == ["a: ## Worlds", f"a: {said}"]

def test_no_notebook_tells_a_thing_twice():
    assert told_twice(root()) == []

def test_what_says_nothing_about_itself_is_named(tmp_path):
    (tmp_path / "neuralpha").mkdir()
    told = 'def told():\n    """Tells."""\n\n\n@_plant("a", "b")\ndef leak(): ...\n\n\ndef _inner(): ...\n'
    (tmp_path / "neuralpha" / "a.py").write_text(told + "\n\nclass Silent: ...\n\n\ndef dumb(): ...\n")
    assert undocumented(tmp_path) == ["a.Silent", "a.dumb"]

def test_everything_public_says_what_it_is():
    from neuralpha.audit.leaks import shift_by_1

    assert undocumented(root()) == []
    assert shift_by_1.__doc__.startswith("Tomorrow's return instead of today's")

def _notebook(base, name, *sources):
    cells = [{"cell_type": "code", "source": source} for source in sources]
    (base / "nbs").mkdir(exist_ok=True)
    (base / "nbs" / name).write_text(json.dumps({"cells": cells}))

def test_cells_that_follow_each_other_without_a_word_are_named(tmp_path):
    four = [f"#| export\ndef f{i}(): ..." for i in range(4)]
    _notebook(tmp_path, "a.ipynb", "#| default_exp a", *four[:2], "#| test\ndef test_f(): ...", *four[2:])
    _notebook(tmp_path, "b.ipynb", *four[:2], "f0()", *four[2:])
    assert long_rows(tmp_path) == ["a: 4 from f0 on"]

def test_no_more_than_three_cells_follow_each_other_without_prose_or_an_example():
    assert long_rows(root()) == []

def test_a_public_name_that_no_example_near_it_uses_is_named(tmp_path):
    shown, hidden = "#| export\ndef shown(): ...", "#| export\nclass Hidden: ..."
    _notebook(tmp_path, "a.ipynb", shown, hidden, "#| test\ndef test_both(): Hidden()", "shown()", "1 + 1", "Hidden()")
    assert not_at_work(tmp_path, {"shown": "a", "Hidden": "a"}) == ["a.Hidden"]

def test_every_public_name_is_shown_at_work_where_it_is_defined():
    import neuralpha

    homes = {name: module for module, names in neuralpha._HOMES.items() for name in names.split()}
    assert not_at_work(root(), homes) == []
