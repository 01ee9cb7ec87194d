/* Copies the value of the element that a button names: <button data-copy="#id" data-copied="Copied">.
   A drop-down's chosen option may carry what to copy in data-address. */

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  const text = source.selectedOptions?.[0]?.dataset.address ?? source.value;
  if (!text) return;
  await copy(text);
  const label = button.textContent;
  button.textContent = button.dataset.copied;
  setTimeout(() => {
    button.textContent = label;
  }, 2000);
});

async function copy(text) {
  if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(text);
  const box = document.createElement("textarea"); // plain http: browsers offer no clipboard there
  box.value = text;
  document.body.append(box);
  box.select();
  document.execCommand("copy");
  box.remove();
}
