"""Rows about the portal: its lists with 100,000 rows, the channel list with ten million messages, the export."""

from __future__ import annotations

import datetime as dt
import http.client
import os
import statistics
import time
import urllib.parse
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks import backlog, world
from tests.benchmarks.crash_receiving import Web
from tests.benchmarks.files import Memory, _children, _signed_in

if TYPE_CHECKING:
    from django.test import Client

Figures = dict[str, float]
ROUNDS = 21
# Ten million messages: 10 channels, two years, 14 in each quarter hour.
CHANNELS, DAYS, OF_A_QUARTER = 10, 730, 14


def channel_list() -> Figures:
    """Median milliseconds of the channel list over ranges, with ten million messages counted; most queries."""
    from django.db import connection

    from channels_app.models import Channel, Domain, MessageQueue
    from messaging.models import TrafficCount
    from messaging.traffic import rollups

    backlog.empty()
    channels = [backlog.make_channel(number, "http://127.0.0.1:1", 1) for number in range(CHANNELS)]
    Domain.objects.create(host="sms.example.com")
    MessageQueue.objects.get().agents.add(backlog.make_seat())
    now = dt.datetime.now(dt.UTC).replace(minute=0, second=0, microsecond=0)
    for channel in channels:
        TrafficCount.objects.bulk_create(
            (
                TrafficCount(
                    channel=channel,
                    quarter_at=now - dt.timedelta(minutes=15 * quarter),
                    received=OF_A_QUARTER // 2,
                    sent=OF_A_QUARTER // 2,
                    segments=OF_A_QUARTER,
                )
                for quarter in range(DAYS * 96)
            ),
            batch_size=5000,
        )
    _analyze()
    while rollups.roll_up():  # as the task does every few minutes
        pass
    with connection.cursor() as cursor:  # day by day it would have stayed small
        index = (
            "INDEX traffic_not_in_rollup" if connection.vendor == "postgresql" else "traffic_not_in_rollup"
        )
        cursor.execute(f"REINDEX {index}")
    _analyze()
    address = f"/portal/{Channel._meta.app_label}/channel/"
    ranges = ("today", "7-days", "30-days", "month", "all")
    peer = {"peer, a list that counts nothing": f"/portal/{Channel._meta.app_label}/messagequeue/"}
    return _figures({name: f"{address}?range={name}" for name in ranges} | peer)


def lists(rows: int = 100_000) -> Figures:
    """Median milliseconds and most queries of each list of the portal, with this many rows."""
    _fill(rows)
    of = "/portal/messaging/"
    return _figures(
        {
            "overview": "/portal/",
            "sessions": f"{of}session/",
            "sessions by holder": f"{of}session/?holder__id__exact=1&status__exact=open",
            "sessions by number": f"{of}session/?q=2125",
            "webhook log": f"{of}webhooklogentry/",
            "unroutable": f"{of}unroutablemessage/",
            "contacts": f"{of}contact/",
            "changes": "/portal/admin/logentry/",
            "exports": f"{of}export/",
        }
    )


def export(home: Path, messages: int = 200_000) -> Figures:
    """Resident megabytes of a web process while so many messages are exported, to CSV and to XLSX; and the seconds."""
    from messaging.management.made_up_traffic import make_up

    backlog.empty()
    rule = backlog.make_channel(0, "http://127.0.0.1:1", 1).rules.get()
    rule.destination_queue.agents.add(backlog.make_seat())
    for _done in make_up(messages // 10, messages, seed=1):
        pass
    _analyze()
    web = Web(home, os.environ["DATABASE_URL"], world.broker.url)
    web.environment["MALLOC_ARENA_MAX"] = "2"  # as the launcher does
    web.start()
    try:
        headers = _signed_in(_administrator())
        for _unused in range(4):  # so that everything is loaded
            _export(web.port, headers, "sessions", "xlsx", home / "small")
        figures: Figures = {}
        for file_format in ("csv", "xlsx"):
            memory = Memory("web", _children(web.process.pid))
            began_at = time.monotonic()
            with memory:
                size = _export(web.port, headers, "messages", file_format, home / f"messages.{file_format}")
            took = time.monotonic() - began_at
            figures |= {f"{file_format}: {name}": figure for name, figure in memory.figures.items()}
            figures |= {f"{file_format}: s": took, f"{file_format}: MB": size / 1e6}
        return figures
    finally:
        web.kill()


def _export(port: int, headers: dict[str, str], content: str, file_format: str, into: Path) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    asked = {"content": content, "format": file_format, "key": str(uuid.uuid4())}
    more = {"Content-Type": "application/x-www-form-urlencoded", "Host": "127.0.0.1"}
    size = 0
    try:
        body = urllib.parse.urlencode(asked)
        connection.request("POST", "/portal/messaging/session/export/", body, {**headers, **more})
        answer = connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"The export was answered {answer.status}.")
        with into.open("wb") as file:
            while piece := answer.read(1024 * 1024):
                size += file.write(piece)
        return size
    finally:
        connection.close()


def _figures(addresses: dict[str, str]) -> Figures:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(SERVER_NAME="localhost")
    client.force_login(_administrator().user, "django.contrib.auth.backends.ModelBackend")
    for address in addresses.values():
        _timed(client, address)
    took: dict[str, list[float]] = {name: [] for name in addresses}
    for _unused in range(ROUNDS):  # one after the other, so that all have the machine's good and bad moments
        for name, address in addresses.items():
            took[name].append(_timed(client, address))
    figures: Figures = {}
    for name, address in addresses.items():
        figures[f"{name} ms"] = statistics.median(took[name])
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        figures[f"most queries of {name}"] = len(captured)
    return figures


def _timed(client: Client, address: str) -> float:
    start = time.perf_counter()
    response = client.get(address)
    took = (time.perf_counter() - start) * 1000
    if response.status_code != 200:
        raise RuntimeError(f"{address} answered {response.status_code}.")
    return took


class _Person:
    """A login as the helpers of other rows take it."""

    def __init__(self, user: Any) -> None:
        self.user = user


def _administrator() -> Any:
    from channels_app.models import User

    found = User.objects.filter(username="bench-admin").first()
    return _Person(found or User.objects.create_superuser("bench-admin"))


def _fill(rows: int) -> None:
    from django.contrib.admin.models import CHANGE, LogEntry
    from django.contrib.contenttypes.models import ContentType

    from channels_app.models import Channel
    from messaging.management.made_up_traffic import make_up
    from messaging.models import Contact, Export, UnroutableMessage, WebhookLogEntry

    backlog.empty()
    channel = backlog.make_channel(0, "http://127.0.0.1:1", 1)
    channel.rules.get().destination_queue.agents.add(backlog.make_seat())
    for _done in make_up(rows, rows * 2, seed=1):
        pass
    now, user = dt.datetime.now(dt.UTC), _administrator().user
    kind = ContentType.objects.get_for_model(Channel)
    made: dict[Any, Callable[[int], Any]] = {
        WebhookLogEntry: lambda n: WebhookLogEntry(
            channel=channel, received_at=now, outcome="stored", sender=f"+1{n}", recipient="+1", body="{}"
        ),
        UnroutableMessage: lambda n: UnroutableMessage(
            channel=channel, received_at=now, fingerprint=f"{n}", sender=f"+1{n}", recipient="+1", text="x"
        ),
        Contact: lambda n: Contact(customer_number=f"+999{n}", name=f"Name {n}"),
        Export: lambda _n: Export(key=uuid.uuid4(), person=user, person_name="x", content="sessions", format="csv"),
        LogEntry: lambda n: LogEntry(
            user=user, content_type=kind, object_id="1", object_repr=f"Channel {n}", action_flag=CHANGE,
            change_message="[]", action_time=now,
        ),
    }  # fmt: skip
    for model, make in made.items():
        model.objects.bulk_create(map(make, range(rows)), batch_size=5000)
    _analyze()


def _analyze() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
        if connection.vendor == "postgresql":
            cursor.execute("CHECKPOINT")  # or it writes what was filled in while pages are timed
