/* Drafts: a text stays with its session, also over a reload, until it is sent or one signs out.
   A session has one draft: tabs in which nobody types follow the one in which somebody does. */

(() => {
  "use strict";

  const session = () => document.getElementById("conversation")?.dataset.session;
  const PREFIX = "trunkline:draft:";
  const draftName = () => `${PREFIX}${document.body.dataset.person}:${session()}`;

  function keep(text) {
    try {
      if (text) localStorage.setItem(draftName(), text);
      else localStorage.removeItem(draftName());
    } catch {
      // No storage, or it is full: the text is still in the box.
    }
  }

  function stored() {
    try {
      return localStorage.getItem(draftName()) ?? "";
    } catch {
      return "";
    }
  }

  function forgetAll() {
    try {
      Object.keys(localStorage).filter((name) => name.startsWith(PREFIX)).forEach((name) => localStorage.removeItem(name));
    } catch {
      // There are none.
    }
  }

  /** Calls `changed(text)` when another tab has changed the draft of the session that is shown. */
  function follow(changed) {
    window.addEventListener("storage", ({ key, newValue }) => key === draftName() && changed(newValue ?? ""));
    window.addEventListener("pageshow", ({ persisted }) => persisted && changed(stored()));
  }

  window.trunklineDrafts = { keep, stored, follow, forgetAll };
})();
