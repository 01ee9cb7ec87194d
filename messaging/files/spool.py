"""The spool folder: webhook bodies that carry files, on disk before the webhook is answered."""

from __future__ import annotations

import datetime as dt
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO, cast

from django.conf import settings

MEMORY_LIMIT = 256 * 1024  # bytes; a larger body is never held in memory
CHUNK = 64 * 1024


class BodyCutShortError(Exception):
    """The sender announced more bytes than it sent."""


@contextmanager
def received_body(source: IO[bytes], length: int) -> Iterator[BinaryIO]:
    """The whole body of `length` bytes as a seekable stream, in memory or, if it is large, in a file.

    Raises `BodyCutShortError` if it ends before, `OSError` if the disk is full.
    """
    folder = _folder()
    with tempfile.SpooledTemporaryFile(max_size=MEMORY_LIMIT, dir=str(folder)) as body:
        missing = length
        while missing > 0:
            chunk = source.read(min(CHUNK, missing))
            if not chunk:
                raise BodyCutShortError
            body.write(chunk)
            missing -= len(chunk)
        body.seek(0)
        yield cast(BinaryIO, body)


def keep(body: BinaryIO) -> str:
    """Stores a body and returns its name; it is on disk, synced, before this returns."""
    folder = _folder()
    name = f"{secrets.token_hex(16)}.body"
    draft = folder / f"{name}.part"
    body.seek(0)
    try:
        with draft.open("xb") as file:
            while chunk := body.read(CHUNK):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(folder / name)
    except BaseException:
        draft.unlink(missing_ok=True)  # a full disk must not stay full of half-stored files
        raise
    _sync_folder(folder)
    return name


def open_kept(name: str) -> BinaryIO:
    """A stored body. Raises `FileNotFoundError`, also if the whole folder is missing at the moment."""
    return (Path(settings.SPOOL_FOLDER) / name).open("rb")


def drop(name: str) -> None:
    """Removes a stored body; it may be gone already."""
    (Path(settings.SPOOL_FOLDER) / name).unlink(missing_ok=True)


def older_than(age: dt.timedelta) -> list[str]:
    """The names of stored bodies, whole or not, that were written longer ago."""
    before = time.time() - age.total_seconds()
    names = []
    with os.scandir(_folder()) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # dropped at this moment
                if entry.name.endswith((".body", ".part")) and entry.stat().st_mtime < before:
                    names.append(entry.name)
    return names


def _folder() -> Path:
    folder = Path(settings.SPOOL_FOLDER)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
