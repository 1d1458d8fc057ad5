# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.universes import *
import io, os
import numpy as np
import pandas as pd
import polars as pl
import pytest
from neuralpha.core import NeuralphaError, read_json
from neuralpha.data.checks import planted
from neuralpha.data.panel import Panel, cut_panel, without_assets
from neuralpha.labels import forward_return

def test_a_universe_that_is_masked_too_much_fails_a_test_of_ones_own():
    assert not len(check_universe("sim-tiny"))
    frame = planted.clean_market()
    assert (check_universe(frame).query("severity == 'mask'").rows == 0).all()
    rows = frame.index[frame["asset"] == frame["asset"].iloc[0]][50:60:3]
    frame.loc[rows, ["open", "high", "low", "close"]] *= 100
    with pytest.raises(
        NeuralphaError, match=r"checks mask 0\.0\d% of .* rows, 0\.00% are allowed: decimal_slip \d+, first"
    ):
        check_universe(frame, masked=0)
    check_universe(frame, masked=0.01)
    with pytest.raises(NeuralphaError, match="column"):
        check_universe(frame.drop(columns="date"))

def test_the_builtin_real_universe_is_complete_and_almost_clean():
    p = load_universe("sp500-20")
    assert (p.n_assets, p.n_dates, list(p.fields)) == (20, 8313, ["close"])
    assert p.span == "1990-01-02 to 2022-12-28"
    assert set(p.masked.asset) == {"RRC"} and p.masked.date.max() < pd.Timestamp("1993")  # weeks of one number
    assert (~p.tradable).sum() == len(p.masked) == 413
    assert "0 of 20 assets end" in p.checks.set_index("check").note["survivors_only"]

def test_unknown_universe_is_one_clear_line():
    with pytest.raises(NeuralphaError, match="Unknown universe 'sp500'.*Did you mean 'sp500-20'"):
        load_universe("sp500")
    with pytest.raises(NeuralphaError, match="no such file"):
        load_universe("nowhere/prices.parquet")
    with pytest.raises(NeuralphaError, match="takes `seed`, not start"):
        load_universe("gkx-a", start="2020-01-01")

def test_builtin_names_all_load():
    for name in [*BUILTIN, "gkx-b-100"]:
        panel = load_universe(name)
        assert panel.name == name and panel.n_rows > 1000 and panel.tradable.any()

def test_a_frame_is_a_universe():
    frame = pd.DataFrame({"date": pd.bdate_range("2024-01-02", periods=3), "asset": "A", "close": [1.0, 2, 3]})
    p = load_universe(frame, "mine")
    assert p.name == "mine" and p.tradable.all() and p.n_rows == 3

def printed(table):
    from rich.console import Console

    console = Console(width=200, record=True, file=io.StringIO())
    console.print(table)
    return console.export_text()

def test_a_made_universe_has_nothing_to_check():
    assert "made, not read from a source" in printed(report_table(check_report("sim-tiny"), "sim-tiny"))
    assert "prices[adj].parquet" in printed(report_table(check_report("sim-tiny"), "prices[adj].parquet"))

def test_a_setting_of_the_checks_is_told_where_it_belongs():
    for ask in (load_universe, check_report):
        with pytest.raises(
            NeuralphaError,
            match="'calendar' is no option of a source but a setting of its checks: say checks={'calendar': 'XNYS'}",
        ):
            ask(small(), calendar="XNYS")
    assert load_universe(small(), checks={"calendar": "XNYS"}).n_rows > 500

def test_what_was_left_out_is_shown_and_not_in_order():
    report = check_report(small().assign(turn=[f"{i}x" for i in range(598)], known=pd.Timestamp("2022-01-03")))
    line = report.set_index("check").loc["text_column"]
    assert (
        line.rows == 2 * 598
        and "column 'turn' changes within an asset" in line.note
        and "column 'known' is Datetime" in line.note
    )
    assert (
        "text_column" in printed(report_table(report[report.rows > 0]))
        and "text_column" not in report.check[report.rows == 0].tolist()
    )

def test_the_dead_are_dead_in_every_layout(tmp_path):
    days = pd.bdate_range("2022-01-03", periods=300)
    frame = pd.concat(
        [
            pd.DataFrame(
                {
                    "date": days,
                    "asset": a,
                    "close": 10 * np.exp(np.cumsum(np.random.default_rng(i).normal(0, 0.01, 300))),
                }
            )
            for i, a in enumerate("ABC")
        ],
        ignore_index=True,
    )
    grid = frame.assign(close=frame.close.where((frame.asset != "A") | (frame.date < days[150])))
    wide = grid.pivot(index="date", columns="asset", values="close")
    bars = load_universe(grid.dropna(), "u")
    pl.from_pandas(wide.reset_index(), nan_to_null=False).write_parquet(tmp_path / "wide.parquet")
    wide.to_csv(tmp_path / "wide.csv", na_rep="nan")
    both = pd.concat({"Close": wide, "Volume": wide.notna() * 1e3}, axis=1).rename_axis(columns=["Price", "Ticker"])
    for source, options in (
        (grid, {}),
        (tmp_path / "wide.parquet", dict(layout="wide")),
        (tmp_path / "wide.csv", dict(layout="wide")),
        (both, {}),
    ):
        panel = load_universe(source, "u", **options)
        line = panel.checks.set_index("check").note
        assert (
            np.diff(panel.asset_offsets).tolist() == [150, 300, 300] and "1 of 3 assets end" in line["survivors_only"]
        )
        np.testing.assert_array_equal(panel.fields["close"], bars.fields["close"])
    final = load_universe(grid.assign(delisting_return=np.where(grid.asset == "A", -0.5, np.nan)), "u")
    y = forward_return(final, horizon=5, delay=1).values[final.rows_of("A")]
    close = grid.close[:150].to_numpy()
    np.testing.assert_allclose(
        y[144:149], 0.5 * close[149] / close[145:150] - 1, rtol=1e-5
    )  # held through the delisting
    assert np.isnan(y[149]) and np.isfinite(y[:149]).all()

def test_a_suspension_at_end_is_not_the_delisting_to_come():
    days = pd.bdate_range("2022-01-03", periods=60)
    frame = pd.DataFrame(
        {
            "date": np.tile(days, 2),
            "asset": np.repeat(["A", "B"], 60),
            "close": 10.0 + np.arange(120) % 7,
            "delisting_return": np.repeat([-0.9, np.nan], 60),
        }
    )
    frame = frame[(frame.asset == "B") | ~frame.date.between(days[30], days[39]) & (frame.date < days[50])]
    panel = load_universe(frame, "u", end=days[34].date())
    assert np.nanmin(forward_return(panel, 5, 1).values) > -0.5 and panel.attributes.delisting_return.isna().all()
    assert panel.checks.set_index("check").rows["delisting_return"] == 1
    gone = load_universe(frame, "u", end=days[55].date())
    assert (
        gone.attributes.delisting_return["A"] == np.float32(-0.9)
        and np.nanmin(forward_return(gone, 5, 1).values) < -0.85
    )

def test_a_report_shows_what_would_halt_instead_of_raising():
    frame = pd.DataFrame({"date": pd.bdate_range("2024-01-02", periods=3), "asset": "A", "close": [1.0, -2, 3]})
    report = check_report(frame, {"severity": {"nonpositive_price": "halt"}})
    assert report.check[0] == "nonpositive_price" and report.severity[0] == "halt" and report.rows[0] == 1
    text = printed(report_table(report, "frame"))
    assert "nonpositive_price" in text and "in order" in text and "not run" in text

@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("NEURALPHA_UNIVERSES", str(tmp_path / "universes"))
    return tmp_path / "universes"

def small(n=300):
    """Two assets, one with a hole and a zero price, a sector each."""
    days = pd.bdate_range("2022-01-03", periods=n)
    rng = np.random.default_rng(0)
    f = pd.concat(
        [
            pd.DataFrame(
                {"date": days, "asset": a, "close": 10 * np.exp(np.cumsum(rng.normal(0, 0.01, n))), "sector": s}
            )
            for a, s in (("NA", "tech"), ("TRUE", "oil"))
        ]
    )
    f = f.reset_index(drop=True).drop(index=[5, 6])
    f.loc[20, "close"] = 0.0
    return f

def test_an_import_comes_back_bit_for_bit(home):
    panel = load_universe(small(), "mine")
    path = import_universe(small(), "mine")
    back = load_universe("mine")
    assert path == home / "mine" and back.digest == panel.digest and back.name == "mine"
    pd.testing.assert_frame_equal(back.checks, panel.checks)
    pd.testing.assert_frame_equal(back.masked, panel.masked)
    assert back.attributes.sector.to_dict() == {"NA": "tech", "TRUE": "oil"}
    m = read_json(path / "manifest.json")
    assert (m["rows"], m["assets"], m["masked_rows"], m["digest"]) == (600, 2, 3, panel.digest)
    assert sorted(p.name for p in (path / "bars").iterdir()) == ["year=2022", "year=2023"]
    assert list_universes().kind["mine"] == "imported" and "mine" in list_universes().index

def test_importing_twice_gives_the_same_bytes(home, tmp_path):
    a, b = (import_universe(small(), "mine", folder=tmp_path / k) for k in "ab")
    assert read_json(a / "manifest.json") == read_json(b / "manifest.json")

def test_a_simulated_market_keeps_its_truth(home):
    panel = load_universe("sim-tiny", seed=3)
    import_universe("sim-tiny", "mysim", seed=3)
    assert load_universe("mysim").digest == panel.digest and "oracle" in load_universe("mysim").truth

def test_a_session_without_a_row_comes_back(home):
    frame = pd.DataFrame(
        {
            "date": pd.bdate_range("2022-01-03", periods=30),
            "asset": ["A"] * 10 + ["B"] * 20,
            "close": 10.0 + np.arange(30) % 7,
        }
    )
    panel = without_assets(load_universe(frame, "p"), ["A"])
    import_universe(panel, "late")
    back = load_universe("late")
    assert back.digest == panel.digest and (back.n_dates, back.n_rows) == (30, 20)
    assert (
        load_universe("late", start="2022-01-10", end="2022-01-18").span == "2022-01-10 to 2022-01-18"
        and load_universe("late", assets=["B"]).n_dates == 20
    )

def test_an_import_that_is_cut_forgets_delistings_to_come(home):
    days = pd.bdate_range("2022-01-03", periods=30)
    frame = pd.DataFrame(
        [(d, a, 10.0) for a, n in (("A", 30), ("B", 20), ("C", 5)) for d in days[:n]],
        columns=["date", "asset", "close"],
    )
    panel = load_universe(
        frame.assign(delisting_return=frame.asset.map({"B": -0.5, "C": -0.9})),
        "p",
        checks={"severity": {"stale_run": "off"}},
    )
    import_universe(panel, "cut")

    def final(p):
        return p.attributes.delisting_return.isna().to_dict()

    assert final(load_universe("cut")) == {"A": True, "B": False, "C": False}
    assert (
        final(load_universe("cut", end=days[9].date()))
        == {"A": True, "B": True, "C": False}
        == final(cut_panel(panel, last=days[9]))
    )

def test_only_what_is_asked_for_is_read(home):
    import_universe(small(), "mine")
    p = load_universe("mine", start="2022-06-01", end="2022-06-30", assets=["NA"], fields=["close"])
    assert list(p.assets) == ["NA"] and p.span == "2022-06-01 to 2022-06-30"
    with pytest.raises(NeuralphaError, match="Unknown field of mine 'clos'"):
        load_universe("mine", fields=["clos"])
    with pytest.raises(NeuralphaError, match="no rows"):
        load_universe("mine", start="2030-01-01")
    with pytest.raises(NeuralphaError, match="mine: no row of the asked-for asset 'NOPE'"):
        load_universe("mine", assets=["NA", "NOPE"])
    with pytest.raises(NeuralphaError, match="takes start, end, assets and fields, not tz"):
        load_universe("mine", tz="UTC")

def test_taken_names_bad_names_and_changed_files_are_refused(home):
    path = import_universe(small(), "mine")
    before = read_json(path / "manifest.json")
    with pytest.raises(NeuralphaError, match="exists; choose another name"):
        import_universe(small(), "mine")
    with pytest.raises(NeuralphaError, match="cannot name a universe"):
        import_universe(small(), "../mine")
    with pytest.raises(NeuralphaError, match="built-in"):
        import_universe(small(), "sp500-20")
    with pytest.raises(NeuralphaError, match="built-in"):
        import_universe("sp500-20")
    with pytest.raises(NeuralphaError, match="no row is left|would be masked"):
        import_universe(small().assign(close=-1.0), "mine", replace=True)
    assert read_json(path / "manifest.json") == before and [p.name for p in home.iterdir()] == [
        "mine"
    ]  # a failed import leaves the old one
    import_universe(small(200), "mine", replace=True)
    assert load_universe("mine").n_rows == 400 and [p.name for p in home.iterdir()] == ["mine"]
    with pytest.raises(NeuralphaError, match="checked when it was imported"):
        load_universe("mine", checks={"jump_up": 3})
    file = next((path / "bars").rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(NeuralphaError, match="bars.parquet is not what was imported"):
        load_universe("mine")
    file.unlink()
    with pytest.raises(NeuralphaError, match="is missing; import mine again"):
        load_universe("mine")

def test_a_check_says_what_was_read_and_refuses_what_a_run_would_refuse(tmp_path):
    frame = small().rename(columns={"close": "Schluss"}).assign(score=1.0)
    lines = check_report(frame)
    assert (
        "close from 'Schluss'" in reading_lines(lines)[1]
        and reading_lines(lines)[2].endswith("score")
        and "600 rows, 2 assets" in reading_lines(lines)[0]
    )
    assert "600 rows, 2 assets" in repr(check_source(frame)) and " findings. frame has at most" in repr(
        check_source(frame)
    )
    unpriced = check_source(frame.rename(columns={"Schluss": "Clsoe"})[["date", "asset", "Clsoe", "score"]])
    assert unpriced.answer == unpriced.refused and "frame has at most 2 assets on a date" in unpriced.refused
    with pytest.raises(
        NeuralphaError, match="did you mean 'Clsoe'. Then say columns={'close': 'Clsoe'}.* are Clsoe, score"
    ):
        require_price(unpriced.panel)
    with pytest.raises(NeuralphaError, match="Did you mean 'sim-tiny'"):
        check_report("sim-tinyy")

def test_a_folder_of_universes_may_be_called_like_a_pattern(tmp_path, monkeypatch):
    monkeypatch.setenv("NEURALPHA_UNIVERSES", str(tmp_path / "uni [a] * %20 #1"))
    import_universe(small(), "mine")
    assert load_universe("mine").n_rows == 600 and list_universes().loc["mine", "kind"] == "imported"
