/* A kick to b in one layer (B1): the difference quotient of the states, their tangent, and how far they are apart. */

const EXPONENTS = Array.from({ length: 32 }, (_, n) => n / 2 - 15); // of h

/** x~, by x~_{k+1} = x~_k + dt (V_k sigma'(x_k) x~_k + b~_k): b~ is `kick` in one layer and zero in all others. */
function tangentOf({ theta, d, N }, { x, s }, dt, layer, kick) {
  const x_tilde = new Float64Array(x.length);
  for (let k = 0; k < N; k++) {
    for (let r = 0; r < d; r++) {
      let rate = k === layer ? kick[r] : 0;
      for (let c = 0; c < d; c++) {
        rate += theta[(k * d + r) * (d + 1) + c] * dsigma("tanh", s[k * d + c]) * x_tilde[k * d + c];
      }
      x_tilde[(k + 1) * d + r] = x_tilde[k * d + r] + dt * rate;
    }
  }
  return x_tilde;
}

/** (states with h times the kick added to b of that layer - states x without it) / h */
function quotientOf({ theta, d, N }, x, dt, layer, kick, h) {
  const kicked = theta.slice();
  for (let r = 0; r < d; r++) kicked[(layer * d + r) * (d + 1) + d] += h * kick[r];
  return forward({ theta: kicked, d, N }, x.slice(0, d), dt, "tanh").x.map((value, n) => (value - x[n]) / h);
}

function live(picture, data) {
  const { N } = data, d = 2, dt = 1 / N, weights = { theta: Float64Array.from(data.theta), d, N };
  const states = forward(weights, Float64Array.from(data.x_in), dt, "tanh");
  const t = Array.from({ length: N + 1 }, (_, k) => k * dt);
  const entry = (x, m) => Float64Array.from({ length: N + 1 }, (_, k) => x[k * d + m]);
  let x_tilde, quotients, apart;

  function solve() {
    const turn = (angle.valueAsNumber * Math.PI) / 180, kick = [Math.cos(turn) / dt, Math.sin(turn) / dt];
    x_tilde = tangentOf(weights, states, dt, layer(), kick);
    quotients = EXPONENTS.map((exponent) => quotientOf(weights, states.x, dt, layer(), kick, 10 ** exponent));
    apart = quotients.map((q) => {
      const off = q.map((value, n) => value - x_tilde[n]);
      return Math.max(...t.map((_, k) => Math.hypot(off[k * d], off[k * d + 1])));
    });
  }
  const layer = () => Math.round(time.valueAsNumber / dt);

  const seconds = (value) => `t = ${value.toFixed(3)}`, degrees = (value) => `${value}°`;
  const time = picture.slider("kick at", { min: 0, max: 1 - dt, step: dt, value: data.time, text: seconds }, solve);
  const turns = { min: -180, max: 180, step: 1, value: data.angle, text: degrees };
  const angle = picture.slider("direction", turns, solve);
  const power = picture.slider("log₁₀ h", { min: -15, max: 0.5, step: 0.5, value: data.log10_h });

  const plane = picture.plane({
    x: data.x1, y: data.x2, equal: true, xlabel: "x₁", ylabel: "x₂", height: 0.9, alt: data.alt,
    legend: [["x", "muted", "line"], ["kicked", "blue", "line"], ["x + h x̃", "orange", "dashed"]],
  });
  const middle = picture.plane({
    x: [0, 1.02], y: [-2.2, 2.2], xlabel: "t", height: 0.9, alt: "Quotient and tangent over time.",
    legend: [["x̃₁", "blue", "line"], ["x̃₂", "red", "line"], ["quotient", "muted", "circle"]],
  });
  const right = picture.plane({
    x: [3e-16, 10], y: [1e-17, 100], xlog: true, ylog: true, xlabel: "h", height: 0.9, title: "|quotient - tangent|",
    alt: "Their largest difference over h.",
  });
  const arrow = plane.handle({
    label: "direction of the kick", color: "green", range: [-180, 180],
    value: () => angle.valueAsNumber, said: () => `${angle.value} degrees`,
    move: (x1, x2) => {
      const [from1, from2] = base();
      angle.show((Math.atan2(x2 - from2, x1 - from1) * 180) / Math.PI);
      solve();
    },
    key: (right, up) => { angle.show(((angle.valueAsNumber + 5 * (right + up) + 540) % 360) - 180); solve(); },
  });
  const base = () => [states.x[(layer() + 1) * d], states.x[(layer() + 1) * d + 1]];
  const chosen = right.handle({
    label: "h", color: "blue", at: [1, 1], value: () => power.valueAsNumber, range: [-15, 0.5],
    said: () => `h is 10 to the ${power.value}`,
    move: (h) => power.show(Math.log10(h)), key: (right, up) => power.show(power.valueAsNumber + (right + up) / 2),
  });

  picture.draw = () => {
    const n = EXPONENTS.indexOf(power.valueAsNumber), h = 10 ** EXPONENTS[n], q = quotients[n];
    const moved = (change) => [0, 1].map((m) => entry(states.x.map((value, j) => value + h * change[j]), m));
    plane.path(...[0, 1].map((m) => entry(states.x, m)), { color: "muted", width: 4, alpha: 0.6 });
    plane.path(...moved(q), { color: "blue" });
    plane.path(...moved(x_tilde), { color: "orange", dash: [6, 4] });
    const turn = (angle.valueAsNumber * Math.PI) / 180, from = base(), push = [Math.cos(turn), Math.sin(turn)];
    plane.arrows(...from.map((x) => [x]), ...push.map((x) => [x]), { color: "green", width: 3 });
    arrow.at = [from[0] + push[0], from[1] + push[1]];

    ["blue", "red"].forEach((color, m) => {
      middle.path(t, entry(x_tilde, m), { color });
      middle.points(t, entry(q, m), { color, marker: ["circle", "square"][m], open: true, size: 4, width: 1.5 });
    });
    const seen = apart.map((value) => Math.max(value, 1e-17)), steps = EXPONENTS.map((exponent) => 10 ** exponent);
    right.path(steps, seen, { color: "muted" });
    right.points(steps, seen, { color: "muted", size: 3.5 });
    right.points([h], [seen[n]], { color: "blue", marker: "square", size: 7 });
    chosen.at = [h, seen[n]];

    const pair = (values) => `(${fixed(values[N * d], 4)}, ${fixed(values[N * d + 1], 4)})`;
    const kick = `kick of length 1/Δt = ${N} at t = ${(layer() * dt).toFixed(3)}, h = ${exponential(h, 1)}`;
    const ends = `quotient ${pair(q)}, tangent ${pair(x_tilde)}`;
    picture.say(`${kick}; at T: ${ends}; largest difference ${exponential(apart[n], 1)}`);
  };
  solve();
}
