"""What several tests of the quiz need."""

from dataclasses import replace

import pytest

from neuralode_lib import quiz

every_question = pytest.mark.parametrize("id", quiz.ids())


def with_value(question, letter, value):
    """The question, that letter's option evaluated by another function."""
    options = list(question.options)
    n = question.letters.index(letter)
    options[n] = replace(options[n], value=value)
    return replace(question, options=tuple(options))
