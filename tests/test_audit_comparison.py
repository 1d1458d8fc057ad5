# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.audit.comparison import *
import numpy as np
from neuralpha.audit.artefacts import artefacts_of
from neuralpha.audit.worlds import walks

def test_the_worst_of_a_line_stands_with_what_reached_furthest():
    line = CertificateLine("start-up", "features", "look-back")
    line.say("holds", "")
    line.not_checked("once it could not run")
    line.say("holds", "")
    assert (line.verdict, line.found) == ("not checked", "once it could not run")
    line.say("fails", "one bar ahead", reach=1)
    line.say("fails", "three bars ahead", reach=3, at=Place("x", "2020-01-01", "A"))
    line.not_checked("again")
    line.count(rows=3, wrong=1)
    check = line.check()
    assert (check.verdict, check.found, check.column, check.wrong) == ("fails", "three bars ahead", "x", 1)

def test_one_value_that_differs_is_found_with_its_place_and_last_digits_are_counted_apart():
    market = walks()
    rows = np.arange(market.n_rows)
    close = np.nan_to_num(market.fields["close"].astype(float), nan=1.5) * 1.1
    mine, theirs = (artefacts_of({"features": {"x": v}}, market)["features"] for v in (close, close * (1 + 2.0**-50)))
    about = ("future", "features", "twice", market, mine, theirs, rows, rows, "{column} {day} {asset} {count}")
    [rounded] = Comparison(*about).differences()
    assert rounded.row == -1 and rounded.count == 0 and rounded.rounded > len(rows) / 2
    [exact] = Comparison(*about, exact=True).differences()
    assert exact.count == rounded.rounded
    theirs.values[300, 0] += 1
    [leak] = Comparison(*about).differences()
    assert (leak.row, leak.count) == (300, 1)
    place = place_of(market, 300, "x")
    assert Comparison(*about).in_words(leak) == f"x {place.date} {place.asset} 1"
