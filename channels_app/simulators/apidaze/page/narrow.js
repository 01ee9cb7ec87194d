/* On a narrow screen one sees the phone or its settings. */

import { byId } from "./elements.js";

export function showSettings(areOpen) {
  document.body.classList.toggle("setting-up", areOpen);
  byId("open-settings").setAttribute("aria-expanded", String(areOpen));
}

byId("open-settings").addEventListener("click", () => {
  showSettings(true);
  byId("close-settings").focus();
});

byId("close-settings").addEventListener("click", () => {
  showSettings(false);
  byId("open-settings").focus();
});
