# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.elsewhere import *
import shutil
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.monitor.desk import Desk, verify_desk
from neuralpha.monitor.rehearsal import OPENED, PriceScores, open_rehearsal, rehearsal_market
from neuralpha.portfolio.policies import Quantiles

MARKET = rehearsal_market()

RANKED = PriceScores(MARKET)

def put_there(address, tmp_path):
    place = DeskAtAddress(address)
    shutil.copytree(open_rehearsal(tmp_path / "new").folder, place.folder)
    return place.publish_new(Desk(place.folder, Quantiles(3)))

def again(address):
    """The desk as another machine sees it."""
    place = DeskAtAddress(address)
    place.pull()
    return Desk(place.folder, Quantiles(3), place)

def steps_as_in_a_folder(address, tmp_path):
    """A desk is the same wherever it lies; two machines do not step it at once, and what was changed is found."""
    one, here = put_there(address, tmp_path), open_rehearsal(tmp_path / "here")
    here.feed(RANKED, last=MARKET.dates[OPENED + 4], live=False)
    one.feed(RANKED, last=MARKET.dates[OPENED + 2], live=False)
    two = again(address)
    two.feed(RANKED, last=MARKET.dates[OPENED + 4], live=False)
    assert two.record().entries == here.record().entries == again(address).record().entries
    with one.place.held(), pytest.raises(NeuralphaError, match="Another process"):
        tell = one.place._tell  # one was stopped for a while, before it had written its next entry
        two.feed(RANKED, last=MARKET.dates[OPENED + 5], live=False)
        tell(two.record().entries[-1], b"")
    with pytest.raises(NeuralphaError, match="exists already"):
        put_there(address, tmp_path / "again")
    return two

def test_a_desk_in_a_bucket_is_the_desk_of_a_folder(tmp_path):
    two = steps_as_in_a_folder("memory://desks/one", tmp_path)
    two.place.pull(whole=True)
    assert verify_desk(two.folder) == []
    two.place.store.remove("journal/00000003.json")
    with pytest.raises(NeuralphaError, match="removed or reordered"):
        again("memory://desks/one").record()

def test_what_readers_want_is_sent_and_a_lost_table_is_named(tmp_path):
    desk = put_there("memory://desks/two", tmp_path)
    desk.feed(RANKED, last=MARKET.dates[OPENED + 2], live=False)
    (desk.folder / "orders.csv").write_text("date,asset\n")
    desk.publish()
    other = again("memory://desks/two")
    assert (other.folder / "orders.csv").read_text() == "date,asset\n" and not list(other.folder.glob("tables/*"))
    name = other.record().bars[0]["table"]
    assert other.table(name).equals(desk.table(name))
    desk.place.store.remove(f"tables/{name}.parquet")
    with pytest.raises(NeuralphaError, match="is missing"):
        again("memory://desks/two").table(name)
    with pytest.raises(NeuralphaError, match="holds no desk"):
        again("memory://desks/three")
    with pytest.raises(NeuralphaError, match="nowhere://x"):
        DeskAtAddress("nowhere://x")

def test_a_desk_in_postgresql_is_the_desk_of_a_folder(postgres, tmp_path):
    two = steps_as_in_a_folder(f"{postgres}#one", tmp_path)
    with two.place.store.alone() as first, again(f"{postgres}#one").place.store.alone() as second:
        assert first and not second
    with two.place.fitting() as first, again(f"{postgres}#one").place.fitting() as second:
        assert first and not second
        again(f"{postgres}#one").feed(RANKED, last=MARKET.dates[OPENED + 6], live=False)
        assert len(two.record().bars) == 4, "a fit keeps nobody from stepping"
    with two.place.fitting() as free:
        assert free and len(two.record().bars) == 6, "whoever fits knows what was stepped"
    assert again(f"{postgres}#one").place.store.names("journal"), "the lock is let go"
    with pytest.raises(NeuralphaError, match="holds no desk"):
        again(f"{postgres}#two")
    with pytest.raises(NeuralphaError, match="Check that the server runs") as e:
        DeskAtAddress("postgresql+psycopg://u:secret@/x?host=/nonexistent#one")
    assert "secret" not in str(e.value)
