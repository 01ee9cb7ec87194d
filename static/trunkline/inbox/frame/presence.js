/* Presence: an open page says every minute that its person is here. Ten minutes after the last word they are away. */

import { post } from "./post.js";

const EVERY = 60_000; // ms
const { present } = document.body.dataset;

function say() {
  post(present).catch(() => {});
}

if (present) {
  say();
  setInterval(say, EVERY);
}
