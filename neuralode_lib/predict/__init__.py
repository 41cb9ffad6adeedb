"""Predict, commit, then look: `predict.ask("A-width")` at the end of a cell, or `with predict.ask("A-width"):` above
what computes the answer.

The answers are words of the notebooks and stand in a.py to e.py; how they are asked for stands in `prediction.py`.
"""

from . import a, b, c, d, e
from .prediction import Prediction

_ANSWERS = a.ANSWERS | b.ANSWERS | c.ANSWERS | d.ANSWERS | e.ANSWERS


def ask(id):
    """A field for what the reader predicts, and the answer to open; ValueError, with all ids, where there is none."""
    if not isinstance(id, str) or id not in _ANSWERS:
        raise ValueError(f"there is no prediction {id!r}, expected one of {', '.join(_ANSWERS)}")
    return Prediction(id, _ANSWERS[id])


def ids():
    """The ids of all predictions, in the order in which the notebooks ask for them."""
    return list(_ANSWERS)
