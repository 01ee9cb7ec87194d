/* A conversation comes in as a whole: when the page opens, and when one goes to another. */

import { restoreText } from "../composer/text.js";
import { enterFiles } from "../files/beside.js";
import { byId, conversation, isWide, session } from "../frame/elements.js";
import { showTitle } from "../frame/title.js";
import { markRead } from "./read.js";
import { followPlace, toEnd, toLine } from "./scroll.js";

let entered = null; // the conversation element that was set up last

export const isEntered = () => conversation() === entered;

export function enter() {
  const shown = conversation();
  if (!shown || isEntered()) return;
  const isFirst = entered === null;
  entered = shown;
  enterFiles();
  markRow();
  restoreText(byId("text")?.value);
  followPlace();
  if (shown.dataset.at && byId(shown.dataset.at)) toLine(byId(shown.dataset.at));
  else toEnd();
  showTitle();
  markRead();
  if (!isFirst) arrive(shown);
}

function markRow() {
  for (const row of document.querySelectorAll("[data-row]")) {
    if (row.dataset.row === session()) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
}

function arrive(shown) {
  for (const notice of document.querySelectorAll("[data-passing]")) notice.remove();
  if (byId("text") && isWide()) byId("text").focus();
  else if (shown.dataset.session) shown.focus();
}
