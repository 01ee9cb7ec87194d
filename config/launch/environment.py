"""What the launcher needs to know, from the environment and `.env`, without loading Django's settings."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import environ

PROJECT = Path(__file__).resolve().parents[2]


class LaunchError(Exception):
    """Why it can't start, in one line for the person at the terminal."""


@dataclass(frozen=True)
class Port:
    """A port to listen on, the setting that changes it, and what it is for."""

    number: int
    setting: str
    purpose: str
    host: str = "127.0.0.1"


@dataclass(frozen=True)
class Environment:
    """The launcher's settings; `redis_url` is empty where the embedded broker is to be started."""

    is_trying_out: bool
    home: Path
    host: str
    web: Port
    events: Port
    simulator: Port
    broker: Port
    web_workers: int
    redis_url: str

    @property
    def web_address(self) -> tuple[str, int]:
        """Where this machine itself reaches the web process, whatever it listens on."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host), self.web.number  # noqa: S104

    @property
    def events_address(self) -> tuple[str, int]:
        """Where this machine itself reaches the events process."""
        return self.web_address[0], self.events.number

    @property
    def ports(self) -> list[Port]:
        """Every port that the processes of this machine will take."""
        used = [self.web, self.events]
        if self.is_trying_out:
            used.append(self.simulator)
        if not self.redis_url:
            used.append(self.broker)
        return used

    def for_children(self) -> dict[str, str]:
        """The environment of the processes: the same settings, spelt out."""
        return os.environ | {
            "TRUNKLINE_HOME": str(self.home),
            "PORT": str(self.web.number),
            "EVENTS_PORT": str(self.events.number),
            "SIMULATOR_PORT": str(self.simulator.number),
            "BROKER_PORT": str(self.broker.number),
            "PYTHONUNBUFFERED": "1",
            # glibc gives each thread an arena of its own, which a process of 256 threads pays for.
            "MALLOC_ARENA_MAX": os.environ.get("MALLOC_ARENA_MAX", "2"),
        }


def read_environment() -> Environment:
    """Reads `.env` into the environment (what is already set wins) and gives the launcher's settings.

    Raises LaunchError for an impossible value.
    """
    environ.Env.read_env(PROJECT / ".env")
    host = os.environ.get("HOST") or "127.0.0.1"
    return Environment(
        is_trying_out=environ.Env().bool("DEBUG", default=True),
        home=(PROJECT / (os.environ.get("TRUNKLINE_HOME") or "var")).resolve(),
        host=host,
        web=Port(_number("PORT", 8000, 65535), "PORT", "the portal and the inbox", host),
        events=Port(_number("EVENTS_PORT", 8001, 65535), "EVENTS_PORT", "the inbox's live news", host),
        simulator=Port(_number("SIMULATOR_PORT", 8002, 65535), "SIMULATOR_PORT", "the Apidaze simulator"),
        broker=Port(_number("BROKER_PORT", 8003, 65535), "BROKER_PORT", "the embedded broker"),
        web_workers=_number("WEB_WORKERS", 1, 64),
        redis_url=os.environ.get("REDIS_URL", ""),
    )


def _number(setting: str, default: int, highest: int) -> int:
    text = os.environ.get(setting) or str(default)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= highest:
        raise LaunchError(f"{setting} is {text!r}, but must be a whole number from 1 to {highest}.")
    return int(text)
