# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.study.site import *
import pytest
from neuralpha.core import write_json

def test_numbers_as_text():
    m = {"value": -.04567, "unit": "correlation", "low": -.1, "high": .02}
    assert number(m) == "−0.046" and interval(m) == "[−0.100, 0.020]" and number(None) == "–" == number({"value": None})

def test_text_from_data_is_escaped():
    from neuralpha.study.site import render
    page = render("data", title="<b>", study="s", nav=[("<i>", "a")], here="a", footer="", universes=[
        dict(slug="<script>alert(1)</script>", panel="", close_only=False, skipped={}, columns=["<u>"], checks=[["<img onerror=1>"]], survivorship=dict(known=True, text="<s>", rows=[]))])
    for tag in ("<b>", "<i>", "<script>alert", "<u>", "<img onerror"): assert tag not in page
