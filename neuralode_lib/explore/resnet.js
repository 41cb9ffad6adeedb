/*
 * The residual network of the lecture, its cost and the derivative of the cost, in the reader's browser: resnet.py in
 * JavaScript, for tanh and ReLU. No drawing here.
 *
 * Arrays are flat Float64Arrays in Python's order, and k counts from 0 as there. With N = N_T - 1 layers:
 *   theta = [V b]  (N, d, d + 1)    V[k][r][c] is theta[(k * d + r) * (d + 1) + c], and b[k][r] the last of that row
 *   x              (N_T, d, I)      x[k][r][i] is x[(k * d + r) * I + i]; x_in and y_out (d, I) are one time of it
 *   phi            (N, d, I)        phi[k] is the derivative of J along x[k + 1]
 * Sums over samples are the innermost loops: that is where these arrays are contiguous.
 */

/**
 * @typedef {"relu" | "tanh"} Activation
 * @typedef {{theta: Float64Array, d: number, N: number}} Weights
 * @typedef {{x: Float64Array, s: Float64Array}} States  x at all times, and s = sigma(x) at all but the last
 * @typedef {{terminal: number, running: number, weights: number}} CostTerms  J is their sum
 */

const TANH_AT = Float64Array.from({ length: 1281 }, (_, n) => Math.tanh((n - 640) / 32));

/** Math.tanh to a few units in the last place, and several times as fast: tanh(a + h) with a = n / 32 from a table. */
function tanh(x) {
  if (!(Math.abs(x) < 19.9)) return Math.sign(x);
  const n = Math.floor(32 * x + 0.5), h = x - n / 32, h2 = h * h;
  const tanh_a = TANH_AT[n + 640], tanh_h = h + h * h2 * (((62 / 2835 * h2 - 17 / 315) * h2 + 2 / 15) * h2 - 1 / 3);
  return (tanh_a + tanh_h) / (1 + tanh_a * tanh_h);
}

/** @param {Activation} activation */
function sigma(activation, x) {
  return activation === "relu" ? Math.max(x, 0) : tanh(x);
}

/** The derivative of sigma where s = sigma(x) is known. ReLU has a kink at 0; the lecture takes it as 0 there. */
function dsigma(activation, s) {
  return activation === "relu" ? (s > 0 ? 1 : 0) : 1 - s * s;
}

/** V = 0 and b = 0: the network that leaves every point where it is. @returns {Weights} */
function zeroWeights(N, d) {
  return { theta: new Float64Array(N * d * (d + 1)), d, N };
}

/** @returns {States} arrays for `forward` to write to, for `I` samples */
function newStates({ d, N }, I) {
  return { x: new Float64Array((N + 1) * d * I), s: new Float64Array(N * d * I) };
}

/**
 * States of the residual network: forward Euler for x' = V(t) sigma(x) + b(t) (C3).
 * @param {Weights} weights
 * @param {Float64Array} x_in
 * @param {States} [states] where to write them, if not to new arrays
 * @returns {States}
 */
function forward(weights, x_in, dt, activation, states = newStates(weights, x_in.length / weights.d)) {
  const { theta, d, N } = weights, { x, s } = states, I = x_in.length / d;
  x.set(x_in);
  for (let k = 0; k < N; k++) {
    if (d === 2) {
      layerInPlane(theta, k, I, dt, activation, states);
      continue;
    }
    for (let n = k * d * I; n < (k + 1) * d * I; n++) s[n] = sigma(activation, x[n]);
    for (let r = 0; r < d; r++) {
      const now = (k * d + r) * I, next = now + d * I, row = (k * d + r) * (d + 1), b = theta[row + d];
      for (let i = 0; i < I; i++) x[next + i] = x[now + i] + dt * b;
      for (let c = 0; c < d; c++) {
        const dt_V = dt * theta[row + c], from = (k * d + c) * I;
        for (let i = 0; i < I; i++) x[next + i] += dt_V * s[from + i];
      }
    }
  }
  return states;
}

/** The three terms of the discrete J (C2): at the final time, along the way, of the weights. @returns {CostTerms} */
function costTerms({ theta, N }, { x }, y_out, dt, w1, w2) {
  const size = y_out.length;
  let running = 0, terminal = 0;
  for (let k = 1; k <= N; k++) {
    running += terminal;
    terminal = 0;
    for (let n = 0; n < size; n++) terminal += (x[k * size + n] - y_out[n]) ** 2;
  }
  return { terminal: terminal / 2, running: (w1 * dt * running) / 2, weights: penalty(theta, dt, w2) };
}

function penalty(theta, dt, w2) {
  let squares = 0;
  for (let n = 0; n < theta.length; n++) squares += theta[n] ** 2;
  return (w2 * dt * squares) / 2;
}

/** The discrete cost J (C2). */
function cost(weights, states, y_out, dt, w1, w2) {
  return sum(costTerms(weights, states, y_out, dt, w1, w2));
}

function sum({ terminal, running, weights }) {
  return terminal + running + weights;
}

/** Adjoint state phi, backwards from phi[N - 1] = x[N] - y_out (C4). */
function adjoint({ theta, d, N }, { x, s }, y_out, dt, w1, activation) {
  const size = y_out.length, I = size / d, phi = new Float64Array(N * size), last = (N - 1) * size;
  for (let n = 0; n < size; n++) phi[last + n] = x[last + size + n] - y_out[n];
  for (let k = N - 1; k > 0; k--) {
    for (let c = 0; c < d; c++) {
      const now = (k * d + c) * I, before = now - size;
      for (let r = 0; r < d; r++) {
        const V = theta[(k * d + r) * (d + 1) + c], from = (k * d + r) * I;
        for (let i = 0; i < I; i++) phi[before + i] += V * phi[from + i];
      }
      for (let i = 0; i < I; i++) {
        const A_T_phi = dsigma(activation, s[now + i]) * phi[before + i];
        phi[before + i] = phi[now + i] + dt * (A_T_phi + w1 * (x[now + i] - y_out[c * I + i]));
      }
    }
  }
  return phi;
}

/** Gradient of the discrete J (C5), in theta's order. */
function gradient({ theta, d, N }, { s }, phi, dt, w2) {
  const result = new Float64Array(theta.length), I = phi.length / (N * d);
  for (let k = 0; k < N; k++) {
    for (let r = 0; r < d; r++) {
      const row = (k * d + r) * (d + 1), own = (k * d + r) * I;
      for (let c = 0; c < d; c++) {
        const from = (k * d + c) * I;
        for (let i = 0; i < I; i++) result[row + c] += phi[own + i] * s[from + i];
      }
      for (let i = 0; i < I; i++) result[row + d] += phi[own + i];
    }
  }
  for (let n = 0; n < theta.length; n++) result[n] = dt * (result[n] + w2 * theta[n]);
  return result;
}

/** One step of gradient descent: weights - gamma * gradient (C6). @returns {Weights} */
function descentStep({ theta, d, N }, gamma, gradient) {
  const result = new Float64Array(theta.length);
  for (let n = 0; n < theta.length; n++) result[n] = theta[n] - gamma * gradient[n];
  return { theta: result, d, N };
}

/*
 * The plane, d = 2, is the lecture's. There the loops over rows and columns take more time than what is in them, so
 * that its two coordinates are written out: the same formulas, several times as fast.
 */

/** Layer k of `forward`. */
function layerInPlane(theta, k, I, dt, activation, { x, s }) {
  const row = 6 * k, V11 = theta[row], V12 = theta[row + 1], b1 = theta[row + 2];
  const V21 = theta[row + 3], V22 = theta[row + 4], b2 = theta[row + 5];
  for (let n = 2 * k * I; n < (2 * k + 1) * I; n++) {
    const x1 = x[n], x2 = x[n + I], s1 = sigma(activation, x1), s2 = sigma(activation, x2);
    s[n] = s1;
    s[n + I] = s2;
    x[n + 2 * I] = x1 + dt * (V11 * s1 + V12 * s2 + b1);
    x[n + 3 * I] = x2 + dt * (V21 * s1 + V22 * s2 + b2);
  }
}

/**
 * `costTerms`, `adjoint` and `gradient` in one loop backwards, with one sum of squares.
 * @param {Float64Array} phi  (2, I), to write to: phi of one time after the other
 */
function backwardInPlane({ theta, N }, { x, s }, y_out, dt, w1, w2, activation, phi) {
  const result = new Float64Array(theta.length), I = y_out.length / 2;
  let terminal = 0, running = 0;
  for (let n = 0; n < 2 * I; n++) {
    phi[n] = x[2 * N * I + n] - y_out[n];
    terminal += phi[n] * phi[n];
  }
  for (let k = N - 1; k >= 0; k--) {
    const row = 6 * k, V11 = theta[row], V12 = theta[row + 1], V21 = theta[row + 3], V22 = theta[row + 4];
    let g11 = 0, g12 = 0, g1 = 0, g21 = 0, g22 = 0, g2 = 0, squares = 0;
    for (let i = 0, n = 2 * k * I; i < I; i++, n++) {
      const phi1 = phi[i], phi2 = phi[i + I], s1 = s[n], s2 = s[n + I];
      const error1 = x[n] - y_out[i], error2 = x[n + I] - y_out[i + I];
      g11 += phi1 * s1;
      g12 += phi1 * s2;
      g1 += phi1;
      g21 += phi2 * s1;
      g22 += phi2 * s2;
      g2 += phi2;
      squares += error1 * error1 + error2 * error2;
      phi[i] = phi1 + dt * (dsigma(activation, s1) * (V11 * phi1 + V21 * phi2) + w1 * error1);
      phi[i + I] = phi2 + dt * (dsigma(activation, s2) * (V12 * phi1 + V22 * phi2) + w1 * error2);
    }
    if (k > 0) running += squares; // no weight can change x[0]
    result.set([g11, g12, g1, g21, g22, g2], row);
  }
  for (let n = 0; n < theta.length; n++) result[n] = dt * (result[n] + w2 * theta[n]);
  const terms = { terminal: terminal / 2, running: (w1 * dt * running) / 2, weights: penalty(theta, dt, w2) };
  return { terms, gradient: result };
}

/** What is trained: data, grid, w1, w2 and sigma, as in problem.py; and arrays that are made once. */
class TrainingProblem {
  /** @param {{x_in: Float64Array, y_out: Float64Array, d: number, T: number, N: number, w1: number, w2: number,
   *    activation: Activation}} given */
  constructor(given) {
    Object.assign(this, given);
    this.dt = this.T / this.N;
    this.I = this.x_in.length / this.d;
    this.arrays = newStates(this, this.I);
    this.phi = new Float64Array(this.x_in.length);
  }

  /** The states of all samples at all times, until the next call of any method. @returns {States} */
  states(weights) {
    return forward(weights, this.x_in, this.dt, this.activation, this.arrays);
  }

  costTerms(weights) {
    return costTerms(weights, this.states(weights), this.y_out, this.dt, this.w1, this.w2);
  }

  /** J alone, for the step rules that try. */
  cost(weights) {
    return sum(this.costTerms(weights));
  }

  /** @returns {{J: number, terms: CostTerms, gradient: Float64Array}} */
  costAndGradient(weights) {
    const { d, dt, w1, w2, activation, y_out } = this, states = this.states(weights);
    if (d === 2) {
      const found = backwardInPlane(weights, states, y_out, dt, w1, w2, activation, this.phi);
      return { J: sum(found.terms), ...found };
    }
    const terms = costTerms(weights, states, y_out, dt, w1, w2);
    const phi = adjoint(weights, states, y_out, dt, w1, activation);
    return { J: sum(terms), terms, gradient: gradient(weights, states, phi, dt, w2) };
  }
}
