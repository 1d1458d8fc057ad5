# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.repetitions import *
from neuralpha.study.spec import load_study

def test_a_ratio_far_below_zero_is_written_at_the_edge():
    r = RepetitionsReport(load_study("gkx-table", repetitions=2, models=["ols", "lasso"]), "gkx-b-5")
    r.models = {
        n: {
            "kind": "model",
            "metrics": {k: dict(value=v, low=v - 0.1, high=v + 0.1, error=0.05) for k in ("r2", "ratio")},
        }
        for n, v in (("true", 1.0), ("ols", -4.0), ("lasso", 0.1))
    }
    ax = r.plot().axes[0]
    assert [t.get_text() for t in ax.texts] == ["◂ -4.0"] and ax.get_xlim()[0] == -0.6
