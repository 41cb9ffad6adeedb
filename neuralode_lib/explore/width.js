/* The width of a layer (A2): the fits have been computed by Python, all of them; here one is chosen and seen. */

function live(picture, data) {
  const { x, widths } = data;
  const place = (width) => widths.indexOf(width);
  const shownWidth = (n) => String(widths[n]);
  const range = { min: 0, max: widths.length - 1, step: 1, value: place(data.width), text: shownWidth };
  const chosen = picture.slider("width", range);
  const named = picture.choice("function", Object.keys(data.f), data.function);
  const activation = picture.choice("σ", ["tanh", "relu"], data.activation);

  const left = picture.plane({
    x: [-1, 1], y: [-1.6, 3.2], xlabel: "x", alt: data.alt,
    legend: [["f", "muted", "line"], ["network", "blue", "line"], ["its kinks", "orange", "circle"]],
  });
  const kinksLegend = left.root.querySelector(".legend span:last-child");
  const right = picture.plane({
    x: [0.8, 330], y: [1e-11, 10], xlog: true, ylog: true, xlabel: "width", ylabel: "root mean square error",
    alt: "The error over the width.", legend: [["other widths", "muted", "circle"], ["this width", "blue", "square"]],
  });
  const handle = right.handle({
    label: "width", color: "blue", at: [1, 1], range: [widths[0], widths.at(-1)],
    said: (width) => `width ${width}`, key: (right, up) => chosen.show(chosen.valueAsNumber + right + up),
    move: (width) => {
      const off = widths.map((n) => Math.abs(Math.log(n / width)));
      chosen.show(off.indexOf(Math.min(...off)));
    },
  });

  /** Where the ReLUs of the layer go on and off, and the fit there. */
  function kinks(y, width) {
    const at = data.kinks.slice(0, width).filter((kink) => Math.abs(kink) < 1);
    return [at, at.map((kink) => {
      const n = Math.min(Math.floor(((kink + 1) / 2) * (x.length - 1)), x.length - 2);
      return y[n] + ((kink - x[n]) / (x[n + 1] - x[n])) * (y[n + 1] - y[n]);
    })];
  }

  picture.draw = () => {
    const n = chosen.valueAsNumber, width = widths[n], { y, error, worst } = data.fits[named.value][activation.value];
    left.path(x, data.f[named.value], { color: "muted", width: 5, alpha: 0.5 });
    left.path(x, y[n], { color: "blue" });
    if (activation.value === "relu") left.points(...kinks(y[n], width), { color: "orange", size: width > 64 ? 2.5 : 4 });
    kinksLegend.hidden = activation.value !== "relu";
    right.path(widths, error, { color: "muted" });
    right.points(widths, error, { color: "muted" });
    right.points([width], [error[n]], { color: "blue", marker: "square", size: 7 });
    handle.at = [width, error[n]];
    const [size, where] = worst[n];
    picture.say(`error ${general(error[n], 2)}; the largest, ${general(size, 2)}, at x = ${where.toFixed(2)}`);
  };
}
