"""A test that cannot fail tests nothing: each bug below is planted in the source, and the suite's check must see it."""

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
    replace,
)

from neuralode_lib import problem, resnet

FUSED_COST, FUSED_GRADIENT = "TrainingProblem._fused_cost", "TrainingProblem._fused_gradient"
CHECK = {
    "forward": check_forward,
    "cost_terms": check_cost,
    "cost": check_cost,
    "tangent": check_tangent,
    "adjoint": check_adjoint,
    "gradient": check_gradient,
    FUSED_COST: check_fused,
    FUSED_GRADIENT: check_fused,
}

# function, what stands there, what is planted, what is wrong with it
BUGS = [
    ("forward", "x[-1] + dt", "dt", "a plain network: the residual x_k is missing"),
    ("forward", "x[-1] + dt", "x[0] + dt", "each step starts at x_in"),
    ("forward", "x[-1] + dt", "x[-1] - dt", "sign"),
    ("forward", "dt * (", "(", "dt missing"),
    ("forward", "dt * (V @ activation.sigma(x[-1]) + b[:, None])",
     "(dt * V @ activation.sigma(x[-1]) + b[:, None])", "dt missing at b"),
    ("forward", " + b[:, None]", "", "b missing"),
    ("forward", "V @", "V.T @", "V transposed"),
    ("forward", "activation.sigma(x[-1])", "x[-1]", "sigma missing: a linear network"),
    ("forward", "activation.sigma(x[-1])", "activation.dsigma(x[-1])", "sigma' for sigma"),
    ("forward", "V @ activation.sigma(x[-1])", "activation.sigma(V @ x[-1])", "sigma after V"),
    ("forward", "zip(weights.V", "zip(weights.V[::-1]", "layers in the wrong order"),
    ("forward", "zip(weights.V, weights.b", "zip(weights.V, np.roll(weights.b, 1, axis=0)",
     "b shifted against V"),

    ("cost_terms", "error[-1]", "error[-2]", "terminal cost one step early"),
    ("cost_terms", "(error[-1] ** 2).sum() / 2", "(error[-1] ** 2).sum()", "1/2 missing, terminal"),
    ("cost_terms", "(error[1:-1] ** 2).sum() / 2", "(error[1:-1] ** 2).sum()", "1/2 missing, running"),
    ("cost_terms", "(weights.theta**2).sum() / 2", "(weights.theta**2).sum()", "1/2 missing, weights"),
    ("cost_terms", "(error[-1] ** 2).sum()", "np.linalg.norm(error[-1])", "norms, not squares"),
    ("cost_terms", "(error[-1] ** 2).sum()", "(abs(error[-1]) ** 2).sum()", "absolute values: not analytic"),
    ("cost_terms", "(error[-1] ** 2).sum()", "(error[-1] ** 2).mean()", "mean for the sum over samples"),
    ("cost_terms", "(error[-1] ** 2).sum()", "(error[-1, :, 0] ** 2).sum()", "only the first sample"),
    ("cost_terms", "error[1:-1]", "error[:-1]", "running cost with k = 1"),
    ("cost_terms", "error[1:-1]", "error[1:]", "running cost with k = N_T"),
    ("cost_terms", "error[1:-1]", "error[2:-1]", "running cost without k = 2"),
    ("cost_terms", "w1 * dt", "dt", "w1 missing"),
    ("cost_terms", "w1 * dt", "w1", "dt missing, running"),
    ("cost_terms", "w2 * dt", "dt", "w2 missing"),
    ("cost_terms", "w2 * dt", "w2", "dt missing, weights"),
    ("cost_terms", "w2 * dt", "w1 * dt", "w1 for w2"),
    ("cost_terms", "weights.theta**2", "weights.V**2", "penalty on V only"),
    ("cost_terms", "weights.theta**2", "weights.theta[1:]**2", "penalty without the first layer"),
    ("cost_terms", "x - checks", "x + checks", "sign"),
    ("cost", "sum(cost_terms(weights, x, y_out, dt, w1, w2))",
     "sum(cost_terms(weights, x, y_out, dt, w1, w2)[:2])", "the penalty forgotten"),

    ("tangent", "x_tilde = np.zeros(x.shape, np.result_type(x, direction.theta))", "x_tilde = x.copy()",
     "starts at x_in, not at 0"),
    ("tangent", "V_hat @ activation.sigma(x[k]) + ", "", "the V_hat term missing"),
    ("tangent", " + b_tilde[:, None]", "", "the b_tilde term missing"),
    ("tangent", "A_x_tilde + source", "source", "the A x_tilde term missing"),
    ("tangent", "activation.sigma(x[k])", "activation.dsigma(x[k])", "sigma' for sigma in the source"),
    ("tangent", "activation.dsigma(x[k])", "activation.sigma(x[k])", "sigma for sigma' in A"),
    ("tangent", "activation.dsigma(x[k]) * ", "", "diag(sigma') missing"),
    ("tangent", "weights.V[k] @ (activation.dsigma(x[k]) * x_tilde[k])",
     "activation.dsigma(x[k]) * (weights.V[k] @ x_tilde[k])", "diag(sigma') on the wrong side"),
    ("tangent", "weights.V[k] @", "weights.V[k].T @", "V transposed"),
    ("tangent", "weights.V[k] @", "weights.V[k - 1] @", "V of the layer before"),
    ("tangent", "V_hat @", "V_hat.T @", "V_hat transposed"),
    ("tangent", "activation.sigma(x[k])", "activation.sigma(x[k + 1])", "source at x_{k+1}"),
    ("tangent", "activation.dsigma(x[k])", "activation.dsigma(x[k + 1])", "A at x_{k+1}"),
    ("tangent", "dt * (A_x_tilde + source)", "A_x_tilde + source", "dt missing"),
    ("tangent", "dt * (A_x_tilde + source)", "dt * A_x_tilde + source", "dt missing at the source"),
    ("tangent", "x_tilde[k] + dt", "dt", "x_tilde_k missing"),
    ("tangent", "x_tilde[k] + dt", "x_tilde[k] - dt", "sign"),

    ("adjoint", "weights.V[k].T", "weights.V[k]", "transpose lost"),
    ("adjoint", "activation.dsigma(x[k]) * (weights.V[k].T @ phi[k])",
     "weights.V[k].T @ (activation.dsigma(x[k]) * phi[k])", "diag(sigma') on the wrong side"),
    ("adjoint", "activation.dsigma(x[k])", "activation.sigma(x[k])", "sigma for sigma'"),
    ("adjoint", "activation.dsigma(x[k]) * ", "", "diag(sigma') missing"),
    ("adjoint", "activation.dsigma(x[k])", "activation.dsigma(x[k - 1])", "sigma' at x_{k-1}"),
    ("adjoint", "activation.dsigma(x[k])", "activation.dsigma(x[k + 1])", "sigma' at x_{k+1}"),
    ("adjoint", "weights.V[k].T", "weights.V[k - 1].T", "V of the layer before"),
    ("adjoint", "V[k].T @ phi[k]", "V[k].T @ phi[-1]", "phi at the final time for phi_k"),
    ("adjoint", "phi[-1] = x[-1] - y_out", "phi[-1] = y_out - x[-1]", "sign at the final time"),
    ("adjoint", "phi[-1] = x[-1] - y_out", "phi[-1] = dt * (x[-1] - y_out)", "dt at the final time"),
    ("adjoint", "phi[-1] = x[-1] - y_out", "phi[-1] = w1 * (x[-1] - y_out)", "w1 at the final time"),
    ("adjoint", "phi[-1] = x[-1] - y_out", "phi[-1] = x[-2] - y_out", "final condition one step early"),
    ("adjoint", "phi[-1] = x[-1] - y_out", "phi[-1] = (1 + dt * w1) * (x[-1] - y_out)",
     "running cost with k = N_T"),
    ("adjoint", "phi[-1] = x[-1] - y_out", "phi[-1] = 0", "final condition zero"),
    ("adjoint", "phi[k] + dt", "phi[k] - dt", "sign: forward in time"),
    ("adjoint", "A_T_phi + w1", "A_T_phi - w1", "sign of the running cost"),
    ("adjoint", "w1 * (x[k] - y_out)", "(x[k] - y_out)", "w1 missing"),
    ("adjoint", " + w1 * (x[k] - y_out)", "", "running cost missing"),
    ("adjoint", "w1 * (x[k] - y_out)", "w1 * (x[k - 1] - y_out)", "running cost at x_{k-1}"),
    ("adjoint", "w1 * (x[k] - y_out)", "w1 * (x[k + 1] - y_out)", "running cost at x_{k+1}"),
    ("adjoint", "dt * (A_T_phi + w1 * (x[k] - y_out))", "dt * A_T_phi + w1 * (x[k] - y_out)",
     "dt missing at the running cost"),
    ("adjoint", "dt * (A_T_phi", "(A_T_phi", "dt missing"),
    ("adjoint", "= phi[k] + dt", "= dt", "phi_k missing"),
    ("adjoint", "return phi", "return phi[::-1]", "in the order of computation"),
    ("adjoint", "return phi", "return np.concatenate([phi[:1], phi])", "phi of length N_T"),
    ("adjoint", "return phi", "return phi[1:]", "phi of length N_T - 2"),
    ("adjoint", "return phi", "return phi.sum(axis=2, keepdims=True)", "samples summed too early"),

    ("gradient", "phi[k] @ activation.sigma(x[k]).T", "activation.sigma(x[k]) @ phi[k].T",
     "transposed: the slide's misprint"),
    ("gradient", "activation.sigma(x[k])", "activation.sigma(x[k + 1])", "sigma at x_{k+1}"),
    ("gradient", "phi[k] @ activation.sigma(x[k])", "phi[k - 1] @ activation.sigma(x[k])", "phi_{k-1}"),
    ("gradient", "activation.sigma(x[k])", "activation.dsigma(x[k])", "sigma' for sigma"),
    ("gradient", "activation.sigma(x[k])", "x[k]", "sigma missing"),
    ("gradient", "phi[k] @ activation.sigma(x[k]).T", "np.outer(phi[k][:, 0], activation.sigma(x[k][:, 0]))",
     "only the first sample, in V"),
    ("gradient", "phi.sum(axis=2)", "phi[:, :, 0]", "only the first sample, in b"),
    ("gradient", "phi.sum(axis=2)", "phi.mean(axis=2)", "mean over samples"),
    ("gradient", "phi.sum(axis=2)", "(phi * activation.sigma(x[:-1])).sum(axis=2)", "sigma in b"),
    ("gradient", "return dt * ", "return ", "dt missing: the L2-gradient"),
    ("gradient", " + w2 * weights", "", "w2 missing"),
    ("gradient", "w2 * weights", "weights", "w2 forgotten as a factor"),
    ("gradient", " + w2 * weights", " - w2 * weights", "sign of the penalty"),
    ("gradient", "w2 * weights", "w2 * Weights(weights.V, 0 * weights.b)", "w2 missing on b"),
    ("gradient", "w2 * weights", "w2 * Weights(0 * weights.V, weights.b)", "w2 missing on V"),
    ("gradient", "dt * (Weights.from_theta(np.dstack([V, b])) + w2 * weights)",
     "dt * Weights.from_theta(np.dstack([V, b])) + w2 * weights", "dt missing at the penalty"),

    (FUSED_COST, "x[k + 1] += x[k]", "pass", "the residual x_k is missing"),
    (FUSED_COST, "self.dt * theta", "theta", "dt missing"),
    (FUSED_COST, "sigma(x[k], out=s[k, :d])", "s[k, :d] = x[k]", "sigma missing"),
    (FUSED_COST, "sigma(x[k], out=s[k, :d])", "sigma(x[k], out=s[-1, :d])", "sigma in the wrong place"),
    (FUSED_COST, "error[1:-1], error[1:-1]", "error[1:], error[1:]", "running cost with k = N_T"),
    (FUSED_COST, "error[1:-1], error[1:-1]", "error[:-1], error[:-1]", "running cost with k = 1"),
    (FUSED_COST, " + self.w2 * self.dt * np.vdot(theta, theta)", "", "penalty missing"),
    (FUSED_COST, "running = self.w1 * self.dt", "running = self.w1", "dt missing at the running cost"),
    (FUSED_COST, " / 2", "", "1/2 missing"),

    (FUSED_GRADIENT, ".transpose(0, 2, 1)\n", "\n", "transpose lost in the adjoint"),
    (FUSED_GRADIENT, "self.dt * theta[:", "theta[:", "dt missing in the adjoint"),
    (FUSED_GRADIENT, "s[:, :d], out=ds", "s[:, 1:], out=ds", "the row of ones for a row of sigma"),
    (FUSED_GRADIENT, "phi[k - 1] *= ds[k]", "phi[k - 1] *= ds[k - 1]", "sigma' at x_{k-1}"),
    (FUSED_GRADIENT, "phi[k - 1] *= ds[k]", "pass", "sigma' missing"),
    (FUSED_GRADIENT, "phi[k - 1] += phi[k]", "pass", "phi_k missing"),
    (FUSED_GRADIENT, "phi[k - 1] += pull[k]", "phi[k - 1] += pull[k - 1]", "running cost at x_{k-1}"),
    (FUSED_GRADIENT, "error[:-1]", "error[1:]", "running cost at x_{k+1}"),
    (FUSED_GRADIENT, "self.w1 * self.dt", "self.w1", "dt missing at the running cost"),
    (FUSED_GRADIENT, "phi[-1] = error[-1]", "phi[-1] = self.dt * error[-1]", "dt at the final time"),
    (FUSED_GRADIENT, " + self.w2 * theta", "", "w2 missing"),
    (FUSED_GRADIENT, "return self.dt * ", "return ", "dt missing: the L2-gradient"),
    (FUSED_GRADIENT, "dt * (np.matmul(phi, s.transpose(0, 2, 1)) + self.w2 * theta)",
     "dt * np.matmul(phi, s.transpose(0, 2, 1)) + self.w2 * theta", "dt missing at the penalty"),
]  # fmt: skip


def module_of(function):
    return problem if function in (FUSED_COST, FUSED_GRADIENT) else resnet


def load(source, module):
    """A module with this source in the place of `module`."""
    copy = types.ModuleType(module.__name__)
    copy.__package__ = module.__package__
    exec(source, vars(copy))
    return copy


def planted(function, old, new):
    """A copy of the function's module with `new` for `old` in the code of that function."""
    module = module_of(function)
    source = inspect.getsource(attrgetter(function)(module))
    head, quotes, code = source.rpartition('"""')
    assert code.count(old) == 1, f"{old!r} stands {code.count(old)} times in {function}: mend the table"
    broken = head + quotes + code.replace(old, new)
    return load(inspect.getsource(module).replace(source, broken), module)


@pytest.mark.parametrize("function, old, new", [bug[:3] for bug in BUGS], ids=[f"{b[0]}: {b[3]}" for b in BUGS])
def test_planted_bug_is_seen(function, old, new):
    broken = planted(function, old, new)
    with pytest.raises(AssertionError, match="error|shape"):
        CHECK[function](broken)


@pytest.mark.parametrize("function", CHECK)
def test_the_right_code_passes(function):
    module = module_of(function)
    CHECK[function](load(inspect.getsource(module), module))


LOST_TRANSPOSE = ("adjoint", "weights.V[k].T", "weights.V[k]")
WRONG_SIDE = next(bug[:3] for bug in BUGS if bug[0] == "adjoint" and "wrong side" in bug[3])


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
