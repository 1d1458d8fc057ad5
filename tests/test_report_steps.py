# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.steps import *
import numpy as np
import pandas as pd
import pytest

from dataclasses import replace

from neuralpha.core import NeuralphaError, read_json

from neuralpha.report.numbers import forecasts, read_ics, with_ensemble

from neuralpha.evaluate.ic import ic

from neuralpha.evaluate.statistics import mean_test

from neuralpha.study.experiment import open_experiment

from neuralpha.study.spec import make_study

from neuralpha.study.units import UnitStore

MODELS = {"ridge": {}, "lightgbm": {"n_trees": 40}, "mlp": {"max_epochs": 3}, "lstm": {"window": 5, "max_epochs": 2}}

SMALL = {
    "name": "small",
    "universes": ["sim-tiny"],
    "features": "classic",
    "models": MODELS,
    "split": {"train": "9M", "valid": "3M", "test": "6M"},
}

def _numbers(tmp, **change):
    r = Report(open_experiment(make_study({**SMALL, **change})), tmp)
    r.fit()
    r.leaderboard()
    return r, [(r.folder / f).read_bytes() for f in ("predictions.parquet", "metrics.json", "ics.parquet")]

def test_the_same_study_gives_the_same_bytes_and_another_seed_does_not(tmp_path):
    _, one = _numbers(tmp_path / "a")
    r, two = _numbers(tmp_path / "b")
    assert one == two
    other = Report(open_experiment(make_study({**SMALL, "seed": 5, "models": {"mlp": MODELS["mlp"]}})), tmp_path / "c")
    other.fit()
    mlp = [f.tests["mlp"].frame.query("seed == -1")["score"].to_numpy() for f in (r, other)]
    assert (mlp[0] != mlp[1]).mean() > 0.9
    # every mean of the report is that of the dates that are stored beside it
    stored = read_json(r.folder / "metrics.json")["models"]
    by_model = read_ics(r.folder).groupby("model")[["ic", "rank_ic"]].mean()
    assert set(by_model.index) == set(stored) >= {*MODELS, "reversal", "oracle"}
    for name, means in by_model.iterrows():
        for kind in ("ic", "rank_ic"):
            assert means[kind] == pytest.approx(stored[name]["metrics"][kind]["value"], rel=1e-12)
    # the planted expected return of the simulated market beats every model
    ics = {n: m["metrics"]["ic"]["value"] for n, m in read_json(r.folder / "metrics.json")["models"].items()}
    assert max(ics, key=ics.get) == "oracle" and set(ics) >= {*MODELS, "reversal"}
    assert all(0 < ics[n] < ics["oracle"] for n in MODELS)

def test_every_picture_of_one_model_carries_its_name(tmp_path):
    import matplotlib.pyplot as plt

    report = Report(None, tmp_path, folder=tmp_path)
    heads = {}
    for model, title in (
        ("ridge", "what moves"),
        ("ridge", "ridge: what moves"),
        ("what", "what moves"),
        (None, "all"),
    ):
        fig, ax = plt.subplots()
        ax.set_title(title)
        report.keep(fig, "Money", f"figure-{len(heads)}", "what moves", model=model)
        heads[model, title] = fig.get_suptitle()
    assert list(heads.values()) == ["ridge", "", "what", ""]
    told = [figure["title"] for figure in report.figures]
    assert told == ["ridge: what moves", "ridge: what moves", "what: what moves", "what moves"]

def test_a_section_that_breaks_is_named_and_its_traceback_stays(tmp_path, monkeypatch):
    from types import SimpleNamespace

    def slip(report):
        return report.frame.table

    monkeypatch.setattr("neuralpha.report.steps.sections", lambda: {"gaps": SimpleNamespace(compute=slip)})
    with pytest.raises(SectionError, match="^section 'gaps': AttributeError: A report has no 'frame'") as caught:
        Report(None, tmp_path, folder=tmp_path).gaps()
    assert isinstance(caught.value.__cause__, AttributeError)

def test_every_fold_forecasts_by_its_own_line_where_validation_parts_overlap(tmp_path):
    r = Report(
        open_experiment(
            make_study(
                {**SMALL, "models": {"ridge": {}}, "seeds": 1, "split": {"train": "9M", "valid": "4M", "test": "2M"}}
            )
        ),
        tmp_path,
    )
    r.fit()
    past = r.valid_scores["ridge"].frame.query("seed == -1")
    y = r.experiment.y
    got = forecasts(r.experiment, r.tests, r.valid_scores)["ridge"]
    assert past.duplicated(["date", "asset"]).any() and len(r.experiment.folds) > 2
    scores = r.tests["ridge"].scores()
    for f in r.experiment.folds:
        part = past[(past["fold"] == f.number) & past["label"].notna()]
        s, v = (part[c].astype(float) - part.groupby("date")[c].transform("mean") for c in ("score", "label"))
        mine = got["forecast"].loc[pd.Timestamp(f.dates["test"][0]) : pd.Timestamp(f.dates["test"][1])]
        np.testing.assert_allclose(
            mine, y.values[f.train].mean() + (s @ v) / (s @ s) * scores[mine.index].astype(float), atol=1e-8
        )
    r.leaderboard()

def test_a_model_that_says_nothing_is_a_hole_and_the_rest_goes_on(tmp_path):
    mute = {"model": "lasso", "alpha": 1e6}
    r = Report(
        open_experiment(
            make_study({**SMALL, "models": {"ridge": {}, "mute": mute, "none": mute}, "seeds": 1, "ensemble": "z"})
        ),
        tmp_path,
    )
    r.fit()
    r.leaderboard()
    stored = read_json(r.folder / "metrics.json")
    assert set(stored["missing"]) == {"mute", "none", "ensemble"} and "same score" in stored["missing"]["mute"]
    assert stored["missing"]["ensemble"] == "it combines mute, none, ridge, of which mute, none are missing."
    assert (
        set(r.tests) == set(r.valid_scores) == {"ridge"}
        and "ridge" in stored["models"]
        and "mute" not in stored["models"]
    )
    alone = Report(open_experiment(make_study({**SMALL, "name": "alone", "models": {"mute": mute}})), tmp_path)
    with pytest.raises(NeuralphaError, match="No model of alone.*same score"):
        alone.fit()

def test_a_stack_learns_from_each_folds_own_validation_part_and_nothing_later(tmp_path):
    from neuralpha.models.ensembles import stacking_weights

    study = make_study(
        {
            **SMALL,
            "models": {"ridge": {}, "lightgbm": {"n_trees": 40}, "back": {"model": "lightgbm", "n_trees": 3}},
            "seeds": 1,
            "ensemble": "stack",
            "refit": True,
        }
    )
    r = Report(open_experiment(study), tmp_path)
    r.fit()
    r.leaderboard()
    stored = read_json(r.folder / "metrics.json")["models"]["ensemble"]
    y = r.experiment.y
    assert (
        stored["kind"] == "model"
        and [w["fold"] for w in stored["stack"]] == [f.number for f in r.experiment.folds]
        and len(r.experiment.folds) > 1
    )

    def z(s):
        return s.groupby("date").transform(lambda v: (v - v.mean()) / v.std(ddof=0)).astype(float)

    names = list(study.models)
    ends = pd.DatetimeIndex(y.panel.dates)
    for f, w in zip(r.experiment.folds, stored["stack"]):
        assert sum(w["weights"].values()) == pytest.approx(1) and min(w["weights"].values()) >= 0
        assert (
            y.known_code[f.valid] < ends.get_loc(f.dates["test"][0])
        ).all()  # no label of a weight reaches into the test

        def rows(p):
            return p.frame[(p.frame["seed"] == -1) & (p.frame["fold"] == f.number)].set_index(["date", "asset"])

        part = {n: rows(r.valid_scores[n]) for n in names}
        goal = part["ridge"]["label"].groupby("date").transform(lambda v: 2 * v.rank() / (v.count() + 1) - 1)
        mine = stacking_weights(np.stack([z(part[n]["score"]) for n in names], 1), goal.to_numpy())
        np.testing.assert_allclose(mine, [w["weights"][n] for n in names], atol=1e-6)
        tests = {n: rows(p)["score"] for n, p in r.tests.items()}
        np.testing.assert_allclose(tests["ensemble"], sum(w["weights"][n] * z(tests[n]) for n in names), atol=1e-5)
    assert len({tuple(w["weights"].values()) for w in stored["stack"]}) > 1
    blind = {n: replace(p, frame=p.frame.assign(label=np.nan)) for n, p in r.tests.items() if n != "ensemble"}
    np.testing.assert_array_equal(
        with_ensemble(blind, {n: r.valid_scores[n] for n in names}, study)[0]["ensemble"].scores(),
        r.tests["ensemble"].scores(),
    )

def test_a_model_of_two_scores_has_no_tear_sheet_and_the_rest_goes_on(tmp_path, capsys):
    from neuralpha.report.verify import derived_files

    stump = {"model": "lightgbm", "n_trees": 1, "num_leaves": 2, "min_leaf": 1}
    r = Report(open_experiment(make_study({**SMALL, "models": {"ridge": {}, "stump": stump}, "seeds": 1})), tmp_path)
    for step in (r.data, r.fit, r.leaderboard, r.tear_sheets):
        step()
    assert "No tear sheet: stump fills" in capsys.readouterr().out
    assert (r.folder / "alphalens" / "ridge" / "returns.png").exists() and not (
        r.folder / "alphalens" / "stump"
    ).exists()
    assert all((r.folder / f).exists() for f in derived_files(r.folder, r.experiment))

def test_labels_shuffled_within_dates_leave_nothing_for_any_model(tmp_path):
    experiment = open_experiment(make_study({**SMALL, "name": "placebo"}))
    y = experiment.y
    ics = []
    for shuffle in range(3):
        values = y.values.copy()
        rng = np.random.default_rng(shuffle)
        for d in range(experiment.panel.n_dates):
            rows = experiment.panel.rows_by_date[
                experiment.panel.date_offsets[d] : experiment.panel.date_offsets[d + 1]
            ]
            rows = rows[np.isfinite(values[rows])]
            values[rows] = rng.permutation(values[rows])
        r = Report(replace(experiment, y=replace(y, values=values, name="shuffled return")), tmp_path / str(shuffle))
        r.fit()
        ensembles = pd.concat(
            [
                p.frame[p.frame["seed"] == -1].set_index(["date", "asset"])["score"].rename(n)
                for n, p in r.tests.items()
            ],
            axis=1,
        )
        ics.append(ic(ensembles, r.experiment.y))
    # four intervals at once: 95% for all of them together; labels dealt anew on every date and every time do not
    # overlap
    for name in MODELS:
        mean = mean_test(pd.concat([i[name] for i in ics]), 1, 1 - 0.05 / len(MODELS))
        assert mean["low"] < 0 < mean["high"], name

def test_a_module_in_the_room_is_a_section_and_nothing_else_has_to_be_told(tmp_path, monkeypatch, capsys):
    import neuralpha.report.sections as room
    from neuralpha.report.verify import derived_files

    lines = [
        "from neuralpha.core import write_json",
        "from neuralpha.report.section import Section",
        "def store(report, found): write_json(report.folder / 'counted.json', found)",
        "def count(report): return {'assets': report.experiment.panel.n_assets}",
        "SECTION = Section('How many', count, store, lambda report, found: found, derive=count)",
    ]
    (tmp_path / "counted.py").write_text(
        "\n".join(lines).replace("derive=count", "derive=lambda s: {'counted.json': count(s)}")
    )
    monkeypatch.setattr(room, "__path__", [*room.__path__, str(tmp_path)])
    r = Report(open_experiment(make_study({**SMALL, "models": {"ridge": {}}, "seeds": 1})), tmp_path / "out")
    assert "counted" in dir(r) and r.counted() == {"assets": r.experiment.panel.n_assets}
    assert read_json(r.folder / "counted.json") == {"assets": r.experiment.panel.n_assets}
    for step in (r.data, r.fit, r.leaderboard):
        step()
    assert derived_files(r.folder, r.experiment)["counted.json"] == {"assets": r.experiment.panel.n_assets}

def test_what_no_cell_asks_for_is_shown_at_the_end(tmp_path):
    r = Report(open_experiment(make_study({**SMALL, "models": {"ridge": {}}, "seeds": 1})), tmp_path)
    r.fit()
    r.others()
    assert {"Folds", "Evidence"} <= {f["section"] for f in r.figures} and (r.folder / "checks.json").exists()

def test_a_section_that_is_not_there_is_named_with_those_that_are(tmp_path):
    r = Report(open_experiment(make_study({**SMALL, "models": {"ridge": {}}})), tmp_path)
    with pytest.raises(AttributeError, match="no 'leaderbord'; its sections are agents, data, evidence"):
        r.leaderbord

def test_the_studys_table_has_the_names_and_numbers_of_the_site():
    from neuralpha.evaluate.catalogue import number
    from neuralpha.report.pages.leaderboard import leaderboard_page
    from neuralpha.report.pages.site import Site
    from neuralpha.report.steps import StudyResults
    from neuralpha.study.spec import research_folder

    reports = research_folder().parents[1] / "reports"
    results = StudyResults(str(reports / "sample" / "study.json"), reports)
    table = results.table()
    page = leaderboard_page(Site(results.study, reports / "sample", results.results, results.missing))
    checked = 0
    for row in page.rows:
        for column, cell in zip(page.columns, row.cells):
            if column.name in table and column.name != "letters" and cell.sort != "":
                shown = table.at[(row.universe, row.model), column.name]
                digits = len(cell.show.partition(".")[2])
                assert number(shown, digits) == cell.show or cell.show == "<1", (column.name, shown, cell.show)
                checked += 1
    assert checked > 40 and {"IC, low", "t of the IC, critical", "spread after cost, % a year"} <= set(table)
    assert list(table["letters"]) == [row.cells[2].show for row in page.rows]
