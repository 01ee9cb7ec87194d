/** The × at the end of a file's line. */
export function removeButton(label) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "draft-remove", textContent: "×" });
  button.setAttribute("aria-label", label);
  return button;
}
