/* The files that go with the next message, until they are sent or removed. */

import { byId, element, inWords } from "../elements.js";

const MOST_BYTES = 100 * 1024 * 1024; // the business's limit; more can be sent to see it refused
const PICTURE = /^image\/(jpeg|png|gif|webp|avif)$/;

const chosen = new Map(); // elements → their files

export function addFiles(files) {
  for (const file of files) {
    const shown = chosenElement(file);
    chosen.set(shown, file);
    byId("chosen").append(shown);
  }
  showTotal();
  if (files.length) byId("text").focus();
}

/** Gives the files and clears the tray. */
export function takeFiles() {
  const files = [...chosen.values()];
  for (const shown of [...chosen.keys()]) remove(shown);
  return files;
}

function remove(shown) {
  const image = shown.querySelector("img");
  if (image) URL.revokeObjectURL(image.src);
  shown.remove();
  chosen.delete(shown);
  showTotal();
}

function removeByHand(shown) {
  const next = shown.nextElementSibling || shown.previousElementSibling;
  remove(shown);
  (next ? next.querySelector("button") : byId("text")).focus();
}

function chosenElement(file) {
  const shown = element("li");
  if (PICTURE.test(file.type)) {
    const image = element("img");
    image.alt = "";
    image.src = URL.createObjectURL(file);
    image.addEventListener("error", () => image.remove());
    shown.append(image);
  }
  const button = element("button", "remove", "×");
  button.type = "button";
  button.setAttribute("aria-label", `Remove ${file.name}`);
  button.addEventListener("click", () => removeByHand(shown));
  shown.append(element("span", "name", file.name), element("span", "size", inWords(file.size)), button);
  return shown;
}

function showTotal() {
  const total = [...chosen.values()].reduce((sum, file) => sum + file.size, 0);
  const count = chosen.size === 1 ? "1 file" : `${chosen.size} files`;
  const tooMuch = total > MOST_BYTES;
  byId("tray").hidden = !chosen.size;
  byId("chosen-total").textContent = !chosen.size
    ? ""
    : `${count}, ${inWords(total)}${tooMuch ? ": more than the 100 MB of a message" : ""}`;
  byId("chosen-total").classList.toggle("bad", tooMuch);
}

byId("files").addEventListener("change", (event) => {
  addFiles([...event.target.files]);
  event.target.value = ""; // so that the same file can be chosen again
});
