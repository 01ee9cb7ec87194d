/* Light, dark, or as the system has it. Run in the head, so that no page flashes in the other one first. The portal's
   theme keeps its choice under the same name, as JSON, and sets the same classes: both always show the same. */

(() => {
  "use strict";

  const NAME = "adminTheme";
  const THEMES = ["light", "dark", "auto"];
  let theme = stored();

  function stored() {
    try {
      const found = JSON.parse(localStorage.getItem(NAME));
      return THEMES.includes(found) ? found : "auto";
    } catch {
      return "auto";
    }
  }

  function show() {
    for (const each of THEMES) document.documentElement.classList.toggle(each, each === theme);
    const choice = document.getElementById("theme");
    if (!choice) return;
    choice.hidden = false;
    choice.querySelectorAll("input").forEach((input) => (input.checked = input.value === theme));
  }

  function take() {
    theme = stored();
    show();
  }

  show();
  document.addEventListener("DOMContentLoaded", show);
  window.addEventListener("storage", ({ key }) => key === NAME && take()); // chosen in another tab
  window.addEventListener("pageshow", ({ persisted }) => persisted && take());

  document.addEventListener("change", ({ target }) => {
    if (target.name !== "theme") return;
    theme = target.value;
    show();
    try {
      localStorage.setItem(NAME, JSON.stringify(theme));
    } catch {
      // No storage: it holds for this page.
    }
  });
})();
