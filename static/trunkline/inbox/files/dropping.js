/* Files are dropped onto the conversation. */

import { byId, conversation } from "../frame/elements.js";
import { words } from "../frame/words.js";
import { addFiles } from "./choosing.js";

const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
let over = 0; // drag events come in pairs, for each element that is passed

function showPlace(isOver) {
  const place = conversation();
  if (!place) return;
  if (isOver) place.dataset.drop = words.dropHere;
  else delete place.dataset.drop;
}

document.addEventListener("dragenter", (event) => {
  if (!carriesFiles(event) || !byId("files")) return;
  over += 1;
  showPlace(true);
});

document.addEventListener("dragleave", (event) => {
  if (!carriesFiles(event) || !byId("files")) return;
  over = Math.max(0, over - 1);
  if (!over) showPlace(false);
});

// A file that is dropped beside the place must not open in place of the page either.
document.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());

document.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  over = 0;
  showPlace(false);
  if (!document.querySelector("dialog[open]")) addFiles([...event.dataTransfer.files]);
});
