# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.sections.data import *
import numpy as np
import pandas as pd
import pytest

@pytest.mark.parametrize(
    "freq, bars, horizon, sessions, held", [("BME", 60, 1, 1260, 21), ("W-FRI", 200, 2, 966, 10), ("B", 600, 5, 600, 5)]
)
def test_what_survivors_invent_is_measured_over_the_years_of_the_universe(freq, bars, horizon, sessions, held):
    from neuralpha.data.panel import panel_from_frame
    from neuralpha.report.pages.data import _survivorship

    dates = pd.date_range("2010-01-01", periods=bars, freq=freq)
    closes = pd.DataFrame(np.exp(np.random.default_rng(2).normal(0, 0.02, (bars, 4)).cumsum(0)), dates, list("ABCD"))
    frame = closes.rename_axis("date").melt(ignore_index=False, var_name="asset", value_name="close").reset_index()
    facts = survivorship_facts(panel_from_frame(frame, "toy"), horizon, 1)
    assert abs(facts["simulated"]["dates"] / sessions - 1) < 0.01 and facts["horizon"] == held
    said = _survivorship(facts)
    assert f"over {facts['simulated']['dates']:,} sessions" in said.text
    assert said.rows[-1]["unit"] == f"mean IC, return over {held} sessions"

def test_who_misses_the_last_bars_is_called_dead_nowhere():
    from neuralpha.data.universes import load_universe
    from neuralpha.labels import forward_return
    from neuralpha.report.pages.data import _survivorship

    rng = np.random.default_rng(0)
    days = pd.bdate_range("2018-01-01", periods=300)

    def said(*ends):  # of the report, the check and the label, of sixty assets of which some end early
        last = dict(enumerate(ends))
        f = pd.concat(
            [
                pd.DataFrame(
                    {
                        "date": days,
                        "asset": f"A{i:02}",
                        "close": np.exp(0.01 * rng.standard_normal(300).cumsum()),
                        "volume": 1e5,
                    }
                )[: last.get(i, 300)]
                for i in range(60)
            ]
        )
        p = load_universe(f, name="file", checks={"calendar": "none"})
        facts = survivorship_facts(p, 5, 1)
        return (
            _survivorship(facts).text,
            facts["alive"],
            p.checks.set_index("check").loc["survivors_only", "rows"],
            set(forward_return(p, 5, 1).counts),
        )

    for ends in ((), (299,), (299,) * 35, (280, 290)):
        text, alive, noted, missing = said(*ends)
        assert text.startswith("Survivors only") and (alive, noted) == (60, 60) and missing == {"beyond the last date"}
    text, alive, noted, missing = said(150, 299)
    assert (
        text.startswith("The dead are in this universe: 1 of 60 assets")
        and (alive, noted) == (59, 0)
        and "delisting return unknown" in missing
    )
