"""Starts processes, passes on their output, ends them all: when asked to, or when one has ended by itself.

One thread and one loop, so that a signal never finds anything half-done: the handler only leaves a note.
Not all end at the same moment: the broker and the simulator outlive the sender, which may still have a message on
the way.
"""

from __future__ import annotations

import selectors
import signal
import time
from types import FrameType

from config.launch.child import Child
from config.launch.environment import LaunchError
from config.launch.output import Output
from config.launch.processes import Process
from config.launch.readiness import is_answering

ROUND_SECONDS = 0.2
QUIET_SECONDS = 3.0


class AskedToEnd(Exception):  # noqa: N818 - nothing went wrong
    """Somebody pressed Ctrl-C, closed the terminal, or sent SIGTERM."""


class Supervisor:
    """The processes of one `make run`."""

    def __init__(self, output: Output, environment: dict[str, str]) -> None:
        self._output = output
        self._environment = environment
        self._children: list[Child] = []
        self._selector = selectors.DefaultSelector()
        self._asked_to_end = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
                signal.signal(number, self._take_note)

    def run(self, step: Process) -> None:
        """Runs a step to its end. Raises LaunchError where it fails, AskedToEnd where it was cut short."""
        child = self._start(step)
        while child.exit_code is None:
            self._round()
        self._children.remove(child)
        self._pass_on_what_is_left()
        if child.exit_code:
            raise LaunchError(f"{step.name} failed ({_how(child.exit_code)}); its output is above.")

    def start(self, processes: list[Process], seconds: float) -> None:
        """Starts the processes and waits until all are up.

        Raises LaunchError where one ends or isn't up in that time, AskedToEnd where it was cut short.
        """
        deadline = time.monotonic() + seconds
        waiting = [self._start(process) for process in processes]
        while waiting:
            self._round()
            self._check_children()
            for child in waiting:
                if child.process.answers and is_answering(child.process.answers):
                    child.is_up = True
            waiting = [child for child in waiting if not child.is_up]
            if waiting and time.monotonic() > deadline:
                names = ", ".join(child.process.name for child in waiting)
                raise LaunchError(f"Not up after {seconds:.0f} s: {names}. Everything is being stopped.")

    def watch(self) -> None:
        """Passes on output for ever. Raises AskedToEnd, or LaunchError where a process has ended."""
        while True:
            self._round()
            self._check_children()

    def end(self) -> None:
        """Ends everything, the processes that the others still need last."""
        started_at = time.monotonic()
        told = False
        for last in (False, True):
            group = [child for child in self._children if child.process.last is last]
            for child in group:
                child.end()
            while running := [child for child in group if child.exit_code is None]:
                if not told and time.monotonic() - started_at > QUIET_SECONDS:
                    told = True
                    names = ", ".join(child.process.name for child in running)
                    patience = max(child.process.patience for child in running)
                    self._output.say(
                        f"Waiting for {names} to finish what is under way, {patience:.0f} s at most."
                    )
                self._pass_on(ROUND_SECONDS)
                for child in running:
                    child.kill_if_overdue()
        self._pass_on_what_is_left()

    def _start(self, process: Process) -> Child:
        if self._asked_to_end:
            raise AskedToEnd
        child = Child(process, self._environment)
        self._children.append(child)
        self._selector.register(child.output, selectors.EVENT_READ, child)
        return child

    def _take_note(self, number: int, frame: FrameType | None) -> None:
        self._asked_to_end = True

    def _round(self) -> None:
        self._pass_on(ROUND_SECONDS)
        if self._asked_to_end:
            raise AskedToEnd

    def _check_children(self) -> None:
        for child in self._children:
            if child.exit_code is not None:
                self._pass_on_what_is_left()
                how = _how(child.exit_code)
                raise LaunchError(
                    f"{child.process.name} has stopped by itself ({how}), so everything is being stopped."
                )

    def _pass_on(self, seconds: float) -> bool:
        """Passes on what the processes say within so many seconds; whether there was anything."""
        events = self._selector.select(seconds)
        for key, _ in events:
            child: Child = key.data
            lines = child.read_lines()
            if lines is None:
                self._selector.unregister(child.output)
                child.output.close()
            for line in lines or []:
                self._output.line(child.process.name, line)
                if child.process.says and child.process.says in line:
                    child.is_up = True
        return bool(events)

    def _pass_on_what_is_left(self) -> None:
        while self._pass_on(0):
            pass


def _how(exit_code: int) -> str:
    if exit_code < 0:
        return f"signal {signal.Signals(-exit_code).name}"
    return f"exit code {exit_code}"
