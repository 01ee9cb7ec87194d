/* Keys: everything in the inbox without a pointer. Elements say their key with `data-key`; `#keys` is the sheet of all. */

import { byId, isWide } from "./elements.js";

const OFF = "trunkline:single-keys-off";
const isTyping = (element) => element.matches?.("input, textarea, select, [contenteditable]");

function areOff() {
  try {
    return localStorage.getItem(OFF) !== null;
  } catch {
    return false;
  }
}

function turn(on) {
  try {
    if (on) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "");
  } catch {
    // No storage: they stay on.
  }
}

function showSheet() {
  byId("single-keys").checked = !areOff();
  byId("keys").showModal();
}

/** Moves the focus to the next or the previous session of the list. */
function step(by) {
  const rows = [...document.querySelectorAll("#list .row")];
  const from = rows.indexOf(document.activeElement);
  const current = from === -1 ? rows.findIndex((row) => row.hasAttribute("aria-current")) : from;
  const next =
    current === -1 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(current + by, 0), rows.length - 1);
  rows[next]?.focus();
}

const isInList = () =>
  document.activeElement === document.body || document.activeElement.closest(".row") !== null;

const DEEDS = {
  "?": showSheet,
  j: () => step(1),
  k: () => step(-1),
  "/": () => byId("search")?.focus(),
  r: () => byId("text")?.focus(),
  i: () => byId("text")?.focus(),
  End: () => byId("jump")?.click(),
};

function press(event) {
  if (["ArrowDown", "ArrowUp"].includes(event.key) && isInList())
    return step(event.key === "ArrowDown" ? 1 : -1);
  if (areOff() && event.key !== "End") return false;
  const tab = /^[1-9]$/.test(event.key) && document.querySelectorAll(".tabs a")[Number(event.key) - 1];
  const button =
    /^[a-z]$/.test(event.key) && document.querySelector(`[data-key="${event.key}"]:not(:disabled)`);
  if (!(event.key in DEEDS) && !tab && !button) return false;
  (DEEDS[event.key] ?? (() => (tab || button).click()))();
  return true;
}

function leave() {
  const menu = document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (document.activeElement.id === "text") byId("conversation").focus();
  else if (!isTyping(document.activeElement) && !isWide())
    document.querySelector(".back, [data-gone] a")?.click();
}

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.isComposing || event.defaultPrevented) return;
  const isText = target.id === "text" || (target.id === "id_text" && event.ctrlKey);
  if (isText && key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    if (!target.readOnly && !event.repeat) target.form.requestSubmit();
    return;
  }
  if (document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (key === "Escape") leave();
  else if (!isTyping(target) && !target.matches("audio, video") && press(event) !== false)
    event.preventDefault();
});

document.addEventListener("click", ({ target }) => {
  if (target.id === "show-keys") showSheet();
});

document.addEventListener("change", ({ target }) => {
  if (target.id === "single-keys") turn(target.checked);
});
