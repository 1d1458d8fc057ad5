# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.monitor.registry import *
import shutil
import numpy as np
import pandas as pd
import pytest
from neuralpha.monitor.rehearsal import PriceScores, open_rehearsal, rehearsal_market
from neuralpha.core import NeuralphaError

CARDED = dict(model="a", purpose="p", data="d", validation={}, certificate="none", limits="l")

def test_a_model_is_kept_once_and_by_what_it_is(tmp_path):
    def write(folder):
        (folder / "weights.txt").write_text("1 2 3")

    name = register_model(tmp_path, write, CARDED)
    assert register_model(tmp_path, write, CARDED) == name and len(list(tmp_path.iterdir())) == 1
    assert register_model(tmp_path, write, CARDED | {"limits": "other"}) != name
    assert registered(tmp_path).loc[name, "purpose"] == "p" and verify_models(tmp_path) == []
    shutil.copytree(tmp_path / name, tmp_path / ".model-killed")  # a registration that was killed before its end
    assert len(registered(tmp_path)) == 2 and verify_models(tmp_path) == []
    (tmp_path / name / "weights.txt").write_text("1 2 4")
    assert verify_models(tmp_path) == [f"The model {name[:12]} was altered."]
    with pytest.raises(NeuralphaError, match="'limits' is missing"):
        register_model(tmp_path, write, {key: CARDED[key] for key in CARD_KEYS if key != "limits"})

MARKET = rehearsal_market()

YEAR = 365.25 / (np.diff(MARKET.dates[301:461]).mean() / np.timedelta64(1, "D"))  # bars, by the desk's own dates

def test_the_contest_is_of_what_both_earned_on_paper(tmp_path):
    desk = open_rehearsal(tmp_path / "desk", opened=300)
    desk.feed(PriceScores(MARKET), last=MARKET.dates[460], live=False)
    found = contest(desk, "random")
    wealth = desk.record().wealth()
    mean = (
        wealth["random"] / wealth["random"].shift(1).fillna(1e7)
        - wealth["reversal"] / wealth["reversal"].shift(1).fillna(1e7)
    ).mean()
    assert found.sequence["mean"].iloc[-1] == pytest.approx(mean) and found.champion == "reversal"
    assert found.sequence["low"].iloc[-1] < mean < found.sequence["high"].iloc[-1]
    assert found.years > 0 and exchange_cost(desk.record()) > 0
    ratio = found.information_ratio
    assert contest(desk, "random", bars_per_year=52).information_ratio == pytest.approx(ratio * np.sqrt(52 / YEAR))
    desk.facts["bars_per_year"] = 52.0  # as a report of a weekly universe says
    assert contest(desk, "random").information_ratio == pytest.approx(ratio * np.sqrt(52 / YEAR))
    with pytest.raises(NeuralphaError, match="acts already"):
        contest(desk, "reversal")
    with pytest.raises(NeuralphaError, match="Did you mean 'random'"):
        contest(desk, "randm")

def test_weather_is_known_before_the_bar():
    returns = pd.Series(np.random.default_rng(0).normal(size=300) * np.repeat([1, 3, 1], 100))
    whole = weather(returns)
    assert (weather(returns[:150]) == whole[:150]).all()
    assert (whole[130:200] == "wild").mean() > 0.9 and (whole[230:] == "calm").mean() > 0.6

class Lucky(PriceScores):
    """A challenger that knows tomorrow."""

    def scores(self, date):
        found = super().scores(date)
        at = int(np.searchsorted(self.panel.dates, np.datetime64(date)))
        later = self.panel.dates[min(at + 2, self.panel.n_dates - 1)]
        close = pd.Series(self.panel.fields["close"], self.panel.index).unstack()
        return found | {
            "random": (close.loc[later] / close.loc[self.panel.dates[min(at + 1, self.panel.n_dates - 1)]] - 1).dropna()
        }

def test_only_a_challenger_that_is_shown_to_be_better_acts_and_can_be_taken_back(tmp_path):
    equal = open_rehearsal(tmp_path / "equal", opened=300)
    equal.feed(PriceScores(MARKET), last=MARKET.dates[303], live=False)
    with pytest.raises(NeuralphaError, match="3 bars together, too few for an interval"):
        promote(equal, "random", "it looks good")
    equal.feed(PriceScores(MARKET), last=MARKET.dates[440], live=False)
    with pytest.raises(NeuralphaError, match="not shown to be better"):
        promote(equal, "random", "it looks good")
    with pytest.raises(NeuralphaError, match="nobody to go back to"):
        roll_back(equal, "why not")
    desk = open_rehearsal(tmp_path / "desk", opened=300, costs=0.0)
    desk.feed(Lucky(MARKET), last=MARKET.dates[497], live=False)
    assert promote(desk, "random", "decided")["before"] == "reversal"
    assert desk.record().acting == "random"
    [bar] = desk.feed(Lucky(MARKET), last=MARKET.dates[498], live=False)
    assert bar.body["acting"] == "random"
    table = desk.record().table(bar.body)
    if bar.body["state"]["action"] == "continue":
        pd.testing.assert_series_equal(table["target:desk"], table["target:random"], check_names=False)
    roll_back(desk, "a mistake")
    assert desk.record().acting == "reversal"
    with pytest.raises(NeuralphaError, match="Say why"):
        roll_back(desk, " ")
