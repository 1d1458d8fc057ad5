# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.desk_fits import *
import pandas as pd

from neuralpha.monitor.registry import MODELS_FOLDER

from neuralpha.report.fits import date_scores, setting_features

def test_fits_that_were_kept_score_as_they_did(opened, tmp_path):
    import neuralpha as na

    [key, _] = opened.models.values()
    fits = load_fits(opened.folder / MODELS_FOLDER / key)
    save_fits(fits, tmp_path)
    again = load_fits(tmp_path)
    panel = na.load_universe("sim-tiny")
    X = setting_features(fits, panel)
    first, second = (date_scores(one, X, panel.dates[-1]) for one in (fits, again))
    pd.testing.assert_frame_equal(first, second)
    card = model_card(fits, "sim-tiny", "0" * 64, dict(bars=1, mean_ic=0.0), why="asked for")
    assert card["why"] == "asked for" and card["data"]["learnt_before"] == str(fits.validation[0].date())
