# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.cli import *
import datetime as dt
import html, re
from pathlib import Path
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError, read_json, write_json
from neuralpha.cli import _data_block, _read_options, main
from neuralpha.data.reading.spec import ReadSpec
from neuralpha.data.universes import load_universe
from neuralpha.models.registry import MODELS
from neuralpha.monitor.rehearsal import open_rehearsal

def test_what_is_read_is_a_studys_data_block(tmp_path):
    assert _data_block("tiny", ["german.csv"], ["date_format=%d.%m.%Y"]) == {"german.csv": {"date_format": "%d.%m.%Y"}}
    assert (
        _data_block("tiny", None, ["start=2020-01-01"]) == {"sim-tiny": {"start": dt.date(2020, 1, 1)}}
        and _data_block("tiny", None, None) is None
    )
    with pytest.raises(NeuralphaError, match="--read speaks of one universe"):
        _data_block("tiny", ["a.csv", "b.csv"], ["tz=UTC"])

def test_read_options_are_toml_or_text():
    said = [
        "date_format=%d.%m.%Y",
        "tz=America/New_York",
        "assets=['A', 'B']",
        "columns={close = 'PX_LAST'}",
        "decimal=,",
        "start=2020-01-02",
        "delimiter=;",
    ]
    assert _read_options(said) == dict(
        date_format="%d.%m.%Y",
        tz="America/New_York",
        assets=["A", "B"],
        columns={"close": "PX_LAST"},
        decimal=",",
        start=dt.date(2020, 1, 2),
        delimiter=";",
    )
    with pytest.raises(NeuralphaError, match="--read wide: write key=value"):
        _read_options(["wide"])

@pytest.mark.parametrize(
    "said, message",
    [
        (["start=2020-01-02", "start=2021-01-04"], "--read start= is given twice; say it once."),
        (["start=2020-01-02", "tz=Asia/Tokyo", " start = 2020-01-02"], "--read start= is given twice; say it once."),
        (
            ["columns={close = 'A'}", "columns={open = 'B'}"],
            "--read columns= is given twice; say it once: columns={'close' = 'PX_LAST', 'volume' = 'PX_VOLUME'}.",
        ),
    ],
)
def test_an_option_that_is_given_twice_is_refused(said, message):
    with pytest.raises(NeuralphaError) as e:
        _read_options(said)
    assert str(e.value) == message

def test_every_option_that_holds_several_things_says_how_they_are_said_in_one():
    several = {"checks"} | {
        name for name, field in ReadSpec.model_fields.items() if re.search(r"tuple\[|dict\[", str(field.annotation))
    }
    assert set(SEVERAL) == several
    for option, said in SEVERAL.items():
        assert set(_read_options([said.removeprefix(": ")])) == {option}

@pytest.mark.parametrize(
    "option",
    ["columns=close:PX", "columns={close: 'PX'}", "columns={close = PX}", "columns=close=PX", "columns.close=PX"],
)
def test_columns_in_a_wrong_notation_are_refused_with_the_right_one(tmp_path, monkeypatch, capsys, option):
    monkeypatch.chdir(tmp_path)
    days = pd.bdate_range("2024-01-02", periods=40)
    prices = [pd.DataFrame({"date": days, "asset": name, "PX": range(1, 41)}) for name in "ABC"]
    pd.concat(prices).to_csv("px.csv", index=False)
    with pytest.raises(SystemExit):
        main(["data", "check", "px.csv", "--read", option])
    said = capsys.readouterr().err
    right = "--read \"columns={'close' = 'PX_LAST'}\""
    assert right in said and len(said.strip().splitlines()) == 1
    main_args = ["data", "check", "px.csv", "--read", right.split('"')[1].replace("PX_LAST", "PX")]
    with pytest.raises(SystemExit) as e:
        main(main_args)
    assert e.value.code in (0, None)

def _awkward(folder, days=40):
    """The same small market in four files, each of which needs a word."""
    frame = pd.DataFrame(
        [(d, a, 10.0 + i) for a in "ABC" for i, d in enumerate(pd.bdate_range("2024-01-02", periods=days))],
        columns=["date", "asset", "close"],
    )
    frame.assign(date=frame.date.dt.strftime("%d.%m.%y")).to_csv(folder / "german.csv", index=False, sep=";")
    frame.assign(
        date=(frame.date + pd.Timedelta(hours=16)).dt.tz_localize("America/New_York").dt.tz_convert("UTC")
    ).to_parquet(folder / "tz.parquet")
    frame.pivot(index="date", columns="asset", values="close").to_csv(folder / "wide.csv")
    frame.rename(columns={"asset": "firm"}).to_csv(folder / "firm.csv", index=False)

@pytest.mark.parametrize(
    "file, option",
    [
        ("german.csv", "date_format='%d.%m.%y'"),
        ("tz.parquet", "tz='America/New_York'"),
        ("wide.csv", "layout='wide'"),
        ("firm.csv", "columns={'asset' = '...'}"),
    ],
)
def test_a_source_that_needs_a_word_is_read_with_the_word_its_refusal_names(
    tmp_path, monkeypatch, capsys, file, option
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEURALPHA_UNIVERSES", str(tmp_path / "universes"))
    _awkward(tmp_path)
    with pytest.raises(SystemExit):
        main(["data", "check", file])
    said = capsys.readouterr().err
    assert f'--read "{option}"' in said and f'[data."{file}"]' in said and len(said.strip().splitlines()) == 1
    option = option.replace("...", "firm")
    for command in ("check", "import"):
        with pytest.raises(SystemExit) as e:
            main(["data", command, file, "--read", option])
        assert e.value.code in (0, None), capsys.readouterr().err
    assert load_universe(file.split(".")[0]).span == "2024-01-02 to 2024-02-26"

@pytest.mark.parametrize(
    "command, option, message",
    [
        ("check", "source=x", "Unknown option of a source 'source'"),
        ("import", "name=y", "Unknown option of a source 'name'"),
        ("import", "replace=true", "Unknown option of a source 'replace'"),
        ("import", "folder=y", "Unknown option of a source 'folder'"),
        (
            "check",
            "calendar=XNYS",
            "--read \"checks={'calendar' = 'XNYS'}\"; in a study's file, below [checks], 'calendar' = 'XNYS'.",
        ),
    ],
)
def test_what_is_no_option_of_a_source_is_one_line(tmp_path, monkeypatch, capsys, command, option, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEURALPHA_UNIVERSES", str(tmp_path / "universes"))
    _awkward(tmp_path)
    with pytest.raises(SystemExit) as e:
        main(["data", command, "firm.csv", "--read", "columns={asset = 'firm'}", "--read", option])
    said = capsys.readouterr().err
    assert (
        e.value.code == 2
        and message in said
        and len(said.strip().splitlines()) == 1
        and not (tmp_path / "universes").exists()
    )

def test_the_checks_can_be_set_for_a_look_at_the_data(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    _awkward(tmp_path)
    with pytest.raises(SystemExit) as e:
        main(
            [
                "data",
                "check",
                "firm.csv",
                "--read",
                "columns={asset = 'firm'}",
                "--read",
                "checks={'calendar' = 'XNYS'}",
            ]
        )
    assert e.value.code in (0, None) and "calendar XNYS" in " ".join(capsys.readouterr().out.split())
    with pytest.raises(NeuralphaError, match=r"below \[checks\] in its file"):
        _data_block("tiny", None, ["checks={calendar='XNYS'}"])
    with pytest.raises(SystemExit) as e:
        main(["data", "check", "sim-tiny"])
    assert e.value.code in (0, None) and "made, not read" in capsys.readouterr().out

def _ends(capsys, *arguments):
    """Exit code, output and the sentence in which a command ends."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as e:
        main(list(map(str, arguments)))
    said = capsys.readouterr()
    return e.value.code or 0, said.out, said.err

@pytest.mark.parametrize(
    "fault, ends",
    [
        (lambda f: f.drop(columns="close"), "neither 'close' nor 'return'"),
        (lambda f: f[f["asset"] != "C"], "at most 2 assets on a date"),
        (lambda f: f.assign(close=f["close"].where(f.index % 4 == 0)), "75% of the rows would be masked"),
        (lambda f: f.assign(close=-1.0), "100% of the rows would be masked"),
    ],
)
def test_a_look_at_the_data_ends_as_a_study_would(tmp_path, monkeypatch, capsys, fault, ends):
    monkeypatch.chdir(tmp_path)
    _awkward(tmp_path, 400)
    fault(pd.read_csv("firm.csv").rename(columns={"firm": "asset"}).assign(size=1.0)).to_csv("f.csv", index=False)
    code, _, said = _ends(capsys, "data", "check", "f.csv", "--html", "page.html")
    ran, _, in_study = _ends(capsys, "run", "quick", "--universe", "f.csv", "--models", "ridge")
    assert code == ran == 2 and ends in said and said == in_study.splitlines(keepends=True)[-1]
    assert said.removeprefix("error: ").split(";")[0].strip() in html.unescape(Path("page.html").read_text())

def test_a_look_at_the_data_is_also_a_page(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    _awkward(tmp_path)
    look = ["data", "check", "firm.csv", "--read", "columns={asset = 'firm'}", "--html"]
    code, shown, _ = _ends(capsys, *look, "page.html")
    assert code == 0 and "page.html" in shown and "a study would use all 120 rows" in shown
    assert "a study would use all 120 rows" in Path("page.html").read_text()
    code, _, said = _ends(capsys, *look, "page.txt")
    assert code == 2 and "--html is page.txt" in said and not Path("page.txt").exists()

def test_the_newest_scores_are_a_page_and_two_tables(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    panel = load_universe("sim-tiny").frame().drop(columns="tradable").dropna(subset="close")
    panel[panel["date"] < "2013-10-15"].to_parquet("prices.parquet", index=False)
    panel.to_parquet("newest.parquet", index=False)
    (tmp_path / "mine.toml").write_text(
        'name = "mine"\nuniverses = ["prices.parquet"]\nfeatures = "classic"\nmodels = ["ridge"]\n'
        '[split]\ntrain = "9M"\nvalid = "3M"\ntest = "6M"\n'
    )
    assert _call(capsys, "score", "mine.toml", "-u", "newest.parquet")[0] == 2
    code, said = _call(capsys, "score", "mine.toml", "-u", "newest.parquet", "--refit")
    assert code == 0, said.err
    folder = tmp_path / "reports" / "scores" / "mine" / "newest" / "ridge" / "2013-12-27"
    assert said.out.strip().endswith("index.html") and "Long candidates, 2013-12-27" in said.out
    table = pd.read_csv(folder / "scores.csv")
    pd.testing.assert_series_equal(
        table["score"], pd.read_parquet(folder / "scores.parquet")["score"], check_dtype=False
    )
    assert str(folder.relative_to(tmp_path)) in said.out
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    assert _call(capsys, "score", "mine.toml", "-u", "newest.parquet", "--refit")[0] == 0
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before

@pytest.mark.parametrize(
    "args, message",
    [
        (("score", "tiny", "-u", "sim-tiny"), "has no report in"),
        (("score", "tiny", "-u", "nowhere.parquet", "--refit", "--model", "ridge"), "nowhere.parquet"),
        (("score", "tiny", "-u", "sim-tiny", "--refit"), "say which to fit"),
        (("score", "tiny", "-u", "sim-tiny", "--refit", "--model", "rigde"), "Unknown model of tiny: 'rigde'"),
        (("score", "quick", "-u", "sim-tiny", "--refit"), "--fitted-on sim-linear"),
        (("score", "tiny", "-u", "sim-tiny", "--as-of", "2013-12-28", "--refit", "--model", "ridge"), "no session of"),
        (("score", "tiny", "-u", "sim-tiny", "--candidates", "0"), "--candidates is 0"),
    ],
)
def test_what_cannot_be_scored_is_one_line(tmp_path, monkeypatch, capsys, args, message):
    monkeypatch.chdir(tmp_path)
    code, said = _call(capsys, *args)
    assert code == 2 and message in said.err and said.err.count("\n") == 1 and not list(tmp_path.rglob("*.html"))

@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["desk", "step", "desk", "--universe", ""], "--universe is empty"),
        (["desk", "step", "desk", "--universe="], "--universe is empty"),
        (["run", "quick", "-u", " "], "-u is empty"),
        (["data", "check", ""], "An argument is empty"),
        (["desk", "open", "", "desk"], "An argument is empty"),
        (["verify", ""], "An argument is empty"),
    ],
)
def test_an_empty_word_is_not_the_folder_one_stands_in(tmp_path, monkeypatch, capsys, words, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prices.csv").write_text("date,asset,close\n2024-01-02,A,1\n2024-01-03,A,2\n")
    with pytest.raises(SystemExit) as end:
        main(words)
    told = capsys.readouterr().err
    assert end.value.code == 2 and said in told and told.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["prices.csv"]

def test_an_option_that_ends_in_an_equals_sign_is_not_empty(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["data", "check", "prices.csv", "--read=thousands="])
    assert "is empty" not in capsys.readouterr().err

def test_ctrl_c_is_answered_with_what_a_second_start_finds(monkeypatch, capsys):
    def interrupted(**how):
        raise KeyboardInterrupt

    monkeypatch.setattr("neuralpha.cli.app", interrupted)
    said = {
        "run quick": "finished units are kept",
        "desk step d": "in the journal",
        "data check f": "no file was changed",
    }
    for line, kept in said.items():
        with pytest.raises(SystemExit) as end:
            main(line.split())
        assert end.value.code == 130 and kept in capsys.readouterr().err

@pytest.fixture(scope="module")
def old_desk(tmp_path_factory):
    """A desk as it was written when the level of its reference had one row, and no file a layout."""
    desk = open_rehearsal(tmp_path_factory.mktemp("old") / "desk")
    watch, kept = (read_json(desk.folder / name) for name in ("watch.json", "desk.json"))
    watch["reference"]["level"] = watch["reference"]["level"][0]
    write_json(desk.folder / "watch.json", watch)
    write_json(desk.folder / "desk.json", {name: value for name, value in kept.items() if name != "layout"})
    (desk.folder / "fills.csv").write_text("date,asset,shares,price\n2013-01-02,A,1,1\n")
    return desk.folder

@pytest.mark.parametrize("layout", [None, 1, 99])
@pytest.mark.parametrize(
    "command",
    ["step {} -u sim-tiny", "status {}", "replay {} -u sim-tiny", "test {}", "retrain {}", "difference {}"]
    + ["rollback {} --why old", "fills {} {}/fills.csv"],
)
def test_a_desk_of_older_code_is_answered_in_one_line_by_every_command(old_desk, capsys, command, layout):
    kept = read_json(old_desk / "desk.json")
    kept.pop("layout", None)
    write_json(old_desk / "desk.json", kept if layout is None else kept | {"layout": layout})
    code, said = _call(capsys, "desk", *command.format(*[old_desk] * 2).split())
    advice = "update neuralpha" if layout == 99 else "open a new desk on the report"
    assert code == 2 and advice in said.err and said.err.count("\n") == 1
    code, said = _call(capsys, "verify", old_desk)
    assert code == 1 and sum(advice in line for line in said.err.splitlines()) == 1

def _call(capsys, *args):
    with pytest.raises(SystemExit) as e:
        main([str(a) for a in args])
    return e.value.code or 0, capsys.readouterr()

def test_a_model_is_listed_with_what_it_is_and_the_parameters_of_its_own(capsys):
    code, said = _call(capsys, "models")
    assert code == 0 and "Ordinary least squares" in said.out and "Parameters" not in said.out
    assert len(said.out.splitlines()) < 6 * len(MODELS)

@pytest.mark.parametrize(
    "args, message",
    [
        (["run", "qick"], "Did you mean 'quick'"),
        (["run", "tiny", "--models", "lihgtgbm"], "Did you mean 'lightgbm'"),
        (["run", "tiny", "-u", "sim-tyni"], "Did you mean 'sim-tiny'"),
        (["run", "tiny", "-u", "nowhere.parquet"], "nowhere.parquet"),
        (["run", "tiny", "-u", "broken.parquet"], "broken.parquet"),
        (["run", "tiny", "-u", "empty.csv"], "empty.csv"),
        (["run", "tiny", "-u", "noclose.csv"], "close"),
        (["run", "wrong.toml"], "label.horizon"),
        (["run", "half.toml"], "not valid TOML"),
        (["run", "tiny", "--train", "30Y"], "too short"),
        (["run", "tiny", "--train", "5D"], "no train rows"),
        (["run", "tiny", "--features", "retrun_1"], "retrun_1"),
        (["run", "tiny", "--horizon", "0"], "horizon"),
        (["run", "tiny", "--train-start", "1990-01-01"], "missing"),
        (["run", "tiny", "--device", "tpu"], "tpu"),
        (["run", "tiny", "--jobs", "0"], "jobs"),
        (
            [
                "run",
                "tiny",
                "--train-start",
                "2030-01-01",
                "--valid-start",
                "2031-01-01",
                "--test-start",
                "2032-01-01",
                "--test-end",
                "2033-01-01",
            ],
            "outside",
        ),
        (["run", "tiny", "--name", "../up"], "folder"),
    ],
)
def test_bad_input_is_one_line_exit_code_2_and_nothing_written(tmp_path, monkeypatch, capsys, args, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 no")
    (tmp_path / "empty.csv").write_text("date,asset,close\n")
    (tmp_path / "noclose.csv").write_text("date,asset,price\n2024-01-02,A,1\n")
    (tmp_path / "wrong.toml").write_text('name="w"\nuniverses=["sim-tiny"]\nmodels=["ridge"]\n[label]\nhorizon="five"')
    (tmp_path / "half.toml").write_text("name =")
    before = sorted(tmp_path.rglob("*"))
    code, said = _call(capsys, *args)
    assert code == 2 and message in said.err and "Traceback" not in said.err and len(said.err.strip().splitlines()) == 1
    assert sorted(tmp_path.rglob("*")) == before

def test_tune_prints_what_it_found_and_goes_on_where_it_stopped(tmp_path, capsys):

    args = ["tune", "tiny", "--models", "ridge,mlp", "--trials", "2", "--out", tmp_path / "r"]
    code, first = _call(capsys, *args)
    assert code == 0 and "learning_rate" in first.out and "sim-tiny: 0/" in first.err
    folds = len(list((tmp_path / "r/.units/searches").glob("*.jsonl"))) // 2
    assert f"{2 * 2 * folds} tries in all" in first.out and f"{2 * 2 * folds}/{2 * 2 * folds} trials" in first.err
    before = {p: p.read_bytes() for p in (tmp_path / "r/.units/searches").iterdir()}
    assert _call(capsys, *args)[1].out == first.out
    assert {p: p.read_bytes() for p in (tmp_path / "r/.units/searches").iterdir()} == before
    _call(capsys, *args[:-3], "3", *args[-2:])
    assert all(p.read_bytes().startswith(text) and len(p.read_bytes()) > len(text) for p, text in before.items())
    assert not (tmp_path / "r/tiny").exists()  # a search is not a report

@pytest.mark.parametrize(
    "args, message",
    [
        (["--sampler", "grid", "--trials", "1"], "tune.sampler"),
        (["--trials", "0"], "tune.trials"),
        (["--minutes", "-1"], "tune.minutes"),
        (["--models", "lihgtgbm"], "Did you mean 'lightgbm'"),
        (["--device", "tpu"], "tpu"),
    ],
)
def test_a_search_that_cannot_be_is_one_line(tmp_path, capsys, args, message):
    code, said = _call(capsys, "tune", "tiny", "--out", tmp_path, *args)
    assert (
        code == 2 and message in said.err and len(said.err.strip().splitlines()) == 1 and not list(tmp_path.iterdir())
    )

def test_a_page_of_a_report_is_verified_by_its_folder(tmp_path, capsys):
    (tmp_path / "manifest.json").write_text("{}")
    (tmp_path / "index.html").write_text("")
    code, said = _call(capsys, "verify", tmp_path / "index.html")
    assert code == 2 and f"give the folder: neuralpha verify {tmp_path}" in said.err

def test_help_teaches(capsys):
    code, said = _call(capsys, "run", "--help")
    assert code == 0
    for word in (
        "--universe",
        "--read",
        "--models",
        "--horizon",
        "--delay",
        "--seeds",
        "--features",
        "--train-start",
        "--test-end",
        "--device",
        "--jobs",
        "--out",
        "quick",
    ):
        assert word in said.out

def test_help_shows_what_is_in_angle_and_square_brackets(capsys):
    assert "reports/<study>-holdout" in " ".join(_call(capsys, "holdout", "open", "--help")[1].out.split())
    assert '[data."prices.csv"]' in _call(capsys, "data", "check", "--help")[1].out

def test_lists_name_what_a_study_can_name(capsys):
    models = _call(capsys, "models")[1].out
    assert (
        "lightgbm" in models
        and "num_leaves=31" in models
        and "Gated recurrent unit" in models
        and models.count("batch_rows=512") == 1
    )
    assert "close[t]/close[t-5] - 1" in _call(capsys, "features", "list", "ret_5")[1].out
    assert "quick" in _call(capsys, "studies")[1].out

def test_a_universes_own_columns_are_explained(capsys):
    code, said = _call(capsys, "features", "list", "characteristics")
    assert code == 0 and "own further columns" in said.out
    assert "close[t]/close[t-5] - 1" in _call(capsys, "features", "list", "characteristics,ret_5")[1].out
    code, said = _call(capsys, "features", "list", "short_interest")
    assert code == 2 and "'short_interest'" in said.err and "features list characteristics" in said.err
