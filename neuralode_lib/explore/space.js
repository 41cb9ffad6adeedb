/* The flow in space: points of the plane with one more coordinate. What is seen turns when it is dragged. */

/** Where (x1, x2, x3) is seen, after `turn` degrees about the third axis, then `tilt` down. */
function seenFrom(turn, tilt) {
  const [c, s] = [Math.cos((turn * Math.PI) / 180), Math.sin((turn * Math.PI) / 180)];
  const [up, down] = [Math.cos((tilt * Math.PI) / 180), Math.sin((tilt * Math.PI) / 180)];
  return ([x1, x2, x3]) => [c * x1 - s * x2, up * x3 + down * (s * x1 + c * x2)];
}

function live(picture, data) {
  const { d, N, T, activation, label, targets, low, high } = data, dt = T / N, I = label.length;
  const weights = { theta: Float64Array.from(data.theta), d, N };
  const turns = Array.from({ length: 401 }, (_, n) => (2 * Math.PI * n) / 400);
  const circle = Float64Array.from([...turns.map(Math.cos), ...turns.map(Math.sin), ...turns.map(() => 0)]);
  const states = [Float64Array.from(data.x_in), circle].map((x_in) => forward(weights, x_in, dt, activation).x);
  const middle = low.map((value, m) => (value + high[m]) / 2);
  const radius = 0.5 * Math.hypot(...low.map((value, m) => high[m] - value)); // from nowhere it looks larger
  const tall = 0.65 * radius; // where the picture is wide, its height decides; only seen from above are corners lost
  const colors = ["blue", "red"];

  /** Column i of the states after k layers; k need not be whole, and between two layers points go straight on. */
  function place(x, k, i) {
    const columns = x.length / (N + 1) / d, before = Math.min(Math.floor(k), N - 1);
    return [0, 1, 2].map((m) => {
      const at = (before * d + m) * columns + i;
      return x[at] + (k - before) * (x[at + d * columns] - x[at]);
    });
  }

  const clock = picture.clock(data);
  const withCircle = picture.checkbox("circle", true);
  const withPaths = picture.checkbox("paths", true);
  const withWall = picture.checkbox("wall at x₁ = 1", true);

  const plane = picture.plane({
    x: [-radius, radius], y: [-tall, tall], equal: true, bare: true, alt: data.alt,
    xlabel: "across", ylabel: "up", height: 0.8, title: "drag to turn",
    legend: [["blue class", "blue", "circle"], ["red class", "red", "square"], ["circle of the plane", "muted", "line"]],
  });
  // Where the handle is says from where one looks: the width of the picture is one turn.
  const view = plane.handle({
    label: "view", color: "muted", at: [(data.turn / 180) * radius, (data.tilt / 90) * tall], range: [-180, 180],
    key: (right, up) => view.move(view.at[0] + (right * radius) / 36, view.at[1] + (up * tall) / 36),
    value: (across) => Math.round((180 * across) / radius), said: () => `turned by ${turn()}°, tilted by ${tilt()}°`,
    move: (across, up) => {
      view.at = [((across + 3 * radius) % (2 * radius)) - radius, Math.min(Math.max(up, -tall), tall)];
    },
  });
  const turn = () => Math.round((180 * view.at[0]) / radius), tilt = () => Math.round((90 * view.at[1]) / tall);
  plane.whenPressed(() => view);

  picture.draw = () => {
    const time = clock.at;
    const look = seenFrom((180 * view.at[0]) / radius, (90 * view.at[1]) / tall);
    const at = (x) => look(x.map((value, m) => value - middle[m]));
    const line = (corners, style) => {
      const places = corners.map(at);
      plane.path(...[0, 1].map((m) => places.map((p) => p[m])), style);
    };
    ["x₁", "x₂", "x₃"].forEach((name, m) => {
      const end = low.map((value, n) => (n === m ? high[n] : value));
      line([low, end], { color: "muted", width: 1.5 });
      plane.text(name, ...at(low.map((value, n) => (n === m ? high[n] + 0.08 * radius : value))), { color: "muted" });
    });
    if (withWall.checked) {
      const corner = (m2, m3) => [1, m2[1], m3[2]];
      line([corner(low, low), corner(high, low), corner(high, high), corner(low, high), corner(low, low)], {
        color: "orange", width: 1.5, dash: [6, 5],
      });
    }
    if (withCircle.checked) line(turns.map((_, i) => place(states[1], time, i)), { color: "muted", width: 1.5 });
    const now = label.map((_, i) => place(states[0], time, i));
    if (withPaths.checked) {
      now.forEach((end, i) => {
        const before = Array.from({ length: Math.floor(time) + 1 }, (_, k) => place(states[0], k, i));
        line([...before, end], { color: colors[label[i]], width: 1, alpha: 0.4 });
      });
    }
    const places = now.map(at);
    plane.classes(...[0, 1].map((m) => places.map((p) => p[m])), label, targets.map(at));

    const miss = ([x1, x2], c) => Math.hypot(x1 - targets[c][0], x2 - targets[c][1]);
    const correct = now.filter((x, i) => miss(x, label[i]) <= miss(x, 1 - label[i])).length;
    const third = now.map((x) => x[2]), ends = [Math.min(...third), Math.max(...third)].map((x) => x.toFixed(2));
    const right = `${correct} of ${I} points are nearest to their own target`;
    picture.say(`t = ${(time * dt).toFixed(2)}: ${right}; x₃ goes from ${ends[0]} to ${ends[1]}`);
  };
}
