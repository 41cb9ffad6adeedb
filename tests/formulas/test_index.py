"""Each formula id has a test and stands in a notebook: <small>A5</small>, <small>A5, A6</small>."""

import re
from pathlib import Path

HERE = Path(__file__).parent
SCRIPTS = sorted((HERE.parents[1] / "notebooks" / "scripts").glob("12*.py"))

IDS = {f"{part}{n}" for part, last in (("A", 8), ("B", 11), ("C", 9), ("D", 8), ("E", 7)) for n in range(1, last + 1)}


def test_every_id_has_a_test():
    tested = set()
    for file in HERE.glob("test_[A-E].py"):
        for name in re.findall(
            r"^def test_((?:[A-E]\d+_)+)", file.read_text(encoding="utf-8"), re.MULTILINE
        ):
            assert name.startswith(file.stem[-1]), f"{name} stands in {file.name}"
            tested.update(name.strip("_").split("_"))
    assert tested == IDS


def test_every_id_stands_in_a_notebook_and_no_other():
    shown = set()
    for script in SCRIPTS:
        for small in re.findall(r"<small>(.*?)</small>", script.read_text(encoding="utf-8")):
            shown.update(re.findall(r"\b[A-E]\d+\b", small))
    assert shown == IDS, f"not shown: {sorted(IDS - shown)}; unknown: {sorted(shown - IDS)}"
