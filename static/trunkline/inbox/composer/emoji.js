/* Emoji: a window of them, with those used last in front and a search by words. Inserted where the cursor is.
   `data-all` of the grid has them, each followed by its words. */

import { byId } from "../frame/elements.js";

const ALL = byId("emoji-grid")
  .dataset.all.split("|")
  .map((entry) => ({ sign: entry.slice(0, entry.indexOf(" ")), words: entry.slice(entry.indexOf(" ") + 1) }));
const RECENT = "trunkline:emoji";

function recent() {
  try {
    return JSON.parse(localStorage.getItem(RECENT))
      .filter((sign) => ALL.some((each) => each.sign === sign))
      .slice(0, 8);
  } catch {
    return [];
  }
}

function show(typed) {
  const asked = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const first = recent();
  const place = (each) => (first.includes(each.sign) ? first.indexOf(each.sign) : first.length);
  const found = ALL.filter((each) => asked.every((word) => each.words.includes(word))).sort(
    (a, b) => place(a) - place(b),
  );
  byId("emoji-grid").replaceChildren(
    ...found.map(({ sign, words }) => {
      const button = Object.assign(document.createElement("button"), {
        type: "button",
        textContent: sign,
        title: words,
      });
      button.setAttribute("aria-label", words);
      button.dataset.emoji = sign;
      return button;
    }),
  );
}

function insert(sign) {
  try {
    localStorage.setItem(RECENT, JSON.stringify([sign, ...recent().filter((each) => each !== sign)]));
  } catch {
    // No storage: nothing is used last.
  }
  byId("emoji").close();
  const box = byId("text");
  if (!box || box.readOnly) return;
  box.setRangeText(sign, box.selectionStart, box.selectionEnd, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.focus();
}

document.addEventListener("click", ({ target }) => {
  if (target.dataset?.emoji) insert(target.dataset.emoji);
  if (target.id !== "show-emoji") return;
  byId("emoji-search").value = "";
  show("");
  byId("emoji").showModal();
});

document.addEventListener("input", ({ target }) => target.id === "emoji-search" && show(target.value));

document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 8, ArrowUp: -8 }[key];
  if (target.id === "emoji-search" && key === "Enter") {
    event.preventDefault();
    byId("emoji-grid").firstElementChild?.click();
  } else if (target.id === "emoji-search" && key === "ArrowDown")
    byId("emoji-grid").firstElementChild?.focus();
  else if (target.dataset?.emoji && step) {
    const all = [...byId("emoji-grid").children];
    event.preventDefault();
    (all[all.indexOf(target) + step] ?? (step < 0 ? byId("emoji-search") : target)).focus();
  }
});
