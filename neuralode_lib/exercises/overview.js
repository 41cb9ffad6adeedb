{
  const box = document.currentScript.closest(".overview");
  const ids = box.dataset.questions.split(" ");
  const isAnswered = (id) => localStorage.getItem(`neuralode quiz ${id}`) !== null; // quiz/card.js keeps it
  const share = (some) => `${some.filter(isAnswered).length} of ${some.length}`;

  const count = () => {
    const letters = [...new Set(ids.map((id) => id[0]))]; // a question of 12.A is called A-...
    const parts = letters.map((letter) => `12.${letter} ${share(ids.filter((id) => id[0] === letter))}`);
    box.querySelector("p").textContent = `quiz ${share(ids)} answered rightly in this browser: ${parts.join(", ")}`;
  };
  try {
    count();
    new IntersectionObserver(count).observe(box); // whoever comes back to it sees what is new
  } catch {
    // This browser keeps nothing for this page.
  }
}
