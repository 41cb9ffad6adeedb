"""Gradients with a planted fault: find out by experiments which one it is.

    case = detective.case(1)
    case.gradient(problem, weights)     # an experiment, on any problem, at any weights
    case.accuse("transpose")
"""

from hashlib import sha256

import numpy as np

from .. import checks
from ..problem import TrainingProblem
from ..resnet import Weights
from .diagnosis import close_parts
from .exercise import Answer
from .run import quiet

FAULTS = {
    "nothing": "the gradient is right",
    "transpose": "V phi for V^T phi in the adjoint",
    "sigma": "sigma'(x_k) is left out of the adjoint",
    "w1": "the running cost is left out of the adjoint",
    "outer": "sigma phi^T for phi sigma^T in the gradient",
    "index": "sigma(x_{k+1}) for sigma(x_k) in the gradient",
    "w2": "the penalty is left out",
    "dt": "dt is left out at the penalty",
}
CASES = 6  # fewer than faults: what is left over at the end may not be in any case


def case(number):
    """The case of that number, with no experiment made yet."""
    return Case(checks.integer("number", number, 1, CASES))


class Case:
    """A gradient that may be wrong in one way, the same at each call. `experiments` counts them."""

    def __init__(self, number):
        self.number, self._seen, self._accused = number, [], set()

    def __repr__(self):
        return f"case {self.number} of {CASES}, experiments: {self.experiments}"

    @property
    def experiments(self):
        return len(self._seen)

    def gradient(self, problem, weights):
        """What this case takes for the gradient of J, a Weights. It counts as an experiment."""
        checks.instance("problem", problem, TrainingProblem, "a TrainingProblem(x_in, y_out, ...)")
        problem.fitting(weights, real=True)
        self._seen.append((problem, Weights.from_theta(weights.theta.copy())))
        return gradient(problem, weights, self._fault)

    def accuse(self, fault):
        """Say which fault it is, one of FAULTS: an Answer that says whether your experiments speak for it."""
        if not isinstance(fault, str) or fault not in FAULTS:
            came = "" if fault is ... else f"{checks.shown(fault)} is no fault that we know.\n"
            faults = "\n".join(f'    "{name}": {what}' for name, what in FAULTS.items())
            return Answer(f"{came}Accuse one of these:\n{faults}")
        if not self._seen:
            return Answer("No experiment yet: first ask case.gradient(problem, weights).")
        if fault == self._fault:
            others = [f'"{name}"' for name in FAULTS if name != fault and self._contradiction(name) is None]
            made = f"{self.experiments} experiment{'s' * (self.experiments > 1)}"
            if wrong := len(self._accused):
                made += f" and {wrong} wrong accusation{'s' * (wrong > 1)}"
            doubt = f"It was a guess, though: so far it could have been {' or '.join(others)}, too."
            return Answer(f"Right, after {made}: {FAULTS[fault]}. {doubt if others else 'Nothing else fits.'}", "✓")
        self._accused.add(fault)
        number = self._contradiction(fault)
        if number is None:
            return Answer("Not this one, though it fits all you have seen: your experiments cannot tell.", "✗")
        return Answer(f'Not this one. With "{fault}" experiment {number} would have given another gradient.', "✗")

    @property
    def _fault(self):
        return sorted(FAULTS, key=lambda name: sha256(f"fault: {name}".encode()).digest())[self.number - 1]

    def _contradiction(self, fault):
        """The number of the first experiment that would have come out differently with that fault, or None."""
        for number, (problem, weights) in enumerate(self._seen, 1):
            found, other = (gradient(problem, weights, f).theta for f in (self._fault, fault))
            if not close_parts([found], [other]):
                return number


def gradient(problem, weights, fault):
    """The gradient of J (C4, C5) with that fault in it."""
    dt, sigma, dsigma = problem.dt, problem.activation.sigma, problem.activation.dsigma
    x, y_out, V = problem.states(weights), problem.y_out, weights.V
    with quiet():
        phi = np.empty(x[1:].shape)
        phi[-1] = x[-1] - y_out
        for k in range(len(phi) - 1, 0, -1):
            pulled = (V[k] if fault == "transpose" else V[k].T) @ phi[k]
            pulled = pulled if fault == "sigma" else dsigma(x[k]) * pulled
            running = 0.0 if fault == "w1" else problem.w1 * (x[k] - y_out)
            phi[k - 1] = phi[k] + dt * (pulled + running)
        s = sigma(x[1:] if fault == "index" else x[:-1])
        of_V = np.einsum("kni,kmi->knm", s, phi) if fault == "outer" else np.einsum("kni,kmi->knm", phi, s)
        data = np.concatenate([of_V, phi.sum(axis=2)[:, :, None]], axis=2)
        penalty = {"w2": 0.0, "dt": 1.0}.get(fault, dt) * problem.w2
        return Weights.from_theta(dt * data + penalty * weights.theta)
