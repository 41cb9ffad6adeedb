"""What picture.js and plane.js write: numbers, and the ticks of an axis."""

import javascript
import pytest

SOURCE = javascript.source("picture.js", "plane.js")

FIXED = "return given.numbers.map((x) => fixed(x, given.digits));"

# An axis from .. to that is so many pixels long; em is the height of its type.
TICKS = """
const { from, to, pixels, axis } = given, em = 16;
const plane = { em, shown: { [axis]: [from, to] }, factor: { [axis]: pixels / (to - from) } };
return Plane.prototype.ticks.call(plane, axis).map(([text, at]) => [text, at]);
"""


@javascript.needs_node
def test_a_zero_has_no_minus():
    numbers = [-0.0004, 0.0004, -0.0006, -1.5, 0, -100]
    (said,) = javascript.run([(SOURCE, FIXED, {"numbers": numbers, "digits": 3})])
    assert said == ["0.000", "0.000", "-0.001", "-1.500", "0.000", "-100.000"]


@javascript.needs_node
@pytest.mark.parametrize("pixels", [60, 100, 150, 300])
@pytest.mark.parametrize(("from_", "to"), [(-0.9, 1.3), (-1.35, 0.12), (0.2, 3.9), (-2.2, 2.2)])
def test_an_axis_upwards_has_two_ticks_at_least(from_, to, pixels):
    given = {"from": from_, "to": to, "pixels": pixels, "axis": "y"}
    (ticks,) = javascript.run([(SOURCE, TICKS, given)])
    assert len(ticks) >= 2 and all(float(text) == pytest.approx(at) and from_ <= at <= to for text, at in ticks)
