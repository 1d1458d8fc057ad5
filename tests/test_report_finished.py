# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.finished import *
import pytest

from neuralpha.core import write_text

from neuralpha.report import finished

from neuralpha.report.finished import made_from, note_finished, stands

from neuralpha.study.spec import make_study

STUDY = {
    "name": "done",
    "universes": ["sim-tiny"],
    "models": ["ridge"],
    "split": {"train": "9M", "valid": "3M", "test": "3M"},
}

def test_whatever_a_report_follows_from_makes_another(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = make_study(STUDY)
    seen = [made_from(study, "cpu"), made_from(study, "cuda"), made_from(make_study(STUDY | {"seeds": 3}), "cpu")]
    write_text(tmp_path / "prices.csv", "date,asset,close")
    write_text(tmp_path / "mine.py", "class Half:\n    pass")
    mine = make_study(STUDY | {"universes": ["prices.csv"], "models": {"half": {"model": "mine.py:Half"}}})
    seen.append(made_from(mine, "cpu"))
    write_text(tmp_path / "prices.csv", "date,asset,close\n")
    seen.append(made_from(mine, "cpu"))
    write_text(tmp_path / "mine.py", "class Half:\n    share = 2")
    seen.append(made_from(mine, "cpu"))
    monkeypatch.setattr(finished, "_package", lambda: {"core.py": "another"})
    seen.append(made_from(mine, "cpu"))
    assert len(set(seen)) == 7 and None not in seen

def test_of_what_is_no_file_nothing_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "parts").mkdir()
    assert made_from(make_study(STUDY | {"universes": ["parts"]}), "cpu") is None
    assert made_from(make_study(STUDY | {"universes": ["postgresql://host/prices"]}), "cpu") is None
    assert made_from(make_study(STUDY | {"template": "nowhere.ipynb"}), "cpu") is None
    assert made_from(make_study(STUDY | {"models": {"x": {"model": "nowhere.py:Half"}}}), "cpu") is None

@pytest.fixture
def noted(tmp_path):
    write_text(tmp_path / "done" / "study.json", "{}")
    write_text(tmp_path / "done" / "index.html", "a page")
    write_text(tmp_path / "index.html", "all studies")
    write_text(tmp_path / ".units" / "k" / "unit.json", "{}")
    note_finished(make_study(STUDY), tmp_path, "made", ["k"])
    return tmp_path

@pytest.mark.parametrize(
    "disturb",
    [
        lambda out: write_text(out / "done" / "index.html", "another page"),
        lambda out: write_text(out / "done" / "more.html", "one more"),
        lambda out: (out / "done" / "index.html").unlink(),
        lambda out: (out / "index.html").unlink(),
        lambda out: (out / ".units" / "k" / "unit.json").unlink(),
        lambda out: write_text(out / "other" / "study.json", "{}"),
        lambda out: write_text(out / ".units" / "finished" / "done.json", "{"),
    ],
    ids=["changed", "added", "lost", "no page of all", "no unit", "another study", "no note"],
)
def test_a_report_stands_until_something_of_it_is_another(noted, disturb):
    study = make_study(STUDY)
    assert stands(study, noted, "made")
    assert not stands(study, noted, "other") and not stands(study, noted, None)
    disturb(noted)
    assert not stands(study, noted, "made")
