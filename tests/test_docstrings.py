# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.docstrings import *
import ast, importlib, inspect, re
import pytest
import neuralpha as na
from neuralpha.core import NeuralphaError
from neuralpha.given import kinds_meant
from neuralpha.docstrings import _docstring_node

@pytest.mark.parametrize(
    "signature",
    [
        "def plot(table) -> Figure:  # table: of `power_table`",
        "def act(seen) -> np.ndarray:  # (n, n_seen) → (n, n_actions)",
        "def step(x) -> tuple[torch.Tensor, torch.Tensor]:  # (n, k) -> (n, 1), (n, M)",
        "def html(sources) -> str:  # figure -> address",
        "def write(scores) -> None:  # model -> scores",
        'def reward(signal, before) -> "np.ndarray | torch.Tensor":  # (..., n_signals), (..., n_assets)',
        "def forward(\n    seen, before\n) -> torch.Tensor:  # (n, a), (n, b), both of size about 1",
    ],
)
def test_a_comment_on_the_answer_that_tells_of_what_is_given_is_named(signature):
    assert len(told_as_answer(f"{signature}\n    ...")) == 1

@pytest.mark.parametrize(
    "signature",
    [
        "def scores(a) -> dict:  # model -> (n,) scores",
        "def maker(by) -> Callable[[np.ndarray], np.ndarray]:  # (n,) scores -> (n,) residuals",
        "def both(x) -> tuple[np.ndarray, np.ndarray]:  # (n, 1), (n, M)",
        "def means(values) -> np.ndarray:  # (n,) or (n, k)",
        "def ranks(values) -> np.ndarray:  # (n, k) in (-1, 1)",
        "def plot(\n    table,  # date -> share\n) -> Figure:",
    ],
)
def test_a_comment_on_the_answer_is_not_taken_for_one_on_what_is_given(signature):
    assert told_as_answer(f"{signature}\n    ...") == []

def test_no_function_of_the_library_tells_what_it_is_given_as_its_answer():
    from neuralpha.house import modules, root

    files = modules(root() / "neuralpha").values()
    found = [f"{path.stem}.{told}" for path in files for told in told_as_answer(path.read_text(encoding="utf-8"))]
    assert found == []

def test_a_type_that_is_quoted_is_shown_without_its_quotes():
    source = 'def draw(a: "Axes") -> "Figure":  # of one model\n    "Draws."\n    return 1.'
    scope = {"Axes": int, "Figure": float}
    exec(documented(source), scope)
    assert inspect.getdoc(scope["draw"]) == "Draws.\n\nReturns\n-------\nFigure\n    of one model"

def test_a_class_says_what_it_inherits_from_here_and_from_elsewhere():
    other = "class Training:\n    rate: float = 0.1  # of learning\n    seed: int = 0\n"
    source = "\n".join(
        [
            "from ..core import Training as Base",
            "class Net(Base):",
            '    """A net."""',
            "    name: ClassVar[str] = 'net'",
            "    window: int = 20  # bars",
            "    seed: int = 1  # of chance",
            "    kept: dict = field(init=False)",
            "class Gated(Net):",
            '    """A gated net."""',
        ]
    )
    asked = []

    def read(dots, name):
        asked.append((dots, name))
        return other, never

    made = documented(source, read)
    assert (2, "core") in asked
    sections = [
        d[1].split("\n")[2:] for d in (node_doc.split("Parameters", 1) for node_doc in _docs(made)) if len(d) > 1
    ]
    assert (
        sections[0]
        == sections[1]
        == [
            "window : int, default 20",
            "    bars",
            "seed : int, default 1",
            "    of chance",
            "rate : float, default 0.1",
            "    of learning",
        ]
    )
    assert "rate" not in documented(source) and documented(made, read) == made

def _docs(source):
    return [ast.get_docstring(node) for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]

def test_what_a_model_describes_in_its_annotation_is_said():
    source = (
        "class Study:\n    \"\"\"A study.\"\"\"\n    name: Annotated[str, Field(description='of the folder')] = 'x'\n"
    )
    assert "name : str, default 'x'\n        of the folder" in documented(source)

def test_sections_say_what_the_comments_say():
    source = "\n".join(
        [
            "def hold(",
            "    scores, # `(date, asset)` scores",
            "    # bars held;",
            "    # as the label's",
            "    horizon:int=5,",
            "    delay:int=1, # bars to entry",
            "    *more:str, plain=None,",
            "    # per year",
            ")->float:",
            '    "Return of the upper fifth."',
            "    return 1.",
        ]
    )
    made = documented(source)
    scope = {}
    exec(made, scope)
    assert inspect.getdoc(scope["hold"]).split("\n") == [
        "Return of the upper fifth.",
        "",
        "Parameters",
        "----------",
        "scores",
        "    `(date, asset)` scores",
        "horizon : int, default 5",
        "    bars held; as the label's",
        "delay : int, default 1",
        "    bars to entry",
        "*more : str",
        "plain : default None",
        "",
        "Returns",
        "-------",
        "float",
        "    per year",
    ]
    assert summary_of(inspect.getdoc(scope["hold"])) == "Return of the upper fifth."

def test_a_summary_ends_before_the_sections_however_deep_they_stand():
    source = "class Held:\n    \"\"\"What is held.\"\"\"\n\n    share: float = 1.0  # of the wealth"
    scope = {}
    exec(documented(source), scope)
    assert "share" in scope["Held"].__doc__ and summary_of(scope["Held"].__doc__) == "What is held."
    assert summary_of(None) == ""

def test_a_comment_behind_the_arrow_of_a_short_signature_is_no_parameters():
    source = 'def share(a:int)->float: # 0 to 1\n    "A share."\n    return 1.'
    scope = {}
    exec(documented(source), scope)
    assert inspect.getdoc(scope["share"]) == "A share.\n\nReturns\n-------\nfloat\n    0 to 1"

@pytest.mark.parametrize("line", ["def share(a):", "def share(a) -> float:", "def share(a, b: int = 1) -> float:"])
def test_a_comment_above_a_function_is_no_parameters(line):
    source = f'# why this function stands here\n{line}\n    "A share."\n    return 1.'
    assert documented(source) == source

@pytest.mark.parametrize("doc", ['Says "x".', 'A back\\slash.', "Three '''."])
def test_odd_marks_in_a_docstring_survive(doc):
    source = f"def f(\n    a:int, # bars\n):\n    {doc!r}"
    scope = {}
    exec(documented(source), scope)
    assert summary_of(inspect.getdoc(scope["f"])) == doc

def test_only_docstrings_change():
    def bare(source):
        tree = ast.parse(source)
        for node in ast.walk(tree):
            if (
                hasattr(node, "body")
                and isinstance(node.body, list)
                and node.body
                and _docstring_node(node) is not None
            ):
                node.body[0].value.value = ""
        return ast.dump(tree)

    source = "def hold(\n    horizon:int, # bars\n):\n    'Hold.'\n    return 1."
    made = documented(source)
    assert made != source and bare(made) == bare(source) and documented(made) == made
    exported = inspect.getsource(importlib.import_module("neuralpha.splits"))
    assert documented(exported) == exported and "Parameters\n" in exported

def test_the_opening_ends_with_the_first_heading_or_definition():
    cells = [
        dict(cell_type="markdown", source="# Splits\n> Folds in order.\n\nWhy."),
        dict(cell_type="code", source="#| export\nimport os"),
        dict(cell_type="markdown", source="More.\n\n## Next\nNot this."),
        dict(cell_type="markdown", source="Nor this."),
    ]
    assert opening(cells) == "Folds in order.\n\nWhy.\n\nMore."
    cells[1]["source"] = "#| export\nfrom a import b\n\nif TYPE_CHECKING:\n    import c"
    assert opening(cells) == "Folds in order.\n\nWhy.\n\nMore."
    cells[1]["source"] = "#| export\nx = 1"
    assert opening(cells) == "Folds in order.\n\nWhy."
    assert with_opening('"Old."\nx = 1', "A $\\beta$.").startswith('r"""A $\\beta$."""\nx = 1')

def test_prose_is_refilled_and_nothing_else():
    code = "```python\n" + "x = 1  # " + 130 * "y" + "\n\nz = 2\n```"
    table = "| a | b |\n|---|---|\n| " + 130 * "c" + " | d |"
    prose = " ".join(["word"] * 30) + "\n" + " ".join(["next"] * 30)
    items = "- " + " ".join(["one"] * 40) + "\n- two"
    short = "Short,\nas it was."
    got = narrow("\n\n".join([prose, code, table, items, short]))
    assert all(part in got for part in (code, table, short)) and "\n- two\n" in got
    assert got.split() == "\n\n".join([prose, code, table, items, short]).split()
    refilled = [line for line in got.split("\n") if "word" in line or "next" in line or "one" in line]
    assert max(map(len, refilled)) <= 116 and "\n  one" in got

def _explained(name):  # the comments beside the parameters of a public name, as fastcore reads them
    from fastcore.docments import docments

    try:
        found = docments(getattr(na, name), args_kwargs=True)
    except (TypeError, OSError):
        return []
    return [text for text in found.values() if text]

@pytest.mark.parametrize("name", na.__all__)
def test_every_comment_beside_a_parameter_reaches_help(name):
    doc = " ".join(inspect.getdoc(getattr(na, name)).split())
    lines = [line for text in _explained(name) for line in text.split("\n")]  # of one comment behind and one above
    missing = [line for line in lines if " ".join(line.split()) not in doc]
    assert not missing, f"na.{name}? does not say {missing}"

def _parameters_of(thing):
    try:
        return list(inspect.signature(thing).parameters)
    except ValueError:  # an exception of Python's own
        return []

def _named_in(doc):  # parameters with an entry of their own
    found = re.search(r"Parameters\n-{10}\n(.*?)(?:\n\nReturns\n|\Z)", doc, re.S)
    lines = found[1].splitlines() if found else []
    return [line.split(" : ")[0].strip("* ") for line in lines if line and line[0] != " "]

@pytest.mark.parametrize("name", na.__all__)
def test_every_public_name_says_its_parameters(name):
    thing = getattr(na, name)
    named = _named_in(inspect.getdoc(thing))
    missing = [p for p in _parameters_of(thing) if p not in named]
    assert not missing, f"na.{name}? does not say {missing}"

@pytest.mark.parametrize("name", na.__all__)
def test_a_public_function_refuses_an_object_of_another_kind(name):
    thing = getattr(na, name)
    if not inspect.isfunction(thing):
        return
    for parameter, p in inspect.signature(thing).parameters.items():
        if kinds_meant(p.annotation):
            with pytest.raises(
                NeuralphaError, match=r"is meant, and object was given|is <object object at .*>; it must be"
            ):
                thing(**{parameter: object()})

def test_modules_open_with_the_prose_of_their_notebooks():
    doc = inspect.getdoc(importlib.import_module("neuralpha.splits"))
    assert doc.startswith("Purged, embargoed folds") and "purge" in doc and "López de Prado" in doc
