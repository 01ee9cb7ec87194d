"""Runs the whole of Trunkline on one machine, from the checks before the start to the end of everything.

Loads no Django, so that it stays small beside what it starts.
"""

from __future__ import annotations

import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.launch.demo import set_up_phone, sign_in
from config.launch.environment import Environment, LaunchError, read_environment
from config.launch.output import Output
from config.launch.ports import check_ports
from config.launch.processes import manage, processes
from config.launch.supervisor import AskedToEnd, Supervisor

UP_SECONDS = 60


def main() -> int:
    """Runs until asked to end (0), or until something fails (1, with one line that says what)."""
    try:
        environment = read_environment()
        _make_folder(environment.home)
        with _only_one_in(environment.home):
            check_ports(environment.ports)
            return _run(environment)
    except LaunchError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1


def _run(environment: Environment) -> int:
    output = Output(environment.home)
    supervisor = Supervisor(output, environment.for_children())
    try:
        output.say("Preparing the database …")
        supervisor.run(manage("migrate", "migrate", "--noinput", "--verbosity", "0"))
        if environment.is_trying_out:
            supervisor.run(manage("demo_data", "demo_data"))
        else:
            supervisor.run(manage("static", "collectstatic", "--noinput", "--verbosity", "0"))
        output.say("Starting …")
        supervisor.start(processes(environment), UP_SECONDS)
        if environment.is_trying_out:
            set_up_phone(environment.home, environment.simulator)
        output.show(_welcome(environment, output.log_file))
        supervisor.watch()
    except AskedToEnd:
        output.say("Stopping …")
    except LaunchError as error:
        output.keep("launcher", str(error))
        raise
    finally:
        supervisor.end()
    output.say("Everything has stopped.")
    return 0


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise LaunchError(
            f"Can't make the data folder {folder}: {error.strerror}. Set TRUNKLINE_HOME to another one."
        ) from error


@contextmanager
def _only_one_in(folder: Path) -> Iterator[None]:
    """Refuses a second start with the same data, which the ports alone would not."""
    with (folder / "launch.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LaunchError(
                f"Trunkline is already running with the data folder {folder}: "
                "stop it, or set TRUNKLINE_HOME to another one."
            ) from None
        yield


def _welcome(environment: Environment, log_file: Path) -> str:
    host, port = environment.web_address
    web = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    lines = [
        "",
        "Trunkline is running.",
        "",
        f"  Portal             {web}/portal/",
        f"  Inbox              {web}/inbox/",
    ]
    if environment.is_trying_out:
        lines.append(f"  Customer's phone   http://127.0.0.1:{environment.simulator.number}/")
        if people := sign_in(environment.home):
            lines += ["", "  Sign in as", *(f"    {line}" for line in people.splitlines())]
    return "\n".join(
        [*lines, "", f"  Log: {log_file}", "  Stop with Ctrl-C. The next start keeps the data.", ""]
    )
