"""Our own Markdown as HTML: paragraphs, bold, italics, code; mathematics is left to MathJax."""

import re
from html import escape


def unwrapped(text):
    """One line for each paragraph, as in the notebooks."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text.strip()))


def html(markdown):
    """Paragraphs, bold, italics and code of our own texts as HTML; mathematics is left to MathJax."""
    return "".join(f'<p style="margin:0 0 .5em">{_inline(block)}</p>' for block in markdown.split("\n\n"))


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
