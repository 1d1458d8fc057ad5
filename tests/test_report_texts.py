# Exported from nbs/ by `make sync`; edit the notebook.
from neuralpha.report.texts import *
import io
import numpy as np
import pytest
from neuralpha.report.texts import remember_texts

import matplotlib.pyplot as plt

def _figure(xlabel="a formula: $\\sigma^2$", **rc):
    with plt.rc_context(rc):
        fig, ax = plt.subplots(figsize=(5, 3), layout="constrained")
        ax.plot([0, 1, 2], [0.1, 0.3, 0.2], label="Ünicode, kerned: AVATAR")
        ax.set(title="two lines\nof a title", ylabel="mean IC", xlabel=xlabel)
        ax.text(0.4, 0.2, "turned", rotation=33.3, fontsize=17, fontfamily="serif")
        ax.text(1.4, 0.15, "jagged", antialiased=False, ha="right", va="top")
        ax.tick_params(axis="x", rotation=45)
        ax.legend()
        png = io.BytesIO()
        fig.savefig(png, dpi=rc.get("figure.dpi", 70))
        plt.close(fig)
    return png.getvalue()

@pytest.fixture
def remembering(monkeypatch):
    """Matplotlib with a memory, for one test."""
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.text import Text

    if not hasattr(RendererAgg, "_draw_text_glyphs_and_boxes"):
        pytest.skip("matplotlib before 3.11 paints whole texts")
    monkeypatch.setattr(Text, "_get_layout", Text._get_layout)  # is put back, whatever stands there then
    for name in ("get_text_width_height_descent", "draw_text", "_draw_text_glyphs_and_boxes"):
        monkeypatch.setattr(RendererAgg, name, getattr(RendererAgg, name))
    return remember_texts

SETTINGS = [
    {},
    {"font.sans-serif": ["DejaVu Sans Mono"]},
    {"font.size": 14},
    {"text.hinting": "none"},
    {"figure.dpi": 131},
]

def test_figures_are_the_same_to_the_last_byte_whatever_was_drawn_before(remembering):
    plain = [_figure(**rc) for rc in SETTINGS]
    assert len(set(plain)) == len(SETTINGS)
    remembering()
    for _ in range(2):
        assert [_figure(**rc) for rc in SETTINGS] == plain

def test_a_text_is_shaped_and_a_glyph_painted_once(remembering, monkeypatch):
    import neuralpha.report.texts as module
    from matplotlib.backends.backend_agg import RendererAgg

    shaped, painted = [], []
    shape, paint = RendererAgg._prepare_font, module._painted
    monkeypatch.setattr(RendererAgg, "_prepare_font", lambda self, font: shaped.append(font) or shape(self, font))
    monkeypatch.setattr(module, "_painted", lambda *how: painted.append(how) or paint(*how))
    remembering()
    _figure("date")
    first = len(shaped), len(painted)
    _figure("date")
    again = len(shaped) - first[0], len(painted) - first[1]
    assert min(first) > 20 and again == (0, 0)

def test_a_memory_is_emptied_before_it_grows_too_large(monkeypatch):
    import neuralpha.report.texts as module

    monkeypatch.setattr(module, "_MOST", 3)
    memory = {}
    assert [module._keep(memory, key, -key) for key in range(4)] == [0, -1, -2, -3] and memory == {3: -3}
