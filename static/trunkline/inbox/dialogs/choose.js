/* A select that is searched: `data-filters` of a search box names it, and only what has the typed words is offered. */

import "./dialog.js"; // it is open before its search takes the focus

const selectOf = (box) => document.getElementById(box.dataset.filters);

/** Hides what does not have all the words, and chooses the first that has. */
function filter(box) {
  const select = selectOf(box);
  const typed = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  const options = [...select.options].filter((option) => option.value);
  for (const option of options) {
    const name = option.textContent.toLowerCase();
    option.hidden = !typed.every((word) => name.includes(word));
    option.disabled = option.hidden;
  }
  select.value = typed.length ? (options.find((option) => !option.hidden)?.value ?? "") : "";
}

document.addEventListener("input", ({ target }) => target.dataset?.filters && filter(target));

document.addEventListener("keydown", (event) => {
  if (!event.target.dataset?.filters || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  event.preventDefault();
  const select = selectOf(event.target);
  const offered = [...select.options].filter((option) => option.value && !option.hidden);
  const next = offered.findIndex((option) => option.selected) + (event.key === "ArrowDown" ? 1 : -1);
  if (offered[next]) offered[next].selected = true;
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  const box = detail.target?.id === "dialog" && detail.target.querySelector("[data-filters]");
  if (!box) return;
  box.closest(".field").hidden = false;
  selectOf(box).size = 8;
  selectOf(box).removeAttribute("autofocus"); // or htmx gives the focus back to it
  box.autofocus = true;
  box.focus();
});
