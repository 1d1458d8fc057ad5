# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.audit.fresh import *
import os, tempfile
import pytest
from neuralpha.core import NeuralphaError

def test_a_new_process_remembers_nothing():
    import functools

    kept = {}

    @functools.lru_cache
    def of_nothing():
        return kept["value"]

    def first(value):
        kept["value"] = value
        return kept["value"], of_nothing()

    packed = pack(first)
    assert first(1) == (1, 1) and first(2) == (2, 1)
    assert run_fresh(packed, 3) == (3, 3)
    assert run_fresh(pack(first), 4) == (4, 4)

def test_files_of_the_temporary_folder_are_not_seen():
    from pathlib import Path

    def remembered(value):
        file = Path(tempfile.gettempdir()) / "neuralpha-test-of-fresh"
        if not file.exists():
            file.write_text(str(value))
        return file.read_text()

    try:
        assert remembered(1) == "1" and remembered(2) == "1"
        assert run_fresh(pack(remembered), 3) == "3"
    finally:
        (Path(tempfile.gettempdir()) / "neuralpha-test-of-fresh").unlink()

def test_what_cannot_be_sent_or_stops_says_so():
    def stops():
        raise KeyError("nothing")

    with pytest.raises(NeuralphaError, match="does not run in a new process .KeyError"):
        run_fresh(pack(stops))
    generator = (k for k in [1])
    with pytest.raises(NeuralphaError, match="cannot be sent"):
        run_fresh(pack(lambda: next(generator)))
