"""The ITSPs' way in: `POST /webhooks/<itsp>/<token>/`.

200 what was stored, or is no message, or is a self-test; 400 what can't be understood; 404 an unknown token; 411 and
413 a body without or beyond a length; 503 what could not be stored, so that the ITSP tries again.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import BinaryIO

from django.conf import settings
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from channels_app.models import Channel, WebhookToken
from channels_app.providers.base import NotAMessageError, NotUnderstoodError
from messaging.broker import doorbell
from messaging.files import spool
from messaging.inbound import domains, receiving
from messaging.inbound.log import log_unknown_address, log_without_message
from messaging.inbound.probe import proof_of
from messaging.models import WebhookLogEntry
from messaging.models.webhook_log import MAX_BODY
from messaging.views.files.content_length import content_length

logger = logging.getLogger(__name__)
Outcome = WebhookLogEntry.Outcome


@csrf_exempt
def webhook(request: HttpRequest, itsp: str, token: str) -> HttpResponse:
    """Answers one webhook request; see the module's docstring for the statuses."""
    source = request.META.get("REMOTE_ADDR", "")
    channel = None
    try:
        channel = WebhookToken.channel_of(itsp, token)
        if channel is None:
            log_unknown_address(source)
            return HttpResponse(status=404)
        if request.method != "POST":
            detail = f"{request.method} instead of POST"
            log_without_message(channel, Outcome.NOT_UNDERSTOOD, source=source, detail=detail)
            return HttpResponse(status=405, headers={"Allow": "POST"})
        return _receive(request, channel, source)
    except (DatabaseError, OSError) as error:
        # Not the error's text: it may quote what somebody sent.
        logger.error("webhook: could not be stored (%s)", type(error).__name__)
        if channel is not None and isinstance(
            error, OSError
        ):  # a full disk; the database may still take a line
            with suppress(DatabaseError, OSError):
                log_without_message(channel, Outcome.NOT_STORED, source=source, detail=type(error).__name__)
        return _answer(503, "could not be stored, please try again")


def _receive(request: HttpRequest, channel: Channel, source: str) -> HttpResponse:
    length = content_length(request)
    if length is None:
        log_without_message(channel, Outcome.NOT_UNDERSTOOD, source=source, detail="no Content-Length")
        return _answer(411, "a Content-Length is needed")
    if length > settings.MAX_WEBHOOK_BYTES:
        log_without_message(channel, Outcome.TOO_LARGE, source=source, detail=f"{length} bytes")
        return _answer(413, f"at most {settings.MAX_WEBHOOK_BYTES} bytes")
    try:
        with spool.received_body(request.META["wsgi.input"], length) as body:
            return _store(request, channel, body, source)
    except spool.BodyCutShortError:
        log_without_message(channel, Outcome.NOT_UNDERSTOOD, source=source, detail="the body was cut short")
        return _answer(400, "the body was cut short")


def _store(request: HttpRequest, channel: Channel, body: BinaryIO, source: str) -> HttpResponse:
    provider = channel.provider
    try:
        message = provider.parse_inbound(body, dict(request.headers))
    except (NotAMessageError, NotUnderstoodError) as reason:
        if proof := proof_of(body, channel.pk):
            return _answer(200, proof)
        body.seek(0)
        understood = isinstance(reason, NotAMessageError)
        outcome = Outcome.NOT_A_MESSAGE if understood else Outcome.NOT_UNDERSTOOD
        log_without_message(
            channel, outcome, source=source, detail=str(reason), body=provider.redact_body(body, MAX_BODY)
        )
        return _answer(200 if understood else 400, str(reason))
    body.seek(0)
    arrival = receiving.Arrival(
        inbound=message,
        fingerprint=receiving.fingerprint(channel, message),
        source=source,
        logged_body=provider.redact_body(body, MAX_BODY),
        body_file=spool.keep(body) if message.has_files else "",
    )
    entry = receiving.receive(channel, arrival)
    if entry.outcome == Outcome.REPEAT and arrival.body_file:
        spool.drop(arrival.body_file)
    if entry.message_id is not None and arrival.body_file:
        doorbell.ring_for_files(entry.message_id)
    domains.note(request.META.get("HTTP_HOST", ""))
    return _answer(200, "stored")


def _answer(status: int, text: str) -> HttpResponse:
    return HttpResponse(text + "\n", status=status, content_type="text/plain; charset=utf-8")
