# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.pages.results import *
import pytest
import pandas as pd
from PIL import Image
from neuralpha.core import NeuralphaError, write_json
from neuralpha.study.spec import load_study

def test_a_picture_that_is_too_wide_for_half_of_a_row_gets_a_row(tmp_path):
    for name, width in (("one", 600), ("two", 900)):
        Image.new("P", (width, 300)).save(tmp_path / f"{name}.png")
    (tmp_path / "broken.png").write_text("")
    figures = [{"file": f"{name}.png"} for name in ("one", "two", "broken", "lost")]
    mark_broad(figures, tmp_path)
    assert [figure.get("is_broad") for figure in figures] == [False, True, None, None]

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
