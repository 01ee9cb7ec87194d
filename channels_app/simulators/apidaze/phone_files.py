"""The files of the phones over HTTP: a customer's own come in, and all of them can be looked at.

What a business sent may be anything, so a browser shows pictures, sound and films only, and runs nothing.
"""

from __future__ import annotations

import base64
import itertools
import mimetypes
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from .faults import BadControlError
from .files import FileState, FileStore, PhoneFile
from .phone import Phone

LARGEST_UPLOAD = 120 * 1024 * 1024  # more than a message may have, to try what is refused
PIECE = 64 * 1024
_HEADERS = {
    "Accept-Ranges": "bytes",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; "
    "style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class PhoneFiles:
    """Takes the customer's own files and gives out those of messages."""

    def __init__(self, phone: Phone, store: FileStore) -> None:
        self._phone = phone
        self._store = store
        self._numbers = itertools.count(1)
        self._uploads: dict[int, PhoneFile] = {}

    async def upload(self, request: web.Request) -> web.Response:
        """Keep a file until the customer sends it; gives its `upload` number.

        Its type must be said: no foreign web page can do that without being allowed to.
        """
        if request.content_type != "application/octet-stream":
            raise BadControlError("Content-Type must be application/octet-stream")
        file = _own(request.query.get("name") or "file")
        with self._store.writing(file) as write:
            async for piece in request.content.iter_chunked(PIECE):
                write(piece)
                if file.size > LARGEST_UPLOAD:
                    raise BadControlError(f"the file is larger than {LARGEST_UPLOAD} bytes")
        number = next(self._numbers)
        self._uploads[number] = file
        return web.json_response({"upload": number, "name": file.name, "size": file.size})

    async def show(self, request: web.Request) -> web.StreamResponse:
        """The bytes of a file of a message."""
        numbers = request.match_info
        file = self._phone.file(int(numbers["message_id"]), int(numbers["position"]))
        if file is None or file.path is None:
            return web.json_response({"error": "This file is not kept"}, status=404)
        if file.shown_as:
            headers = {"Content-Type": file.media_type}
        else:
            name = quote(file.name or "file", safe="", errors="replace")
            headers = {
                "Content-Type": "application/octet-stream",
                "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            }
        return await _stream(request, file.path, file.size, {**_HEADERS, **headers})

    def uploaded(self, numbers: object) -> list[PhoneFile]:
        """Uploaded files by their numbers, each given once; raises BadControlError."""
        if not isinstance(numbers, list) or not all(
            isinstance(number, int) and number in self._uploads for number in numbers
        ):
            raise BadControlError("uploads must be numbers of files that were uploaded and not sent yet")
        return [self._uploads.pop(number) for number in dict.fromkeys(numbers)]

    def decoded(self, contents: object) -> list[PhoneFile]:
        """Files out of their base64 by their names; raises BadControlError."""
        if not isinstance(contents, dict) or not all(isinstance(text, str) for text in contents.values()):
            raise BadControlError("files must be contents in base64 by their names")
        return list(self._store_all(_bytes_of(contents)))

    def forget(self) -> None:
        """Drop what was uploaded and not sent."""
        for file in self._uploads.values():
            self._store.drop(file)
        self._uploads.clear()

    def _store_all(self, contents: Mapping[str, bytes]) -> Iterable[PhoneFile]:
        for name, content in contents.items():
            file = _own(name)
            with self._store.writing(file) as write:
                write(content)
            yield file


async def _stream(
    request: web.Request, path: Path, size: int, headers: Mapping[str, str]
) -> web.StreamResponse:
    """The bytes, or the part that was asked for.

    Not aiohttp's FileResponse: where the client leaves early, its way through `sendfile` ends in a traceback.
    """
    try:
        start, stop, _ = request.http_range.indices(size)
    except ValueError:
        start, stop = 0, size
    if "Range" in request.headers and start >= stop:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    response = web.StreamResponse(headers=headers)
    response.content_length = stop - start
    if "Range" in request.headers:
        response.set_status(206)
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    with path.open("rb") as content:
        content.seek(start)
        await response.prepare(request)
        while piece := content.read(min(PIECE, stop - start)):
            await response.write(piece)
            start += len(piece)
    return response


def _own(name: str) -> PhoneFile:
    content_type = mimetypes.guess_type(name, strict=False)[0] or ""
    return PhoneFile(0, 0, name, state=FileState.OWN, content_type=content_type)


def _bytes_of(contents: Mapping[str, str]) -> dict[str, bytes]:
    try:
        return {name: base64.b64decode(text, validate=True) for name, text in contents.items()}
    except ValueError:
        raise BadControlError("files must be contents in base64 by their names") from None
