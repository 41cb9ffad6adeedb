"""Neural ODEs for the lecture: the code is the slide. Start with `resnet`."""

from importlib import import_module

from . import exercises, plotting, quiz, verify
from .activations import Activation, relu, tanh
from .datasets import blobs, disk_in_ring, moons, nearest_target
from .problem import TrainingProblem
from .resnet import Weights, adjoint, cost, cost_terms, forward, gradient, tangent
from .training import Diverged, armijo, backtracking, constant, gradient_descent, minimize, train


def __getattr__(name):
    """`explore` is imported when it is asked for: it brings the widgets."""
    if name == "explore":
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
