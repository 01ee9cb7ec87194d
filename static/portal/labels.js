/* The boxes to type choices in are made by a library, without a label: they take that of their field. */

function nameBoxes(root) {
  for (const select of root.querySelectorAll("select[multiple]")) {
    const label = select.getAttribute("aria-label") ?? select.labels?.[0]?.textContent.trim();
    const box = select.parentElement.querySelector(".select2-search__field");
    if (label) box?.setAttribute("aria-label", label);
  }
}

document.addEventListener("DOMContentLoaded", () => setTimeout(() => nameBoxes(document)));
document.addEventListener("formset:added", (event) => setTimeout(() => nameBoxes(event.target)));
