"""What the tests use of jupytext, whose own packages are not all in Pyodide: the cells of a script."""

import re
from types import SimpleNamespace


def read(script):
    parts = re.split(r"^# %%(.*)\n", script.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    kinds = ["markdown" if head.startswith(" [markdown]") else "code" for head in parts[::2]]
    return SimpleNamespace(
        cells=[SimpleNamespace(cell_type=kind, source=source) for kind, source in zip(kinds, parts[1::2], strict=True)]
    )
