"""The palette as those see it who see colours differently, and as it stands out from its background."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib import colors, pyplot

from neuralode_lib import plotting

SIDES = {"blue": "#c9d8f0", "red": "#f3cfca"}  # the regions of plotting.decision_regions
INKS = {name: getattr(plotting, name) for name in ("BLUE", "RED", "GREEN", "ORANGE", "BLACK")}

# Machado, Oliveira, Fernandes 2009: what is left of linear RGB when one kind of cone is missing.
MISSING_CONES = {
    "all there": np.eye(3),
    "long (protanopia)": [
        *([0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]),
    ],
    "middle (deuteranopia)": [
        *([0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]),
    ],
    "short (tritanopia)": [
        *([1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]),
    ],
}
XYZ_OF_RGB = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(color):
    rgb = np.array(colors.to_rgb(color))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIE L*a*b*, in which 1 is about the least difference that can be seen."""
    ratio = XYZ_OF_RGB @ np.clip(rgb, 0, 1) / XYZ_OF_RGB.sum(axis=1)
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / 3 / (6 / 29) ** 2 + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(a, b, cones="all there"):
    return np.linalg.norm(np.subtract(*(lab(np.array(MISSING_CONES[cones]) @ linear(c)) for c in (a, b))))


def contrast(a, b):
    """WCAG 2: from 1 to 21."""
    high, low = sorted((XYZ_OF_RGB[1] @ linear(c) + 0.05 for c in (a, b)), reverse=True)
    return high / low


def test_the_measures_measure():
    assert contrast("black", "white") == pytest.approx(21)
    assert difference("white", "black") == pytest.approx(100, abs=0.1)
    assert difference("#ff0000", "#00ff00", "middle (deuteranopia)") < difference("#ff0000", "#00ff00") / 2


@pytest.mark.parametrize("cones", MISSING_CONES)
def test_the_two_classes_are_told_apart(cones):
    assert difference(plotting.BLUE, plotting.RED, cones) > 30
    assert difference(*SIDES.values(), cones) > 10
    (_, _, circle), (_, _, square) = plotting.CLASSES
    assert circle != square  # and not by colour alone


@pytest.mark.parametrize("cones", MISSING_CONES)
@pytest.mark.parametrize("a, b", list(combinations(INKS, 2)))
def test_inks_are_told_apart(a, b, cones):
    assert difference(INKS[a], INKS[b], cones) > 10


def test_inks_stand_out():
    for ink in INKS.values():
        assert contrast(ink, "white") >= 4.5
        assert all(contrast(ink, side) >= 3 for side in SIDES.values())  # a point, a line
    with pyplot.style.context("neuralode_lib.neuralode"):
        cycle = pyplot.rcParams["axes.prop_cycle"].by_key()["color"]
        assert all(contrast(color, "white") >= 4.5 for color in cycle)
        assert pyplot.rcParams["figure.facecolor"] == "white"  # so that it reads on a dark page, too
