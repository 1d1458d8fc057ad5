# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.fits import *
import numpy as np
import pandas as pd
import pytest
import neuralpha as na
from neuralpha.core import NeuralphaError, write_json
from neuralpha.data.panel import cut_panel
from neuralpha.report.pages.draw import write_site
from neuralpha.report.steps import Report
from neuralpha.study.experiment import open_experiment
from neuralpha.study.spec import make_study

STUDY = {
    "name": "scored",
    "universes": ["sim-tiny"],
    "features": "classic",
    "models": {"ridge": {}, "lightgbm": {"n_trees": 10}, "mlp": {"max_epochs": 2, "hidden": [8]}},
    "seeds": 2,
    "split": {"train": "9M", "valid": "3M", "test": "6M"},
    "ensemble": "stack",
    "ensemble_of": ["ridge", "lightgbm", "mlp"],
}

@pytest.fixture(scope="module")
def written(tmp_path_factory):
    out, study = tmp_path_factory.mktemp("report"), make_study(STUDY)
    r = Report(open_experiment(study), out, device="cpu")
    for step in (r.data, r.fit, r.leaderboard, r.save):
        step()
    write_json(out / "scored" / "study.json", study.model_dump(mode="json"))
    write_site(study, out)
    return out / "scored"

def _table(fits):
    return setting_features(fits, na.load_universe("sim-tiny"))

@pytest.mark.parametrize("model", ["ridge", "lightgbm", "mlp", "ensemble"])
def test_the_fits_of_a_report_give_the_scores_of_the_report(written, model):
    fits = fits_of_report(written, model=model)
    X = _table(fits)
    dates = sorted(set(fits.tested["date"]))[-3:]
    stored = fits.tested[fits.tested["date"].isin(dates)].sort_values(["date", "asset"], ignore_index=True)
    got = scores_of(fits, X, dates).sort_values(["date", "asset"], ignore_index=True)
    pd.testing.assert_frame_equal(got[["date", "asset"]], stored[["date", "asset"]])
    np.testing.assert_allclose(got["score"], stored["score"], atol=2e-6)

def test_the_ensemble_is_meant_where_there_is_one(written):
    assert fits_of_report(written).name == "ensemble" and set(fits_of_report(written).models) == set(STUDY["models"])

def test_a_date_is_scored_alike_alone_and_beside_others(written):
    fits = fits_of_report(written)
    X = _table(fits)
    dates = X.panel.dates[-20:]
    together = scores_of(fits, X, dates)
    for date in dates[::-1]:
        alone = date_scores(fits, X, date)
        part = together[together["date"] == date].reset_index(drop=True)
        assert alone["score"].to_numpy().tobytes() == part["score"].to_numpy().tobytes()

def test_a_new_fit_learns_what_is_known_on_the_day_and_scores_like_the_study():
    study = make_study({**STUDY, "models": {"ridge": {}, "lightgbm": {"n_trees": 10}}, "ensemble_of": None})
    whole = na.load_universe("sim-tiny")
    day = pd.Timestamp(whole.dates[-40])
    cut = cut_panel(whole, last=day)
    fits = new_fits(study, cut)
    again = new_fits(study, cut)
    X = setting_features(fits, cut)
    pd.testing.assert_frame_equal(date_scores(fits, X, day), date_scores(again, X, day), check_exact=True)
    y = setting_label(fits, cut)
    known = cut.dates[cut.date_code[y.labelled]].max()
    assert fits.validation[1] == known < day and fits.validation[0] > known - pd.DateOffset(months=3)
    later = new_fits(study, whole)
    assert later.validation[1] > day

@pytest.mark.parametrize(
    "change, message",
    [
        ({"tune": {"trials": 2}}, "searches its parameters: run it first"),
        ({"holdout": "3M"}, "seals its last 3M: a new fit would learn from it"),
        ({"ensemble": None, "ensemble_of": None}, "has ridge, lightgbm, mlp: say which to fit, model='ridge'"),
    ],
)
def test_a_new_fit_that_cannot_be_is_refused(change, message):
    with pytest.raises(NeuralphaError, match=message):
        new_fits(make_study({**STUDY, **change}), na.load_universe("sim-tiny"))

def test_what_is_not_there_gets_its_sentence(written, tmp_path):
    import shutil

    with pytest.raises(NeuralphaError, match="Unknown model of scored on sim-tiny: 'rigde'.*ridge"):
        fits_of_report(written, model="rigde")
    shutil.copytree(written, tmp_path / "scored")
    with pytest.raises(NeuralphaError, match=r"does not hold the fit of ridge \(fold 1, seed 0\)"):
        fits_of_report(tmp_path / "scored")
    (tmp_path / "scored" / "sim-tiny" / "validation.parquet").unlink()
    with pytest.raises(NeuralphaError, match="is incomplete .validation.parquet is missing.: run the study again"):
        fits_of_report(tmp_path / "scored")
    without = na.load_universe("sim-tiny")
    fields = {k: v for k, v in without.fields.items() if k != "volume"}
    from dataclasses import replace

    with pytest.raises(NeuralphaError, match="was fitted on the feature '.*which cannot be made: .*no field 'volume'"):
        setting_features(fits_of_report(written), replace(without, fields=fields))

def test_the_last_fold_of_a_prediction_scores_as_it_did():
    panel = na.load_universe("sim-tiny")
    X = na.compute_features(panel, "classic", transform="zscore")
    y = na.forward_return(panel, horizon=5, delay=1)
    ridge = na.cross_predict(na.Ridge(), X, y, na.walk_forward(y, "9M", "3M", "6M"), progress=False)
    fits = fits_of_prediction(ridge)
    assert fits.setting.transform == "zscore"
    day = fits.tested["date"].max()
    stored = fits.tested[fits.tested["date"] == day].set_index("asset")["score"]
    got = date_scores(fits, setting_features(fits, panel), day).set_index("asset")["score"]
    np.testing.assert_allclose(got.reindex(stored.index), stored, atol=2e-6)
    ridge.models = {}
    with pytest.raises(NeuralphaError, match="keeps no fitted models; score its members"):
        fits_of_prediction(ridge)
