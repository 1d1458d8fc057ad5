# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.audit.rounding import *
import numpy as np
from neuralpha.audit.artefacts import artefacts_of
from neuralpha.audit.worlds import walks

def test_rounding_is_what_the_precision_and_the_number_of_terms_make_it():
    def rounding(panel, precision):
        def run(panel, tables):
            volume = np.nan_to_num(panel.fields["volume"])
            total = np.cumsum(volume, dtype=precision)
            share = total - np.concatenate([np.zeros(20, precision), total[:-20]])
            return artefacts_of(
                {"features": {"sum": share, "ratio": panel.fields["close"] / panel.fields["open"]}}, panel
            )

        return measured_rounding(run, panel, {}, run(panel, {}))["features"]

    few, many = walks(0, 4, 100), walks(0, 40, 400)
    assert rounding(few, "f4")["sum"] < rounding(many, "f4")["sum"] <= 2.0**-8
    assert rounding(many, "f4")["sum"] > 1e-4 > 1e-6 > rounding(many, "f8")["sum"]
    assert rounding(many, "f4")["ratio"] < 2e-6

def test_a_pipeline_that_does_not_run_excuses_nothing():
    market = walks()
    base = artefacts_of({"features": {"x": market.fields["close"]}}, market)
    assert measured_rounding(lambda *_: ValueError("no"), market, {}, base)["features"] == {"x": 0.0}
