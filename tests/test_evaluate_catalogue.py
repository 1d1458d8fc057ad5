# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.evaluate.catalogue import *
import json
import numpy as np
import pytest
from neuralpha.core import NeuralphaError

def test_a_number_has_the_unit_and_the_digits_of_its_entry():
    spread = dict(value=0.1718, low=-0.02, high=0.36, unit="return", period="per year")
    assert (number(as_shown(spread)), interval(as_shown(spread))) == ("17.2", "[−2.0, 36.0]")
    turnover = dict(value=0.0345, unit="share", period="per bar")
    assert number(as_shown(turnover)) == "3.45" and shown_digits(CATALOGUE["turnover"]) == 2
    assert (number(-1.1e-15, 2), number(-0.004, 2)) == ("0.00", "−0.00")  # rounding is no loss, a small loss is one
    assert number(None) == number(float("nan")) == "–" and number(dict(value=1.2, unit="bars")) == "1"
    short = dict(value=0.0, low=0.0, high=None, unit="bars")  # a half-life
    assert (number(short), interval(short)) == ("<1", "[<1, –]")
    assert interval(dict(value=0.0, low=-0.1, high=0.02), 1) == "[−0.1, 0.0]"
    assert heading(CATALOGUE["spread_after_cost"]) == "spread after cost, % a year"
    assert unit_line(spread) == "%, per year" and unit_line(dict(unit="correlation", period=None)) == "correlation"
    assert heading(CATALOGUE["turnover"]) == "turnover, % a bar" and heading(CATALOGUE["ic"]) == "IC"

def test_a_leaderboard_shows_intervals_where_the_entry_says_so_and_critical_values():
    mean = dict(value=0.0312, low=0.01, high=0.05, unit="correlation", period="per date")
    assert leaderboard_cell(CATALOGUE["ic"], mean) == ("0.031", "[0.010, 0.050]", 0.0312)
    assert leaderboard_cell(CATALOGUE["turnover"], mean | dict(unit="share", period="per bar")) == (
        "3.12",
        "",
        pytest.approx(3.12),
    )
    t = dict(value=2.34, critical=2.017, unit="t-statistic", period="whole period")
    assert leaderboard_cell(CATALOGUE["ic_t"], t) == ("2.3", "±2.02", 2.34)
    assert leaderboard_cell(CATALOGUE["ic"], None) == ("–", "", None)

def test_the_script_shows_what_the_page_shows():
    facts = script_facts()
    assert facts["ic"] == dict(title="IC", digits=3, times=1, beneath="interval", beneath_digits=3)
    assert facts["t"] == dict(title="t of the IC", digits=1, times=1, beneath="critical", beneath_digits=2)
    assert facts["turnover"] == dict(title="turnover", digits=2, times=100, beneath="", beneath_digits=2)
    assert json.loads(json.dumps(facts)) == facts and {"letters", "dates", "r2"} < set(facts)

def test_names_and_columns_are_taken_once():
    keys = [key for entry in CATALOGUE.values() for key in entry.keys()]
    assert len(keys) == len(set(keys)) and {"t", "t_critical", "ic_low", "r2"} <= set(keys)
    with pytest.raises(NeuralphaError, match="a metric 'ic' already, 'IC'"):
        declare_metric("ic", "again", "ratio", "per date", "Twice.")
    for name in ("t", "ic_low"):
        with pytest.raises(NeuralphaError, match=f"would have the column '{name}'"):
            declare_metric(name, "again", "ratio", "per date", "Twice.")
    with pytest.raises(NeuralphaError, match="Did you mean 'column'"):
        declare_metric("toy", "toy", "ratio", "per date", "Nowhere.", where="colum")
    assert "toy" not in CATALOGUE

def test_no_two_metrics_of_a_table_have_one_title():
    titles = [entry.title for entry in CATALOGUE.values()]
    assert len(titles) == len(set(titles))

def test_every_out_of_sample_r2_says_against_what():
    titles = {name: entry.title for name, entry in CATALOGUE.items() if "ut-of-sample R²" in entry.definition}
    assert {"r2", "r2_zero", "r2_train_mean"} <= set(titles)
    assert not [title for title in titles.values() if "against" not in title]

def test_parts_of_a_family_are_named_and_what_is_unknown_is_its_own_title():
    assert metric_title("exposures momentum") == "exposure to momentum"
    assert metric_title("ic_by_fold 3") == "IC of fold 3" and metric_title("seed_split sd_seed").startswith("seeds: ")
    assert metric_title("rank_ic_by_horizon 5") == "rank IC over bars 5"
    assert metric_title("an_older_metric") == "an older metric" and metric_entry("an_older_metric").where == "more"
    assert metric_title("suspended_exits mean_label") == "suspended exits: mean label"

def test_what_is_sliced_has_a_meaning_there_and_ic_is_pearsons():
    for entry in CATALOGUE.values():
        assert entry.definition.endswith((".", "{ceiling}")) and entry.title and entry.unit, entry.name
        assert entry.sliced is None or entry.sliced.definition.endswith("."), entry.name
    assert "Pearson" in CATALOGUE["ic"].definition and "Spearman" in CATALOGUE["rank_ic"].definition
    spearman = [e for e in CATALOGUE.values() if "Spearman" in e.definition or "rank IC" in e.definition]
    assert spearman and all("rank" in e.title or e.name == "half_life" for e in spearman), [e.title for e in spearman]
