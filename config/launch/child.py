"""One running process: its output in lines, and how it is ended."""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import signal
import subprocess
import sys
import time
from typing import cast

from config.launch.environment import PROJECT
from config.launch.processes import Process

READ_BYTES = 65536
PR_SET_PDEATHSIG = 1  # prctl(2)
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class Child:
    """A process that was started, in a session of its own.

    So Ctrl-C at the terminal reaches the launcher only, and the process gets one SIGTERM, however often the
    keys are pressed: a second signal would make a Celery worker drop what it is handing over.
    """

    def __init__(self, process: Process, environment: dict[str, str]) -> None:
        self.process = process
        self.is_up = False
        self._popen = subprocess.Popen(  # noqa: S603
            process.command,
            cwd=PROJECT,
            env=environment | dict(process.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
            preexec_fn=_end_with_launcher,
        )
        self.output = cast(io.FileIO, self._popen.stdout)
        self._unfinished_line = b""
        self._kill_at = float("inf")

    def read_lines(self) -> list[str] | None:
        """The whole lines that have come; waits for output; None once there will be no more."""
        read = self.output.read(READ_BYTES)
        if not read:
            rest, self._unfinished_line = self._unfinished_line, b""
            return [rest.decode(errors="replace")] if rest else None
        *lines, self._unfinished_line = (self._unfinished_line + read).split(b"\n")
        return [line.decode(errors="replace") for line in lines]

    @property
    def exit_code(self) -> int | None:
        """None while it runs, negative for a signal. What it left running is killed with it."""
        if self._popen.returncode is None and self._popen.poll() is not None:
            self._kill_group()
        return self._popen.returncode

    def end(self) -> None:
        """Asks it to end, once; from now on its patience counts."""
        if self.exit_code is None and self._kill_at == float("inf"):
            self._popen.terminate()
            self._kill_at = time.monotonic() + self.process.patience

    def kill_if_overdue(self) -> None:
        """Kills it where its patience is over."""
        if time.monotonic() > self._kill_at:
            self._kill_group()

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGKILL)


def _end_with_launcher() -> None:
    """Has Linux send SIGTERM when the launcher itself is killed; elsewhere the process would live on."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
