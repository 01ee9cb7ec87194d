/* The stream of hints: which sessions have changed. Without it, or while it is broken, the page asks by itself. */

/** Calls `heard({ live })` when the stream comes and goes, `heard({ sessions })` and `heard({ all })` for news. */
export function followStream({ events, worker, person }, heard) {
  if (globalThis.SharedWorker) throughWorker(addressOf(events), worker, person, heard);
  else if (globalThis.EventSource) alone(addressOf(events), heard);
}

/** A page that came over https may not ask the port that speaks plain http: its proxy has the stream, or nobody. */
function addressOf(events) {
  const address = new URL(events, location.href);
  const isMixed = location.protocol === "https:" && address.protocol === "http:";
  return isMixed ? new URL(address.pathname, location.href).href : address.href;
}

function throughWorker(address, worker, person, heard) {
  const { port } = new SharedWorker(worker, { type: "module", name: `trunkline-${person}` });
  const join = (more) => port.postMessage({ address, ...more });
  port.addEventListener("message", ({ data }) => (data.isThere ? join({ isHere: true }) : heard(data)));
  port.start();
  join();
  addEventListener("pagehide", () => port.postMessage({ leaves: true }));
  addEventListener("pageshow", ({ persisted }) => persisted && join());
}

/** A tab's own stream, where tabs can't share one; not while it is hidden. */
function alone(address, heard) {
  let source = null;
  function set() {
    if (document.hidden) {
      source?.close();
      source = null;
      heard({ live: false });
    } else if (!source || source.readyState === EventSource.CLOSED) {
      source = new EventSource(address, { withCredentials: true });
      source.addEventListener("error", () => heard({ live: false }));
      source.addEventListener("deaf", () => heard({ live: false }));
      source.addEventListener("catch-up", () => heard({ live: true, all: true }));
      source.addEventListener("hint", ({ data }) => heard({ sessions: JSON.parse(data) }));
    }
  }
  document.addEventListener("visibilitychange", set);
  setInterval(set, 10_000);
  set();
}
