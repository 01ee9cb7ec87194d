/* A chart that comes after its page is drawn then; the theme draws those that are there when a page has loaded. */

let isLoaded = false;

addEventListener("load", () => {
  isLoaded = true;
});

document.addEventListener("htmx:afterSettle", ({ target }) => {
  if (isLoaded && target.matches("[data-chart]")) renderCharts();
});
