"""J and its gradient, as people would compute them: plain numpy, PyTorch, torchdiffeq, JAX, diffrax.

Each function here takes a problem and weights, prepares what it may prepare once, and returns the function that is
timed. That one takes no argument and returns J, the gradient in V and the gradient in b, as arrays of its own kind.
"""

import numpy as np

from neuralode_lib import TrainingProblem, Weights, resnet, tanh

# d, I, layers. E is the lecture's experiment, L has the size of scikit-learn's digits, XL that of MNIST's images.
SIZES = {"S": (2, 100, 20), "E": (2, 64, 100), "M": (2, 1000, 50), "L": (64, 1797, 20), "XL": (784, 256, 10)}


def random_problem(d, I, layers, **kwargs):
    """Every term counts, V is not symmetric, and its scale keeps the states moderate for any d."""
    rng = np.random.default_rng(0)
    x_in, y_out = rng.standard_normal((2, d, I))
    problem = TrainingProblem(x_in, y_out, N_T=layers + 1, w1=0.01, w2=0.01, activation=tanh, **kwargs)
    return problem, Weights.random(problem.N_T, d, d**-0.5, rng)


def cost(problem, error, V, b):
    """J (C2) from error = x - y_out at all grid points but the first, in any library's arrays."""
    running = problem.w1 * problem.dt * (error[:-1] ** 2).sum()
    penalty = problem.w2 * problem.dt * ((V**2).sum() + (b**2).sum())
    return ((error[-1] ** 2).sum() + running + penalty) / 2


def ours(problem, weights):
    def step():
        J, gradient = problem.cost_and_gradient(weights)
        return J, gradient.V, gradient.b

    return step


def columns(problem, weights):
    """The textbook form of resnet.py."""
    p = problem

    def step():
        x = resnet.forward(weights, p.x_in, p.dt, p.activation)
        phi = resnet.adjoint(weights, x, p.y_out, p.dt, p.w1, p.activation)
        gradient = resnet.gradient(weights, x, phi, p.dt, p.w2, p.activation)
        return resnet.cost(weights, x, p.y_out, p.dt, p.w1, p.w2), gradient.V, gradient.b

    return step


def rows(problem, weights):
    """Plain vectorised numpy. sigma is kept for the way back, as a careful author would."""
    p, x_in, y_out = problem, problem.x_in.T.copy(), problem.y_out.T.copy()
    V, b = weights.V.copy(), weights.b.copy()

    def step():
        x, s = [x_in], []
        for V_k, b_k in zip(V, b, strict=True):
            s.append(np.tanh(x[-1]))
            x.append(x[-1] + p.dt * (s[-1] @ V_k.T + b_k))
        error = np.stack(x[1:]) - y_out
        phi, dV, db = error[-1], np.empty_like(V), np.empty_like(b)
        for k in reversed(range(len(V))):
            dV[k] = p.dt * (phi.T @ s[k] + p.w2 * V[k])
            db[k] = p.dt * (phi.sum(axis=0) + p.w2 * b[k])
            if k:
                phi = phi + p.dt * ((1 - s[k] ** 2) * (phi @ V[k]) + p.w1 * error[k - 1])
        return cost(p, error, V, b), dV, db

    return step


def with_torch(problem, weights):
    """Autograd through the loop that a module of torch.nn.Linear layers would run."""
    import torch

    def states(x_in, V, b):
        x = [x_in]
        for V_k, b_k in zip(V.unbind(), b.unbind(), strict=True):
            x.append(x[-1] + problem.dt * torch.nn.functional.linear(torch.tanh(x[-1]), V_k, b_k))
        return torch.stack(x[1:])

    return _torch_step(torch, problem, weights, states)


def with_torchdiffeq(problem, weights):
    import torch
    from torchdiffeq import odeint

    t, dt = torch.from_numpy(problem.t), problem.dt

    def states(x_in, V, b):
        V, b = V.unbind(), b.unbind()

        def velocity(t, x):
            k = round(t.item() / dt)
            return torch.nn.functional.linear(torch.tanh(x), V[k], b[k])

        return odeint(velocity, x_in, t, method="euler")[1:]

    return _torch_step(torch, problem, weights, states)


def _torch_step(torch, problem, weights, states):
    torch.set_num_threads(1)
    x_in, y_out = (torch.from_numpy(a.T.copy()) for a in (problem.x_in, problem.y_out))
    V, b = (torch.tensor(a, requires_grad=True) for a in (weights.V, weights.b))

    def step():
        J = cost(problem, states(x_in, V, b) - y_out, V, b)
        return J.item(), *torch.autograd.grad(J, (V, b))

    return step


def _double_precision_jax():
    import jax

    jax.config.update("jax_enable_x64", True)
    return jax


def with_jax(problem, weights):
    """One jitted step, the layers a lax.scan."""
    jax = _double_precision_jax()

    def states(x_in, V, b):
        def layer(x, V_b):
            V_k, b_k = V_b
            x = x + problem.dt * (V_k @ jax.numpy.tanh(x) + b_k[:, None])
            return x, x

        return jax.lax.scan(layer, x_in, (V, b))[1]

    return _jax_step(jax, problem, weights, states)


def with_diffrax(problem, weights):
    """Jitted; the adjoint is its default: through the solver's steps, with recursive checkpoints."""
    jax = _double_precision_jax()
    from diffrax import Euler, ODETerm, SaveAt, StepTo, diffeqsolve

    def velocity(t, x, V_b):
        V, b = V_b
        k = jax.numpy.round(t / problem.dt).astype(int)
        return V[k] @ jax.numpy.tanh(x) + b[k][:, None]

    grid = {"stepsize_controller": StepTo(ts=problem.t), "saveat": SaveAt(steps=True), "max_steps": problem.N_T - 1}

    def states(x_in, V, b):
        return diffeqsolve(ODETerm(velocity), Euler(), 0.0, problem.T, None, x_in, (V, b), **grid).ys

    return _jax_step(jax, problem, weights, states)


def _jax_step(jax, problem, weights, states):
    x_in, y_out, V, b = map(jax.numpy.asarray, (problem.x_in, problem.y_out, weights.V, weights.b))

    def J(V_b):
        return cost(problem, states(x_in, *V_b) - y_out, *V_b)

    J_and_gradient = jax.jit(jax.value_and_grad(J))

    def step():
        J, (dV, db) = jax.block_until_ready(J_and_gradient((V, b)))
        return float(J), dV, db

    return step


PEERS = {
    "numpy, samples as rows": rows,
    "numpy, samples as columns": columns,
    "PyTorch autograd": with_torch,
    "torchdiffeq": with_torchdiffeq,
    "diffrax": with_diffrax,
    "JAX, one jitted step": with_jax,
}

# What multiplies the matrices of those who do not use NumPy's BLAS.
KERNELS = {
    "PyTorch autograd": "PyTorch's own",
    "torchdiffeq": "PyTorch's own",
    "diffrax": "XLA's own",
    "JAX, one jitted step": "XLA's own",
}


def check_agreement(who, step, reference, tolerance=1e-10):
    """Raise ValueError unless the step gives the reference's J and gradient, in float64."""
    for what, wanted, got in zip(["J", "dJ/dV", "dJ/db"], reference(), step(), strict=True):
        wanted, got = np.asarray(wanted), np.asarray(got)
        error = np.abs(got - wanted).max() / np.abs(wanted).max()
        if not (got.dtype == np.float64 and error < tolerance):
            raise ValueError(f"{who}: {what} is {got.dtype} and off by {error:.1e}, expected float64 and {tolerance}")
