/*
 * What a living figure hangs on: its controls, its line of numbers, the moments at which it is drawn. No mathematics.
 *
 * A figure is a function live(picture, data). It makes its planes (see plane.js) and controls, and sets picture.draw,
 * which is called before a picture is shown and draws everything anew; picture.refresh() asks for that.
 */

const PALETTES = {
  light: {
    ink: "#222222", muted: "#666666", grid: "#e6e6e6", paper: "#ffffff", blue: "#1f4e9c", red: "#c0392b",
    green: "#1d7a4c", orange: "#b35900", blueSide: "#c9d8f0", redSide: "#f3cfca",
  },
  dark: {
    ink: "#e8e8e8", muted: "#a3a3a3", grid: "#3a3a3a", paper: "#111111", blue: "#82b1ff", red: "#ff8a7a",
    green: "#5fd39a", orange: "#ffb25c", blueSide: "#22385e", redSide: "#5a2b26",
  },
};
const REST = 600; // milliseconds after which a hand that does not move rests

function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** What takes keys: JupyterLab leaves them to it, and a deck of slides does not turn. */
function takesKeys(element, pattern) {
  element.setAttribute("data-lm-suppress-shortcuts", "true");
  element.addEventListener("keydown", (event) => pattern.test(event.key) && event.stopPropagation());
  return element;
}

/** As Python's format(x, ".1e") writes it, with so many digits after the point. */
function exponential(x, digits) {
  const [mantissa, exponent] = x.toExponential(digits).split("e");
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** As Python's format(x, ".3g") writes it, with so many significant digits. */
function general(x, digits) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
  const short = (number) => (number.includes(".") ? number.replace(/\.?0+$/, "") : number);
  const [mantissa, exponent] = exponential(x, digits - 1).split("e");
  if (exponent >= -4 && exponent < digits) return short(x.toFixed(digits - 1 - exponent));
  return `${short(mantissa)}e${exponent}`;
}

/** With so many digits after the point, and no minus before a zero. */
function fixed(x, digits) {
  return x.toFixed(digits).replace(/^-(?=[0.]+$)/, "");
}

class Picture {
  constructor(element) {
    this.element = element;
    this.planes = [];
    this.players = [];
    this.draw = () => {};
    this.isSeen = false;
    this.calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.controls = make("form", { className: "settings", onsubmit: () => false });
    this.numbers = make("p", { className: "numbers", role: "status" });
    this.row = make("div", { className: "planes" });
    this.root = make("div", { className: "living" }, make("style", { textContent: STYLE }));
    this.root.append(this.controls, this.numbers, this.row);
  }

  /** Bring the element to life, once: where that fails, or has been done, it stays as it is. */
  static start(element, live) {
    if (element.picture) return;
    const data = JSON.parse(element.querySelector('script[type="application/json"]').textContent);
    const picture = (element.picture = new Picture(element));
    picture.alt = data.alt;
    live(picture, data);
    for (const still of element.querySelectorAll(":scope > :is(img, figcaption, .living)")) still.remove();
    element.prepend(picture.root);
    picture.watch();
    picture.paint();
  }

  /** Draw when the size, the theme or what can be seen changes; listen to the page only while the figure is seen. */
  watch() {
    const refresh = () => this.refresh(), attributes = { attributes: true };
    const theme = new MutationObserver(refresh), dark = matchMedia("(prefers-color-scheme: dark)");
    const seen = (isSeen) => {
      if (isSeen === this.isSeen) return;
      this.isSeen = isSeen;
      const listen = isSeen ? "addEventListener" : "removeEventListener";
      window[listen]("resize", refresh);
      document[listen]("visibilitychange", refresh);
      dark[listen]("change", refresh);
      theme.disconnect();
      if (isSeen) for (const part of [document.documentElement, document.body]) theme.observe(part, attributes);
      refresh();
    };
    new IntersectionObserver((entries) => seen(entries.at(-1).isIntersecting)).observe(this.root);
    const size = new ResizeObserver(refresh);
    for (const plane of this.planes) size.observe(plane.stage);
  }

  /** Whether anybody can see it now. */
  get isShown() {
    return this.isSeen && this.element.isConnected && !document.hidden;
  }

  refresh() {
    this.frame ??= requestAnimationFrame((now) => {
      this.frame = null;
      if (!this.element.isConnected) return; // JupyterLab puts it back when it is scrolled to
      const playing = this.isShown ? this.players.filter((player) => player.isPlaying) : [];
      const seconds = Math.min((now - (this.last ?? now)) / 1000, 0.1);
      this.last = playing.length ? now : null;
      for (const player of playing) if (player.step(seconds) === false) player.pause();
      this.paint();
      if (playing.length) this.refresh();
    });
  }

  /** The theme is the page's: light type means a dark page. */
  paint() {
    const [r, g, b] = getComputedStyle(this.element).color.match(/[\d.]+/g);
    const palette = PALETTES[0.299 * r + 0.587 * g + 0.114 * b > 128 ? "dark" : "light"];
    if (palette !== this.palette) {
      this.palette = palette;
      for (const [name, color] of Object.entries(palette)) this.root.style.setProperty(`--${name}`, color);
    }
    for (const plane of this.planes) plane.begin();
    this.draw();
    for (const plane of this.planes) plane.end();
  }

  /** The line of numbers. It is seen at once, and said when it has not changed for a moment. */
  say(text) {
    if (text === this.said) return;
    if (this.said) this.leaveOpening();
    this.said = text;
    this.numbers.setAttribute("aria-live", "off");
    this.numbers.textContent = text;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      this.numbers.setAttribute("aria-live", "polite");
      this.numbers.replaceChildren(text);
    }, REST);
  }

  /** What a canvas shows is told for how the figure opens; from then on the line of numbers tells it. */
  leaveOpening() {
    for (const { canvas } of this.planes) if (canvas.ariaLabel === this.alt) canvas.ariaLabel = `As it opened: ${this.alt}`;
  }

  // ---- controls: native ones, with a label

  button(text, press, className = "") {
    const button = takesKeys(make("button", { type: "button", textContent: text, className }), /^( |Enter)$/);
    button.onclick = () => { press(); this.refresh(); };
    this.controls.append(button);
    return button;
  }

  /** text: how a value is shown beside the slider. @returns the input; its number is input.valueAsNumber */
  slider(label, { min, max, step, value, text = String }, change = () => {}) {
    const input = make("input", { type: "range", min, max, step, value }), shown = make("span", { className: "value" });
    input.show = (number) => {
      input.value = number;
      shown.textContent = text(input.valueAsNumber);
      input.setAttribute("aria-valuetext", shown.textContent);
    };
    input.oninput = () => { input.show(input.value); change(input.valueAsNumber); this.refresh(); };
    input.show(value);
    takesKeys(input, /^(Arrow.*|Home|End)$/);
    this.controls.append(make("label", {}, label, input, shown));
    return input;
  }

  /** A number that is typed: from min to max, and above that; whole, if the step is 1. Anything else is put back. */
  field(label, { min = -Infinity, max = Infinity, above = -Infinity, step, value }, change) {
    const input = make("input", { type: "number", step, value });
    takesKeys(input, /^(.|Arrow.*|Home|End|Backspace|Delete|Enter)$/);
    if (min > -Infinity) input.min = min;
    input.show = (number) => { input.value = value = number; };
    input.onchange = () => {
      const typed = input.valueAsNumber, number = step === 1 ? Math.round(typed) : typed;
      const isFine = number >= min && number <= max && number > above;
      input.show(isFine ? number : value);
      if (isFine) change(number);
      this.refresh();
    };
    this.controls.append(make("label", {}, label, input));
    return input;
  }

  checkbox(label, checked, change = () => {}) {
    const input = takesKeys(make("input", { type: "checkbox", checked }), /^ $/);
    input.onchange = () => { change(input.checked); this.refresh(); };
    this.controls.append(make("label", {}, input, label));
    return input;
  }

  /** One of several options: buttons, or a list where they are many. @returns its value, show(another), the group */
  choice(label, options, value, change = () => {}) {
    const changed = (choice) => { chosen.value = choice; change(choice); this.refresh(); };
    const chosen = { value };
    if (options.length > 4) {
      const list = make("select", {}, ...options.map((text) => make("option", {}, text)));
      takesKeys(list, /^(Arrow.*|Home|End|.)$/).value = value;
      list.onchange = () => changed(list.value);
      chosen.show = (choice) => { chosen.value = list.value = choice; };
      this.controls.append(make("label", {}, label, list));
      return chosen;
    }
    const group = (chosen.group = make("fieldset", {}, make("legend", {}, label)));
    for (const option of options) {
      const radio = make("input", { type: "radio", name: label, value: option, checked: option === value });
      radio.onchange = () => changed(option);
      group.append(make("label", {}, takesKeys(radio, /^(Arrow.*| )$/), option));
    }
    chosen.show = (choice) => {
      chosen.value = choice;
      for (const radio of group.querySelectorAll("input")) radio.checked = radio.value === choice;
    };
    this.controls.append(group);
    return chosen;
  }

  /** A button that starts and stops step(seconds since the last picture), which ends it by returning false. */
  player(text, step) {
    const player = { step, isPlaying: false };
    const set = (isPlaying) => { player.isPlaying = isPlaying; button.textContent = isPlaying ? "Pause" : text; };
    player.play = () => { set(true); this.refresh(); };
    player.pause = () => set(false);
    const button = this.button(text, () => set(!player.isPlaying), this.players.length ? "" : "first");
    this.players.push(player);
    return player;
  }

  /**
   * Time, in N steps to T: a button that plays it in so many seconds, from the first step on, and a slider.
   * @returns the player. Its `at` counts steps, and is not whole while it plays; stand(k) stops it at step k
   */
  clock({ T, N, t, first = 0, seconds = 5 }) {
    const dt = T / N, text = (t) => `t = ${t.toFixed(2)}`;
    const clock = this.player("Play", (passed) => {
      clock.at = Math.min((clock.at < N ? clock.at : first) + (passed * N) / seconds, N);
      slider.show(clock.at * dt);
      return clock.at < N;
    });
    clock.at = Math.round(t / dt);
    clock.stand = (k) => {
      clock.pause();
      slider.show((clock.at = k) * dt);
    };
    const range = { min: first * dt, max: T, step: dt, value: t, text };
    const slider = this.slider("time", range, (t) => clock.stand(Math.round(t / dt)));
    return clock;
  }

  /** Play once, when most of the picture is seen: unless a hand is faster, or nobody wants motion. */
  playWhenSeen(player) {
    if (this.calm) return;
    const seen = new IntersectionObserver((entries) => entries.at(-1).isIntersecting && begin(), { threshold: 0.7 });
    const stop = () => seen.disconnect(), begin = () => { stop(); player.play(); };
    seen.observe(this.row);
    for (const touch of ["pointerdown", "focusin"]) this.root.addEventListener(touch, stop, { once: true });
  }

  /** @returns a new Plane; see there */
  plane(options) {
    const plane = new Plane(this, options);
    this.planes.push(plane);
    this.row.append(plane.root);
    return plane;
  }
}
