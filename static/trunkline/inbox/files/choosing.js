/* Files are chosen, pasted or taken away again. */

import { byId } from "../frame/elements.js";
import { fill, words } from "../frame/words.js";
import { fileLines, totalBytes } from "./attached.js";
import { showNotice } from "./notice.js";
import { forgetRefusedFiles, refuseFile } from "./refusals.js";
import { sizeInWords } from "./size.js";
import { forgetPictures } from "./upload-line.js";
import { cancelUpload, removeStored, upload } from "./uploads.js";

/** Uploads what may go with the next message, and says why the rest may not. */
export function addFiles(files) {
  const place = byId("files");
  if (!place || !files.length) return;
  forgetRefusedFiles();
  if (place.dataset.whyNot) {
    refuseFile(place.dataset.whyNot);
    return;
  }
  const [most, mostFiles] = [Number(place.dataset.mostBytes), Number(place.dataset.mostFiles)];
  for (const file of files) {
    if (fileLines().length >= mostFiles) {
      refuseFile(fill(words.tooManyFiles, { number: mostFiles }));
      break;
    }
    const together = totalBytes() + file.size;
    const values = { name: file.name, limit: sizeInWords(most), size: sizeInWords(together) };
    if (file.size === 0) refuseFile(fill(words.emptyFile, values));
    else if (together > most) refuseFile(fill(words.filesTooLarge, values));
    else upload(file);
  }
  showNotice();
}

function choose() {
  const { whyNot } = byId("files").dataset;
  if (whyNot) addFiles([null]);
  else byId("choose").click();
}

function takeAway(button) {
  const line = button.closest("li");
  const next = (line.nextElementSibling ?? line.previousElementSibling)?.querySelector("button");
  if ("cancel" in button.dataset) cancelUpload(line);
  else if (button.dataset.remove) removeStored(line, button.dataset.remove);
  else line.remove();
  (next ?? byId("text"))?.focus();
  forgetPictures();
  showNotice();
}

document.addEventListener("click", ({ target }) => {
  if (target.closest("#attach")) choose();
  const button = target.closest(".draft-remove");
  if (button) takeAway(button);
});

document.addEventListener("change", ({ target }) => {
  if (target.id !== "choose") return;
  addFiles([...target.files]);
  target.value = "";
  byId("text")?.focus();
});

document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  if (!files.length || !byId("files") || !event.target.closest?.("#conversation")) return;
  event.preventDefault();
  addFiles(files);
});
