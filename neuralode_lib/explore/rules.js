/*
 * Gradient descent one step at a time, and the step rules: descent.py and rules.py in JavaScript, with resnet.js above.
 * A rule is an object that may remember; it starts afresh where gamma, the last step's, is null.
 */

/**
 * @typedef {{weights: Weights, gamma: number}} Step  where a step leads, and how long it was
 * @typedef {{step: function(TrainingProblem, Weights, number, Float64Array, ?number): ?Step}} Rule
 *   step(problem, weights, J, gradient, last gamma), null where it finds no step
 */

/** The same learning rate in every iteration (C6). @returns {Rule} */
function constant(gamma) {
  return { step: (problem, weights, J, gradient) => ({ weights: descentStep(weights, gamma, gradient), gamma }) };
}

/** gamma / (1 + j / halvedAfter) in iteration j (D4). @returns {Rule} */
function decaying(first, halvedAfter) {
  return {
    step(problem, weights, J, gradient, gamma) {
      gamma = gamma === null ? first : 1 / (1 / gamma + 1 / (first * halvedAfter));
      return { weights: descentStep(weights, gamma, gradient), gamma };
    },
  };
}

/** The rule of the lecture's exercise: V's and b's gradients each scaled to largest entry 1. @returns {Rule} */
function backtracking(first = 0.001, growth = 4) {
  return {
    step(problem, weights, J, gradient, gamma) {
      const { d } = weights, isB = (n) => n % (d + 1) === d, largest = { V: 0, b: 0 };
      gradient.forEach((g, n) => (largest[isB(n) ? "b" : "V"] = Math.max(largest[isB(n) ? "b" : "V"], Math.abs(g))));
      const direction = gradient.map((g, n) => g / ((isB(n) ? largest.b : largest.V) || 1));
      const start = growth * (gamma === null ? first : gamma / 2); // halved after the try that is taken, too
      return firstAccepted(problem, weights, direction, start, (J_new) => J_new <= J);
    },
  };
}

/** Backtracking along -gradient until J falls by c * gamma * |gradient|^2 (Armijo 1966). @returns {Rule} */
function armijo(first = 1, growth = 2, c = 1e-4) {
  return {
    step(problem, weights, J, gradient, gamma) {
      const slope = dot(gradient, gradient), start = gamma === null ? first : growth * gamma;
      const enough = (J_new, gamma) => J_new < J && J_new <= J - c * gamma * slope;
      return firstAccepted(problem, weights, gradient, start, enough);
    },
  };
}

/** The heavy ball (D6): the last step, times beta, goes on (Polyak 1964). @returns {Rule} */
function momentum(gamma, beta = 0.9) {
  let velocity;
  return {
    step(problem, weights, J, gradient, last) {
      if (last === null) velocity = new Float64Array(gradient.length);
      velocity = velocity.map((v, n) => beta * v - gamma * gradient[n]);
      return { weights: descentStep(weights, -1, velocity), gamma };
    },
  };
}

/** Each entry moves by the mean of its gradients over their root mean square (D7; Kingma, Ba 2015). @returns {Rule} */
function adam(gamma = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8) {
  let m, v, t;
  return {
    step(problem, weights, J, gradient, last) {
      if (last === null) [m, v, t] = [new Float64Array(gradient.length), new Float64Array(gradient.length), 0];
      t += 1;
      const direction = gradient.map((g, n) => {
        m[n] = beta1 * m[n] + (1 - beta1) * g;
        v[n] = beta2 * v[n] + (1 - beta2) * g * g;
        return m[n] / (1 - beta1 ** t) / (Math.sqrt(v[n] / (1 - beta2 ** t)) + epsilon);
      });
      return { weights: descentStep(weights, gamma, direction), gamma };
    },
  };
}

/** Halve gamma until J is accepted; null once the step changes no weight any more. */
function firstAccepted(problem, weights, direction, gamma, accepts) {
  for (;;) {
    const next = descentStep(weights, gamma, direction);
    if (next.theta.every((value, n) => value === weights.theta[n])) return null;
    if (accepts(problem.cost(next), gamma)) return { weights: next, gamma };
    gamma /= 2;
  }
}

function dot(a, b) {
  let sum = 0;
  for (let n = 0; n < a.length; n++) sum += a[n] * b[n];
  return sum;
}

/** Where gradient descent stands after `iteration` steps: weights, J, its terms and gradient; and why it has ended. */
class Descent {
  constructor(problem, weights, rule) {
    this.problem = problem;
    this.iteration = 0;
    this.stand({ weights, gamma: null });
    this.follow(rule);
  }

  /** From here on by this rule, which starts afresh. */
  follow(rule) {
    this.rule = rule;
    this.gamma = null;
    this.ended = null;
  }

  /** One step; false where there is none. What diverges leaves the last finite state. */
  advance() {
    if (this.ended) return false;
    const { problem, weights, J, gradient, gamma } = this;
    const step = this.gradientNorm > 0 ? this.rule.step(problem, weights, J, gradient, gamma) : null;
    if (step === null) this.ended = "no step";
    else if (this.stand(step)) this.iteration += 1;
    else this.ended = "diverged";
    return !this.ended;
  }

  /** Take these weights, unless J or its gradient is not finite there. */
  stand({ weights, gamma }) {
    const found = this.problem.costAndGradient(weights), gradientNorm = Math.sqrt(dot(found.gradient, found.gradient));
    if (!Number.isFinite(found.J) || !Number.isFinite(gradientNorm)) return false;
    Object.assign(this, { weights, gamma, gradientNorm }, found);
    return true;
  }
}
