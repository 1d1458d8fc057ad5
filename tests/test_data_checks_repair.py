# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.checks.repair import *
import numpy as np
import pandas as pd
from neuralpha.data.checks.planted import AT, CLEAN, DAY, LAST, PLANTED, check_frame, rescaled

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

def test_a_name_that_two_companies_had_becomes_two_assets_and_no_price_is_touched():
    frame = rescaled(range(AT, LAST + 1), 7)
    frame["sector"] = "steel"
    panel, clean = check_frame(frame), check_frame(CLEAN)
    before, after = panel.rows_of("A03 until 2022-10-18"), panel.rows_of("A03")
    whole = frame[frame.asset == "A03"]
    assert panel.n_assets == clean.n_assets + 1 and sorted(panel.assets) == panel.assets.tolist()
    np.testing.assert_array_equal(panel.fields["close"][before], whole.close[:200].to_numpy("f4"))
    np.testing.assert_array_equal(panel.fields["close"][after], whole.close[200:].to_numpy("f4"))
    assert panel.dates[panel.date_code[before][-1]] < panel.dates[panel.date_code[after][0]] == DAY.to_datetime64()
    assert panel.tradable[before].all() and panel.tradable[after].all()
    assert (panel.attributes.sector == "steel").all() and panel.attributes.index.tolist() == panel.assets.tolist()
    assert panel.assets[panel.parted].tolist() == ["A03 until 2022-10-18"] and not clean.parted.any()
    assert panel.gone[panel.parted].all() and not panel.gone[panel.assets == "A03"].any()
    others = [panel.rows_of(name) for name in clean.assets if name != "A03"]
    np.testing.assert_array_equal(
        np.concatenate([panel.fields["volume"][rows] for rows in others]),
        np.concatenate([clean.fields["volume"][clean.rows_of(name)] for name in clean.assets if name != "A03"]),
    )
    line = panel.checks.set_index("check").loc["absurd_jump"]
    assert line.action == "repaired" and "A03 from 2022-10-19 on" in line.note

def test_months_between_two_companies_belong_to_neither():
    frame = rescaled(range(AT, LAST + 1), 1 / 30).drop(index=range(AT - 60, AT))
    panel = check_frame(frame)
    assert len(panel.frame()[lambda f: f.asset.str.startswith("A03")]) == 400 - 60
    assert panel.tradable.all() and panel.rows_of(f"A03 until {CLEAN.date[AT - 61].date()}")

def test_a_later_split_does_not_touch_the_company_before():
    split = 100  # bars after the jump
    frame = rescaled(range(AT, LAST + 1), 7)
    frame.loc[AT + split : LAST, ["open", "high", "low", "close"]] /= 3
    frame.loc[AT + split : LAST, "volume"] *= 3
    panel = check_frame(frame)
    lines = panel.checks.set_index("check")
    assert lines.rows["unadjusted_split"] == lines.rows["absurd_jump"] == 1
    whole = frame[frame.asset == "A03"].close.to_numpy("f4")
    np.testing.assert_array_equal(panel.fields["close"][panel.rows_of("A03 until 2022-10-18")], whole[:200])
    after = np.append(whole[200:300] / np.float32(3), whole[300:])
    np.testing.assert_allclose(panel.fields["close"][panel.rows_of("A03")], after, rtol=1e-6)

def test_what_was_masked_stands_under_the_name_of_its_series():
    frame = rescaled(range(AT, LAST + 1), 7)
    frame.loc[[AT - 50, AT + 50], "low"] = 0.0
    masked = check_frame(frame).masked.query("check == 'nonpositive_price'")
    assert masked.asset.tolist() == ["A03 until 2022-10-18", "A03"]

def test_a_jump_is_only_masked_where_the_rule_may_not_act():
    frame = rescaled(range(AT, LAST + 1), 7)
    panel = check_frame(frame, {"repair": ["duplicate_rows"]})
    assert panel.n_assets == 30 and np.isnan(panel.fields["close"][panel.rows_of("A03")][200])
