/* Files that were not taken, each with its reason, until they are dismissed. */

import { byId } from "../frame/elements.js";
import { words } from "../frame/words.js";
import { removeButton } from "./remove-button.js";

export function refuseFile(sentence) {
  const line = document.createElement("li");
  line.className = "draft-refused";
  const text = Object.assign(document.createElement("span"), { textContent: sentence });
  text.setAttribute("role", "alert");
  line.append(text, removeButton(words.dismiss));
  byId("refused-files")?.append(line);
}

export function forgetRefusedFiles() {
  byId("refused-files")?.replaceChildren();
}
