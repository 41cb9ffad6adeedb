"""Sphinx's settings for the pages of `make html`. What it reads is written to build/html-source by pages.py."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(path.stem for path in ROOT.glob("notebooks/*.ipynb"))
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "formulas")]  # the tests are shown, too

project = html_title = "Neural ODEs"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.viewcode", "sphinx.ext.mathjax"]

nb_execution_mode = "off"  # the stored outputs are shown; `make test` compares them with new ones
nb_merge_streams = True
myst_enable_extensions = ["colon_fence", "dollarmath", "substitution"]
myst_substitutions = {"decks": ", ".join(f'<a href="slides/{name}.html">{name[:3].upper()}</a>' for name in NOTEBOOKS)}
mathjax_path = "tex-svg-full.js"
# What questions and predictions store as Markdown and as HTML has formulas, too.
nb_render_markdown_format = "myst"
myst_mathjax_classes = "math|text_html"
mathjax3_config = {"tex": {"inlineMath": [["\\(", "\\)"], ["$", "$"]]}}
autodoc_member_order = "bysource"

html_theme = "furo"
html_static_path = ["static", "../node_modules/mathjax/es5/tex-svg-full.js"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = html_use_index = html_domain_indices = False
html_show_copyright = html_show_sphinx = False


def text_as_it_is(app, what, name, obj, options, lines):
    """Our docstrings are plain text: |x|^2 and *args are no reStructuredText, and `code` is code."""
    for n, line in enumerate(lines):
        parts = line.split("`")
        parts[::2] = [re.sub(r"([\\*|_])", r"\\\1", part) for part in parts[::2]]
        lines[n] = "``".join(parts)


def one_list(app, page, template, context, doctree):
    """viewcode puts lists of submodules beside the entries of a list, where only entries may stand."""
    if page == "_modules/index":
        heading, entries = context["body"].split("<ul>", 1)
        context["body"] = f"{heading}<ul>{re.sub('</?ul>', '', entries)}</ul>"


def no_fields(app, what, name, obj, skip, options):
    """A NamedTuple's fields are in its docstring; Python's own text says only which number they have."""
    return True if str(getattr(obj, "__doc__", "")).startswith("Alias for field number") else None


def setup(app):
    app.connect("autodoc-skip-member", no_fields)
    app.connect("autodoc-process-docstring", text_as_it_is)
    app.connect("html-page-context", one_list)
