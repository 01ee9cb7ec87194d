/* What is said about the files beside the box, and whether one can write in it meanwhile. */

import { byId } from "../frame/elements.js";
import { fill, words } from "../frame/words.js";
import { storedLines, totalBytes } from "./attached.js";
import { sizeInWords } from "./size.js";
import { isWaiting, setWaiting, wasLeftWaiting } from "./waiting.js";

const LARGE_FOR_CARRIERS = 1024 * 1024; // bytes

/** Shows what there is to say about the files that are there, and whether one can send. */
export function showNotice() {
  const notice = byId("files-notice");
  if (!notice) return;
  const sentences = [];
  const bytes = totalBytes();
  if (bytes > LARGE_FOR_CARRIERS) sentences.push(fill(words.largeForCarriers, { size: sizeInWords(bytes) }));
  if (isWaiting()) sentences.push(words.sendsLater);
  if (wasLeftWaiting()) sentences.push(words.notSentYet);
  const said = notice.querySelector("p");
  notice.hidden = !sentences.length;
  if (said.textContent !== sentences.join(" ")) said.textContent = sentences.join(" ");
  byId("send-not-yet").hidden = !isWaiting();
  byId("attach").hidden = false;
  showBox();
}

/** The box cannot be written in while its message waits, and says what goes along with files alone. */
function showBox() {
  const box = byId("text");
  const accompanying = byId("files").dataset.accompanyingText;
  box.dataset.placeholder ??= box.placeholder;
  box.placeholder =
    storedLines().length && accompanying
      ? fill(words.accompanied, { text: accompanying })
      : box.dataset.placeholder;
  if (isWaiting() !== "waits" in box.dataset) {
    box.readOnly = isWaiting();
    if (isWaiting()) box.dataset.waits = "";
    else delete box.dataset.waits;
  }
  box.dispatchEvent(new CustomEvent("files", { bubbles: true }));
}

document.addEventListener("click", ({ target }) => {
  if (target.id !== "send-not-yet") return;
  setWaiting(false);
  showNotice();
  byId("text").focus();
});
