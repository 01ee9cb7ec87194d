/* Read is what was on the screen of a person who was there. */

import { conversation } from "../frame/elements.js";
import { post } from "../frame/post.js";
import { want } from "../news/asking.js";

export function markRead() {
  const { readAddress, lastInbound, readUpTo } = conversation()?.dataset ?? {};
  if (!readAddress || document.hidden || !document.hasFocus() || Number(lastInbound) <= Number(readUpTo))
    return;
  conversation().dataset.readUpTo = lastInbound;
  post(readAddress, { up_to: lastInbound }).then(
    () => want("list"),
    () => {},
  );
}

addEventListener("focus", markRead);
