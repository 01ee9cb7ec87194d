"""Rows about the inbox: the time the server takes for a list, a conversation and a search, with few and many."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

from messaging.models.person import Person

Figures = dict[str, float]
FEW, MANY = (1_000, 10_000), (100_000, 1_000_000)  # sessions and messages
ROUNDS = 20
PARTS = {"HX-Request": "true"}
TABS = ("mine", "queue", "closed", "archived")
WORDS = ("delivery", "order thank", "late please today", "babadico")


def inbox(few: tuple[int, int] = FEW, many: tuple[int, int] = MANY) -> Figures:
    """Median milliseconds and most queries of each part; `ratio` is many sessions against few."""
    small, large = _measure(*few), _measure(*many)
    figures = dict(large)
    for name, value in small.items():
        if name.endswith("ms"):
            figures[f"{name[:-3]} with few ms"] = value
            figures[f"{name[:-3]} ratio"] = large[name] / value
    return figures


def _measure(sessions: int, messages: int) -> Figures:
    from django.test import Client

    from channels_app.models import Extension, User

    _set_up(sessions, messages)
    agent, supervisor = Client(SERVER_NAME="localhost"), Client(SERVER_NAME="localhost")
    seat = Extension.objects.get()
    agent.force_login(seat.user, "django.contrib.auth.backends.ModelBackend")
    overseer = User.objects.create_superuser("bench-admin")
    supervisor.force_login(overseer, "django.contrib.auth.backends.ModelBackend")
    figures: Figures = {}
    for name, asked in _requests(agent, supervisor, seat):
        for each in asked:
            _timed(each)  # so that it is warm
        figures[f"{name} ms"] = statistics.median(_timed(each) for each in asked * ROUNDS)
        figures[f"most queries of {name}"] = max(map(_queries, asked))
    return figures


def _requests(agent, supervisor, seat) -> Iterator[tuple[str, list[Callable[[], object]]]]:  # type: ignore[no-untyped-def]
    from django.urls import reverse

    from messaging.inbox.list_windows import Tab, window
    from messaging.models import Session

    address = reverse("session-list")
    for tab in TABS:
        yield f"list {tab}", [lambda t=tab: agent.get(address, {"tab": t}, headers=PARTS)]
    yield "list all", [lambda: supervisor.get(address, {"tab": "all"}, headers=PARTS)]
    after = window(Tab.CLOSED, Person.at(seat)).after
    yield "next window", [lambda: agent.get(address, {"tab": "closed", "after": after}, headers=PARTS)]
    held = Session.objects.filter(holder=seat, status="open").order_by("-pk")[:20]
    pages = [reverse("conversation", args=[session.pk]) for session in held]
    yield "conversation", [lambda p=page: agent.get(p, headers=PARTS) for page in pages]
    yield "whole page", [lambda p=page: agent.get(p) for page in pages]
    for who, client in (("agent", agent), ("supervisor", supervisor)):
        yield (
            f"search {who}",
            [lambda w=word, c=client: c.get(address, {"q": w}, headers=PARTS) for word in WORDS],
        )
        yield f"search number {who}", [lambda c=client: c.get(address, {"q": "212555"}, headers=PARTS)]


def _timed(ask: Callable[[], object]) -> float:
    """Milliseconds."""
    start = time.perf_counter()
    response = ask()
    took = (time.perf_counter() - start) * 1000
    if response.status_code != 200:  # type: ignore[attr-defined]
        raise RuntimeError(f"The inbox answered {response.status_code}.")  # type: ignore[attr-defined]
    return took


def _queries(ask: Callable[[], object]) -> int:
    """Counted apart: to note them takes time."""
    from django.db import connection, reset_queries
    from django.test.utils import CaptureQueriesContext

    reset_queries()
    with CaptureQueriesContext(connection) as captured:
        ask()
    return len(captured)


def _set_up(sessions: int, messages: int) -> None:
    """The made-up traffic on one number with one queue and one agent: with few sessions too, the windows are full."""
    from django.db import connection

    from messaging.management.made_up_traffic import make_up
    from tests.benchmarks import backlog

    backlog.empty()
    rule = backlog.make_channel(0, "http://127.0.0.1:1", 1).rules.get()
    rule.destination_queue.agents.add(backlog.make_seat())
    for _done in make_up(sessions, messages, seed=1):
        pass
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
