"""The whole of Trunkline as `make run` starts it: it comes up, it ends, and it leaves nothing behind."""

from __future__ import annotations

import signal
import stat
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import shared
from tests.support.stack import Stack, is_listening

pytestmark = [pytest.mark.stack, pytest.mark.once]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A stack that is not started yet; whatever a test leaves of it is ended."""
    stack = Stack(tmp_path / "home")
    yield stack
    if stack.launcher is not None:
        stack.stop()


@pytest.fixture
def running() -> Stack:
    """The stack that is up already, for tests that only look at it."""
    return shared.stack()


def assert_nothing_is_left(stack: Stack) -> None:
    """No process of the stack, and nothing on its ports."""
    deadline = time.monotonic() + 10
    while stack.processes() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert stack.processes() == {}
    assert not any(map(is_listening, (stack.port, stack.simulator_port, stack.broker_port)))


def assert_ended_in_order(stack: Stack) -> None:
    """Nothing is left, and nobody was shown a traceback."""
    assert_nothing_is_left(stack)
    assert "Traceback" not in stack.terminal()


def test_it_answers_and_says_where(running: Stack) -> None:
    for url in (running.urls.health, running.urls.simulator):
        with urllib.request.urlopen(url) as answer:  # noqa: S310
            assert answer.status == 200
    for url in (running.urls.portal, running.urls.inbox, running.urls.simulator):
        assert url in running.terminal()


def test_it_says_how_to_sign_in_and_keeps_no_password_in_its_log(running: Stack) -> None:
    assert set(running.sign_in) == {"admin", "1001", "1002", "1003"}
    for name, password in running.sign_in.items():
        assert f"{name} {password}" in running.terminal()
        assert password not in running.logs()


def test_what_it_keeps_is_for_its_owner_only(running: Stack) -> None:
    assert stat.S_IMODE(running.home.stat().st_mode) == 0o700
    assert stat.S_IMODE((running.home / "demo-sign-in.txt").stat().st_mode) == 0o600


def test_a_second_start_with_the_same_data_is_refused(running: Stack) -> None:
    second = Stack(running.home, running.database_url)
    assert second.launch().wait(30) == 1
    assert second.terminal() == (
        f"Trunkline is already running with the data folder {running.home}: "
        "stop it, or set TRUNKLINE_HOME to another one.\n"
    )


def test_a_taken_port_is_one_clear_line_and_nothing_starts(running: Stack, tmp_path: Path) -> None:
    second = Stack(tmp_path / "second", PORT=str(running.port))
    assert second.launch().wait(30) == 1
    assert second.terminal() == (
        f"Port {running.port} (the portal and the inbox) is already in use: "
        "stop whatever uses it, or set PORT to another port.\n"
    )
    assert list(second.home.iterdir()) == [second.home / "launch.lock"]


def test_asked_to_end_it_leaves_nothing_a_second_start_keeps_the_data_and_a_kill_takes_all_along(
    stack: Stack,
) -> None:
    """Over 5 s: it starts the real processes twice. How each kind of end is told: `test_supervisor`."""
    first = stack.start().sign_in
    assert len(stack.processes()) >= 6
    assert stack.stop(signal.SIGTERM) == 0
    assert_ended_in_order(stack)
    assert stack.start().sign_in == first
    if sys.platform == "linux":  # elsewhere nothing tells a process of its parent's end
        assert stack.launcher is not None
        stack.launcher.kill()
        stack.launcher.wait()
        assert_nothing_is_left(stack)


def test_ctrl_c_while_it_is_still_starting_ends_everything(stack: Stack) -> None:
    launcher = stack.launch()
    while "Starting" not in stack.terminal():
        assert launcher.poll() is None
        time.sleep(0.02)
    assert stack.stop() == 0
    assert_ended_in_order(stack)


def test_a_database_that_does_not_answer_is_told_before_anything_starts(tmp_path: Path) -> None:
    """Over 5 s: a connection is tried for 10 s, as the settings have it."""
    stack = Stack(tmp_path / "home", "postgresql://nobody@127.0.0.1:1/nothing")
    assert stack.launch().wait(60) == 1
    assert stack.terminal().endswith("migrate failed (exit code 1); its output is above.\n")
    assert "Starting" not in stack.terminal()
