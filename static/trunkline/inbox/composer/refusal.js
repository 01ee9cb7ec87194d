/* Why a message was not written, above the box. */

import { byId } from "../frame/elements.js";

export function refuse(sentence) {
  const place = byId("refusal");
  if (!place) return;
  const notice = document.createElement("p");
  notice.className = "notice bad";
  notice.textContent = sentence;
  place.replaceChildren(notice);
}

export function forgetRefusal() {
  byId("refusal")?.replaceChildren();
}
