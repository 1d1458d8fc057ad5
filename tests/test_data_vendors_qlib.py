# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.vendors.qlib import *
import datetime as dt
import numpy as np
import pandas as pd
import polars as pl
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.reading.spec import read_spec
from neuralpha.data.reading.tables import to_canonical

def write_qlib(folder, assets, calendar):
    """A Qlib directory as Qlib's own script writes it: `assets` is name -> (position of the first value, fields)."""
    for d in ("calendars", "instruments", "features"):
        (folder / d).mkdir(parents=True)
    (folder / "calendars" / "day.txt").write_text("\n".join(calendar) + "\n")
    lines = []
    for name, (start, fields) in assets.items():
        (folder / "features" / name.lower()).mkdir()
        n = len(next(iter(fields.values())))
        lines.append(f"{name}\t{calendar[start]}\t{calendar[start + n - 1]}")
        for k, v in fields.items():
            np.hstack([[start], v]).astype("<f").tofile(folder / "features" / name.lower() / f"{k}.day.bin")
    (folder / "instruments" / "all.txt").write_text("\n".join(lines) + "\n")

CALENDAR = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"]

ASSETS = {
    "SH600000": (0, dict(close=[10, 11, np.nan, 12], factor=[0.5, 0.5, np.nan, 0.5], volume=[1, 2, np.nan, 3])),
    "NA": (2, dict(close=[7, 8], factor=[1, 1], volume=[4, 5])),
}

def rows(lf, **options):
    t = to_canonical(lf, "t", "t", read_spec(adjust="none", **options))
    return t.frame.select("date", pl.col("asset").cast(pl.String), "close", "raw_close").sort("asset", "date").rows()

def test_a_qlib_directory_is_read_directly(tmp_path):
    write_qlib(tmp_path / "q", ASSETS, CALENDAR)
    assert is_qlib(tmp_path / "q") and not is_qlib(tmp_path)
    d = [dt.datetime(2024, 1, k) for k in (2, 3, 4, 5)]
    assert rows(scan_qlib(tmp_path / "q")) == [
        (d[2], "NA", 7, 7),
        (d[3], "NA", 8, 8),
        (d[0], "SH600000", 10, 20),
        (d[1], "SH600000", 11, 22),
        (d[3], "SH600000", 12, 24),
    ]
    some = dict(start="2024-01-03", end="2024-01-04", assets=["SH600000"])
    assert rows(scan_qlib(tmp_path / "q", read_spec(**some)), **some) == [(d[1], "SH600000", 11, 22)]

def test_broken_qlib_files_are_named(tmp_path):
    write_qlib(tmp_path / "q", ASSETS, CALENDAR)
    file = tmp_path / "q" / "features" / "na" / "close.day.bin"
    whole = file.read_bytes()
    for content, message in [
        (whole[:-1], "11 bytes is no whole number"),
        (np.array([3, 1, 2], "<f4").tobytes(), "starts at position 3 and holds 2 values"),
    ]:
        file.write_bytes(content)
        with pytest.raises(NeuralphaError, match=f"close.day.bin: .*{message}"):
            scan_qlib(tmp_path / "q")
    file.write_bytes(whole)
    (tmp_path / "q" / "instruments" / "all.txt").write_text("NA 2024-01-02 2024-01-05\n")
    with pytest.raises(NeuralphaError, match="all.txt: line 1: .*separated by tabs"):
        scan_qlib(tmp_path / "q")
    with pytest.raises(NeuralphaError, match="Unknown instrument list 'csi300'"):
        scan_qlib(tmp_path / "q", read_spec(table="csi300"))
