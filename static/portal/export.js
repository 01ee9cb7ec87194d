/* The browser saves the file as it comes; meanwhile the page shows how far the export is. */

import { randomKey } from "../trunkline/random-key.js";

const EVERY = 700; // ms
const MOST_MISSES = 20;

document.addEventListener("submit", ({ target }) => target.matches("[data-export]") && follow(target));

function follow(form) {
  const { key } = form.elements;
  const address = `${form.dataset.progress}?key=${key.value}`;
  const place = document.querySelector("[data-shown]");
  const [bar, says] = [place.querySelector("progress"), place.querySelector("[role=status]")];
  place.hidden = false;
  bar.removeAttribute("value");
  says.textContent = says.dataset.begins;
  let misses = 0;
  const timer = setInterval(async () => {
    const answer = await fetch(address).catch(() => null);
    if (!answer?.ok) {
      misses += 1;
      if (misses > MOST_MISSES) stop(says.dataset.lost);
      return;
    }
    const progress = await answer.json();
    if (progress.state === "waiting") return;
    show(progress, bar, says);
    if (progress.state !== "running") stop();
  }, EVERY);

  function stop(sentence) {
    clearInterval(timer);
    if (sentence) says.textContent = sentence;
    key.value = randomKey();
  }
}

function show({ rows, expected, state, state_label: label }, bar, says) {
  bar.max = expected || 1;
  bar.value = state === "done" ? bar.max : rows;
  const numbers = says.dataset.says
    .replace("{rows}", rows.toLocaleString())
    .replace("{expected}", expected.toLocaleString());
  says.textContent = state === "running" ? numbers : `${label}: ${numbers}`;
}
