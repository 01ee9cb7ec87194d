/* News of the conversation that is open is merged into it: what one types, plays or reads stays as it is. */

import { keepText, restoreText } from "../composer/text.js";
import { moveFiles } from "../files/beside.js";
import { showNotice } from "../files/notice.js";
import { byId, conversation, isWide } from "../frame/elements.js";
import { mergeAbove, mergeLines } from "./lines.js";
import { readsTheEnd, toEnd } from "./scroll.js";

/** Merges a fresh conversation into the one that is shown, and gives the elements that came in. */
export function mergeConversation(fresh) {
  const shown = conversation();
  if (!shown.dataset.session || shown.dataset.session !== fresh.dataset.session) return [];
  const wasAtEnd = readsTheEnd();
  for (const name of ["version", "lastInbound", "readUpTo"]) shown.dataset[name] = fresh.dataset[name];
  const added = [mergeHead, mergeComposer, mergeLines, mergeAbove].flatMap((part) => part(fresh));
  if (wasAtEnd) toEnd();
  return added;
}

function mergeHead(fresh) {
  const [head, freshHead] = [byId("head"), fresh.querySelector("#head")];
  const upTo = freshHead.querySelector("[name=up_to]")?.value;
  if (head.dataset.version === freshHead.dataset.version) {
    for (const input of head.querySelectorAll("[name=up_to]")) input.value = upTo;
    return [];
  }
  // A button that was pressed is disabled by now, and has given its focus to the body.
  const hadFocus = head.contains(document.activeElement) || document.activeElement === document.body;
  head.replaceWith(freshHead);
  if (hadFocus && isWide()) (byId("text") ?? conversation()).focus();
  return [freshHead];
}

function mergeComposer(fresh) {
  const [composer, freshComposer] = [byId("composer"), fresh.querySelector("#composer")];
  if (composer.dataset.version === freshComposer.dataset.version) return [];
  const box = byId("text");
  const text = box?.value ?? composer.querySelector("#kept")?.value ?? "";
  const hadFocus = box !== null && document.activeElement === box;
  moveFiles(freshComposer, composer);
  composer.replaceWith(freshComposer);
  showNotice();
  if (byId("text")) {
    restoreText(text);
    if (hadFocus) byId("text").focus();
  } else {
    keepText(text);
  }
  return [freshComposer];
}
