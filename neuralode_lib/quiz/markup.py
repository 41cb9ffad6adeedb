"""Our own texts as HTML, which notebooks and pages show, with a script that needs no kernel and no network."""

import re
from functools import cache
from html import escape
from pathlib import Path


def unwrapped(text):
    """One line for each paragraph, as in the notebooks."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text.strip()))


def html(markdown):
    """Paragraphs, bold, italics and code of our own Markdown as HTML; mathematics is left to MathJax."""
    return "".join(f"<p>{_inline(paragraph)}</p>" for paragraph in markdown.split("\n\n"))


def details(summary, content):
    """What opens, also where no script runs."""
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"


def scripted(kind, path, content, **data):
    """The content in an element of class `kind` with the style and script of `path`.css and `path`.js.

    data are the element's data-attributes. There is no id and nothing global in it: a page may show it several times,
    and the script finds its element from document.currentScript. Where scripts are removed, the content remains.
    """
    given = "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())
    return "\n".join(
        [
            f'<div class="{kind}"{given}>',
            f"<style>\n{_read(path.with_suffix('.css'))}</style>",
            content,
            f"<script>\n{_read(path.with_suffix('.js'))}</script>",
            "</div>",
        ]
    )


@cache
def _read(path: Path):
    return path.read_text(encoding="utf-8")


def _inline(text):
    parts = re.split(r"(\$\$.+?\$\$|\$.+?\$|`.+?`)", text)
    for n, part in enumerate(parts):
        part = escape(part, quote=False)
        if n % 2 == 0:
            part = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", part)
            part = re.sub(r"\*(.+?)\*", r"<i>\1</i>", part)
        elif part.startswith("`"):
            part = f"<code>{part[1:-1]}</code>"
        parts[n] = part
    return "".join(parts)
