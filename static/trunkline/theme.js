/* Light, dark, or as the system has it. The portal's theme keeps its choice under the same name, as JSON, and sets
   the same classes: both always show the same. The first paint is early/theme.js's. */

const NAME = "adminTheme";
const THEMES = ["light", "dark", "auto"];

function stored() {
  try {
    const found = JSON.parse(localStorage.getItem(NAME));
    return THEMES.includes(found) ? found : "auto";
  } catch {
    return "auto";
  }
}

function show(theme) {
  for (const each of THEMES) document.documentElement.classList.toggle(each, each === theme);
  const choice = document.getElementById("theme");
  if (!choice) return;
  choice.hidden = false;
  for (const input of choice.querySelectorAll("input")) input.checked = input.value === theme;
}

show(stored());
addEventListener("storage", ({ key }) => key === NAME && show(stored())); // chosen in another tab
addEventListener("pageshow", ({ persisted }) => persisted && show(stored()));

document.addEventListener("change", ({ target }) => {
  if (target.name !== "theme") return;
  show(target.value);
  try {
    localStorage.setItem(NAME, JSON.stringify(target.value));
  } catch {
    // No storage: it holds for this page.
  }
});
