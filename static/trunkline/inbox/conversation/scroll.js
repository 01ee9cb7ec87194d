/* The place where one reads: at the end, it stays there. */

import { byId } from "../frame/elements.js";

const NEAR = 60; // px from its end that count as the end
let staysAtEnd = false; // also while pictures come in and make the conversation longer
const growth = new ResizeObserver(() => staysAtEnd && toEnd());

export const isAtEnd = (place = byId("place")) =>
  place.scrollHeight - place.scrollTop - place.clientHeight < NEAR;
export const readsTheEnd = () => staysAtEnd || isAtEnd();

export function toEnd() {
  const place = byId("place");
  staysAtEnd = true;
  if (place) place.scrollTop = place.scrollHeight;
  if (byId("jump")) byId("jump").hidden = true;
}

/** Shows a line further up, which somebody looked for. */
export function toLine(line) {
  staysAtEnd = false;
  line.classList.add("looked-for");
  line.scrollIntoView({ block: "center" });
}

/** Follows the conversation that has come in. */
export function followPlace() {
  growth.disconnect();
  for (const part of [byId("lines"), byId("place")]) if (part) growth.observe(part);
  let lastTop = 0;
  byId("place")?.addEventListener("scroll", ({ target }) => {
    // Only a person scrolls up; that it is not at its end may be a picture that has just come in.
    staysAtEnd = isAtEnd(target) || (staysAtEnd && target.scrollTop >= lastTop);
    lastTop = target.scrollTop;
    if (staysAtEnd) byId("jump").hidden = true;
  });
}

document.addEventListener("click", ({ target }) => target.id === "jump" && toEnd());
