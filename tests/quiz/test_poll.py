"""The poll's widgets and callbacks."""

import re

import numpy as np
from variants import with_value

from neuralode_lib import quiz


def test_poll_counts_draws_and_reveals():
    poll = quiz.question("B7").poll()
    for letter, times in {"A": 3, "B": 1}.items():
        for _ in range(times):
            poll.plus[letter].click()
    poll.votes["D"].value = 4
    assert [poll.votes[c].value for c in "ABCD"] == [3, 1, 0, 4]
    assert [re.sub("<.*?>", "", poll.bars[c].value).strip() for c in "ABCD"] == [
        "3 (38 %)",
        "1 (12 %)",
        "0 (0 %)",
        "4 (50 %)",
    ]
    widths = [float(re.search(r"width:([\d.]+)em", poll.bars[c].value)[1]) for c in "ABCD"]
    np.testing.assert_allclose(widths, np.array([3, 1, 0, 4]) * widths[3] / 4)
    assert not any("right" in poll.bars[c].value for c in "ABCD") and poll.answer.value == ""
    poll.buttons["Reveal"].click()
    assert [c for c in "ABCD" if "✓ right" in poll.bars[c].value] == ["B", "D"]
    assert all(f"<b>{c}</b>" in poll.answer.value for c in "ABCD")
    poll.buttons["Clear"].click()
    assert [poll.votes[c].value for c in "ABCD"] == [0, 0, 0, 0] and poll.answer.value == ""
    assert not any("right" in poll.bars[c].value for c in "ABCD")


def test_poll_shows_an_exception():
    poll = with_value(quiz.question("B7"), "A", lambda problem: 1 / 0).poll()
    poll.buttons["Reveal"].click()
    assert "ZeroDivisionError" in poll.answer.value
