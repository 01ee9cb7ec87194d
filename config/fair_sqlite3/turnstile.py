"""One writer at a time, in the order in which they came.

SQLite has writers sleep for up to 100 ms and look again whether its lock is free: under load, a few look at the
wrong moment for seconds. Here the threads of a process wait in a line, and the first of each process waits in the
kernel for a file lock, which wakes it at once.
"""

from __future__ import annotations

import fcntl
import os
import stat
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import FileIO

from django.db.utils import OperationalError

_LOCKED = "database is locked"  # as SQLite says it


class _Line:
    """The threads of this process that want to write to one database: first come, first served."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._somebody_is_first = False

    def enter(self, timeout: float) -> bool:
        """Waits until this thread is the first; False after `timeout` seconds."""
        with self._changing:
            if not self._somebody_is_first:
                self._somebody_is_first = True
                return True
            called = threading.Lock()
            called.acquire()
            self._waiting.append(called)
        was_called = False
        try:
            was_called = called.acquire(timeout=timeout)
        finally:
            if not was_called:
                with self._changing:
                    was_called = called not in self._waiting  # at the last moment
                    if not was_called:
                        self._waiting.remove(called)
        return was_called

    def leave(self) -> None:
        with self._changing:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._somebody_is_first = False


def _open_as(database: str) -> Callable[[str, int], int]:
    """An opener whose files get the owner of the database, as SQLite's own files do."""

    def opener(path: str, flags: int) -> int:
        handle = os.open(path, flags, 0o600)
        with suppress(OSError):  # somebody else's, set so by its owner
            wanted = os.stat(database)
            os.fchmod(handle, stat.S_IMODE(wanted.st_mode))
            if os.geteuid() == 0:
                os.fchown(handle, wanted.st_uid, wanted.st_gid)
        return handle

    return opener


_lines: dict[str, _Line] = {}
_lines_lock = threading.Lock()


class Turn:
    """A connection's turn to write. Belongs to one thread; `take` and `give_back` may be called again."""

    def __init__(self, database: str, timeout: float) -> None:
        """`database` is its file, beside which the lock file is made; `timeout` is in seconds."""
        self._database = database
        self._path = f"{database}-turn"
        with _lines_lock:
            self._line = _lines.setdefault(self._path, _Line())
        self._timeout = timeout
        self._file: FileIO | None = None
        self._taken = False

    def take(self) -> None:
        """Waits for the turn. Raises OperationalError if it does not come in time, or waiting is impossible.

        The first of a process's line waits for other processes as long as it takes: whoever has the turn gives it
        back at the end of its transaction, or dies. If it is stopped for good, the others in line time out.
        """
        if self._taken:
            return
        if not self._line.enter(self._timeout):
            raise OperationalError(_LOCKED)
        try:
            if self._file is None:
                self._file = FileIO(self._path, "ab", opener=_open_as(self._database))
            fcntl.flock(self._file, fcntl.LOCK_EX)
        except OSError as error:  # no permission, or no space left
            self._line.leave()
            raise OperationalError(f"the lock file can't be used: {error.strerror}") from error
        except BaseException:
            self._line.leave()
            raise
        self._taken = True

    def give_back(self) -> None:
        if self._taken and self._file is not None:
            self._taken = False
            try:
                fcntl.flock(self._file, fcntl.LOCK_UN)
            finally:
                self._line.leave()

    @contextmanager
    def held(self) -> Iterator[None]:
        """For a single statement; does nothing inside a transaction, which has the turn already."""
        if self._taken:
            yield
            return
        self.take()
        try:
            yield
        finally:
            self.give_back()

    def close(self) -> None:
        self.give_back()
        if self._file is not None:
            self._file.close()
            self._file = None
