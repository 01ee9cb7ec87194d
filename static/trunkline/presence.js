/* Presence: an open page says every minute that its person is here. Ten minutes after the last word they are away. */

(() => {
  "use strict";

  const EVERY = 60_000; // ms
  const { present, csrf } = document.body.dataset;

  function say() {
    fetch(present, { method: "POST", headers: { "X-CSRFToken": csrf, "HX-Request": "true" } }).catch(() => {});
  }

  if (!present) return;
  say();
  setInterval(say, EVERY);
})();
