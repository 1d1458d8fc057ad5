# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.data.reading.aggregates import *
import numpy as np
import pandas as pd
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.data.reading.sources import open_source

@pytest.mark.parametrize(
    "name", ["Total", "TOTAL", "Mean price", "avg.", "Durchschnitt", "Market Index", "Grand Total", "合计"]
)
def test_names_of_aggregates_are_known(name):
    assert is_called_aggregate(name)

@pytest.mark.parametrize("name", ["TotalEnergies", "Benchmark Electronics", "SUM", "ALL", "Market Vectors", "the"])
def test_names_of_companies_are_none(name):
    assert not is_called_aggregate(name)

def shares(dates=120, assets=6, seed=0):
    """A wide table of prices in cents."""
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2023-01-02", periods=dates, name="date")
    close = 40 * np.exp(np.cumsum(0.02 * rng.standard_normal((dates, assets)), 0))
    return pd.DataFrame(np.round(close, 2), days, [f"S{i}" for i in range(assets)])

def names(table):
    return sorted(table.frame["asset"].cast(str).unique().to_list())

AGGREGATES = {
    "sum": lambda f: f.sum(axis=1),
    "mean": lambda f: f.mean(axis=1),
    "mean in cents": lambda f: f.mean(axis=1).round(2),
    "index from 100": lambda f: 100 * f.sum(axis=1) / f.iloc[0].sum(),
}

@pytest.mark.parametrize("kind", AGGREGATES)
@pytest.mark.parametrize("name", ["Total", "EW", "S9"])
def test_what_is_the_sum_or_mean_of_the_others_is_left_out_and_said(kind, name):
    wide = shares()
    more = wide.assign(**{name: AGGREGATES[kind](wide)})
    long = more.reset_index().melt("date", var_name="asset", value_name="close")
    for read in (open_source(more, layout="wide"), open_source(long)):
        assert names(read) == list(wide) == list(read.frame["asset"].dtype.categories)
        assert [(f["assets"], f["rows"]) for f in read.findings if f["check"] == "aggregates"] == [([name], 120)]
    assert name in names(open_source(more, layout="wide", without=[]))

def test_two_aggregates_and_missing_prices_hide_nothing():
    wide = shares()
    wide.iloc[:40, 1] = np.nan
    wide.iloc[90:, 3] = np.nan
    more = wide.assign(Total=wide.sum(axis=1), Average=wide.mean(axis=1))
    assert names(open_source(more, layout="wide")) == list(wide)

def test_a_name_alone_is_asked_for_with_the_likely_answer_first():
    wide = shares().assign(Benchmark=shares(assets=1, seed=5).to_numpy())
    with pytest.raises(
        NeuralphaError, match="'Benchmark' may be no asset.*say without='Benchmark' to leave it out, or without=.."
    ):
        open_source(wide, layout="wide")
    assert "Benchmark" not in names(open_source(wide, layout="wide", without="Benchmark"))
    assert "Benchmark" in names(open_source(wide, layout="wide", without=[]))
    assert names(open_source(wide, layout="wide", assets=["Benchmark", "S0"])) == ["Benchmark", "S0"]
    with pytest.raises(NeuralphaError, match="no row of the asked-for asset 'Totl'; mend `without`"):
        open_source(wide, layout="wide", without="Totl")
    with pytest.raises(NeuralphaError, match="`without` names every asset, and none is left"):
        open_source(wide, layout="wide", without=list(wide))
    blank = wide.rename(columns={"Benchmark": " Benchmark "})
    assert names(open_source(blank, layout="wide", without=" Benchmark ")) == [f"S{i}" for i in range(6)]

def test_columns_that_count_are_no_assets():
    wide = shares()
    for name, column in dict(yr=wide.index.year, wd=wide.index.day_of_week, n=np.arange(120) + 7).items():
        read = open_source(wide.assign(**{name: column}), layout="wide")
        assert names(read) == list(wide), name
        assert any(f["check"] == "aggregates" for f in read.findings)

@pytest.mark.parametrize("seed", range(3))
def test_shares_copies_and_portfolios_of_few_are_kept(seed):
    wide = shares(seed=seed)
    kept = wide.assign(copy=wide["S0"], weighted=(0.5 * wide["S1"] + 0.3 * wide["S2"]).round(2))
    assert names(open_source(kept, layout="wide")) == sorted(kept)
    same = pd.DataFrame({name: wide["S0"] for name in "ABC"})
    assert names(open_source(same, layout="wide")) == list("ABC")
    assert names(open_source(same.assign(Total=3 * wide["S0"]), layout="wide")) == list("ABC")
    pennies = wide.assign(**{name: np.round(0.02 + 0.01 * (np.arange(120) % 3), 2) for name in "XYZ"})[list("XYZ")]
    assert names(open_source(pennies, layout="wide")) == list("XYZ")
    straight = wide.assign(**{name: 100.0 * k + np.arange(120) for k, name in enumerate("ABC", 1)})[list("ABC")]
    assert names(open_source(straight, layout="wide")) == list("ABC")
    with pytest.raises(NeuralphaError, match="'Mean' may be no asset"):  # cents are too coarse a proof
        open_source(pennies.assign(Mean=pennies["X"].replace({0.02: 0.03, 0.03: 0.02})), layout="wide")

@pytest.mark.parametrize("dates, usual", [(12, 0.005), (60, 0.002)])
def test_shares_that_hardly_move_beside_their_digits_are_kept(dates, usual):
    for seed in range(12):
        rng = np.random.default_rng(seed)
        moves = 2 * rng.standard_normal((dates, 1)) + rng.standard_normal((dates, 3))
        days = pd.bdate_range("2023-01-02", periods=dates, name="date")
        whole = pd.DataFrame(np.round(80 * np.exp(np.cumsum(usual * moves, 0))), days, list("ABC"))
        assert names(open_source(whole, layout="wide")) == list("ABC"), seed

def test_an_index_among_shares_is_said():
    wide = shares().rename(columns={"S0": "^GSPC"})
    (said,) = [f for f in open_source(wide, layout="wide").findings if f["check"] == "aggregates"]
    assert said["assets"] == ["^GSPC"] and "^GSPC" in names(open_source(wide, layout="wide"))
    indices = wide.rename(columns=lambda name: f"^{name}")
    assert not [f for f in open_source(indices, layout="wide").findings if f["check"] == "aggregates"]
