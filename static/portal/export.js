// The browser saves the file as it comes; meanwhile the page shows how far the export is.
const EVERY = 700; // ms

document.addEventListener("submit", ({ target }) => {
  if (!target.matches("[data-export]")) return;
  const key = target.elements.key.value;
  const address = `${target.dataset.progress}?key=${key}`;
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
      if (misses > 20) stop(says.dataset.lost);
      return;
    }
    const { rows, expected, state, state_label: label } = await answer.json();
    if (state === "waiting") return;
    bar.max = expected || 1;
    bar.value = state === "done" ? bar.max : rows;
    const numbers = says.dataset.says.replace("{rows}", rows.toLocaleString()).replace("{expected}", expected.toLocaleString());
    says.textContent = state === "running" ? numbers : `${label}: ${numbers}`;
    if (state !== "running") stop();
  }, EVERY);

  function stop(sentence) {
    clearInterval(timer);
    if (sentence) says.textContent = sentence;
    target.elements.key.value = crypto.randomUUID?.() ?? key.replace(/[0-9a-f]/g, () => Math.floor(Math.random() * 16).toString(16));
  }
});
