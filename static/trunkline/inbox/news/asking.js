/* Asking for news: at once after a hint, and now and then without one. */

import { byId, conversation, session } from "../frame/elements.js";
import { followStream } from "./stream.js";

const POLL_EVERY = 3000; // ms, without the stream of hints
const LOOK_EVERY = 30_000; // ms, beside it: a hint may get lost
const HIDDEN_EVERY = 10_000; // ms, of a tab that nobody sees: its title counts what is unread
const LIST_EVERY = 1000; // ms between two readings of the list while much happens
const LISTS_AT_ONCE = 3; // until then: a text, and that it was read, are two

// What is to be read again. A question that is put aside, since another is on its way, is put again after it.
const wanted = new Set();
let isLive = false;
let isStopped = false;
let askedAt = 0; // when everything was asked for
let asksSoon = null;
let asksForList = null;
let listsPaidUntil = 0;
let ticking = null;

function ask(part) {
  if (!isStopped && part?.hasAttribute("hx-get")) htmx.trigger(part, "poll");
}

/** Has the "list" or the "conversation" read again, soon. */
export function want(...names) {
  for (const name of names) wanted.add(name);
  if (wanted.has("list") && wanted.has("conversation")) askedAt = Date.now();
  if (!asksSoon) asksSoon = setTimeout(askSoon);
}

function askSoon() {
  asksSoon = null;
  if (!byId("list")) wanted.delete("list");
  if (!session()) wanted.delete("conversation");
  if (wanted.has("conversation")) ask(conversation());
  if (wanted.has("list")) waitForList();
}

export function wantAll() {
  if (!document.hidden) want("list", "conversation");
}

/** The question for `name` has left. */
export const isOnItsWay = (name) => wanted.delete(name);

/** The answer for `name` is of no use; it is asked for again by the next `wantRest`. */
export const putAside = (name) => wanted.add(name);

export function wantRest() {
  if (wanted.size) want();
}

/** The open conversation never waits; of the list, which every session of a queue changes, many hints are one. */
function untilNextList() {
  const now = Date.now();
  listsPaidUntil = Math.max(listsPaidUntil, now - LISTS_AT_ONCE * LIST_EVERY) + LIST_EVERY;
  return listsPaidUntil - now;
}

function waitForList() {
  if (!asksForList) asksForList = setTimeout(askForList, untilNextList());
}

function askForList() {
  asksForList = null;
  if (wanted.has("list")) ask(byId("list"));
  if (document.querySelector("#composer .why-not")) ask(conversation()); // a closed one hears of its customer's next
}

function heard({ live, sessions, all }) {
  if (live !== undefined) isLive = live;
  if (!all && !sessions) return;
  if (document.hidden) tick();
  else if (all) wantAll();
  else if (sessions.includes(Number(session()))) want("list", "conversation");
  else want("list");
}

function tick() {
  const since = Date.now() - askedAt;
  if (document.hidden && since >= HIDDEN_EVERY) {
    askedAt = Date.now();
    want("list");
  } else if (!document.hidden && since >= (isLive ? LOOK_EVERY : POLL_EVERY) - 100) wantAll();
}

/** Asks no more: this page is signed out. */
export function stopAsking() {
  clearInterval(ticking);
  wanted.clear();
  isStopped = true;
}

export function followNews() {
  ticking = setInterval(tick, POLL_EVERY);
  followStream(document.body.dataset, heard);
  document.addEventListener("visibilitychange", wantAll);
  addEventListener("online", wantAll);
}
