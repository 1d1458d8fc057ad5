# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.checks.run import *
import numpy as np
import pandas as pd
from neuralpha.data.checks.planted import OHLC, PLANTED, check_frame
from neuralpha.data.checks.rules import CHECKS
from neuralpha.data.panel import panel_from_frame

def test_blocks_change_nothing_but_memory():
    from neuralpha.data.checks.report import DataReport
    from neuralpha.data.checks.run import run_checks
    from neuralpha.data.checks.spec import check_spec

    frame = PLANTED["unadjusted_split"].frame.copy()
    frame.loc[frame.index[frame.asset == "A07"][120:122], OHLC] *= 100
    answers = []
    for block_rows in (1, 1000, 10**6):
        panel = panel_from_frame(frame)
        usable = panel.tradable.copy()
        report = DataReport(check_spec(), "t")
        run_checks(panel, usable, report, block_rows)
        answers.append((report.frame(), usable, panel.fields["close"]))
    for lines, usable, close in answers[1:]:
        pd.testing.assert_frame_equal(lines, answers[0][0])
        np.testing.assert_array_equal(usable, answers[0][1])
        np.testing.assert_array_equal(close, answers[0][2])
    assert (~answers[0][1]).sum() == 2
