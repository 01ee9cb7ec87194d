/* The dialog whose content comes from the server: it opens when something came in, and closes by its ×. */

import { showMeters } from "../composer/meter.js";
import { byId } from "../frame/elements.js";

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target?.id !== "dialog") return;
  if (!byId("dialog").open) byId("dialog").showModal();
  showMeters(byId("dialog"));
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-close]")) return;
  event.preventDefault();
  byId("dialog").close();
});
