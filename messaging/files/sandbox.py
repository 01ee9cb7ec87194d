"""Runs a program on a file in a sandboxed process of its own: whatever the file does to it stays there.

The child starts from this very file, isolated: the standard library and what is installed, nothing of the project,
nothing of our environment, no open file but its input and its output.
"""

from __future__ import annotations

import math
import os
import resource
import runpy
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True)
class Limits:
    """`memory` (address space) and `output` (what it may write) are in bytes; `seconds` are of wall-clock time."""

    memory: int
    cpu_seconds: int
    seconds: float
    output: int


class DiedError(Exception):
    """The program crashed, or was ended at a limit."""


def run(program: Path, content: BinaryIO, limits: Limits) -> bytes:
    """What the program writes for a content, which must be a real file: it becomes its standard input.

    Raises `DiedError`, or `OSError` if this machine can't start a process.
    """
    content.seek(0)
    alarm = math.ceil(limits.seconds) + 1
    numbers = (limits.memory, limits.cpu_seconds, limits.output, alarm)
    command = [sys.executable, "-I", "-B", __file__, *map(str, numbers), str(program)]
    # A file, not a pipe: nobody has to read while it writes, and the kernel enforces the limit.
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(  # noqa: S603
            command, stdin=content, stdout=out, env={}, cwd="/", start_new_session=True
        )
        try:
            code = child.wait(limits.seconds)
        except subprocess.TimeoutExpired:
            raise DiedError(f"took longer than {limits.seconds:g} s") from None
        finally:
            child.kill()
            child.wait()
        if code:
            raise DiedError(f"ended by signal {-code}" if code < 0 else f"ended with {code}")
        out.seek(0)
        return out.read(limits.output)


def _confine(memory: int, cpu_seconds: int, output: int, alarm: int) -> None:
    os.nice(5)
    with suppress(OSError):  # Linux only: the first to be killed if memory runs out
        Path("/proc/self/oom_score_adj").write_text("1000")
    signal.alarm(alarm)  # ends it even if its parent is gone
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, output),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    _confine(*map(int, sys.argv[1:5]))
    runpy.run_path(sys.argv[5], run_name="__main__")
