"""Neural ODEs for the lecture: the code is the slide. Start with `resnet`."""

from . import plotting, verify
from .activations import Activation, relu, tanh
from .datasets import blobs, disk_in_ring, moons, nearest_target
from .problem import TrainingProblem
from .resnet import Weights, adjoint, cost, cost_terms, forward, gradient, tangent
from .training import Diverged, armijo, backtracking, constant, gradient_descent, minimize, train
