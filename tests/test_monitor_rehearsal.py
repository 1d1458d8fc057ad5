# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.monitor.rehearsal import *
import numpy as np
import pandas as pd
from neuralpha.data.panel import cut_panel

def test_scores_and_features_of_a_bar_know_nothing_of_later_bars():
    market = rehearsal_market()
    date = market.dates[420]
    whole, cut = PriceScores(market), PriceScores(cut_panel(market, last=pd.Timestamp(date)))
    for name, scores in whole.scores(date).items():
        pd.testing.assert_series_equal(scores, cut.scores(date)[name])
    pd.testing.assert_frame_equal(whole.features(date), cut.features(date))

def test_the_rehearsal_is_a_desk_that_alarms_seldom(tmp_path):
    market = rehearsal_market()
    desk = open_rehearsal(tmp_path / "desk", watched=True)
    desk.feed(PriceScores(market), last=market.dates[410], live=False)
    record = desk.record()
    assert len(record.bars) == 10 and not any(bar["alarms"] for bar in record.bars)
    assert np.isfinite(record.values()["features"]).all()
