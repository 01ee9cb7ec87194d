/* Classic, and in the head: a module runs only after the first paint, and the page would flash in the other theme.
   What follows the person's choice from then on is ../theme.js. */

{
  let theme;
  try {
    theme = JSON.parse(localStorage.getItem("adminTheme"));
  } catch {
    // Nothing was chosen, or there is no storage.
  }
  document.documentElement.classList.add(["light", "dark"].includes(theme) ? theme : "auto");
}
