/* The lines of a conversation: new ones come in below, known ones are replaced where they have changed. */

import { announce } from "../frame/announce.js";
import { byId, conversation } from "../frame/elements.js";
import { fill, words } from "../frame/words.js";
import { isAtEnd } from "./scroll.js";

const MOST_UNSETTLED = 60; // as many are read again above the newest ones

export function mergeLines(fresh) {
  const lines = byId("lines");
  const freshLines = [...fresh.querySelectorAll("#lines > li")];
  const firstKnown = freshLines.findIndex((line) => byId(line.id) && !line.classList.contains("day"));
  if (firstKnown === -1) {
    // So much is new that the page has a gap: it begins anew.
    lines.replaceChildren(...freshLines);
    byId("earlier").replaceWith(fresh.querySelector("#earlier"));
    return [...freshLines, byId("earlier")];
  }
  const added = [];
  let previous = null;
  for (const line of freshLines.slice(firstKnown)) {
    const old = byId(line.id);
    if (old && stays(old, line)) {
      previous = old;
      continue;
    }
    if (old) replace(old, line);
    else {
      previous.after(line);
      line.classList.add("arrives");
      tell(line);
    }
    previous = line;
    added.push(line);
  }
  return added;
}

function stays(old, line) {
  if (old.dataset.version === line.dataset.version) return true;
  if (!isPlaying(old)) return false;
  conversation().dataset.version = ""; // it would fall silent: asked for again with the next news
  return true;
}

/** Lines above the newest ones, which came in by scrolling up: whose status has changed since. */
export function mergeAbove(fresh) {
  return [...fresh.querySelectorAll("#above > li")].filter((line) => {
    const old = byId(line.id);
    const isNew = old && old.dataset.version !== line.dataset.version && !isPlaying(old);
    if (isNew) replace(old, line);
    return isNew;
  });
}

/** The ids of messages whose status may still change, the uppermost ones. */
export function unsettled() {
  const lines = [...document.querySelectorAll("#lines > [data-unsettled]")].slice(0, MOST_UNSETTLED);
  return lines.map((line) => line.dataset.unsettled).join();
}

const isPlaying = (line) => [...line.querySelectorAll("audio, video")].some((player) => !player.paused);

/** Puts a line in the place of an old one; what had the focus in it has it again. */
function replace(old, line) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(line);
  if (!focused) return;
  const same = [...line.querySelectorAll(focused.tagName)].find(
    (each) =>
      each.textContent === focused.textContent && each.getAttribute("href") === focused.getAttribute("href"),
  );
  (same ?? byId("text") ?? conversation()).focus();
}

/** Has what the customer wrote read out, and shows the way down to it. */
function tell(line) {
  if (!line.classList.contains("in")) return;
  const names = [...line.querySelectorAll(".attachment bdi")].map((name) => name.textContent).join(", ");
  const text = line.querySelector(".text")?.textContent ?? (names && fill(words.withFiles, { names }));
  announce(`${conversation().dataset.customer}: ${text}`);
  if (!isAtEnd()) byId("jump").hidden = false;
}

/** Days that stand above now need not stand below too. */
export function dropRepeatedDays() {
  const seen = new Set();
  for (const day of document.querySelectorAll("#lines > .day")) {
    if (seen.has(day.id)) day.remove();
    seen.add(day.id);
  }
}
