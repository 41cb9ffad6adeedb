/* A residual network against its ODE (A5): the start is dragged, the polygon and the curve follow. */

/** V(t) row by row, and b(t): [V11, V12, b1, V21, V22, b2], a layer of theta. */
const SMOOTH_WEIGHTS = {
  "as in 12.A": (t) => [Math.cos(3 * t), -4, Math.sin(t), 3, Math.sin(2 * t), -1],
  constant: () => [-1, -4, 0.5, 4, -1, 0],
  "quickly changing": (t) => [0, 6 * Math.cos(12 * t), 1, 6 * Math.sin(12 * t), 0, 0],
};
const DEPTHS = [1, 2, 4, 8, 16, 32, 64, 128];
const FINE = 4000, KEPT = 20; // Runge-Kutta steps to T = 1; every how many the curve keeps its place

/** The right-hand side V(t) sigma(x) + b(t). */
function slope(weights, t, [x1, x2]) {
  const [V11, V12, b1, V21, V22, b2] = weights(t), s1 = sigma("tanh", x1), s2 = sigma("tanh", x2);
  return [V11 * s1 + V12 * s2 + b1, V21 * s1 + V22 * s2 + b2];
}

/** The solution of the ODE, [x1 at all kept times, x2]: the classical Runge-Kutta method, of order 4. */
function curveFrom(weights, start) {
  const dt = 1 / FINE, kept = [[start[0]], [start[1]]];
  let x = start;
  for (let n = 0; n < FINE; n++) {
    const t = n * dt, moved = (k, part) => [x[0] + part * dt * k[0], x[1] + part * dt * k[1]];
    const k1 = slope(weights, t, x), k2 = slope(weights, t + dt / 2, moved(k1, 0.5));
    const k3 = slope(weights, t + dt / 2, moved(k2, 0.5)), k4 = slope(weights, t + dt, moved(k3, 1));
    x = [0, 1].map((m) => x[m] + (dt / 6) * (k1[m] + 2 * k2[m] + 2 * k3[m] + k4[m]));
    if ((n + 1) % KEPT === 0) [0, 1].forEach((m) => kept[m].push(x[m]));
  }
  return kept;
}

/** The states of a residual network of K layers that is sampled from the weights, [x1 at all times, x2]. */
function polygonFrom(weights, start, K) {
  const theta = new Float64Array(6 * K);
  for (let k = 0; k < K; k++) theta.set(weights(k / K), 6 * k);
  const { x } = forward({ theta, d: 2, N: K }, Float64Array.from(start), 1 / K, "tanh");
  return [0, 1].map((m) => Float64Array.from({ length: K + 1 }, (_, k) => x[2 * k + m]));
}

function live(picture, data) {
  let start = data.start, weights, curve, polygon, errors;

  function solve() {
    weights = SMOOTH_WEIGHTS[named.value];
    curve = curveFrom(weights, start);
    polygon = polygonFrom(weights, start, layers.valueAsNumber);
    errors = DEPTHS.map(error);
  }

  function error(K) {
    const ends = polygonFrom(weights, start, K).map((values) => values[K]);
    return Math.hypot(ends[0] - curve[0].at(-1), ends[1] - curve[1].at(-1));
  }

  const clock = picture.clock({ T: 1, N: 100, t: 0, seconds: 6 });
  const depths = { min: 1, max: Math.max(64, data.layers), step: 1, value: data.layers };
  const layers = picture.slider("layers", depths, solve);
  const named = picture.choice("weights", Object.keys(SMOOTH_WEIGHTS), data.weights, solve);
  const withField = picture.checkbox("field", true);

  const plane = picture.plane({
    x: [-4, 4], y: [-3, 3.5], equal: true, xlabel: "x₁", ylabel: "x₂", alt: data.alt,
    legend: [["start", "green", "square"], ["neural ODE", "muted", "line"], ["ResNet", "blue", "line"]],
  });
  const right = picture.plane({
    x: [0.006, 1.3], y: [5e-3, 20], xlog: true, ylog: true, xlabel: "Δt", ylabel: "error at T",
    alt: "The error at T over Δt.",
    legend: [["other depths", "muted", "circle"], ["this ResNet", "blue", "square"], ["slope 1", "ink", "dashed"]],
  });
  const handle = plane.handle({ label: "start", color: "green", move: (x1, x2) => { start = [x1, x2]; solve(); } });

  /** The field now, and who is where: the ODE's point moves along its arrow, the ResNet's keeps that of its layer. */
  function drawField(time) {
    const at = [[], []], arrow = [[], []];
    for (let x1 = -4; x1 <= 4.01; x1 += 0.5) {
      for (let x2 = -3; x2 <= 3.51; x2 += 0.5) {
        const v = slope(weights, time, [x1, x2]), length = 0.15 / Math.sqrt(Math.hypot(...v));
        [x1, x2].forEach((x, m) => (at[m].push(x), arrow[m].push(length * v[m])));
      }
    }
    plane.arrows(...at, ...arrow, { color: "orange", alpha: 0.5, width: 1.2 });
  }

  picture.draw = () => {
    const K = layers.valueAsNumber, time = clock.at / 100, one = (values) => [values];
    if (withField.checked) drawField(time);
    plane.path(...curve, { color: "muted", width: 5, alpha: 0.6 });
    plane.path(...polygon, { color: "blue" });
    plane.points(...polygon, { color: "blue", size: K > 24 ? 3 : 4.5 });
    const k = Math.min(Math.floor(time * K), K - 1), part = time * K - k;
    const onCurve = curve.map((values) => one(values[Math.round(time * (FINE / KEPT))]));
    const onPolygon = polygon.map((values) => one(values[k] + part * (values[k + 1] - values[k])));
    plane.points(...onCurve, { color: "muted", size: 7 });
    plane.points(...onPolygon, { color: "blue", size: 7 });
    plane.points(...start.map(one), { color: "green", marker: "square", size: 6 });
    handle.at = start;

    const here = error(K), twice = error(2 * K);
    right.path([0.006, 1.3], [0.006, 1.3], { dash: [6, 5], width: 1.4 });
    right.path(DEPTHS.map((depth) => 1 / depth), errors, { color: "muted" });
    right.points(DEPTHS.map((depth) => 1 / depth), errors, { color: "muted" });
    right.points([1 / K], [here], { color: "blue", marker: "square", size: 7 });
    const order = Math.log2(here / twice).toFixed(2);
    const ends = `error at T ${general(here, 3)}, with twice as many ${general(twice, 3)}: observed order ${order}`;
    picture.say(`${K} ${K === 1 ? "layer" : "layers"}: ${ends}`);
  };
  solve();
}
