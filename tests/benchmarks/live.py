"""Rows about live events: how soon a customer's text is on an open page, and what a thousand streams cost."""

from __future__ import annotations

import json
import os
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import requests

from tests.benchmarks import backlog
from tests.benchmarks.receiving import granian
from tests.benchmarks.streams import open_streams
from tests.support.events_process import EventsProcess
from tests.support.stack import free_ports

Figures = dict[str, float]

PEOPLE = 120  # as many as a queue may have
NOTE_TEXTS = """() => {
    window.seen = {};
    new MutationObserver(() => {
        const now = performance.timeOrigin + performance.now();
        for (const { textContent } of document.querySelectorAll("#lines .text")) window.seen[textContent] ??= now;
    }).observe(document.body, { childList: true, subtree: true });
}"""


def live(home: Path, messages: int = 30, streams: int = 200) -> Figures:
    """From the webhook's answer to the text on an open page, and in a bare reader's hands; in milliseconds."""
    from tests.support.browser import chromium

    channel, cookies = _world()
    session_id = channel.sessions.get().pk
    address = f"/webhooks/apidaze/{channel.webhook_token}/"
    number = channel.rules.get().number
    with _events(home) as events, granian("config.wsgi:application") as url, chromium() as browser:
        page = _page(browser, url, cookies[0], f"/inbox/{session_id}/?tab=queue")
        reader = _Reader(f"{url}/inbox/{session_id}/news/", cookies[1])
        everyone = [cookies[each % PEOPLE] for each in range(1, streams)]
        with open_streams(events.port, everyone, reader.heard), requests.Session() as itsp:
            _post(itsp, url + address, number, "the first, so that all is warm")
            time.sleep(2)
            answered = {}
            for each in range(messages):
                answered[f"message {each}"] = _post(itsp, url + address, number, f"message {each}")
                time.sleep(1)
            time.sleep(1)
        seen = {text: at / 1000 for text, at in page.evaluate("window.seen").items()}
        page.context.close()
        reader.end()
    return {**_took("to the page", answered, seen), **_took("to a reader", answered, reader.seen)}


def streams(home: Path, streams: int = 1000, hints: int = 20) -> Figures:
    """Memory of the events process (MB, both of its processes), and milliseconds until a hint has reached all."""
    from messaging.broker import hints as told

    channel, cookies = _world()
    session = channel.sessions.get()
    latest: dict[int, float] = {}
    took = []
    with _events(home) as events:
        idle = _memory(events)
        with open_streams(
            events.port, [cookies[each % PEOPLE] for each in range(streams)], latest.__setitem__
        ):
            time.sleep(8)  # over the second time that it tells all to catch up
            for _unused in range(hints):
                latest.clear()
                told_at = time.time()
                told.tell(session)
                while len(latest) < streams:
                    if time.time() > told_at + 10:
                        raise TimeoutError(f"{streams - len(latest)} streams heard nothing")
                    time.sleep(0.005)
                took.append((max(latest.values()) - told_at) * 1000)
                time.sleep(0.2)
            busy = _memory(events)
    return {
        "idle RSS": idle["Rss"],
        "most RSS": busy["Rss"],
        "most PSS": busy["Pss"],
        "ms to all": statistics.median(took),
        "most ms to all": max(took),
    }


class _Reader:
    """Fetches the conversation whenever its stream tells of news, as a page does, and notes when it has a text."""

    def __init__(self, address: str, cookie: str) -> None:
        self.seen: dict[str, float] = {}
        self._address, self._cookie = address, cookie
        self._news, self._ends = threading.Event(), False
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def heard(self, stream: int, at: float) -> None:
        if stream == 0:
            self._news.set()

    def end(self) -> None:
        self._ends = True
        self._news.set()
        self._thread.join()

    def _read(self) -> None:
        headers = {"Cookie": self._cookie, "HX-Request": "true"}
        with requests.Session() as session:
            while self._news.wait() and not self._ends:
                self._news.clear()
                body = session.get(self._address, headers=headers, timeout=10).text
                now = time.time()
                for part in body.split('dir="auto">')[1:]:
                    self.seen.setdefault(part.partition("</p>")[0], now)


def _world() -> tuple[Any, list[str]]:
    """A channel with one open session in a queue of `PEOPLE`, and the cookie of each of them."""
    from channels_app.models import Extension, MessageQueue, User

    backlog.empty()
    channel = backlog.make_channel(0, "http://127.0.0.1:1", 1)
    backlog.history(channel, 1)
    queue = MessageQueue.objects.get()
    cookies = []
    for number in range(PEOPLE):
        user = User.objects.create(username=f"agent{number}")
        queue.agents.add(Extension.objects.create(number=f"{2000 + number}", name="Agent", user=user))
        cookies.append(_cookie(user))
    return channel, cookies


def _cookie(user: Any) -> str:
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


@contextmanager
def _events(home: Path) -> Iterator[EventsProcess]:
    [port] = free_ports(1)
    os.environ["EVENTS_PORT"] = str(port)
    events = EventsProcess(Path(mkdtemp(dir=home)), port, {"MALLOC_ARENA_MAX": "2"}).start()
    try:
        yield events
    finally:
        events.stop()


def _page(browser: Any, url: str, cookie: str, path: str) -> Any:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    name, value = cookie.split("=", 1)
    context.add_cookies([{"name": name, "value": value, "url": url}])
    page = context.new_page()
    page.goto(url + path)
    page.evaluate(NOTE_TEXTS)
    return page


def _post(itsp: requests.Session, address: str, number: str, text: str) -> float:
    """Writes as the customer of the session; when the answer was there."""
    body = {
        "type": "incomingWebhookSMS",
        "caller_id_number": "13050000000",
        "destination_number": number.removeprefix("+"),
        "text": text,
    }
    answer = itsp.post(address, data=json.dumps(body), timeout=10)
    now = time.time()
    assert answer.status_code == 200, answer.status_code
    return now


def _took(name: str, answered: dict[str, float], seen: dict[str, float]) -> Figures:
    took = [(seen[text] - at) * 1000 for text, at in answered.items() if text in seen]
    return {
        f"ms {name}": statistics.median(took),
        f"most ms {name}": max(took),
        f"missing {name}": len(answered) - len(took),
    }


def _memory(events: EventsProcess) -> dict[str, float]:
    """Megabytes of the process and its worker together, by what is counted."""
    found = {"Rss": 0.0, "Pss": 0.0}
    for pid in events.processes():
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            kind, _colon, amount = line.partition(":")
            if kind in found:
                found[kind] += int(amount.split()[0]) / 1000
    return found
