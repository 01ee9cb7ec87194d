"""Webhooks while the web server, the broker and the database are each killed with -9 once and started again."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import psycopg

from tests.benchmarks import load
from tests.support.postgres import Postgres
from tests.support.stack import PROJECT, free_ports
from tests.support.workers import Broker, wait_for_port


class Web:
    """A real web server with two workers on a port of its own."""

    def __init__(self, home: Path, database_url: str, broker_url: str) -> None:
        [self.port] = free_ports(1)
        self.environment = os.environ | {
            "TRUNKLINE_HOME": str(home),
            "DATABASE_URL": database_url,
            "REDIS_URL": broker_url,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PORT": str(self.port),
            "LOG_LEVEL": "CRITICAL",
        }

    def manage(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=PROJECT, env=self.environment, check=True
        )

    def start(self) -> None:
        command = f"-m granian --interface wsgi --host 127.0.0.1 --port {self.port} --workers 2"
        command += (
            " --blocking-threads 20 --workers-kill-timeout 3 --log-level critical config.wsgi:application"
        )
        self.process = subprocess.Popen(
            [sys.executable, *command.split()], cwd=PROJECT, env=self.environment, start_new_session=True
        )
        wait_for_port(self.port)

    def kill(self) -> None:
        """Kills the server and its workers at the same instant."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def run(home: Path, database: str, requests: int, pause: float = 2.0) -> dict[str, float]:
    """Sends this many messages through all three kills; counts what was answered 200 and what is stored."""
    server = Postgres().start() if database == "postgresql" else None
    database_url = server.url if server else f"sqlite:///{home / 'crash.sqlite3'}"
    broker = Broker().start()
    web = Web(home, database_url, broker.url)
    web.manage("migrate", "--verbosity", "0")
    web.manage("demo_data")
    hook = json.loads((home / "demo-simulator.json").read_text())["phone"]["webhook_url"]
    web.start()
    results: list[load.Load] = []
    sending = threading.Thread(target=lambda: results.append(load.run(hook, requests, "+14102161183")))
    sending.start()
    try:
        for victim in [web, broker, *([server] if server else [])]:
            time.sleep(pause)
            victim.kill()
            victim.start()
        sending.join()
    finally:
        web.kill()
        broker.kill()
    stored = Counter(_texts(database_url))
    answered = Counter(results[0].stored)
    if server:
        server.stop()
    return {
        "answered 200": len(answered),
        "most missing": sum(1 for text in answered if not stored[text]),
        "twice": sum(1 for text in stored if stored[text] > 1),
        "refused or unanswered": sum(count for status, count in results[0].statuses.items() if status != 200),
    }


def _texts(database_url: str) -> list[str]:
    query = "SELECT text FROM messaging_message"
    if database_url.startswith("sqlite"):
        with sqlite3.connect(database_url.removeprefix("sqlite:///")) as connection:
            return [text for (text,) in connection.execute(query)]
    with psycopg.connect(database_url) as connection:
        return [text for (text,) in connection.execute(query).fetchall()]
