/* The flow of a network (A8): points, their paths, and a circle or a grid that it bends. */

/** Lines that the flow carries along: [number of lines, points of each, coordinate 1 and 2 of point n of line l]. */
const CARRIED = {
  circle: [1, 2001, (l, n) => [Math.cos((Math.PI * n) / 1000), Math.sin((Math.PI * n) / 1000)]],
  grid: [26, 97, (l, n) => (l < 13 ? [l / 5 - 1.2, n / 40 - 1.2] : [n / 40 - 1.2, (l - 13) / 5 - 1.2])],
  nothing: [0, 0, null],
};

/** How often the closed line (xs, ys) winds round (x, y), against the clock: its crossings of the ray to the right. */
function winding(xs, ys, x, y) {
  let times = 0;
  for (let n = 0; n + 1 < xs.length; n++) {
    if (ys[n] <= y === ys[n + 1] <= y) continue;
    const side = (xs[n + 1] - xs[n]) * (y - ys[n]) - (x - xs[n]) * (ys[n + 1] - ys[n]);
    if (ys[n] <= y && side > 0) times++;
    if (ys[n] > y && side < 0) times--;
  }
  return times;
}

function live(picture, data) {
  const { d, N, T, activation, label, targets } = data, dt = T / N, I = label.length;
  const weights = { theta: Float64Array.from(data.theta), d, N };
  const layer = (k) => ({ theta: weights.theta.subarray(k * d * (d + 1), (k + 1) * d * (d + 1)), d, N: 1 });
  /** V_k sigma(z) + b_k */
  const velocity = (k, z) => forward(layer(k), z, 1, activation).x.subarray(z.length).map((next, n) => next - z[n]);

  let x, carried, chosen = 0;

  /** Coordinate m of all columns of the states, now: between two layers they go straight on. */
  function now(states, m) {
    const columns = states.length / (N + 1) / d, k = Math.min(Math.floor(clock.at), N - 1), at = (k * d + m) * columns;
    const next = at + d * columns;
    const between = (i) => states[at + i] + (clock.at - k) * (states[next + i] - states[at + i]);
    return Float64Array.from({ length: columns }, (_, i) => between(i));
  }

  /** Coordinate m of sample i at all times. */
  const along = (i, m) => Float64Array.from({ length: N + 1 }, (_, k) => x[(k * d + m) * I + i]);

  /** The start from which z is reached after k layers: each is undone by fixed-point iteration. Or null. */
  function startOf(z, k) {
    while (k-- > 0) {
      const end = z;
      let off = Infinity;
      for (let tries = 0; tries < 200 && off > 1e-13; tries++) {
        const v = velocity(k, z), before = z.map((_, m) => end[m] - dt * v[m]);
        off = Math.max(...before.map((value, m) => Math.abs(value - z[m])));
        z = before;
      }
      if (!(off < 1e-9)) return null;
    }
    return z;
  }

  let paths;
  function begin() {
    x = forward(weights, Float64Array.from(data.x_in), dt, activation).x;
    paths = label.map((_, i) => [along(i, 0), along(i, 1)]);
  }

  /** Bring the chosen point to (x1, x2), now; its path before and after follows. */
  function bring(x1, x2) {
    const k = Math.round(clock.at);
    clock.stand(k);
    const z = Float64Array.from({ length: d }, (_, m) => [x1, x2][m] ?? x[(k * d + m) * I + chosen]);
    const start = startOf(z, k);
    if (!start) return;
    const path = forward(weights, start, dt, activation).x;
    for (let n = 0; n < path.length; n++) x[n * I + chosen] = path[n];
    paths[chosen] = [along(chosen, 0), along(chosen, 1)];
  }

  function carry(what) {
    const [lines, points, place] = CARRIED[what], starts = new Float64Array(d * lines * points);
    for (let n = 0; n < lines * points; n++) {
      const [x1, x2] = place(Math.floor(n / points), n % points);
      [starts[n], starts[lines * points + n]] = [x1, x2];
    }
    carried = { lines, points, x: forward(weights, starts, dt, activation).x };
  }

  const clock = picture.clock(data);
  const carrying = picture.choice("carry along", Object.keys(CARRIED), data.carry, carry);
  const withPaths = picture.checkbox("paths", data.paths);
  const withField = picture.checkbox("field", false);
  const choose = picture.slider("point", { min: 0, max: I - 1, step: 1, value: chosen }, (i) => (chosen = i));
  picture.button("Reset", begin);

  const [[left, right], [low, high]] = [data.x1, data.x2];
  const plane = picture.plane({
    x: data.x1, y: data.x2, xlabel: "x₁", ylabel: "x₂", equal: true, alt: data.alt,
    height: Math.min(Math.max((high - low) / (right - left), 0.6), 1),
    legend: [["blue class", "blue", "circle"], ["red class", "red", "square"], ["carried along", "muted", "line"]],
  });
  const handle = plane.handle({ label: "chosen point", move: bring });
  plane.whenPressed((px, py) => {
    const found = plane.nearest(now(x, 0), now(x, 1), px, py);
    if (found < 0) return null;
    choose.show((chosen = found));
    handle.at = [now(x, 0)[found], now(x, 1)[found]];
    return handle;
  });

  /** The field now, on a grid of starts. */
  function drawField() {
    const across = 15, size = (right - left) / across, up = Math.round((high - low) / size), grid = [[], []];
    for (let r = 0; r < up; r++) {
      for (let c = 0; c < across; c++) {
        grid[0].push(left + (c + 0.5) * size);
        grid[1].push(low + (r + 0.5) * size);
      }
    }
    const columns = grid[0].length, z = new Float64Array(d * columns);
    z.set(grid.flat());
    const v = velocity(Math.min(Math.floor(clock.at), N - 1), z);
    const length = (n) => (0.9 * size) / Math.sqrt(data.fastest * Math.hypot(v[n], v[columns + n])); // long ones less
    const part = (m) => grid[0].map((_, n) => v[m * columns + n] * length(n));
    plane.arrows(grid[0], grid[1], part(0), part(1), { color: "orange", alpha: 0.8 });
  }

  picture.draw = () => {
    const [x1, x2, line1, line2] = [now(x, 0), now(x, 1), now(carried.x, 0), now(carried.x, 1)];
    const colors = ["blue", "red"];
    if (withField.checked) drawField();
    for (let l = 0; l < carried.lines; l++) {
      const [from, to] = [l * carried.points, (l + 1) * carried.points];
      plane.path(line1, line2, { from, to, color: "muted", width: 1.5 });
    }
    if (withPaths.checked) {
      const k = Math.floor(clock.at);
      paths.forEach(([p1, p2], i) => {
        const style = { color: colors[label[i]], width: i === chosen ? 2.5 : 1 };
        plane.path(p1, p2, { ...style, from: k, alpha: i === chosen ? 0.6 : 0.13 });
        plane.path(p1, p2, { ...style, to: k + 1, alpha: i === chosen ? 1 : 0.55 });
      });
    }
    plane.classes(x1, x2, label, targets);
    handle.at = [x1[chosen], x2[chosen]];

    const miss = (i, c) => Math.hypot(x1[i] - targets[c][0], x2[i] - targets[c][1]);
    const correct = label.filter((c, i) => miss(i, c) <= miss(i, 1 - c)).length;
    let said = `t = ${(clock.at * dt).toFixed(2)}: ${correct} of ${I} points are nearest to their own target`;
    if (carrying.value === "circle") {
      const isRound = label.map((_, i) => winding(line1, line2, x1[i], x2[i]) === 1);
      const round = [0, 1].map((c) => label.filter((own, i) => own === c && isRound[i]).length);
      said += `; the circle is round ${round[0]} blue and ${round[1]} red ones`;
    }
    picture.say(said);
  };

  begin();
  carry(data.carry);
  if (data.t === 0) picture.playWhenSeen(clock);
}
