"""Multiple-choice questions whose key is computed: `quiz.question("B6")`, then `.check("C")`, `.hint()`, `.solution()`.

The questions stand in a.py to e.py, the problems that they are evaluated on in problems.py.
"""

from functools import cache

from .question import Option, Question


def question(id):
    """The question of that id, such as "B6"; ValueError, with all ids, where there is none."""
    if not isinstance(id, str) or id.lower() not in _all():
        raise ValueError(f"there is no question {id!r}, expected one of {', '.join(ids())}")
    return _all()[id.lower()]


def ids():
    """The ids of all questions, in the order in which the notebooks ask them."""
    return [question.id for question in _all().values()]


@cache
def _all():
    from . import a, b, c, d, e  # here and not above: they need scipy, and whoever imports quiz may ask nothing

    return {question.id.lower(): question for part in (a, b, c, d, e) for question in part.QUESTIONS}


__all__ = ["Option", "Question", "ids", "question"]
