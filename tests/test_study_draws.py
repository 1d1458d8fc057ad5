# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.study.draws import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.report.published import standard_error
from neuralpha.study.spec import load_study, make_study
from neuralpha.study.units import UnitStore

@pytest.fixture(scope="module")
def small():
    return load_study("gkx-table", repetitions=2, models=["ols", "lasso"], universes=["gkx-a-5"])

def test_a_unit_is_the_papers_protocol(small, tmp_path):
    from neuralpha.models.gkx import gkx_draw

    draws = open_draws(small)
    store = UnitStore(tmp_path)
    unit = next(u for u in draws.units("cpu") if u.model == "lasso" and u.fold == 1)
    fit_draw(draws, unit, store, "cpu")
    e = store.scores(unit.key, draws.columns).iloc[0]
    known = gkx_draw({"lasso": draws.model("lasso")}, "a", 5, [small.seed, 1], 1)
    assert 100 * (1 - e["model"] / e["mean"]) == pytest.approx(known["lasso"]) and 100 * (
        1 - e["true"] / e["mean"]
    ) == pytest.approx(known["true"])

def test_the_name_of_a_unit_holds_the_code_of_its_draw_and_no_report():
    from neuralpha.core import code_modules
    from neuralpha.study.units import reach

    named = reach(draw_errors)
    assert [name.split(".")[-1] for name in named.own] == ["_problem", "draw_errors"]
    reached = code_modules(*named.modules)
    assert {"neuralpha.models.gkx", "neuralpha.data.simulated.gkx"} <= set(reached)
    assert not [m for m in reached if m.startswith(("neuralpha.study", "neuralpha.report"))]

def test_draws_read_no_field_of_the_study_that_is_refused_beside_repetitions(small, tmp_path):
    from neuralpha.study.spec import USED_BY_DRAWS, Study

    seen = set()

    class Watched(Study):
        def __getattribute__(self, name):
            seen.add(name)
            return super().__getattribute__(name)

    draws = Repetitions(Watched.model_validate(small.model_dump()), "gkx-a-5", "a", 5)
    seen.clear()
    store = UnitStore(tmp_path)
    for unit in draws.units("cpu")[:2]:
        fit_draw(draws, unit, store, "cpu")
    collect_draws(draws, store, "cpu")
    read = seen & set(Study.model_fields)
    assert {"models", "seeds", "seed", "repetitions"} <= read <= set(USED_BY_DRAWS)

def test_a_model_that_is_fitted_again_errs_otherwise(small, tmp_path):
    from neuralpha.models.gkx import gkx_draw

    draws = open_draws(load_study(small, refit=True))
    store = UnitStore(tmp_path)
    unit = next(u for u in draws.units("cpu") if u.model == "lasso" and u.fold == 1)
    fit_draw(draws, unit, store, "cpu")
    e = store.scores(unit.key, draws.columns).iloc[0]
    assert 100 * (1 - e["model"] / e["mean"]) != pytest.approx(
        gkx_draw({"lasso": draws.model("lasso")}, "a", 5, [small.seed, 1], 1)["lasso"]
    )

def test_draws_are_named_by_all_that_determines_them(small):
    def keys(s):
        return [u.key for u in open_draws(s).units("cpu")]

    first = keys(small)
    assert len(first) == len(set(first)) == 4
    assert set(first) < set(keys(load_study(small, repetitions=3))) and not set(first) & set(
        keys(load_study(small, seed=1))
    )
    assert (
        len(
            set(first)
            & set(keys(load_study("gkx-table", repetitions=2, models=["ols", "ridge"], universes=["gkx-a-5"])))
        )
        == 2
    )
    with pytest.raises(NeuralphaError, match="cannot be drawn again"):
        open_draws(load_study(small, universes=["sim-tiny"]))

def test_a_killed_run_continues_and_a_failure_is_a_hole(small, tmp_path):
    from neuralpha.study.fit import fit_units

    draws = open_draws(small)
    store = UnitStore(tmp_path / "units")
    fit_draw(draws, draws.units("cpu")[0], store, "cpu")
    frame, missing = collect_draws(draws, store, "cpu")
    assert frame.empty and "draw 1" in missing["ols"] and "not fitted" in missing["lasso"]
    times = (store.path(draws.units("cpu")[0].key) / "unit.json").stat().st_mtime_ns
    assert fit_units(draws, store, "cpu") == {}
    frame, missing = collect_draws(draws, store, "cpu")
    assert len(frame) == 4 and not missing
    assert (store.path(draws.units("cpu")[0].key) / "unit.json").stat().st_mtime_ns == times
    broken = open_draws(
        make_study(
            {
                "name": "b",
                "universes": ["gkx-a-5"],
                "models": {"ols": {}, "mlp": {"learning_rate": 1e30, "clip": 1e30}},
                "repetitions": 2,
            }
        )
    )
    fit_units(broken, store, "cpu")
    frame, missing = collect_draws(broken, store, "cpu")
    assert set(frame["model"]) == {"ols"} and "diverged" in missing["mlp"]

def test_numbers_are_means_ratios_and_jackknife_errors():
    frame = pd.DataFrame(
        {
            "draw": [0, 1, 2] * 2,
            "model": ["half"] * 3 + ["noisy"] * 3,
            "sse": [98.0, 97, 97.5, 99, 95, 97],
            "sse_true": [96.0, 94, 95] * 2,
            "sse_mean": 100.0,
        }
    )
    n = draw_numbers(frame, ["half", "noisy"])
    assert list(n) == ["true", "half", "noisy"] and n["half"]["metrics"]["ratio"]["value"] == pytest.approx(0.5)
    assert n["true"]["metrics"]["r2"]["value"] == pytest.approx(5) and n["true"]["metrics"]["r2"][
        "error"
    ] == pytest.approx(1 / 3**0.5)
    left = np.array([8 / 11, 4 / 9, 6 / 10])
    assert n["noisy"]["metrics"]["ratio"]["error"] == pytest.approx(np.sqrt(2 / 3 * ((left - left.mean()) ** 2).sum()))

@pytest.mark.parametrize("draws", [2, 5])
def test_intervals_cover_however_few_the_draws(draws):
    rng = np.random.default_rng(0)
    hits = []
    for _ in range(300):
        sse = 95 + rng.normal(size=draws)
        m = draw_numbers(
            pd.DataFrame({"draw": range(draws), "model": "m", "sse": sse, "sse_true": 90.0, "sse_mean": 100.0}), ["m"]
        )["m"]["metrics"]
        hits.append([m["r2"]["low"] <= 5 <= m["r2"]["high"], m["ratio"]["low"] <= 0.5 <= m["ratio"]["high"]])
    assert (abs(np.mean(hits, 0) - 0.95) < 0.04).all()
    assert (m["r2"]["high"] - m["r2"]["value"]) / m["r2"]["error"] == pytest.approx(
        {2: 12.706, 5: 2.776}[draws], abs=1e-3
    )  # Student's table
    assert [standard_error(m[k]) for k in m] == [m[k]["error"] for k in m]  # not that of a normal interval

def test_the_study_is_run_verified_and_reused(tmp_path):
    from neuralpha.report.run import run_study
    from neuralpha.report.verify import verify_report

    small = load_study("gkx-table", repetitions=2, models=["ols", "lasso"], universes=["gkx-a-100", "gkx-b-5"])
    run = run_study(small, tmp_path, jobs=1)
    assert not run.failures and not run.reused
    problems, checked = verify_report(tmp_path / "gkx-table")
    assert not problems and checked["numbers"] > 40
    text = run.index.read_text()
    assert "Published and measured" in text and "internet appendix" in text and "gkx-b-5" in text
    assert run_study(small, tmp_path, jobs=1).reused == ["gkx-a-100", "gkx-b-5"]
    frame = pd.read_parquet(tmp_path / "gkx-table" / "gkx-a-100" / "draws.parquet")
    frame.loc[0, "sse"] += 1
    frame.to_parquet(tmp_path / "gkx-table" / "gkx-a-100" / "draws.parquet", index=False)
    assert any("ratio" in p for p in verify_report(tmp_path / "gkx-table")[0])
