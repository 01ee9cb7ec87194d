// The chart comes after its page; the theme draws the charts that are there when a page has loaded.
"use strict";

(() => {
  let isLoaded = false;
  window.addEventListener("load", () => { isLoaded = true; });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (isLoaded && event.target.matches("[data-chart]")) renderCharts();
  });
})();
