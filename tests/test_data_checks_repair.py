# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.checks.repair import *
import numpy as np
import pandas as pd
from neuralpha.data.checks.planted import AT, CLEAN, DAY, LAST, PLANTED, check_frame, edited, rescaled
from neuralpha.data.universes import load_universe

def test_repaired_split_equals_the_clean_market():
    for ratio in (3, 1 / 4):
        p = check_frame(rescaled(range(AT, LAST + 1), 1 / ratio, ratio))
        clean = check_frame(CLEAN)

        def r(p):
            return np.diff(np.log(p.fields["close"][p.rows_of("A03")]))

        np.testing.assert_allclose(r(p), r(clean), atol=2e-6)
        np.testing.assert_allclose(
            (p.fields["close"] * p.fields["volume"])[p.rows_of("A03")],
            (clean.fields["close"] * clean.fields["volume"])[clean.rows_of("A03")],
            rtol=1e-5,
        )
        row = p.masked.iloc[0]
        assert (row["check"], row["action"], row["date"]) == ("unadjusted_split", "repaired", DAY)

def test_pence_that_became_pounds_for_good_are_one_series_again():
    p = check_frame(rescaled(range(AT, LAST + 1), 0.01))
    clean = check_frame(CLEAN)

    def r(p):
        return np.diff(np.log(p.fields["close"][p.rows_of("A03")]))

    assert p.checks.set_index("check").action["unit_flip"] == "repaired"
    np.testing.assert_allclose(r(p), r(clean), atol=2e-6)

def test_an_absurd_jump_leaves_no_return_across_it():
    p = check_frame(rescaled(range(AT, LAST + 1), 7))
    rows = p.rows_of("A03")
    c = p.fields["close"][rows]
    assert np.isnan(c[200]) and abs(np.log(c[201] / c[199])) < 0.1

def test_prices_in_thousands_come_back_to_the_last_digit():
    from neuralpha.data.universes import load_universe

    rng = np.random.default_rng(0)
    dates = pd.bdate_range("2020-01-01", periods=300)
    true = (1000 * np.exp(np.cumsum(rng.normal(0, 0.015, (300, 6)), 0))).round(0)
    wide = pd.DataFrame(np.where(true >= 1000, true / 1000, true), dates, list("ABCDEF")).rename_axis("date")
    p = load_universe(wide.melt(ignore_index=False, var_name="asset", value_name="close").reset_index())
    got = p.frame().pivot(index="date", columns="asset", values="close").to_numpy()
    known = np.isfinite(got)
    ratio = (got / true)[known]
    assert known.mean() > 0.85 and np.abs(ratio / 10.0 ** np.round(np.log10(ratio)) - 1).max() < 1e-6
