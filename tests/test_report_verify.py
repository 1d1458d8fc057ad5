# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.verify import *
import shutil
from pathlib import Path
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError, read_json, write_json
from neuralpha.study.experiment import open_experiment
from neuralpha.report.steps import Report
from neuralpha.report.pages.draw import write_site
from neuralpha.study.spec import make_study

STUDY = {
    "name": "v",
    "universes": ["sim-tiny"],
    "features": "classic",
    "models": {"ridge": {}, "lightgbm": {"n_trees": 10}},
    "seeds": 1,
    "split": {"train": "9M", "valid": "3M", "test": "9M"},
    "explain": {"rows": 20, "samples": 5},
    "tune": {"trials": 3},
    "ensemble": "stack",
}

def _write(study, out, steps):
    """A report of some steps."""
    made = Report(open_experiment(study), out)
    for step in steps.split():
        getattr(made, step)()
    write_json(out / "v" / "study.json", study.model_dump(mode="json"))
    write_site(study, out)
    return out / "v"

@pytest.fixture(scope="module")
def written(tmp_path_factory):  # a report with a page of every kind
    steps = "data folds fit tuning training leaderboard evidence tear_sheets explanations save"
    return _write(make_study(STUDY), tmp_path_factory.mktemp("report"), steps)

@pytest.fixture
def report(written, tmp_path):
    shutil.copytree(written, tmp_path / "v")
    return tmp_path / "v"

PLAIN = {key: STUDY[key] for key in ("name", "universes", "features", "seeds", "split")} | {"models": {"ridge": {}}}

@pytest.fixture(scope="module")
def written_plain(tmp_path_factory):  # the least that is a report
    return _write(make_study(PLAIN), tmp_path_factory.mktemp("plain"), "data fit leaderboard save")

@pytest.fixture
def plain(written_plain, tmp_path):
    shutil.copytree(written_plain, tmp_path / "v")
    return tmp_path / "v"

def test_last_bits_of_another_processor_are_no_difference():
    from neuralpha.report.verify import _cells, _differences

    stored = {"p": 1.2172511829822801e-12, "t": [4.837855051990867, -3e-17], "n": 12}
    assert _differences(stored, {"p": 1.217251182982214e-12, "t": [4.837855051990871, 2e-18], "n": 12}) == []
    assert _differences(stored, stored | {"t": [4.8378550530, -3e-17]}) == [
        "t[0]: stored 4.837855051990867, derived 4.837855053"
    ]
    assert (
        _differences(stored, stored | {"n": 12.000000000001})
        and _differences(stored, stored | {"p": None})
        and _differences({"a": True}, {"a": 0})
    )
    assert (
        len(_differences(stored, {"p": 1.217251182982214e-12, "t": [4.837855051990871, 2e-18], "n": 12}, tolerance=0))
        == 3
    )
    assert _differences(_cells("date,ic\n2020-01-02,0.1\n"), _cells("date,ic\n2020-01-02,0.10000000000000002\n")) == []
    assert _differences(_cells("date,ic\n2020-01-02,0.1\n"), _cells("date,ic\n2020-01-03,0.1\n")) == [
        "[1][0]: stored '2020-01-02', derived '2020-01-03'"
    ]

def _lacking_what_came_later(report):
    """A report as code wrote it that knew neither of a metric, nor of a column of the slices, nor of a whole file."""
    numbers = read_json(report / "sim-tiny/metrics.json")
    del numbers["models"]["ridge"]["metrics"]["hit_rate"]
    at = numbers["slices"]["columns"].index("icir")
    for row in [numbers["slices"]["columns"], *numbers["slices"]["rows"]]:
        del row[at]
    write_json(report / "sim-tiny/metrics.json", numbers)
    table = pd.read_parquet(report / "sim-tiny/ics.parquet").drop(columns="assets")
    table.to_parquet(report / "sim-tiny/ics.parquet", index=False)
    (report / "sim-tiny/reasons.json").unlink()

def test_what_an_older_report_cannot_have_is_no_problem_and_what_was_altered_in_it_is(report, derived):
    from neuralpha.report.verify import _compare

    at = report / "sim-tiny"
    _lacking_what_came_later(report)
    here = [f"sim-tiny/{place}" for place in ("metrics.json", "ics.parquet", "reasons.json")]
    found = _compare(at, derived)
    assert found.newer == [] and {p.partition(":")[0].removesuffix(" is missing.") for p in found.problems} == {*here}
    found = _compare(at, derived, is_older=True)
    assert found.problems == []
    assert {"metrics.json: models.ridge.metrics.hit_rate", "ics.parquet: column assets", "reasons.json"} <= {
        place.removeprefix("sim-tiny/") for place in found.newer
    }
    _edit(at / "metrics.json", "models", "ridge", "metrics", "ic", "value")
    [problem] = _compare(at, derived, is_older=True).problems
    assert "models.ridge.metrics.ic.value" in problem
    numbers = read_json(at / "metrics.json")
    write_json(at / "metrics.json", numbers | {"invented": 0.3})  # what nobody derives is not newer
    assert any(": invented" in p for p in _compare(at, derived, is_older=True).problems)

def test_what_differs_in_a_table_is_said_with_its_row_and_plain_numbers():
    from neuralpha.report.verify import _row_differences

    days = pd.to_datetime(["2020-01-01", None, "2020-01-03"])
    stored = pd.DataFrame({"date": days, "asset": list("abc"), "score": [1.0, np.nan, 3.0], "word": ["x", None, "z"]})
    derived = stored.assign(score=[1 + 1e-13, 2.0, 9.0], word=["x", None, "q"])
    assert _row_differences(stored, derived) == [
        "score of NaT b: stored nan, derived 2.0 (and 1 more)",
        "word of 2020-01-03 c: stored 'z', derived 'q'",
    ]
    assert _row_differences(stored, stored.copy()) == []
    [shape] = _row_differences(stored, stored[["date"]])
    assert shape == "stored 3 rows of date, asset, score, word, derived 3 rows of date"

@pytest.fixture(scope="module")
def derived(written):
    from neuralpha.report.verify import derived_files

    return derived_files(written / "sim-tiny", open_experiment(make_study(STUDY)))

def _forge(report, change):  # change files and let the site and the manifest be written anew, as a careful forger would
    change()
    write_site(make_study(read_json(report / "study.json")), report.parent)
    return verify_report(report)[0]

def _edit(path, *keys, by=lambda v: v + 1e-9):
    value = read_json(path)
    at = value
    for k in keys[:-1]:
        at = at[k]
    at[keys[-1]] = by(at[keys[-1]])
    write_json(path, value)

@pytest.mark.parametrize(
    "file, keys, by",
    [
        ("metrics.json", ("models", "ridge", "metrics", "ic", "value"), lambda v: v + 1e-9),
        ("metrics.json", ("slices", "rows", 5, 6), lambda v: v + 1e-6),
        ("metrics.json", ("models", "lightgbm", "metrics", "ic_by_fold", "0", "low"), lambda v: v + 1e-9),
        ("metrics.json", ("models", "ridge", "seeds"), lambda v: v + 1),
        ("metrics.json", ("folds", 0, "test", 1), lambda v: "2013-11-11"),
        ("metrics.json", ("statements", 0), lambda v: v.replace("0", "1")),
        ("metrics.json", ("features",), lambda v: v[:-1]),
        ("checks.json", ("survivorship", "rows", 1, "invented"), lambda v: v + 1e-9),
        ("reasons.json", ("agreement", 0, "value"), lambda v: v + 1e-9),
        ("metrics.json", ("models", "ensemble", "stack", 0, "weights", "ridge"), lambda v: v + 1e-9),
        ("reasons.json", ("models", "ridge", "by_regime", "calm", "rows"), lambda v: v + 1),
    ],
)
def test_a_stored_number_that_does_not_follow_from_the_scores_is_found(report, derived, file, keys, by):
    from neuralpha.report.verify import _compare

    assert _compare(report / "sim-tiny", derived).problems == []
    _edit(report / "sim-tiny" / file, *keys, by=by)
    found = _compare(report / "sim-tiny", derived)[0]
    assert found and all(p.startswith(f"sim-tiny/{file}") for p in found)

@pytest.mark.parametrize(
    "column, by, said",
    [
        ("ic", lambda v: v + 1e-9, "ic of"),
        ("rank_ic", lambda v: np.nan, "rank_ic of"),
        ("assets", lambda v: v + 1, "assets of"),
        ("model", lambda v: "mine", "model of"),
    ],
)
def test_a_changed_ic_of_one_date_is_found_and_named(plain, column, by, said):
    path = plain / "sim-tiny" / "ics.parquet"
    table = pd.read_parquet(path)
    table[column] = table[column].astype(float if column != "model" else object)
    table.loc[7, column] = by(table.loc[7, column])
    table["assets"] = table["assets"].astype("int64")
    row = pd.read_parquet(path).loc[7]
    found = _forge(plain, lambda: table.to_parquet(path, index=False))
    assert len(found) == 1 and found[0].startswith(
        f"sim-tiny/ics.parquet: {said} {row['date'].date()} {row['model']}: stored"
    )

def test_dates_that_are_left_out_of_the_ics_are_found(plain):
    path = plain / "sim-tiny" / "ics.parquet"
    table = pd.read_parquet(path)
    worst = table.sort_values("ic").index[:3]
    found = _forge(plain, lambda: table.drop(index=worst).to_parquet(path, index=False))
    assert len(found) == 1 and f"ics.parquet: stored {len(table) - 3:,} rows" in found[0], found

def test_a_masked_row_with_another_value_is_found(tmp_path):
    from neuralpha.data.simulated.faults import plant_faults
    from neuralpha.data.universes import load_universe
    from neuralpha.report.masked import MASKED, write_masked
    from neuralpha.report.verify import _compare

    prices = load_universe("sim-tiny").frame().drop(columns="tradable")
    panel = load_universe(plant_faults(prices, {"decimal_slip": 2, "zero_price": 1})[0], "spoilt")
    write_masked(panel, tmp_path)
    derived = {MASKED: panel.masked}
    assert _compare(tmp_path, derived) == ([], panel.masked.select_dtypes("number").size, [])
    table = pd.read_parquet(tmp_path / MASKED)
    table.loc[1, "close"] *= np.float32(0.5)
    table.to_parquet(tmp_path / MASKED, index=False)
    [problem] = _compare(tmp_path, derived)[0]
    row = panel.masked.loc[1]
    assert f"masked.parquet: close of {row['date'].date()} {row['asset']}: stored" in problem
    (tmp_path / MASKED).unlink()
    assert "is missing" in _compare(tmp_path, derived)[0][0]

def test_a_broken_file_is_a_problem_and_not_a_crash(plain):
    for name in ("predictions.parquet", "metrics.json"):
        path = plain / "sim-tiny" / name
        good = path.read_bytes()
        path.write_bytes(good[: len(good) // 2])
        assert any(name in p for p in verify_report(plain)[0])
        path.write_bytes(good)

def test_what_is_forged_with_digests_and_pages_is_found(report):
    at = report / "sim-tiny"
    scores = at / "predictions.parquet"
    tried = read_json(at / "tuning.json")
    table = at / "alphalens" / "ridge" / "information.csv"
    assert read_json(at / "metrics.json")["models"]["ridge"]["metrics"]["deflated_sharpe"]["trials"] == sum(
        len(s["tried"]) for s in tried
    )
    found = _forge(
        report, lambda: write_json(at / "tuning.json", [{**tried[0], "tried": tried[0]["tried"][:2]}, *tried[1:]])
    )  # a trial is kept quiet
    assert any("ridge.metrics.deflated_sharpe.trials" in p for p in found)
    write_json(at / "tuning.json", tried)
    good = scores.read_bytes()
    frame = pd.read_parquet(scores)
    frame["score"] = (frame["score"] + frame["label"].fillna(0) * (frame["model"] == "ridge")).astype(
        "float32"
    )  # a little of what came
    found = _forge(report, lambda: frame.to_parquet(scores, index=False))
    assert any("ridge.metrics.ic.value" in p for p in found)
    scores.write_bytes(good)
    for name in ("predictions", "validation"):
        part = at / f"{name}.parquet"
        good = part.read_bytes()
        frame = pd.read_parquet(part)
        frame.loc[frame["model"] == "ensemble", "score"] *= np.float32(1.001)  # by date the same order
        found = _forge(report, lambda: frame.to_parquet(part, index=False))
        assert found == [f"sim-tiny/{name}.parquet: the scores of the ensemble are not what those of its members give."]
        part.write_bytes(good)
        for change, said in (
            ({"label": 1.1 * pd.read_parquet(part)["label"]}, f"{name}.parquet: the label is not the data's: "),
            ({"fold": 1 - pd.read_parquet(part)["fold"].clip(upper=1)}, f"{name}.parquet: the fold has no such row: "),
        ):
            found = _forge(report, lambda: pd.read_parquet(part).assign(**change).to_parquet(part, index=False))
            assert any(said in p for p in found)
            part.write_bytes(good)
    found = _forge(report, lambda: table.write_text(table.read_text().replace(".1", ".2", 1)))
    assert len(found) == 1 and "sim-tiny/alphalens/ridge/information.csv: [" in found[0] and "stored" in found[0]
    study = report / "study.json"
    write_json(study, read_json(study) | {"seed": 7})
    assert "study.json is not the study of the manifest." in verify_report(report)[0]

def test_whose_numbers_they_are_stays_when_pages_alone_are_drawn_again(plain):
    from neuralpha.report.code import report_code

    manifest = read_json(plain / "manifest.json")
    assert manifest["computed_by"] == {"sim-tiny": report_code()}
    for before in ({"computed_by": {"sim-tiny": "older"}}, {}):
        rest = {key: value for key, value in manifest.items() if key != "computed_by"}
        write_json(plain / "manifest.json", rest | before)
        write_site(make_study(PLAIN), plain.parent)
        assert read_json(plain / "manifest.json")["computed_by"] == {"sim-tiny": "older" if before else ""}
        assert verify_report(plain)[0] == []

def test_an_untouched_report_has_no_problems(report):
    problems, checked = verify_report(report)
    assert (
        problems == [] and checked["numbers"] > 2000 and checked["files"] > 40 and checked["pages"].endswith("compared")
    )

def test_one_digit_changed_in_any_file_is_found(report):
    from neuralpha.report.verify import _file_problems, _page_problems

    study = make_study(STUDY)

    def look():
        return (
            _file_problems(report, read_json(report / "manifest.json"))
            + _page_problems(report, study, read_json(report / "manifest.json"))[0]
        )

    assert look() == []
    files = [p for p in sorted(report.rglob("*")) if p.is_file() and not p.name.startswith(".")]
    assert {p.suffix for p in files} >= {".html", ".json", ".js", ".csv", ".png", ".parquet"} and {
        "manifest.html",
        "manifest.json",
        "timing.json",
        "timing.js",
        "metrics.json",
    } <= {p.name for p in files}
    for path in files:
        good = path.read_bytes()
        digits = [
            i for i in range(len(good) // 3, len(good)) if good[i : i + 1].isdigit() and good[i - 1 : i].isdigit()
        ] or [i for i in range(len(good)) if good[i : i + 1].isdigit()]
        at = digits[len(digits) // 2]
        path.write_bytes(good[:at] + (b"1" if good[at : at + 1] != b"1" else b"2") + good[at + 1 :])
        found = look()
        assert any({"timing.json": "timing.js"}.get(path.name, path.name) in p for p in found), (
            f"{path}: {found}"
        )  # times are not in the manifest; their script shows them
        path.write_bytes(good)
    (report / "sim-tiny" / "more.html").write_text("IC 0.9")
    assert look() == ["sim-tiny/more.html is not in the manifest."]

def test_a_universe_whose_report_stopped_half_way_is_not_said_to_have_other_data(plain):
    manifest = read_json(plain / "manifest.json")
    write_json(plain / "manifest.json", manifest | {"data": {}})
    problems = verify_report(plain)[0]
    assert any(p.startswith("sim-tiny: its report was begun and not finished") for p in problems)
    assert not any("digest differs" in p for p in problems)

def test_a_folder_without_a_report_is_named(tmp_path):
    with pytest.raises(NeuralphaError, match="manifest.json is missing"):
        verify_report(tmp_path)

@pytest.mark.parametrize("named", [".", "..", "v/", "link", "elsewhere"])
def test_a_report_is_found_however_its_folder_is_written(plain, monkeypatch, named):
    link = plain.parent / "link"
    link.symlink_to(plain)
    shutil.copytree(plain, plain.parent / "elsewhere")  # its folder has another name than its study
    monkeypatch.chdir({".": plain, "..": plain / "sim-tiny"}.get(named, plain.parent))
    problems, checked = verify_report(named)
    assert problems == [] and checked["pages"].endswith("compared")

@pytest.mark.parametrize("universe", ["prices.parquet", "folder"])
def test_data_is_found_from_where_the_run_was_started(tmp_path, monkeypatch, universe):
    from neuralpha.study.spec import STARTED, where_it_started

    started = tmp_path / "a"
    other = tmp_path / "b"
    for place in (started / "reports/v", other):
        place.mkdir(parents=True)
    (started / universe).mkdir() if universe == "folder" else (started / universe).touch()
    study = make_study(STUDY | {"universes": [universe]})
    write_json(started / "reports/v" / STARTED, {"folder": "../.."})
    monkeypatch.chdir(other)
    with where_it_started(started / "reports/v", study):
        assert Path.cwd() == started
    assert Path.cwd() == other
    (started / "reports/v" / STARTED).unlink()
    if universe != "folder":  # without the note only a path looks like one
        with (
            pytest.raises(
                NeuralphaError, match="no such file or folder, neither in .*, where the study was run, nor in"
            ),
            where_it_started(started / "reports/v", study),
        ):
            pass
    (started / "reports/v" / STARTED).write_text('{"folder": "../.."}')
    (tmp_path / "moved").mkdir()
    shutil.move(started / "reports/v", tmp_path / "moved/v")  # the report alone was moved: one stands beside the data
    monkeypatch.chdir(started)
    with where_it_started(tmp_path / "moved/v", study):
        assert Path.cwd() == started
