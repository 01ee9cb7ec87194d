/* Requests that went wrong: what is said then, and that nothing is asked any more once one is signed out. */

import { refuse } from "./composer/refusal.js";
import { showBanner } from "./frame/banner.js";
import { words } from "./frame/words.js";
import { stopAsking } from "./news/asking.js";

let failures = 0; // one after the other

export function wentWell() {
  failures = 0;
  showBanner("");
}

function wentWrong({ detail: { elt, xhr, requestConfig } }) {
  if (xhr.status === 401) {
    stopAsking();
    const next = encodeURIComponent(location.pathname + location.search);
    showBanner(words.signedOut, { href: `${words.signInAddress}?next=${next}`, textContent: words.signIn });
    return;
  }
  failures += 1;
  if (requestConfig?.verb === "post") refuse(sentenceFor(xhr.status));
  if (failures > 1 && (xhr.status === 0 || xhr.status >= 500)) showBanner(words.lost);
  for (const box of elt?.querySelectorAll?.("textarea[readonly]:not(#kept)") ?? []) box.readOnly = false;
}

function sentenceFor(status) {
  if (status === 0) return words.notSent;
  if (status === 403) return words.outOfDate;
  return status === 413 ? words.tooLarge : words.failed;
}

export function followFailures() {
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.body.addEventListener(name, wentWrong);
  }
}
