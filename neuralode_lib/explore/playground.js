/* The playground: the cockpit, with its state in the address after the #, so that a setting can be linked to. */

const DIGITS = 10000; // to which points are rounded in an address

/** What an address tells, over what data says: what it tells wrongly is left out. */
function fromAddress(address, data) {
  const told = new URLSearchParams(address.replace(/^#/, "")), settings = { ...data.settings };
  const one = (name, options) => options.includes(told.get(name)) && (settings[name] = told.get(name));
  const number = (name, isFine) => {
    const value = told.has(name) ? Number(told.get(name)) : NaN;
    if (Number.isFinite(value) && isFine(value)) settings[name] = value;
  };
  one("data", Object.keys(data.sets));
  one("activation", ["relu", "tanh"]);
  one("rule", Object.keys(RULES));
  one("show", ["regions", "points at T", "paths"]);
  number("layers", (N) => Number.isInteger(N) && N >= 1 && N <= 1000);
  number("d", (d) => d === 2 || d === 3);
  number("w1", (w1) => w1 >= 0 && w1 <= 1e6);
  number("w2", (w2) => w2 >= 0 && w2 <= 1e6);
  number("gamma", (gamma) => gamma > 0);
  if (told.has("curvature")) settings.curvature = true;
  const opening = told.has("run") ? Math.min(Math.max(Math.round(Number(told.get("run"))) || 0, 0), 20000) : data.opening;
  const points = ["blue", "red"].flatMap((name, label) => {
    const numbers = (told.get(name) ?? "").split(",").map(Number), pairs = [];
    for (let n = 0; n + 1 < numbers.length; n += 2) pairs.push([numbers[n], numbers[n + 1]]);
    return pairs.filter((pair) => pair.every(Number.isFinite)).map((pair) => ({ pair, y: data.targets[label] }));
  });
  if (!told.has("blue") && !told.has("red")) return { ...data, settings, opening };
  settings.data = "own points";
  const rows = (a) => [0, 1].flatMap((m) => a.map((row) => row[m]));
  const own = { x_in: rows(points.map(({ pair }) => pair)), y_out: rows(points.map(({ y }) => y)), d: 2 };
  return { ...data, settings, opening, own };
}

/** The address of a state: what differs from data's settings. */
function toAddress({ chosen, points, iteration }, data) {
  const told = new URLSearchParams();
  for (const [name, usual] of Object.entries(data.settings)) {
    if (chosen[name] !== usual && name !== "iterations" && chosen[name] !== "own points") told.set(name, chosen[name]);
  }
  if (iteration !== data.opening) told.set("run", iteration);
  if (chosen.data === "own points") {
    const rounded = (value) => Math.round(value * DIGITS) / DIGITS;
    ["blue", "red"].forEach((name, label) => {
      const mine = points.filter((point) => point.label === label);
      told.set(name, mine.map(({ x }) => `${rounded(x[0])},${rounded(x[1])}`).join());
    });
  }
  return told.toString().replaceAll("%2C", ",");
}

function play(picture, data) {
  cockpit(picture, fromAddress(location.hash, data));
  const draw = picture.draw;
  let resting;
  const write = () => {
    if (!picture.players.some((player) => player.isPlaying)) history.replaceState(null, "", `#${toAddress(picture.state(), data)}`);
  };
  picture.draw = () => {
    draw();
    clearTimeout(resting);
    resting = setTimeout(write, REST);
  };
  addEventListener("hashchange", () => location.reload());
}
