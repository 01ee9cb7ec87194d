// The files that go with the next message: chosen, dropped onto the page or pasted, until they are sent or removed.

import { byId, element, inWords } from "./elements.js";

const MOST_BYTES = 100 * 1024 * 1024; // the business's limit; more can be sent to see it refused
const PICTURE = /^image\/(jpeg|png|gif|webp|avif)$/;

const chosen = new Map(); // elements → their files

export function add(files) {
  for (const file of files) {
    const shown = chosenElement(file);
    chosen.set(shown, file);
    byId("chosen").append(shown);
  }
  showTotal();
  if (files.length) byId("text").focus();
}

// Gives the files and clears the tray.
export function take() {
  const files = [...chosen.values()];
  [...chosen.keys()].forEach(remove);
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
  byId("chosen-total").textContent = !chosen.size ? "" :
    `${count}, ${inWords(total)}${tooMuch ? ": more than the 100 MB of a message" : ""}`;
  byId("chosen-total").classList.toggle("bad", tooMuch);
}

// Ways in

byId("files").addEventListener("change", (event) => {
  add([...event.target.files]);
  event.target.value = ""; // so that the same file can be chosen again
});

document.addEventListener("paste", (event) => {
  const files = [...event.clipboardData.files];
  if (!files.length || event.clipboardData.getData("text/plain")) return;
  event.preventDefault();
  add(files);
});

function hasFiles(event) {
  return [...event.dataTransfer.types].includes("Files");
}

let inside = 0; // elements that the dragged files are over, one in another

document.addEventListener("dragenter", (event) => {
  if (hasFiles(event)) inside += 1;
  byId("drop-here").hidden = !inside;
});
document.addEventListener("dragleave", (event) => {
  if (hasFiles(event)) inside = Math.max(0, inside - 1);
  byId("drop-here").hidden = !inside;
});
document.addEventListener("dragover", (event) => {
  if (hasFiles(event)) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  inside = 0;
  byId("drop-here").hidden = true;
  const entries = [...event.dataTransfer.items].filter((item) => item.kind === "file");
  add(entries.filter((item) => !item.webkitGetAsEntry()?.isDirectory).map((item) => item.getAsFile()));
});
