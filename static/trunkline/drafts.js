/* Drafts: a text stays with its session, also over a reload, until it is sent or one signs out. */

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

  window.trunklineDrafts = { keep, stored, forgetAll };
})();
