"""Figures to play with, one file each: move something, and see what changes."""

from .adjoint import adjoint
from .by_hand import by_hand
from .digit import digit
from .euler import euler
from .flow import flow
from .noise import noise
from .space import space
from .tangent import tangent
from .training import training
from .width import width

__all__ = ["adjoint", "by_hand", "digit", "euler", "flow", "noise", "space", "tangent", "training", "width"]
