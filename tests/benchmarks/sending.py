"""Rows about sending: does the rate hold, is it reached, and how long does an answer take."""

from __future__ import annotations

import random
import signal
import statistics
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from messaging.models.person import Person
from tests.benchmarks import backlog, world
from tests.support.simulator import Simulator
from tests.support.workers import Senders, most_in_a_second

LATENCY_MS = 50
Figures = dict[str, float]


def rate(home: Path, rate: int, processes: int, seconds: float = 8, *, stops: bool = False) -> Figures:
    """A backlog for `seconds` at this rate, with one to four sender processes."""
    messages = 30 if rate == 1 else int(rate * seconds)
    with simulator() as apidaze:
        backlog.empty()
        channel = backlog.make_channel(0, apidaze.base_url, rate)
        backlog.fill(channel, messages)
        with _senders(home, processes) as running:
            with _stops(running.running) if stops else nullcontext():
                ring_until_done([channel.pk])
            departed = running.departures()
        return _figures(departed, arrivals(apidaze), messages)


def channels(home: Path, count: int, rate: int, processes: int, seconds: float = 8) -> Figures:
    """Many busy channels at once; the figures are of all together, the most in a second of each."""
    with simulator() as apidaze:
        backlog.empty()
        made = [backlog.make_channel(number, apidaze.base_url, rate) for number in range(count)]
        for channel in made:
            backlog.fill(channel, int(rate * seconds))
        with _senders(home, processes), _cleaning_up(home) as waited:
            ring_until_done([channel.pk for channel in made], every=5)
        by_channel: dict[str, list[float]] = {}
        for request in _log(apidaze):
            by_channel.setdefault(str(request["from"]), []).append(float(request["arrived_at_monotonic"]))
        everything = sorted(at for instants in by_channel.values() for at in instants)
        means = [_mean(sorted(instants)) for instants in by_channel.values()]
        return {
            "together a second": _mean(everything),
            "slowest channel a second": min(means),
            "most arrivals a second": max(
                most_in_a_second(sorted(instants)) for instants in by_channel.values()
            ),
            "most missing": count * int(rate * seconds) - len(everything),
            "clean-up waits ms": statistics.median(waited),
            "slowest clean-up ms": max(waited),
        }


def answer(home: Path, times: int = 15) -> Figures:
    """From an agent's press, in an idle system, to the simulator's receipt; in milliseconds."""
    from messaging.models import Session
    from messaging.outbound import answering

    with simulator() as apidaze:
        backlog.empty()
        channel = backlog.make_channel(0, apidaze.base_url, 100)
        backlog.fill(channel, 1)
        seat = backlog.make_seat()
        Session.objects.update(holder=seat, holder_name=str(seat))
        session = Session.objects.get()
        with _senders(home, 1):
            ring_until_done([channel.pk])
            apidaze.clear()
            took = []
            for _unused in range(times):
                time.sleep(1.5)  # until the lease is let go: idle
                pressed_at = time.monotonic()
                answering.answer(Person.at(seat), session.pk, "Hello", uuid.uuid4())
                apidaze_log = _wait_for_another(apidaze)
                took.append((apidaze_log - pressed_at) * 1000)
        return {"median ms": statistics.median(took), "slowest ms": max(took)}


def claim(waiting: tuple[int, int] = (1000, 100_000), rounds: int = 40) -> Figures:
    """One claim with many waiting against one with few; in milliseconds, and the ratio."""
    from messaging.sending import claims

    medians = []
    for messages in waiting:
        backlog.empty()
        channel = backlog.make_channel(0, "http://127.0.0.1:1", 1)
        backlog.fill(channel, messages, sessions=1000)
        took = []
        for _unused in range(rounds):
            started_at = time.perf_counter()
            claims.claim([claims.Wanted(channel.pk, 1)])
            took.append((time.perf_counter() - started_at) * 1000)
        medians.append(statistics.median(took))
    return {"few ms": medians[0], "many ms": medians[1], "ratio": medians[1] / medians[0]}


@contextmanager
def simulator() -> Iterator[Simulator]:
    with Simulator() as apidaze:
        apidaze.set_faults(latency_ms=LATENCY_MS)
        yield apidaze


@contextmanager
def _senders(home: Path, count: int) -> Iterator[Senders]:
    senders = world.senders(home)
    try:
        senders.start(count)
        senders.forget_departures()
        yield senders
    finally:
        senders.stop()


@contextmanager
def _cleaning_up(home: Path) -> Iterator[list[float]]:
    """A worker of the clean-up queue beside; gives how long each of its tasks waited, in milliseconds."""
    from messaging import tasks

    worker, done, waited = world.senders(home, "default"), threading.Event(), []
    worker.start(1)
    idle = backlog.make_idle_session()

    def ask() -> None:
        while not done.wait(1):
            backlog.reopen(idle)
            asked_at = time.monotonic()
            tasks.close_idle_sessions.delay()
            while backlog.is_open(idle) and not done.is_set():
                time.sleep(0.005)
            waited.append((time.monotonic() - asked_at) * 1000)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield waited
    finally:
        done.set()
        asking.join()
        worker.stop()


@contextmanager
def _stops(running: list[subprocess.Popen[bytes]]) -> Iterator[None]:
    """Stops a random sender for half a second, and once for eight, now and then."""
    done = threading.Event()

    def play() -> None:
        for pause in [0.5, 8, 0.5, 0.5, 0.5, 8]:
            if done.wait(1.5):
                return
            victim = random.choice(running)
            victim.send_signal(signal.SIGSTOP)
            time.sleep(pause)
            victim.send_signal(signal.SIGCONT)

    player = threading.Thread(target=play)
    player.start()
    try:
        yield
    finally:
        done.set()
        player.join()


def ring_until_done(channel_ids: list[int], seconds: float = 300, *, every: float = 0.5) -> None:
    """Does what the clock does `every` 5 seconds, or more often, until nothing is queued or on its way."""
    from messaging.broker import doorbell
    from messaging.models import Message
    from messaging.sending import dead_claims

    open_ones = Message.objects.filter(status__in=["queued", "sending"])
    deadline, ring_at = time.monotonic() + seconds, 0.0
    while open_ones.exists():
        now = time.monotonic()
        if now > deadline:
            raise TimeoutError(f"{open_ones.count()} messages did not leave")
        if now >= ring_at:
            ring_at = now + every
            for channel_id in channel_ids:
                doorbell.ring(channel_id)
        dead_claims.settle_dead_claims()
        time.sleep(0.5)


def _log(apidaze: Simulator) -> list[dict[str, object]]:
    return apidaze.received()


def arrivals(apidaze: Simulator) -> list[float]:
    return sorted(float(str(request["arrived_at_monotonic"])) for request in _log(apidaze))


def _wait_for_another(apidaze: Simulator) -> float:
    """When the simulator got the next send; forgets it."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if log := _log(apidaze):
            apidaze.clear()
            return float(str(log[-1]["arrived_at_monotonic"]))
        time.sleep(0.01)
    raise TimeoutError("the answer did not arrive")


def _mean(instants: list[float]) -> float:
    return (len(instants) - 1) / (instants[-1] - instants[0])


def _figures(departed: list[float], arrived: list[float], messages: int) -> Figures:
    return {
        "most departures a second": most_in_a_second(departed),
        "most arrivals a second": most_in_a_second(arrived),
        "mean a second": _mean(departed),
        "most missing": messages - len(arrived),
    }
