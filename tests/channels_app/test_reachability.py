"""What a check finds at a real TLS server, good or bad in each way, and where there is none."""

from __future__ import annotations

import datetime as dt
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from channels_app.reachability import Problem, Reached, reach
from tests.support.authority import Authority
from tests.support.scripted_server import ScriptedServer, closed_port


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@contextmanager
def server(authority: Authority, **certificate: Any) -> Iterator[int]:
    with ScriptedServer(tls=authority.server(**certificate)) as running:
        yield running.port


def found(authority: Authority, **certificate: Any) -> Reached:
    with server(authority, **certificate) as port:
        return reach("localhost", port, authorities=str(authority.file))


def days_until(moment: dt.datetime | None) -> int:
    assert moment is not None
    return (moment - dt.datetime.now(dt.UTC)).days


def test_a_good_certificate_is_found_with_its_end(authority: Authority) -> None:
    good = found(authority, days=90)
    assert good.problem is None
    assert days_until(good.certificate_ends_at) == 90


def test_a_certificate_that_has_ended_is_told_with_its_end(authority: Authority) -> None:
    ended = found(authority, days=-3)
    assert ended.problem is Problem.EXPIRED
    assert days_until(ended.certificate_ends_at) == -3


def test_one_that_has_not_begun_is_told_apart(authority: Authority) -> None:
    assert found(authority, days=500).problem is Problem.NOT_YET_VALID


def test_a_certificate_for_another_name_is_told_with_that_name(authority: Authority) -> None:
    other = found(authority, host="other.example.com")
    assert (other.problem, other.detail) == (Problem.OTHER_NAME, "other.example.com")


def test_a_self_made_certificate_is_told_apart(authority: Authority) -> None:
    assert found(authority, self_signed=True).problem is Problem.SELF_SIGNED


def test_an_authority_that_nobody_knows_is_told_apart(authority: Authority) -> None:
    with server(authority) as port:
        assert reach("localhost", port).problem is Problem.UNKNOWN_AUTHORITY


def test_a_server_without_https_is_told_apart() -> None:
    with ScriptedServer() as plain:
        assert reach("localhost", plain.port, timeout=2).problem is Problem.NO_TLS


def test_a_closed_port_is_a_refused_connection() -> None:
    assert reach("localhost", closed_port()).problem is Problem.REFUSED


def test_a_name_that_is_none_is_no_matter_of_certificates() -> None:
    # The second where this machine has no name server.
    assert reach("nothing.invalid", 443).problem in (Problem.UNKNOWN_NAME, Problem.NO_LOOKUP)


def test_a_server_that_stays_silent_costs_no_more_than_the_time_given() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        assert reach("localhost", silent.getsockname()[1], timeout=0.5).problem is Problem.NO_TLS
        assert time.monotonic() - began < 2
