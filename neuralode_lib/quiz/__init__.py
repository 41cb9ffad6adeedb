"""Multiple-choice questions whose key is computed: `quiz.question("B6")`, then `.check("C")`, `.hint()`, `.solution()`.

The questions stand in a.py to d.py, the problems that they are evaluated on in problems.py.
"""

from functools import cache

from .question import Option, Question


def question(id):
    """The question of that id, such as "B6"; ValueError, with all ids, where there is none."""
    if id not in ids():
        raise ValueError(f"there is no question {id!r}, expected one of {', '.join(ids())}")
    return _all()[id]


def ids():
    """The ids of all questions, in the order in which the notebooks ask them."""
    return list(_all())


@cache
def _all():
    from . import a, b, c, d  # here and not above: they need scipy, and whoever imports quiz may ask nothing

    return {question.id: question for part in (a, b, c, d) for question in part.QUESTIONS}


__all__ = ["Option", "Question", "ids", "question"]
