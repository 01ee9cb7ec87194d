"""What a benchmark stands on: a fresh database and a broker, for this process and all it starts."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tests.support.workers import Broker, Senders


def prepare(database: str) -> Path:
    """Sets the environment, starts a broker and migrates; gives the data folder.

    `database` is `sqlite` or `postgresql`. Call it once, before Django is touched.
    """
    home = Path(tempfile.mkdtemp(prefix="trunkline-bench-"))
    os.environ |= {
        "TRUNKLINE_HOME": str(home),
        "REDIS_URL": broker.start().url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LOG_LEVEL": "WARNING",
        "SECRET_KEY": "",
        "CREDENTIALS_KEY": "",
    }
    if database == "postgresql":
        from tests.support.postgres import start_postgres

        os.environ["DATABASE_URL"] = start_postgres()
    else:
        os.environ["DATABASE_URL"] = f"sqlite:///{home / 'bench.sqlite3'}"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    return home


def senders(home: Path, queue: str = "sending") -> Senders:
    """Sender processes of this benchmark's database and broker, not yet started; or workers of another queue."""
    return Senders(home, os.environ["DATABASE_URL"], broker.url, queue)


broker = Broker()
