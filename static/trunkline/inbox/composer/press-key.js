/* One press is one message: a press that is tried again has the same key, unless text or files have changed. */

import { randomKey } from "../../random-key.js";
import { chosenFiles } from "../files/attached.js";
import { session } from "../frame/elements.js";

let lastPress = null; // { content, key }

export function pressKey(text) {
  const content = JSON.stringify([session(), text, chosenFiles()]);
  if (lastPress?.content !== content) lastPress = { content, key: randomKey() };
  return lastPress.key;
}

export function forgetPress() {
  lastPress = null;
}
