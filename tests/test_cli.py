# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.cli import *
import pytest

from neuralpha.cli import main

def _call(capsys, *args):
    with pytest.raises(SystemExit) as e: main([str(a) for a in args])
    return e.value.code or 0, capsys.readouterr()

@pytest.mark.parametrize("args, message", [
    (["run", "qick"], "Did you mean 'quick'"), (["run", "tiny", "--models", "lihgtgbm"], "Did you mean 'lightgbm'"),
    (["run", "tiny", "-u", "sim-tyni"], "Did you mean 'sim-tiny'"), (["run", "tiny", "-u", "nowhere.parquet"], "nowhere.parquet"),
    (["run", "tiny", "-u", "broken.parquet"], "broken.parquet"), (["run", "tiny", "-u", "empty.csv"], "empty.csv"), (["run", "tiny", "-u", "noclose.csv"], "close"),
    (["run", "wrong.toml"], "label.horizon"), (["run", "half.toml"], "not valid TOML"), (["run", "tiny", "--train", "30Y"], "too short"),
    (["run", "tiny", "--train", "5D"], "no train rows"), (["run", "tiny", "--features", "retrun_1"], "retrun_1"), (["run", "tiny", "--horizon", "0"], "horizon"),
    (["run", "tiny", "--train-start", "1990-01-01"], "missing"), (["run", "tiny", "--device", "tpu"], "tpu"), (["run", "tiny", "--jobs", "0"], "jobs"),
    (["run", "tiny", "--train-start", "2030-01-01", "--valid-start", "2031-01-01", "--test-start", "2032-01-01", "--test-end", "2033-01-01"], "outside"),
    (["run", "tiny", "--name", "../up"], "folder")])
def test_bad_input_is_one_line_exit_code_2_and_nothing_written(tmp_path, monkeypatch, capsys, args, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path/"broken.parquet").write_bytes(b"PAR1 no")
    (tmp_path/"empty.csv").write_text("date,asset,close\n")
    (tmp_path/"noclose.csv").write_text("date,asset,price\n2024-01-02,A,1\n")
    (tmp_path/"wrong.toml").write_text('name="w"\nuniverses=["sim-tiny"]\nmodels=["ridge"]\n[label]\nhorizon="five"')
    (tmp_path/"half.toml").write_text("name =")
    before = sorted(tmp_path.rglob("*"))
    code, said = _call(capsys, *args)
    assert code == 2 and message in said.err and "Traceback" not in said.err and len(said.err.strip().splitlines()) == 1
    assert sorted(tmp_path.rglob("*")) == before

def test_help_teaches(capsys):
    code, said = _call(capsys, "run", "--help")
    assert code == 0
    for word in ("--universe", "--models", "--horizon", "--delay", "--seeds", "--features", "--train-start", "--test-end", "--device", "--jobs", "--out", "quick"): assert word in said.out

def test_lists_name_what_a_study_can_name(capsys):
    assert "lightgbm" in _call(capsys, "models")[1].out
    assert "close[t]/close[t-5] - 1" in _call(capsys, "features", "list", "ret_5")[1].out
    assert "quick" in _call(capsys, "studies")[1].out
