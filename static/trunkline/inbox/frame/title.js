/* The title of the tab: how much is unread, and whose conversation is open. */

import { byId, conversation } from "./elements.js";

export function showTitle() {
  const unread = byId("list")?.dataset.unread;
  const name = conversation()?.dataset.customer;
  const bare = document.title.replace(/^\(\d+\+?\) /, "");
  document.title = (unread ? `(${unread}) ` : "") + (name ? `${name} – Trunkline` : bare);
}
