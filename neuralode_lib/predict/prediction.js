{
  const box = document.currentScript.closest(".prediction");
  const answer = box.querySelector("summary");

  const make = (name, properties, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const field = make("input", { type: "text", autocomplete: "off", maxLength: 200 });
  field.dataset.lmSuppressShortcuts = true; // JupyterLab leaves the keys to it
  const label = make("label", {}, "Your prediction", field);
  const commit = make("button", { type: "submit", textContent: "Commit" });
  const said = make("output", {});
  const change = make("button", { type: "button", textContent: "change" });
  const form = make("form", {}, label, commit, said, change);

  // What was committed survives a second run of the cell, where the browser keeps anything for this page.
  const key = `neuralode predict ${box.dataset.name}`;
  const kept = (text) => {
    try {
      return text === undefined ? localStorage.getItem(key) ?? "" : localStorage.setItem(key, text);
    } catch {
      return "";
    }
  };

  const show = (text) => {
    said.textContent = text && `You predicted: ${text}`;
    for (const part of [label, commit]) part.hidden = text !== "";
    change.hidden = text === "";
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (!text) return field.focus();
    kept(text);
    show(text);
    answer.focus();
  };
  change.onclick = () => {
    show("");
    field.focus();
  };
  // A deck takes these keys for itself, and while one writes, all of them.
  box.onkeydown = (event) => {
    if (event.target === field || event.key === " " || event.key === "Enter") event.stopPropagation();
  };

  box.querySelector(":scope > form")?.remove(); // JupyterLab may run this twice
  box.prepend(form);
  field.value = kept();
  show(field.value);
}
