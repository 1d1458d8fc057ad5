# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.features.alpha158 import *
from pathlib import Path
import numpy as np
import pandas as pd
import pytest
from neuralpha.data.panel import panel_from_frame
from neuralpha.features.compute import compute_features
from neuralpha.features.families import FEATURES, SETS, check_declaration

def test_the_sets_are_complete():
    assert len(set(SETS["alpha158"])) == 158 and len(set(SETS["alpha360"])) == 360
    assert all(n in FEATURES for n in SETS["alpha158"] + SETS["alpha360"])

def _reference():
    base = next(p for p in [Path.cwd(), *Path.cwd().parents] if (p / "settings.ini").exists())
    want = pd.read_parquet(base / "tests" / "data" / "alpha_qlib.parquet")
    panel = panel_from_frame(
        want[["date", "asset", "open", "high", "low", "close", "volume", "vwap"]], tradable=want["tradable"].to_numpy()
    )
    return panel, want.set_index(["date", "asset"]).reindex(panel.index)

def _compare(which, names, rtol, atol):
    panel, want = _reference()
    X = compute_features(panel, names, transform=None)
    rows = panel.tradable & want[which].notna().to_numpy()
    got = X.values[rows]
    want = np.stack(want.loc[rows, which])[:, [SETS[which].index(n) for n in names]]
    assert X.names == tuple(names) and len(got) > 20
    np.testing.assert_array_equal(np.isnan(got), ~np.isfinite(want))
    np.testing.assert_allclose(got, np.where(np.isfinite(want), want, np.nan), rtol=rtol, atol=atol)

def test_alpha158_equals_qlib():
    noisy = [n for n in SETS["alpha158"] if n.startswith(("CORR", "CORD", "WVMA"))]
    _compare("alpha158", noisy, 1e-4, 1e-5)
    _compare("alpha158", [n for n in SETS["alpha158"] if n not in noisy], 2e-6, 1e-7)

def test_alpha360_equals_qlib_bit_for_bit():
    _compare("alpha360", SETS["alpha360"], 0, 0)

@pytest.mark.parametrize("name", SETS["alpha158"] + ["CLOSE59", "VOLUME1", "CLOSE0", "VWAP30"])
def test_look_back_is_true(name):
    check_declaration(FEATURES[name])

def test_kernels_work_after_alpha158_in_a_fresh_process():
    import subprocess, sys

    code = """if True:
        import numpy as np
        from neuralpha.features.families import History, choose, example_bars
        import neuralpha.features.alpha158
        h = History(example_bars(100))
        with np.errstate(all="ignore"):
            names = "alpha158 skew_20 vol_20 high_20 rank_20 trend_20 corr_ret_volume_20 beta_20".split()
            for f in choose(names):
                f.compute(h)
        print("ok")"""
    for _ in range(2):  # the first may have to compile
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.stdout.strip() == "ok", done.stderr
