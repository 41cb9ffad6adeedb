"""What a notebook computes with a function of its own, computed by other means."""

from pathlib import Path

import jupytext
import numpy as np
import pytest

from neuralode_lib import tanh

SCRIPT = Path(__file__).parents[1] / "notebooks/scripts/12b_sensitivity_and_adjoint.py"


@pytest.mark.parametrize("times, number", [(1.0, 290), (1.5, 278), (3.0, 300)])
def test_first_layers_get_as_little_in_so_many_of_300_draws(times, number):
    rngs = [np.random.default_rng(seed) for seed in range(300)]
    V = times * np.array([rng.standard_normal((100, 2, 2)) for rng in rngs]) / np.sqrt(2)
    b = times * np.array([rng.standard_normal((100, 2)) for rng in rngs]) / 10
    x = [np.tile([1.0, 2.0], (300, 1))]
    for k in range(100):
        x.append((V[:, k] @ np.tanh(x[k])[:, :, None])[:, :, 0] + b[:, k])
    price, sizes = x[-1] - [0.0, 1.0], np.empty((100, 300))
    for k in reversed(range(100)):
        sizes[k] = np.linalg.norm(price, axis=1) * np.linalg.norm(np.tanh(x[k]), axis=1)
        price = (1 - np.tanh(x[k]) ** 2) * (price[:, None] @ V[:, k])[:, 0]
    assert np.sum(sizes[:10].max(axis=0) < 1e-9 * sizes[-1]) == number


def test_sizes_of_the_gradient_are_those_of_the_complex_step():
    names = {"np": np, "tanh": tanh}
    for cell in jupytext.read(SCRIPT).cells:
        if cell.source.startswith(("def states_of(", "def gradient_sizes(")):
            exec(cell.source, names)
    rng = np.random.default_rng(0)
    V, b = rng.standard_normal((4, 2, 2)), rng.standard_normal((4, 2))

    def J(V, keep):
        x = np.array([1.0, 2.0])
        for V_k, b_k in zip(V, b, strict=True):
            x = keep * x + V_k @ np.tanh(x) + b_k
        return np.sum((x - [0.0, 1.0]) ** 2) / 2

    for keep in (0, 1):
        gradient = np.zeros(V.shape)
        for entry in np.ndindex(V.shape):
            moved = V.astype(complex)
            moved[entry] += 1e-30j
            gradient[entry] = J(moved, keep).imag / 1e-30
        expected = np.linalg.norm(gradient, axis=(1, 2))
        np.testing.assert_allclose(names["gradient_sizes"](V, b, keep), expected, rtol=1e-12)
