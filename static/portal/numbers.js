// A Number row asks only for what its number needs: a sender ID has no destination, only US numbers a registration.
// The row's data-kind is what the stylesheet goes by.
function kindOf(text) {
  if (/[A-Za-z]/.test(text)) return "sender-id";
  const digits = text.trim().replace(/^00/, "+").replace(/[^+\d]/g, "");
  return digits.startsWith("+1") ? "us" : digits.length > 2 ? "number" : "";
}

function mark(input) {
  const row = input.closest(".form-group") ?? input.closest("tr");
  if (row) row.dataset.kind = input.disabled ? input.dataset.kind : kindOf(input.value);
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-number]")) mark(event.target);
});

// The box to type extensions in is made by a library, without a label.
function name(root) {
  for (const select of root.querySelectorAll("select[multiple][aria-label]")) {
    const box = select.parentElement.querySelector(".select2-search__field");
    box?.setAttribute("aria-label", select.getAttribute("aria-label"));
  }
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-number]").forEach(mark);
  setTimeout(() => name(document));
});
document.addEventListener("formset:added", (event) => setTimeout(() => name(event.target)));
