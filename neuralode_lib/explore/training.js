/* The cockpit: training, watched and steered (C6). */

const RULES = {
  "constant γ": constant,
  "exercise's": backtracking,
  Armijo: armijo,
  "decaying γ": (gamma) => decaying(gamma, 300),
  momentum,
  Adam: adam,
};
const PRESSES = ["moves", "adds blue", "adds red", "removes"]; // a point
const ENDED = {
  diverged: "J has diverged. Press Reset and try a smaller γ, or Armijo's step rule.",
  "no step": "The gradient is zero, or no step lowers J any more. Try another step rule, or Reset.",
};
const SMOOTH = 0.019, MOST = 12; // seconds from picture to picture; milliseconds of training for each, at most
const FILL = { trains: 2, rests: 10 }; // milliseconds for the regions of each picture
const AT_ONCE = 300; // iterations of the opening that are done unseen where no motion is wanted
const SECONDS = 2; // that the opening takes, and the flow when it is played

/** Points from x_in and y_out (d, I), by column: {x, y, label}, the label being that of the target nearest to y. */
function pointsOf({ x_in, y_out, d }, targets) {
  const I = x_in.length / d, column = (a, i) => Array.from({ length: d }, (_, m) => a[m * I + i]);
  return Array.from({ length: I }, (_, i) => {
    const y = column(y_out, i);
    return { x: column(x_in, i), y, label: nearestTarget(y[0], y[1], targets) };
  });
}

function nearestTarget(x1, x2, [[b1, b2], [r1, r2]]) {
  return Math.hypot(x1 - b1, x2 - b2) <= Math.hypot(x1 - r1, x2 - r2) ? 0 : 1;
}

/** (d, I) from points: what they do not have of d coordinates is zero. */
function columns(points, what, d) {
  const I = points.length, a = new Float64Array(d * I);
  for (let m = 0; m < d; m++) for (let i = 0; i < I; i++) a[m * I + i] = points[i][what][m] ?? 0;
  return a;
}

/** Where training starts: at zero; from there a third coordinate would never move, so with one at small weights. */
function startWeights(N, d) {
  const weights = zeroWeights(N, d);
  if (d > 2) weights.theta.forEach((_, n, theta) => (theta[n] = 0.1 * Math.sin((n + 1) ** 2))); // as in training.py
  return weights;
}

/**
 * One step of power iteration for the largest curvature of J: the Hessian times v, by a difference of gradients.
 * @param {Float64Array} v  of norm 1; it becomes the next one
 * @returns {number} v . Hessian v
 */
function curvature(problem, weights, v) {
  const h = 1e-5 * Math.max(1, Math.sqrt(dot(weights.theta, weights.theta)));
  const [there, back] = [-h, h].map((step) => problem.costAndGradient(descentStep(weights, step, v)).gradient);
  const product = there.map((g, n) => (g - back[n]) / (2 * h)), size = Math.sqrt(dot(product, product)) || 1;
  const along = dot(v, product);
  for (let n = 0; n < v.length; n++) v[n] = product[n] / size;
  return along;
}

/** A cell for a notebook that makes this TrainingProblem and these weights. `set`: the data, if it is the library's. */
function pythonCell(problem, weights, set) {
  const { d, I, N, T, w1, w2, activation } = problem;
  const rows = (a) => Array.from({ length: d }, (_, m) => `    [${Array.from(a.subarray(m * I, (m + 1) * I)).join(", ")}],`);
  const array = (name, a) => [`${name} = np.array([`, ...rows(a), "])"];
  const names = { "disk in ring": "disk_in_ring", moons: "moons", blobs: "blobs" }, make = names[set];
  const lift = (a) => (d === 2 ? a : `np.vstack([${a}, np.zeros(${I})])`);
  const data = make
    ? [`data = ${make}()`, `x_in, y_out = ${lift("data.x_in")}, ${lift("data.y_out")}`]
    : [...array("x_in", problem.x_in), ...array("y_out", problem.y_out)];
  const theta = Array.from(weights.theta).join(", ");
  return [
    "import numpy as np",
    `from neuralode_lib import ${["TrainingProblem", "Weights", ...(make ? [make] : []), activation].join(", ")}`,
    "",
    ...data,
    `problem = TrainingProblem(x_in, y_out, T=${T}, N_T=${N + 1}, w1=${w1}, w2=${w2}, activation=${activation})`,
    weights.theta.some((value) => value !== 0)
      ? `weights = Weights.from_theta(np.array([${theta}]).reshape(${N}, ${d}, ${d + 1}))`
      : `weights = Weights.zeros(${N + 1}, ${d})`,
    "",
  ].join("\n");
}

/** What has been along the run, of more and more iterations fewer and fewer: enough for a logarithmic axis. */
class Record {
  constructor() {
    this.clear();
  }

  clear() {
    this.at = [];
    this.values = {};
  }

  note(iteration, values) {
    if (this.at.length && iteration > 100 && iteration < 1.01 * this.at.at(-1)) return;
    this.at.push(iteration);
    for (const [name, value] of Object.entries(values)) (this.values[name] ??= []).push(value);
  }
}

/** kept: a state that picture.state() gave, from which to go on. */
function cockpit(picture, data, kept) {
  const { targets, sets, T } = data, chosen = { ...data.settings, ...kept?.chosen, point: 0 };
  const curve = new Record(), bends = new Record(), regions = new Regions(61, 38), colors = ["blue", "red"];
  let own = kept?.points ?? (data.own ? pointsOf(data.own, targets) : []), points, problem, descent, limit, direction;
  let time = 1, share = 4; // time: of the flow, where T is 1; share: milliseconds of training for each picture

  // ---- what is trained

  function pose() {
    const { d, layers: N, w1, w2, activation } = chosen;
    const [x_in, y_out] = ["x", "y"].map((what) => columns(points, what, d));
    return new TrainingProblem({ x_in, y_out, d, T, N, w1, w2, activation });
  }

  function begin(weights = startWeights(chosen.layers, chosen.d)) {
    pause();
    problem = pose();
    descent = new Descent(problem, weights, RULES[chosen.rule](chosen.gamma));
    limit = chosen.iterations;
    curve.clear();
    note();
    bend();
  }

  function goOn() {
    begin({ theta: Float64Array.from(kept.theta), d: chosen.d, N: chosen.layers });
    curve.clear();
    descent.iteration = kept.iteration;
    limit = kept.limit;
    note();
  }

  /** Python's weights, where they fit. */
  function given() {
    const { theta, settings: { d, layers } } = data;
    if (theta && d === chosen.d && layers === chosen.layers) return { theta: Float64Array.from(theta), d, N: layers };
  }

  const pause = () => picture.players.forEach((player) => player.pause());
  const note = () => curve.note(descent.iteration, { J: descent.J, ...descent.terms });

  /** One iteration; false where there is none. */
  function advance() {
    const went = points.length > 0 && descent.advance();
    if (went) note();
    return went;
  }

  /** γ or the rule has changed. */
  function steer() {
    if (descent.ended === "diverged") begin(); // where it stands is no place to go on from
    else descent.follow(RULES[chosen.rule](chosen.gamma));
  }

  /** The points have changed: training goes on from where it is. */
  function repose() {
    opening.pause();
    problem = descent.problem = pose();
    descent.ended = null;
    descent.stand(descent);
    pointSlider.max = Math.max(points.length - 1, 0);
    choose(Math.min(chosen.point, points.length - 1));
  }

  /** Look for the curvature afresh. */
  function bend() {
    bends.clear();
    direction = descent.weights.theta.map((_, n) => Math.sin(n + 1));
    for (let n = 0; chosen.curvature && n < 30; n++) curvature(problem, descent.weights, direction);
  }

  // ---- points

  function take(name) {
    points = name === "own points" ? own : pointsOf(sets[name], targets);
    chosen.data = name;
  }

  /** From now on the points are the reader's own. */
  function change(act) {
    act();
    if (chosen.data !== "own points") dataChoice.show((chosen.data = "own points"));
    own = points;
    repose();
  }

  const choose = (i) => pointSlider.show((chosen.point = Math.max(i, 0)));
  const move = (x1, x2) => change(() => points[chosen.point].x.splice(0, 2, x1, x2));
  const remove = () => change(() => points.splice(chosen.point, 1));
  function add(label, x1, x2) {
    change(() => points.push({ x: [x1, x2], y: [...targets[label]], label }));
    choose(points.length - 1);
  }

  /** What a press there does, as chosen; true where it has moved or made a point that may be dragged on. */
  function press(found, x1, x2) {
    const adds = PRESSES.indexOf(presses.value) - 1;
    if (adds === 0 || adds === 1) add(adds, x1, x2);
    else if (found < 0) return false;
    else {
      choose(found);
      if (presses.value === "removes") remove();
    }
    return presses.value !== "removes";
  }

  // ---- controls: the run, what is changed on the way, what starts afresh

  function group(name) {
    picture.controls = make("form", { className: "settings", onsubmit: () => false }, make("b", {}, name));
    picture.root.append(picture.controls);
  }

  const trainer = picture.player("Start", (seconds) => {
    share = seconds > SMOOTH ? Math.max(0.8 * share, 1) : Math.min(share + 0.1, MOST); // as much as pictures bear
    const until = performance.now() + share;
    opening.pause();
    if (descent.iteration >= limit) limit += chosen.iterations;
    let goes = true;
    while (goes && performance.now() < until) goes = advance() && descent.iteration < limit;
    return goes;
  });
  const opening = {
    isPlaying: false,
    pause() { this.isPlaying = false; },
    step(seconds) {
      const most = picture.calm ? Infinity : Math.ceil((data.opening * seconds) / SECONDS);
      const until = Math.min(descent.iteration + most, data.opening), end = performance.now() + MOST;
      while (descent.iteration < until && performance.now() < end) if (!advance()) return false;
      return descent.iteration < data.opening;
    },
  };
  picture.players.push(opening);
  picture.button("Step", () => { pause(); advance(); });
  picture.button("Reset", () => begin(given()));
  const firstRow = picture.controls;
  const copy = picture.button("Copy as Python", () => copied(pythonCell(problem, descent.weights, chosen.data)));
  copy.onblur = () => (copy.textContent = "Copy as Python");
  const progress = make("progress", { "aria-label": "iterations done" }), message = make("b", { role: "alert" });
  message.style.color = "var(--red)";
  picture.controls.append(progress, message);

  const plane = picture.plane({
    x: data.x1, y: data.x2, xlabel: "x₁", ylabel: "x₂", equal: true, height: 0.62, alt: data.alt,
    legend: [["blue class", "blue", "circle"], ["red class", "red", "square"]],
  });
  const graph = picture.plane({
    x: [1, 10], y: [1, 10], xlog: true, ylog: true, xlabel: "iteration", height: 0.62,
    alt: "J and its three terms over the iterations",
    legend: [["J", "ink", "line"], ["terminal", "blue", "dashed"], ["running", "green", "dashed"],
      ["weights", "red", "dashed"], ["curvature", "orange", "line"], ["2/γ", "orange", "dotted"]],
  });
  const curvatureLegend = [...graph.root.querySelectorAll(".legend span")].slice(4);

  group("On the way");
  const text = () => general(chosen.gamma, 3);
  const gammaSlider = picture.slider("γ", { min: -3, max: 1, step: 0.01, value: Math.log10(chosen.gamma), text }, (n) => {
    gammaField.show((chosen.gamma = Number(general(10 ** n, 3))));
    gammaSlider.show(n);
    steer();
  });
  gammaSlider.nextSibling.hidden = true; // the field tells it
  const gammaField = picture.field("=", { above: 0, step: 0.05, value: chosen.gamma }, (gamma) => {
    chosen.gamma = gamma;
    gammaSlider.show(Math.log10(gamma));
    steer();
  });
  picture.choice("step rule", Object.keys(RULES), chosen.rule, (name) => { chosen.rule = name; steer(); });
  picture.choice("picture", ["regions", "points at T", "paths"], chosen.show, (name) => (chosen.show = name));
  const flow = picture.player("Flow", (seconds) => {
    time = Math.min((time < 1 ? time : 0) + seconds / SECONDS, 1);
    return time < 1;
  });
  picture.checkbox("curvature", chosen.curvature, (isAsked) => { chosen.curvature = isAsked; bend(); });

  group("Points");
  const presses = picture.choice("a press", PRESSES, "moves");
  const pointSlider = picture.slider("point", { min: 0, max: 1, step: 1, value: 0 }, choose);
  picture.button("Clear", () => change(() => points.splice(0)));

  group("Afresh");
  const dataChoice = picture.choice("data", [...Object.keys(sets), "own points"], chosen.data, (name) => {
    take(name);
    repose();
    begin();
  });
  const afresh = (name) => (value) => { chosen[name] = value; begin(); };
  picture.choice("σ", ["relu", "tanh"], chosen.activation, afresh("activation"));
  picture.choice("d", [...new Set([2, 3, chosen.d])].map(String), String(chosen.d), (d) => afresh("d")(Number(d)));
  picture.field("layers", { min: 1, max: 1000, step: 1, value: chosen.layers }, afresh("layers"));
  picture.field("w₁", { min: 0, max: 1e6, step: 0.01, value: chosen.w1 }, afresh("w1"));
  picture.field("w₂", { min: 0, max: 1e6, step: 0.01, value: chosen.w2 }, afresh("w2"));

  /** On the clipboard; where the page may not write to it, in a field to be copied from. */
  function copied(cell) {
    const show = () => {
      const field = make("textarea", { value: cell, rows: 3, readOnly: true, "aria-label": "Python" });
      firstRow.append(field);
      field.select();
    };
    firstRow.querySelector("textarea")?.remove();
    if (!navigator.clipboard) return show();
    navigator.clipboard.writeText(cell).then(() => (copy.textContent = "Copied"), show);
  }

  // ---- the handle is the chosen point

  const handle = plane.handle({ label: "chosen point", move });
  takesKeys(handle.element, /^(Enter|Delete)$/).addEventListener("keydown", ({ key }) => {
    if (key === "Enter") press(chosen.point, ...handle.at);
    if (key === "Delete") remove();
    picture.refresh();
  });
  plane.whenPressed((px, py) => {
    if (handle.element.hidden && points.length) return null;
    const [x1, x2] = [0, 1].map((m) => points.map((point) => point.x[m]));
    const taken = press(plane.nearest(x1, x2, px, py), ...plane.numbersAt(px, py));
    handle.at = points[chosen.point]?.x.slice(0, 2) ?? handle.at;
    picture.refresh();
    return taken ? handle : null;
  });

  // ---- the picture

  /** Which target each place is taken to: all of it soon, and at once where nothing moves. */
  function drawRegions() {
    const goesOn = picture.players.some((player) => player.isPlaying), time = goesOn ? FILL.trains : FILL.rests;
    const isDone = regions.update(problem, descent.weights, plane.shown, targets, time);
    plane.regions(regions.values, regions.across, regions.up);
    if (!isDone && !goesOn) picture.refresh();
  }

  function drawPoints(x, label, I, d) {
    const at = (fraction) => {
      const k = Math.round(fraction * descent.weights.N) * d * I;
      return [x.subarray(k, k + I), x.subarray(k + I, k + 2 * I)];
    };
    const [x1, x2] = at(flow.isPlaying ? time : chosen.show === "regions" ? 0 : 1);
    const until = flow.isPlaying ? Math.round(time * descent.weights.N) : chosen.show === "paths" ? descent.weights.N : 0;
    if (until > 0) plane.points(...at(0), { color: "muted", size: 2 });
    for (let i = 0; until > 0 && i < I; i++) {
      const path = [0, 1].map((m) => Float64Array.from({ length: until + 1 }, (_, k) => x[(k * d + m) * I + i]));
      plane.path(...path, { color: colors[label[i]], width: 1, alpha: 0.55 });
    }
    plane.classes(x1, x2, label, targets);
  }

  function drawGraph() {
    const largest = Math.ceil(Math.log10(Math.max(...curve.values.J))), dash = [6, 4];
    graph.x = [1, limit];
    graph.y = [10 ** (largest - 5), 10 ** largest];
    for (const [name, color] of [["terminal", "blue"], ["running", "green"], ["weights", "red"]]) {
      graph.path(curve.at, curve.values[name], { color, dash, width: 1.5 });
    }
    graph.path(curve.at, curve.values.J, { color: "ink", width: 2.5 });
    graph.points([Math.max(descent.iteration, 1)], [descent.J]);
    for (const part of curvatureLegend) part.hidden = !chosen.curvature;
    picture.numbers.style.minHeight = chosen.curvature ? "2.8em" : ""; // the line gets longer
    if (!chosen.curvature) return "";
    const bent = curvature(problem, descent.weights, direction);
    bends.note(descent.iteration, { bent });
    graph.path(bends.at, bends.values.bent, { color: "orange" });
    graph.path([1, limit], [2 / chosen.gamma, 2 / chosen.gamma], { color: "orange", dash: [2, 4] });
    return `; curvature ${general(bent, 3)}, 2/γ = ${general(2 / chosen.gamma, 3)}`;
  }

  picture.draw = () => {
    const label = points.map((point) => point.label), { d, I } = problem;
    if (chosen.show === "regions" && !flow.isPlaying) drawRegions();
    const { x } = problem.states(descent.weights), ends = x.subarray(descent.weights.N * d * I);
    drawPoints(x, label, I, d);
    const bent = drawGraph();
    handle.element.style.pointerEvents = presses.value === "moves" ? "" : "none"; // the canvas gets the press
    handle.element.hidden = points.length === 0 || flow.isPlaying || chosen.show === "points at T";
    presses.group.disabled = chosen.show === "points at T" && points.length > 0; // there are no starts to take hold of
    handle.at = points[chosen.point]?.x.slice(0, 2) ?? [0, 0];
    progress.max = limit;
    progress.value = descent.iteration;
    message.textContent = points.length ? ENDED[descent.ended] ?? "" : "No points: let a press add some.";

    const right = label.filter((c, i) => nearestTarget(ends[i], ends[I + i], targets) === c).length;
    const { terminal, running, weights } = descent.terms, short = (number) => general(number, 4);
    const sum = `${short(terminal)} terminal + ${short(running)} running + ${short(weights)} weights`;
    picture.say(
      `iteration ${descent.iteration} of ${limit}: J = ${short(descent.J)} = ${sum}; ${right} of ${I} points correct${bent}`,
    );
  };

  /** Where it stands, as JSON takes it. */
  picture.state = () => {
    const { iteration, J, weights } = descent;
    return { chosen, points, iteration, limit, J, theta: Array.from(weights.theta) };
  };
  take(chosen.data);
  begin(given());
  if (kept) goOn();
  else limit = Math.max(limit, data.opening);
  repose();
  if (picture.calm && !kept) while (descent.iteration < Math.min(data.opening, AT_ONCE) && advance());
  opening.isPlaying = !kept && descent.iteration < data.opening;
}
