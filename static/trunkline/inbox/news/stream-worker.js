/* One stream of hints for all tabs of a browser: a browser allows a host six connections, and tabs are many.
   It imports nothing, so that it also runs in a browser whose shared workers can't be modules. */

const AGAIN_AFTER = 10_000; // ms; the browser itself tries again after a lost connection, but not after a refusal
const LATEST_AGAIN = 60_000; // ms; ever later, where there is no events process at all
const ASK_EVERY = 30_000; // ms between questions to each tab whether it is there: one that crashed says no farewell
const ports = new Set();
const silent = new Set(); // those that were asked and have not answered
let refusals = 0;
let source = null;
let address = "";
let isLive = false;

function tell(news) {
  for (const port of ports) port.postMessage(news);
}

function setLive(live) {
  isLive = live;
  tell({ live });
}

function open() {
  source?.close();
  source = new EventSource(address, { withCredentials: true });
  source.addEventListener("catch-up", () => {
    refusals = 0;
    setLive(true);
    tell({ all: true });
  });
  source.addEventListener("deaf", () => setLive(false)); // the stream is there, but hears of nothing
  source.addEventListener("hint", ({ data }) => tell({ sessions: JSON.parse(data) }));
  source.addEventListener("error", () => {
    setLive(false);
    if (source.readyState !== EventSource.CLOSED) return;
    setTimeout(openAgain, Math.min(AGAIN_AFTER * 2 ** refusals, LATEST_AGAIN));
    refusals += 1;
  });
}

function openAgain() {
  if (ports.size && source?.readyState === EventSource.CLOSED) open();
}

function forget(port) {
  silent.delete(port);
  ports.delete(port);
  if (ports.size) return;
  source?.close();
  source = null;
  isLive = false;
}

setInterval(() => {
  silent.forEach(forget);
  ports.forEach((port) => {
    silent.add(port);
    port.postMessage({ isThere: true });
  });
}, ASK_EVERY);

addEventListener("connect", ({ ports: [port] }) => {
  port.addEventListener("message", ({ data }) => {
    if (data.leaves) {
      forget(port);
      return;
    }
    silent.delete(port);
    if (data.isHere && ports.has(port)) return;
    ports.add(port);
    address = data.address;
    if (!source || source.readyState === EventSource.CLOSED) open();
    port.postMessage({ live: isLive, all: data.isHere }); // one that was asleep has missed what was told
  });
  port.start();
});
