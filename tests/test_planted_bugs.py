"""A test that cannot fail tests nothing: each bug below, planted in the source, must be seen."""

import inspect
import types
from operator import attrgetter

import numpy as np
import pytest
from checks import (
    CASE,
    check_adjoint,
    check_cost,
    check_forward,
    check_fused,
    check_gradient,
    check_tangent,
    check_tape,
    replace,
)

from neuralode_lib import fused, problem, resnet, tape

FUSED_COST, FUSED_GRADIENT = "_DataTerms._fused_cost", "_DataTerms._fused_gradient"
FUSED_STEPS, FUSED_WEIGHTS = "_Workspace.__init__", "_DataTerms.__init__"
BACKWARD, SUMMED = "Tape.backward", "_summed"
PENALTY, COST_AND_GRADIENT = "TrainingProblem._penalty", "TrainingProblem.cost_and_gradient"
CHECK = {
    "forward": check_forward,
    "cost_terms": check_cost,
    "cost": check_cost,
    "tangent": check_tangent,
    "adjoint": check_adjoint,
    "gradient": check_gradient,
    FUSED_COST: check_fused,
    FUSED_GRADIENT: check_fused,
    FUSED_STEPS: check_fused,
    FUSED_WEIGHTS: check_fused,
    PENALTY: check_fused,
    COST_AND_GRADIENT: check_fused,
    BACKWARD: check_tape,
    SUMMED: check_tape,
    "Recorded.__add__": check_tape,
    "Recorded.__sub__": check_tape,
    "Recorded.__mul__": check_tape,
    "Recorded.__matmul__": check_tape,
    "Recorded.apply": check_tape,
    "Recorded.sum_of_squares": check_tape,
}

# function: (what stands there, what is planted, what is wrong with it), ...
BUGS = {
    "forward": [
        ("x[-1] + dt", "dt", "a plain network: the residual x_k is missing"),
        ("x[-1] + dt", "x[0] + dt", "each step starts at x_in"),
        ("x[-1] + dt", "x[-1] - dt", "sign"),
        ("dt * (", "(", "dt missing"),
        ("dt * (V @ activation.sigma(x[-1]) + b[:, None])",
         "(dt * V @ activation.sigma(x[-1]) + b[:, None])",
         "dt missing at b"),
        (" + b[:, None]", "", "b missing"),
        ("V @", "V.T @", "V transposed"),
        ("activation.sigma(x[-1])", "x[-1]", "sigma missing: a linear network"),
        ("activation.sigma(x[-1])", "activation.dsigma(x[-1])", "sigma' for sigma"),
        ("V @ activation.sigma(x[-1])", "activation.sigma(V @ x[-1])", "sigma after V"),
        ("zip(weights.V", "zip(weights.V[::-1]", "layers in the wrong order"),
        ("zip(weights.V, weights.b", "zip(weights.V, np.roll(weights.b, 1, axis=0)",
         "b shifted against V"),
    ],
    "cost_terms": [
        ("error[-1]", "error[-2]", "terminal cost one step early"),
        ("(error[-1] ** 2).sum() / 2", "(error[-1] ** 2).sum()", "1/2 missing, terminal"),
        ("(error[1:-1] ** 2).sum() / 2", "(error[1:-1] ** 2).sum()", "1/2 missing, running"),
        ("(weights.theta**2).sum() / 2", "(weights.theta**2).sum()", "1/2 missing, weights"),
        ("(error[-1] ** 2).sum()", "np.linalg.norm(error[-1])", "norms, not squares"),
        ("(error[-1] ** 2).sum()", "(abs(error[-1]) ** 2).sum()", "absolute values: not analytic"),
        ("(error[-1] ** 2).sum()", "(error[-1] ** 2).mean()", "mean for the sum over samples"),
        ("(error[-1] ** 2).sum()", "(error[-1, :, 0] ** 2).sum()", "only the first sample"),
        ("error[1:-1]", "error[:-1]", "running cost with k = 1"),
        ("error[1:-1]", "error[1:]", "running cost with k = N_T"),
        ("error[1:-1]", "error[2:-1]", "running cost without k = 2"),
        ("w1 * dt", "dt", "w1 missing"),
        ("w1 * dt", "w1", "dt missing, running"),
        ("w2 * dt", "dt", "w2 missing"),
        ("w2 * dt", "w2", "dt missing, weights"),
        ("w2 * dt", "w1 * dt", "w1 for w2"),
        ("weights.theta**2", "weights.V**2", "penalty on V only"),
        ("weights.theta**2", "weights.theta[1:]**2", "penalty without the first layer"),
        ("x - checks", "x + checks", "sign"),
    ],
    "cost": [
        ("sum(cost_terms(weights, x, y_out, dt, w1, w2))",
         "sum(cost_terms(weights, x, y_out, dt, w1, w2)[:2])",
         "the penalty forgotten"),
    ],
    "tangent": [
        ("x_tilde = np.zeros(x.shape, np.result_type(x, direction.theta))", "x_tilde = x.copy()",
         "starts at x_in, not at 0"),
        ("V_hat @ activation.sigma(x[k]) + ", "", "the V_hat term missing"),
        (" + b_tilde[:, None]", "", "the b_tilde term missing"),
        ("A_x_tilde + source", "source", "the A x_tilde term missing"),
        ("activation.sigma(x[k])", "activation.dsigma(x[k])", "sigma' for sigma in the source"),
        ("activation.dsigma(x[k])", "activation.sigma(x[k])", "sigma for sigma' in A"),
        ("activation.dsigma(x[k]) * ", "", "diag(sigma') missing"),
        ("weights.V[k] @ (activation.dsigma(x[k]) * x_tilde[k])",
         "activation.dsigma(x[k]) * (weights.V[k] @ x_tilde[k])",
         "diag(sigma') on the wrong side"),
        ("weights.V[k] @", "weights.V[k].T @", "V transposed"),
        ("weights.V[k] @", "weights.V[k - 1] @", "V of the layer before"),
        ("V_hat @", "V_hat.T @", "V_hat transposed"),
        ("activation.sigma(x[k])", "activation.sigma(x[k + 1])", "source at x_{k+1}"),
        ("activation.dsigma(x[k])", "activation.dsigma(x[k + 1])", "A at x_{k+1}"),
        ("dt * (A_x_tilde + source)", "A_x_tilde + source", "dt missing"),
        ("dt * (A_x_tilde + source)", "dt * A_x_tilde + source", "dt missing at the source"),
        ("x_tilde[k] + dt", "dt", "x_tilde_k missing"),
        ("x_tilde[k] + dt", "x_tilde[k] - dt", "sign"),
    ],
    "adjoint": [
        ("weights.V[k].T", "weights.V[k]", "transpose lost"),
        ("activation.dsigma(x[k]) * (weights.V[k].T @ phi[k])",
         "weights.V[k].T @ (activation.dsigma(x[k]) * phi[k])",
         "diag(sigma') on the wrong side"),
        ("activation.dsigma(x[k])", "activation.sigma(x[k])", "sigma for sigma'"),
        ("activation.dsigma(x[k]) * ", "", "diag(sigma') missing"),
        ("activation.dsigma(x[k])", "activation.dsigma(x[k - 1])", "sigma' at x_{k-1}"),
        ("activation.dsigma(x[k])", "activation.dsigma(x[k + 1])", "sigma' at x_{k+1}"),
        ("weights.V[k].T", "weights.V[k - 1].T", "V of the layer before"),
        ("V[k].T @ phi[k]", "V[k].T @ phi[-1]", "phi at the final time for phi_k"),
        ("phi[-1] = x[-1] - y_out", "phi[-1] = y_out - x[-1]", "sign at the final time"),
        ("phi[-1] = x[-1] - y_out", "phi[-1] = dt * (x[-1] - y_out)", "dt at the final time"),
        ("phi[-1] = x[-1] - y_out", "phi[-1] = w1 * (x[-1] - y_out)", "w1 at the final time"),
        ("phi[-1] = x[-1] - y_out", "phi[-1] = x[-2] - y_out", "final condition one step early"),
        ("phi[-1] = x[-1] - y_out", "phi[-1] = (1 + dt * w1) * (x[-1] - y_out)",
         "running cost with k = N_T"),
        ("phi[-1] = x[-1] - y_out", "phi[-1] = 0", "final condition zero"),
        ("phi[k] + dt", "phi[k] - dt", "sign: forward in time"),
        ("A_T_phi + w1", "A_T_phi - w1", "sign of the running cost"),
        ("w1 * (x[k] - y_out)", "(x[k] - y_out)", "w1 missing"),
        (" + w1 * (x[k] - y_out)", "", "running cost missing"),
        ("w1 * (x[k] - y_out)", "w1 * (x[k - 1] - y_out)", "running cost at x_{k-1}"),
        ("w1 * (x[k] - y_out)", "w1 * (x[k + 1] - y_out)", "running cost at x_{k+1}"),
        ("dt * (A_T_phi + w1 * (x[k] - y_out))", "dt * A_T_phi + w1 * (x[k] - y_out)",
         "dt missing at the running cost"),
        ("dt * (A_T_phi", "(A_T_phi", "dt missing"),
        ("= phi[k] + dt", "= dt", "phi_k missing"),
        ("return phi", "return phi[::-1]", "in the order of computation"),
        ("return phi", "return np.concatenate([phi[:1], phi])", "phi of length N_T"),
        ("return phi", "return phi[1:]", "phi of length N_T - 2"),
        ("return phi", "return phi.sum(axis=2, keepdims=True)", "samples summed too early"),
    ],
    "gradient": [
        ("phi[k] @ activation.sigma(x[k]).T", "activation.sigma(x[k]) @ phi[k].T",
         "transposed: the slide's misprint"),
        ("activation.sigma(x[k])", "activation.sigma(x[k + 1])", "sigma at x_{k+1}"),
        ("phi[k] @ activation.sigma(x[k])", "phi[k - 1] @ activation.sigma(x[k])", "phi_{k-1}"),
        ("activation.sigma(x[k])", "activation.dsigma(x[k])", "sigma' for sigma"),
        ("activation.sigma(x[k])", "x[k]", "sigma missing"),
        ("phi[k] @ activation.sigma(x[k]).T",
         "np.outer(phi[k][:, 0], activation.sigma(x[k][:, 0]))",
         "only the first sample, in V"),
        ("phi.sum(axis=2)", "phi[:, :, 0]", "only the first sample, in b"),
        ("phi.sum(axis=2)", "phi.mean(axis=2)", "mean over samples"),
        ("phi.sum(axis=2)", "(phi * activation.sigma(x[:-1])).sum(axis=2)", "sigma in b"),
        ("(dt * (theta", "((theta", "dt missing: the L2-gradient"),
        (" + w2 * weights.theta", "", "w2 missing"),
        ("w2 * weights", "weights", "w2 forgotten as a factor"),
        (" + w2 * weights", " - w2 * weights", "sign of the penalty"),
        ("w2 * weights", "w2 * Weights(weights.V, 0 * weights.b)", "w2 missing on b"),
        ("w2 * weights", "w2 * Weights(0 * weights.V, weights.b)", "w2 missing on V"),
        ("dt * (theta + w2 * weights.theta)",
         "dt * theta + w2 * weights.theta",
         "dt missing at the penalty"),
    ],
    FUSED_COST: [
        ("add(x_next, x, x_next)", "pass", "the residual x_k is missing"),
        ("multiply(self.dt, theta", "multiply(1, theta", "dt missing"),
        ("sigma(x, sigma_x)", "sigma_x[...] = x", "sigma missing"),
        (" / 2", "", "1/2 missing"),
    ],
    FUSED_GRADIENT: [
        (".transpose(0, 2, 1)\n", "\n", "transpose lost in the adjoint"),
        ("a.dt_theta[:, :, :-1]", "a.dt_theta[:, :, 1:]", "b for a column of V"),
        ("a.s[:, :-1], a.dsigma", "a.s[:, 1:], a.dsigma", "the row of ones for a row of sigma"),
        ("multiply(A_T_phi, dsigma_x, A_T_phi)", "pass", "sigma' missing"),
        ("add(A_T_phi, phi, A_T_phi)", "pass", "phi_k missing"),
        ("add(phi_before, A_T_phi, phi_before)", "phi_before[...] = A_T_phi",
         "running cost missing in the adjoint"),
        ("scale * self.dt * self.w1 * self.dt", "scale * self.dt * self.w1", "dt missing at the running cost"),
        ("scale * self.dt * self.w1 * self.dt", "scale * self.w1 * self.dt", "dt missing in the gradient's part of it"),
        ("scale * self.dt * self.w1 * self.dt", "scale * self.dt * self.dt", "w1 missing"),
        ("a.phi[-1] *= scale * self.dt", "a.phi[-1] *= scale * self.dt * self.w1", "w1 at the final time"),
        ("a.phi[-1] *= scale * self.dt", "a.phi[-1] *= scale", "dt missing: the L2-gradient"),
        ("np.matmul(a.phi", "np.matmul(a.x[:-1]", "phi_{k-1}"),
    ],
    FUSED_WEIGHTS: [
        ("(N - 1) + [1.0]", "(N - 1) + [1.0 + w1 * dt]", "running cost with k = N_T"),
        ("[w1 * dt] * (N - 1)", "[0.0] + [w1 * dt] * (N - 2)", "running cost without k = 2"),
        ("* (N - 1) + [1.0]", "* (N - 2) + [1.0, w1 * dt]", "terminal cost one step early"),
        ("[w1 * dt]", "[w1]", "dt missing at the running cost"),
        ("[w1 * dt]", "[dt]", "w1 missing at the running cost"),
    ],
    PENALTY: [
        ("self.w2 * self.dt * ", "self.dt * ", "w2 missing"),
        ("self.w2 * self.dt * ", "self.w2 * ", "dt missing"),
        (" / 2", "", "1/2 missing"),
    ],
    COST_AND_GRADIENT: [
        ("np.multiply(self.w2 * self.dt, theta", "np.multiply(self.dt, theta", "w2 missing"),
        ("np.multiply(self.w2 * self.dt, theta", "np.multiply(self.w2, theta", "dt missing at the penalty"),
        ("np.multiply(self.w2 * self.dt, theta", "np.multiply(-self.w2 * self.dt, theta", "sign of the penalty"),
        ("gradient += gradient_block", "gradient = gradient_block", "the penalty lost"),
        ("J = self._penalty(theta)", "J = 0.0", "the penalty missing in J"),
        ("self.I / len(samples)", "1.0", "I/n forgotten"),
        ("self.I / len(samples)", "1 / len(samples)", "mean for the sum over samples"),
        ("J = self._penalty(theta)", "J = scale * self._penalty(theta)", "I/n at the penalty, too, in J"),
        ("np.multiply(self.w2 * self.dt, theta", "np.multiply(scale * self.w2 * self.dt, theta",
         "I/n at the penalty, too"),
        ("y_out[:, samples]", "y_out[:, : len(samples)]", "targets of other samples"),
    ],
    FUSED_STEPS: [
        ("self.dt_theta[k].dot", "self.dt_theta[k - 1].dot", "layers in the wrong order"),
        ("self.dt_V_T[k].dot", "self.dt_V_T[k - 1].dot", "V of the layer before"),
        ("self.dsigma[k]", "self.dsigma[k - 1]", "sigma' at x_{k-1}"),
        ("range(N - 1, 0, -1)", "range(1, N)", "the adjoint forward in time"),
    ],
    BACKWARD: [
        ("reversed(self.arrays)", "self.arrays", "played forwards"),
        ("parent.price +=", "parent.price =", "only the last use of an array is paid"),
        ("np.ones(())", "2 * np.ones(())", "dJ/dJ is not 1"),
    ],
    SUMMED: [
        ("price.sum(axis=tuple(n", "price.mean(axis=tuple(n", "mean over samples"),
    ],
    "Recorded.__add__": [
        ("(other, lambda p: p)", "(other, lambda p: -p)", "sign"),
        (", (other, lambda p: p)", "", "the second is not paid"),
        ("(self, lambda p: p), ", "", "the residual is not paid"),
    ],
    "Recorded.__sub__": [
        ("(other, lambda p: -p)", "(other, lambda p: p)", "sign"),
    ],
    "Recorded.__mul__": [
        ("lambda p: factor * p", "lambda p: p", "factor forgotten"),
    ],
    "Recorded.__matmul__": [
        ("p @ R.T", "(p @ R.T).T", "transposed: the slide's misprint"),
        ("L.T @ p", "L @ p", "transpose lost"),
    ],
    "Recorded.apply": [
        ("dsigma(self.value) * p", "p", "sigma' missing"),
        ("dsigma(self.value) * p", "dsigma(activation.sigma(self.value)) * p", "sigma' of sigma(x)"),
    ],
    "Recorded.sum_of_squares": [
        ("2 * p", "p", "2 missing"),
        ("2 * p * self.value", "2 * self.value", "what it is worth is forgotten"),
    ],
}  # fmt: skip


def module_of(function):
    if CHECK[function] is check_tape:
        return tape
    if CHECK[function] is not check_fused:
        return resnet
    return problem if function in (PENALTY, COST_AND_GRADIENT) else fused


def load(source, module):
    """A module with this source in the place of `module`; where that is `fused`, the one that uses it."""
    copy = types.ModuleType(module.__name__)
    copy.__package__ = module.__package__
    exec(source, vars(copy))
    if module is not fused:
        return copy
    user = load(inspect.getsource(problem), problem)
    user.Blocks = copy.Blocks
    return user


def planted(function, old, new):
    """A copy of the function's module with `new` for `old` in the code of that function."""
    module = module_of(function)
    source = inspect.getsource(attrgetter(function)(module))
    head, quotes, code = source.rpartition('"""') if '"""' in source else ("", "", source)
    assert code.count(old) == 1, (
        f"{old!r} stands {code.count(old)} times in {function}: mend the table"
    )
    broken = head + quotes + code.replace(old, new)
    return load(inspect.getsource(module).replace(source, broken), module)


@pytest.mark.parametrize(
    "function, old, new",
    [
        pytest.param(function, old, new, id=f"{function}: {what}")
        for function, bugs in BUGS.items()
        for old, new, what in bugs
    ],
)
def test_planted_bug_is_seen(function, old, new):
    broken = planted(function, old, new)
    with pytest.raises(AssertionError, match=r"relative error|shape"):
        CHECK[function](broken)


@pytest.mark.parametrize("function", CHECK)
def test_the_right_code_passes(function):
    module = module_of(function)
    CHECK[function](load(inspect.getsource(module), module))


LOST_TRANSPOSE, WRONG_SIDE = (("adjoint", *bug[:2]) for bug in BUGS["adjoint"][:2])


def test_at_zero_weights_the_check_is_blind():
    at_zero = replace(CASE, V=0 * CASE.V, b=0 * CASE.b)
    for broken in (planted(*LOST_TRANSPOSE), planted(*WRONG_SIDE)):
        check_adjoint(broken, at_zero)
        with pytest.raises(AssertionError):
            check_adjoint(broken, CASE)


def test_at_symmetric_weights_the_check_does_not_see_a_lost_transpose():
    symmetric = replace(CASE, V=CASE.V + np.swapaxes(CASE.V, 1, 2))
    wrong_side = planted(*WRONG_SIDE)
    check_adjoint(planted(*LOST_TRANSPOSE), symmetric)
    with pytest.raises(AssertionError):
        check_adjoint(wrong_side, symmetric)
