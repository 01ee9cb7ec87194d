/* Uploads, one after the other. What is stored stands in #drafts with a hidden field of the form. */

import { announce } from "../frame/announce.js";
import { byId } from "../frame/elements.js";
import { headers, post } from "../frame/post.js";
import { fill, words } from "../frame/words.js";
import { chosenFiles, idOf, isUploading } from "./attached.js";
import { showNotice } from "./notice.js";
import { refuseFile } from "./refusals.js";
import { uploadLine } from "./upload-line.js";
import { isWaiting, setWaiting } from "./waiting.js";

const MOST_TRIES = 20;

let uploads = []; // { line, file, address, request }: waiting or on their way, first one first

export const isIdle = () => uploads.length === 0;

export function upload(file) {
  const line = uploadLine(file);
  byId("drafts").append(line);
  uploads.push({ line, file, address: byId("files").dataset.address });
  if (uploads.length === 1) uploadNext();
}

/** What is on its way to a session goes on, and is there again when one comes back. */
export function showUploads(address) {
  for (const each of uploads) if (each.address === address) byId("drafts").append(each.line);
}

function uploadNext() {
  const first = uploads[0];
  if (!first) return;
  const request = new XMLHttpRequest(); // fetch does not tell how far an upload is
  first.request = request;
  request.open("POST", first.address);
  const all = {
    ...headers(),
    "Content-Type": "application/octet-stream",
    "X-File-Name": encodeURIComponent(first.file.name),
  };
  for (const [name, value] of Object.entries(all)) request.setRequestHeader(name, value);
  const progress = first.line.querySelector("progress");
  request.upload.addEventListener("progress", ({ loaded }) => {
    progress.value = loaded;
  });
  request.upload.addEventListener("load", () => {
    first.isWhole = true;
  });
  request.addEventListener("loadend", () => ended(first));
  request.send(first.file);
}

function ended(upload) {
  if (uploads[0] !== upload) return; // it was cancelled
  if (triesAgain(upload)) return;
  const { request, line } = upload;
  uploads.shift();
  if (request.status === 201 && upload.isUnwanted) {
    const stored = document.createRange().createContextualFragment(request.responseText);
    removeStored(line, stored.querySelector("[data-remove]").dataset.remove);
  } else if (request.status === 201) become(line, request.responseText);
  else failed(upload);
  uploadNext();
  showNotice();
  if (isWaiting() && !isUploading()) {
    setWaiting(false);
    showNotice();
    byId("answer")?.requestSubmit();
  }
}

/** Others upload just now: this one waits for its turn. */
function triesAgain(upload) {
  const after = upload.request.getResponseHeader("Retry-After");
  upload.tries ??= 0;
  if (![429, 503].includes(upload.request.status) || !after || upload.tries >= MOST_TRIES) return false;
  upload.tries += 1;
  upload.timer = setTimeout(uploadNext, 1000 * Number(after));
  return true;
}

function failed({ request, line, file }) {
  line.remove();
  setWaiting(false);
  const said = request.getResponseHeader("Content-Type")?.startsWith("text/plain") && request.responseText;
  if (request.status === 404 && !said) refuseFile(words.outOfDate);
  else refuseFile(said ? `${file.name}: ${said}` : fill(words.uploadFailed, { name: file.name }));
}

/** The line of a file that is stored, in the place of the one that showed its progress. */
function become(line, markup) {
  const fresh = document.createRange().createContextualFragment(markup).querySelector(".draft");
  if (chosenFiles().includes(idOf(fresh))) {
    line.remove(); // the page came with it
    return;
  }
  const [picture, hadFocus] = [line.querySelector("img"), line.contains(document.activeElement)];
  if (picture) fresh.prepend(picture);
  line.replaceWith(fresh);
  if (fresh.isConnected) announce(fill(words.uploaded, { name: fresh.querySelector("bdi").textContent }));
  if (hadFocus) fresh.querySelector("button").focus();
}

export function cancelUpload(line) {
  const upload = uploads.find((each) => each.line === line);
  if (upload?.isWhole) {
    upload.isUnwanted = true; // the server has it all, and stores it: it is removed when that is known
    line.remove();
    return;
  }
  const wasFirst = uploads[0] === upload;
  uploads = uploads.filter((each) => each !== upload);
  clearTimeout(upload?.timer);
  upload?.request?.abort();
  line.remove();
  if (wasFirst) uploadNext();
  if (!isUploading()) setWaiting(false);
}

export function removeStored(line, address) {
  line.remove();
  // If this fails it ends by itself, and is not sent: it is not in the form any more.
  post(address, {}, { keepalive: true }).catch(() => {});
}

addEventListener("beforeunload", (event) => isIdle() || event.preventDefault());
