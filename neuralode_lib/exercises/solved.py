"""Which exercises have been solved in this course: kept in a small file beside the notebooks, which may be deleted.

The environment variable NEURALODE_PROGRESS names another file.
"""

import json
import os
import sys
from pathlib import Path

FILE = os.environ.get("NEURALODE_PROGRESS", ".neuralode-progress.json")
_now, _saved = set(), True


def remember(name):
    """Keep it, in a notebook: whoever checks from a script, a grader or a test, has not solved it."""
    global _saved
    if not _in_a_notebook():
        return
    _now.add(name)
    try:
        Path(FILE).write_text(json.dumps({"solved": sorted(_now | _before())}) + "\n", encoding="utf-8")
        _saved = True
    except OSError:
        _saved = False


def progress(names):
    """How many of the exercises of these names have been solved, and which."""
    found = _now | _before()
    done, open_ = ([name for name in names if (name in found) is solved] for solved in (True, False))
    text = f"exercises {len(done)} of {len(names)}"
    text += f": {', '.join(done)}" if done else ""
    text += f"\nstill to do: {', '.join(open_)}" if open_ else ""
    return text if _saved else f"{text}\n(This is not kept: {Path.cwd()} cannot be written to.)"


def _before():
    try:
        return set(json.loads(Path(FILE).read_text(encoding="utf-8"))["solved"])
    except (OSError, ValueError, TypeError, KeyError):
        return set()


def _in_a_notebook():
    return "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None
