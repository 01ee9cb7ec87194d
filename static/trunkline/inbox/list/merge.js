/* The list: what is new is merged into what stands there, so that rows further down, the place and the focus are
   kept. */

import { byId } from "../frame/elements.js";

const pane = () => byId("list").closest(".side");
const items = (rows) => [...rows.children];
const keyOf = (item) =>
  item.querySelector(".row")?.id ?? (item.matches(".queue-name") ? item.textContent : "");

/** What a request for the list, or one that brings it along, says of the list that stands here. */
export function describeList(element, verb, parameters) {
  const list = byId("list");
  if (!list) return;
  if (element.id === "search") parameters.tab = list.dataset.tab;
  if (element !== list && verb !== "post") return;
  parameters.tab = list.dataset.tab;
  if (list.dataset.q) parameters.q = list.dataset.q;
  asked = rowsInSight().map((row) => row.id);
  parameters.others = rowsInSight()
    .map((row) => row.dataset.row)
    .join(",");
}

let asked = []; // rows in sight, further down than the first window: gone if the answer is without them

function rowsInSight() {
  const { top, bottom } = pane().getBoundingClientRect();
  const rows = [...byId("list").querySelectorAll(".row")];
  const inSight = (row) =>
    row.getBoundingClientRect().bottom > top && row.getBoundingClientRect().top < bottom;
  return rows.length > 50 ? rows.filter(inSight).slice(0, 50) : [];
}

/** Merges a fresh first window into the list: its rows, then those that stood below it and are not known to be gone. */
export function mergeList(fresh) {
  const list = byId("list");
  const isSame = list.dataset.tab === fresh.dataset.tab && list.dataset.q === fresh.dataset.q;
  const [rows, freshRows] = [list.querySelector(".rows"), fresh.querySelector(".rows")];
  const others = items(fresh.querySelector(".others") ?? freshRows.cloneNode());
  fresh.querySelector(".others")?.remove();
  if (!isSame) {
    list.replaceWith(fresh);
    return [fresh];
  }
  const stay = placeKeeper(list);
  const tail = tailBelow(items(rows), items(freshRows), others);
  if (tail.length) freshRows.querySelector(".more")?.remove();
  freshRows.append(...tail);
  const added = replaceRows(rows, items(freshRows));
  for (const name of ["version", "unread"]) list.dataset[name] = fresh.dataset[name];
  for (const part of [".tabs", ".search-says"]) {
    const [old, now] = [list.querySelector(part), fresh.querySelector(part)];
    if (old && now && old.innerHTML !== now.innerHTML && !old.contains(document.activeElement)) {
      old.replaceWith(now);
      added.push(now);
    }
  }
  stay();
  return added;
}

/** What stood below the last row of the fresh window; nothing if that is the whole list. */
function tailBelow(old, fresh, others) {
  const last = fresh.filter((item) => item.querySelector(".row")).at(-1);
  const end = old.findIndex((item) => keyOf(item) === (last && keyOf(last)));
  if (!last || end === -1 || !fresh.some((item) => item.matches(".more"))) return [];
  const above = new Set(fresh.map(keyOf));
  const changed = new Map(others.map((item) => [keyOf(item), item]));
  return old
    .slice(end + 1)
    .filter((item) => item.matches(".more") || !above.has(keyOf(item)))
    .filter((item) => !asked.includes(keyOf(item)) || changed.has(keyOf(item)))
    .map((item) => changed.get(keyOf(item)) ?? item);
}

/** Puts `wanted` into the list; a row that looks as it did stays the same element, and the focus stays in its row. */
function replaceRows(rows, wanted) {
  const known = new Map(items(rows).map((item) => [keyOf(item), item]));
  const focused = rows.contains(document.activeElement) ? document.activeElement.id : "";
  const added = [];
  const now = wanted.map((item) => {
    const old = known.get(keyOf(item));
    if (old === item || (old?.dataset.version && old.dataset.version === item.dataset.version)) return old;
    added.push(item);
    return item;
  });
  if (now.length === rows.children.length && now.every((item, index) => item === rows.children[index]))
    return added;
  rows.replaceChildren(...now);
  if (focused) byId(focused)?.focus({ preventScroll: true });
  return added;
}

/** Remembers the row at the upper edge, and puts it there again; at the top the top is what is read. */
function placeKeeper(list) {
  const side = pane();
  if (side.scrollTop < 10) {
    return () => {
      side.scrollTop = 0;
    };
  }
  const edge = side.getBoundingClientRect().top;
  const row = [...list.querySelectorAll(".row")].find((each) => each.getBoundingClientRect().bottom > edge);
  const before = row?.getBoundingClientRect().top;
  return () => {
    const same = row && byId(row.id);
    if (same) side.scrollTop += same.getBoundingClientRect().top - before;
  };
}
