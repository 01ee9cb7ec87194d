"""One writer at a time, in the order in which they came.

SQLite lets those who wait for its write lock sleep, up to 100 ms each time, and look again: under load a few look
at the wrong moment for seconds. Here the threads of a process stand in a line, and the first of each process
waits in the kernel for a lock on a file, which wakes it at once.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO

from django.db.utils import OperationalError

_LOCKED = "database is locked"  # as SQLite says it


class _Line:
    """The threads of this process that want to write to one database, first come, first served."""

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
        if called.acquire(timeout=timeout):
            return True
        with self._changing:
            if called not in self._waiting:  # called at the last moment
                return True
            self._waiting.remove(called)
            return False

    def leave(self) -> None:
        with self._changing:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._somebody_is_first = False


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


_lines: dict[str, _Line] = {}
_lines_lock = threading.Lock()


class Turn:
    """A connection's turn to write. Belongs to one thread; `take` and `give_back` may be called again."""

    def __init__(self, path: str, timeout: float) -> None:
        """`path` is the lock file, made if missing; `timeout` is in seconds."""
        with _lines_lock:
            self._line = _lines.setdefault(path, _Line())
        self._path = path
        self._timeout = timeout
        self._file: FileIO | None = None
        self._taken = False

    def take(self) -> None:
        """Waits for the turn. Raises OperationalError if it does not come in time."""
        if self._taken:
            return
        deadline = time.monotonic() + self._timeout
        if not self._line.enter(self._timeout):
            raise OperationalError(_LOCKED)
        try:
            if self._file is None:
                self._file = FileIO(self._path, "ab", opener=_open_private)
            # Without a time-out of its own: whoever holds it gives it back with its transaction, or dies.
            fcntl.flock(self._file, fcntl.LOCK_EX)
            if time.monotonic() > deadline:
                fcntl.flock(self._file, fcntl.LOCK_UN)
                raise OperationalError(_LOCKED)
        except BaseException:
            self._line.leave()
            raise
        self._taken = True

    def give_back(self) -> None:
        if self._taken and self._file is not None:
            self._taken = False
            fcntl.flock(self._file, fcntl.LOCK_UN)
            self._line.leave()

    @contextmanager
    def held(self) -> Iterator[None]:
        """For a single statement; inside a transaction, which has the turn already, it changes nothing."""
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
