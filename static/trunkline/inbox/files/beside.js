/* The files beside the box, as conversations come and go and messages are written. */

import { byId } from "../frame/elements.js";
import { idOf, isUploading, storedLines } from "./attached.js";
import { showNotice } from "./notice.js";
import { forgetRefusedFiles } from "./refusals.js";
import { forgetPictures } from "./upload-line.js";
import { isIdle, showUploads } from "./uploads.js";
import { forgetWaiting, leaveWaiting, setWaiting } from "./waiting.js";

/** Another conversation is shown. */
export function enterFiles() {
  leaveWaiting();
  showUploads(byId("files")?.dataset.address);
  if (isIdle()) forgetPictures();
  showNotice();
}

/** A composer in the place of an old one takes over what stands beside it. */
export function moveFiles(fresh, old) {
  const [place, before] = [fresh.querySelector("#drafts"), old.querySelector("#drafts")];
  if (place && before) place.replaceWith(before);
}

/** The message with these files is written: they are not beside the box any more. */
export function filesSent(ids) {
  forgetWaiting();
  for (const line of storedLines()) if (ids.includes(idOf(line))) line.remove();
  forgetRefusedFiles();
  forgetPictures();
  showNotice();
}

// *Send* waits for files that are on their way; then it is pressed again by itself.
document.addEventListener(
  "submit",
  (event) => {
    if (event.target.id !== "answer" || !isUploading()) return;
    setWaiting(true);
    showNotice();
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  { capture: true },
);
