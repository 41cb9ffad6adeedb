"""The exercises of 12.C: a step of gradient descent, and the exercise sheet's step rule."""

from itertools import count

import numpy as np
from scipy.optimize import brentq

from ..problem import TrainingProblem
from ..resnet import Weights
from .exercise import B, Exercise, V, split_weights
from .run import Wrong


def descend(weights, gradient, gamma):
    """A step of gradient descent (C6)."""
    return weights - gamma * gradient


descent_step = Exercise(
    name="descent_step",
    functions=(descend,),
    arguments=lambda p: {"weights": p.weights, "gradient": p.gradient, "gamma": 0.3 * p.dt},
    parts={"the new V": V, "the new b": B},
    split=split_weights,
    mistakes="""
        weights - gamma -> weights + gamma
            You go uphill: weights minus gamma times the gradient.
        gamma * gradient -> gradient
            gamma is missing.
        gamma * gradient -> gamma**2 * gradient
            The factor gamma is there twice.
        gamma * gradient -> gamma / 2 * gradient
        gamma * gradient -> 2 * gamma * gradient
            gamma has no other factor.
        weights - gamma * gradient -> gamma * gradient
        weights - gamma * gradient -> -1.0 * gamma * gradient
            The old weights are missing: this is the step alone.
        gamma * gradient -> gamma * Weights(gradient.V, 0 * gradient.b)
            b has not moved.
        gamma * gradient -> gamma * Weights(0 * gradient.V, gradient.b)
            V has not moved.
        weights - gamma * gradient -> gradient - gamma * weights
            The weights and the gradient have changed places.
        weights - gamma * gradient -> gamma * gradient - weights
            The sign is wrong: the weights minus the step, not the step minus the weights.
        weights - gamma * gradient -> gamma * (weights - gradient)
        weights - gamma * gradient -> gamma * weights - gradient
            gamma is the gradient's factor: weights - gamma * gradient.
        gamma * gradient -> (1 / gamma) * gradient
            You divide by gamma.
        gamma * gradient -> (gamma / gradient.norm()) * gradient
        gamma * gradient -> gamma * Weights(*(a / np.linalg.norm(a) for a in (gradient.V, gradient.b)))
            The gradient is taken as it is, not scaled to length 1.
        gamma * gradient -> gamma * Weights(*(a / np.abs(a).max() for a in (gradient.V, gradient.b)))
            The gradient is taken as it is, not scaled to largest entry 1.
        gamma * gradient -> gamma * Weights(np.sign(gradient.V), np.sign(gradient.b))
            The gradient is taken as it is, not its sign.
        gamma * gradient -> gamma * Weights(gradient.V.swapaxes(1, 2), gradient.b)
            The gradient in V is not transposed.
        weights - gamma * gradient -> (1 - gamma) * weights - gamma * gradient
            The old weights are taken as they are, not made smaller.
        weights - gamma * gradient -> 1.0 * weights
            The weights have not moved.
        gamma * gradient -> gamma * Weights.from_theta(np.eye(1, len(gradient.V))[0, :, None, None] * gradient.theta)
            Only the first layer has moved: all layers do.
    """,
    hints=[
        "Against the gradient, and gamma says how far.",
        "V_k - gamma (grad_V J)_k and b_k - gamma (grad_b J)_k, for all layers at once.",
        "Weights subtract and scale like vectors: gamma * gradient is a Weights, too.",
    ],
    note=": one for each layer",
)


def backtrack(problem, weights, J, gradient, gamma):
    """First try 0.004, later twice the last gamma, and halve it until J is not larger (the exercise sheet's rule)."""
    direction = Weights(largest_one(gradient.V), largest_one(gradient.b))
    gamma = 0.004 if gamma is None else 2 * gamma
    for tries in count(1):
        new = weights - gamma * direction
        if problem.cost(new) <= J:
            return new, gamma, tries
        gamma = gamma / 2


def largest_one(a):
    """a, scaled to a largest entry of 1 or -1, unless it is zero."""
    return a / (np.abs(a).max() or 1.0)


def _given(p):
    if p.d in (1, 4):  # then there is no largest entry to divide by
        (p.gradient.V if p.d == 1 else p.gradient.b)[...] = 0
    if p.N_T == 5:
        p.gradient.theta[...] *= 0.01  # all entries below 1
    gamma = {6: None, 5: 0.4, 4: 10.0, 3: 0.02, 2: 10.0}[p.N_T]
    return {"problem": p.problem, "weights": p.weights, "J": p.J, "gradient": p.gradient, "gamma": gamma}


def _at_the_edge(p, factor):
    """The first try makes J as large as it was, times about `factor`."""
    direction = Weights(largest_one(p.gradient.V), largest_one(p.gradient.b))
    edge = brentq(lambda gamma: TrainingProblem.cost(p.problem, p.weights - gamma * direction) - p.J, 1e-3, 1e3)
    return {**_given(p), "gamma": factor * edge / 2}


def _nearly_uphill(p):
    """Along this gradient J falls a very little, and only where gamma is about 1e-5 or less."""
    slope, V = p.gradient.V, largest_one(p.direction.V)
    V = largest_one(V - (V * slope).sum() / (slope**2).sum() * slope)  # along it, J neither falls nor rises
    bend = TrainingProblem.cost(p.problem, Weights(p.weights.V - 1e-3 * V, p.weights.b)) - p.J
    V = V + 1e-5 * bend / 1e-6 / (slope**2).sum() * slope
    return {**_given(p), "gradient": Weights(V, 0 * p.weights.b), "gamma": 0.05}


def _not_a_number(p):
    p.problem.nan_above = 50
    return {**_given(p), "gamma": 100.0}


def _split(value):
    if not isinstance(value, tuple | list) or len(value) != 3:
        raise Wrong("Return three things: the new weights, their gamma and the number of tries.")
    if not isinstance(value[0], Weights):
        if any(isinstance(part, Weights) for part in value):
            raise Wrong("The order is another one: first the new weights, then their gamma, then the number of tries.")
        raise Wrong("The new weights must be Weights, such as Weights(V, b): node.train goes on with them.")
    return [*split_weights(value[0]), *value[1:]]


step_rule = Exercise(
    name="step_rule",
    functions=(backtrack, largest_one),
    arguments=_given,
    parts={"the new V": V, "the new b": B, "gamma": {}, "tries": {}},
    split=_split,
    coupled=True,
    traps=[
        (1, lambda p: {**_given(p), "gamma": 1e6}, "The last gamma is large here: is gamma limited, or the tries?"),
        (1, lambda p: _at_the_edge(p, 1 + 1e-7), "The first try makes J a little larger here: halve gamma."),
        (1, lambda p: _at_the_edge(p, 1 - 1e-7), "The first try makes J a little smaller here: take it."),
        (1, _nearly_uphill, "Only small steps make J smaller here: is there a smallest gamma, or a limit of tries?"),
        (1, lambda p: {**_given(p), "gamma": 1e-6}, "The last gamma is small here: is there a smallest gamma?"),
    ],
    remarks=[
        (1, _not_a_number, "(But where a large gamma makes J nan, it takes that step: nan > J is False.)"),
    ],
    mistakes="""
        Weights(largest_one(gradient.V), largest_one(gradient.b)) -> gradient
            The gradients are not scaled: the largest entry of each should be 1.
        Weights(largest_one(gradient.V), largest_one(gradient.b)) -> Weights(largest_one(gradient.V), gradient.b)
            The gradient in b is not scaled: its largest entry should be 1.
        Weights(largest_one(gradient.V), largest_one(gradient.b)) -> Weights(gradient.V, largest_one(gradient.b))
            The gradient in V is not scaled: its largest entry should be 1.
        Weights(largest_one(gradient.V), largest_one(gradient.b)) -> Weights.from_theta(largest_one(gradient.theta))
            V and b are scaled together: the exercise sheet scales each on its own.
        largest_one(gradient.b)) -> gradient.b / (np.abs(gradient.V).max() or 1.0))
            b is divided by the largest entry of V: it has its own.
        largest_one(gradient.b)) -> 0 * gradient.b)
            Only V moves: b goes along its scaled gradient, too.
        largest_one(gradient.V) -> 0 * gradient.V
            Only b moves: V goes along its scaled gradient, too.
        np.abs(a).max() or 1.0 -> max(np.abs(a).max(), 1.0)
            A gradient whose largest entry is below 1 is scaled up, too. Only zero is left as it is.
        np.abs(a).max() or 1.0 -> np.abs(a).max() + 1e-8
        np.abs(a).max() or 1.0 -> np.abs(a).max() + 1e-6
            Add nothing to the largest entry: divide by it where it is not 0, and leave a zero gradient as it is.
        np.abs(a).max() or 1.0 -> np.abs(a.max()) or 1.0
            The largest entry is the largest absolute value: np.abs(a).max().
        np.abs(a).max() -> np.linalg.norm(a)
            The gradients are scaled to length 1: it is their largest entry that should be 1.
        np.abs(a).max() -> np.abs(a).sum()
        np.abs(a).max() -> np.abs(a).mean()
            You divide by the sum or the mean of the entries: it is the largest one that should be 1.
        np.abs(a).max() -> (a.max() - a.min())
            You divide by largest minus smallest: divide by the largest absolute value.
        a / (np.abs(a).max() or 1.0) -> np.sign(a)
            You take the sign of each entry: divide all entries by the largest one.
        (np.abs(a).max() or 1.0) -> np.maximum(np.abs(a).max(axis=tuple(range(1, a.ndim)), keepdims=True), 1e-300)
            Each layer is scaled by itself: divide by the largest entry of all layers.
        0.004 if gamma is None else 2 * gamma -> 0.004 if gamma is None else gamma
            gamma is not made larger at the start: try twice the last gamma first.
        2 * gamma -> min(2 * gamma, 1.0)
            gamma is limited to 1: try twice the last gamma, whatever it is.
        2 * gamma -> 4 * gamma
            You start from 4 times the last gamma: start from twice.
        0.004 if gamma is None -> 0.008 if gamma is None
            Your first try is 0.008: 0.004 is the first try itself, not doubled.
        0.004 if gamma is None -> 0.0 if gamma is None
        0.004 if gamma is None -> 0.002 if gamma is None
        0.004 if gamma is None -> 0.001 if gamma is None
        0.004 if gamma is None -> 0.016 if gamma is None
        0.004 if gamma is None -> 0.01 if gamma is None
        0.004 if gamma is None -> 0.1 if gamma is None
        0.004 if gamma is None -> 1.0 if gamma is None
            The very first try, where gamma is None, is 0.004.
        0.004 if gamma is None else 2 * gamma -> 0.008 if gamma is None else 4 * gamma
            gamma is doubled once too often before the first try: 0.004, or twice the last gamma.
        0.004 if gamma is None else 2 * gamma -> 0.002 if gamma is None else gamma
            gamma is halved before the first try: try first, and halve it where J is larger.
        0.004 if gamma is None else 2 * gamma -> 0.004
        0.004 if gamma is None else 2 * gamma -> 0.004 if gamma is None else 0.008
            You always start from the same gamma: after the first iteration, start from twice the last gamma.
        <= J -> <= 2 * J
            You take a J that is larger than J was.
        <= J -> <= np.inf
            You take the first try, whatever J says there.
        problem.cost(new) <= J -> problem.cost(new) <= J or tries == 2
            You halve gamma once at most, or compare with the try before: halve it until J is not larger than J was.
        return new, gamma, -> return new, gamma / 2,
            The gamma that you return is half of the one you have stepped with.
        return new, gamma, -> return new, 2 * gamma,
            The gamma that you return is twice the one you have stepped with.
        return new, gamma, -> return new, gamma * 2 ** (tries - 1),
            The gamma that you return is that of the first try: return the one you have stepped with.
        return new, gamma, -> return new, gamma * 2 ** (tries - 1) / (1 if gamma * 2 ** (tries - 1) == 0.004 else 2),
            The gamma that you return is the last iteration's: return the one you have stepped with.
        return new, gamma, -> return weights - gamma / 2 * direction, gamma / 2,
        return new, gamma, -> return weights - gamma / 2 * direction, gamma,
            gamma is halved once more before you step: step with the gamma that was accepted.
        return new, gamma, tries -> return weights - gamma / 2 * direction, gamma / 2, tries + 1
            One try too many: the first gamma whose J is not larger is taken.
        return new, gamma, -> return weights - 2 * gamma * direction, gamma,
            You step with twice the gamma that was accepted.
        return new, gamma, -> return weights - gamma * 2 ** (tries - 1) * direction, gamma,
            You step with the gamma of the first try: step with the one that was accepted.
        , tries -> , tries - 1
            You count one try too few: the one that is taken counts, too.
        , tries -> , tries + 1
            You count one try too many.
        , tries -> , problem.cost(new)
            The third thing to return is the number of tries, not J.
        , tries -> , 1
        , tries -> , 0
            The tries are not counted: add one for each J(weights - gamma * direction).
        return new, -> return weights,
            You return the old weights.
        new = weights - gamma * direction -> new = weights
            Nothing moves: a try is weights - gamma * direction.
        return new, -> return direction,
        return new, -> return gamma * direction,
            You return the direction: the new weights are weights - gamma * direction.
        return new, -> return weights - gamma * gradient,
            The new weights are made with the gradient itself: go along the scaled direction that you have tried.
        gamma = gamma / 2 -> gamma = gamma // 2
            // cuts the decimals off: / in place of //.
        gamma = gamma / 2 -> gamma = gamma / 3
        gamma = gamma / 2 -> gamma = gamma / 4
        gamma = gamma / 2 -> gamma = gamma / 10
            gamma falls too fast after a try: halve it.
        gamma = gamma / 2 -> gamma = 0.9 * gamma
        gamma = gamma / 2 -> gamma = 0.7 * gamma
        gamma = gamma / 2 -> gamma = 0.8 * gamma
            gamma falls too slowly after a try: halve it.
    """,
    hints=[
        "Be bold: try a longer step than last time. If J is larger there than it was, take half of it, and so on.",
        "Direction: gradient.V and gradient.b, each divided by its largest |entry|. First try gamma = 0.004, in later "
        "iterations 2 times the last gamma. Halve it until J(weights - gamma * direction) <= J.",
        "scale = np.abs(gradient.V).max() or 1.0, and gradient.V / scale is the direction in V; b has its own scale.",
    ],
    note=": one for each layer",
)
