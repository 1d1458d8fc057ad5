# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.study.spec import *
import pytest
from neuralpha.core import NeuralphaError

def test_what_can_be_learnt_and_weighed_is_what_the_labels_offer():
    import inspect
    from typing import get_args
    from neuralpha import labels
    from neuralpha.study.spec import LEARNABLE_LABELS, WEIGHTS, LearnSpec

    assert WEIGHTS == labels.ROW_WEIGHTS
    assert set(get_args(LearnSpec.model_fields["kind"].annotation)) == set(LEARNABLE_LABELS)
    said_elsewhere = {"y", "panel", "horizon", "delay", "exit", "side"}  # by the study's label, or by another model
    for name, taken in LEARNABLE_LABELS.items():
        offered = inspect.signature(getattr(labels, name)).parameters
        assert set(taken) == set(offered) - said_elsewhere, name

def test_no_model_can_be_called_like_a_row_beside_the_models():
    from neuralpha.data.universes import load_universe
    from neuralpha.evaluate.baselines import baseline_scores

    rows = {"ensemble", "true", *baseline_scores(load_universe("sim-tiny"), 5, 1)}
    assert {"reversal", "oracle"} < rows
    for name in rows:
        with pytest.raises(NeuralphaError, match="cannot be called|becomes a file name"):
            load_study("tiny", models={name: {"model": "ridge"}})

def test_a_report_that_is_still_being_written_says_so(tmp_path):
    from neuralpha.study.spec import STARTED, open_report

    (tmp_path / "sim-tiny").mkdir()
    with pytest.raises(NeuralphaError, match="holds no report: manifest.json is missing"):
        open_report(tmp_path)
    (tmp_path / STARTED).write_text("{}")
    for folder in (tmp_path, tmp_path / "sim-tiny"):
        with pytest.raises(NeuralphaError, match="holds no report: a run began here and has not finished"):
            open_report(folder)

def test_parts_of_ones_own_stand_where_names_stand_and_start_at_the_studys_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    for name in ("there/mine.py", "here.py"):
        (tmp_path / name).write_text("")
    text = """name = "own"
universes = ["sim-tiny"]
features = ["core", "mine.py:gap", "here.py:gap"]
[models.ridge]
[models.waves]
model = "mine.py:Waves"
n_waves = 5
[models.trees]
model = "sklearn.ensemble:ExtraTreesRegressor"
"""
    (tmp_path / "there" / "study.toml").write_text(text)
    (tmp_path / "there/mine.py").write_text("import neuralpha as na\nmine = na.Costs(7.5)")
    money = '[costs]\npreset = "mine.py:mine"\n[portfolio]\npolicy = "Capped(mine.py:Steady(3), most=0.1)"\n'
    (tmp_path / "there" / "money.toml").write_text(text + money)
    traded = load_study("there/money.toml")
    assert (
        traded.portfolio.policy == "Capped(there/mine.py:Steady(3), most=0.1)" and traded.costs.half_spread_bps == 7.5
    )
    assert traded.own_parts[-2:] == ["there/mine.py:mine", "there/mine.py:Steady"]
    (tmp_path / "there/mine.py").unlink()
    assert make_study(traded.model_dump(mode="json")).hash == traded.hash  # a report is read without the file
    (tmp_path / "there/mine.py").write_text("")
    study = load_study("there/study.toml")
    assert study.features == ["core", "there/mine.py:gap", "here.py:gap"]
    assert study.block("waves")[:2] == ("there/mine.py:Waves", {"n_waves": 5})
    assert study.own_parts == [
        "there/mine.py:Waves",
        "sklearn.ensemble:ExtraTreesRegressor",
        "there/mine.py:gap",
        "here.py:gap",
    ]
    less = load_study("there/study.toml", models=["ridge", "waves", "here.py:Net"])
    assert less.models == {"ridge": {}, "waves": study.models["waves"], "Net": {"model": "here.py:Net"}}
    assert load_study(study).models == study.models
    assert make_study({"name": "x", "universes": ["sim-tiny"], "models": ["ols", "a.py:M"]}).block("M")[0] == "a.py:M"
    with pytest.raises(NeuralphaError, match=r"write \[models.M\] and below it model = 'a.py:M'"):
        make_study({"name": "x", "universes": ["sim-tiny"], "models": {"a.py:M": {}}})
    assert load_study("quick").own_parts == []

ROADS = {"name": "mine", "universes": ["sim-tiny"], "models": ["ridge", "lightgbm"]}

def test_transforms_are_tables_and_the_first_may_be_what_is_done_by_date():
    steps = [{"kind": "zscore"}, {"kind": "pca", "n": 3}]
    study = make_study({**ROADS, "transform": steps})
    assert study.transform == "zscore" and study.transforms == steps[1:]
    again = make_study(study.model_dump(mode="json"))
    assert again.hash == study.hash != make_study({**ROADS, "transform": steps[:1]}).hash
    assert make_study({**ROADS, "transform": [{"kind": "rank"}]}).hash == make_study(ROADS).hash

def test_groups_weights_and_labels_leave_the_hash_of_a_study_without_them():
    study = make_study(ROADS)
    assert (
        {"transforms", "weights"}.isdisjoint(study.form)
        and "groups" not in study.form["split"]
        and "kind" not in study.form["label"]
    )
    assert make_study({**ROADS, "split": {"scheme": "walk_forward"}}).hash == study.hash
    weighed = make_study(
        {**ROADS, "weights": {"by": "uniqueness"}, "models": {"ridge": {}, "lightgbm": {"weights": False}}}
    )
    assert weighed.weights.by == ["uniqueness"] and weighed.weighs("ridge") and not weighed.weighs("lightgbm")
    assert weighed.block("lightgbm")[1] == {}

@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"transform": [{"kind": "pcb"}]}, "Did you mean 'pca'"),
        ({"transform": [{"kind": "pca", "m": 3}]}, "parameter of pca"),
        ({"transform": [{"n": 3}]}, "has no kind"),
        ({"transform": [{"kind": "pca"}, {"kind": "zscore"}]}, "name it first"),
        ({"weights": {"by": ["uniquenes"]}}, "uniqueness"),
        ({"weights": {"by": ["uniqueness"], "oldest": 0.3}}, "time_decay, which by does not name"),
        ({"weights": {"by": ["uniqueness", "uniqueness"]}}, "twice"),
        ({"split": {"scheme": "combinatorial", "train": "2Y"}}, "train is for walk-forward"),
        ({"split": {"groups": 6}}, "groups is for scheme"),
        ({"split": {"scheme": "k_fold", "tests": 2}}, "one group at a time"),
        ({"split": {"scheme": "combinatorial", "groups": 4, "tests": 3}}, "nothing to train on"),
        ({"split": {"scheme": "combinatorial"}, "tune": {"trials": 3}}, "both sides of it"),
        ({"split": {"scheme": "k_fold"}, "portfolio": {}}, "known on the day"),
        ({"label": {"kind": "returns"}}, "name a function of your own"),
        ({"label": {"kind": "my.py:label", "learn": "volatility_scaled"}}, "learn says how the forward return"),
        ({"weights": {"by": ["uniqueness"]}, "models": {"mlp": {}}, "vectorised_seeds": ["mlp"]}, "take no weights"),
        ({"models": ["ridge", "ppo"]}, "ppo is an agent, which trades an account; add"),
        ({"models": ["gradient"], "portfolio": {}, "label": {"delay": 0}}, "set delay = 1"),
        ({"models": {"a": {"model": "sac", "costs": "flat"}}, "portfolio": {}}, "costs of a is what .costs. says"),
        (
            {"models": ["ridge", "lasso", "td3"], "portfolio": {}, "ensemble": "z", "ensemble_of": ["ridge", "td3"]},
            "its scores are positions",
        ),
        ({"models": ["ridge", "a2c"], "portfolio": {}, "ensemble": "z"}, "an ensemble of ridge alone"),
    ],
)
def test_what_does_not_go_together_is_said_in_one_sentence(wrong, said):
    with pytest.raises(NeuralphaError, match=said) as e:
        make_study({**ROADS, **wrong})
    assert "\n" not in str(e.value)

MINE = {"name": "mine", "universes": ["sim-tiny"], "models": ["ridge"]}

def test_hash_follows_content_not_spelling():
    assert make_study(MINE).hash == make_study({**MINE, "models": {"ridge": {}}, "seeds": 2}).hash
    assert make_study(MINE).hash != make_study({**MINE, "seeds": 3}).hash
    assert make_study(MINE).hash.startswith(
        "e71a45aca42a"
    )  # what a study does not name is no part of its form: older reports keep their hash
    exits = [make_study({**MINE, "label": {"exit": e}}) for e in ("bar", "next trade")]
    assert exits[0].hash == make_study(MINE).hash != exits[1].hash

@pytest.mark.parametrize(
    "study, hash",
    [
        (make_study({**MINE, **{}}), "e71a45aca42a"),
        (make_study({**MINE, **{"refit": True}}), "81014ced440a"),
        (make_study({**MINE, **{"tune": {"trials": 3, "models": {"ridge": {"trials": 2}}}}}), "5fb4eb0b841c"),
        (make_study({**MINE, **{"ensemble": "z", "models": ["mlp", "ridge"]}}), "09bc1c3f667a"),
        (make_study({**MINE, **{"label": {"exit": "next trade"}}}), "e4c0dcfa7628"),
        (make_study({**MINE, **{"label": {"auxiliary": [1, 20]}}}), "2fcdbc3b1317"),
        (make_study({**MINE, **{"label": {"learn": "volatility_scaled"}}}), "11f35f1d3a1d"),
        (make_study({**MINE, **{"holdout": "1Y"}}), "7f710c459f77"),
        (make_study({**MINE, **{"data": {"sim-tiny": {"start": "2015-01-01"}}}}), "33338474e3ea"),
        (make_study({**MINE, **{"checks": {"calendar": "none"}}}), "d751b8f82495"),
        (
            make_study(
                {
                    **MINE,
                    **{"published": {"targets": [{"name": "a", "models": ["ridge"], "metric": "ic", "value": 0.1}]}},
                }
            ),
            "04e56f5cb103",
        ),
        (load_study("full"), "343e6a3d92d1"),
        (load_study("gkx-table"), "b24d3d6beb4d"),
        (load_study("quick"), "2b8e4af2367d"),
    ],
)
def test_a_study_keeps_its_hash_when_the_specification_grows(study, hash):
    assert study.hash.startswith(hash)

@pytest.mark.parametrize("block", ["", "label", "split", "costs", "explain", "tune"])
def test_a_field_that_nobody_names_is_no_part_of_the_form(block):
    from pydantic import create_model

    part = {"": Study, "tune": TuneSpec}.get(block) or type(getattr(make_study(MINE), block))
    grown = create_model("Grown", __base__=part, surprise=(int, 0))
    study = grown if not block else create_model("GrownStudy", __base__=Study, **{block: (grown, ...)})
    given = {"trials": 3} if block == "tune" else {}
    values = {**MINE, "models": {"ridge": {}}}
    before = make_study({**values, block: given} if block else values)

    def after(**more):
        return study.model_validate({**values, block: {**given, **more}} if block else {**values, **more})

    assert after().hash == after(surprise=0).hash == before.hash != after(surprise=1).hash

@pytest.mark.parametrize(
    "change, message",
    [
        ({"horizn": 3}, "Unknown key in the study: 'horizn'"),
        ({"weights": {"uniqueness": True}}, "Unknown key in weights: 'uniqueness'. Choose from: by, oldest."),
        ({"weights": {}}, r"weights.by is missing: uniqueness \(of a label"),
        ({"label": {"horizon": 2, "auxiliary": [5, 2]}}, "2 bars is given twice"),
        ({"label": {"learn": "volatility"}}, "label.learn.kind"),
        (
            {"label": {"learn": {"kind": "volatility_scaled", "stop": 1.0}}},
            "stop is not for volatility_scaled, which takes window",
        ),
        ({"label": {"learn": "excess_return"}}, "same rank as before; set over"),
        ({"label": {"learn": {"kind": "triple_barrier", "profti": 1.0}}}, "Did you mean 'profit'"),
        ({"label": {"horizn": 3}}, "Did you mean 'horizon'"),
        ({"label": {"horizon": "five"}}, "label.horizon.*integer.*got 'five'"),
        ({"seeds": 0}, "seeds.*greater"),
        ({"universes": []}, "universes"),
        ({"models": {}}, "models"),
        ({"name": "../up"}, "becomes a folder"),
        ({"split": {"test_start": "2017-01-03"}}, "missing: train_start, valid_start, test_end"),
        ({"split": {"test_start": "soon"}}, "not a date"),
        ({"universes": ["a/x.parquet", "b/x.csv"]}, "share the folder name 'x'"),
        ({"models": {"a/b": {}}}, "becomes a file name"),
        ({"models": {"ridge": {"refit": 1}}}, "refit of ridge is 1; it is true or false"),
        ({"tune": {}}, "tune: give a budget"),
        ({"tune": {"trials": 0}}, "tune.trials.*greater"),
        ({"tune": {"trials": 2, "models": {"lstm": {}}}}, "belongs to no model"),
        ({"tune": {"trials": 2, "sampler": "grid"}}, "tune.sampler.*'tpe'"),
        ({"tune": {"trials": 2, "models": {"ridge": {"trial": 1}}}}, "Did you mean 'trials'"),
        ({"label": 3}, "label"),
    ],
)
def test_bad_studies_are_named_in_one_line(change, message):
    with pytest.raises(NeuralphaError, match=message) as e:
        make_study({**MINE, **change})
    assert "\n" not in str(e.value)

def test_overrides_merge_part_by_part(tmp_path):
    (tmp_path / "s.toml").write_text(
        'name="s"\nuniverses=["sim-tiny"]\n[label]\nhorizon=3\ndelay=0\n[models.lstm]\nwindow=5\n[models.ridge]\n'
    )
    s = load_study(tmp_path / "s.toml", label={"horizon": 1}, models=["lstm"], seeds=None)
    assert (s.label.horizon, s.label.delay, s.models) == (1, 0, {"lstm": {"window": 5}})
    (tmp_path / "bad.toml").write_text("name=")
    with pytest.raises(NeuralphaError, match="bad.toml is not valid TOML"):
        load_study(tmp_path / "bad.toml")
    with pytest.raises(NeuralphaError, match="does not exist"):
        load_study(tmp_path / "none.toml")
    with pytest.raises(NeuralphaError, match="Did you mean 'quick'"):
        load_study("qick")

def test_a_models_own_search_goes_before_the_blocks():
    s = make_study(
        {
            **MINE,
            "models": ["ridge", "mlp", "lstm"],
            "tune": {"trials": 9, "models": {"ridge": {"trials": 0}, "mlp": {"minutes": 2, "sampler": "nsga2"}}},
        }
    )
    assert s.search_of("ridge") is None and make_study(MINE).search_of("ridge") is None
    assert s.search_of("mlp") == {"trials": 9, "minutes": 2.0, "sampler": "nsga2", "space": None}
    assert s.search_of("lstm") == {"trials": 9, "minutes": None, "sampler": "tpe", "space": None}
    assert (
        load_study(s, models=["lstm"]).tune.models == {}
        and load_study(s, tune={"trials": 3}).search_of("lstm")["trials"] == 3
    )
    assert len({make_study(MINE).hash, s.hash, load_study(s, tune={"trials": 3}).hash}) == 3

def test_a_budget_from_outside_takes_the_place_of_the_studys():
    s = make_study({**MINE, "tune": {"trials": 9, "models": {"ridge": {"sampler": "random"}}}})
    assert with_tuning(make_study(MINE)).tune.trials == 20 and with_tuning(s) == s
    t = with_tuning(s, minutes=3, sampler="nsga2").tune
    assert (t.trials, t.minutes, t.sampler) == (None, 3.0, "nsga2") and t.models == s.tune.models

@pytest.mark.parametrize(
    "block, message",
    [
        ({"checks": {"big_jump": 2}}, "checks stand below"),
        ({"source": "x.csv"}, "names the sources"),
        ({"name": "mine"}, "not its name"),
    ],
)
def test_a_data_block_says_how_and_not_what(block, message):
    with pytest.raises(NeuralphaError, match=message):
        make_study({"name": "t", "universes": ["a.csv"], "models": ["ridge"], "data": {"a.csv": block}})
    with pytest.raises(NeuralphaError, match="belongs to no universe"):
        make_study({"name": "t", "universes": ["a.csv"], "models": ["ridge"], "data": {"b.csv": {"tz": "UTC"}}})

def test_slugs_are_safe_folder_names():
    assert universe_slug("../../etc/pass wd.parquet") == "pass-wd" and universe_slug("<b>.csv") == "b"
    assert universe_slug("/") == "universe" and universe_slug("..") == "universe"

def test_a_notebooks_parameters_stand_over_the_study_and_none_changes_nothing():
    assert study_of_one("quick") == load_study("quick") == study_of_one("quick", "sim-linear")
    one = study_of_one("quick", "prices.parquet", "mine", "ridge, lightgbm", "classic", horizon=1, train="1Y")
    assert one.universes == ["prices.parquet"] and one.data == {} and one.name == "mine"
    assert list(one.models) == ["ridge", "lightgbm"] and one.features == ["classic"]
    assert (one.label.horizon, one.label.delay, one.split.train, one.split.valid) == (1, 1, "1Y", "1Y")

def test_a_template_is_a_notebook_and_a_study_without_one_keeps_its_hash():
    mine = make_study(MINE)
    assert make_study(MINE | {"template": None}).hash == mine.hash
    assert make_study(MINE | {"template": "compare.ipynb"}).hash != mine.hash
    with pytest.raises(NeuralphaError, match="template: 'compare.py' is no notebook"):
        make_study(MINE | {"template": "compare.py"})

@pytest.mark.parametrize(
    "more",
    [
        {"tune": {"trials": 3}},
        {"ensemble": "z"},
        {"ensemble_of": ["ridge", "lasso"]},
        {"holdout": "1Y"},
        {"features": "wide"},
        {"transform": "raw"},
        {"label": {"horizon": 1}},
        {"split": {"train": "5Y"}},
        {"costs": {"half_spread_bps": 1}},
        {"explain": {"rows": 0}},
        {"vectorised_seeds": ["ridge"]},
        {"data": {"gkx-a-5": {"tz": "UTC"}}},
        {"checks": {"x": 1}},
    ],
)
def test_a_study_of_draws_refuses_what_it_would_not_use(more):
    drawn = {"name": "d", "universes": ["gkx-a-5"], "models": ["ridge", "lasso"], "repetitions": 2}
    assert load_study(make_study(drawn)) == make_study(drawn)
    with pytest.raises(NeuralphaError, match=f"{next(iter(more))}: not for a study with repetitions"):
        make_study(drawn | more)
    with pytest.raises(NeuralphaError, match="gkx-table: tune: not for a study with repetitions"):
        with_tuning("gkx-table")

def test_a_field_to_come_is_refused_beside_repetitions_until_draws_use_it():
    from pydantic import create_model

    drawn = {"name": "d", "universes": ["gkx-a-5"], "models": {"ridge": {}}, "repetitions": 2}
    grown = create_model("Grown", __base__=Study, surprise=(int, 0))
    assert grown.model_validate(drawn).repetitions == 2
    with pytest.raises(ValueError, match="surprise: not for a study with repetitions"):
        grown.model_validate({**drawn, "surprise": 1})

def test_an_ensemble_has_members_of_the_study():
    three = {
        "name": "t",
        "universes": ["sim-tiny"],
        "models": ["ridge", "lightgbm", "mlp"],
        "features": "classic",
        "ensemble": "z",
    }
    assert make_study({**three, "ensemble_of": ["ridge", "mlp"]}).hash != make_study(three).hash
    with pytest.raises(NeuralphaError, match="ensemble_of names 'lstm'"):
        make_study({**three, "ensemble_of": ["ridge", "lstm"]})
    assert load_study("nasdaq-table", models=["linear", "mlp", "lightgbm"]).ensemble_of == ["lightgbm", "mlp"]
    alone = load_study("nasdaq-table", models=["linear", "mlp"])
    assert alone.ensemble is None and alone.ensemble_of is None and list(alone.models) == ["linear", "mlp"]

@pytest.mark.parametrize(
    "change, message",
    [
        (
            {"models": "ridge"},
            "models: Input should be a table of keys, got 'ridge' .names, each once, or name -> parameters",
        ),
        ({"models": [["ridge"]]}, "models: .*got \\[\\['ridge'"),
        ({"models": ["ridge", "ridge"]}, "models: .*'ridge', 'ridge'"),
        ({"models": {"strong": 3}}, "models.strong: .*a table of keys, got 3"),
        ({"models": {"oracle": {"model": "ridge"}}}, "cannot be called 'oracle'"),
        ({"models": {"a": {"model": 3}}}, "model of a is 3"),
        ({"ensemble": "z"}, "an ensemble of ridge alone"),
        ({"models": ["ridge", "lasso"], "ensemble_of": ["ridge", "lasso"]}, "not asked for"),
        ({"models": ["ridge", "lasso"], "ensemble": "z", "ensemble_of": ["ridge", "ridge"]}, "names 'ridge' twice"),
        ({"universes": [" "]}, "empty name"),
        ({"universes": ["audit.csv"]}, "called 'audit'"),
        ({"split": {"train_start": "NaT"}}, "'NaT' is not a date"),
        ({"holdout": 1}, "holdout: .*got 1 .last period.*'1Y'"),
        ({"costs": 5}, "costs: Input should be a table of keys, got 5"),
        (
            {"tune": {"trials": 2, "models": {"ridge": {"space": {"alpha": ["logg", 1, 2]}}}}},
            "tune.models.ridge.space: alpha has the range .'logg', 1, 2.",
        ),
        ({"tune": {"trials": 2, "models": {"ridge": {"space": {"alpha": ["choice", 1, 2]}}}}}, "write .*choice"),
    ],
)
def test_odd_studies_are_named_with_what_would_be_right(change, message):
    with pytest.raises(NeuralphaError, match=message) as e:
        make_study({**MINE, **change})
    assert "\n" not in str(e.value)

def test_a_study_that_an_earlier_version_stored_is_the_same_study():
    study = load_study("quick", models=["mlp", "ridge"], vectorised_seeds=["mlp"])
    stored = study.model_dump(mode="json")
    stored["together"] = stored.pop("vectorised_seeds")
    assert Study(**stored) == study and Study(**stored).hash == study.hash
    assert "together" in study.form and "vectorised_seeds" not in study.form  # the name of that version

def test_a_file_of_an_editor_that_marks_its_byte_order_is_read(tmp_path):
    (tmp_path / "s.toml").write_text('name="s"\nuniverses=["sim-tiny"]\nmodels=["ridge"]\n', encoding="utf-8-sig")
    assert load_study(tmp_path / "s.toml").name == "s"
