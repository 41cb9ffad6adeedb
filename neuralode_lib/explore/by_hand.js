/* Training by hand: three layers whose V and b are arrows to be dragged (C6). */

const LAYERS = 3;
const ARROWS = [["b", 2, "green"], ["V e₁", 0, "orange"], ["V e₂", 1, "ink"]]; // name, column of [V b], color
const A_PICTURE = 2; // iterations of descent between two pictures, so that they can be watched

function live(picture, data) {
  const { targets, sets, w1, w2, activation } = data, colors = ["blue", "red"], dt = 1 / LAYERS;
  let theta, problem, label, descent, best, touched; // touched: the layer, whose field is shown
  let isHelped; // by descent, so that what is best from there on was not found by hand

  const weights = () => ({ theta, d: 2, N: LAYERS });

  function pose(name) {
    const [x_in, y_out] = [sets[name].x_in, sets[name].y_out].map((a) => Float64Array.from(a));
    problem = new TrainingProblem({ x_in, y_out, d: 2, T: 1, N: LAYERS, w1, w2, activation });
    label = sets[name].label;
    begin();
  }

  function begin() {
    player.pause();
    theta = Float64Array.from(data.theta);
    [descent, touched, isHelped] = [null, 0, false];
    best = problem.cost(weights());
  }

  /** The arrow of this column of layer k shall end there. */
  function turn(k, column, x1, x2) {
    player.pause();
    theta = theta.slice();
    [theta[6 * k + column], theta[6 * k + 3 + column]] = [x1, x2];
    [descent, touched] = [null, k];
    if (!isHelped) best = Math.min(best, problem.cost(weights()));
  }

  const player = picture.player("Let descent go on", () => {
    descent ??= new Descent(problem, weights(), armijo());
    isHelped = true;
    for (let n = 0; n < A_PICTURE; n++) if (!descent.advance()) return false;
    theta = descent.weights.theta;
    return true;
  });
  picture.button("Reset", begin);
  picture.choice("data", Object.keys(sets), data.data, pose);

  const plane = picture.plane({
    x: data.x1, y: data.x2, xlabel: "x₁", ylabel: "x₂", equal: true, height: 0.85, alt: data.alt,
    legend: [["blue class", "blue", "circle"], ["red class", "red", "square"]],
  });
  plane.root.style.flex = "1 1 19em";
  const layers = Array.from({ length: LAYERS }, (_, k) => {
    const name = `layer ${k + 1}`;
    const own = picture.plane({ title: name, equal: true, bare: true, height: 1.1, alt: `b and V of ${name}` });
    own.root.style.flex = "0 1 min(10.5em, 45%)"; // on a phone two beside each other
    const handles = ARROWS.map(([arrow, column, color]) => own.handle({
      label: `${arrow}, ${name}`, color, at: [0, 0], move: (x1, x2) => turn(k, column, x1, x2),
      said: (x1, x2) => `(${x1.toFixed(1)}, ${x2.toFixed(1)})`,
    }));
    return { own, handles };
  });

  /** The field of the layer that was touched last. */
  function drawField() {
    const [[left, right], [low, high]] = [data.x1, data.x2], across = 12, up = 10, I = across * up, z = new Float64Array(2 * I);
    for (let n = 0; n < I; n++) {
      z[n] = left + ((right - left) * ((n % across) + 0.5)) / across;
      z[I + n] = low + ((high - low) * (Math.floor(n / across) + 0.5)) / up;
    }
    const layer = { theta: theta.subarray(6 * touched, 6 * touched + 6), d: 2, N: 1 };
    const step = forward(layer, z, 0.12, activation).x.subarray(2 * I).map((next, n) => next - z[n]);
    plane.arrows(z.subarray(0, I), z.subarray(I), step.subarray(0, I), step.subarray(I), { color: "muted", alpha: 0.5 });
  }

  function drawArrows({ own, handles }, k) {
    const isLarge = theta.subarray(6 * k, 6 * k + 6).some((value) => Math.abs(value) > 3);
    if (!handles.some((handle) => handle.isHeld)) own.reach = isLarge ? 8 : 4; // while it is held, the scale stays
    const end = own.reach;
    own.rescale({ x: [-end, end], y: [-end, end] });
    for (const axis of [[-end, end], [0, 0]]) own.path(axis, axis[0] ? [0, 0] : [-end, end], { color: "grid", width: 1 });
    ARROWS.forEach(([arrow, column, color], n) => {
      const tip = (handles[n].at = [theta[6 * k + column], theta[6 * k + 3 + column]]);
      own.arrows([0], [0], [tip[0]], [tip[1]], { color, width: 2.5 });
      own.text(arrow, ...tip, { dy: tip[1] < 0 ? 24 : -24, color });
    });
  }

  picture.draw = () => {
    const { x } = problem.states(weights()), { I } = problem, terms = problem.costTerms(weights());
    const at = (k, m) => x.subarray((2 * k + m) * I, (2 * k + m + 1) * I);
    const [x1, x2] = [at(LAYERS, 0), at(LAYERS, 1)];
    drawField();
    for (let i = 0; i < I; i++) {
      const color = colors[label[i]], path = [0, 1].map((m) => Array.from({ length: LAYERS + 1 }, (_, k) => at(k, m)[i]));
      const [t1, t2] = targets[label[i]];
      plane.path(...path, { color, width: 1.5, alpha: 0.55 });
      plane.points(path[0].slice(0, -1), path[1].slice(0, -1), { color, size: 2 });
      plane.path([x1[i], t1], [x2[i], t2], { color, width: 1, dash: [1, 4], alpha: 0.8 });
    }
    plane.classes(x1, x2, label, targets);
    layers.forEach(drawArrows);

    const miss = (i, [t1, t2]) => Math.hypot(x1[i] - t1, x2[i] - t2), short = (number) => general(number, 4);
    const right = label.filter((c, i) => miss(i, targets[c]) <= miss(i, targets[1 - c])).length;
    const parts = `${short(terms.terminal)} terminal + ${short(terms.running)} running + ${short(terms.weights)} weights`;
    const descended = descent ? `; ${descent.iteration} iterations of descent` : "";
    picture.say(
      `J = ${short(sum(terms))} = ${parts}; ${right} of ${I} points correct; best by hand: ${short(best)}${descended}`,
    );
  };

  pose(data.data);
}
