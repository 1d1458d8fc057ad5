# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.study.experiment import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.models.registry import make_model
from neuralpha.study.recipe import study_costs, study_label
from neuralpha.study.spec import AGENTS, make_study

@pytest.mark.parametrize(
    "change, message",
    [
        ({"models": {"lihgtgbm": {}}}, "Did you mean 'lightgbm'"),
        ({"models": {"ridge": {"alpah": 1.0}}}, "parameter of ridge"),
        ({"universes": ["sim-tyni"]}, "Did you mean 'sim-tiny'"),
        ({"universes": ["no/such.parquet"]}, "no such file"),
        ({"models": {"mlp": {"loss": "sharpe"}}}, "set target = \"raw\""),
        ({"models": {"mlp": {"loss": "sharp"}}}, "Did you mean 'sharpe'"),
        ({"tune": {"trials": 2, "models": {"ridge": {"space": {"alpah": ["log", 0.1, 1.0]}}}}}, "Did you mean 'alpha'"),
        ({"split": {"train": "30Y"}}, "too short"),
        (
            {
                "split": dict(
                    train_start="2031-01-01", valid_start="2032-01-01", test_start="2033-01-01", test_end="2034-01-01"
                )
            },
            "outside",
        ),
    ],
)
def test_what_does_not_fit_is_named(change, message):
    with pytest.raises(NeuralphaError, match=message):
        open_experiment(make_study({**TINY, **change}))

def test_a_study_of_draws_has_no_bench():
    with pytest.raises(NeuralphaError, match="gkx-table repeats draws"):
        open_experiment("gkx-table")

def test_a_loss_is_held_to_what_is_learnt():
    def opened(loss, learn, target="raw", horizon=4):
        return open_experiment(
            make_study(
                {
                    **TINY,
                    "models": {"mlp": {"loss": loss}},
                    "label": {"horizon": horizon, "target": target, "learn": learn},
                }
            )
        )

    (
        opened("buy_hold_sell", "triple_barrier"),
        opened("buy_hold_sell", "triple_barrier", "rank"),
        opened("sharpe", {"kind": "excess_return", "over": "beta"}, horizon=1),
    )
    with pytest.raises(NeuralphaError, match="means a raw target and is given 'standard deviations'"):
        opened("sharpe", "volatility_scaled")
    with pytest.raises(NeuralphaError, match="means returns of one bar; labels over 4 bars overlap"):
        opened("sharpe", {"kind": "excess_return", "over": "beta"})
    with pytest.raises(NeuralphaError, match="means a rank or outcome target and is given 'raw'"):
        opened("buy_hold_sell", {"kind": "excess_return", "over": "beta"})

def test_a_tuned_unit_is_named_by_its_search_and_the_budget():
    b = open_experiment(make_study(TINY))

    def tuned(**tune):
        return open_experiment(make_study({**TINY, "tune": {"trials": 2, "models": {"ridge": {"trials": 0}}} | tune}))

    def keys(b):
        return {str(u): u.key for u in b.units("cpu")}

    plain = keys(b)
    two = keys(tuned())
    three = keys(tuned(trials=3))
    assert b.searches("cpu") == {} and list(tuned().searches("cpu")) == [("mine", 0), ("mine", 1)]
    assert (
        {k for k in plain if plain[k] != two[k]}
        == {k for k in two if two[k] != three[k]}
        == {k for k in plain if "mine" in k}
    )
    assert {str(u) for u in tuned().searches("cpu").values()} == {
        f"sim-tiny · mine · fold {k} · search" for k in (0, 1)
    }
    assert [u.key for u in tuned().searches("cpu").values()] == [
        u.key for u in tuned(trials=3).searches("cpu").values()
    ]
    assert tuned(models={"mine": {"trials": 0}, "ridge": {"sampler": "nsga2"}}).searches("cpu").keys() == {
        ("ridge", 0),
        ("ridge", 1),
    }

def test_units_name_what_determines_them():
    b = open_experiment(make_study(TINY))
    keys = {str(u): u.key for u in b.units("cpu")}
    assert len(set(keys.values())) == len(keys) == 2 * (1 + 2)  # two folds; ridge has no randomness
    assert [u.key for u in open_experiment(make_study(TINY)).units("cpu")] == list(keys.values())
    other = open_experiment(make_study({**TINY, "models": {"ridge": {}, "mine": {"model": "lightgbm", "n_trees": 6}}}))
    changed = {str(u) for u in other.units("cpu") if u.key != keys[str(u)]}
    assert changed == {k for k in keys if "mine" in k}  # changing one model re-runs only that model
    again, mine = (
        {str(u): u.key for u in open_experiment(make_study({**TINY, **change})).units("cpu")}
        for change in (
            {"refit": True},
            {"models": {**TINY["models"], "mine": {**TINY["models"]["mine"], "refit": True}}},
        )
    )
    longer = open_experiment(make_study({**TINY, "label": {"horizon": 4}}))
    assert not set(again.values()) & set(keys.values()) and mine == {
        k: (again if "mine" in k else keys)[k] for k in keys
    }
    assert not {u.key for u in longer.units("cpu")} & set(keys.values())

def test_seeds_trained_together_are_one_fit():
    models = {"ridge": {}, "mlp": {"max_epochs": 2}}
    plain, b = (open_experiment(make_study({**TINY, "models": models, "vectorised_seeds": t})) for t in ([], ["mlp"]))
    for u in b.units("cpu"):
        units = b.fitted_with(u, "cpu")
        assert (
            u in units
            and {(c.model, c.fold) for c in units} == {(u.model, u.fold)}
            and len(units) == (2 if u.model == "mlp" else 1)
        )
    changed = {u.model for u, v in zip(plain.units("cpu"), b.units("cpu")) if u.key != v.key}
    assert changed == {"mlp"} and plain.study.hash != b.study.hash
    with pytest.raises(NeuralphaError, match="'ridge', which is not a net"):
        open_experiment(make_study({**TINY, "models": models, "vectorised_seeds": ["ridge"]}))
    for wrong, message in (
        (dict(vectorised_seeds=["lstm"]), "no model of the study"),
        (dict(vectorised_seeds=["mlp"], refit=True), "which is fitted again"),
    ):
        with pytest.raises(NeuralphaError, match=message):
            make_study({**TINY, "models": models, **wrong})

@pytest.mark.parametrize(
    "learn, unit",
    [
        ("volatility_scaled", "standard deviations"),
        ({"kind": "excess_return", "over": "beta", "window": 30}, "return"),
        ({"kind": "triple_barrier", "profit": 1}, "outcome"),
    ],
    ids=lambda v: v["kind"] if isinstance(v, dict) else v,
)
def test_another_label_is_learnt_in_the_place_of_the_return_that_is_scored(learn, unit):
    plain, taught = (
        open_experiment(make_study({**TINY, "label": {"horizon": 4} | more})) for more in ({}, {"learn": learn})
    )
    y = taught.y
    known = taught.y.labelled
    np.testing.assert_array_equal(y.values[known], plain.y.values[known])
    assert (
        (y.unit, y[0].unit, y[0].horizon, y[0].delay) == ("return", unit, 4, 1)
        and y.target("z").ndim == 1
        and 0.8 < known.sum() / plain.y.labelled.sum() < 1
    )
    assert np.isfinite(y.target("z")[known]).all() and not np.array_equal(
        y.target("z")[known], plain.y.target("z")[known]
    )
    assert (
        not {u.key for u in plain.units("cpu")} & {u.key for u in taught.units("cpu")}
        and plain.study.hash != taught.study.hash
    )
    both = study_label(make_study({**TINY, "label": {"horizon": 4, "auxiliary": [9], "learn": learn}}), taught.panel)
    assert both.target("z").shape == (taught.panel.n_rows, 2) and (both[0].digest, both[1].unit, both[1].horizon) == (
        y[0].digest,
        unit,
        9,
    )

def test_further_horizons_are_learnt_beside_the_one_that_is_scored():
    plain, taught = (
        open_experiment(make_study({**TINY, "label": label}))
        for label in ({"horizon": 2}, {"horizon": 2, "auxiliary": [10]})
    )
    assert taught.y.target().shape == (taught.panel.n_rows, 2) and taught.y.horizon == 2
    for a, b in zip(plain.folds, taught.folds):  # the longest life is purged
        assert taught.y.known_code[b.train].max() < taught.panel.date_code[b.valid].min() and len(b.train) < len(
            a.train
        )
        np.testing.assert_array_equal(a.test, b.test)
    assert (
        not {u.key for u in plain.units("cpu")} & {u.key for u in taught.units("cpu")}
        and plain.study.hash != taught.study.hash
    )

def test_a_sealed_period_is_out_of_sight_until_its_opening_is_recorded(tmp_path):
    from neuralpha.audit.holdout import openings

    study = make_study({**TINY, "holdout": "6M", "split": {"train": "9M", "valid": "3M", "test": "3M"}})
    ledger = tmp_path / "holdouts.jsonl"
    experiment = open_experiment(study)
    whole = open_experiment(make_study({**study.model_dump(), "holdout": None}))
    assert (
        pd.Timestamp(experiment.panel.dates[-1])
        < pd.Timestamp(experiment.seal.first)
        <= pd.Timestamp(whole.panel.dates[-1])
    )
    opened = opened_study(study, "sim-tiny", ledger, "final table")
    assert (
        opened.split.test_start == experiment.seal.first[:10]
        and opened.name == "t-holdout"
        and len(open_experiment(opened).folds) == 1
    )
    assert list(openings(experiment.seal, ledger)["reason"]) == ["final table"]
    second = opened_study(study, "sim-tiny", ledger, "once more")
    assert second.name == "t-holdout-2" and "opening number 2: it was looked at before (final table)" in second.title
    with pytest.raises(NeuralphaError, match="sets no holdout aside"):
        opened_study(whole.study, "sim-tiny", ledger, "x")

TINY = {
    "name": "t",
    "universes": ["sim-tiny"],
    "features": "classic",
    "models": {"ridge": {}, "mine": {"model": "lightgbm", "n_trees": 5}},
    "split": {"train": "9M", "valid": "3M", "test": "6M"},
}

def test_features_are_ranks_standard_scores_or_raw():
    ranks, scores, raw = (
        open_experiment(make_study({**TINY, "transform": t})).X.values for t in ("rank", "zscore", "raw")
    )
    assert 2 < np.abs(scores).max() <= 3 and np.isfinite(scores).all()
    assert np.abs(ranks).max() < 1 and np.isfinite(ranks).all()
    assert np.isnan(raw).any() and np.nanmax(np.abs(raw)) > 1

def test_units_of_ones_own_parts_follow_their_code_wherever_it_lies(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = "from neuralpha.models.linear import Ridge\n\nclass Mine(Ridge):\n    name = 'mine'\n"
    feature = "def gap(frame):\n    return frame['open'] / frame.groupby('asset')['close'].shift(1) - 1\n"
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "parts.py").write_text(model)
        (tmp_path / folder / "columns.py").write_text(feature)

    def keys(folder, features=("ret_5",)):
        models = {"ridge": {}, "mine": {"model": f"{folder}/parts.py:Mine"}}
        experiment = open_experiment(make_study({**TINY, "models": models, "features": list(features)}))
        return {unit.model: unit.key for unit in experiment.units("cpu") if unit.fold == 0}

    first = keys("a")
    assert first == keys("b")
    (tmp_path / "b" / "parts.py").write_text(model + "    alpha_scale = 2\n")
    assert keys("b")["ridge"] == first["ridge"] and keys("b")["mine"] != first["mine"]
    both = ["ret_5", "a/columns.py:gap"]
    with_gap = keys("a", both)
    assert with_gap == keys("a", ["ret_5", "b/columns.py:gap"]) and not {*with_gap.values()} & {*first.values()}
    (tmp_path / "a" / "columns.py").write_text(feature.replace("- 1", "- 1.0"))
    assert keys("a", both)["ridge"] != with_gap["ridge"]

def test_agents_follow_the_costs_and_the_account_and_no_other_model_does():
    values = {**TINY, "models": {"ridge": {}, "agent": {"model": "gradient", "rounds": 1}}, "portfolio": {}}
    changes = (
        {},
        {"costs": {"preset": "square-root"}},
        {"portfolio": {"capital": 1e6}},
        {"portfolio": {"policy": "TopN(5)"}},
    )
    keys = [
        {str(u): u.key for u in open_experiment(make_study({**values, **change})).units("cpu")} for change in changes
    ]
    for other in keys[1:3]:
        assert {name for name in other if other[name] != keys[0][name]} == {name for name in other if "agent" in name}
    assert keys[3] == keys[0] and sum("agent" in name for name in keys[0]) == 2 * 2
    experiment = open_experiment(make_study({**values, "costs": {"preset": "square-root", "borrow_bps": 30}}))
    costs = experiment.model("agent").market_costs
    assert costs == study_costs(experiment.study) and costs.borrow_bps == 30 and costs.temporary.coefficient > 0

@pytest.mark.parametrize("name", list(AGENTS))
def test_every_agent_of_a_study_is_a_model_that_trades_itself(name):
    made = make_model(AGENTS[name])
    assert made.name == name and made.trades_itself and type(made).own_name == AGENTS[name]
