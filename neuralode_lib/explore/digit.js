/* An image on its way through a network that reads digits (D5); or one that is drawn by hand. */

/** What Python's `packed` has packed. */
function unpacked(text) {
  return Float64Array.from(new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer));
}

const FINE = 4, BRUSH = 1.6; // dots across a pixel, and the radius of the pen in dots: about as the data was made

/** The image (side, side) of what a pen has drawn: a pixel is as black as many of its dots are. */
function inked(strokes, side) {
  const dots = side * FINE, ink = new Uint8Array(dots * dots), image = new Float64Array(side * side);
  for (const [xs, ys] of strokes) {
    for (let n = 0; n < xs.length; n++) {
      const before = Math.max(n - 1, 0), steps = 1 + Math.ceil(dots * Math.hypot(xs[n] - xs[before], ys[n] - ys[before]));
      for (let s = 1; s <= steps; s++) {
        const [x, y] = [xs, ys].map((values) => FINE * (values[before] + (s / steps) * (values[n] - values[before])));
        for (let r = Math.floor(y - BRUSH); r <= y + BRUSH; r++) {
          for (let c = Math.floor(x - BRUSH); c <= x + BRUSH; c++) {
            const isIn = Math.min(r, c) >= 0 && Math.max(r, c) < dots;
            if (isIn && Math.hypot(c + 0.5 - x, r + 0.5 - y) <= BRUSH) ink[(dots - 1 - r) * dots + c] = 1;
          }
        }
      }
    }
  }
  ink.forEach((dot, n) => {
    image[Math.floor(n / dots / FINE) * side + Math.floor((n % dots) / FINE)] += dot / FINE ** 2;
  });
  return image;
}

function live(picture, data) {
  const { d, N, T, activation, side, label, number } = data, dt = T / N, images = unpacked(data.x_in), pixels = side * side;
  const weights = { theta: unpacked(data.theta), d, N }, times = Array.from({ length: N + 1 }, (_, k) => k * dt);
  let strokes = [], x; // strokes: of a digit that is drawn, each [xs, ys]

  function through(image) {
    const x_in = new Float64Array(d);
    x_in.set(image);
    x = forward(weights, x_in, dt, activation).x;
  }
  function choose(n) {
    strokes = [];
    through(images.subarray(n * pixels, (n + 1) * pixels));
  }
  const ten = (k) => x.subarray(k * d + pixels, (k + 1) * d);
  const largest = (values) => values.indexOf(Math.max(...values));

  const clock = picture.clock({ ...data, seconds: 3 });
  const chosen = picture.slider("image, worst first", { min: 0, max: label.length - 1, step: 1, value: data.image }, choose);
  const isDown = picture.checkbox("the pen draws", true);
  picture.button("Clear", () => { strokes = [[[], []]]; see(); });

  const left = picture.plane({
    x: [0, side], y: [0, side], equal: true, bare: true, height: 1, xlabel: "across", ylabel: "up", alt: data.alt,
    title: "Draw here",
  });
  const right = picture.plane({
    x: [0, T], y: data.y, xlabel: "t", height: 1, title: "the ten coordinates", alt: "The ten coordinates over time.",
    legend: [["what it is", "green", "line"], ["what it is read as", "red", "dashed"]],
  });

  /** Begin a digit of one's own, or go on with it. */
  function draw(isNew) {
    if (!isDown.checked && !strokes.length) return; // the image stays
    if (isNew || !strokes.length) strokes.push([[], []]);
    if (isDown.checked) strokes.at(-1).forEach((values, m) => values.push(pen.at[m]));
    see();
  }
  function see() {
    clock.stand(0);
    through(inked(strokes, side));
  }
  const pen = left.handle({
    label: "pen", color: "orange", at: [side / 2, side - 1], step: 0.25,
    move: (px, py) => {
      pen.at = [px, py];
      draw(!isDown.checked);
    },
  });
  left.whenPressed((px, py) => {
    pen.at = left.numbersAt(px, py);
    draw(true);
    picture.refresh();
    return pen;
  });

  const note = `Moved to the right by a pixel, ${Math.round(100 * data.moved)} % of these images are read correctly: ` +
    "the network knows digits that fill the square, top to bottom, in the middle. Draw yours so, and expect mistakes.";
  picture.root.append(make("p", {}, note));

  picture.draw = () => {
    const k = Math.round(clock.at), isOwn = strokes.length > 0, read = largest(ten(N));
    const isBlank = strokes.every(([xs]) => !xs.length), own = isOwn ? null : label[chosen.valueAsNumber];
    for (let n = 0; n < pixels; n++) {
      const [r, c] = [Math.floor(n / side), n % side];
      const [x0, x1, y0, y1] = [left.X(c), left.X(c + 1), left.Y(side - r), left.Y(side - r - 1)].map(Math.round);
      left.pen({ alpha: Math.min(Math.max(x[k * d + n], 0), 1) });
      left.context.fillRect(x0, y0, x1 - x0, y1 - y0);
    }
    left.path([0, side, side, 0, 0], [0, 0, side, side, 0], { color: "muted", width: 2 });
    left.points([pen.at[0]], [pen.at[1]], { color: "orange", size: 4, open: !isDown.checked });

    const coordinate = (c) => times.map((_, n) => ten(n)[c]);
    for (let c = 0; c < 10; c++) if (c !== own && c !== read) right.path(times, coordinate(c), { color: "muted", width: 1.5, alpha: 0.6 });
    if (read !== own) {
      right.path(times, coordinate(read), { color: "red", width: 3, dash: [7, 5] });
      right.points(times, coordinate(read), { color: "red", marker: "square" });
    }
    if (!isOwn) {
      right.path(times, coordinate(own), { color: "green", width: 3 });
      right.points(times, coordinate(own), { color: "green" });
    }
    right.path([k * dt, k * dt], data.y, { dash: [2, 4] });
    const ends = ten(N), at = T - 0.01 * T;
    for (let c = 0; c < 10; c++) if (c === own || c === read) right.text(String(c), at, ends[c], { dy: -14, align: "right" });

    const values = ten(k), top = largest(values);
    const drawn = isBlank ? "nothing drawn yet" : `drawn by hand, read as ${read}`;
    const what = isOwn ? drawn : `image ${number[chosen.valueAsNumber]}, a ${own}, read as ${read}`;
    const stand = `the largest, that of ${top}, ${values[top].toFixed(2)}`;
    const now = isOwn ? stand : `its own is ${values[own].toFixed(2)}, ${stand}`, isWrong = !isOwn && read !== own;
    picture.say(`${what}${isWrong ? ": wrong" : ""}; t = ${(k * dt).toFixed(2)}: ${k ? now : "all ten are zero"}`);
  };
  choose(data.image);
}
