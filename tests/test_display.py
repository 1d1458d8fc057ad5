# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.display import *
import pandas as pd
import pytest

def test_what_is_handed_in_is_escaped_once_and_parts_are_not():
    table = table_html(pd.DataFrame({"<b>": ["a & b"]}))
    assert "<table" in table and "&lt;b&gt;" in table and "a &amp; b" in table
    shown = page_part("scrolling", table, "<i>")
    assert "<table" in shown and "&lt;i&gt;" in shown and "&amp;lt;" not in shown
    assert "&lt;script&gt;" in page_part("said", ["<script>"]) and "<script>" not in page_part("bullets", ["<script>"])

def test_a_name_that_was_not_handed_in_is_an_error():
    import jinja2

    with pytest.raises(jinja2.UndefinedError, match="text"):
        row = {"letters": "a", "model": "m", "is_baseline": False, "is_among_best": True, "cells": [{}]}
        page_part("board", ["a"], [row], "", [])

def test_a_framed_page_is_the_page_that_was_handed_in():
    from bs4 import BeautifulSoup

    page = "<h1 class=\"big\">1 < 2 & 'three'</h1>"
    window = BeautifulSoup(framed(page, 90).data, "html.parser").find("iframe")
    assert window["srcdoc"] == page and "height: 90px" in window["style"]
