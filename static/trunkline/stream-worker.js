/* One stream of hints for all tabs of a browser: a browser allows a host six connections, and tabs are many. */

"use strict";

const AGAIN_AFTER = 10_000; // ms; the browser itself tries again after a lost connection, but not after a refusal
const ports = new Set();
let source = null;
let address = "";
let isLive = false;

const tell = (news) => ports.forEach((port) => port.postMessage(news));

function setLive(live) {
  isLive = live;
  tell({ live });
}

function open() {
  source?.close();
  source = new EventSource(address, { withCredentials: true });
  source.addEventListener("catch-up", () => {
    setLive(true);
    tell({ all: true });
  });
  source.addEventListener("deaf", () => setLive(false)); // the stream is there, but hears of nothing
  source.addEventListener("hint", ({ data }) => tell({ sessions: JSON.parse(data) }));
  source.addEventListener("error", () => {
    setLive(false);
    if (source.readyState === EventSource.CLOSED) setTimeout(() => ports.size && open(), AGAIN_AFTER);
  });
}

addEventListener("connect", ({ ports: [port] }) => {
  port.addEventListener("message", ({ data }) => {
    if (data.leaves) {
      ports.delete(port);
      if (ports.size) return;
      source?.close();
      source = null;
      isLive = false;
      return;
    }
    ports.add(port);
    address = data.address;
    if (!source || source.readyState === EventSource.CLOSED) open();
    port.postMessage({ live: isLive });
  });
  port.start();
});
