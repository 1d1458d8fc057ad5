"""Sphinx configuration of the documentation; `make docs` writes the pages it reads into docs/_src."""

from configparser import ConfigParser
from pathlib import Path
from docutils.nodes import SkipNode
from latex2mathml.converter import convert

ini = ConfigParser(delimiters=["="])
ini.read(Path(__file__).parent.parent / "settings.ini", encoding="utf-8")
project, release, copyright = (ini["DEFAULT"][k] for k in ("title", "version", "copyright"))

extensions = ["myst_nb"]
nb_execution_mode = "off"  # they were run before
nb_output_stderr = "remove"
nb_merge_streams = True
nb_render_markdown_format = "myst"
myst_enable_extensions = ["attrs_inline", "attrs_block", "colon_fence", "dollarmath", "deflist"]
myst_dmath_double_inline = True
myst_heading_anchors = 3
suppress_warnings = ["ref.python"]  # a name may be a class in two rooms; the page of the first is linked

html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_show_search_summary = False  # would fetch pages, which a browser refuses on a site opened from disk
html_search_scorer = str(Path(__file__).parent / "search_order.js")
html_math_renderer = "mathml"
html_theme_options = {"navigation_with_keys": True}
pygments_style, pygments_dark_style = "friendly", "github-dark"
python_maximum_signature_line_length = 76
toc_object_entries_show_parents = "hide"


def math_visitor(display):
    def visit(self, node):
        self.body.append(convert(node.astext(), display=display))
        raise SkipNode

    return visit, None


def setup(app):
    """Formulas as MathML: browsers draw it themselves, without a script from elsewhere."""
    app.add_html_math_renderer("mathml", math_visitor("inline"), math_visitor("block"))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
