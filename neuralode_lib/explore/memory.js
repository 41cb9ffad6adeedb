/* Where the cockpit was: this browser keeps it, once a hand has been on it, and says so when the figure is opened again. */

const WAIT = 500; // milliseconds until it is kept; while it trains, from one time to the next

/** kept: the state from which to go on, if the reader has asked for it. */
function live(picture, data, kept) {
  cockpit(picture, data, kept);
  const { draw, root, element } = picture, key = `neuralode cockpit ${fingerprint(JSON.stringify(data))}`;
  let waiting = null;
  const keep = () => { waiting = null; stored(key, JSON.stringify(picture.state())); };
  const touched = (event) => {
    if (event.key !== "Tab") picture.draw = () => { draw(); waiting ??= setTimeout(keep, WAIT); };
  };
  for (const type of ["pointerdown", "keydown", "change"]) root.addEventListener(type, touched);

  const last = kept ? null : JSON.parse(stored(key));
  if (!last) return;
  picture.controls = root.querySelector(".settings");
  picture.button(`Go on from iteration ${last.iteration}, J = ${general(last.J, 4)}`, () => {
    root.remove();
    element.picture = null;
    Picture.start(element, (again) => live(again, data, last));
    element.querySelector("button").focus();
  });
}

/** What is stored under this key, or now is; null in a browser that keeps nothing for this page. */
function stored(key, value) {
  try {
    if (value !== undefined) localStorage.setItem(key, value);
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** A number that another text most likely does not have. */
function fingerprint(text) {
  let number = 0;
  for (let n = 0; n < text.length; n++) number = (31 * number + text.charCodeAt(n)) | 0;
  return number;
}
