/* Writing a message: the box, and sending in the order written. */

import { refresh } from "../asking.js";
import { byId, say } from "../elements.js";
import { customer } from "../settings/customers.js";
import { ask, upload } from "../simulator.js";
import { toTheEnd } from "../thread/thread.js";
import { addFiles, takeFiles } from "./chosen.js";

let lastSend = Promise.resolve();

function fitText() {
  const field = byId("text");
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
}

async function send(message, files) {
  const uploads = [];
  for (const [index, file] of files.entries()) {
    say("compose-status", `Uploading file ${index + 1} of ${files.length}…`);
    uploads.push(await upload(file));
  }
  if (files.length) say("compose-status", "");
  const sent = ask("POST", "/control/phone/send", { ...message, uploads });
  refresh();
  await sent;
}

byId("text").addEventListener("input", fitText);

byId("text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  byId("compose").requestSubmit();
});

byId("compose").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = byId("text");
  const text = field.value.trim();
  const business = byId("business").value;
  if (!customer() || !business) return;
  const files = takeFiles();
  if (!text && !files.length) return;
  field.value = "";
  fitText();
  field.focus();
  say("compose-status", "");
  toTheEnd();
  const message = { from: customer(), to: business, text };
  const sending = lastSend.then(() => send(message, files));
  lastSend = sending.catch(() => {});
  try {
    await sending;
  } catch (error) {
    say("compose-status", error.message, true);
    addFiles(files);
    if (!field.value) field.value = text;
    fitText();
  }
  refresh();
});
