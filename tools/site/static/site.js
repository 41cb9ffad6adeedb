// Code that is wider than the page scrolls, also for those who have no mouse.
addEventListener("load", () => {
  for (const code of document.querySelectorAll("pre")) if (code.scrollWidth > code.clientWidth) code.tabIndex = 0;
});
