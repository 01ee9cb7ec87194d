// The theme's scrollbars are measured before fonts and styles are there; what fits by then kept a bar over its last row.
"use strict";

(() => {
  const measure = () => {
    for (const box of document.querySelectorAll("[data-simplebar]")) {
      window.SimpleBar?.instances.get(box)?.recalculate();
    }
  };
  window.addEventListener("load", () => document.fonts.ready.then(measure));
})();
