/* The inbox in a browser: htmx fetches, this keeps what one types, where one reads, and what has been read.
   Without it every form and link still works. */

(() => {
  "use strict";

  const POLL_EVERY = 3000; // ms, without the stream of hints
  const LOOK_EVERY = 30_000; // ms, beside it: a hint may get lost
  const HIDDEN_EVERY = 10_000; // ms, of a tab that nobody sees: its title counts what is unread
  const LIST_EVERY = 1000; // ms between two readings of the list while much happens
  const LISTS_AT_ONCE = 3; // until then: a text, and that it was read, are two
  const byId = (id) => document.getElementById(id);
  const conversation = () => byId("conversation");
  const session = () => conversation()?.dataset.session;
  const words = byId("words")?.dataset ?? {};
  const files = window.trunklineFiles;
  const meter = window.trunklineMeter;
  const drafts = window.trunklineDrafts;
  const list = window.trunklineList;

  function setText(text) {
    const box = byId("text");
    if (!box) return;
    box.value = text;
    meter.fit(box);
    meter.show(box);
  }

  /** Another tab has changed the draft; the tab in which one types keeps its own. */
  function takeOver(text) {
    const box = byId("text");
    const isTyping = document.hasFocus() && document.activeElement === box;
    if (box && !box.readOnly && !isTyping) setText(text);
  }

  // -- One press is one message -----------------------------------------------------------------------------------

  let lastPress = null; // { content, key }: tried again with the same key, unless text or files have changed

  function newKey() {
    // crypto.randomUUID() exists on secure pages only, and a portal may run on plain http inside a company.
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
  }

  function keyFor(text) {
    const content = JSON.stringify([session(), text, files.chosen()]);
    if (lastPress?.content !== content) lastPress = { content, key: newKey() };
    return lastPress.key;
  }

  function refuse(sentence) {
    const place = byId("refusal");
    if (!place) return;
    const notice = document.createElement("p");
    notice.className = "notice bad";
    notice.textContent = sentence;
    place.replaceChildren(notice);
  }

  // -- The place where one reads ------------------------------------------------------------------------------------

  const isAtEnd = (place) => place.scrollHeight - place.scrollTop - place.clientHeight < 60;
  let staysAtEnd = false; // also while pictures come in and make the conversation longer
  const growth = new ResizeObserver(() => staysAtEnd && toEnd());

  function toEnd() {
    const place = byId("place");
    staysAtEnd = true;
    if (place) place.scrollTop = place.scrollHeight;
    if (byId("jump")) byId("jump").hidden = true;
  }

  /** Shows a line further up, which somebody looked for. */
  function toLine(line) {
    staysAtEnd = false;
    line.classList.add("looked-for");
    line.scrollIntoView({ block: "center" });
  }

  function showTitle() {
    const unread = byId("list")?.dataset.unread;
    const name = conversation()?.dataset.customer;
    const bare = document.title.replace(/^\(\d+\+?\) /, "");
    document.title = (unread ? `(${unread}) ` : "") + (name ? `${name} – Trunkline` : bare);
  }

  function markRead() {
    const { readAddress, lastInbound, readUpTo } = conversation()?.dataset ?? {};
    if (!readAddress || document.hidden || !document.hasFocus() || Number(lastInbound) <= Number(readUpTo)) return;
    conversation().dataset.readUpTo = lastInbound;
    fetch(readAddress, {
      method: "POST",
      headers: { "X-CSRFToken": document.body.dataset.csrf, "HX-Request": "true" },
      body: new URLSearchParams({ up_to: lastInbound }),
    }).then(() => want("list"), () => {});
  }

  // -- A conversation comes in: as a whole, or merged into the one that is open -------------------------------------

  let entered = null; // the conversation element that was set up last

  function enter() {
    const shown = conversation();
    if (!shown || shown === entered) return;
    const isFirst = entered === null;
    entered = shown;
    files.enter();
    document.querySelectorAll("[data-row]").forEach((row) => {
      if (row.dataset.row === session()) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    });
    const box = byId("text");
    if (box) setText(box.value || drafts.stored());
    follow();
    if (shown.dataset.at && byId(shown.dataset.at)) toLine(byId(shown.dataset.at));
    else toEnd();
    showTitle();
    markRead();
    if (isFirst) return;
    document.querySelectorAll("[data-passing]").forEach((notice) => notice.remove());
    if (box && matchMedia("(min-width: 761px)").matches) box.focus();
    else if (shown.dataset.session) shown.focus();
  }

  function follow() {
    growth.disconnect();
    for (const part of [byId("lines"), byId("place")]) if (part) growth.observe(part);
    let lastTop = 0;
    byId("place")?.addEventListener("scroll", ({ target }) => {
      // Only a person scrolls up; that it is not at its end may be a picture that has just come in.
      staysAtEnd = isAtEnd(target) || (staysAtEnd && target.scrollTop >= lastTop);
      lastTop = target.scrollTop;
      if (staysAtEnd) byId("jump").hidden = true;
    });
  }

  function merge(fresh) {
    const shown = conversation();
    if (!shown.dataset.session || shown.dataset.session !== fresh.dataset.session) return [];
    const wasAtEnd = staysAtEnd || isAtEnd(byId("place"));
    for (const name of ["version", "lastInbound", "readUpTo"]) shown.dataset[name] = fresh.dataset[name];
    const added = [mergeHead, mergeComposer, mergeLines, mergeAbove].flatMap((part) => part(fresh));
    if (wasAtEnd) toEnd();
    return added;
  }

  function mergeHead(fresh) {
    const [head, freshHead] = [byId("head"), fresh.querySelector("#head")];
    const upTo = freshHead.querySelector("[name=up_to]")?.value;
    if (head.dataset.version === freshHead.dataset.version) {
      head.querySelectorAll("[name=up_to]").forEach((input) => (input.value = upTo));
      return [];
    }
    // A button that was pressed is disabled by now, and has given its focus to the body.
    const hadFocus = head.contains(document.activeElement) || document.activeElement === document.body;
    head.replaceWith(freshHead);
    if (hadFocus && matchMedia("(min-width: 761px)").matches) (byId("text") ?? conversation()).focus();
    return [freshHead];
  }

  function mergeComposer(fresh) {
    const [composer, freshComposer] = [byId("composer"), fresh.querySelector("#composer")];
    if (composer.dataset.version === freshComposer.dataset.version) return [];
    const box = byId("text");
    const text = box?.value ?? composer.querySelector("#kept")?.value ?? "";
    const hadFocus = box !== null && document.activeElement === box;
    files.moveTo(freshComposer, composer);
    composer.replaceWith(freshComposer);
    files.show();
    if (byId("text")) {
      setText(text || drafts.stored());
      if (hadFocus) byId("text").focus();
    } else {
      keepText(text);
    }
    return [freshComposer];
  }

  /** Shows a text that can't be sent any more, to be copied. */
  function keepText(text) {
    const place = conversation().querySelector("[data-kept]");
    if (!place || !text) return;
    place.querySelector("textarea").value = text;
    place.hidden = false;
  }

  function mergeLines(fresh) {
    const shown = conversation();
    const lines = byId("lines");
    const freshLines = [...fresh.querySelectorAll("#lines > li")];
    const added = [];
    const firstKnown = freshLines.findIndex((line) => byId(line.id) && !line.classList.contains("day"));
    if (firstKnown === -1) { // so much is new that the page has a gap: it begins anew
      lines.replaceChildren(...freshLines);
      byId("earlier").replaceWith(fresh.querySelector("#earlier"));
      return [...freshLines, byId("earlier")];
    }
    let previous = null;
    for (const line of freshLines.slice(firstKnown)) {
      const old = byId(line.id);
      if (old && old.dataset.version === line.dataset.version) {
        previous = old;
        continue;
      }
      if (old && isPlaying(old)) { // it would fall silent: asked for again with the next news
        shown.dataset.version = "";
        previous = old;
        continue;
      }
      if (old) replace(old, line);
      else {
        previous.after(line);
        line.classList.add("arrives");
        arrived(line);
      }
      previous = line;
      added.push(line);
    }
    return added;
  }

  /** Lines above the newest ones, which came in by scrolling up: whose status has changed since. */
  function mergeAbove(fresh) {
    return [...fresh.querySelectorAll("#above > li")].filter((line) => {
      const old = byId(line.id);
      const isNew = old && old.dataset.version !== line.dataset.version && !isPlaying(old);
      if (isNew) replace(old, line);
      return isNew;
    });
  }

  const MOST_UNSETTLED = 60; // as many as are read again above the newest ones
  const unsettled = () => [...document.querySelectorAll("#lines > [data-unsettled]")]
    .slice(0, MOST_UNSETTLED).map((line) => line.dataset.unsettled).join();

  const isPlaying = (line) => [...line.querySelectorAll("audio, video")].some((player) => !player.paused);

  /** Puts a line in the place of an old one; what had the focus in it has it again. */
  function replace(old, line) {
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    old.replaceWith(line);
    if (!focused) return;
    const same = [...line.querySelectorAll(focused.tagName)].find(
      (each) => each.textContent === focused.textContent && each.getAttribute("href") === focused.getAttribute("href"),
    );
    (same ?? byId("text") ?? conversation()).focus();
  }

  function arrived(line) {
    if (!line.classList.contains("in")) return;
    const names = [...line.querySelectorAll(".attachment bdi")].map((name) => name.textContent).join(", ");
    const text = line.querySelector(".text")?.textContent ?? (names && words.withFiles.replace("{names}", names));
    byId("announcer").textContent = `${conversation().dataset.customer}: ${text}`;
    if (!isAtEnd(byId("place"))) byId("jump").hidden = false;
  }

  /** Days that stand above now need not stand below too. */
  function dropRepeatedDays() {
    const seen = new Set();
    document.querySelectorAll("#lines > .day").forEach((day) => {
      if (seen.has(day.id)) day.remove();
      seen.add(day.id);
    });
  }

  // -- Asking for news ---------------------------------------------------------------------------------------------

  let failures = 0;
  let deeds = 0; // posts so far: news asked for before the latest one is old
  let unanswered = 0; // posts without an answer yet: news would take their form from the page, and the answer with it

  function ask(part) {
    if (!isSignedOut && part?.hasAttribute("hx-get")) htmx.trigger(part, "poll");
  }

  function askAll() {
    if (document.hidden) return;
    want("list", "conversation");
  }

  // What is to be read again. A question that is put aside, since another is on its way, is put again after it.
  const wanted = new Set();
  let isLive = false;
  let askedAt = 0; // when everything was asked for
  let asksSoon = null;
  let asksForList = null;
  let listsPaidUntil = 0;

  function want(...names) {
    names.forEach((name) => wanted.add(name));
    if (wanted.has("list") && wanted.has("conversation")) askedAt = Date.now();
    asksSoon ??= setTimeout(() => {
      asksSoon = null;
      if (!byId("list")) wanted.delete("list");
      if (!session()) wanted.delete("conversation");
      if (wanted.has("conversation")) ask(conversation());
      if (wanted.has("list")) asksForList ??= setTimeout(askForList, untilNextList());
    });
  }

  /** The open conversation never waits; of the list, which every session of a queue changes, many hints are one. */
  function untilNextList() {
    const now = Date.now();
    listsPaidUntil = Math.max(listsPaidUntil, now - LISTS_AT_ONCE * LIST_EVERY) + LIST_EVERY;
    return listsPaidUntil - now;
  }

  function askForList() {
    asksForList = null;
    if (wanted.has("list")) ask(byId("list"));
    if (document.querySelector("#composer .why-not")) ask(conversation()); // a closed one hears of its customer's next
  }

  function isDoing(xhr) {
    deeds += 1;
    unanswered += 1;
    xhr.addEventListener("loadend", () => {
      unanswered -= 1;
      if (wanted.size) want();
    });
  }

  function heard({ live, sessions, all }) {
    if (live !== undefined) isLive = live;
    if (!all && !sessions) return;
    if (document.hidden) tick();
    else if (all) askAll();
    else if (sessions.includes(Number(session()))) want("list", "conversation");
    else want("list");
  }

  function tick() {
    const since = Date.now() - askedAt;
    if (document.hidden && since >= HIDDEN_EVERY) {
      askedAt = Date.now();
      want("list");
    } else if (!document.hidden && since >= (isLive ? LOOK_EVERY : POLL_EVERY) - 100) askAll();
  }

  function say(sentence, link) {
    const banner = byId("banner");
    banner.hidden = !sentence;
    if (banner.dataset.says === sentence) return;
    banner.dataset.says = sentence;
    banner.textContent = sentence;
    if (!link) return;
    banner.append(" ", Object.assign(document.createElement("a"), link));
  }

  let asking; // the timer; stopped once this page is signed out
  let isSignedOut = false;

  function wentWrong(event) {
    const { elt, xhr, requestConfig } = event.detail;
    if (xhr.status === 401) {
      clearInterval(asking);
      wanted.clear();
      isSignedOut = true;
      const next = encodeURIComponent(location.pathname + location.search);
      say(words.signedOut, { href: `${words.signInAddress}?next=${next}`, textContent: words.signIn });
      return;
    }
    failures += 1;
    if (requestConfig?.verb === "post") refuse(sentenceFor(xhr.status));
    if (failures > 1 && (xhr.status === 0 || xhr.status >= 500)) say(words.lost);
    elt?.querySelectorAll?.("textarea[readonly]:not(#kept)").forEach((box) => (box.readOnly = false));
  }

  function sentenceFor(status) {
    if (status === 0) return words.notSent;
    if (status === 403) return words.outOfDate;
    return status === 413 ? words.tooLarge : words.failed;
  }

  // -- htmx ----------------------------------------------------------------------------------------------------------

  function followHtmx() {
    htmx.defineExtension("merge", {
      isInlineSwap: (style) => style === "merge",
      handleSwap(style, target, fragment) {
        if (style !== "merge") return false;
        const fresh = fragment.querySelector("#conversation");
        const freshList = fragment.querySelector("#list");
        return [...(fresh ? merge(fresh) : []), ...(freshList ? list.merge(freshList) : [])];
      },
    });

    document.body.addEventListener("htmx:configRequest", ({ detail }) => {
      const { elt, parameters, triggeringEvent } = detail;
      detail.headers["X-CSRFToken"] = document.body.dataset.csrf;
      if (session()) parameters.current = session();
      if (elt.id === "answer") parameters.press_key = keyFor(parameters.text);
      if (triggeringEvent?.type === "poll") parameters.seen = elt.dataset.version;
      if (triggeringEvent?.type === "poll" && elt === conversation()) parameters.unsettled = unsettled();
      list.ask(elt, detail.verb, parameters);
    });

    document.body.addEventListener("htmx:beforeSend", ({ detail }) => {
      if (detail.requestConfig.verb === "post") isDoing(detail.xhr);
      if (detail.requestConfig.triggeringEvent?.type === "poll") wanted.delete(detail.elt.id);
      detail.xhr.deeds = deeds;
      detail.xhr.session = detail.elt.closest("[data-session]")?.dataset.session;
      const box = detail.elt.id === "answer" && byId("text");
      if (box) box.readOnly = true;
      if (box) detail.xhr.files = files.chosen();
    });

    document.body.addEventListener("htmx:beforeSwap", (event) => {
      const { detail } = event;
      const { xhr, requestConfig } = detail;
      const isForAnother = xhr.session !== undefined && xhr.session !== session();
      const isNews = requestConfig.triggeringEvent?.type === "poll";
      const isOld = isNews && xhr.deeds !== deeds;
      const isEarly = isNews && unanswered > 0;
      if (isEarly) wanted.add(requestConfig.elt.id);
      const isStray = [404, 422].includes(xhr.status) && !xhr.getResponseHeader("HX-Retarget");
      if (isForAnother || isOld || isEarly || isStray) detail.shouldSwap = false;
      if (detail.target === conversation() && detail.shouldSwap) xhr.typed = byId("text")?.value;
      if (detail.target?.id === "earlier") xhr.height = byId("place").scrollHeight;
    });

    document.body.addEventListener("htmx:afterSwap", ({ detail }) => {
      if (detail.target?.id === "dialog" && !byId("dialog").open) byId("dialog").showModal();
      if (detail.target?.id === "dialog") byId("dialog").querySelectorAll("[data-meter]").forEach(meter.show);
      if (detail.target?.id === "earlier") {
        dropRepeatedDays();
        byId("place").scrollTop += byId("place").scrollHeight - detail.xhr.height;
      }
      if (conversation()?.hasAttribute("data-gone") && conversation() !== entered) {
        keepText(detail.xhr.typed);
      }
      enter();
        showTitle();
    });

    document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
      const { elt, xhr } = detail;
      const box = elt.id === "answer" && byId("text");
      if (box) box.readOnly = false;
      if (xhr.status === 0 || xhr.status >= 500 || xhr.status === 401) return;
      failures = 0;
      say("");
      if (wanted.size) want();
      const isUndone = detail.requestConfig.elt.id === "undo-archive" && document.activeElement === document.body;
      if (isUndone) conversation().focus(); // its button is gone
      if (elt.id === "answer" && xhr.status === 200) sent(xhr.files);
      if (xhr.status === 422 || xhr.status === 404) askAll();
      markRead();
    });

    for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
      document.body.addEventListener(name, wentWrong);
    }
    asking = setInterval(tick, POLL_EVERY);
    window.trunklineStream.follow(document.body.dataset, heard);
    document.addEventListener("visibilitychange", askAll);
    window.addEventListener("online", askAll);
  }

  function sent(fileIds) {
    lastPress = null;
    files.sent(fileIds);
    drafts.keep("");
    setText("");
    byId("refusal")?.replaceChildren();
    byId("text")?.focus();
    toEnd();
  }

  // -- Clicks -----------------------------------------------------------------------------------------------

  document.addEventListener("input", ({ target }) => {
    if (!target.dataset?.meter) return;
    meter.fit(target);
    meter.show(target);
    if (target.id !== "text") return;
    drafts.keep(target.value);
    byId("refusal")?.replaceChildren(); // it was about another text
  });

  document.addEventListener("files", ({ target }) => meter.show(target));

  document.addEventListener("click", (event) => {
    const dialog = byId("dialog");
    if (event.target.closest("[data-close]") && dialog) {
      event.preventDefault();
      dialog.close();
    }
    if (event.target.id === "jump") toEnd();
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  document.addEventListener("submit", (event) => {
    if (event.target.id === "sign-out") drafts.forgetAll();
    if (event.target.id !== "answer" || !files.holdsBack()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, { capture: true });

  window.addEventListener("focus", markRead);

  document.querySelectorAll("[data-meter]").forEach(meter.show);
  if (window.htmx && conversation()) {
    followHtmx();
    enter();
    drafts.follow(takeOver);
  }
})();
