# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.evaluate.inspection import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.panel import panel_from_frame
from neuralpha.data.universes import load_universe
from neuralpha.evaluate.ic import ic, rank_ic
from neuralpha.features.compute import compute_features
from neuralpha.labels import excess_return, forward_return, volatility_scaled

def _origin(seed=0, dates=90, assets=12, spoil=None, horizon=2, delay=1):
    """A market of random walks and a model that knows a little; `spoil` is an asset whose 61st close is wrong."""
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2020-01-01", periods=dates)
    walks = 50 * np.exp(np.cumsum(rng.normal(0, 0.01, (dates, assets)), 0))
    f = pd.DataFrame(walks, days, [f"A{i:02}" for i in range(assets)]).rename_axis("date")
    f = f.melt(ignore_index=False, var_name="asset", value_name="close").reset_index()
    if spoil:
        f.loc[(f["asset"] == spoil) & (f["date"] == days[60]), "close"] *= 1.7
    f.loc[(f["asset"] == "A03") & (f["date"] == days[40]), "close"] = np.nan
    p = panel_from_frame(f, "walks")
    y = forward_return(p, horizon, delay)
    scores = np.where(p.date_code >= 30, np.nan_to_num(y.values) + 0.03 * rng.normal(size=p.n_rows), np.nan)
    scores[~p.tradable] = np.nan
    X = compute_features(p, "classic")
    return Origin("model", y, scores, lambda: X, lambda: compute_features(p, "classic", transform=None)), days

@pytest.mark.parametrize(
    "date, asset, said",
    [
        ("2020-03-07", None, "2020-03-07 is no session of model on walks .* Did you mean 2020-03-06 or 2020-03-09?"),
        ("2020-01-06", None, "2020-01-06 is a session without scores .* Did you mean 2020-02-12?"),
        ("2031-01-01", None, "is no session .* Did you mean 2020-05-05?"),
        ("yesterdat", None, "'yesterdat' is no date"),
        ("2020-03-06", "A7", "Unknown asset of walks: 'A7'. Did you mean 'A07'?"),
    ],
)
def test_a_date_or_an_asset_that_is_not_there_gets_the_nearest(date, asset, said):
    with pytest.raises(NeuralphaError, match=said):
        _origin()[0].at(date, asset)

def test_an_asset_that_has_left_says_when_it_was_there():
    days = pd.bdate_range("2020-01-01", periods=30)
    f = pd.DataFrame(
        {"date": np.repeat(days, 5), "asset": np.tile(list("ABCDE"), 30), "close": 1.0 + np.arange(150) % 7}
    )
    p = panel_from_frame(f[(f["asset"] != "E") | (f["date"] < days[10])], "left")
    origin = Origin("m", forward_return(p, 1), np.arange(p.n_rows, dtype=float))
    with pytest.raises(NeuralphaError, match="E has no row on 2020-01-29: it is in left from 2020-01-01 to 2020-01-14"):
        origin.at(days[20], "E")

def test_the_ic_without_each_asset_is_that_of_the_others():
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=(2, 700)).round(1)  # ties, and more than one part
    got = without_each(scores, labels)
    for i in (0, 350, 699):
        others = np.arange(700) != i
        np.testing.assert_allclose(got[i, 0], np.corrcoef(scores[others], labels[others])[0, 1], rtol=1e-9)
        ranks = [pd.Series(v[others]).rank() for v in (scores, labels)]
        np.testing.assert_allclose(got[i, 1], ranks[0].corr(ranks[1]), rtol=1e-9)

def test_three_assets_have_no_ic_without_one():
    assert np.isnan(without_each(np.array([1.0, 2, 3]), np.array([1.0, 3, 2]))).all()

def test_all_rows_left_out_at_once_are_each_left_out_alone():
    origin, days = _origin()
    p, y = origin.panel, origin.y
    counts = origin.compared & y.labelled
    got = ics_without_each(p, origin.scores, y.values, counts)
    assert np.isnan(got[~counts]).all() and np.isfinite(got[counts]).all()
    for day in days[31:36]:
        rows = p.rows_on(day)
        rows = rows[counts[rows]]
        want = without_each(origin.scores[rows], y.values[rows].astype(float))[:, 0]
        np.testing.assert_allclose(got[rows], want, rtol=1e-9)

@pytest.mark.parametrize("planted", ["score", "label"])
def test_a_score_or_a_label_that_no_price_explains_is_named_by_its_distance(planted):
    from dataclasses import replace

    origin, days = _origin()
    row = origin.panel.rows_of("A05").start + 50
    values = (origin.scores if planted == "score" else origin.y.values).copy()
    on_day = origin.panel.rows_on(days[50])
    others = values[on_day]
    values[row] = np.median(others) + 4.0
    others = values[on_day]
    deviations = 4.0 / (1.4826 * np.median(np.abs(others - np.median(others))))
    if planted == "score":
        spoilt = replace(origin, scores=values)
    else:
        spoilt = replace(origin, y=replace(origin.y, values=values, unit="own"))
    said = f"{planted}, A05's on {days[50].date()} ({deviations:,.0f} deviations)"
    assert said in repr(spoilt) and said not in repr(origin)

def test_distances_are_those_of_numpy_date_by_date():
    origin, days = _origin()
    p = origin.panel
    found = furthest_from_date(p, origin.scores, origin.compared)
    assert found.abs().is_monotonic_decreasing and len(found) == origin.compared.sum()
    for day in days[[30, 40, 70]]:
        rows = p.rows_on(day)
        rows = rows[origin.compared[rows]]
        apart = origin.scores[rows] - np.median(origin.scores[rows])
        wanted = pd.Series(apart / (1.4826 * np.median(np.abs(apart))), p.assets[p.asset_code[rows]])
        np.testing.assert_allclose(found.xs(day).reindex(wanted.index), wanted, rtol=1e-9)
    assert not len(furthest_from_date(p, np.ones(p.n_rows), p.tradable))

def test_a_value_that_only_the_model_got_wrong_stands_first_among_its_features():
    from dataclasses import replace

    origin, days = _origin()
    X = origin.features()
    values = X.values.copy()
    values[origin.panel.rows_of("A02").start + 70, X.names.index("ret_20")] = 40.0
    spoilt = replace(X, values=values)
    table = replace(origin, features=lambda: spoilt).at(days[70], "A02").features
    assert table.index[0] == "ret_20" and table["given"].iloc[0] == 40 and table["distance"].iloc[0] > 20

def test_ics_and_members_are_those_of_the_kernel_and_of_numpy():
    origin, days = _origin()
    p, y = origin.panel, origin.y
    scores = p.series(origin.scores).dropna()
    pd.testing.assert_series_equal(origin.ics["ic"], ic(scores, y), check_names=False, check_freq=False)
    pd.testing.assert_series_equal(origin.ics["rank_ic"], rank_ic(scores, y), check_names=False, check_freq=False)
    seen = origin.at(days[50])
    m = seen.members
    assert seen.ic == pytest.approx(m["score"].corr(m["label"])) and (m["why_not"] == "").all()
    assert m["score"].is_monotonic_decreasing and m["rank"].tolist() == list(range(1, 13))
    assert m.loc[m["label"].idxmax(), "label_rank"] == 1
    one = seen.at(asset="A05")
    others = m.drop("A05")
    assert one.without["ic"] == pytest.approx(others["score"].corr(others["label"]))
    assert one.without["rank_ic"] == pytest.approx(others["score"].corr(others["label"], method="spearman"))
    assert m.at["A05", "pull"] == pytest.approx(seen.ic - one.without["ic"])

def test_who_does_not_count_and_why():
    origin, days = _origin()
    said = origin.at(days[40]).members["why_not"]
    assert said["A03"] == "no price in the source" and (said.drop("A03") == "").all()
    assert origin.at(days[39]).members.at["A03", "why_not"] == "no label: no price at entry: no trade"
    assert origin.at(days[37]).members.at["A03", "why_not"] == "no label: exit bar suspended"
    assert "1 no label: exit bar suspended" in repr(origin.at(days[37]))
    assert "no IC over 0 of 12 assets: it takes three. 57 dates have one (mean" in repr(origin.at(days[-1]))
    assert set(origin.at(days[-1]).members["why_not"]) == {"no label: beyond the last date"}
    elsewhere = np.where(origin.panel.asset_code == 4, 0, -1)
    origin.passed_over = pd.Categorical.from_codes(elsewhere, ["not scored by tree"])
    del origin.compared, origin.ics
    seen = origin.at(days[50])
    assert seen.members.at["A04", "why_not"] == "not scored by tree" and "over 11 of 12 assets" in repr(seen)
    rest = seen.members.drop("A04")
    assert seen.ic == pytest.approx(rest["score"].corr(rest["label"]))

def test_bars_say_what_each_is_for():
    origin, days = _origin(horizon=3, delay=2)
    bars = origin.at(days[50], "A01").bars
    assert bars.loc[days[50] : days[57], "for"].tolist() == ["decision", "", "entry", "held", "held", "exit", "", ""]
    assert len(bars) == 18 and origin.at(days[50], "A01").members.at["A01", "label"] == pytest.approx(
        bars["close"][days[55]] / bars["close"][days[52]] - 1
    )
    origin, days = _origin(horizon=1, delay=0)
    assert origin.at(days[50], "A01").bars.loc[days[50] : days[51], "for"].tolist() == ["decision, entry", "exit"]

def test_bars_show_no_return_where_the_file_states_none():
    days, rng = pd.bdate_range("2024-01-01", periods=60), np.random.default_rng(0)
    frame = pd.DataFrame([(day, f"A{i}") for i in range(12) for day in days], columns=["date", "asset"])
    stated = 0.02 * rng.standard_normal(len(frame))
    stated[[20, 22]] = np.nan  # of the first asset
    panel = panel_from_frame(frame.assign(size=1.0, **{"return": stated}))
    y = forward_return(panel, 3, 1)
    bars = Origin("model", y, rng.standard_normal(panel.n_rows)).at(days[30], "A0").bars
    shown = bars["return"].loc[days[20] : days[24]].to_numpy()
    np.testing.assert_allclose(shown, stated[20:25], rtol=1e-5)

def test_features_are_those_before_and_after_the_transform():
    origin, days = _origin()
    table = origin.at(days[70], "A02").features
    p = origin.panel
    row = p.rows_of("A02").start + 70
    for name, line in table.iterrows():
        X, raw = origin.features(), origin.raw()
        np.testing.assert_array_equal(line["given"], X.values[row, X.names.index(name)])
        np.testing.assert_array_equal(line["raw"], raw.values[row, raw.names.index(name)])
    assert table["distance"].abs().is_monotonic_decreasing
    assert origin.at(days[70]).features.shape == (12, len(table))
    origin.features = None
    with pytest.raises(NeuralphaError, match="give X="):
        origin.at(days[70], "A02").features
    assert "score" in origin.at(days[70], "A02")._repr_html_()

def test_masked_rows_stand_beside_what_they_would_have_fed():
    from neuralpha.data.simulated.faults import plant_faults

    prices = load_universe("sim-tiny").frame().drop(columns="tradable")
    spoilt, planted = plant_faults(prices, {"decimal_slip": 1})
    p = load_universe(spoilt, "spoilt")
    fault = planted.iloc[0]
    y = forward_return(p, 5, 1)
    X = compute_features(p, "classic")
    origin = Origin("model", y, np.where(p.tradable, X.values[:, 0], np.nan), lambda: X)
    assert origin.at(fault["date"]).members.at[fault["asset"], "why_not"] == "masked: decimal_slip"
    assert origin.at(fault["date"]).masked["asset"].tolist() == [fault["asset"]]
    before = p.dates[np.searchsorted(p.dates, fault["date"].to_datetime64()) - 3]
    seen = origin.at(before, fault["asset"])
    assert seen.bars.at[fault["date"], "check"] == "decimal_slip" and seen.masked["check"].tolist() == ["decimal_slip"]
    true = prices.set_index(["date", "asset"])["close"].at[fault["date"], fault["asset"]]
    assert seen.masked["close"].iloc[0] == pytest.approx(100 * true, rel=1e-4)
    other = next(a for a in p.assets if a != fault["asset"])
    assert not len(origin.at(before, other).masked)

def test_text_of_assets_is_escaped_and_pictures_are_drawn():
    import matplotlib.pyplot as plt

    origin, days = _origin()
    origin.panel.assets[0] = "<b>"
    assert "<b>" not in origin.at(days[50])._repr_html_() and "<b>" not in origin.at(days[50], "<b>")._repr_html_()
    for seen in (origin.at(days[50]), origin.at(days[50], "A05")):
        left, right = seen.plot().axes
        assert left.get_title().endswith(f"IC {seen.ic:.3f}") and right.get_title()
    plt.close("all")

def test_a_planted_price_is_found_from_the_date_to_the_row():
    origin, days = _origin(spoil="A07")
    by_pull = pd.Series({d: origin.at(d).members["pull"].abs().max() for d in origin.ics.dropna().index})
    worst = origin.at(by_pull.idxmax())
    assert worst.members["pull"].abs().idxmax() == "A07"
    bars = worst.at(asset="A07").bars
    assert bars["return"].abs().idxmax() in (days[60], days[61])
    assert bars.loc[days[60], "for"] in ("entry", "exit")
    on_the_day = origin.at(days[60], "A07").features
    assert abs(on_the_day["distance"].iloc[0]) > 5 and (origin.at(days[60], "A08").features["distance"].abs() < 5).all()

def test_a_date_without_an_ic_has_no_place_among_the_others():
    origin, days = _origin()
    origin.scores[origin.panel.rows_on(days[50])] = 0.5
    assert "no IC over 12 of 12 assets: score or label is the same for all" in repr(origin.at(days[50]))
    for day in (days[51].tz_localize("UTC"), days[51].tz_localize("Asia/Tokyo"), str(days[51].date())):
        assert origin.at(day).date == days[51]

def test_a_price_planted_anywhere_is_among_the_rows_on_which_most_depends():
    from neuralpha.data.alignment import on_panel
    from neuralpha.evaluate.baselines import reversal

    market = load_universe("sim-tiny")
    rng = np.random.default_rng(0)
    bars = np.diff(market.asset_offsets)
    long_lived = market.assets[bars > 200]

    def jumps(panel):
        y = forward_return(panel, horizon=1, delay=0)
        table = Origin("reversal", y, on_panel(panel, reversal(panel))[0][:, 0].astype(float)).suspects()
        return table[(table["came_back"] > COMES_BACK) & (table["times_usual"] > UNUSUAL)]

    assert not len(jumps(market))
    found, first = 0, 0
    for k, asset in enumerate(rng.choice(long_lived, 20)):
        rows = market.rows_of(asset)
        row = int(rng.integers(rows.start + 30, rows.stop - 30))
        close = market.fields["close"].copy()
        close[row] *= 1.6 if k % 2 else 1 / 1.6
        table = jumps(market.with_fields(close=close))
        found += asset in table.index.get_level_values("asset")
        first += len(table) > 0 and table.index[0][1] == asset
        assert set(table.index.get_level_values("asset")) <= {asset}  # nobody else is named
    assert found >= 18 and first == found

@pytest.mark.parametrize("planted", [-0.9, 0.9, 0.05])
def test_a_label_that_its_bars_contradict_is_the_first_to_be_named(planted):
    from dataclasses import replace

    market = load_universe("sim-tiny")
    plain = forward_return(market, 5, 1)
    scores = np.random.default_rng(0).normal(size=market.n_rows)
    row = int(np.flatnonzero(plain.labelled)[2000])
    day, asset = str(pd.Timestamp(market.dates[market.date_code[row]]).date()), market.assets[market.asset_code[row]]
    for y in (
        plain,
        excess_return(plain, "sector"),
        forward_return(market, 5, 1, "next trade"),
        volatility_scaled(plain),
    ):
        sound = Origin("net", y, scores)
        assert not np.isfinite(sound.bars_say).any() and "its bars say" not in repr(sound)
    values = plain.values.copy()
    values[row] = planted
    origin = Origin("net", replace(plain, values=values), scores)
    assert f"Begin with {asset}: its label on {day} is {100 * planted:+.1f}%, its bars say" in repr(origin)
    first = origin.suspects().iloc[0]
    assert first.name == (pd.Timestamp(day), asset) and np.isclose(first["bars_say"], plain.values[row])

@pytest.mark.parametrize("seed", range(4))
def test_a_wrong_price_is_named_where_the_label_spans_many_bars(seed):
    from neuralpha.data.alignment import on_panel
    from neuralpha.evaluate.baselines import reversal

    market = load_universe("sim-tiny")
    rng = np.random.default_rng(seed)
    lived = np.flatnonzero(np.diff(market.asset_offsets) > 400)
    asset = market.assets[rng.choice(lived)]
    day = market.dates[rng.integers(150, 350)]

    def said_of(panel):
        y = forward_return(panel, horizon=5, delay=1)
        return repr(Origin("reversal", y, on_panel(panel, reversal(panel))[0][:, 0].astype(float)))

    prices = market.frame().drop(columns="tradable")
    wrong = (prices["asset"] == asset) & (prices["date"] == day)
    prices.loc[wrong, ["open", "high", "low", "close"]] *= 1.45
    assert "No score and no label stands on a price" in said_of(market)
    assert f"Begin with {asset}: " in said_of(panel_from_frame(prices, "wrong"))
