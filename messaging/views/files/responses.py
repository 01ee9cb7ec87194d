"""Answers that are files: the whole of one or a part, and never anything that a browser runs.

A small answer is handed to the web server in one piece, and the thread is free. A large one takes the thread for
as long as its reader likes, so it takes a place too, and there are fewer of these than threads.
"""

from __future__ import annotations

import hashlib
import logging
from typing import Any, BinaryIO

from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from messaging.files import storage
from messaging.files.types import UNKNOWN, clean_name
from messaging.models import Attachment
from messaging.models.attachments import AUDIO, SHOWN_INLINE, VIDEO
from messaging.thread_limits import Places
from messaging.views.files.byte_range import Part, UnsatisfiableError, part_of

logger = logging.getLogger(__name__)

FROM_MEMORY = 1024 * 1024  # bytes: what is larger takes a place
BLOCK = 64 * 1024
TRY_AGAIN = 2  # seconds
FOR_PEOPLE, FOR_ITSPS = Places(), Places()


def file_response(
    request: HttpRequest,
    found: Attachment,
    places: Places,
    whose: int,
    *,
    download: bool = False,
    in_parts: bool = False,
) -> HttpResponseBase:
    """A stored file, or the one part of it that is asked for (206, 416); for download unless it is harmless.

    `whose` place of `places` a large one takes: a person's or a link's.
    `in_parts`: a player that asks for all the rest gets the beginning of it, and asks on. 410 if the bytes are gone,
    503 if the storage fails or no place is free.
    """
    inline = not download and found.content_type in SHOWN_INLINE
    headers = _headers(found, inline=inline)
    try:
        part = _asked_for(request, found, headers["ETag"])
    except UnsatisfiableError:
        return _text(416, "", {"Content-Range": f"bytes */{found.size}"})
    if part and part.is_open and in_parts and inline and found.content_type in AUDIO | VIDEO:
        part = part.at_most(
            FROM_MEMORY
        )  # where it is paused it stops reading, for as long as the page is open
    if part:
        headers["Content-Range"] = part.content_range
    asked = part or Part(0, found.size - 1, found.size)
    headers["Content-Length"] = str(asked.length)
    if request.method == "HEAD":
        return HttpResponse(headers=headers)
    return _opened(found, asked, (places, whose), {"status": 206 if part else 200, "headers": headers})


def preview_response(found: Attachment) -> HttpResponse:
    """The small version of a picture. 410 if it is gone, 503 if the storage fails."""
    headers = _headers(found, inline=True) | {"Content-Type": "image/jpeg", "Accept-Ranges": "none"}
    del headers["ETag"]
    try:
        with storage.open_kept(found.preview) as opened:
            return HttpResponse(opened.read(), headers=headers)
    except OSError as error:
        return _not_opened(found, error)


def gone() -> HttpResponse:
    """410: the time of this file is over."""
    return _text(410, _("File expired"))


def try_again(sentence: str) -> HttpResponse:
    """503: what can't be answered now, with the seconds after which to ask again."""
    return _text(503, sentence, {"Retry-After": str(TRY_AGAIN)})


def _opened(
    found: Attachment, part: Part, place: tuple[Places, int], options: dict[str, Any]
) -> HttpResponseBase:
    try:
        if part.length <= FROM_MEMORY:
            with storage.open_kept(found.file) as opened:
                opened.seek(part.first)
                return HttpResponse(opened.read(part.length), **options)
        places, whose = place
        if places.take(whose):
            return StreamingHttpResponse(_Blocks(found.file, part, place), **options)
    except OSError as error:
        return _not_opened(found, error)
    return try_again(_("Too many large files are being sent right now. Try again in a few seconds."))


class _Blocks:
    """A part of a stored file in blocks; at the end the place is given back, which the caller has taken.

    The end is `close()`, which the web server calls also when the reader has gone. Where something between it and
    the view fails it is not called, and the last reference ends it. Raises `OSError`.
    """

    def __init__(self, stored: str, part: Part, place: tuple[Places, int]) -> None:
        self._place, self._left = place, part.length
        self._has_begun = self._is_closed = False
        self._opened: BinaryIO | None = None
        try:
            self._opened = storage.open_kept(stored)
            self._opened.seek(part.first)
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> _Blocks:
        return self

    def __next__(self) -> bytes:
        if not self._has_begun:
            self._has_begun = True
            _let_go_of_the_database()
        block: bytes = self._opened.read(min(BLOCK, self._left)) if self._opened else b""
        if not block:
            raise StopIteration
        self._left -= len(block)
        return block

    def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        places, whose = self._place
        places.give_back(whose)
        if self._opened is not None:
            self._opened.close()

    __del__ = close


def _let_go_of_the_database() -> None:
    """A reader may take minutes, and the pool has few connections. A test's transaction needs its own."""
    if not connection.in_atomic_block:
        connection.close()


def _asked_for(request: HttpRequest, found: Attachment, etag: str) -> Part | None:
    """The part that a GET asks for, unless it asks for one of another file than this."""
    if request.method != "GET" or request.headers.get("If-Range", etag) != etag:
        return None
    return part_of(request.headers.get("Range", ""), found.size)


def _headers(found: Attachment, *, inline: bool) -> dict[str, str]:
    name = clean_name(found.name, found.content_type)
    # The name in the storage is random and never used again; who fetches the file need not know it.
    etag = hashlib.sha256(found.file.encode()).hexdigest()[:32]
    return {
        "Content-Type": found.content_type or UNKNOWN,
        "Content-Disposition": content_disposition_header(not inline, name) or "attachment",
        "ETag": f'"{etag}"',
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }


def _not_opened(found: Attachment, error: OSError) -> HttpResponse:
    if isinstance(error, FileNotFoundError):  # purged at this instant
        return gone()
    logger.error("file %s could not be read: %s", found.pk, error)
    return try_again(_("The file can't be read right now. Try again in a few seconds."))


def _text(status: int, sentence: str, headers: dict[str, str] | None = None) -> HttpResponse:
    response = HttpResponse(sentence and f"{sentence}\n", status=status, headers=headers)
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
