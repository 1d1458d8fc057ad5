"""One undisturbed run that all tests of this folder compare with."""

import time
import pytest
from neuralpha.core import lock, read_json, write_json
from place import Place, assert_nothing_left


@pytest.fixture(scope="session")
def reference(tmp_path_factory, worker_id):
    """An undisturbed run, and how long it took; pytest's workers share it."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    with lock(shared / "reference.lock"):
        place, note = Place(shared / "reference"), shared / "reference.json"
        if not note.exists():
            started = time.time()
            got = place.run()
            assert got.returncode == 0, got.err
            assert len(place.fits()) == 4 and len(set(place.fits())) == 4
            assert_nothing_left(place)
            write_json(note, {"seconds": time.time() - started})
    place.seconds = read_json(note)["seconds"]
    return place
