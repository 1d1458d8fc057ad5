# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.sections.explanations import *
import numpy as np
import pandas as pd
from neuralpha.core import read_json
from neuralpha.study.experiment import open_experiment
from neuralpha.report.steps import Report
from neuralpha.study.spec import make_study
from neuralpha.data.alignment import on_panel
from neuralpha.evaluate.regimes import regimes

SMALL = {
    "name": "why",
    "universes": ["sim-tiny"],
    "features": "classic",
    "models": {
        "ridge": {},
        "lightgbm": {"n_trees": 30},
        "lstm": {"window": 4, "max_epochs": 2},
        "crossattention": {"window": 2, "max_epochs": 2},
    },
    "seeds": 1,
    "split": {"train": "9M", "valid": "3M", "test": "6M"},
    "explain": {"rows": 60, "samples": 10},
}

def test_reasons_are_stored_with_units_and_drawn(tmp_path):
    r = Report(open_experiment(make_study(SMALL)), tmp_path)
    r.fit()
    r.explanations()
    why = read_json(r.folder / "reasons.json")
    assert set(why["models"]) == set(SMALL["models"]) and len(why["agreement"]) == 6 * 2
    for a in why["agreement"]:
        assert a["unit"] == "correlation" and a["low"] <= a["value"] <= a["high"] <= 1.0000001
    for m in why["models"].values():
        assert (
            m["completeness"]["value"] < 0.1
            and len(m["family_ic_loss"]) == len(r.experiment.X.names)
            and all(x["definition"] for x in m["family_ic_loss"].values())
        )
        assert (
            len(m["interactions"]["values"]) == len(m["interactions"]["features"])
            and m["interactions"]["rows"] == PAIR_ROWS
        )
        assert sum(g["rows"] for g in m["by_regime"].values()) <= why["rows"]
    y = r.experiment.y
    judged = np.isfinite(on_panel(y.panel, r.tests["ridge"].scores())[0][:, 0])
    of_the_board = pd.Series(regimes(y, judged)["volatility"], y.panel.index.get_level_values("date"))
    said = volatility_regime(r.experiment)
    assert (said == of_the_board.groupby(level=0).first().dropna().astype(str)[said.index]).all() and len(said) > 60
    linear = np.array(why["models"]["ridge"]["interactions"]["values"])
    assert abs(linear - np.diag(np.diag(linear))).max() < 1e-6 < np.diag(linear).min()  # a line adds up
    assert [name for name, m in why["models"].items() if "among all assets" in m["interactions"]["definition"]] == [
        "crossattention"
    ]
    shap = pd.read_parquet(r.folder / "shap.parquet")
    assert (
        set(shap["fold"]) == {f.number for f in r.experiment.folds}
        and shap.groupby("model")[["date", "asset"]].apply(lambda g: len(g.drop_duplicates())).eq(why["rows"]).all()
    )
    titles = {f["title"] for f in r.figures}
    assert {
        "crossattention: reasons through time",
        "crossattention: reasons by volatility regime",
        "crossattention: what each feature is worth",
        "crossattention: interactions",
        "crossattention: feature by lag",
        "Do the models give the same reasons?",
    } <= titles
    assert all((r.folder / f["file"]).stat().st_size > 1500 for f in r.figures)
