"""Where the database is locked or away, a page says so, and what was being saved is there as a whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from django.db import connection
from django.test import Client

from channels_app.models import MessageQueue, User

pytestmark = pytest.mark.django_db(transaction=True)

ADD = "/portal/channels_app/messagequeue/add/"


@contextmanager
def locked_by_another_program() -> Iterator[None]:
    """Nobody else can write, and this thread gives up at once."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA busy_timeout = 100")
            with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                yield
            cursor.execute("PRAGMA busy_timeout = 20000")
            return
        cursor.execute("SET lock_timeout = 100")
        with closing(connection.copy()) as other, other.cursor() as locking:
            locking.execute("BEGIN; LOCK TABLE channels_app_messagequeue IN SHARE MODE")
            yield
            locking.execute("ROLLBACK")
        cursor.execute("RESET lock_timeout")


def client_of(user: User) -> Client:
    client = Client(SERVER_NAME="localhost", raise_request_exception=False)
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def test_who_saves_while_the_database_is_locked_is_told_to_reload(administrator: User) -> None:
    client, form = client_of(administrator), {"name": "Support", "mode": "manual"}
    with locked_by_another_program():
        response = client.post(ADD, form)

    assert response.status_code == 503
    assert response["Retry-After"]
    assert "The database does not answer" in response.content.decode()
    assert "reload this page" in response.content.decode()
    assert not MessageQueue.objects.exists()

    client.post(ADD, form)  # what a reload sends again
    assert MessageQueue.objects.get().name == "Support"


def test_a_mistake_of_ours_is_still_called_one(administrator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.views.JsonResponse", None)
    response = client_of(administrator).get("/health/")

    assert response.status_code == 500
    assert "Something went wrong" in response.content.decode()
