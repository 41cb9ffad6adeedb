/* The adjoint of one sample (B5): an arrow on its moving point; and what J says when the point is moved by hand. */

function live(picture, data) {
  const { d, N, T, activation, label } = data, dt = T / N, I = label.length;
  const trained = Float64Array.from(data.theta), zero = new Float64Array(trained.length);
  const theta = { "trained a little": trained, "V = 0, b = 0": zero };
  const x_in = Float64Array.from(data.x_in), y_out = Float64Array.from(data.y_out);
  const t = Array.from({ length: N + 1 }, (_, k) => k * dt), y = (i, m) => y_out[m * I + i];
  let weights, states, phi, parts, delta = data.delta;

  function solve() {
    weights = { theta: theta[named.value], d, N };
    states = forward(weights, x_in, dt, activation);
    phi = adjoint(weights, states, y_out, dt, w1.valueAsNumber, activation);
    parts = partsOf();
  }

  /** <g_i, g> / <g, g>, where g is the gradient's sum over the samples' g_i = phi_i [sigma(x_i) 1]^T. */
  function partsOf() {
    const of = (i, k, r, c) => phi[(k * d + r) * I + i] * (c < d ? states.s[(k * d + c) * I + i] : 1);
    const parts = new Float64Array(I);
    let whole = 0;
    for (let k = 0; k < N; k++) {
      for (let r = 0; r < d; r++) {
        for (let c = 0; c <= d; c++) {
          let g = 0;
          for (let i = 0; i < I; i++) g += of(i, k, r, c);
          for (let i = 0; i < I; i++) parts[i] += of(i, k, r, c) * g;
          whole += g * g;
        }
      }
    }
    return parts.map((part) => part / (whole || 1)); // a gradient of zero has no parts
  }

  const now = () => Math.round(clock.at);
  const state = (k, i) => Array.from({ length: d }, (_, m) => states.x[(k * d + m) * I + i]);
  const column = (array, i, m) => Array.from({ length: array.length / d / I }, (_, k) => array[(k * d + m) * I + i]);

  /** From the state z at time k on: [its path, this sample's part of J]. */
  function onwards(k, i, z) {
    const rest = { theta: weights.theta.subarray(k * d * (d + 1)), d, N: N - k };
    const { x } = forward(rest, Float64Array.from(z), dt, activation), own = Float64Array.from(z, (_, m) => y(i, m));
    let J = 0;
    for (let n = 0; n <= N - k; n++) {
      let squares = 0;
      for (let m = 0; m < d; m++) squares += (x[n * d + m] - own[m]) ** 2;
      J += ((n < N - k ? w1.valueAsNumber * dt : 1) * squares) / 2;
    }
    return [x, J];
  }

  /** How much J changes when the state is moved by `part` times delta. */
  function change(part) {
    const i = sample.valueAsNumber, k = now(), z = state(k, i);
    return onwards(k, i, z.map((value, m) => value + part * (delta[m] ?? 0)))[1] - onwards(k, i, z)[1];
  }

  const clock = picture.clock({ ...data, first: 1, seconds: 6 });
  const sample = picture.slider("sample", { min: 0, max: I - 1, step: 1, value: data.sample });
  const w1 = picture.slider("w₁", { min: 0, max: Math.max(1, data.w1), step: 0.1, value: data.w1 }, solve);
  const named = picture.choice("weights", Object.keys(theta), "trained a little", solve);
  const shown = picture.choice("on the right", ["change of J", "parts of the gradient"], "change of J");
  picture.button("δ = 0", () => (delta = [0, 0]));

  const plane = picture.plane({
    x: data.x1, y: data.x2, equal: true, xlabel: "x₁", ylabel: "x₂", height: 0.9, alt: data.alt,
    legend: [["φ", "orange", "line"], ["moved by δ", "green", "dashed"]],
  });
  const middle = picture.plane({
    x: [0, 1.04 * T], xlabel: "t", height: 0.9, alt: "The adjoint over time.",
    legend: [["φ₁", "ink", "line"], ["φ₂", "green", "dashed"], ["x(T) - y", "orange", "square"]],
  });
  const changes = picture.plane({
    x: [-1.5, 1.5], xlabel: "times δ", height: 0.9, title: "change of J", alt: "The change of J along δ.",
    legend: [["true", "blue", "line"], ["φ · δ", "orange", "dashed"]],
  });
  const bars = picture.plane({
    x: [-1, I], xlabel: "sample", height: 0.9, title: "part of the gradient",
    alt: "Each sample's part of the gradient.",
  });
  const handle = plane.handle({
    label: "state at time t", color: "green", step: 0.05,
    move: (x1, x2) => {
      clock.stand(now());
      const [z1, z2] = state(now(), sample.valueAsNumber);
      delta = [x1 - z1, x2 - z2];
    },
  });
  plane.whenPressed((px, py) => {
    const found = plane.nearest(...[0, 1].map((m) => label.map((_, i) => state(now(), i)[m])), px, py);
    if (found >= 0) {
      sample.show(found);
      delta = [0, 0];
      picture.refresh();
    }
    return found < 0 ? null : handle;
  });

  /** A window for these values, and zero, with some air. */
  function windowOf(...values) {
    const low = Math.min(0, ...values.flat()), high = Math.max(0, ...values.flat()), air = 0.1 * (high - low) || 1;
    return [low - air, high + air];
  }

  function drawPlane(i, k, phi_now) {
    const colors = ["blue", "red"], z = state(k, i);
    label.forEach((c, j) => {
      const style = { color: colors[c], width: j === i ? 3 : 1, alpha: j === i ? 1 : 0.3 };
      plane.path(column(states.x, j, 0), column(states.x, j, 1), style);
    });
    label.forEach((c, j) => {
      const at = state(k, j).map((value) => [value]);
      plane.points(at[0], at[1], { color: colors[c], marker: ["circle", "square"][c] });
      plane.points([y(j, 0)], [y(j, 1)], { color: colors[c], marker: "cross", size: 9 });
    });
    const end = state(N, i);
    plane.path([end[0], y(i, 0)], [end[1], y(i, 1)], { color: "orange", dash: [2, 4] });
    const [moved] = onwards(k, i, z.map((value, m) => value + (delta[m] ?? 0)));
    const path = (m) => Array.from({ length: N - k + 1 }, (_, n) => moved[n * d + m]);
    plane.path(path(0), path(1), { color: "green", dash: [6, 4] });
    const longest = Math.max(...t.slice(1).map((_, n) => Math.hypot(column(phi, i, 0)[n], column(phi, i, 1)[n])));
    const scale = Math.min(1, 1 / longest);
    plane.title.textContent = scale < 1 ? `φ × ${general(scale, 2)}` : "";
    plane.arrows([z[0]], [z[1]], [scale * phi_now[0]], [scale * phi_now[1]], { color: "orange", width: 3 });
    handle.at = [z[0] + delta[0], z[1] + delta[1]];
    plane.points([handle.at[0]], [handle.at[1]], { color: "green", marker: ["circle", "square"][label[i]] });
  }

  picture.draw = () => {
    const i = sample.valueAsNumber, k = now(), phis = [0, 1].map((m) => column(phi, i, m));
    const phi_now = phis.map((values) => values[k - 1]), end = phis.map((values) => values[N - 1]);
    drawPlane(i, k, phi_now);

    middle.rescale({ y: windowOf(...phis, end) });
    middle.path([t[k], t[k]], middle.y, { color: "muted", width: 1 });
    ["ink", "green"].forEach((color, m) => middle.path(t.slice(1), phis[m], { color, dash: m ? [6, 4] : [] }));
    middle.points([T, T], end, { color: "orange", marker: "square" });

    const times = Array.from({ length: 61 }, (_, n) => n / 20 - 1.5), curve = times.map(change);
    const product = delta[0] * phi_now[0] + delta[1] * phi_now[1];
    changes.rescale({ y: windowOf(curve, [1.5 * product, -1.5 * product]) });
    changes.path(times, curve, { color: "blue", width: 3 });
    changes.path([-1.5, 1.5], [-1.5 * product, 1.5 * product], { color: "orange", dash: [6, 4] });
    changes.points([1], [change(1)], { color: "blue" });

    bars.rescale({ y: windowOf([...parts], [0.3]) });
    parts.forEach((part, j) => {
      const style = { width: j === i ? 7 : 4, alpha: j === i ? 1 : 0.5 };
      bars.path([j, j], [0, part], { color: ["blue", "red"][label[j]], ...style });
    });
    bars.points([i], [parts[i]], { color: "ink", open: true, size: 7 });
    changes.root.hidden = shown.value !== "change of J";
    bars.root.hidden = !changes.root.hidden;

    const pair = (a, b, digits) => `(${fixed(a, digits)}, ${fixed(b, digits)})`;
    const moved = `moved by δ = ${pair(...delta, 2)}, J changes by ${fixed(change(1), 3)}`;
    const part = `part of the gradient ${fixed(100 * parts[i], 1)} %`;
    const price = `φ = ${pair(...phi_now, 3)}; ${moved}, φ · δ = ${fixed(product, 3)}`;
    picture.say(`sample ${i} at t = ${t[k].toFixed(2)}: ${price}; ${part}`);
  };
  solve();
}
