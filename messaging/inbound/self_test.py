"""The self-test of a webhook address: calls it over the network as the ITSP would, and says in words what is wrong."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from channels_app import problems
from channels_app.models import Channel, Domain
from channels_app.reachability import NOT_TESTABLE, NotReachedError, Reached, certificate_end, connected
from messaging.inbound.probe import make_probe

TIMEOUT = 8.0  # seconds, to connect and again to be answered
LONGEST_ANSWER = 4096  # bytes that are read of it


@dataclass(frozen=True, slots=True)
class Verdict:
    """`is_well`: messages can come in. `is_sure` is False where it could not be tested from here."""

    text: str
    is_well: bool = False
    is_sure: bool = True


@dataclass(frozen=True, slots=True)
class _Target:
    """Where to ask; `name` is what people call it."""

    name: str
    host: str
    port: int
    tls: bool


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    location: str
    body: bytes


class _NoAnswerError(Exception):
    """The connection stood, and no answer came that one could read."""


def run(channel: Channel, own_address: str, *, timeout: float = TIMEOUT) -> Verdict:
    """Calls the channel's webhook address through its domain, or through `own_address` where it has none.

    Not inside a transaction: the answer comes from this very portal.
    """
    verdict = _test(channel, own_address, timeout)
    if channel.domain and verdict.is_sure:
        channel.note_webhook_test(passed=verdict.is_well)
    return verdict


def _test(channel: Channel, own_address: str, timeout: float) -> Verdict:
    domain = channel.domain
    target = _target(domain, own_address)
    body, proof = make_probe(channel.pk)
    try:
        with connected(target.host, target.port, tls=target.tls, timeout=timeout) as connection:
            if domain:
                domain.record(Reached(certificate_ends_at=certificate_end(connection)))
            answer = _ask(connection, target, channel.webhook_path, body, timeout)
    except NotReachedError as error:
        if domain:
            domain.record(error.reached)
        return _not_reached(target, domain, error)
    except _NoAnswerError:
        text = _(
            "%(name)s: connected, but there is no answer. Is Trunkline running behind the proxy, "
            "and does the proxy pass /webhooks/ on to it?"
        )
        return Verdict(text % {"name": target.name})
    if answer.status == 200 and answer.body.decode("latin-1").strip() == proof:
        return _well(target, domain)
    return _wrong_server(target, answer)


def _target(domain: Domain | None, own_address: str) -> _Target:
    if domain:
        return _Target(str(domain), domain.host, domain.port, tls=True)
    parts = urlsplit(own_address)
    tls = parts.scheme == "https"
    return _Target(parts.netloc, parts.hostname or "", parts.port or (443 if tls else 80), tls)


def _ask(connection: socket.socket, target: _Target, path: str, body: bytes, timeout: float) -> _Answer:
    """One request over a connection that stands. Raises _NoAnswerError."""
    http = HTTPConnection(target.host, target.port)
    http.sock = connection
    # A time-out of the connection is for each step, and who sends a byte now and then never meets it.
    watch = threading.Timer(timeout, _shut, [connection])
    watch.daemon = True
    watch.start()
    headers = {
        "Host": target.name,
        "Content-Type": "application/json",
        "User-Agent": "Trunkline",
        "Connection": "close",
    }
    try:
        http.request("POST", path, body, headers)
        with http.getresponse() as answer:
            location = answer.headers.get("Location", "")
            return _Answer(answer.status, location, answer.read(LONGEST_ANSWER))
    except (OSError, HTTPException, ValueError):
        raise _NoAnswerError from None
    finally:
        watch.cancel()


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)  # TLS's own would touch what the reader holds


# -- Words -----------------------------------------------------------------------------------------------------------


def _well(target: _Target, domain: Domain | None) -> Verdict:
    if domain is None:
        text = (
            _(
                "%(name)s: the webhook address answers on this machine. The ITSP needs one on the internet: choose a "
                "domain under Webhook URL, and save."
            )
            if Domain.objects.exists()
            else _(
                "%(name)s: the webhook address answers on this machine. The ITSP needs one on the internet: add a "
                "domain."
            )
        )
        return Verdict(text % {"name": target.name}, is_well=True)
    text = _("%(name)s: everything works, messages can come in.") % {"name": target.name}
    status, reason = domain.standing
    if status == Domain.Status.ENDS_SOON:
        text = f"{text} {status.label}: {reason}."
    return Verdict(text, is_well=True)


def _not_reached(target: _Target, domain: Domain | None, error: NotReachedError) -> Verdict:
    values = {
        "name": target.name,
        "problem": problems.reason(error.problem, error.reached.detail),
        "advice": problems.advice(error.problem),
    }
    if error.problem not in NOT_TESTABLE:
        return Verdict(_("%(name)s: %(problem)s. %(advice)s") % values)
    if domain and domain.standing.status == Domain.Status.WORKS:
        return Verdict(
            _("%(name)s works: %(reason)s.") % {"name": target.name, "reason": domain.standing.reason},
            is_well=True,
            is_sure=False,
        )
    text = _("%(name)s could not be tested from here: %(problem)s. %(advice)s")
    return Verdict(text % values, is_sure=False)


def _wrong_server(target: _Target, answer: _Answer) -> Verdict:
    values = {"name": target.name, "status": answer.status, "to": _origin(answer)}
    if 300 <= answer.status < 400:
        text = _(
            "%(name)s: the request is redirected to %(to)s, and ITSPs don't follow redirects. Let "
            "the proxy answer under /webhooks/ itself, or enter the domain it redirects to."
        )
    elif answer.status in (401, 403):
        text = _(
            "%(name)s: a server answers, but asks for a login (%(status)s). Let the proxy or "
            "firewall pass /webhooks/ without one: the long address is the password."
        )
    elif answer.status == 411:
        text = _(
            "%(name)s: the proxy passes requests on without their length. Let it buffer what it passes on, or send the "
            "header Content-Length."
        )
    elif answer.status >= 500:
        text = _(
            "%(name)s: a server answers, but Trunkline behind it does not (%(status)s). Is Trunkline running, and does "
            "the proxy pass requests on to its address and port?"
        )
    else:
        text = _(
            "%(name)s: another server answers, not this portal (%(status)s). Does the name point to this machine, and "
            "does the proxy pass /webhooks/ on to Trunkline?"
        )
    return Verdict(text % values)


def _origin(answer: _Answer) -> str:
    """Where a redirect leads, without the path: it may have the address's token."""
    try:
        parts = urlsplit(answer.location)
    except ValueError:
        parts = urlsplit("")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else _("another page")
