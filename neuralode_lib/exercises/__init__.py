"""Exercises that answer: `forward.check(my_forward)` says what is wrong, `.hint()` helps, `.solution()` shows."""

from .a import euler_step, observed_order
from .b import tangent, taylor_test
from .c import adjoint, cost, descent_step, forward, gradient, step_rule
from .d import adam_step, minibatch_gradient
from .exercise import Answer, Exercise
