"""Where the bytes of files are kept: Django's storage `files`, a folder unless the settings say otherwise."""

from __future__ import annotations

import datetime as dt
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.utils import timezone

_OURS = re.compile(r"\d{4}/\d\d/\d\d/[0-9a-f]{32}")


class StorageError(OSError):
    """The storage failed: a full disk, say, or a service that does not answer.

    The text is the system's, or only the kind of error: a service's own words may contain its keys.
    """


class SyncedFolder(FileSystemStorage):
    """A folder in which a saved file stays saved, whatever happens to the machine."""

    def _save(self, name: str, content: File[bytes]) -> str:
        saved: str = super()._save(name, content)  # type: ignore[misc]
        path, top = Path(self.path(saved)), Path(self.location)
        # The folders of a new day are new as well.
        for each in (path, *(folder for folder in path.parents if folder.is_relative_to(top))):
            handle = os.open(each, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        return saved


def storage() -> Storage:
    return storages["files"]


@contextmanager
def _failing_as_one(*expected: type[Exception]) -> Iterator[None]:
    try:
        yield
    except expected:
        raise
    except Exception as error:
        words = error.strerror if isinstance(error, OSError) else None
        raise StorageError(words or type(error).__name__) from None


def keep(content: BinaryIO) -> str:
    """Stores a file from its start; gives its name in the storage. Raises `StorageError`: nothing is stored, then."""
    content.seek(0)
    name = f"{timezone.now():%Y/%m/%d}/{secrets.token_hex(16)}"
    wrapped: File[Any] = File(content, name=name)
    try:
        with _failing_as_one():
            return storage().save(name, wrapped)
    except BaseException:
        with suppress(Exception):  # a full disk must not stay full of half-stored files
            storage().delete(name)
        raise


def drop(name: str) -> None:
    """Removes a stored file; it may be gone already. Raises `StorageError`."""
    if name:
        with suppress(FileNotFoundError), _failing_as_one(FileNotFoundError):
            storage().delete(name)


def open_kept(name: str) -> BinaryIO:
    """A stored file's bytes. Raises `FileNotFoundError` or `StorageError`."""
    with _failing_as_one(FileNotFoundError):
        opened = cast(BinaryIO, storage().open(name))
        opened.seek(0)  # remote storage fetches it now, and fails here if at all
        return opened


def has_room(size: int) -> bool:
    """Whether so many bytes are free, as far as is known: remote storage always has room."""
    found = storage()
    if not isinstance(found, FileSystemStorage):
        return True
    location = Path(found.location)
    location.mkdir(parents=True, exist_ok=True, mode=0o700)
    return shutil.disk_usage(location).free >= size


def exists(name: str) -> bool:
    """Whether a file is stored under this name. Raises `StorageError`."""
    with _failing_as_one():
        return storage().exists(name)


def older_than(age: dt.timedelta, folder: str = "") -> Iterator[str]:
    """The names of our files stored longer ago than this. Raises `StorageError`."""
    before = timezone.now() - age
    try:
        with _failing_as_one(FileNotFoundError):
            folders, files = storage().listdir(folder)
    except FileNotFoundError:
        return
    for name in folders:
        yield from older_than(age, f"{folder}{name}/")
    for name in files:
        with suppress(FileNotFoundError):
            if _OURS.fullmatch(f"{folder}{name}") and _stored_at(f"{folder}{name}") < before:
                yield f"{folder}{name}"


def _stored_at(name: str) -> dt.datetime:
    with _failing_as_one(FileNotFoundError):
        return storage().get_modified_time(name)
