"""12.B: sensitivities and the adjoint. The id of the formula is in the test's name."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from checks import CASE, RELU_CASE, Case, assert_close, check_gradient, check_tangent, check_tape, on_tape

from neuralode_lib import (
    Activation,
    TrainingProblem,
    Weights,
    resnet,
    tangent,
    tanh,
    tape,
    verify,
)

PROBLEM, WEIGHTS = CASE.problem(), Weights(CASE.V, CASE.b)
V_HAT = np.random.default_rng(4).standard_normal(CASE.V.shape)
B_TILDE = np.random.default_rng(5).standard_normal(CASE.b.shape)
ALONG_B, ALONG_V = Weights(0 * V_HAT, B_TILDE), Weights(V_HAT, 0 * B_TILDE)


def assert_quotient_minus_tangent_is_first_order(direction):
    x = PROBLEM.states(WEIGHTS)
    x_tilde = tangent(WEIGHTS, x, PROBLEM.dt, tanh, direction)
    errors = []
    for h in (1e-3, 1e-4, 1e-5):
        x_h = PROBLEM.states(WEIGHTS + h * direction)
        errors.append(np.linalg.norm((x_h - x) / h - x_tilde))
    assert 9 < errors[0] / errors[1] < 11
    assert 9 < errors[1] / errors[2] < 11


def test_B1_tangent_along_b():
    assert_quotient_minus_tangent_is_first_order(ALONG_B)
    check_tangent(resnet)


def test_B3_tangent_along_V():
    assert_quotient_minus_tangent_is_first_order(ALONG_V)
    check_tangent(resnet)


def test_B1_B3_tangent_is_linear_in_its_direction():
    x = PROBLEM.states(WEIGHTS)
    along_b, along_V, both = (
        tangent(WEIGHTS, x, PROBLEM.dt, tanh, s)
        for s in (ALONG_B, ALONG_V, 2.0 * ALONG_V - 3.0 * ALONG_B)
    )
    assert_close(both, 2.0 * along_V - 3.0 * along_b)


def test_B1_B3_discrete_tangent_converges_to_the_ode(ode, discretised, assert_first_order):
    x_tilde = ode.tangent(lambda t: V_of_t(t) @ np.tanh(ode.x(t)) + b_of_t(t)[:, None])

    def error_at_T(layers):
        problem, weights = discretised(layers)
        direction = Weights(
            [V_of_t(t) for t in problem.t[:-1]], [b_of_t(t) for t in problem.t[:-1]]
        )
        x = problem.states(weights)
        return np.abs(tangent(weights, x, problem.dt, tanh, direction)[-1] - x_tilde(ode.T)).max()

    assert_first_order(error_at_T)


def V_of_t(t):
    return np.array([[np.cos(t), 1.0], [-t, 0.5 * t]])


def b_of_t(t):
    return np.array([1 + t, -np.sin(2 * t)])


def derivative_of_J_by_the_slide(direction):
    """From the tangent: the terminal term, the running one (2..N_T-1), that of the weights."""
    x = PROBLEM.states(WEIGHTS)
    x_tilde = tangent(WEIGHTS, x, PROBLEM.dt, tanh, direction)
    total = 0.0
    for i in range(PROBLEM.I):
        total += (x[-1, :, i] - PROBLEM.y_out[:, i]) @ x_tilde[-1, :, i]
        for k in range(1, PROBLEM.N_T - 1):
            total += PROBLEM.w1 * PROBLEM.dt * (x[k, :, i] - PROBLEM.y_out[:, i]) @ x_tilde[k, :, i]
    for k in range(PROBLEM.N_T - 1):
        total += PROBLEM.w2 * PROBLEM.dt * WEIGHTS.b[k] @ direction.b[k]
        total += PROBLEM.w2 * PROBLEM.dt * np.trace(WEIGHTS.V[k].T @ direction.V[k])
    return total


def assert_four_ways_agree(direction):
    """By tangent, by adjoint, by central differences, by the complex step."""
    by_tangent = derivative_of_J_by_the_slide(direction)
    by_adjoint = PROBLEM.cost_and_gradient(WEIGHTS)[1].dot(direction)
    by_differences = verify.central_difference(PROBLEM.cost, WEIGHTS, direction)
    by_complex_step = verify.complex_step(PROBLEM.cost, WEIGHTS, direction)
    assert_close(by_tangent, by_complex_step)
    assert_close(by_adjoint, by_complex_step)
    assert_close(by_differences, by_complex_step, tolerance=1e-8)


def test_B2_directional_derivative_along_b():
    by_tangent = derivative_of_J_by_the_slide(ALONG_B)
    assert_close(by_tangent, verify.complex_step(PROBLEM.cost, WEIGHTS, ALONG_B))
    assert_close(by_tangent, verify.central_difference(PROBLEM.cost, WEIGHTS, ALONG_B), 1e-8)


def test_B4_directional_derivative_along_V():
    by_tangent = derivative_of_J_by_the_slide(ALONG_V)
    assert_close(by_tangent, verify.complex_step(PROBLEM.cost, WEIGHTS, ALONG_V))
    assert_close(by_tangent, verify.central_difference(PROBLEM.cost, WEIGHTS, ALONG_V), 1e-8)


def test_B5_discrete_adjoint_converges_to_the_ode(ode, discretised, assert_first_order):
    def error(layers):
        problem, weights = discretised(layers)
        x = problem.states(weights)
        phi = resnet.adjoint(weights, x, problem.y_out, problem.dt, problem.w1, tanh)
        return max(np.abs(p - ode.phi(t)).max() for p, t in zip(phi, problem.t[1:], strict=True))

    assert_first_order(error)


def test_B5_final_condition_is_not_zero():
    x = PROBLEM.states(WEIGHTS)
    phi = resnet.adjoint(WEIGHTS, x, PROBLEM.y_out, PROBLEM.dt, PROBLEM.w1, tanh)
    assert (phi[-1] == x[-1] - PROBLEM.y_out).all()
    assert (phi[-1] != 0).all()


@pytest.fixture(scope="module")
def questions(ode):
    """What Questions 1 and 2 ask about, for sample 0: x - y, phi, x_tilde as functions of t."""
    x_tilde = ode.tangent(lambda t: np.tile(b_of_t(t)[:, None], 3))
    return SimpleNamespace(
        ode=ode,
        error=lambda t: ode.error(t)[:, 0],
        phi=lambda t: ode.phi(t)[:, 0],
        x_tilde=lambda t: x_tilde(t)[:, 0],
        asked=ode.phi(ode.T)[:, 0] @ x_tilde(ode.T)[:, 0] - ode.phi(0)[:, 0] @ x_tilde(0)[:, 0],
    )


def right_ones(options, asked):
    return {
        name
        for name, value in options.items()
        if np.shape(value) == () and abs(value - asked) < 1e-9
    }


def test_B6_question_1_has_the_answer_C_and_only_C(questions):
    q, T = questions, questions.ode.T
    options = {
        "A": 0.0,
        "B": q.error(T),  # a vector, where a number is asked for
        "C": q.error(T) @ q.x_tilde(T),
        "D": -q.error(T) @ q.x_tilde(T),
    }
    assert right_ones(options, q.asked) == {"C"}  # so E, none of them, is wrong
    assert abs(q.asked) > 0.1


def test_B7_question_2_has_the_answers_B_and_D_and_only_these(questions):
    q, ode = questions, questions.ode
    integral = ode.integral

    def phi_dot(t, sign):
        return sign * (ode.A(t, 0).T @ q.phi(t) + ode.w1 * q.error(t))

    along = integral(lambda t: q.phi(t) @ (ode.A(t, 0) @ q.x_tilde(t) + b_of_t(t)))
    running = ode.w1 * integral(lambda t: q.error(t) @ q.x_tilde(t))
    source = integral(lambda t: q.phi(t) @ b_of_t(t))
    options = {
        "A": integral(lambda t: phi_dot(t, +1) @ q.x_tilde(t)) + along,
        "B": integral(lambda t: phi_dot(t, -1) @ q.x_tilde(t)) + along,
        "C": running + source,
        "D": -running + source,
    }
    assert right_ones(options, q.asked) == {"B", "D"}


def test_B6_B7_hold_for_the_discrete_network_to_rounding():
    for direction in (ALONG_B, ALONG_V, ALONG_B + ALONG_V):
        left, right = verify.tangent_adjoint_sides(PROBLEM, WEIGHTS, direction)
        assert_close(right, left)
        x = PROBLEM.states(WEIGHTS)
        x_tilde_T = CASE.tangent(direction.V, direction.b)[-1]
        assert_close(left, np.sum((x[-1] - CASE.y_out) * x_tilde_T))


def test_B8_gradient_in_b_four_ways():
    assert_four_ways_agree(ALONG_B)
    check_gradient(resnet)


def test_B9_gradient_in_V_four_ways():
    assert_four_ways_agree(ALONG_V)
    check_gradient(resnet)


def test_B9_the_printed_transpose_fails_except_in_one_dimension():
    def error_of_the_printed_form(case):
        problem, weights = case.problem(), Weights(case.V, case.b)
        x = problem.states(weights)
        phi = resnet.adjoint(weights, x, problem.y_out, problem.dt, problem.w1, tanh)
        printed = [
            problem.dt * (np.tanh(x[k]) @ phi[k].T + problem.w2 * weights.V[k])
            for k in range(len(phi))
        ]
        right = verify.numerical_gradient(problem.cost, weights, verify.complex_step).V
        return np.linalg.norm(printed - right) / np.linalg.norm(right)

    assert error_of_the_printed_form(Case.random(seed=1, d=2)) > 0.1
    assert error_of_the_printed_form(Case.random(seed=1, d=1)) < 1e-12


def test_B9_the_entry_of_row_1_column_2():
    """V_12 feeds x_1 with sigma(x_2): one layer, one sample, w2 = 0, so it is done by hand."""
    x_in, y_out, V = [[0.5], [-1.0]], [[1.0], [3.0]], [[[0.2, 0.7], [-0.4, 0.1]]]
    problem = TrainingProblem(x_in, y_out, T=0.5, N_T=2, w1=1.0, w2=0.0, activation=tanh)
    _, gradient = problem.cost_and_gradient(Weights(V, np.zeros((1, 2))))
    phi_1 = 0.5 + 0.5 * (0.2 * np.tanh(0.5) + 0.7 * np.tanh(-1.0)) - 1.0
    assert gradient.V[0, 0, 1] == pytest.approx(0.5 * phi_1 * np.tanh(-1.0), rel=1e-14)
    assert gradient.b[0, 0] == pytest.approx(0.5 * phi_1, rel=1e-14)


def test_B10_the_gradient_is_a_sum_over_blocks_of_samples():
    case = Case.random(seed=7, samples=6)
    weights = Weights(case.V, case.b)

    def block(samples, w2):
        return TrainingProblem(
            case.x_in[:, samples], case.y_out[:, samples], 1.7, len(case.V) + 1, case.w1, w2, tanh
        ).cost_and_gradient(weights)

    J, gradient = block(slice(None), case.w2)
    first, second = block(slice(2), case.w2), block(slice(2, None), 0)
    assert_close(first[0] + second[0], J)
    assert_close((first[1] + second[1]).theta, gradient.theta)


@pytest.mark.parametrize("fused", [False, True])
def test_B10_evaluations_of_sigma_per_sample_do_not_depend_on_I(fused):
    def evaluations(samples):
        counted = []

        def sigma(x, out=None):
            counted.append(x.size)
            return np.tanh(x, out=out)

        fast = tanh.dsigma_of_sigma if fused else None
        activation = Activation(sigma, tanh.dsigma, "counted", fast)
        case = Case.random(seed=7, samples=samples)
        replace(case, activation=activation).problem().cost_and_gradient(Weights(case.V, case.b))
        return sum(counted)

    assert evaluations(1) > 0
    assert [evaluations(n) for n in (2, 8, 32)] == [n * evaluations(1) for n in (2, 8, 32)]


def test_B10_one_adjoint_gives_what_one_tangent_for_each_weight_gives():
    _, gradient = PROBLEM.cost_and_gradient(WEIGHTS)
    one_by_one = np.zeros(gradient.theta.shape)
    for entry in np.ndindex(one_by_one.shape):
        unit = np.zeros(one_by_one.shape)
        unit[entry] = 1
        one_by_one[entry] = derivative_of_J_by_the_slide(Weights.from_theta(unit))
    assert_close(gradient.theta, one_by_one)


def test_B11_the_tape_gives_the_adjoint_and_the_gradients():
    check_tape(tape)


@pytest.mark.parametrize("d", [1, 2])
def test_B11_the_tape_in_few_dimensions_and_for_one_sample(d):
    check_tape(tape, Case.random(seed=6, d=d, samples=1, N_T=2))
    check_tape(tape, Case.random(seed=7, d=d, samples=5, N_T=7))


def test_B11_the_tape_agrees_with_the_library_for_relu():
    problem, weights = RELU_CASE.problem(), Weights(RELU_CASE.V, RELU_CASE.b)
    J, _, V, b = on_tape(tape, RELU_CASE)
    J_fused, gradient = problem.cost_and_gradient(weights)
    assert_close(J.value, J_fused)
    assert_close([V_k.price for V_k in V], gradient.V)
    assert_close([b_k.price[:, 0] for b_k in b], gradient.b)
