/* Files come in: pasted, or dropped onto the page. */

import { byId } from "../elements.js";
import { addFiles } from "./chosen.js";

document.addEventListener("paste", (event) => {
  const files = [...event.clipboardData.files];
  if (!files.length || event.clipboardData.getData("text/plain")) return;
  event.preventDefault();
  addFiles(files);
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
  addFiles(entries.filter((item) => !item.webkitGetAsEntry()?.isDirectory).map((item) => item.getAsFile()));
});
