/* Tabs by mouse and keyboard (arrows, Home, End). The page says which is open: the first with an error. Without
   errors the tab that the address asks for opens (?tab=), else the one that was open before a reload. */

for (const root of document.querySelectorAll("[data-tabs]")) setUp(root);

function setUp(root) {
  const tabs = [...root.querySelectorAll("[role=tab]")];
  const memory = `tab ${location.pathname}`;

  function open(tab) {
    for (const each of tabs) {
      const isOpen = each === tab;
      each.setAttribute("aria-selected", String(isOpen));
      each.tabIndex = isOpen ? 0 : -1;
      document.getElementById(each.getAttribute("aria-controls")).hidden = !isOpen;
    }
    sessionStorage.setItem(memory, tab.id);
  }

  root.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab) open(tab);
  });
  root.addEventListener("keydown", (event) => {
    const at = tabs.indexOf(event.target);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const tab = tabs[(to + tabs.length) % tabs.length];
    open(tab);
    tab.focus();
  });

  const asked = new URLSearchParams(location.search).get("tab");
  const before =
    tabs.find((tab) => tab.id === `tab-${asked}`) ??
    tabs.find((tab) => tab.id === sessionStorage.getItem(memory));
  if (before && root.dataset.hasErrors === undefined) open(before);
}
