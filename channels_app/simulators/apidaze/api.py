"""Apidaze's messaging API, as its own SDKs speak it: send a message, check the credentials."""

from __future__ import annotations

import asyncio
import json
import sys
import time
import uuid
from hmac import compare_digest

from aiohttp import web

from . import answers
from .answers import Refusal
from .connections import connection_of
from .downloads import is_address
from .faults import KINDS, Faults
from .phone import Phone, PhoneMessage
from .record import Log, Received, fields_of, file_urls_of


class Api:
    """The two resources, for one pair of key and secret."""

    def __init__(self, api_key: str, api_secret: str, faults: Faults, log: Log, phone: Phone) -> None:
        self._key = api_key.encode()
        self._secret = api_secret.encode()
        self._faults = faults
        self._log = log
        self._phone = phone

    def routes(self) -> list[web.RouteDef]:
        """The API's addresses."""
        return [web.post("/{api_key}/sms/send", self.send), web.get("/{api_key}/validates", self.validates)]

    async def send(self, request: web.Request) -> web.Response:
        """Take a message."""
        body = await request.read()
        fields = fields_of(body)
        refusal = self._refuse_credentials(request) or _refuse_message(request.content_type, fields)
        return await self._answer(request, "send", body, fields, refusal)

    async def validates(self, request: web.Request) -> web.Response:
        """Say whether key and secret are a pair."""
        return await self._answer(
            request, "validates", await request.read(), {}, self._refuse_credentials(request)
        )

    async def _answer(
        self,
        request: web.Request,
        resource: str,
        body: bytes,
        fields: dict[str, str],
        refusal: Refusal | None,
    ) -> web.Response:
        connection = connection_of(request)
        arrived_at = connection.arrived_at if connection else None
        fault = connection.fault_for(resource) if connection else self._faults.choose(resource)
        if fault is None and _is_mms(fields):
            fault = self._faults.choose(resource, mms=True)
        taken = resource == "send" and refusal is None and (fault is None or fault.taken)
        message_id = str(uuid.uuid4()) if taken else None
        if fault is not None:
            outcome, status = KINDS[fault.kind].outcome, KINDS[fault.kind].status
        elif refusal is not None:
            outcome, status = "refused", refusal.status
        else:
            outcome, status = "accepted", 200
        message = self._take(fields) if taken else None
        self._log.add(
            Received(
                at=time.time(),
                arrived_at=time.monotonic() if arrived_at is None else arrived_at,
                resource=resource,
                method=request.method,
                target=sys.intern(request.raw_path),
                content_type=sys.intern(request.headers.get("Content-Type", "")),
                body=body,
                sender=sys.intern(fields.get("from", "")),
                outcome=outcome,
                taken=taken,
                status=status,
                fault=fault.kind if fault else None,
                uuid=message_id,
                files=message.files if message else (),
            )
        )
        latency = self._faults.latency()
        if latency:
            await asyncio.sleep(latency)
        if message is not None:
            self._phone.fetch_files(message)  # begins when this has returned: after the answer
        if fault is not None:
            return await answers.under_fault(fault, connection)
        if refusal is not None:
            return refusal.response()
        if message_id is not None:
            return answers.accepted(message_id, details=self._faults.details)
        return answers.json_answer(json.dumps({"ok": True, "message": "api secret and api key are a pair"}))

    def _take(self, fields: dict[str, str]) -> PhoneMessage:
        """What happens to a message taken: the customer's phone gets it. Only an MMS has files."""
        file_urls = file_urls_of(fields) if _is_mms(fields) else []
        return self._phone.receive(
            fields["to"], fields["from"], fields["body"], file_urls, download=self._faults.download_files
        )

    def _refuse_credentials(self, request: web.Request) -> Refusal | None:
        key = request.match_info["api_key"].encode(errors="replace")
        secret = request.query.get("api_secret", "").encode(errors="replace")
        if compare_digest(key, self._key) and compare_digest(secret, self._secret):
            return None
        return Refusal(404, answers.NOT_A_PAIR)


def _refuse_message(content_type: str, fields: dict[str, str]) -> Refusal | None:
    if content_type != "application/x-www-form-urlencoded":
        return Refusal(422, {"error": "the body must be application/x-www-form-urlencoded"})
    for name in ("from", "to", "body"):
        if not fields.get(name):
            return Refusal(422, {"error": f"{name} is required"})
    if not _is_number(fields["to"]):
        return Refusal(422, {"error": "to must be digits with the country code, without +"})
    if not _is_number(fields["from"]):
        return Refusal(422, {"error": "from must be a number of the account: digits, without +"})
    if "message_type" in fields and fields["message_type"] not in ("SMS", "MMS"):
        return Refusal(422, {"error": "message_type must be SMS or MMS"})
    if _is_mms(fields) and not all(map(is_address, file_urls_of(fields) or [""])):
        return Refusal(422, {"error": "file_urls must be addresses of files"})
    return None


def _is_mms(fields: dict[str, str]) -> bool:
    return fields.get("message_type") == "MMS"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
