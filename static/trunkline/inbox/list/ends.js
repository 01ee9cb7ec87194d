/* Going on as one scrolls: the end of the list or of the conversation asks for what follows before it is seen. */

import { byId } from "../frame/elements.js";

const AHEAD = 400; // px before its end at which a list or a conversation goes on
const followers = new Map(); // pane → what looks for its end

function followerOf(root) {
  if (!followers.has(root)) {
    const options = { root, rootMargin: `${AHEAD}px 0px` };
    followers.set(root, new IntersectionObserver(goOn, options));
  }
  return followers.get(root);
}

function goOn(entries) {
  for (const { isIntersecting, target } of entries) {
    // Not by a click: on a link that htmx does not know yet that would leave the page.
    if (isIntersecting && target.isConnected) htmx.trigger(target, "click");
  }
}

/** Lets the ends that are on the page be reached by scrolling; each stays a link to be pressed. */
function followEnds() {
  for (const [root, follower] of followers) {
    if (root.isConnected) continue;
    follower.disconnect();
    followers.delete(root);
  }
  for (const link of document.querySelectorAll("[data-more]:not([data-followed])")) {
    link.dataset.followed = "";
    followerOf(link.closest(".place, .side")).observe(link);
  }
  dropRepeatedQueues();
}

/** A queue's name that stands above need not stand again where the next rows begin. */
function dropRepeatedQueues() {
  let last = "";
  for (const name of byId("list")?.querySelectorAll(".queue-name") ?? []) {
    if (name.textContent === last) name.remove();
    else last = name.textContent;
  }
}

// With this htmx says that it knows what came in.
document.addEventListener("htmx:load", followEnds);
