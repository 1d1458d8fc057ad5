"""Files that nobody's run wrote: units, numbers, tables, arrays with wrong content behind the right digest or name."""

import pickle, shutil
from pathlib import Path
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import neuralpha
from neuralpha.core import NeuralphaError, file_digest, read_json, read_table, write_json
from neuralpha.data.universes import import_universe, load_universe
from neuralpha.features.store import cached_features
from neuralpha.study.experiment import open_experiment
from neuralpha.study.fit import collect, fit_units
from neuralpha.report.export import single_file
from neuralpha.study.spec import load_study, make_study
from neuralpha.study.units import UnitStore
from neuralpha.report.verify import verify_report
from place import Bomb


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """A study with its units, one of them to be tampered with, and what they say."""
    experiment = open_experiment(
        make_study(
            {
                "name": "n",
                "universes": ["sim-tiny"],
                "features": "classic",
                "models": {"ridge": {}},
                "split": {"train": "9M", "valid": "3M", "test": "6M"},
            }
        )
    )
    store = UnitStore(tmp_path_factory.mktemp("units"))
    assert fit_units(experiment, store, "cpu") == {}
    return experiment, store, experiment.units("cpu")[0].key, collect(experiment, store, "cpu")[0]["ridge"].frame


@pytest.fixture
def tampered(fitted, tmp_path):
    """A copy of the store; `write` puts a frame or bytes in the place of the scores, with the right digest."""
    experiment, store, key, frame = fitted
    shutil.copytree(store.folder, tmp_path / "units")
    copy = UnitStore(tmp_path / "units")

    def write(scores=None, **more):
        path, note = copy.path(key) / "scores.parquet", read_json(copy.path(key) / "unit.json")
        if isinstance(scores, bytes):
            path.write_bytes(scores)
        if isinstance(scores, pd.DataFrame):
            scores.to_parquet(path, index=False)
        write_json(
            copy.path(key) / "unit.json",
            {**note, "files": note["files"] | {"scores.parquet": file_digest(path)}, **more},
        )
        return collect(experiment, copy, "cpu")[0]["ridge"].frame

    copy.write, copy.good, copy.key, copy.frame = write, store.scores(key), key, frame
    return copy


WRONG = {
    "score": [
        lambda s: s.astype(str),
        lambda s: s.astype(float),
        lambda s: s > 0,
        lambda s: (100 * s).astype(int),
        lambda s: [[x] for x in s],
        lambda s: None,
        lambda s: s.astype("float16"),
    ],
    "date": [
        lambda s: s.astype(str),
        lambda s: s.astype("int64"),
        lambda s: s.dt.tz_localize("UTC"),
        lambda s: s.dt.date,
        lambda s: None,
    ],
    "asset": [lambda s: s.str.encode("utf-8"), lambda s: range(len(s)), lambda s: s.astype("category"), lambda s: None],
    "part": [lambda s: s == "test", lambda s: None],
}


@pytest.mark.parametrize("column, wrong", [(c, f) for c, fs in WRONG.items() for f in fs])
def test_a_column_of_another_kind_behind_the_right_digest_is_named(tampered, column, wrong):
    with pytest.raises(NeuralphaError, match=f"scores.parquet: column '{column}' is .*Delete .* and run again"):
        tampered.write(tampered.good.assign(**{column: wrong(tampered.good[column])}))


@pytest.mark.parametrize("column", list(WRONG))
def test_a_column_that_is_missing_behind_the_right_digest_is_named(tampered, column):
    with pytest.raises(NeuralphaError, match=f"scores.parquet: column '{column}' is missing"):
        tampered.write(tampered.good.drop(columns=column))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda s: s.iloc[:0],
        lambda s: s.iloc[:-1],
        lambda s: s.iloc[::-1],
        lambda s: pd.concat([s, s]),
        lambda s: s.assign(asset="X"),
        lambda s: s.assign(date=s["date"] + pd.Timedelta("1D")),
    ],
)
def test_rows_that_are_not_the_folds_are_named(tampered, wrong):
    with pytest.raises(
        NeuralphaError, match="scores.parquet: columns 'part', 'date' and 'asset' are not the test rows of sim-tiny"
    ):
        tampered.write(wrong(tampered.good))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_score_that_is_no_number_is_named(tampered, value):
    bad = tampered.good.assign(
        score=tampered.good["score"].where(tampered.good.index != len(tampered.good) - 1, np.float32(value))
    )
    with pytest.raises(NeuralphaError, match="scores.parquet: column 'score' holds values that are not finite"):
        tampered.write(bad)


def test_columns_that_nobody_asked_for_change_nothing(tampered):
    pd.testing.assert_frame_equal(
        tampered.write(tampered.good.assign(more=[{"a": 1}] * len(tampered.good))), tampered.frame
    )


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-1], lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b[:8] + bytes(400) + b[408:]]
)
def test_a_torn_table_behind_the_right_digest_is_one_line(tampered, damage):
    data = (tampered.path(tampered.key) / "scores.parquet").read_bytes()
    with pytest.raises(NeuralphaError, match="scores.parquet is not a readable Parquet file"):
        tampered.write(damage(data))


def test_a_pickle_behind_the_right_digest_is_not_loaded(tampered, tmp_path):
    with pytest.raises(NeuralphaError, match="scores.parquet is not a readable Parquet file"):
        tampered.write(pickle.dumps(Bomb(tmp_path / "bombed")))
    (tampered.path(tampered.key) / "unit.json").write_bytes(pickle.dumps(Bomb(tmp_path / "bombed")))
    with pytest.raises(NeuralphaError, match="unit.json is not readable JSON"):
        tampered.scores(tampered.key)
    assert not (tmp_path / "bombed").exists()


@pytest.mark.parametrize(
    "more, said",
    [
        ({"files": {}}, "scores.parquet is not the file"),
        ({"files": {"../../x": "0"}}, "is not the file"),
        ({"files": {"a\0b": "0"}}, "is not the file"),
        ({"files": []}, "'files' is a list"),
        ({"inputs": {"a": 1}}, "of another unit"),
        ({"inputs": None}, "'inputs' is a NoneType"),
        ({"history": "x"}, "'history' is a str"),
        ({"seconds": "x"}, "'seconds' is a str"),
    ],
)
def test_a_unit_that_says_what_none_says_is_one_line(tampered, more, said):
    with pytest.raises(NeuralphaError, match=said):
        tampered.write(**more)


@pytest.mark.parametrize(
    "file, text",
    [
        ("model.json", "{}"),
        ("model.json", '{"model": "ridge", "params": {"alpha": 1.0, "__class__": 1}, "features": [], "history": []}'),
        ("model.json", '{"model": "os.system", "params": {}, "features": [], "history": []}'),
        ("weights.safetensors", "x"),
        ("weights.safetensors", ""),
    ],
)
def test_a_model_that_no_fit_saved_is_one_line(tampered, tmp_path, file, text):
    from neuralpha.models.registry import load_model

    shutil.copytree(tampered.path(tampered.key) / "model", tmp_path / "model")
    (tmp_path / "model" / file).write_text(text)
    with pytest.raises(NeuralphaError):
        load_model(tmp_path / "model")


SAMPLE = Path(neuralpha.__file__).parents[1] / "reports" / "sample"


@pytest.fixture
def report(tmp_path):
    """A copy of the report that comes with the project."""
    return shutil.copytree(SAMPLE, tmp_path / "sample")


HOSTILE = {
    "deep": "[" * 10**6 + "]" * 10**6,
    "deep table": '{"a":' * 10**6 + "1" + "}" * 10**6,
    "NaN": '{"models": NaN}',
    "Infinity": '{"models": -Infinity}',
    "1e999": '{"models": 1e999}',
    "huge": '{"models": %s}' % ("9" * 10**6),
    "list": "[]",
    "no table": '{"models": []}',
    "empty": "",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_numbers_that_no_run_wrote_are_one_line_that_names_the_file(report, text):
    for file in ("sim-tiny/metrics.json", "manifest.json"):
        kept = (report / file).read_text()
        (report / file).write_text(text)
        with pytest.raises(NeuralphaError, match=Path(file).name):
            single_file(report)
        (report / file).write_text(kept)
    (report / "study.json").write_text(text)
    with pytest.raises(NeuralphaError, match="study.json"):
        load_study(str(report / "study.json"))


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m["models"]["lstm"].pop("metrics"),
        lambda m: m["models"]["lstm"]["metrics"].update(ic={"value": "<b>"}),
        lambda m: m.update(models={}),
        lambda m: m["models"]["lstm"].update(letters=7),
    ],
)
def test_numbers_of_the_wrong_shape_are_one_line(report, change):
    numbers = read_json(report / "sim-tiny" / "metrics.json")
    change(numbers)
    write_json(report / "sim-tiny" / "metrics.json", numbers)
    with pytest.raises(NeuralphaError, match="pages of .*sample cannot be drawn"):
        single_file(report)


def test_the_sample_is_as_small_as_a_repository_wants():
    assert sum(p.stat().st_size for p in SAMPLE.rglob("*") if p.is_file()) < 2_000_000


def test_verify_lists_what_is_broken_and_goes_on(report):
    (report / "sim-tiny" / "metrics.json").write_text(HOSTILE["deep"])
    said = "\n".join(verify_report(report)[0])
    assert "metrics.json is not the file that was written" in said and "metrics.json is not readable JSON" in said
    shutil.copy(SAMPLE / "sim-tiny" / "metrics.json", report / "sim-tiny" / "metrics.json")
    table = pd.read_parquet(report / "sim-tiny" / "predictions.parquet")
    table.drop(columns="score").to_parquet(report / "sim-tiny" / "predictions.parquet", index=False)
    assert "predictions.parquet: column 'score' is missing" in "\n".join(verify_report(report)[0])


def test_an_array_with_a_pickle_inside_is_not_loaded(tmp_path):
    panel, mark = load_universe("sim-tiny"), tmp_path / "bombed"
    X = cached_features(panel, tmp_path / "tables", "classic")
    file = next((tmp_path / "tables").glob("*/values.npy"))
    values, bomb = np.array(X.values), np.empty((1, 1), object)
    bomb[0, 0] = Bomb(mark)
    for bad in (bomb, values.astype(np.float64), values[:-1], values.ravel()):
        np.save(file, bad, allow_pickle=True)
        with pytest.raises(NeuralphaError, match="values.npy is not the table that was written"):
            cached_features(panel, tmp_path / "tables", "classic")
    for data in (pickle.dumps(Bomb(mark)), b"", b"PK\3\4", b"\x93NUMPY\1\0"):
        file.write_bytes(data)
        with pytest.raises(NeuralphaError, match="values.npy is not the table that was written"):
            cached_features(panel, tmp_path / "tables", "classic")
    assert not mark.exists()


@pytest.mark.parametrize(
    "name", ["x.joblib", "x.pkl", "x.npy", "x.pickle", "x.parquet", "x.csv", "x.duckdb", "x.db", "x.txt", "x"]
)
def test_a_pickle_is_no_universe(tmp_path, name):
    file, mark = tmp_path / name, tmp_path / "bombed"
    file.write_bytes(pickle.dumps(Bomb(mark)))
    with pytest.raises(NeuralphaError, match=name):
        load_universe(str(file))
    (tmp_path / "folder").mkdir()
    file.rename(tmp_path / "folder" / name)
    with pytest.raises(NeuralphaError, match="folder"):
        load_universe(str(tmp_path / "folder"))
    assert not mark.exists()


def test_an_extension_type_with_a_pickle_inside_is_not_loaded(tmp_path):
    mark, file = tmp_path / "bombed", tmp_path / "x.parquet"
    bomb = {
        b"ARROW:extension:name": b"arrow.py_extension_type",
        b"ARROW:extension:metadata": pickle.dumps(Bomb(mark), 0),
    }
    schema = pa.schema(
        [
            pa.field("date", pa.timestamp("ns")),
            pa.field("asset", pa.string()),
            pa.field("close", pa.float64(), metadata=bomb),
        ]
    )
    pq.write_table(
        pa.table(
            [pa.array(pd.bdate_range("2020-01-01", periods=9)), pa.array(["A"] * 9), pa.array(np.arange(9.0) + 1)],
            schema=schema,
        ),
        file,
    )
    assert read_table(file, close="number")["close"].tolist() == list(np.arange(9.0) + 1)
    with pytest.raises(NeuralphaError, match="x.parquet: column 'close' is Extension"):
        load_universe(str(file))
    assert not mark.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda t: t.drop(columns="tradable"),
        lambda t: t.assign(close="x"),
        lambda t: t.assign(date=t["date"].astype(str)),
        lambda t: t.drop(columns="asset"),
        lambda t: t.assign(tradable="yes"),
    ],
)
def test_an_imported_universe_of_another_shape_behind_the_right_digest_is_one_line(tmp_path, wrong):
    home = import_universe("sim-tiny", "mine", folder=tmp_path)
    name = next(n for n in read_json(home / "manifest.json")["files"] if n.startswith("bars/"))
    wrong(pd.read_parquet(home / name)).to_parquet(home / name, index=False)
    manifest = read_json(home / "manifest.json")
    write_json(home / "manifest.json", manifest | {"files": manifest["files"] | {name: file_digest(home / name)}})
    with pytest.raises(NeuralphaError, match="mine.* again with replace=True"):
        load_universe(str(home))


STUDY = """name = "n"
universes = ["sim-tiny"]
models = ["ridge"]
"""


@pytest.mark.parametrize(
    "line",
    [
        "x = " + "[" * 10**5,
        "seeds = " + "9" * 10**5,
        "seeds = 1_000",
        "[costs]\nhalf_spread_bps = nan",
        "[costs]\nhalf_spread_bps = inf",
        "[tune]\nminutes = inf",
        "[data.sim-tiny]\nstart = nan",
        "[data.'../../etc/passwd']\nstart = 2020-01-01",
        "[label]\ntarget = '__import__(\"os\").mkdir(\"bombed\")'",
        "[split]\ntrain = '3Y\"); import os; os.mkdir(\"bombed\") #'",
        "features = ['{os.mkdir(\"bombed\")}']",
        "features = '../../x'",
        "[tune]\ntrials = 1\n[tune.models.ridge]\nspace = {alpha = [\"__import__('os').mkdir('bombed')\", 1, 2]}",
        "[tune.models.'x; import os']\ntrials = 1",
        "ensemble = 'eval'",
        "ensemble_of = ['ridge', '__class__']",
        "'name; import os' = 1",
        "__class__ = 'x'",
        "[label]\nhorizon = 10000000000000000000000",
        "[split]\nembargo = 10000000000000000000000",
        "seed = 10000000000000000000000",
        "holdout = '1Y; os.mkdir'",
        "[checks]\n'__import__' = 1",
        "[split]\ntest_start = '{7*7}'",
    ],
)
def test_code_and_nonsense_in_a_study_file_are_one_line(tmp_path, monkeypatch, line):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.toml").write_text(STUDY + line + "\n")
    with pytest.raises(NeuralphaError) as said:
        open_experiment(str(tmp_path / "s.toml")).searches("cpu")
    assert len(str(said.value)) < 3000 and sorted(p.name for p in tmp_path.iterdir()) == ["s.toml"]
