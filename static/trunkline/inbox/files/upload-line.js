/* The line of a file that is on its way: name, size, progress, and its picture out of the file itself. */

import { fill, words } from "../frame/words.js";
import { removeButton } from "./remove-button.js";
import { sizeInWords } from "./size.js";

let pictures = []; // addresses of pictures that the page shows of its own

export function uploadLine(file) {
  const line = document.createElement("li");
  line.className = "draft uploading";
  line.dataset.bytes = file.size;
  const name = document.createElement("span");
  name.className = "draft-name";
  name.append(
    Object.assign(document.createElement("bdi"), { textContent: file.name }),
    Object.assign(document.createElement("span"), {
      className: "quiet",
      textContent: sizeInWords(file.size),
    }),
  );
  const progress = Object.assign(document.createElement("progress"), { max: file.size || 1, value: 0 });
  progress.setAttribute("aria-label", fill(words.uploading, { name: file.name }));
  const cancel = removeButton(fill(words.cancelUpload, { name: file.name }));
  cancel.dataset.cancel = "";
  line.append(name, progress, cancel);
  showPicture(line, file);
  return line;
}

function showPicture(line, file) {
  if (!/^image\/(jpeg|png|gif|webp)$/.test(file.type)) return;
  const picture = Object.assign(document.createElement("img"), { src: URL.createObjectURL(file), alt: "" });
  pictures.push(picture.src);
  line.prepend(picture);
}

/** Frees the pictures that no line shows any more. */
export function forgetPictures() {
  const shown = new Set([...document.querySelectorAll("#drafts img")].map((picture) => picture.src));
  for (const address of pictures) if (!shown.has(address)) URL.revokeObjectURL(address);
  pictures = pictures.filter((address) => shown.has(address));
}
