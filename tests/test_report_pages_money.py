# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.pages.money import *
import numpy as np
from neuralpha.portfolio.risk import christoffersen, kupiec
from neuralpha.report.pages.money import _tables_of_risk

def test_the_note_says_of_every_small_p_what_may_have_made_it_small():
    never = np.zeros(1000, bool)  # a forecast that is too careful: neither often, nor in clusters
    assert kupiec(0, 1000)["p"] < 0.001 and christoffersen(never)["p_coverage"] < 0.001
    stress = {"shocks": [], "worst": [], "drawdown": {}}
    note = _tables_of_risk({"risk": {"tests": [], "concentration": [], "days_to_leave": {}}, "stress": stress})[0].note
    assert "too often or too seldom (Kupiec" in note and "either of this or in clusters (Christoffersen)" in note
    assert "of the last bar" in note  # a forecast is tested on the bar it was made for
