"""The keys are computed, and the problems they are computed on are what they say."""

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import oracles
import pytest
from scipy.integrate import quad
from variants import every_question, with_value

from neuralode_lib import Weights, quiz
from neuralode_lib.quiz.d import LackingFactor, OneLayer
from neuralode_lib.quiz.e import Checkpoints
from neuralode_lib.quiz.problems import GradientWays, Network, OneSample, PlanarNetworks, RandomFlows, separable


def test_the_two_questions_of_the_slides():
    assert quiz.question("B6").right == {"C"}
    assert quiz.question("B7").right == {"B", "D"}


@pytest.mark.parametrize("id", ["B8", "", None, 6, np.array([1, 2]), ["B6"]])
def test_an_unknown_question_is_named(id):
    with pytest.raises(ValueError, match=r"no question .*, expected one of A-zero, .*B6, B7.*E-memory"):
        quiz.question(id)


def test_there_are_enough_questions():
    assert len(quiz.ids()) >= 15
    assert quiz.question("B6") is quiz.question("b6")


def test_the_key_cannot_be_spoilt():
    with pytest.raises(ValueError, match="seeds is empty"):
        quiz.question("B6").key(seeds=())
    assert isinstance(quiz.question("B6").right, frozenset) and isinstance(quiz.question("C-ring").right, frozenset)


@every_question
def test_key_holds_on_other_problems(id):
    question = quiz.question(id)
    assert question.right and question.right < set(question.letters)
    assert question.key(seeds=(11, 12, 13)) == question.right
    assert question.key(seeds=(21,)) == question.right


SPOILT = {"sign": lambda value: -np.float64(value), "shape": lambda value: [value], "nan": lambda value: value * np.nan}


@every_question
def test_another_function_makes_another_key(id):
    """Right options with another sign or shape are wrong; wrong ones that evaluate to the asked are right."""
    question = quiz.question(id)
    with_values = {letter for letter, option in question.lettered if option.value is not None}
    for letter, option in question.lettered:
        if letter in question.right & with_values:
            for spoil in SPOILT.values():
                planted = with_value(question, letter, lambda p, v=option.value, spoil=spoil: spoil(v(p)))
                assert letter not in planted.key(seeds=(1,))
        elif letter in with_values:
            planted = with_value(question, letter, question.asked)
            assert planted.key(seeds=(1,)) == question.right & with_values | {letter}


@every_question
def test_swapped_options_swap_the_key(id):
    question = quiz.question(id)
    values = {letter: option.value for letter, option in question.lettered}
    right, wrong = min(question.right), min(c for c in values if c not in question.right)
    swapped = with_value(with_value(question, right, values[wrong]), wrong, values[right])
    assert swapped.key(seeds=(1,)) == question.right - {right} | {wrong}


@pytest.mark.parametrize("id", ["A-scale", "B6", "C-ring", "E-fold"])
def test_none_of_these_is_right_where_no_other_is(id):
    question = quiz.question(id)
    none = {letter for letter, option in question.lettered if option.text == "none of these"}
    for letter in question.right - none:
        question = with_value(question, letter, lambda problem: np.zeros(7))
    assert question.key(seeds=(1,)) == none == {question.letters[-1]}


def test_every_letter_is_right_about_as_often():
    """Whoever guesses gains nothing by a letter; "none of these" is right at times."""
    questions = [quiz.question(id) for id in quiz.ids()]
    right = [letter for question in questions for letter in question.right]
    for letter in "ABCDE":
        chance = sum(len(q.right) / len(q.letters) for q in questions if letter in q.letters)
        assert abs(right.count(letter) - chance) < 1.5, letter


def test_no_key_is_written_down():
    for name in ("a", "b", "c", "d", "e", "problems"):
        source = Path(quiz.__file__).with_name(f"{name}.py").read_text(encoding="utf-8")
        assert not re.search(r"""["'][A-E]+["']""", source), name


@pytest.fixture(scope="module")
def ode():
    """Non-symmetric V(t), one sample, w1 about 1, in continuous time."""
    return oracles.NeuralODE(
        V=lambda t: np.array([[np.cos(3 * t), -2.0], [1.0, np.sin(2 * t)]]),
        b=lambda t: np.array([np.sin(t), -1.0]),
        x_in=np.array([[0.5], [-0.3]]),
        y_out=np.array([[2.0], [1.0]]),
        T=1.3,
        w1=1.1,
        w2=0.0,
    )


def test_B6_and_B7_in_continuous_time(ode):
    """The slide's options with integrals by quadrature give the keys that the sums on a grid give."""

    def b_tilde(t):
        return np.array([np.cos(2 * t), 1 - t])

    x_tilde = ode._solve(lambda t, z: ode.A(t, 0) @ z + b_tilde(t), np.zeros(2), (0, ode.T))
    T, phi, e, w1 = ode.T, lambda t: ode.phi(t)[:, 0], lambda t: ode.error(t)[:, 0], ode.w1

    def integral(f):
        return quad(f, 0, T, epsabs=1e-11, epsrel=1e-11)[0]

    asked = phi(T) @ x_tilde(T) - phi(0) @ x_tilde(0)
    first = integral(lambda t: (ode.A(t, 0).T @ phi(t) + w1 * e(t)) @ x_tilde(t))
    second = integral(lambda t: phi(t) @ (ode.A(t, 0) @ x_tilde(t) + b_tilde(t)))
    running = integral(lambda t: w1 * e(t) @ x_tilde(t))
    source = integral(lambda t: phi(t) @ b_tilde(t))
    miss = e(T)
    options = {
        "B6": [0.0, miss, miss @ x_tilde(T), -miss @ x_tilde(T)],
        "B7": [first + second, -first + second, running + source, -running + source],
    }
    for id, values in options.items():
        same = {
            c
            for c, v in zip("ABCD", values, strict=True)
            if np.shape(v) == () and np.isclose(v, asked, rtol=1e-8)
        }
        assert same == quiz.question(id).right


@pytest.mark.parametrize("case", [Network, OneSample])
def test_the_problems_are_what_they_say(case):
    """States, adjoint and gradient by loops and the complex step; V not symmetric; w1 about 1; few layers."""
    c = case(5)
    p, sigma = c.problem, np.tanh

    def J(V, b):
        return oracles.cost(
            V, b, oracles.states(V, b, p.x_in, p.dt, sigma), p.y_out, p.dt, p.w1, p.w2
        )

    x = oracles.states(c.V, c.b, p.x_in, p.dt, sigma)
    phi = oracles.adjoint(c.V, x, p.y_out, p.dt, p.w1, lambda x: 1 / np.cosh(x) ** 2)
    V, b = oracles.complex_step_gradient(J, c.V, c.b)
    np.testing.assert_allclose(c.x.reshape(x.shape), x, rtol=1e-12)
    np.testing.assert_allclose(c.phi.reshape(phi.shape), phi, rtol=1e-10)
    np.testing.assert_allclose(c.referee.V, V, rtol=1e-10)
    np.testing.assert_allclose(c.referee.b, b, rtol=1e-10)
    assert np.abs(c.V - c.V.transpose(0, 2, 1)).max() > 0.5
    assert 0.8 < p.w1 < 1.2 and p.w1 != 1 and p.N_T < 9 and p.dt != 1


def test_separable():
    angle = np.linspace(0, 2 * np.pi, 20)
    circle = np.array([np.cos(angle), np.sin(angle)])
    assert not separable(0.4 * circle, circle)
    assert separable(0.4 * circle, circle + np.array([[1.5], [0]]))
    half = circle[:, circle[0] > 0]  # surrounds nothing, but holds a point of the disk
    assert not separable(0.4 * circle, np.hstack([half, [[-0.2], [0]]]))
    lifted = np.vstack([circle, np.ones(20)])
    assert separable(np.vstack([circle, np.zeros(20)]), lifted)


def test_planar_flow_keeps_the_disk_in_the_ring():
    """The ring's image winds once round the image of the disk's centre: a count that knows no convex hulls."""
    angle = np.linspace(0, 2 * np.pi, 4000)
    rng = np.random.default_rng(0)
    for _ in range(10):
        points = np.hstack([[np.cos(angle), np.sin(angle)], np.zeros((2, 1))])
        for _ in range(20):
            V = rng.standard_normal((2, 2))
            points = (
                points
                + 0.6 * V / np.linalg.norm(V, 2) @ np.maximum(points, 0)
                + rng.standard_normal((2, 1))
            )
        ring = points[:, :-1] - points[:, -1:]
        winding = np.unwrap(np.arctan2(ring[1], ring[0]))
        assert round((winding[-1] - winding[0]) / (2 * np.pi)) == 1
    assert RandomFlows(1).separates(d=3) and not RandomFlows(1).separates(d=2)


def test_the_estimates_that_lack_the_factor():
    """Their mean over all pairs of samples, and J summed up sample by sample: both by loops and the complex step."""
    c = LackingFactor(5)
    p = c.problem

    def J(V, b, samples, w2):
        x = oracles.states(V, b, p.x_in[:, samples], p.dt, np.tanh)
        return oracles.cost(V, b, x, p.y_out[:, samples], p.dt, p.w1, w2)

    def gradient(samples, w2):
        V, b = oracles.complex_step_gradient(lambda V, b: J(V, b, list(samples), w2), c.V, c.b)
        return np.concatenate([V, b[:, :, None]], axis=2)

    mean = np.mean([gradient(pair, p.w2) for pair in combinations(range(p.I), 2)], axis=0)
    np.testing.assert_allclose(c.mean_estimate, mean / np.linalg.norm(mean), rtol=1e-9)
    np.testing.assert_allclose(mean, gradient(range(p.I), 4 * p.w2) / 4, rtol=1e-9, atol=1e-12)


def test_the_noise_floor_stays_what_it_is_on_average_over_all_batches():
    """The covariance after one step more, by the library's estimates from each of the C(6, 2) batches."""
    c = OneLayer(1, I=6)
    p, gamma, n = c.problem, 0.3 / np.linalg.norm(c.H, 2), 2

    def g(theta, batch):
        weights = Weights.from_theta(theta.reshape(1, 1, 2))
        return p.cost_and_gradient(weights, samples=batch)[1].theta.ravel()

    np.testing.assert_allclose(g(c.minimum, range(6)), 0, atol=1e-12)
    C, after = c.covariance(gamma, n), []
    for batch in map(list, combinations(range(6), n)):
        noise = g(c.minimum, batch)
        M = np.eye(2) - gamma * np.transpose([g(c.minimum + e, batch) - noise for e in np.eye(2)])
        after.append(M @ C @ M.T + gamma**2 * np.outer(noise, noise))
    np.testing.assert_allclose(np.mean(after, axis=0), C, rtol=1e-10)


def test_the_noise_floor_is_a_quarter_of_gamma_times_the_variance():
    """And J - min J is on average that, in many runs at once."""
    c = OneLayer(2, I=50)
    rng, gamma, n = np.random.default_rng(0), 0.02 / np.linalg.norm(c.H, 2), 5
    formula = gamma / 4 * np.mean(np.sum(c.g_of**2, axis=1)) / n * (50 - n) / 49
    assert c.floor(gamma, n) == pytest.approx(formula, rel=0.05)
    theta, floors = np.tile(c.minimum, (2000, 1)), []
    for step in range(1000):
        batches = rng.random((2000, 50)).argpartition(n, axis=1)[:, :n]
        away = theta - c.minimum
        g = c.g_of[batches].mean(axis=1) + np.einsum("rab,rb->ra", c.H_of[batches].mean(axis=1), away)
        theta = theta - gamma * g
        if step >= 500:
            floors.append(np.einsum("ra,ab,rb->r", away, c.H, away).mean() / 2)
    assert np.mean(floors) == pytest.approx(c.floor(gamma, n), rel=0.05)


def test_the_networks_in_the_plane_fold_or_do_not():
    """det(I + dt V diag(sigma')) keeps its sign all over the plane, or has both."""
    c, x = PlanarNetworks(3), np.linspace(-4, 4, 81)
    dsigma = 1 / np.cosh(np.array(np.meshgrid(x, x))) ** 2

    def least_and_largest(networks):
        dt_V = np.concatenate([theta[:, :, :2] for theta in networks])
        jacobian = np.eye(2)[:, :, None, None] + dt_V[:, :, :, None, None] * dsigma
        det = jacobian[:, 0, 0] * jacobian[:, 1, 1] - jacobian[:, 0, 1] * jacobian[:, 1, 0]
        return det.min(axis=(1, 2)), det.max(axis=(1, 2))

    for networks in (c.flows(), c.one_to_one(100), c.one_to_one(3)):
        assert np.all(least_and_largest(networks)[0] > 0)
    least, largest = np.reshape(least_and_largest(c.large_steps()), (2, -1, 3))
    assert np.all(least[:, 0] == 1) and np.all(least[:, 1:] < 0) and np.all(largest > 0)


def test_ways_to_the_gradient_are_those_they_are_said_to_be():
    """Three of them are apart from the gradient of J by an order of dt; the accurate one agrees with quadrature."""
    for way in ("euler", "accurate", "reversed"):
        errors = []
        for K in (64, 128):
            c = GradientWays(1, K)
            found = c.discrete(c.reversed()) if way == "reversed" else getattr(c, way)()
            exact = c.problem.cost_and_gradient(c.weights)[1].theta
            errors.append(np.linalg.norm(found - exact) / np.linalg.norm(exact))
        assert np.log2(errors[0] / errors[1]) == pytest.approx(1, abs=0.15), way
    c = GradientWays(1)
    p = c.problem
    ode = oracles.NeuralODE(
        lambda t: c.theta(t)[:, :2], lambda t: c.theta(t)[:, 2], p.x_in, p.y_out, p.T, p.w1, p.w2
    )
    for k, t in enumerate(p.t[:-1]):
        s = np.vstack([np.tanh(ode.x(t)), np.ones(p.I)])
        np.testing.assert_allclose(c.accurate()[k], p.dt * (ode.phi(t) @ s.T + p.w2 * c.theta(t)), rtol=1e-7)


def test_checkpoints_give_the_gradient():
    for seed in range(5):
        c = Checkpoints(seed)
        exact = c.problem.cost_and_gradient(c.weights)[1].theta
        np.testing.assert_allclose(c.gradient, exact, rtol=1e-11)
        assert c.N % c.m == 0 and c.N // c.m != c.m
