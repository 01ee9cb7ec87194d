"""The stream of hints: the portal's cookie says who is asking, which is checked again and again."""

from __future__ import annotations

import asyncio
import io
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.http.request import split_domain_port

from channels_app.hosts import is_ours
from channels_app.models import User
from messaging.broker import hints
from messaging.broker.hint_streams import Stream, Switchboard
from messaging.models.person import Person

Scope = MutableMapping[str, Any]
Send = Callable[[Scope], Awaitable[None]]
Receive = Callable[[], Awaitable[Scope]]

HEARTBEAT = 15  # seconds; proxies close connections that are silent for a minute
SLOWEST = 10  # seconds in which a browser must take what it is sent
MOST_OF_A_PERSON = 20

_switchboard = Switchboard()
_streams_of: Counter[int] = Counter()
_lookers = ThreadPoolExecutor(4, thread_name_prefix="look")


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """`GET /events/`: the stream; `GET /health/`: 200."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["type"] == "http":
        await _answer(scope, receive, send)


async def _live(receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/health/":
        await _end(send, 200)
        return
    if scope["path"] != "/events/" or scope["method"] != "GET":
        await _end(send, 404)
        return
    request = ASGIRequest(dict(scope), io.BytesIO())
    found = await _look(request)
    if isinstance(found, int):
        await _end(send, found)
        return
    person, topics = found
    if _streams_of[person] >= MOST_OF_A_PERSON:
        await _end(send, 429)
        return
    _streams_of[person] += 1
    stream = Stream()
    _switchboard.join(stream, topics)
    try:
        await _flow(request, stream, receive, send)
    finally:
        _switchboard.leave(stream)
        _streams_of[person] -= 1
        if not _streams_of[person]:
            del _streams_of[person]


async def _flow(request: ASGIRequest, stream: Stream, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": _headers(request)})
    await send({"type": "http.response.body", "body": b"retry: 2000\n\n", "more_body": True})
    gone = asyncio.create_task(_until_gone(receive))
    flowing = asyncio.create_task(_tell(request, stream, send))
    try:
        await asyncio.wait({gone, flowing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (gone, flowing):
            task.cancel()
        await asyncio.gather(gone, flowing, return_exceptions=True)


async def _tell(request: ASGIRequest, stream: Stream, send: Send) -> None:
    """Passes on hints until this person may no longer have them."""
    clock = asyncio.get_running_loop()
    looks_at = clock.time() + settings.EVENTS_LOOK_AGAIN
    while True:
        try:
            async with asyncio.timeout(min(HEARTBEAT, max(0, looks_at - clock.time()))):
                await stream.news.wait()
        except TimeoutError:
            await _say(send, b": \n\n")
        if clock.time() >= looks_at:
            looks_at = clock.time() + settings.EVENTS_LOOK_AGAIN
            found = await _look(request)
            if isinstance(found, int):
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
            _switchboard.join(stream, found[1])
        if told := stream.take():
            await _say(send, told)


async def _say(send: Send, told: bytes) -> None:
    """Raises `TimeoutError` if the browser doesn't read: it reconnects by itself and catches up."""
    async with asyncio.timeout(SLOWEST):
        await send({"type": "http.response.body", "body": told, "more_body": True})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _end(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _headers(request: ASGIRequest) -> list[tuple[bytes, bytes]]:
    headers = [
        (b"content-type", b"text/event-stream"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
    ]
    if origin := request.headers.get("Origin", ""):
        headers += [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-credentials", b"true"),
            (b"vary", b"origin"),
        ]
    return headers


async def _look(request: ASGIRequest) -> tuple[int, set[str]] | int:
    """The person asking and their topics, or the HTTP status of a refusal."""
    return await asyncio.get_running_loop().run_in_executor(_lookers, _look_now, request)


def _look_now(request: ASGIRequest) -> tuple[int, set[str]] | int:
    try:
        if not is_ours(request) or not _is_page_of_ours(request):
            return 403
        request.session = SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
        user = get_user(request)
        if not isinstance(user, User) or not user.is_active:
            return 401
        return user.pk, _topics_of(user)
    finally:
        connection.close()


def _is_page_of_ours(request: ASGIRequest) -> bool:
    """Only this portal's pages may listen: those of the same address or, while trying out, of any port of this host."""
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    try:
        host = request.get_host()
        if not settings.EVENTS_ON_PORT:
            return origin == f"{request.scheme}://{host}"
        return urlsplit(origin).hostname == split_domain_port(host)[0].strip("[]")
    except (ValueError, DisallowedHost):
        return False


def _topics_of(user: User) -> set[str]:
    topics = {hints.OVERSEERS} if user.oversees else set()
    if extension := Person.of(user).extension:
        topics.add(hints.of_extension(extension.pk))
        topics.update(map(hints.of_queue, extension.queues.values_list("pk", flat=True)))
    return topics
