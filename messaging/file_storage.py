"""Where the bytes of files are: Django's file storage `files`, a folder unless the settings say otherwise."""

from __future__ import annotations

import datetime as dt
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.utils import timezone


class SyncedFolder(FileSystemStorage):
    """A folder in which a file that was saved stays, whatever happens to the machine."""

    def _save(self, name: str, content: File[bytes]) -> str:
        saved: str = super()._save(name, content)  # type: ignore[misc]
        path = Path(self.path(saved))
        for each in (path, path.parent):
            handle = os.open(each, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        return saved


def storage() -> Storage:
    return storages["files"]


def keep(content: BinaryIO) -> str:
    """Stores a file from its start; gives its name in the storage. Raises `OSError`, or what the storage raises."""
    content.seek(0)
    name = f"{timezone.now():%Y/%m/%d}/{secrets.token_hex(16)}"
    wrapped: File[Any] = File(content, name=name)
    return storage().save(name, wrapped)


def drop(name: str) -> None:
    """Removes a stored file; it may be gone already."""
    if name:
        storage().delete(name)


def older_than(age: dt.timedelta, folder: str = "") -> Iterator[str]:
    """The names of files that were stored longer ago."""
    before = timezone.now() - age
    try:
        folders, files = storage().listdir(folder)
    except FileNotFoundError:
        return
    for name in folders:
        yield from older_than(age, f"{folder}{name}/")
    for name in files:
        with suppress(FileNotFoundError):
            if storage().get_modified_time(f"{folder}{name}") < before:
                yield f"{folder}{name}"
