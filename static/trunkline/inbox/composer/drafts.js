/* Drafts: a text stays with its session, also over a reload, until it is sent or one signs out.
   A session has one draft: tabs in which nobody types follow the one in which somebody does. */

import { session } from "../frame/elements.js";

const PREFIX = "trunkline:draft:";
const draftName = () => `${PREFIX}${document.body.dataset.person}:${session()}`;

export function keepDraft(text) {
  try {
    if (text) localStorage.setItem(draftName(), text);
    else localStorage.removeItem(draftName());
  } catch {
    // No storage, or it is full: the text is still in the box.
  }
}

export function storedDraft() {
  try {
    return localStorage.getItem(draftName()) ?? "";
  } catch {
    return "";
  }
}

export function forgetDrafts() {
  try {
    for (const name of Object.keys(localStorage)) {
      if (name.startsWith(PREFIX)) localStorage.removeItem(name);
    }
  } catch {
    // There are none.
  }
}

/** Calls `changed(text)` when another tab has changed the draft of the session that is shown. */
export function followDraft(changed) {
  addEventListener("storage", ({ key, newValue }) => key === draftName() && changed(newValue ?? ""));
  addEventListener("pageshow", ({ persisted }) => persisted && changed(storedDraft()));
}
