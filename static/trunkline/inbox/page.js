/* The inbox in a browser: htmx fetches, and these keep what one types, where one reads, and what has been read.
   Without them every form and link still works. */

import "./composer/emoji.js";
import "./dialogs/choose.js";
import "./dialogs/confirm.js";
import "./files/dropping.js";
import "./frame/keys.js";
import "./frame/menus.js";
import "./frame/presence.js";
import "./list/ends.js";
import "./list/search.js";
import { enter } from "./conversation/enter.js";
import { followNews } from "./news/asking.js";
import { followRequests } from "./requests.js";

if (globalThis.htmx) {
  followRequests();
  enter();
  followNews();
}
