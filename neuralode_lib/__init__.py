"""Neural ODEs for the lecture: the code is the slide. Start with `resnet`.

A name is imported when it is first asked for, so that `import neuralode_lib` takes no time and needs no widgets.
"""

from importlib import import_module

_NAMES = {
    "activations": ["Activation", "relu", "tanh"],
    "datasets": ["blobs", "disk_in_ring", "moons", "nearest_target"],
    "fused": [],
    "problem": ["TrainingProblem"],
    "resnet": ["Weights", "adjoint", "cost", "cost_terms", "forward", "gradient", "tangent"],
    "descent": ["Diverged", "gradient_descent", "stochastic_gradient_descent"],
    "rules": ["adam", "armijo", "backtracking", "constant", "decaying", "momentum"],
    "training": ["minimize", "patience", "train"],
}
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names}
__all__ = sorted(_MODULE_OF)
_MODULES = [*_NAMES, "exercises", "explore", "plotting", "predict", "quiz", "tape", "verify"]


def __getattr__(name):
    if name in _MODULE_OF:
        return getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
    if name in _MODULES:
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *_MODULE_OF, *_MODULES])
