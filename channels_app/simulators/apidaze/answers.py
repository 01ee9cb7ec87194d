"""What the API answers, word for word: to good requests, to bad ones, and under a fault set by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass

from aiohttp import web

from .connections import Connection
from .faults import KINDS, Fault

NOT_A_PAIR = {"code": "E_NOT_FOUND", "message": "api secret and api key are not a pair"}
_PAGE = "<!doctype html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"

_JSON_BODIES: dict[str, object] = {
    "unauthorized": {"error": "Unauthorized"},
    "not_a_pair": NOT_A_PAIR,
    "unprocessable": {"error": "The message can't be sent"},
    "mms_refused": {"error": "MMS is not enabled for this number"},
    "too_many_requests": {"error": "Too many requests"},
    "ok_false": {"ok": False, "message": "The message was not accepted"},
    "server_error": {"error": "Internal error"},
    "unavailable": {"error": "Service unavailable"},
    "not_an_object": ["Message sent"],
}
_PAGES = {"not_found_html": "Not found", "html": "Welcome", "redirect": "Found"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that the API refuses by its own rules."""

    status: int
    body: dict[str, str]

    def response(self) -> web.Response:
        """The answer."""
        return json_answer(json.dumps(self.body), self.status)


def json_answer(text: str, status: int = 200) -> web.Response:
    """A JSON answer from its text."""
    return web.Response(body=text.encode(), status=status, content_type="application/json")


def accepted(uuid: str, *, details: bool) -> web.Response:
    """The answer to a message taken; without `details` in the API's older form, which has no id."""
    tail = f', "details": {{"uuid": "{uuid}"}}' if details else ""
    return json_answer(f'{{"ok": true, "message": "Message sent"{tail}}}')


async def under_fault(fault: Fault, connection: Connection | None) -> web.Response:
    """What a fault makes of the answer. Where it gives none, the connection is gone when this returns."""
    kind = KINDS[fault.kind]
    if kind.status is None:
        if connection is not None:
            if kind.outcome == "reset":
                connection.reset()
            await connection.lost.wait()
        return web.Response()  # nobody is there to get it
    if fault.kind in _PAGES:
        page = _PAGE.format(_PAGES[fault.kind])
        response = web.Response(text=page, status=kind.status, content_type="text/html")
        if fault.kind == "redirect":
            response.headers["Location"] = fault.location
        return response
    response = json_answer(json.dumps(_JSON_BODIES[fault.kind]), kind.status)
    if fault.retry_after is not None:
        response.headers["Retry-After"] = fault.retry_after
    return response
