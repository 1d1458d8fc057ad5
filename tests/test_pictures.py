# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.pictures import *
import re
import numpy as np
import pytest
from neuralpha.core import NeuralphaError
from neuralpha.dev import root

def test_what_is_marked_is_on_the_sample(browser):
    seen = {p.name: take(browser, root() / "reports/sample", p) for p in PICTURES}
    assert {image.size for image in seen.values()} == {(WIDTH, p.height) for p in PICTURES}
    red = {name: int((np.asarray(image) == (178, 24, 43)).all(-1).sum()) for name, image in seen.items()}
    assert red["report"] == 0 and all(red[p.name] >= 300 * len(p.marks) for p in PICTURES)
    gone = PICTURES[0]._replace(marks=(".no-such-thing",))
    with pytest.raises(NeuralphaError, match="index.html has no '.no-such-thing'"):
        take(browser, root() / "reports/sample", gone)

def test_what_is_shown_was_taken():
    shown = {p.name for p in (root() / "docs/_static").glob("*.png")}
    assert shown == {f"{p.name}.png" for p in PICTURES}
    guide = (root() / "nbs/guides/reading_a_report.ipynb").read_text()
    assert {f"report-{m}" for m in re.findall(r"_static/report-(\w+)\.png", guide)} == shown_names() - {"report"}

def shown_names() -> set:
    return {p.name for p in PICTURES}
