/* A Number row asks only for what its number needs: a sender ID has no destination, only US numbers a registration.
   The row's data-kind is what the stylesheet goes by. */

function kindOf(text) {
  if (/[A-Za-z]/.test(text)) return "sender-id";
  const digits = text
    .trim()
    .replace(/^00/, "+")
    .replace(/[^+\d]/g, "");
  return digits.startsWith("+1") ? "us" : digits.length > 2 ? "number" : "";
}

function mark(input) {
  const row = input.closest(".form-group") ?? input.closest("tr");
  if (row) row.dataset.kind = input.disabled ? input.dataset.kind : kindOf(input.value);
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-number]")) mark(event.target);
});

for (const input of document.querySelectorAll("[data-number]")) mark(input);
