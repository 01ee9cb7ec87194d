/* The theme's scrollbars are measured before fonts and styles are there; what fits by then kept a bar over its last
   row. */

function measure() {
  for (const box of document.querySelectorAll("[data-simplebar]"))
    SimpleBar.instances.get(box)?.recalculate();
}

addEventListener("load", () => document.fonts.ready.then(measure));
