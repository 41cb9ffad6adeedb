(() => {
  const box = document.currentScript.closest(".quiz");
  if (box.querySelector("dialog")) return; // JupyterLab may run this twice
  const status = box.querySelector("[role=status]");
  const key = atob(box.dataset.key);
  const parts = {}; // of each <details> what it holds
  for (const { firstElementChild, children } of box.querySelectorAll("details")) {
    parts[firstElementChild.textContent] = [...children].slice(1);
  }
  const letters = Object.keys(parts).filter((name) => name.length === 1);
  const hints = Object.keys(parts).filter((name) => name.startsWith("Hint"));

  const make = (name, properties, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const button = (textContent, onclick, properties) => {
    return make("button", { type: "button", textContent, onclick, ...properties });
  };

  // The card

  const begin = [...status.children];
  const listed = () => box.closest(".jp-OutputArea")?.querySelectorAll("li") ?? []; // the options above the card
  const say = (elements, isRevealed = false) => {
    status.replaceChildren(...elements.map((element) => element.cloneNode(true)));
    for (const [n, option] of listed().entries()) {
      const isRight = key.includes(letters[n]);
      option.classList.toggle("quiz-right", isRevealed && isRight);
      option.classList.toggle("quiz-wrong", isRevealed && !isRight);
    }
  };

  const choose = ({ currentTarget }) => {
    currentTarget.ariaPressed = currentTarget.ariaPressed !== "true";
  };
  const toggles = letters.map((letter) => button(letter, choose, { ariaPressed: false }));

  // For the overview of what has been answered (exercises/overview.js), where the browser keeps anything for this page.
  const keep = () => {
    try {
      localStorage.setItem(`neuralode quiz ${box.dataset.name}`, "right");
    } catch {}
  };

  // As Question.check in Python: of several wrong letters one is named.
  const check = () => {
    const chosen = letters.filter((_, n) => toggles[n].ariaPressed === "true");
    const wrong = chosen.find((letter) => !key.includes(letter));
    if (!chosen.length) return say([make("p", { textContent: "Choose at least one letter first." })]);
    if (wrong) return say(parts[wrong]);
    if (chosen.length === key.length) keep();
    const right = make("p", { className: "right" }, make("b", { textContent: "✓ Right." }));
    const verdict = chosen.length === key.length ? right : parts[chosen[0]][0]; // there: right, but not all
    say([verdict, ...chosen.flatMap((letter) => parts[letter].slice(1))]);
  };
  let given = 0;
  const hint = () => say(parts[hints[given++ % hints.length]]);
  const solution = () => say(parts.Solution, true);
  box.reveal = (isRevealed) => (isRevealed ? solution() : say(begin)); // a deck's next step

  // The poll: the question and its options, large, with the votes for each

  const [prompt, ...texts] = parts["The question"];
  const options = letters.map((letter, n) => {
    const field = make("input", { type: "number", min: 0, value: 0, ariaLabel: `votes for ${letter}`, oninput: draw });
    const add = (votes) => {
      field.value = Math.max(0, +field.value + votes);
      draw();
    };
    const plus = button("+ 1", () => add(1), { ariaLabel: `+ 1 for ${letter}` });
    const bar = make("div"), share = make("span");
    const votes = make("div", { className: "votes" }, make("div", { className: "bar" }, bar), share);
    const line = make("div", { className: "option" }, texts[n], field, plus, votes);
    return { letter, field, add, bar, share, line };
  });
  let revealed = false;
  function draw() {
    const votes = options.map(({ field }) => Math.max(0, +field.value));
    const most = Math.max(1, ...votes), all = votes.reduce((sum, n) => sum + n) || 1;
    options.forEach(({ letter, share, bar, line }, n) => {
      const right = revealed && key.includes(letter);
      line.classList.toggle("right", right);
      const mark = right ? [make("b", { textContent: "✓ right" })] : [];
      share.replaceChildren(`${Math.round((100 * votes[n]) / all)} % `, ...mark);
      bar.style.width = `${(100 * votes[n]) / most}%`;
    });
  }
  const reveal = () => {
    revealed = true;
    draw();
  };
  const clear = () => {
    revealed = false;
    for (const { field } of options) field.value = 0;
    draw();
  };
  // JupyterLab leaves the keys to an element with this attribute.
  const dialog = make("dialog", { ariaLabel: `Poll on question ${box.dataset.name}` }, prompt);
  const row = (...children) => make("div", { className: "row" }, ...children);
  const actions = row(button("Reveal", reveal), button("Clear", clear));
  dialog.dataset.lmSuppressShortcuts = true;
  dialog.append(...options.map(({ line }) => line), actions);
  dialog.onkeydown = (event) => {
    const option = options.find(({ letter }) => letter === event.key.toUpperCase());
    if (!option || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    option.add(event.shiftKey ? -1 : 1);
  };
  draw();

  // What is shown: all of it, or the poll alone

  for (const part of box.querySelectorAll("details")) part.hidden = true;
  box.append(dialog);
  const poll = () => dialog.open || dialog.showModal();
  if (box.dataset.form === "poll") {
    status.hidden = dialog.open = true;
  } else {
    actions.append(button("Close", () => dialog.close()));
    const others = { Check: check, Hint: hint, Solution: solution, Poll: poll };
    status.before(row(row(...toggles), row(...Object.entries(others).map((other) => button(...other)))));
  }

  const pollKey = (event) => {
    if (event.key.toLowerCase() !== "p" || event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopPropagation();
    poll();
  };
  // A deck takes these keys for itself, and in the poll it would take all of them.
  box.onkeydown = (event) => {
    if (dialog.open || event.key === " " || event.key === "Enter") event.stopPropagation();
    else pollKey(event);
  };
  // On its slide the key P needs no focus.
  if (box.closest(".reveal")) {
    document.addEventListener("keydown", (event) => {
      if (!box.closest(".past, .future") && !event.target.matches("input, dialog *")) pollKey(event);
    }, true);
  }
})();
