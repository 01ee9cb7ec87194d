"""Rows about receiving: the whole webhook path under granian, beside a bare view with one insert."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.benchmarks import backlog, load
from tests.support.stack import PROJECT, free_ports
from tests.support.workers import wait_for_port

Figures = dict[str, float]


def webhook(requests: int = 6000) -> Figures:
    """Requests a second of the webhook and of the bare view, in turn, and their ratio."""
    channel = _fresh_channel()
    path = f"/webhooks/apidaze/{channel.webhook_token}/"
    number = channel.rules.get().number
    with (
        granian("tests.benchmarks.bare:application") as bare_url,
        granian("config.wsgi:application") as web_url,
    ):
        load.run(f"{web_url}{path}", 500, number)  # a first round, so that both are warm
        load.run(f"{bare_url}/", 500, number)
        bare = load.run(f"{bare_url}/", requests, number)
        whole = load.run(f"{web_url}{path}", requests, number)
    return {
        "whole a second": whole.rate,
        "bare a second": bare.rate,
        "ratio": whole.rate / bare.rate,
        "p50 ms": whole.percentile(0.5),
        "p99 ms": whole.percentile(0.99),
        "bare p99 ms": bare.percentile(0.99),
        "most 5xx": sum(count for status, count in whole.statuses.items() if status >= 500),
    }


def statements() -> Figures:
    """Statements for a message in an open session, without BEGIN and COMMIT."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    channel = _fresh_channel()
    body = {"caller_id_number": "13055550100", "destination_number": channel.rules.get().number, "text": "x"}
    address = f"/webhooks/apidaze/{channel.webhook_token}/"
    client = Client()
    client.post(address, body, content_type="application/json")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.post(address, {**body, "text": "y"}, content_type="application/json")
    counted = [query for query in queries if query["sql"].split()[0] in ("SELECT", "INSERT", "UPDATE")]
    return {"statements": len(counted)}


def many_rows(rows: tuple[int, int] = (1000, 1_000_000), requests: int = 3000) -> Figures:
    """The time of a request with this many messages in the tables (medians of three loads), and the ratio."""
    rates = []
    for count in rows:
        channel = _fresh_channel()
        backlog.history(channel, count)
        path = f"/webhooks/apidaze/{channel.webhook_token}/"
        with granian("config.wsgi:application") as url:
            number = channel.rules.get().number
            load.run(f"{url}{path}", 2000, number)  # so that every customer has a session
            rates.append(
                statistics.median(load.run(f"{url}{path}", requests, number).rate for _unused in range(3))
            )
    return {"few a second": rates[0], "many a second": rates[1], "ratio of times": rates[0] / rates[1]}


@contextmanager
def granian(application: str, workers: int = 2) -> Iterator[str]:
    """A real web server on a free port."""
    [port] = free_ports(1)
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", str(workers), "--blocking-threads", "20"]
    command += ["--workers-kill-timeout", "3", "--log-level", "warning", application]
    server = subprocess.Popen(command, cwd=PROJECT, env=os.environ | {"MALLOC_ARENA_MAX": "2"})
    try:
        wait_for_port(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


def _fresh_channel() -> backlog.Channel:
    backlog.empty()
    return backlog.make_channel(0, "http://127.0.0.1:1", 1)
