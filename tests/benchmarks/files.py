"""Rows about files: what the processes hold in memory while a message with the most of them comes in."""

from __future__ import annotations

import base64
import http.client
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks import backlog, world
from tests.benchmarks.crash_receiving import Web

if TYPE_CHECKING:
    from channels_app.models import Extension

Figures = dict[str, float]
MEGABYTE = 1024 * 1024


def inbound(home: Path, files: int = 5) -> Figures:
    """Resident megabytes of a web process and the files worker: before, at most meanwhile, and after a webhook body
    of 134 MB with 100 MB of files; and what a body of one byte more than the limit is answered.
    """
    from django.conf import settings

    from messaging.models import Attachment, Message

    backlog.empty()
    channel = backlog.make_channel(0, "http://127.0.0.1:1", 1)
    path, number = f"/webhooks/apidaze/{channel.webhook_token}/", channel.rules.get().number
    web = Web(home, os.environ["DATABASE_URL"], world.broker.url)
    web.environment["MALLOC_ARENA_MAX"] = "2"  # as the launcher does
    worker = world.senders(home, "files")
    web.start()
    try:
        worker.start()
        small, large = [MEGABYTE // 64], [settings.MAX_FILES_BYTES // files] * files
        for _unused in range(4):  # so that everything is loaded
            _post(web.port, path, number, small)
        _wait_until_taken_out()
        web_memory = Memory("web", _children(web.process.pid))
        worker_memory = Memory("worker", [worker.running[0].pid])
        with web_memory, worker_memory:
            sent_at = time.monotonic()
            status, length = _post(web.port, path, number, large)
            answered_in = time.monotonic() - sent_at
            _wait_until_taken_out()
        message = Message.objects.latest("pk")
        stored = sum(Attachment.objects.filter(message=message).values_list("size", flat=True))
        return {
            "body MB": length / 1e6,
            "answer": status,
            "answered in s": answered_in,
            "stored in s": time.monotonic() - sent_at,
            "missing bytes": sum(large) - stored,
            **web_memory.figures,
            **worker_memory.figures,
            "answer to one byte more": _announce(web.port, path, settings.MAX_WEBHOOK_BYTES + 1),
        }
    finally:
        web.kill()
        worker.stop()


def outbound(home: Path) -> Figures:
    """Resident megabytes of a web process: before, at most meanwhile, and after an upload of 100 MB, and a download of
    the same by its public link; and what an upload of one byte more than the limit is answered.
    """
    from django.conf import settings

    from messaging.models import Attachment

    backlog.empty()
    channel = backlog.make_channel(0, "http://127.0.0.1:1", 1)
    backlog.fill(channel, 1, 1)
    session, seat = channel.sessions.get(), backlog.make_seat()
    session.give_to(seat)
    session.save()
    web = Web(home, os.environ["DATABASE_URL"], world.broker.url)
    web.environment["MALLOC_ARENA_MAX"] = "2"  # as the launcher does
    web.start()
    try:
        path, headers = f"/inbox/{session.pk}/files/", _signed_in(seat)
        for _unused in range(4):  # so that everything is loaded
            _upload(web.port, path, headers, MEGABYTE // 64)
        Attachment.objects.all().delete()
        uploading = Memory("web", _children(web.process.pid))
        with uploading:
            sent_at = time.monotonic()
            status = _upload(web.port, path, headers, settings.MAX_FILES_BYTES)
            uploaded_in = time.monotonic() - sent_at
        stored = Attachment.objects.get()
        stored.link_token = "x" * 43
        stored.save()
        downloading = Memory("web", _children(web.process.pid))
        with downloading:
            received = _download(web.port, f"/files/{stored.link_token}/{stored.name}")
        return {
            "answer": status,
            "uploaded in s": uploaded_in,
            "missing bytes": settings.MAX_FILES_BYTES - received,
            **{f"upload: {name}": figure for name, figure in uploading.figures.items()},
            **{f"download: {name}": figure for name, figure in downloading.figures.items()},
            "answer to one byte more": _upload(web.port, path, headers, 1),
        }
    finally:
        web.kill()


def _signed_in(seat: Extension) -> dict[str, str]:
    """What a browser sends along that this person has signed in with."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(seat.user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    session, token = client.cookies[settings.SESSION_COOKIE_NAME].value, "x" * 32
    cookies = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={token}"
    return {"Cookie": cookies, "X-CSRFToken": token}


def _upload(port: int, path: str, headers: dict[str, str], size: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    piece = os.urandom(min(size, MEGABYTE))
    try:
        more = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(size),
            "X-File-Name": "a.bin",
        }
        connection.request("POST", path, iter([piece] * (size // len(piece))), {**headers, **more})
        return connection.getresponse().status
    finally:
        connection.close()


def _download(port: int, path: str) -> int:
    """How many bytes come."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    received = 0
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        while piece := answer.read(MEGABYTE):
            received += len(piece)
        return received
    finally:
        connection.close()


class Memory:
    """What processes hold in memory, in MB as the system counts it (`VmRSS`, `VmHWM`); of several, the largest."""

    def __init__(self, name: str, pids: list[int]) -> None:
        self.figures: Figures = {}
        self._name = name
        self._pids = pids
        self._over = threading.Event()
        self._most = 0.0

    def __enter__(self) -> Memory:
        self._before = self._resident()
        self._watching = threading.Thread(target=self._watch)
        self._watching.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._watching.join()
        self.figures = {
            f"{self._name} before MB": self._before,
            f"most {self._name} meanwhile MB": self._most,
            f"{self._name} after MB": self._resident(),
            f"most {self._name} ever MB": self._resident("VmHWM"),
        }

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            self._most = max(self._most, self._resident())

    def _resident(self, what: str = "VmRSS") -> float:
        return max(_kilobytes(pid, what) for pid in self._pids) / 1024


def _kilobytes(pid: int, what: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:"))


def _children(pid: int) -> list[int]:
    """The web server's workers, which is where the portal runs."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _post(port: int, path: str, number: str, sizes: list[int]) -> tuple[int, int]:
    """A message with files of these sizes, as Apidaze sends it; the answer's status and the body's length."""
    pieces = list(_body(number, sizes))
    length = sum(map(len, pieces))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        headers = {"Content-Type": "application/json", "Content-Length": str(length)}
        connection.request("POST", path, iter(pieces), headers)
        return connection.getresponse().status, length
    finally:
        connection.close()


def _body(number: str, sizes: list[int]) -> Iterator[bytes]:
    yield (
        f'{{"caller_id_number": "13055550100", "destination_number": "{number[1:]}", "text": "", "files": "{{'
    ).encode()
    for place, size in enumerate(sizes):
        yield f"'{place}.bin': '".encode()
        yield base64.b64encode(os.urandom(size))
        yield b"', "
    yield b'}"}'


def _announce(port: int, path: str, length: int) -> int:
    """The answer to a body of that length, of which nothing is sent yet."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.putrequest("POST", path)
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(length))
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


def _wait_until_taken_out(seconds: float = 120) -> None:
    """Does what the clock does until no stored body waits any more."""
    from messaging.files import body_tries
    from messaging.models import Message
    from messaging.tasks import take_out_files

    deadline = time.monotonic() + seconds
    while Message.objects.exclude(body_file="").exists():
        if time.monotonic() > deadline:
            raise TimeoutError("the files were not taken out")
        for message_id in body_tries.due():
            take_out_files.delay(message_id)
        time.sleep(0.5)
