import ast
from itertools import islice
from types import SimpleNamespace

import jupytext
import numpy as np
import oracles
import pytest

import neuralode_lib as node
from neuralode_lib import TrainingProblem, Weights, tanh


@pytest.fixture
def notebook(request):
    """The functions that the notebook of the test's SCRIPT defines, and what they use."""
    names = {"np": np, "node": node, "tanh": tanh, "islice": islice, "constant": node.constant}
    for cell in jupytext.read(request.module.SCRIPT).cells:
        if cell.cell_type == "code":
            functions = [line for line in ast.parse(cell.source).body if isinstance(line, ast.FunctionDef)]
            exec(compile(ast.Module(functions, []), request.module.SCRIPT.name, "exec"), names)
    return SimpleNamespace(names=names, **{n: f for n, f in names.items() if callable(f)})


def V(t):
    return np.array([[1 - t, 2 * np.sin(2 * t)], [t**2 - 1, 0.5 + t]])


def b(t):
    return np.array([np.cos(3 * t), 0.8 - t])


@pytest.fixture(scope="session")
def ode():
    """A neural ODE with smooth weights, V(t) not symmetric, three samples, no factor 1."""
    x_in = np.array([[0.3, -0.6, 1.1], [-0.9, 0.4, 0.2]])
    y_out = np.array([[0.0, 2.0, -1.0], [1.0, 1.0, 0.5]])
    return oracles.NeuralODE(V, b, x_in, y_out, T=1.5, w1=1.3, w2=0.7)


@pytest.fixture
def discretised(ode):
    """The same as the library's problem with so many layers, V_k = V(t_k) and b_k = b(t_k)."""

    def discretise(layers):
        problem = TrainingProblem(ode.x_in, ode.y_out, ode.T, layers + 1, ode.w1, ode.w2, tanh)
        times = [k * ode.T / layers for k in range(layers)]
        return problem, Weights([ode.V(t) for t in times], [ode.b(t) for t in times])

    return discretise


@pytest.fixture
def assert_first_order():
    """Twice the layers, half the error: the observed order is within 0.05 of 1."""

    def check(error_with, layers=(128, 256, 512)):
        errors = [error_with(n) for n in layers]
        orders = -np.diff(np.log(errors)) / np.diff(np.log(layers))
        assert (abs(orders - 1) < 0.05).all(), f"errors {errors}, observed orders {orders}"

    return check
