# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.masked import *
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.simulated.faults import plant_faults
from neuralpha.data.universes import load_universe

def _spoilt(**faults):
    prices = load_universe("sim-tiny").frame().drop(columns="tradable")
    spoilt, planted = plant_faults(prices, faults)
    return load_universe(spoilt, "spoilt"), planted

def test_every_planted_fault_is_read_back_with_the_value_of_the_source(tmp_path):
    panel, planted = _spoilt(decimal_slip=2, negative_price=1)
    write_masked(panel, tmp_path)
    stored = read_masked(tmp_path)
    pd.testing.assert_frame_equal(stored, panel.masked, check_dtype=False)
    found = stored.merge(planted, on=["date", "asset"])
    assert sorted(found["fault"]) == ["decimal_slip", "decimal_slip", "negative_price"]
    assert (found.set_index("fault")["close"]["negative_price"]) < 0 and set(found["action"]) == {"masked"}

def test_a_market_without_faults_has_neither_file_nor_section(tmp_path):
    write_masked(load_universe("sim-tiny"), tmp_path)
    assert not list(tmp_path.iterdir()) and masked_section(tmp_path) is None and not len(read_masked(tmp_path))

def test_a_broken_table_is_named(tmp_path):
    (tmp_path / MASKED).write_bytes(b"PAR1")
    with pytest.raises(NeuralphaError, match="masked.parquet is not a readable Parquet file"):
        read_masked(tmp_path)

def test_the_page_counts_all_and_shows_some_of_every_check(tmp_path):
    panel, _ = _spoilt(no_trade=12, decimal_slip=2, negative_price=1)
    write_masked(panel, tmp_path)
    section = masked_section(tmp_path, room=6)
    shown = pd.DataFrame(section["rows"], columns=section["columns"])
    assert set(shown["check"]) == set(panel.masked["check"]) and len(shown) < len(panel.masked)
    assert section["text"].startswith(f"{len(panel.masked):,} rows of {panel.masked['asset'].nunique()} assets")
    assert f"non_trading {(panel.masked['check'] == 'non_trading').sum()}" in section["text"]
    first = panel.masked.iloc[0]
    assert shown.iloc[0, :2].tolist() == [str(first["date"].date()), first["asset"]]
    assert "all of them are below" in masked_section(tmp_path, room=1000)["text"]
