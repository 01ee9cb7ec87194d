/* The messages of the chosen customer. */

import { byId, element } from "../elements.js";
import { business } from "../head.js";
import { pretty } from "../numbers.js";
import { showFiles } from "./files.js";

const SHOWN_MESSAGES = 500;

let since = 0; // what changed up to there is shown
let atEnd = true;
const rows = new Map(); // messages' ids → their elements

export const shownUpTo = () => since;

export function clearThread() {
  rows.clear();
  byId("thread").replaceChildren();
  since = 0;
  atEnd = true;
}

export function toTheEnd() {
  byId("thread").scrollTop = byId("thread").scrollHeight;
}

/** Shows the messages that changed up to `changed`. */
export function showMessages(messages, changed) {
  since = changed;
  for (const message of messages) {
    if (!rows.has(message.id)) {
      rows.set(message.id, newRow(message));
      byId("thread").append(rows.get(message.id));
    }
    showMessage(rows.get(message.id), message);
  }
  for (const id of rows.keys()) {
    if (rows.size <= SHOWN_MESSAGES) break;
    rows.get(id).remove();
    rows.delete(id);
  }
  byId("empty").hidden = rows.size > 0;
  if (messages.length && atEnd) toTheEnd();
}

function newRow(message) {
  const row = element("div");
  const [bubble, text, files, note] = ["bubble", "text", "files", "note"].map((name) => element("div", name));
  text.textContent = message.text;
  text.hidden = !message.text;
  bubble.append(text, files);
  row.append(
    element("p", "unseen", message.from_customer ? "You wrote" : "The business wrote"),
    bubble,
    note,
  );
  return row;
}

function showMessage(row, message) {
  row.className = `message ${message.from_customer ? "mine" : "theirs"} ${message.state}`;
  showFiles(row.querySelector(".files"), message.files);
  const hours = { hour: "2-digit", minute: "2-digit" };
  const time = element("time", "", new Date(message.at).toLocaleTimeString([], hours));
  time.dateTime = message.at;
  const note = row.querySelector(".note");
  note.replaceChildren(time);
  if (message.from_customer) note.append(" · ", element("span", "state", stateInWords(message)));
  if (message.business !== business()) {
    note.append(` · ${message.from_customer ? "to" : "from"} ${pretty(message.business)}`);
  }
}

function stateInWords(message) {
  if (message.state === "sending") return "Sending…";
  if (message.state === "delivered") return `Delivered · ${message.status}`;
  if (message.status === null) return `Not delivered · ${message.problem}`;
  return `Not delivered · the webhook answered ${message.status}`;
}

const stayAtEnd = () => atEnd && toTheEnd();

byId("thread").addEventListener("scroll", ({ target }) => {
  atEnd = target.scrollHeight - target.scrollTop - target.clientHeight < 80;
});
new ResizeObserver(stayAtEnd).observe(byId("thread"));
// Pictures and films have their height only then.
for (const grown of ["load", "loadedmetadata"]) byId("thread").addEventListener(grown, stayAtEnd, true);
