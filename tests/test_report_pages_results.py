# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.pages.results import *
import pytest
import pandas as pd
from PIL import Image
from neuralpha.core import NeuralphaError, write_json
from neuralpha.report.curves import RETURNS, write_returns
from neuralpha.study.spec import load_study

def test_a_picture_that_is_too_wide_for_half_of_a_row_gets_a_row(tmp_path):
    for name, width in (("one", 600), ("two", 900)):
        Image.new("P", (width, 300)).save(tmp_path / f"{name}.png")
    (tmp_path / "broken.png").write_text("")
    figures = [{"file": f"{name}.png"} for name in ("one", "two", "broken", "lost")]
    mark_broad(figures, tmp_path)
    assert [figure.get("is_broad") for figure in figures] == [False, True, None, None]

def test_the_front_page_shows_the_legs_of_the_model_that_has_most_left(tmp_path):
    figures = [{"file": f"figures/{model}/money-legs.png", "model": model} for model in ("ridge", "lightgbm")]
    figures += [{"file": f"figures/universe/{name}.png", "model": None} for name in ("money-curves", "by-year")]
    money = {"models": {m: {"costs": {"net": {"value": v}}} for m, v in (("ridge", -0.1), ("lightgbm", 0.2))}}
    dates = pd.bdate_range("2020-01-01", periods=30)
    table = pd.DataFrame({"date": dates, "gross": 0.0, "net": 0.0, "long": 0.0, "short": 0.0, "market": 0.0})
    write_returns(pd.concat([table.assign(model=m) for m in ("ridge", "lightgbm")])[list(RETURNS)], tmp_path)
    result = UniverseResult("u", {}, figures, {}, {}, {}, money, folder=tmp_path)
    assert result.by_net_return == ["lightgbm", "ridge"]
    assert [figure["file"].split("/")[-2:] for figure in result.front] == [
        ["lightgbm", "money-legs.png"],
        ["universe", "money-curves.png"],
    ]
    assert UniverseResult("u", {}, figures, {}, {}, {}).most_left is None

def test_a_universe_without_a_report_says_why(tmp_path):
    study = load_study("tiny", universes=["sim-tiny"])
    write_json(
        tmp_path / "sim-tiny" / "compare_models.ipynb",
        {"cells": [{"outputs": [{"output_type": "error", "ename": "ValueError", "evalue": "too few dates\nat all"}]}]},
    )
    (hole,) = read_results(tmp_path, study)[1]
    assert "ValueError: too few dates" in hole["error"] and "at all" not in hole["error"]

def test_a_sweep_from_before_a_column_was_shown_says_what_to_do(tmp_path):
    place = tmp_path / "sweep"
    place.mkdir()
    write_json(place / "plan.json", dict(plan={}, universes=[], models=[], missing={}))
    pd.DataFrame({"universe": ["sim-tiny"], "model": ["ridge"]}).to_parquet(place / "results.parquet")
    with pytest.raises(NeuralphaError, match="'policy' is missing.*neuralpha sweep .* again, or delete .*sweep"):
        read_sweep(tmp_path)
