/* What can't be undone is asked first. */

import { byId } from "../frame/elements.js";

let asked = null; // the address of the form that asks
let agreed = null; // the form whose question was answered with yes

document.addEventListener("htmx:confirm", (event) => {
  const { question, elt, issueRequest } = event.detail;
  if (!question) return;
  event.preventDefault();
  if (elt === agreed) {
    issueRequest(true);
    return;
  }
  const dialog = byId("confirm");
  byId("confirm-question").textContent = question;
  dialog.returnValue = "";
  asked = elt.getAttribute("action");
  dialog.showModal();
});

// Told a moment after it closed, when the next question may stand there already.
byId("confirm").addEventListener("close", ({ target }) => target.returnValue === "yes" && agree(asked));

/** Sends the form with this address, as it stands in the page now: news may have replaced it while one was asked. */
function agree(address) {
  agreed = [...document.forms].find((form) => form.getAttribute("action") === address);
  agreed?.requestSubmit();
  agreed = null;
}
