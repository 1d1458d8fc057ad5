# Exported from nbs/ by `make sync`; edit the notebook.
import pandas as pd

import pytest

import neuralpha as na

from neuralpha.data.panel import cut_panel

from neuralpha.data.simulated.market import simulate_universe

from neuralpha.monitor.desk import DeskTerms, create_desk

from neuralpha.monitor.layers import learn_watch

from neuralpha.monitor.policy import CLASSIC

from neuralpha.monitor.rehearsal import FadingScores

from neuralpha.portfolio.grammar import read_policy

DECAY = CLASSIC + "[[decay]]\nmeasure = 'ic'\nwindow = 50\nevery = 25\nlevel = 0.01\naction = 'flatten'\n"

@pytest.mark.parametrize("breaks", [True, False])
def test_a_desk_whose_model_loses_its_skill_is_shut_down_and_its_twin_is_not(tmp_path, breaks):
    market = simulate_universe(60, 620, ic=0.2, seed=2, name="guide")
    opened, lost = market.dates[-121], market.dates[-110] if breaks else None
    inputs = FadingScores(market, lost=lost)
    dates = [pd.Timestamp(date) for date in market.dates[200:-121]]
    scores = pd.concat({date: inputs.scores(date)["fading"] for date in dates}, names=["date", "asset"])
    label = na.forward_return(cut_panel(market, last=opened), 5, 1)
    watching = learn_watch(na.rank_ic(scores, label).to_frame("ic"), 4000, horizon=5, worlds=30, futures=6)
    terms = DeskTerms(("fading", "steady"), str(pd.Timestamp(opened)), costs=5.0, capital=1e7)
    desk = create_desk(tmp_path / "desk", terms, read_policy(terms.policy), watching, actions=DECAY)
    desk.feed(inputs, live=False)
    record = desk.record()
    fired = [bar["alarms"] for bar in record.bars]
    assert any("decay of ic at 0.01" in alarms for alarms in fired) is breaks
    assert not breaks or any("ic" in alarms for alarms in fired)
    assert (record.state.action == "flatten") is breaks
    held = record.table(record.bars[-1])["position:desk"].abs().sum()
    assert (held > 0) != breaks
