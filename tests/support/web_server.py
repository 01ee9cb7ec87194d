"""The real web process on the database of a test, with one worker, as the launcher starts it."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from django.conf import settings
from django.db import connection

from config.launch.environment import Environment, Port
from config.launch.processes import processes
from tests.support.stack import PROJECT, free_ports
from tests.support.workers import wait_for_port


class WebServer:
    """It keeps its files below `home`, and its sessions are signed as this process signs them."""

    def __init__(self, home: Path, **more: str) -> None:
        [self.port] = free_ports(1)
        self.origin = f"http://127.0.0.1:{self.port}"
        self.home = home
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": database_url(),
            "TRUNKLINE_HOME": str(home),
            "SECRET_KEY": settings.SECRET_KEY,
            "CREDENTIALS_KEY": ",".join(settings.CREDENTIALS_KEYS),
            "MALLOC_ARENA_MAX": "2",
            **more,
        }

    def __enter__(self) -> WebServer:
        self._log = (self.home / "web.log").open("wb")
        self._process = subprocess.Popen(
            self._command(), cwd=PROJECT, env=self.environment, stdout=self._log, stderr=subprocess.STDOUT
        )
        wait_for_port(self.port)
        return self

    def __exit__(self, *raised: object) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._log.close()

    @property
    def log(self) -> str:
        return (self.home / "web.log").read_text(errors="replace")

    @property
    def memory(self) -> int:
        """What its worker has in memory, in KiB: the largest of its processes."""
        family = {self._process.pid, *_children(self._process.pid)}
        return max(_resident(pid) for pid in family)

    def kill_worker(self) -> None:
        """Kills the process that answers, as the system does where memory runs out."""
        [worker] = _children(self._process.pid)
        os.kill(worker, signal.SIGKILL)

    def _command(self) -> tuple[str, ...]:
        unused = Port(1, "", "")
        machine = Environment(
            is_trying_out=False,
            home=self.home,
            host="127.0.0.1",
            web=Port(self.port, "PORT", "the portal and the inbox"),
            events=unused,
            simulator=unused,
            broker=unused,
            web_workers=1,
            redis_url="redis://127.0.0.1:1/0",
        )
        return next(each.command for each in processes(machine) if each.name == "web")


def database_url() -> str:
    """The address of the database that this test uses, for processes that it starts."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    folder = connection.settings_dict["HOST"] or connection.settings_dict["OPTIONS"]["host"]
    return f"postgresql://postgres:@/{name}?host={folder}"


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _resident(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
