"""The real events process on the database of a test, as the launcher starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.stack import PROJECT
from tests.support.workers import wait_for_port


class EventsProcess:
    """Passes hints of the broker at `broker_url` on, on `port`; whose cookie is whose as `environment` signs them."""

    def __init__(self, home: Path, port: int, environment: dict[str, str]) -> None:
        self.port = port
        self._log = home / "events.log"
        self._environment = environment

    def start(self) -> EventsProcess:
        command = [sys.executable, "-m", "granian", "--interface", "asgi", "--http", "1", "--no-ws"]
        command += ["--host", "127.0.0.1", "--port", str(self.port), "--workers-kill-timeout", "3"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "config.asgi:application"],
                cwd=PROJECT,
                env=os.environ | self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_for_port(self.port)
        return self

    def kill(self) -> None:
        """As a crash does: the process and its worker at once."""
        os.killpg(self._process.pid, 9)
        self._process.wait()

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(20)

    def processes(self) -> list[int]:
        """The ids of the process and of its worker."""
        pid = self._process.pid
        return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]

    def streams(self) -> int:
        """How many connections it has."""
        end = f":{self.port:04X}"
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(row[1].endswith(end) and row[3] == "01" for row in rows)
