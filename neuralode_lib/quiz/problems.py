"""Random problems that questions are evaluated on, and ways to evaluate them."""

from functools import cached_property

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import linprog

from .. import resnet
from ..activations import relu, tanh
from ..problem import TrainingProblem
from ..resnet import Weights
from ..verify import central_difference, complex_step, numerical_gradient


class Network:
    """A random problem on which every term counts: V not symmetric, w1 about 1, few layers, tanh."""

    def __init__(self, seed, I=3):
        self.rng = np.random.default_rng(seed)
        self.d, self.I, self.N_T = 3, I, int(self.rng.integers(5, 8))
        self.K = self.N_T - 1
        x_in, y_out = self.rng.standard_normal((2, self.d, I))
        w1, w2, T = self.rng.uniform([0.8, 0.5, 1.5], [1.2, 0.8, 2.0])
        self.problem = TrainingProblem(x_in, y_out, T, self.N_T, w1, w2, tanh)
        self.weights = Weights.random(self.N_T, self.d, 1.0, self.rng)
        self.direction = Weights.random(self.N_T, self.d, 1.0, self.rng)
        self.V, self.b, self.dt, self.w1, self.w2 = self.weights.V, self.weights.b, self.problem.dt, w1, w2

    @cached_property
    def x(self):
        return self.problem.states(self.weights)

    @cached_property
    def phi(self):
        return resnet.adjoint(self.weights, self.x, self.problem.y_out, self.dt, self.w1, tanh)

    @cached_property
    def referee(self):
        """The gradient of J by the complex step, which knows no adjoint."""
        return numerical_gradient(self.problem.cost, self.weights, complex_step)


class OneSample(Network):
    """A Network with one sample, its states, adjoint and tangent without the index of the sample.

    The tangent is the one along b_tilde. Integrals are sums over the layers, with phi[k] and x_tilde[k].
    """

    def __init__(self, seed):
        super().__init__(seed, I=1)
        self.y = self.problem.y_out[:, 0]
        self.b_tilde = self.direction.b
        along_b = Weights(0 * self.direction.V, self.b_tilde)
        self.x_tilde = resnet.tangent(self.weights, self.x, self.dt, tanh, along_b)[:, :, 0]
        self.phi, self.x = self.phi[:, :, 0], self.x[:, :, 0]
        self.A = self.V * tanh.dsigma(self.x[:-1])[:, None, :]
        self.miss = self.x[-1] - self.y

    def integral(self, f):
        return self.dt * sum(f(k) for k in range(self.K))

    @property
    def of_product(self):
        """The integral of d/dt (phi . x_tilde): the sum of its increments, with one more step back to phi(0)."""
        phi_0 = self.phi[0] + self.dt * (self.A[0].T @ self.phi[0] + self.w1 * (self.x[0] - self.y))
        product = [phi @ x_tilde for phi, x_tilde in zip([phi_0, *self.phi], self.x_tilde, strict=True)]
        return np.sum(np.diff(product))


def single(value):
    """The nearest number in single precision."""
    return np.float64(np.float32(value))


class SinglePrecision(Network):
    """J in single precision, and its central quotients beside the derivative in double precision."""

    eps = np.finfo(np.float32).eps

    def J(self, weights):
        """Rounded to single precision, as is every state: the same on every processor, other than in its arithmetic."""
        weights, x = Weights.from_theta(single(weights.theta)), [single(self.problem.x_in)]
        for theta in weights.theta:
            x.append(single(resnet.forward(Weights.from_theta(theta[None]), x[-1], self.dt, tanh)[-1]))
        return single(resnet.cost(weights, np.array(x), single(self.problem.y_out), self.dt, self.w1, self.w2))

    @cached_property
    def directions(self):
        return [Weights.random(self.N_T, self.d, 1.0, self.rng) for _ in range(25)]

    def error(self, h):
        """Median relative error of the central quotient over random directions."""
        exact = [self.referee.dot(d) for d in self.directions]
        quotient = [central_difference(self.J, self.weights, d, h) for d in self.directions]
        return np.median(np.abs(np.array(quotient) / exact - 1))


class SmoothWeights:
    """A neural ODE in the plane with smooth random V(t) and b(t)."""

    def __init__(self, seed, T=1.0):
        rng = np.random.default_rng(seed)
        self.P, self.Q, self.R = rng.standard_normal((3, 2, 3))
        self.x_in, self.T = rng.standard_normal(2), T

    def theta(self, t):
        return self.P + self.Q * np.cos(2 * t) + self.R * np.sin(3 * t)

    def euler(self, K):
        """The last state of Euler's method with K steps."""
        weights = Weights.from_theta(np.array([self.theta(k * self.T / K) for k in range(K)]))
        return resnet.forward(weights, self.x_in[:, None], self.T / K, tanh)[-1, :, 0]

    def residual_network(self, theta_of_layer, K=6):
        """The output of K residual layers, the k-th one (k = 1, ..., K) with theta_of_layer(k, dt) = [V_k b_k]."""
        x, dt = self.x_in, self.T / K
        for k in range(1, K + 1):
            x = x + theta_of_layer(k, dt) @ [*np.tanh(x), 1.0]
        return x

    @cached_property
    def exact(self):
        def rate(t, x):
            return self.theta(t) @ [*np.tanh(x), 1.0]

        return solve_ivp(rate, [0, self.T], self.x_in, method="DOP853", rtol=1e-11, atol=1e-11).y[:, -1]

    def error(self, K):
        return np.linalg.norm(self.euler(K) - self.exact)

    def gain(self, factor, K=100):
        """By how much the error at T falls when K layers become `factor` times as many."""
        return self.error(K) / self.error(round(factor * K))


class GradientWays(SmoothWeights):
    """Eight layers sampled from smooth V(t), b(t), and ways to the gradient that keep fewer states than all."""

    def __init__(self, seed, K=8):
        super().__init__(seed)
        rng = np.random.default_rng(seed)
        x_in, y_out = rng.standard_normal((2, 2, 3))
        self.problem = TrainingProblem(x_in, y_out, self.T, K + 1, 1.0, 0.5, tanh)
        self.dt, self.t = self.problem.dt, self.problem.t
        self.weights = Weights.from_theta(np.array([self.theta(t) for t in self.t[:-1]]))
        self.x_T = self.problem.states(self.weights)[-1]

    @property
    def referee(self):
        return numerical_gradient(self.problem.cost, self.weights, complex_step).theta

    def discrete(self, x):
        """The library's adjoint and gradient on these states."""
        p = self.problem
        phi = resnet.adjoint(self.weights, x, p.y_out, self.dt, p.w1, tanh)
        return resnet.gradient(self.weights, x, phi, self.dt, p.w2, tanh).theta

    def reversed(self):
        """All states, by Euler's method backwards from the last one."""
        x = [self.x_T]
        for V, b in zip(self.weights.V[::-1], self.weights.b[::-1], strict=True):
            x.append(x[-1] - self.dt * (V @ np.tanh(x[-1]) + b[:, None]))
        return np.stack(x[::-1])

    def from_every_second(self):
        """All states, every second one kept, the one after it computed from it again."""
        x = np.empty_like(self.problem.states(self.weights))
        x[::2] = self.problem.states(self.weights)[::2]
        for k in range(0, len(x) - 1, 2):
            x[k + 1] = resnet.forward(Weights.from_theta(self.weights.theta[k : k + 1]), x[k], self.dt, tanh)[-1]
        return x

    def adjoint_rate(self, t, x, phi):
        """- d phi / dt of the adjoint ODE (B5), at any time."""
        V = self.theta(t)[:, :-1]
        return tanh.dsigma(x) * (V.T @ phi) + self.problem.w1 * (x - self.problem.y_out)

    def from_adjoint_ode(self, x, phi):
        """The gradient of B8 and B9 with states and adjoint at the layers' times."""
        return resnet.gradient(self.weights, x, phi[:-1], self.dt, self.problem.w2, tanh).theta

    def euler(self):
        """The adjoint ODE on the layers' grid by Euler's method, which looks at the end that it comes from."""
        x = self.problem.states(self.weights)
        phi = np.empty_like(x)
        phi[-1] = x[-1] - self.problem.y_out
        for k in range(len(x) - 1, 0, -1):
            phi[k - 1] = phi[k] + self.dt * self.adjoint_rate(self.t[k], x[k], phi[k])
        return self.from_adjoint_ode(x, phi)

    def accurate(self):
        """Both ODEs to ten digits, the state forwards and the adjoint backwards."""
        shape, options = self.problem.x_in.shape, {"method": "DOP853", "rtol": 1e-10, "atol": 1e-10}

        def rate(t, x):
            return (self.theta(t) @ np.vstack([np.tanh(x.reshape(shape)), np.ones(shape[1])])).ravel()

        def adjoint_rate(t, phi):
            return -self.adjoint_rate(t, state.sol(t).reshape(shape), phi.reshape(shape)).ravel()

        state = solve_ivp(rate, [0, self.T], self.problem.x_in.ravel(), dense_output=True, **options)
        end = state.y[:, -1] - self.problem.y_out.ravel()
        phi = solve_ivp(adjoint_rate, [self.T, 0], end, t_eval=self.t[::-1], **options).y[:, ::-1]
        at_grid = (-1, *shape)
        return self.from_adjoint_ode(state.sol(self.t).T.reshape(at_grid), phi.T.reshape(at_grid))


class RandomFlows:
    """Networks with random weights, and whether one of them carries a disk out of the ring round it."""

    def __init__(self, seed, draws=100):
        self.seed, self.draws = seed, draws
        angle = 2 * np.pi * np.arange(60) / 60
        circle = np.array([np.cos(angle), np.sin(angle)])
        self.disk, self.ring = 0.4 * circle, np.hstack([0.8 * circle, 1.2 * circle])

    def separates(self, d=2, layers=20, activation=relu, norm=0.6):
        """Whether after one of the networks a line (for d = 3 a plane) has the disk and the ring on two sides.

        Each layer has dt = 1 and a V of that spectral norm, below 1: it is one-to-one.
        """
        rng = np.random.default_rng(self.seed)
        start = np.zeros((d, self.disk.shape[1] + self.ring.shape[1]))
        start[:2] = np.hstack([self.disk, self.ring])
        for _ in range(self.draws):
            weights = Weights.random(layers + 1, d, 1.0, rng)
            length = np.linalg.norm(weights.V, 2, axis=(1, 2))[:, None, None]
            weights = Weights(norm * weights.V / length, weights.b)
            end = resnet.forward(weights, start, 1.0, activation)[-1]
            if separable(*np.hsplit(end, [self.disk.shape[1]])):
                return True
        return False


class PlanarNetworks:
    """Networks in the plane with tanh, and whether one brings a disk and the ring round it to two sides of a line."""

    def __init__(self, seed, draws=20):
        self.rng, self.draws = np.random.default_rng(seed), draws
        angle = 2 * np.pi * np.arange(60) / 60
        circle = np.array([np.cos(angle), np.sin(angle)])
        self.disk, self.ring = (np.hstack([r * circle for r in radii]) for radii in [(0, 0.2, 0.4), (0.8, 1.0, 1.2)])

    def separates(self, networks):
        """Whether one of these [dt V, dt b] does."""
        start = np.hstack([self.disk, self.ring])
        ends = (resnet.forward(Weights.from_theta(dt_theta), start, 1.0, tanh)[-1] for dt_theta in networks)
        return any(separable(*np.hsplit(end, [self.disk.shape[1]])) for end in ends)

    def flows(self, K=100):
        """Smooth V(t) and b(t) in steps so short that nothing but the flow is left."""
        t = np.linspace(0, 1, K)[:, None, None]
        for P, Q, R in 3 * self.rng.standard_normal((self.draws, 3, 2, 3)):
            yield (P + Q * np.cos(2 * t) + R * np.sin(3 * t)) / K

    def one_to_one(self, layers):
        """Random layers with |dt V| = 0.95 < 1."""
        for _ in range(self.draws):
            V = self.rng.standard_normal((layers, 2, 2))
            V *= 0.95 / np.linalg.norm(V, 2, axis=(1, 2))[:, None, None]
            yield Weights(V, self.rng.standard_normal((layers, 2))).theta

    def large_steps(self):
        """Three layers: one moves the plane, the next folds it along x_1, the last along x_2.

        x - c tanh(x) has a minimum at x = artanh sqrt(1 - 1/c), for c > 1: there the sheet is bent back.
        """
        for c in self.rng.uniform(1.5, 3, self.draws):
            crease = np.full(2, np.arctanh(np.sqrt(1 - 1 / c)))
            V = [np.zeros((2, 2)), np.diag([-c, 0]), np.diag([0, -c])]
            yield Weights(V, [crease, np.zeros(2), np.zeros(2)]).theta


def separable(a, b):
    """Whether a line or plane has the columns of a on one side and those of b on the other."""
    if len(a) == 2 and surrounds(b, a.mean(axis=1)):
        return False  # the usual case, found without a linear programme
    rows = np.vstack([a.T, -b.T])
    ones = np.repeat([1.0, -1.0], [a.shape[1], b.shape[1]])
    # Is there a normal v and a shift s with v . a + s <= -1 and v . b + s >= 1?
    found = linprog(np.zeros(len(a) + 1), np.column_stack([rows, ones]), -np.ones(len(rows)), bounds=(None, None))
    return found.status == 0


def surrounds(b, point):
    """Whether no line through the point has all columns of b (2, n) on one side: no gap in their angles is pi wide."""
    angle = np.sort(np.arctan2(*(b - point[:, None])))
    return np.diff(angle, append=angle[0] + 2 * np.pi).max() < np.pi


def price(c, j):
    """The derivative of J along the state x[j], when the later layers run on from there."""

    def J_from(x_j):
        x, y = x_j[:, None], c.y[:, None]
        running = 0.0
        for k in range(j, c.K):
            running = running + c.w1 * c.dt / 2 * np.sum((x - y) ** 2)
            x = x + c.dt * (c.V[k] @ np.tanh(x) + c.b[k][:, None])
        return running + np.sum((x - y) ** 2) / 2

    return np.array([complex_step(J_from, c.x[j], unit) for unit in np.eye(c.d)])


def inserted(c, sign):
    """-sign times the integral of phi' . x_tilde by the adjoint equation, and that of phi . x_tilde'."""
    first = c.integral(lambda k: (c.A[k].T @ c.phi[k] + c.w1 * (c.x[k] - c.y)) @ c.x_tilde[k])
    second = c.integral(lambda k: c.phi[k] @ (c.A[k] @ c.x_tilde[k] + c.b_tilde[k]))
    return sign * first + second


def cancelled(c, sign):
    """The same without the terms with A."""
    first = c.integral(lambda k: c.w1 * (c.x[k] - c.y) @ c.x_tilde[k])
    return sign * first + c.integral(lambda k: c.phi[k] @ c.b_tilde[k])


def measured_cost_ratio(c):
    """How many times more linear ODEs the gradient takes by tangents than by the adjoint, counted on the way."""
    p, solved = c.problem, {"tangent": 0, "adjoint": 0}

    def derivative(direction):
        solved["tangent"] += p.I
        x_tilde = resnet.tangent(c.weights, c.x, c.dt, tanh, direction)
        running = c.w1 * c.dt * np.sum((c.x - p.y_out)[1:-1] * x_tilde[1:-1])
        return np.sum((c.x[-1] - p.y_out) * x_tilde[-1]) + running + c.w2 * c.dt * c.weights.dot(direction)

    units = np.eye(c.weights.theta.size).reshape(-1, *c.weights.theta.shape)
    by_tangents = np.array([derivative(Weights.from_theta(unit)) for unit in units])
    solved["adjoint"] += p.I
    by_adjoint = resnet.gradient(c.weights, c.x, c.phi, c.dt, c.w2, tanh)
    if not np.allclose(by_tangents, by_adjoint.theta.ravel()):
        raise ArithmeticError("the gradients by tangents and by the adjoint differ")
    return solved["tangent"] / solved["adjoint"]
