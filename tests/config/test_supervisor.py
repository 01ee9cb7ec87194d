"""The launcher's supervisor, over small processes: whatever ends one, nothing is left, and it is said which."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stack import PROJECT

pytestmark = pytest.mark.once
NAMES = ["sender", "web", "broker"]


class Launched:
    """The program, and what runs with its mark."""

    def __init__(self, folder: Path) -> None:
        self.mark = f"TINY_PROCESSES={uuid.uuid4()}"
        name, value = self.mark.split("=")
        self.program = subprocess.Popen(
            [sys.executable, "-m", "tests.config.tiny_processes", str(folder)],
            cwd=PROJECT,
            env=os.environ | {name: value, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        self.said = ""

    def read_until(self, words: str) -> None:
        assert self.program.stdout is not None
        for line in self.program.stdout:
            self.said += line
            if words in line:
                return
        raise AssertionError(self.said)

    def rest(self) -> int:
        """Reads on to the end; the exit code."""
        assert self.program.stdout is not None
        self.said += self.program.stdout.read()
        return self.program.wait(20)

    def pid_of(self, name: str) -> int:
        found = re.search(rf"{name}\b.*up (\d+)", self.said)
        assert found, self.said
        return int(found[1])

    def left(self) -> list[str]:
        """What still runs of it, after a moment."""
        deadline = time.monotonic() + 10
        while (running := self._running()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return running

    def _running(self) -> list[str]:
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                is_ours = self.mark.encode() in (folder / "environ").read_bytes().split(b"\0")
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:  # it ended while we looked
                continue
            if is_ours and command:
                found.append(command)
        return found


@pytest.fixture
def launched(tmp_path: Path) -> Iterator[Launched]:
    launched = Launched(tmp_path)
    launched.read_until("All are up.")
    yield launched
    if launched.program.poll() is None:
        launched.program.terminate()
        launched.program.wait(20)


@pytest.mark.parametrize("name", NAMES)
def test_when_one_process_dies_all_end_and_it_is_named(launched: Launched, name: str) -> None:
    os.kill(launched.pid_of(name), signal.SIGKILL)
    assert launched.rest() == 1
    assert f"{name} has stopped by itself (signal SIGKILL), so everything is being stopped." in launched.said
    assert launched.left() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_end_it_leaves_nothing(launched: Launched, number: signal.Signals) -> None:
    launched.program.send_signal(number)
    assert launched.rest() == 0
    assert launched.left() == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's end")
def test_a_killed_launcher_takes_everything_along(launched: Launched) -> None:
    launched.program.kill()
    launched.rest()
    # What a process has started itself is its own to end: granian and Celery do.
    waited_until = time.monotonic() + 10
    while children := [name for name in NAMES if Path(f"/proc/{launched.pid_of(name)}/status").exists()]:
        assert time.monotonic() < waited_until, children
        time.sleep(0.05)
    for folder in Path("/proc").glob("[0-9]*"):
        _end_if_marked(folder, launched.mark)


def _end_if_marked(folder: Path, mark: str) -> None:
    try:
        if mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
            os.kill(int(folder.name), signal.SIGKILL)
    except OSError:
        return
