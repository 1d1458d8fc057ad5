# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.study.keys import *
import re, tomllib
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.study.spec import Study, make_study

def test_every_key_says_what_it_means():
    keys = study_keys()
    published = keys.index.str.startswith("published.")  # a table of a paper explains itself
    assert len(keys) > 30 and (keys["meaning"][~published] != "").all(), keys.index[keys["meaning"] == ""].tolist()
    assert keys.loc["label.target", "choices"] == "rank, z, raw" and keys.loc["label.horizon", "default"] == "5"
    assert keys.loc["name", "default"] == "needed" and keys.loc["holdout", "default"] == "none"

VALUES = {
    "name": "mine",
    "universes": ["a \"b\".csv"],
    "seeds": 3,
    "models": {"ridge": {}, "lstm": {"window": 20}},
    "label": {"horizon": 1},
    "data": {"a \"b\".csv": {"date_format": "%d.%m.%Y"}},
}

TOGETHER = (
    "ensemble_of",
    "repetitions",
    "groups",
    "tests",
    "oldest",
    "train_start",
    "valid_start",
    "test_start",
    "test_end",
)  # not alone

def test_the_file_is_the_study_that_was_asked_for():
    assert make_study(tomllib.loads(study_text(VALUES))).hash == make_study(VALUES).hash
    with pytest.raises(NeuralphaError, match="models"):
        study_text({"name": "mine", "universes": ["a.csv"]})

def test_each_comment_is_a_line_that_works():
    text = study_text(
        {"name": "mine", "universes": ["prices.csv"], "models": {"ridge": {}, "lightgbm": {}, "lstm": {}}}
    )
    assert "none" not in re.sub("nonexistent", "", "".join(re.findall(r"^# [a-z_]+ = (.*)$", text, re.M)))
    lines = text.splitlines()
    tried = 0
    for number, line in enumerate(lines):
        commented = re.fullmatch(r"# ([a-z_]+) = .*", line)
        if commented and commented[1] not in TOGETHER:
            taken = lines[:number] + [line[2:]] + lines[number + 1 :]
            table = max(i for i in range(number + 1) if re.match(r"(# )?\[", lines[i]) or i == 0)
            if lines[table].startswith("# [["):
                end = next(
                    i
                    for i in range(number, len(lines))
                    if not lines[i].startswith("#") or lines[i].startswith("# [[") and i > number
                )
                taken[table:end] = [each.removeprefix("# ") for each in lines[table:end]]
            elif lines[table].startswith("# ["):
                taken[table] = lines[table][2:]
                if "trials = 30" not in line and "minutes" not in line and lines[table] == "# [tune]":
                    taken.insert(table + 1, "trials = 5")
            make_study(tomllib.loads("\n".join(taken)))
            tried += 1
    assert tried > 20
