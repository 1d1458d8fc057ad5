# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.checks.report import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.checks.planted import AT, CLEAN, DAY, LAST, PLANTED, check_frame, edited, rescaled
from neuralpha.data.checks.rules import CHECKS
from neuralpha.data.checks.spec import CheckSpec

def test_the_first_of_some_rows_is_the_earliest_and_of_equals_the_first_asset():
    from neuralpha.data.checks.report import first_of

    stamps = np.array(["2024-01-03", "2024-01-02", "2024-01-02"], "datetime64[ns]")
    assert first_of(stamps, np.array(["A", "B", "C"]), np.array([0, 2, 1])) == "2024-01-02 B"
    assert first_of(stamps[:0], np.array(["A"]), np.array([], int)) == ""

def test_a_line_is_composed_of_all_findings_of_its_check():
    from neuralpha.data.checks.report import DataReport, Finding, CheckLine

    report = DataReport(CheckSpec(), "t")
    report.add(Finding("gap"))
    report.add(Finding("stale_run", 3, ["A", "B"], "2024-01-05 B", action="masked", note="so"))
    report.add(Finding("gap", 1, ["B"], "2024-01-03 B", note="and so"))
    report.add(Finding("stale_run", 2, ["B"], "2024-01-04 A", note="so"))
    report.add(Finding("number_marks", 7, note="as the cells prove"))
    assert report.lines() == [
        CheckLine("gap", "note", 1, 1, "2024-01-03 B", "noted", f"{CHECKS['gap'].says}; and so"),
        CheckLine("stale_run", "mask", 5, 2, "2024-01-04 A", "masked", f"{CHECKS['stale_run'].says}; so"),
        CheckLine("number_marks", "note", 7, 0, "", "noted", "as the cells prove"),
    ]
    assert CheckLine(*report.frame().iloc[1]) == report.lines()[1]

def test_longer_bars_are_only_counted_by_the_checks_that_judge_by_a_move():
    from neuralpha.data.checks.report import DataReport

    report = DataReport(CheckSpec(severity={"unit_flip": "mask"}), "t")
    report.coarse = True
    assert report.severity("unadjusted_split") == "note" and not report.repairs("unadjusted_split")
    assert report.severity("unit_flip") == "mask" and report.repairs("unit_flip")
    assert report.severity("absurd_jump") == "mask" and report.repairs("absurd_jump")

def test_a_mostly_masked_table_is_refused():
    with pytest.raises(NeuralphaError, match="93% of the rows would be masked, most by 'missing_price'"):
        check_frame(edited(CLEAN.index[:11000], "close", np.nan))

def test_masked_rows_keep_their_values_and_their_place():
    p = check_frame(PLANTED["nonpositive_price"].frame)
    assert p.masked[["date", "asset", "check", "action"]].iloc[0].tolist() == [
        DAY,
        "A03",
        "nonpositive_price",
        "masked",
    ]
    assert p.masked.close.iloc[0] == np.float32(CLEAN.close[AT])
    i = p.rows_of("A03").start + 200
    assert not p.tradable[i] and all(np.isnan(v[i]) for v in p.fields.values())

def test_masked_rows_before_a_repaired_split_keep_what_the_file_said():
    f = rescaled(range(AT, LAST + 1), 1 / 3, 3)
    f.loc[AT - 50, "low"] = 0.0
    p = check_frame(f)
    row = p.masked[p.masked.check == "nonpositive_price"].iloc[0]
    assert row.close == np.float32(f.close[AT - 50]) and row.volume == f.volume[AT - 50]
