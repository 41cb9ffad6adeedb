"""Exercises that answer: `forward.check(my_forward)` says what is wrong, `.hint()` helps, `.solution()` shows."""

from . import detective, proof, solved
from .a import euler_step, observed_order
from .b import tangent, taylor_test
from .c import cost, forward
from .c_descent import descent_step, step_rule
from .c_gradient import adjoint, gradient
from .d import adam_step, minibatch_gradient
from .e import heun_layer
from .exercise import Exercise
from .network import my_network
from .overview import Overview

IN_THE_COURSE = """euler_step observed_order tangent taylor_test
    forward cost adjoint gradient descent_step step_rule minibatch_gradient adam_step
    heun_layer""".split()


def progress():
    """What has been solved so far in this course, in all its notebooks; in a page also the questions answered."""
    return Overview(solved.progress(IN_THE_COURSE))
