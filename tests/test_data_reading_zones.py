# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.reading.zones import *
import datetime as dt

import polars as pl

import pytest

from neuralpha.core import NeuralphaError

from neuralpha.data.reading.spec import ReadSpec

def stamps_of(zone, dates=150, every="1d", weekdays=True):
    """Stamps in UTC of the midnights of a zone, from the autumn into the spring."""
    begin = dt.datetime(2023, 9, 4)
    local = pl.datetime_range(begin, begin + dt.timedelta(days=dates), every, eager=True).alias("date")
    local = local.filter(local.dt.weekday() < 6) if weekdays else local
    in_utc = pl.col("date").dt.replace_time_zone(zone).dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return local.to_frame().with_columns(in_utc)

@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Europe/Berlin", "Asia/Kolkata", "America/New_York", "Asia/Hong_Kong"])
def test_the_zone_whose_midnights_they_are_is_offered_first(zone):
    frame = stamps_of(zone)
    with pytest.raises(NeuralphaError, match=f"not known; say tz='{zone}' .there they are midnights"):
        settle_zone(frame, "UTC", ReadSpec(), "t", "date")
    local, _ = settle_zone(frame, "UTC", ReadSpec(tz=zone), "t", "date")
    assert local["date"].dt.hour().max() == 0 and local["date"].dt.weekday().max() == 5

@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Europe/Berlin", "America/New_York"])
def test_stamps_without_a_zone_are_those_of_utc_where_they_are_midnights_of_the_zone_that_is_given(zone):
    frame = stamps_of(zone)
    assert settle_zone(frame, None, ReadSpec(), "t", "date") == (frame, "")
    local, said = settle_zone(frame, None, ReadSpec(tz=zone), "t", "date")
    assert local["date"].dt.hour().max() == 0 and local["date"].dt.weekday().max() == 5
    assert said == f"stamps in UTC, though none says so: midnights in {zone}"
    closes = frame.with_columns(pl.col("date").dt.truncate("1d") + pl.duration(hours=17, minutes=30))
    kept, said = settle_zone(closes, None, ReadSpec(tz=zone), "t", "date")
    assert kept.equals(closes) and said.startswith(f"tz='{zone}' converts stamps that say their zone; these say none")

def test_a_market_that_never_closes_is_offered_no_exchange():
    with pytest.raises(NeuralphaError, match="say tz='UTC' .the exchange's zone"):
        settle_zone(stamps_of("UTC", 20, "1h", weekdays=False), "UTC", ReadSpec(), "t", "date")
    session = stamps_of("UTC", 20, "1h").filter(pl.col("date").dt.hour().is_between(14, 20))
    with pytest.raises(NeuralphaError, match="say tz='America/New_York' .the exchange's zone"):
        settle_zone(session, "UTC", ReadSpec(), "t", "date")
