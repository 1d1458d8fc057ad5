"One undisturbed run that all tests of this folder compare with."
import time
import pytest
from place import Place, assert_nothing_left


@pytest.fixture(scope="session")
def reference(tmp_path_factory):
    "An undisturbed run, and how long it took."
    place, started = Place(tmp_path_factory.mktemp("reference")), time.time()
    got = place.run()
    assert got.returncode == 0, got.err
    place.seconds = time.time() - started
    assert len(place.fits()) == 4 and len(set(place.fits())) == 4
    assert_nothing_left(place)
    return place
