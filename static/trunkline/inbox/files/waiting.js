/* A message that waits for its files: *Send* was pressed while they were on their way. */

import { byId } from "../frame/elements.js";

let waits = false;
let shown; // the address for the files of the session that is shown
const unsent = new Set(); // those of sessions that were left while their message waited

export const isWaiting = () => waits;

export function setWaiting(now) {
  waits = now;
}

/** Another session is shown: what waited in the one before is not sent by itself. */
export function leaveWaiting() {
  if (waits) unsent.add(shown);
  waits = false;
  shown = byId("files")?.dataset.address;
}

export const wasLeftWaiting = () => unsent.has(byId("files").dataset.address);
export const forgetWaiting = () => unsent.delete(byId("files")?.dataset.address);
