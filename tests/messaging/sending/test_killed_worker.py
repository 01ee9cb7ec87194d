"""A web worker that is killed, for want of memory as a rule, is replaced: nobody has to start anything."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

import pytest
import requests
from django.conf import settings as portal
from django.test import Client
from django.utils import timezone

from channels_app.models import Channel, RoutingRule, User
from messaging.models import Message, Session
from tests.conftest import CUSTOMER
from tests.messaging.arrivals import arrive
from tests.support.web_server import WebServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.stack]

EXPORT = "/portal/messaging/session/export/"
TEXT = CUSTOMER * 200


@pytest.fixture
def many_messages(channel: Channel, rule: RoutingRule, file_folder: Path) -> int:
    """More text than the buffers of a connection take."""
    arrive(channel)
    row = {"session": Session.objects.get(), "direction": "inbound", "status": "received", "text": TEXT}
    Message.objects.bulk_create([Message(**row, created_at=timezone.now()) for _unused in range(5000)])
    return Message.objects.count()


def test_an_export_breaks_off_visibly_with_its_worker_and_the_next_one_is_whole(
    many_messages: int, client: Client, administrator: User, tmp_path: Path
) -> None:
    client.force_login(administrator, "django.contrib.auth.backends.ModelBackend")
    token = "a" * 32
    person = requests.Session()
    person.cookies[portal.SESSION_COOKIE_NAME] = client.cookies[portal.SESSION_COOKIE_NAME].value
    person.cookies[portal.CSRF_COOKIE_NAME] = token
    person.headers["X-CSRFToken"] = token

    with WebServer(tmp_path) as server:

        def export() -> requests.Response:
            form = {"key": uuid.uuid4(), "content": "messages", "format": "csv"}
            return person.post(server.origin + EXPORT, form, stream=True, timeout=20)

        broken = export()
        pieces = broken.iter_content(1024)
        assert next(pieces)
        server.kill_worker()
        with pytest.raises(requests.exceptions.RequestException):
            list(pieces)

        wait_until_it_answers(server)
        assert export().text.count(TEXT) == many_messages - 1


def wait_until_it_answers(server: WebServer) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            assert requests.get(f"{server.origin}/health/", timeout=5).ok
        except requests.exceptions.ConnectionError:
            assert time.monotonic() < deadline, server.log
            time.sleep(0.2)
        else:
            return
