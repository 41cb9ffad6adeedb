"""explore.width before it moves: least-squares fits, their errors, and where ReLUs have their kinks."""

import numpy as np
import pytest

from neuralode_lib import explore
from neuralode_lib.explore.width import FUNCTIONS, GRID, WIDTHS, fit, nodes


def test_it_says_the_error_and_where_it_is_largest():
    shown = explore.width(width=16)
    f, y = np.sin(6 * GRID) + np.abs(GRID), fit("sin 6x + |x|", "tanh", 16)[0]
    error, worst = np.sqrt(np.mean((y - f) ** 2)), np.abs(y - f).argmax()
    largest = abs(y - f)[worst]
    assert shown.numbers == f"error {error:.2g}; the largest, {largest:.2g}, at x = {GRID[worst]:.2f}"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_weights_fit_better(function):
    """The remainder is orthogonal to every node, and to the constant."""
    W, c = nodes()
    rest = fit(function, "relu", 12)[0] - FUNCTIONS[function](GRID)
    features = np.vstack([np.maximum(np.outer(W[:12], GRID) + c[:12, None], 0), np.ones_like(GRID)])
    np.testing.assert_allclose(features @ rest, 0, atol=1e-9)


def test_all_fits_are_given_and_wider_is_better():
    data = explore.width().data
    assert data["widths"] == list(WIDTHS) and set(data["f"]) == set(FUNCTIONS)
    for function, of_sigma in data["fits"].items():
        for sigma, shown in of_sigma.items():
            fits = [fit(function, sigma, n) for n in WIDTHS]
            np.testing.assert_allclose(shown["y"], [y[::4] for y, _ in fits], atol=6e-4)
            np.testing.assert_allclose(shown["error"], [error for _, error in fits], rtol=1e-9)
            assert shown["error"][-1] < shown["error"][0] / 3
    np.testing.assert_allclose(np.array(data["x"]), GRID[::4])


def test_kinks_are_where_a_node_turns_on():
    W, c = nodes()
    np.testing.assert_allclose(W * explore.width().data["kinks"] + c, 0, atol=1e-9)


def test_it_names_what_does_not_fit():
    with pytest.raises(ValueError, match="width is 5, expected one of 1, 2, 3, 4, 6"):
        explore.width(5)
    assert explore.width(np.int64(4)).numbers == explore.width(4).numbers
    with pytest.raises(ValueError, match="function is 'cos', expected one of 'sin 6x"):
        explore.width(function="cos")
    with pytest.raises(ValueError, match="activation is 'sigmoid', expected one of 'tanh', 'relu'"):
        explore.width(activation="sigmoid")
