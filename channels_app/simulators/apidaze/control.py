"""The control API: set faults, read what was received, play the phone. JSON both ways.

    GET    /control/faults         what is in force
    PUT    /control/faults         replaces it; `{}` puts everything back to how the program was started
    GET    /control/received       ?since=INDEX&limit=N, oldest first
    DELETE /control/received       forgets requests and counts
    GET    /control/summary        counts, and the most sends in any rolling second
    GET    /control/phone          ?customer=DIGITS&since=N: settings, and this customer's messages
    PUT    /control/phone          webhook_url, business_numbers, customer_numbers: changes what is named
    DELETE /control/phone          forgets the messages and all files, keeps the settings
    POST   /control/phone/send     from, to, text: the customer writes; gives what the webhook answered.
                                   With files: `uploads`, numbers of what was uploaded, or `files`, contents
                                   in base64 by their names
    PUT    /control/phone/uploads  ?name=NAME, the bytes as application/octet-stream: gives the number `upload`
    GET    /control/phone/files/MESSAGE/POSITION   the bytes of a file of a message, while they are kept

Files that a business sends are downloaded as Apidaze does it: `files` of each message that was received, in the
log and on the phone, say what came of each: `state` (waiting, downloading, downloaded, failed or
not_downloaded), `status`, `content_type`, `size`, `sha256`, `problem`; `kept` and `link` say where the bytes are.

`PUT /control/faults` takes `latency_ms` and `jitter_ms` (before each answer of the API), `details` (false:
the older answer without a message id), `download_files` (false: take messages with files and never download
them), `close_idle_ms` (close kept connections when idle for so long), `refuse_seconds` (refuse connections on
the API's port for so long) and `faults`, a list of objects:

    kind          one of `faults.KINDS`
    on            send, validates or both (the default)
    next          for so many requests; or
    probability   0 to 1; or neither: until it is replaced
    retry_after   seconds or a date, for too_many_requests (default 1) and unavailable (default none)
    location      for redirect
    taken         for silence (default true), server_error, unavailable, html, not_an_object (default false):
                  the message is taken all the same

The first fault of the list that applies wins; `mms_refused`, for messages with files only, after all others.
Control is shut out as well while the port refuses connections,
unless the program was started with `--control-port`. A bad request is answered 400 with `{"error": "…"}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from .connections import Listener, connection_of
from .faults import BadControlError, Faults, check_keys, number_in
from .phone import Phone, digits_of
from .phone_files import PhoneFiles
from .record import Log

SETTINGS = frozenset(
    {"latency_ms", "jitter_ms", "details", "download_files", "close_idle_ms", "refuse_seconds", "faults"}
)
MOST_A_PAGE = 10_000
REFUSE_AT_MOST = 3600.0
LARGEST_MESSAGE = 160 * 1024 * 1024  # bytes: 100 MB of files in base64, and some more to try what is refused

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _explained(handler: _Handler) -> _Handler:
    """Answer bad requests in words, and let clients go that leave in the middle."""

    async def explain(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except BadControlError as error:
            return web.json_response({"error": str(error)}, status=400)
        except ConnectionError:
            return web.Response()  # nobody is there to get it

    return explain


class Control:
    """What tests, the demo and the phone's page use to play with the simulator."""

    def __init__(self, faults: Faults, log: Log, phone: Phone, files: PhoneFiles) -> None:
        self._faults = faults
        self._log = log
        self._phone = phone
        self._files = files
        self.listener: Listener | None = None  # the API's, which can refuse connections

    def routes(self) -> list[web.RouteDef]:
        """The control API's addresses."""
        return [
            web.get("/control/faults", _explained(self.show_faults)),
            web.put("/control/faults", _explained(self.set_faults)),
            web.get("/control/received", _explained(self.received)),
            web.delete("/control/received", _explained(self.forget_received)),
            web.get("/control/summary", _explained(self.summary)),
            web.get("/control/phone", _explained(self.show_phone)),
            web.put("/control/phone", _explained(self.set_phone)),
            web.delete("/control/phone", _explained(self.forget_phone)),
            web.post("/control/phone/send", _explained(self.send_from_phone)),
            web.put("/control/phone/uploads", _explained(self._files.upload)),
            web.get(
                r"/control/phone/files/{message_id:\d{1,15}}/{position:\d{1,6}}", _explained(self._files.show)
            ),
        ]

    async def show_faults(self, request: web.Request) -> web.Response:
        """What is in force, with what is left of it."""
        faults = self._faults
        return web.json_response(
            {
                "latency_ms": faults.latency_ms,
                "jitter_ms": faults.jitter_ms,
                "details": faults.details,
                "download_files": faults.download_files,
                "close_idle_ms": faults.close_idle_ms,
                "refuse_seconds": round(self.listener.refuses_for, 3) if self.listener else 0,
                "faults": [fault.as_json() for fault in faults.active],
            }
        )

    async def set_faults(self, request: web.Request) -> web.Response:
        """Replace all faults."""
        data = check_keys(await _json(request), SETTINGS, "the request")
        seconds = number_in(data, "refuse_seconds", 0, REFUSE_AT_MOST) if "refuse_seconds" in data else 0
        self._faults.set(data)
        if self.listener is not None:
            await self.listener.refuse(seconds, spare=connection_of(request))
        response = await self.show_faults(request)
        if seconds:
            response.force_close()
        return response

    async def received(self, request: web.Request) -> web.Response:
        """A page of the log."""
        since = _whole(request, "since", 0, 2**53)
        limit = _whole(request, "limit", 1000, MOST_A_PAGE)
        return web.json_response(self._log.page(since, limit))

    async def forget_received(self, request: web.Request) -> web.Response:
        """Clear the log."""
        self._log.clear()
        return web.json_response({})

    async def summary(self, request: web.Request) -> web.Response:
        """Counts and rates."""
        return web.json_response(self._log.summary())

    async def show_phone(self, request: web.Request) -> web.Response:
        """The phone's settings and one customer's messages."""
        customer = request.query.get("customer", "")
        if customer:
            customer = digits_of(customer, "customer")
        return web.json_response(self._phone.state(customer, _whole(request, "since", 0, 2**53)))

    async def set_phone(self, request: web.Request) -> web.Response:
        """Change the phone's settings."""
        names = {"webhook_url", "business_numbers", "customer_numbers"}
        self._phone.configure(check_keys(await _json(request), names, "the request"))
        return await self.show_phone(request)

    async def forget_phone(self, request: web.Request) -> web.Response:
        """Clear all threads."""
        self._files.forget()
        self._phone.forget()
        return web.json_response({})

    async def send_from_phone(self, request: web.Request) -> web.Response:
        """The customer writes. Answered 200 whatever the webhook said: that is in `state` and `status`."""
        names = {"from", "to", "text", "uploads", "files"}
        data = check_keys(await _json(request, LARGEST_MESSAGE), names, "the request")
        customer, business = digits_of(data.get("from"), "from"), digits_of(data.get("to"), "to")
        text = data.get("text")
        if not isinstance(text, str) or not (text or data.get("uploads") or data.get("files")):
            raise BadControlError("text must not be empty")
        files = self._files.uploaded(data.get("uploads", [])) + self._files.decoded(data.get("files", {}))
        return web.json_response((await self._phone.send(customer, business, text, files)).as_json())


async def _json(request: web.Request, limit: int = 0) -> Any:
    """The request's JSON. Its type must be said: no foreign web page can do that without being allowed to.

    `limit`: more bytes than the server takes otherwise.
    """
    if request.content_type != "application/json":
        raise BadControlError("Content-Type must be application/json")
    try:
        return json.loads(await _read(request, limit) if limit else await request.read())
    except (ValueError, RecursionError):
        raise BadControlError("the body is not JSON") from None


async def _read(request: web.Request, limit: int) -> bytes:
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > limit:
            raise BadControlError(f"the body is larger than {limit} bytes")
    return bytes(body)


def _whole(request: web.Request, name: str, default: int, most: int) -> int:
    text = request.query.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,16}", text) or int(text) > most:
        raise BadControlError(f"{name} must be a whole number from 0 to {most}")
    return int(text)
