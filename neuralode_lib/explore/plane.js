/*
 * Axes, what is drawn between them, and handles to take hold of. No mathematics of the lecture.
 *
 * Points are given by two arrays, of their x and of their y. Colors are names in the palette.
 */

const REACH = 20; // pixels from a point within which it is taken hold of

/**
 * Axes on a canvas. x, y: [from, to], the window; with `equal`, more is shown where the canvas has room for it.
 * xlog, ylog: logarithmic. bare: no axes are drawn. height: the canvas's, in its width. alt: for those who cannot see it.
 * legend: entries [name, color, how], where `how` is "line", "dashed", "dotted", "circle" or "square".
 */
class Plane {
  constructor(picture, options) {
    const { title = "", height = 0.75, alt, legend = [], ...rest } = options;
    Object.assign(this, { picture, handles: [], x: [0, 1], y: [0, 1], xlabel: "", ylabel: "", ...rest });
    this.canvas = make("canvas", { role: "img", "aria-label": alt });
    this.stage = make("div", { className: "stage" }, this.canvas);
    this.stage.style.aspectRatio = 1 / height;
    this.title = make("b", { textContent: title });
    const entries = legend.map(([name, color, how]) => {
      const sample = make("i", { className: how });
      sample.style.color = `var(--${color})`;
      if (how === "dashed" || how === "dotted") sample.style.borderTopStyle = how;
      return make("span", {}, sample, name);
    });
    const heading = make("div", { className: "legend" }, this.title, ...entries);
    this.root = make("div", { className: this.bare ? "bare plane" : "plane" }, heading, this.stage);
    this.context = this.canvas.getContext("2d");
  }

  /** A clean canvas, sharp on any screen, with axes; what is drawn from now on is cut at them. */
  begin() {
    const { canvas, context, stage, picture: { palette, root } } = this;
    const width = Math.max(stage.clientWidth, 120), height = Math.max(stage.clientHeight, 120);
    const dots = devicePixelRatio * this.magnified;
    const style = getComputedStyle(root), em = parseFloat(style.fontSize);
    context.restore();
    const size = { width: Math.round(width * dots), height: Math.round(height * dots) };
    if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size);
    context.setTransform(dots, 0, 0, dots, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = `${em}px ${style.fontFamily}`;
    const left = (this.bare ? 0.8 : this.ylog ? 4.1 : 3.4) * em; // the numbers of a logarithmic axis are wider
    const bottom = height - (this.bare ? 0.6 : 2.7) * em;
    Object.assign(this, { em, left, right: width - 0.8 * em, top: 0.6 * em, bottom });
    this.fit();
    if (!this.bare) this.axes(palette, width, height);
    context.save();
    context.beginPath();
    context.rect(this.left, this.top, this.right - this.left, this.bottom - this.top);
    context.clip();
  }

  /** How much larger it is seen than laid out: slides are made to fit the screen. */
  get magnified() {
    return this.stage.getBoundingClientRect().width / this.stage.offsetWidth || 1;
  }

  /** Where the pointer is on the canvas. */
  placeOf({ clientX, clientY }) {
    const { left, top } = this.canvas.getBoundingClientRect();
    return [(clientX - left) / this.magnified, (clientY - top) / this.magnified];
  }

  /** Begin again, with another window: { x, y } or one of them. */
  rescale(window) {
    Object.assign(this, window);
    this.begin();
  }

  end() {
    for (const handle of this.handles) handle.place();
  }

  /** From the numbers to the canvas: pixel = offset + factor * number, or * its logarithm. */
  fit() {
    let [x0, x1] = this.xlog ? this.x.map(Math.log10) : this.x, [y0, y1] = this.ylog ? this.y.map(Math.log10) : this.y;
    const width = this.right - this.left, height = this.bottom - this.top;
    if (this.equal) {
      const unit = Math.min(width / (x1 - x0), height / (y1 - y0));
      const [dx, dy] = [(width / unit - x1 + x0) / 2, (height / unit - y1 + y0) / 2];
      [x0, x1, y0, y1] = [x0 - dx, x1 + dx, y0 - dy, y1 + dy];
    }
    this.shown = { x: [x0, x1], y: [y0, y1] };
    this.factor = { x: width / (x1 - x0), y: -height / (y1 - y0) };
    this.offset = { x: this.left - x0 * this.factor.x, y: this.bottom - y0 * this.factor.y };
  }

  X(x) { return this.offset.x + this.factor.x * (this.xlog ? Math.log10(x) : x); }
  Y(y) { return this.offset.y + this.factor.y * (this.ylog ? Math.log10(y) : y); }

  /** From a place on the canvas to the numbers, of what is shown. */
  numbersAt(px, py) {
    const x = (Math.min(Math.max(px, this.left), this.right) - this.offset.x) / this.factor.x;
    const y = (Math.min(Math.max(py, this.top), this.bottom) - this.offset.y) / this.factor.y;
    return [this.xlog ? 10 ** x : x, this.ylog ? 10 ** y : y];
  }

  /** Round numbers to label an axis with: [what is written, where it stands on the axis]. */
  ticks(axis) {
    const [from, to] = this.shown[axis], apart = (axis === "x" ? 3.2 : 3) * this.em;
    const most = Math.max(2, (Math.abs(this.factor[axis]) * (to - from)) / apart);
    const least = (to - from) / most, decade = 10 ** Math.floor(Math.log10(least));
    const steps = [0.5, 1, 2, 5, 10].map((n) => n * decade), fits = steps.findIndex((n) => n >= least);
    const isAlone = axis === "y" && Math.floor(to / steps[fits]) <= Math.ceil(from / steps[fits]); // one tick is no axis
    let step = steps[isAlone ? fits - 1 : fits];
    if (this[`${axis}log`]) step = Math.max(1, Math.round(step));
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9)), ticks = [];
    for (let n = Math.ceil(from / step - 1e-9); n <= to / step + 1e-9; n++) {
      const raised = String(n * step).replace(/./g, (c) => "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"["0123456789-".indexOf(c)]);
      ticks.push([this[`${axis}log`] ? `10${raised}` : (n * step).toFixed(digits), n * step]);
    }
    return ticks;
  }

  axes(palette, width, height) {
    const { context, left, right, top, bottom, em } = this;
    const line = (color, ...corners) => {
      context.strokeStyle = color;
      context.beginPath();
      for (const [px, py] of corners) context.lineTo(px, py);
      context.stroke();
    };
    const write = (text, px, py, align, baseline) => {
      Object.assign(context, { fillStyle: palette.ink, textAlign: align, textBaseline: baseline });
      context.fillText(text, px, py);
    };
    context.lineWidth = 1;
    for (const [text, at] of this.ticks("x")) {
      const px = this.offset.x + this.factor.x * at;
      line(palette.grid, [px, bottom], [px, top]);
      write(text, px, bottom + 0.35 * em, "center", "top");
    }
    for (const [text, at] of this.ticks("y")) {
      const py = this.offset.y + this.factor.y * at;
      line(palette.grid, [left, py], [right, py]);
      write(text, left - 0.4 * em, py, "right", "middle");
    }
    line(palette.muted, [left, top], [left, bottom], [right, bottom]);
    write(this.xlabel, (left + right) / 2, height - 0.2 * em, "center", "bottom");
    context.save();
    context.translate(0.2 * em, (top + bottom) / 2);
    context.rotate(-Math.PI / 2);
    write(this.ylabel, 0, 0, "center", "top");
    context.restore();
  }

  /** Colors are names in the palette. */
  pen({ color = "ink", width = 2, dash = [], alpha = 1 }) {
    const ink = this.picture.palette[color];
    Object.assign(this.context, { strokeStyle: ink, fillStyle: ink, lineWidth: width, globalAlpha: alpha });
    this.context.lineJoin = "round";
    this.context.setLineDash(dash);
    this.context.beginPath();
  }

  /** A line through the points from, ..., to - 1 of two arrays. */
  path(xs, ys, { from = 0, to = xs.length, ...style } = {}) {
    this.pen(style);
    for (let n = from; n < to; n++) this.context.lineTo(this.X(xs[n]), this.Y(ys[n]));
    this.context.stroke();
  }

  /** marker: "circle", "square" or "cross"; open: its outline only. size: half its width, in pixels. */
  points(xs, ys, { marker = "circle", size = 4.5, open = false, ...style } = {}) {
    const { context, picture: { palette } } = this, lines = open || marker === "cross";
    for (let n = 0; n < xs.length; n++) {
      const px = this.X(xs[n]), py = this.Y(ys[n]);
      this.pen({ width: lines ? 2.5 : 1, ...style });
      if (marker === "circle") context.arc(px, py, size, 0, 2 * Math.PI);
      if (marker === "square") context.rect(px - 0.9 * size, py - 0.9 * size, 1.8 * size, 1.8 * size);
      for (const slope of marker === "cross" ? [1, -1] : []) {
        context.moveTo(px - size, py - slope * size);
        context.lineTo(px + size, py + slope * size);
      }
      if (!lines) {
        context.fill();
        context.strokeStyle = palette.paper; // a rim, so that neighbours are told apart
      }
      context.stroke();
    }
  }

  /** Points of the blue and the red class, and a cross for each one's target. */
  classes(xs, ys, label, targets) {
    [["blue", "circle"], ["red", "square"]].forEach(([color, marker], c) => {
      const [t1, t2] = targets[c], mine = (values) => values.filter((_, i) => label[i] === c);
      this.points([t1], [t2], { color, marker: "cross", size: 9 });
      this.points(mine(xs), mine(ys), { color, marker });
    });
  }

  /** Arrows from (x, y) to (x + u, y + v), with heads that are never longer than they. */
  arrows(xs, ys, us, vs, style = {}) {
    const { context } = this, heads = new Path2D();
    this.pen({ width: 1.5, ...style });
    for (let n = 0; n < xs.length; n++) {
      const [px, py, qx, qy] = [this.X(xs[n]), this.Y(ys[n]), this.X(xs[n] + us[n]), this.Y(ys[n] + vs[n])];
      const length = Math.hypot(qx - px, qy - py), head = Math.min(3 + 2.5 * context.lineWidth, length);
      if (!(length > 0.5)) continue;
      const [ex, ey] = [(qx - px) / length * head, (qy - py) / length * head];
      context.moveTo(px, py);
      context.lineTo(qx - 0.8 * ex, qy - 0.8 * ey);
      heads.moveTo(qx, qy);
      heads.lineTo(qx - ex + 0.45 * ey, qy - ey - 0.45 * ex);
      heads.lineTo(qx - ex - 0.45 * ey, qy - ey + 0.45 * ex);
      heads.closePath();
    }
    context.stroke();
    context.fill(heads);
  }

  /**
   * Red where values are positive, else blue, and a line between. They are those in the middle of cells that fill what
   * is shown, row by row from the bottom up.
   */
  regions(values, columns, rows) {
    const { context, shown: { x: [x0, x1], y: [y0, y1] }, picture: { palette } } = this;
    const rgb = (hex) => [1, 3, 5].map((n) => parseInt(hex.slice(n, n + 2), 16));
    const [blue, red] = [rgb(palette.blueSide), rgb(palette.redSide)];
    this.small ??= make("canvas", { width: columns, height: rows }).getContext("2d");
    const { small } = this, image = small.createImageData(columns, rows);
    for (let n = 0; n < columns * rows; n++) {
      const at = 4 * ((rows - 1 - Math.floor(n / columns)) * columns + (n % columns));
      image.data.set(values[n] > 0 ? red : blue, at);
      image.data[at + 3] = 255;
    }
    small.putImageData(image, 0, 0);
    context.globalAlpha = 1;
    const [left, top, right, bottom] = [this.X(x0), this.Y(y1), this.X(x1), this.Y(y0)];
    context.drawImage(small.canvas, left, top, right - left, bottom - top);

    this.pen({ width: 1.5 });
    const at = (n, m, share) => [n % columns, Math.floor(n / columns)].map((from, axis) => {
      const to = axis === 0 ? m % columns : Math.floor(m / columns);
      return from + share * (to - from) + 0.5;
    });
    const crossing = (n, m) => {
      if (values[n] > 0 === values[m] > 0) return null;
      const [c, r] = at(n, m, values[n] / (values[n] - values[m]));
      return [left + ((right - left) * c) / columns, bottom + ((top - bottom) * r) / rows];
    };
    for (let n = 0; n < columns * (rows - 1); n++) {
      if (n % columns === columns - 1) continue;
      const [a, b, c, d] = [n, n + 1, n + columns + 1, n + columns], isRed = values[a] > 0;
      if (values[b] > 0 === isRed && values[c] > 0 === isRed && values[d] > 0 === isRed) continue;
      const ends = [crossing(a, b), crossing(b, c), crossing(c, d), crossing(d, a)].filter(Boolean);
      for (let e = 0; e < ends.length; e += 2) {
        context.moveTo(...ends[e]);
        context.lineTo(...ends[e + 1]);
      }
    }
    context.stroke();
  }

  /** Not cut at the sides. dy: pixels below the place. */
  text(text, x, y, { dy = 0, color = "ink" } = {}) {
    this.pen({ color });
    Object.assign(this.context, { textAlign: "center", textBaseline: "middle" });
    const px = Math.min(Math.max(this.X(x), this.left + 0.8 * this.em), this.right - 0.8 * this.em);
    this.context.fillText(text, px, this.Y(y) + dy);
  }

  /** The number of the point that is nearest to a place on the canvas and within reach, or -1. */
  nearest(xs, ys, px, py) {
    let found = -1, least = REACH;
    for (let n = 0; n < xs.length; n++) {
      const distance = Math.hypot(this.X(xs[n]) - px, this.Y(ys[n]) - py);
      if (distance < least) [found, least] = [n, distance];
    }
    return found;
  }

  /** @returns a new Handle; see there */
  handle(options) {
    const handle = new Handle(this, options);
    this.handles.push(handle);
    this.stage.append(handle.element);
    return handle;
  }

  /** A press on the canvas asks take(px, py) for a handle to go on with: null where there is nothing to take. */
  whenPressed(take) {
    let taken = null;
    this.canvas.addEventListener("pointerdown", (event) => (taken = take(...this.placeOf(event)))?.grasp(event));
    // A finger elsewhere on the canvas scrolls the page.
    const held = (event) => event.touches.length === 1 && taken && event.preventDefault();
    this.canvas.addEventListener("touchstart", held, { passive: false });
  }
}

/**
 * Something to take hold of: by mouse, finger, or arrow keys (with Shift in larger steps).
 * move(x, y): it shall go there; whoever owns it sets handle.at, to that or to what is allowed.
 * key(right, up): an arrow key, if that shall do something else than a step to there.
 * said(x, y): its place in words; value(x, y): as one number, if x is not the one to tell.
 */
class Handle {
  constructor(plane, { label, color = "ink", at, step = 0.1, move, key, said, value = (x) => x, range }) {
    const steps = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    Object.assign(this, { plane, at, move, said, value, range });
    this.said ??= (x, y) => `${plane.xlabel} = ${x.toFixed(2)}, ${plane.ylabel} = ${y.toFixed(2)}`;
    key ??= (right, up) => move(...[["x", right], ["y", up]].map(([axis, n], m) => {
      const [from, to] = plane.shown[axis];
      return n ? Math.min(Math.max(this.at[m] + n * step, from), to) : this.at[m];
    }));
    const element = make("div", { className: "handle", role: "slider", tabIndex: 0, "aria-label": label });
    this.element = element;
    element.style.color = `var(--${color})`;
    takesKeys(element, /^Arrow/).addEventListener("keydown", (event) => {
      if (!steps[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      const [right, up] = steps[event.key].map((n) => n * (event.shiftKey ? 5 : 1));
      key(right, up);
      plane.picture.refresh();
    });
    element.addEventListener("pointerdown", (event) => this.grasp(event));
    element.addEventListener("pointermove", (event) => {
      if (!element.hasPointerCapture(event.pointerId)) return;
      const [px, py] = plane.placeOf(event);
      move(...plane.numbersAt(px + this.off[0], py + this.off[1]));
      plane.picture.refresh();
    });
    element.addEventListener("lostpointercapture", () => {
      this.isHeld = false;
      plane.picture.refresh();
    });
  }

  grasp(event) {
    if (event.button) return;
    event.preventDefault();
    const [px, py] = this.plane.placeOf(event), { X, Y } = this.pixels();
    this.off = [X - px, Y - py];
    this.element.setPointerCapture(event.pointerId);
    this.isHeld = true;
    this.element.focus({ preventScroll: true, focusVisible: false });
    this.plane.picture.refresh();
  }

  pixels() {
    return { X: this.plane.X(this.at[0]), Y: this.plane.Y(this.at[1]) };
  }

  /** Where it is, on the canvas and in words. */
  place() {
    const { X, Y } = this.pixels(), { element, plane, at } = this, [from, to] = this.range ?? plane.shown.x;
    element.style.transform = `translate(${X}px, ${Y}px)`;
    const told = { valuemin: from, valuemax: to, valuenow: this.value(...at), valuetext: this.said(...at) };
    for (const [name, value] of Object.entries(told)) {
      element.setAttribute(`aria-${name}`, typeof value === "number" ? general(value, 6) : value);
    }
  }
}
