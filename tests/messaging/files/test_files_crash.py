"""Files of a message that was answered 200 are there, and only once, whatever is killed meanwhile."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.utils import timezone

from messaging.models import Attachment
from tests.messaging.sending.test_senders import database_url
from tests.support.stack import PROJECT, Stack

MEGABYTE = 1024 * 1024


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path / "home").start()
    yield stack
    stack.stop()


def kill_everything(stack: Stack) -> None:
    assert stack.launcher is not None
    stack.launcher.kill()
    stack.launcher.wait()
    while running := stack.processes():
        for pid in running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def webhook(stack: Stack, files: dict[str, bytes]) -> None:
    phone = json.loads((stack.home / "demo-simulator.json").read_text())["phone"]
    encoded = repr({name: base64.b64encode(content).decode() for name, content in files.items()})
    body = {"caller_id_number": "13055550100", "destination_number": "14102161183", "files": encoded}
    request = urllib.request.Request(  # noqa: S310
        phone["webhook_url"], json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        assert answer.status == 200


def execute(stack: Stack, statement: str) -> list[Any]:
    if stack.database_url.startswith("sqlite"):
        with contextlib.closing(
            sqlite3.connect(stack.database_url.removeprefix("sqlite:///"), timeout=20)
        ) as database:
            rows = database.execute(statement).fetchall()
            database.commit()
            return rows
    with psycopg.connect(stack.database_url) as connection:
        cursor = connection.execute(statement)  # type: ignore[call-overload]
        return cursor.fetchall() if cursor.description else []


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def stored(stack: Stack) -> list[str]:
    """The SHA-256 of every file in the storage."""
    files = [path for path in (stack.home / "files").rglob("*") if path.is_file()]
    return sorted(digest(path.read_bytes()) for path in files)


def rows(stack: Stack) -> list[str]:
    """The SHA-256 of the file of every row."""
    names = execute(stack, "SELECT file FROM messaging_attachment WHERE state = 'stored'")
    return sorted(digest((stack.home / "files" / name).read_bytes()) for (name,) in names)


def wait_until(is_so: Callable[[], bool], seconds: float = 90, pause: float = 0.05) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not become so"
        time.sleep(pause)


def no_body_is_left(stack: Stack) -> bool:
    return execute(stack, "SELECT count(*) FROM messaging_message WHERE body_file <> ''") == [(0,)]


def age(folder: Path) -> None:
    """Makes all files of a folder two days old."""
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            os.utime(path, (time.time() - 2 * 86_400,) * 2)


def call(stack: Stack, task: str) -> None:
    """Gives one of our tasks to the workers."""
    command = [sys.executable, "-m", "celery", "-A", "config", "call", f"messaging.tasks.{task}"]
    redis = {"REDIS_URL": f"redis://127.0.0.1:{stack.broker_port}/0"}
    subprocess.run(command, cwd=PROJECT, env=stack.environment | redis, check=True, capture_output=True)


@pytest.mark.stack
def test_every_byte_of_a_message_answered_200_is_there_though_all_is_killed_right_after(stack: Stack) -> None:
    """Over 5 s: it starts the real processes twice, and waits for the clock's round of 30 s."""
    some = random.Random(1)
    messages = [
        {f"{number}.bin": some.randbytes(100_000) for number in range(3)},
        {"small.bin": some.randbytes(5_000)},
        {"large.bin": some.randbytes(7 * MEGABYTE)},
    ]
    for files in messages:
        webhook(stack, files)
    kill_everything(stack)
    expected = sorted(digest(content) for files in messages for content in files.values())

    execute(stack, "UPDATE messaging_message SET body_try_at = NULL")  # as if a minute had passed
    stack.start()
    wait_until(lambda: no_body_is_left(stack))
    assert rows(stack) == expected
    # What was killed between the commit and the removal of the request stays, without a need for it, for the sweep.
    age(stack.home / "spool")
    call(stack, "sweep_spool")
    wait_until(lambda: list((stack.home / "spool").glob("*.body")) == [])


@pytest.mark.stack
def test_a_worker_killed_while_it_stores_files_leaves_none_twice(stack: Stack) -> None:
    """Over 5 s: it starts the real processes twice, and they store 96 MB."""
    some = random.Random(2)
    files = {f"{number}.bin": some.randbytes(8 * MEGABYTE) for number in range(12)}
    webhook(stack, files)
    wait_until(lambda: bool(stored(stack)), pause=0.002)
    kill_everything(stack)
    before = len(stored(stack))
    assert before
    assert rows(stack) == [], "it was not killed in the middle"

    execute(stack, "UPDATE messaging_message SET body_try_at = NULL")
    stack.start()
    call(stack, "take_out_waiting_files")  # that the clock rings for it: the test above
    wait_until(lambda: no_body_is_left(stack))
    expected = sorted(map(digest, files.values()))
    assert rows(stack) == expected
    assert len(stored(stack)) == len(expected) + before
    age(stack.home / "files")
    call(stack, "remove_files_without_a_row")
    wait_until(lambda: len(stored(stack)) == len(expected))
    assert stored(stack) == expected


@pytest.mark.django_db(transaction=True)
def test_a_purge_killed_half_way_is_finished_by_the_next(bring: Any, file_folder: Path) -> None:
    """Over 5 s: two real processes purge 800 files, so many that the first can be killed half-way."""
    message, now = bring({"a.txt": b"Hello"}), timezone.now()
    folder = file_folder / "2026/01/01"
    folder.mkdir(parents=True)
    names = [f"2026/01/01/{number:032x}" for number in range(800)]
    for name in names:
        (file_folder / name).write_bytes(b"secret")
    rows = [
        Attachment(
            message=message,
            position=place,
            state="stored",
            name="a",
            file=name,
            stored_at=now,
            expires_at=now,
        )
        for place, name in enumerate(names)
    ]
    Attachment.objects.bulk_create(rows)
    (file_folder / "2026/01/01" / f"{800:032x}").write_bytes(b"kept")
    Attachment.objects.create(
        message=message,
        position=800,
        state="stored",
        name="a",
        file=f"2026/01/01/{800:032x}",
        stored_at=now,
        expires_at=Attachment.end_of(now),
    )
    environment = os.environ | {
        "TRUNKLINE_HOME": str(file_folder.parent),
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    purge = [
        sys.executable,
        "-c",
        "import django; django.setup(); from messaging.files import retention; retention.purge()",
    ]

    def left() -> int:
        return len(list(folder.iterdir()))

    killed = subprocess.Popen(purge, cwd=PROJECT, env=environment)
    wait_until(lambda: left() < 700)
    killed.kill()
    killed.wait()
    assert 1 < left() < 700, "it was not killed half-way"

    subprocess.run(purge, cwd=PROJECT, env=environment, check=True)
    assert [path.read_bytes() for path in folder.iterdir()] == [b"kept"]
    assert set(Attachment.objects.exclude(position=800).values_list("state", "file")) == {("expired", "")}
