# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.monitor.journal import *
import json, os, signal, subprocess, sys, time
from pathlib import Path
import pytest
from neuralpha.core import NeuralphaError

def _filled(folder, count=5):
    with write_journal(folder) as journal:
        for i in range(count):
            journal.append("step", {"bar": i, "orders": [i, 2 * i]})
    return folder / "journal.jsonl"

def test_a_journal_is_read_as_it_was_written(tmp_path):
    _filled(tmp_path, 3)
    _filled(tmp_path, 2)
    entries = read_journal(tmp_path)
    assert [e.number for e in entries] == [1, 2, 3, 4, 5] and [e.body["bar"] for e in entries] == [0, 1, 2, 0, 1]
    assert entries[0].previous == "0" * 64 and entries[3].previous == entries[2].digest
    assert verify_journal(tmp_path, head=entries[1].digest).whole
    with pytest.raises(NeuralphaError, match="holds no journal"):
        read_journal(tmp_path / "nowhere")
    with write_journal(tmp_path) as journal, pytest.raises(NeuralphaError, match="cannot be written as JSON"):
        journal.append("step", {"pnl": float("nan")})
    assert len(read_journal(tmp_path)) == 5

def _without(lines, place):
    return lines[:place] + lines[place + 1 :]

@pytest.mark.parametrize("place", [0, 2, 4])
@pytest.mark.parametrize("harm", ["altered", "removed", "doubled", "swapped"])
def test_a_changed_entry_is_found(tmp_path, harm, place):
    file = _filled(tmp_path)
    lines = file.read_bytes().splitlines(True)
    other = (place + 1) % 5
    swapped = list(lines)
    swapped[place], swapped[other] = lines[other], lines[place]
    changed = {
        "altered": lines[:place] + [lines[place].replace(b'"bar":', b'"Bar":')] + lines[place + 1 :],
        "removed": _without(lines, place),
        "doubled": lines[: place + 1] + lines[place:],
        "swapped": swapped,
    }[harm]
    assert changed != lines
    file.write_bytes(b"".join(changed))
    assert not verify_journal(tmp_path).whole
    with pytest.raises(NeuralphaError, match="not whole"), write_journal(tmp_path):
        pass
    assert file.read_bytes() == b"".join(changed)

def test_an_entry_altered_with_its_digest_breaks_the_chain(tmp_path):
    file = _filled(tmp_path)
    lines = file.read_bytes().splitlines(True)
    from neuralpha.core import canonical_json, digest

    row = json.loads(lines[1])
    row["body"]["bar"] = 99
    row["digest"] = digest([row["number"], row["kind"], row["body"], row["previous"]])
    lines[1] = (canonical_json(row) + "\n").encode()
    file.write_bytes(b"".join(lines))
    assert verify_journal(tmp_path).problems == ("Line 3 (entry 3) is not chained to the entry before it.",)

def test_a_missing_file_or_a_rewritten_chain_is_found(tmp_path):
    file = _filled(tmp_path / "a")
    kept = verify_journal(tmp_path / "a").head
    file.unlink()
    assert "cut off" in verify_journal(tmp_path / "a").problems[0]
    _filled(tmp_path / "b", 4)
    assert verify_journal(tmp_path / "b").whole
    assert "which you know" in verify_journal(tmp_path / "b", head=kept).problems[0]

@pytest.mark.parametrize("name", ["journal.jsonl", "head.json"])
def test_a_folder_in_the_place_of_a_file_is_said(tmp_path, name):
    file = _filled(tmp_path / "a").with_name(name)
    file.unlink()
    file.mkdir()
    with pytest.raises(NeuralphaError, match=f"{name} (cannot be read|is not readable JSON).*[Ii]s a directory"):
        read_journal(tmp_path / "a")

def test_two_writers_never_hold_it_at_once(tmp_path):
    with write_journal(tmp_path) as journal:
        journal.append("step", {})
        with pytest.raises(NeuralphaError, match="Another process"), write_journal(tmp_path):
            pass
    with write_journal(tmp_path) as journal:
        assert journal.last.number == 1

@pytest.mark.parametrize("cut", [1, 20, -1])
def test_an_unfinished_line_is_taken_back_and_the_journal_ends_the_same(tmp_path, cut):
    whole = _filled(tmp_path / "whole", 6).read_bytes()
    file = _filled(tmp_path / "torn", 5)
    last = whole.splitlines(True)[5]
    file.write_bytes(file.read_bytes() + last[:cut])
    with write_journal(tmp_path / "torn") as journal:
        journal.append("step", {"bar": 5, "orders": [5, 10]})
    assert file.read_bytes() == whole and verify_journal(tmp_path / "torn").whole

def test_a_replay_killed_again_and_again_ends_byte_identical(tmp_path):
    whole = _filled(tmp_path / "whole", 400).read_bytes()
    script = (
        "import sys\nfrom pathlib import Path\nfrom neuralpha.monitor.journal import write_journal\n"
        "with write_journal(sys.argv[1]) as j:\n    print('begun', flush=True)\n"
        "    for i in range(j.last.number, 400): j.append('step', {'bar': i, 'orders': [i, 2 * i]})\n"
    )
    killed = 0
    for attempt in range(5):
        child = subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "killed")], stdout=subprocess.PIPE)
        child.stdout.readline()
        if attempt < 4:
            time.sleep(0.004 * (attempt + 1))
            child.send_signal(signal.SIGKILL)
        killed += child.wait() == -signal.SIGKILL
    assert killed >= 2 and (tmp_path / "killed" / "journal.jsonl").read_bytes() == whole
    assert verify_journal(tmp_path / "killed").whole
