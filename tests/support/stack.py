"""The whole of Trunkline as real processes, for tests that look at it from outside."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg.sql import SQL, Identifier

PROJECT = Path(__file__).resolve().parents[2]
UP = "Trunkline is running."
UP_SECONDS = 120
END_SECONDS = 60


@dataclass(frozen=True)
class Urls:
    """Where a stack answers."""

    web: str
    simulator: str

    @property
    def portal(self) -> str:
        return f"{self.web}/portal/"

    @property
    def inbox(self) -> str:
        return f"{self.web}/inbox/"

    @property
    def health(self) -> str:
        return f"{self.web}/health/"


class Stack:
    """What `make run` starts, on free ports of this machine and with a data folder of its own.

    Its database is a fresh one of the kind that the tests run on, unless one is named. `settings` are further
    settings for its environment. Start it again after `stop()` and it has the same ports and data.
    """

    def __init__(self, home: Path, database_url: str = "", **settings: str) -> None:
        self.home = home
        self.port, self.simulator_port, self.broker_port, self.events_port = free_ports(4)
        self.urls = Urls(f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.simulator_port}")
        self.launcher: subprocess.Popen[bytes] | None = None
        self.database_url = database_url or fresh_database(home)
        self._terminal = home.parent / f"{home.name}-{self.port}-terminal.txt"
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "TRUNKLINE_HOME": str(home),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": "",
            "DEBUG": "1",
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "EVENTS_PORT": str(self.events_port),
            "SIMULATOR_PORT": str(self.simulator_port),
            "BROKER_PORT": str(self.broker_port),
            **settings,
        }

    def launch(self) -> subprocess.Popen[bytes]:
        """Starts it and returns at once."""
        with self._terminal.open("wb") as terminal:
            self.launcher = subprocess.Popen(
                [sys.executable, "-m", "config.launch"],
                cwd=PROJECT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=terminal,
                stderr=subprocess.STDOUT,
            )
        return self.launcher

    def start(self) -> Stack:
        """Starts it and waits until everything answers."""
        launcher = self.launch()
        deadline = time.monotonic() + UP_SECONDS
        while UP not in self.terminal():
            if launcher.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise AssertionError(f"The stack did not come up:\n{self.terminal()}")
            time.sleep(0.1)
        return self

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ends it as Ctrl-C does; the launcher's exit code."""
        assert self.launcher is not None
        if self.launcher.poll() is None:
            self.launcher.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Waits for its end; the launcher's exit code."""
        assert self.launcher is not None
        try:
            return self.launcher.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.launcher.kill()
            raise

    @property
    def sign_in(self) -> dict[str, str]:
        """The demo's passwords by the name to sign in with."""
        lines = (self.home / "demo-sign-in.txt").read_text().splitlines()
        return dict(line.split() for line in lines)

    def terminal(self) -> str:
        """What the person who started it sees."""
        return self._terminal.read_text(errors="replace")

    def logs(self) -> str:
        """What all processes have said since the data folder was made."""
        files = sorted(self.home.glob("logs/trunkline.log*"))
        return "".join(file.read_text(errors="replace") for file in files)

    def processes(self) -> dict[int, str]:
        """Everything that runs with this data folder, but the launcher: command lines by process id."""
        marker = f"TRUNKLINE_HOME={self.home}".encode()
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                mine = marker in (folder / "environ").read_bytes().split(b"\0")
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:  # it ended while we looked
                continue
            if mine and command and not (self.launcher and int(folder.name) == self.launcher.pid):
                found[int(folder.name)] = command
        return found

    def process(self, words: str) -> int:
        """The id of the first process whose command line has these words."""
        return min(pid for pid, command in self.processes().items() if words in command)


def fresh_database(home: Path) -> str:
    """The address of an empty database: in the data folder, or on the PostgreSQL server of this test run."""
    if os.environ.get("TEST_DATABASE") != "postgresql":
        return f"sqlite:///{home / 'trunkline.sqlite3'}"
    server = urlsplit(os.environ["DATABASE_URL"])
    name = f"stack_{secrets.token_hex(6)}"
    with psycopg.connect(server.geturl(), autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    return server._replace(path=f"/{name}").geturl()


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nothing listens on."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def is_listening(port: int) -> bool:
    """Whether something listens on that port of 127.0.0.1."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
