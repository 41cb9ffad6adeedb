/* Descent with mini-batches near a minimum (D1): J falls to a noise floor, beside gamma/4 * variance (D3). */

/** Numbers from 0 to 1 that Python and JavaScript draw alike (splitmix32). */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    let z = state;
    state = (state + 0x9e3779b9) | 0;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** One batch after the other: the first n of a shuffled row of all I, or that row n by n. */
function* drawn(I, n, batches, chance) {
  for (;;) {
    const order = Array.from({ length: I }, (_, i) => i), anew = batches === "drawn anew";
    for (let i = 0; i < (anew ? n : I - 1); i++) {
      const j = i + Math.floor(chance() * (I - i));
      [order[i], order[j]] = [order[j], order[i]];
    }
    for (let first = 0; first + n <= (anew ? n : I); first += n) yield order.slice(first, first + n);
  }
}

/** J - J_min after each of data.steps. */
function descend(data, n, gamma, rule, batches, seed) {
  const { N, T, w1, w2, steps } = data, d = 2, activation = "tanh", J = [];
  const [x_in, y_out] = [data.x_in, data.y_out].map((values) => Float64Array.from(values)), I = x_in.length / d;
  const all = new TrainingProblem({ x_in, y_out, d, T, N, w1, w2, activation });
  // I/n times J of the batch, were w2 that much smaller: so the penalty is there once.
  const [x_batch, y_batch] = [new Float64Array(d * n), new Float64Array(d * n)];
  const some = new TrainingProblem({ x_in: x_batch, y_out: y_batch, d, T, N, w1, w2: (w2 * n) / I, activation });
  const batch = drawn(I, n, batches, randomNumbers(seed)), scale = I / n;
  let weights = { theta: Float64Array.from(data.start), d, N };
  for (let j = 1, next = 0; next < steps.length; j++) {
    batch.next().value.forEach((i, m) => {
      for (let r = 0; r < d; r++) [x_batch[r * n + m], y_batch[r * n + m]] = [x_in[r * I + i], y_out[r * I + i]];
    });
    const decay = rule === "decaying" ? 1 + (j - 1) / data.halved_after : 1;
    weights = descentStep(weights, (gamma / decay) * scale, some.costAndGradient(weights).gradient);
    if (j === steps[next]) {
      J.push(all.cost(weights) - data.J_min);
      next++;
    }
  }
  return J;
}

function live(picture, data) {
  const { steps } = data, I = data.x_in.length / 2, last = steps.at(-1), lastHalf = steps.map((j) => j >= last / 2);
  const mean = (values) => {
    const kept = values.filter((_, n) => lastHalf[n]);
    return kept.reduce((sum, value) => sum + value) / kept.length;
  };
  let seed = 1, epochs, J, floor, point;
  const tried = { "drawn anew": new Map(), "shuffled epochs": new Map() };

  function run() {
    const n = data.sizes[size.valueAsNumber], gamma = data.gammas[step.valueAsNumber], decaying = rule.value === "decaying";
    const variance = ((data.spread / n) * (I - n)) / (I - 1);
    J = descend(data, n, gamma, rule.value, batches.value, seed);
    epochs = steps.map((j) => (j * n) / I);
    floor = steps.map((j) => (gamma / (decaying ? 1 + j / data.halved_after : 1) / 4) * variance);
    point = [mean(floor), mean(J)];
    if (!decaying) tried[batches.value].set(`${n} ${gamma} ${seed}`, point);
  }

  const ranged = (values, value) => {
    return { min: 0, max: values.length - 1, step: 1, value: values.indexOf(value), text: (n) => String(values[n]) };
  };
  const size = picture.slider("batch size n", ranged(data.sizes, data.batch_size), run);
  const step = picture.slider("γ", ranged(data.gammas, data.gamma), run);
  const rule = picture.choice("γ is", ["constant", "decaying"], data.rule, run);
  const batches = picture.choice("batches", Object.keys(tried), data.batches, run);
  picture.button("Other draws", () => { seed++; run(); });

  const left = picture.plane({
    x: [0.01, 1100], y: [1e-6, 20], xlog: true, ylog: true, xlabel: "epochs: samples seen / I", alt: data.alt,
    legend: [["J − its minimum", "blue", "line"], ["γ/4 · variance", "orange", "dashed"]],
  });
  const right = picture.plane({
    x: [1e-3, 3], y: [1e-3, 5], xlog: true, ylog: true, xlabel: "γ/4 · variance", ylabel: "mean of the last half",
    alt: "The mean of J minus its minimum in the last half, over γ/4 times the variance, for all that has been tried.",
    legend: [["equal", "orange", "dashed"], ["drawn anew", "blue", "circle"], ["shuffled epochs", "red", "square"]],
  });

  picture.draw = () => {
    left.path(epochs, J, { color: "blue", width: 1.2 });
    left.path(epochs, floor, { color: "orange", dash: [7, 5], width: 3 });
    right.path([1e-3, 3], [1e-3, 3], { color: "orange", dash: [7, 5] });
    Object.values(tried).forEach((points, c) => {
      const [xs, ys] = [0, 1].map((m) => [...points.values()].map((values) => values[m]));
      right.points(xs, ys, { color: ["blue", "red"][c], marker: ["circle", "square"][c], open: true });
    });
    right.points([point[0]], [point[1]], { marker: "circle", size: 9, open: true });
    const means = `J - J_min is ${general(point[1], 2)} on average, γ/4 · variance ${general(point[0], 2)}`;
    picture.say(`${last} steps; in their last half ${means}`);
  };
  run();
}
