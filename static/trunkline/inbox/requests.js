/* htmx's requests: what each says besides its form, whether its answer is still of use, and what follows from it. */

import { keepDraft } from "./composer/drafts.js";
import { forgetPress, pressKey } from "./composer/press-key.js";
import { forgetRefusal } from "./composer/refusal.js";
import { keepText, setText } from "./composer/text.js";
import { enter, isEntered } from "./conversation/enter.js";
import { dropRepeatedDays, unsettled } from "./conversation/lines.js";
import { mergeConversation } from "./conversation/merge.js";
import { markRead } from "./conversation/read.js";
import { toEnd } from "./conversation/scroll.js";
import { followFailures, wentWell } from "./failures.js";
import { chosenFiles } from "./files/attached.js";
import { filesSent } from "./files/beside.js";
import { byId, conversation, session } from "./frame/elements.js";
import { showTitle } from "./frame/title.js";
import { describeList, mergeList } from "./list/merge.js";
import { isOnItsWay, putAside, wantAll, wantRest } from "./news/asking.js";

let posts = 0; // so far: news asked for before the latest one is old
let unanswered = 0; // posts without an answer yet: news would take their form from the page, and the answer with it

const isNews = ({ triggeringEvent }) => triggeringEvent?.type === "poll";
const boxOf = (element) => element.id === "answer" && byId("text");

function posting(xhr) {
  posts += 1;
  unanswered += 1;
  xhr.addEventListener("loadend", () => {
    unanswered -= 1;
    wantRest();
  });
}

function describe({ detail }) {
  const { elt, headers, parameters, verb } = detail;
  headers["X-CSRFToken"] = document.body.dataset.csrf;
  if (session()) parameters.current = session();
  if (elt.id === "answer") parameters.press_key = pressKey(parameters.text);
  if (isNews(detail)) parameters.seen = elt.dataset.version;
  if (isNews(detail) && elt === conversation()) parameters.unsettled = unsettled();
  describeList(elt, verb, parameters);
}

function leaving({ detail: { elt, requestConfig, xhr } }) {
  if (requestConfig.verb === "post") posting(xhr);
  if (isNews(requestConfig)) isOnItsWay(elt.id);
  xhr.posts = posts;
  xhr.session = elt.closest("[data-session]")?.dataset.session;
  const box = boxOf(elt);
  if (box) box.readOnly = true;
  if (box) xhr.files = chosenFiles();
}

function answered({ detail }) {
  const { xhr, requestConfig } = detail;
  const isForAnother = xhr.session !== undefined && xhr.session !== session();
  const isOld = isNews(requestConfig) && xhr.posts !== posts;
  const isEarly = isNews(requestConfig) && unanswered > 0;
  if (isEarly) putAside(requestConfig.elt.id);
  const isStray = [404, 422].includes(xhr.status) && !xhr.getResponseHeader("HX-Retarget");
  if (isForAnother || isOld || isEarly || isStray) detail.shouldSwap = false;
  if (detail.target === conversation() && detail.shouldSwap) xhr.typed = byId("text")?.value;
  if (detail.target?.id === "earlier") xhr.height = byId("place").scrollHeight;
}

function swapped({ detail: { target, xhr } }) {
  if (target?.id === "earlier") {
    dropRepeatedDays();
    byId("place").scrollTop += byId("place").scrollHeight - xhr.height;
  }
  if (conversation()?.hasAttribute("data-gone") && !isEntered()) keepText(xhr.typed);
  enter();
  showTitle();
}

function done({ detail: { elt, requestConfig, xhr } }) {
  const box = boxOf(elt);
  if (box) box.readOnly = false;
  if (xhr.status === 0 || xhr.status >= 500 || xhr.status === 401) return;
  wentWell();
  wantRest();
  const isUndone = requestConfig.elt.id === "undo-archive" && document.activeElement === document.body;
  if (isUndone) conversation().focus(); // its button is gone
  if (elt.id === "answer" && xhr.status === 200) sent(xhr.files);
  if (xhr.status === 422 || xhr.status === 404) wantAll();
  markRead();
}

function sent(fileIds) {
  forgetPress();
  filesSent(fileIds);
  keepDraft("");
  setText("");
  forgetRefusal();
  byId("text")?.focus();
  toEnd();
}

export function followRequests() {
  htmx.defineExtension("merge", {
    isInlineSwap: (style) => style === "merge",
    handleSwap(style, _target, fragment) {
      if (style !== "merge") return false;
      const fresh = fragment.querySelector("#conversation");
      const freshList = fragment.querySelector("#list");
      return [...(fresh ? mergeConversation(fresh) : []), ...(freshList ? mergeList(freshList) : [])];
    },
  });
  document.body.addEventListener("htmx:configRequest", describe);
  document.body.addEventListener("htmx:beforeSend", leaving);
  document.body.addEventListener("htmx:beforeSwap", answered);
  document.body.addEventListener("htmx:afterSwap", swapped);
  document.body.addEventListener("htmx:afterRequest", done);
  followFailures();
}
