"""The files of the phones' messages, on disk: what came of each, and room for so many bytes."""

from __future__ import annotations

import itertools
import re
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

KEPT_BYTES = 500_000_000  # of all messages together
_PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_PLAYED = re.compile(r"(audio|video)/[a-z0-9.+-]+")


class FileState(StrEnum):
    """What has become of a file."""

    WAITING = "waiting"
    DOWNLOADING = "downloading"
    DOWNLOADED = "downloaded"
    FAILED = "failed"
    NOT_DOWNLOADED = "not_downloaded"  # and will not be
    OWN = "own"  # the customer's


@dataclass(slots=True)
class PhoneFile:
    """A file of a message. `status` and `content_type` are as answered, `size` is of the bytes that came.

    `path` is where the bytes are; None before they are all there, and once they are dropped.
    """

    message_id: int
    position: int  # in its message, from 0
    name: str
    address: str = ""
    state: FileState = FileState.WAITING
    status: int | None = None
    content_type: str = ""
    size: int = 0
    sha256: str = ""
    problem: str = ""
    path: Path | None = None

    @property
    def media_type(self) -> str:
        """The content type without its parameters, in small letters."""
        return self.content_type.partition(";")[0].strip().lower()

    @property
    def shown_as(self) -> str:
        """How a phone shows it: picture, audio or video; "" for what it only keeps."""
        if self.media_type in _PICTURES:
            return "picture"
        match = _PLAYED.fullmatch(self.media_type)
        return match[1] if match else ""

    def as_json(self) -> dict[str, Any]:
        """As the control API shows it; `link` gives the bytes while they are `kept`."""
        return {
            "position": self.position,
            "name": self.name,
            "address": self.address,
            "state": self.state,
            "status": self.status,
            "content_type": self.content_type,
            "shown_as": self.shown_as,
            "size": self.size,
            "sha256": self.sha256,
            "problem": self.problem,
            "kept": self.path is not None,
            "link": f"/control/phone/files/{self.message_id}/{self.position}",
        }


def name_in(address: str) -> str:
    """The file's name as an address ends with it; "" where it has none."""
    return unquote(urlsplit(address).path.rpartition("/")[2])


class FileStore:
    """Bytes in a temporary folder. Beyond the limit the oldest files are dropped."""

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self._limit = limit
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._names = itertools.count()
        self._kept: deque[PhoneFile] = deque()
        self._total = 0

    @contextmanager
    def writing(self, file: PhoneFile) -> Iterator[Callable[[bytes], None]]:
        """A function that appends to the file. The bytes are kept once the block ends without an error."""
        path = self._new_path()
        digest = sha256()
        try:
            with path.open("xb") as output:

                def write(piece: bytes) -> None:
                    output.write(piece)
                    digest.update(piece)
                    file.size += len(piece)
                    self._total += len(piece)
                    self._make_room()

                yield write
        except BaseException:
            path.unlink(missing_ok=True)
            self._total -= file.size
            raise
        file.path, file.sha256 = path, digest.hexdigest()
        self._kept.append(file)

    def drop(self, file: PhoneFile) -> None:
        """Remove a file's bytes, if there are any."""
        if file.path is not None:
            self._kept.remove(file)
            self._remove(file)

    def clear(self) -> None:
        """Remove all that is kept."""
        while self._kept:
            self._remove(self._kept.popleft())

    def close(self) -> None:
        """Remove everything, the folder too."""
        self.clear()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _make_room(self) -> None:
        while self._total > self._limit and self._kept:
            self._remove(self._kept.popleft())

    def _remove(self, file: PhoneFile) -> None:
        if file.path is not None:
            file.path.unlink(missing_ok=True)
            file.path = None
            self._total -= file.size

    def _new_path(self) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="apidaze-simulator-")
        return Path(self._folder.name) / str(next(self._names))
