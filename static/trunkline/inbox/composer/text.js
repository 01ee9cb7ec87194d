/* The text in the box: kept as a draft while one types, and shown again. */

import { byId, conversation } from "../frame/elements.js";
import { followDraft, forgetDrafts, keepDraft, storedDraft } from "./drafts.js";
import { fitBox, showMeter } from "./meter.js";
import { forgetRefusal } from "./refusal.js";

export function setText(text) {
  const box = byId("text");
  if (!box) return;
  box.value = text;
  fitBox(box);
  showMeter(box);
}

/** Shows `text`, or what was kept for this session. */
export function restoreText(text) {
  if (byId("text")) setText(text || storedDraft());
}

/** Shows a text that can't be sent any more, to be copied. */
export function keepText(text) {
  const place = conversation().querySelector("[data-kept]");
  if (!place || !text) return;
  place.querySelector("textarea").value = text;
  place.hidden = false;
}

/** Another tab has changed the draft; the tab in which one types keeps its own. */
function takeOver(text) {
  const box = byId("text");
  const isTyping = document.hasFocus() && document.activeElement === box;
  if (box && !box.readOnly && !isTyping) setText(text);
}

document.addEventListener("input", ({ target }) => {
  if (target.id !== "text") return;
  keepDraft(target.value);
  forgetRefusal(); // it was about another text
});

document.addEventListener("submit", ({ target }) => target.id === "sign-out" && forgetDrafts(), {
  capture: true,
});

followDraft(takeOver);
