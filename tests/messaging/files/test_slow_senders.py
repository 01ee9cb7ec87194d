"""People who send slowly: the real web process, and real connections on which nothing more comes."""

import socket
import time
from contextlib import ExitStack

import pytest
import requests
from django.conf import settings as portal
from django.test import Client

from messaging.models import Session
from messaging.thread_limits import Places
from tests.conftest import CUSTOMER, NUMBER, OTHER_NUMBER
from tests.messaging.arrivals import arrive
from tests.support.web_server import WebServer

THREADS = 20


@pytest.fixture
def server(db, file_folder):
    """One of its own, ended before the database is emptied: requests are under way in it to the last."""
    with WebServer(file_folder.parent) as server:
        yield server


def signed_in(seat) -> dict[str, str]:
    client = Client()
    client.force_login(seat.user, backend=portal.AUTHENTICATION_BACKENDS[-1])
    session = client.cookies[portal.SESSION_COOKIE_NAME].value
    cookies = f"{portal.SESSION_COOKIE_NAME}={session}; {portal.CSRF_COOKIE_NAME}={'x' * 32}"
    return {"Cookie": cookies, "X-CSRFToken": "x" * 32, "X-File-Name": "a.bin", "HX-Request": "true"}


def begin(server, path, headers, kind):
    """A request of 1,000 bytes, of which nine come."""
    connection = socket.create_connection(("127.0.0.1", server.port), 10)
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Length: 1000", f"Content-Type: {kind}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    connection.sendall(("\r\n".join(lines) + "\r\n\r\ntext=half").encode())
    return connection


@pytest.mark.stack
@pytest.mark.django_db(transaction=True)
def test_however_many_forms_and_files_come_in_slowly_others_are_served(
    server, channel, rule, anna, ben, anna_rule
):
    arrive(channel, recipient=OTHER_NUMBER)
    session, hers = Session.objects.get(), signed_in(anna)
    session.queue = rule.destination_queue  # so that Ben may answer, once it is nobody's
    session.holder, session.holder_name = None, ""
    session.save()
    form, file = "application/x-www-form-urlencoded", "application/octet-stream"
    with ExitStack() as slow:
        for _unused in range(THREADS + 4):
            for path, kind in ((f"/inbox/{session.pk}/answer/", form), (f"/inbox/{session.pk}/files/", file)):
                slow.enter_context(begin(server, path, hers, kind))
        time.sleep(3)  # for as long as a place is waited for

        body = {"caller_id_number": CUSTOMER[1:], "destination_number": NUMBER[1:], "text": "Hello"}
        address = f"{server.origin}/webhooks/apidaze/{channel.webhook_token}/"
        assert requests.post(address, json=body, timeout=5).status_code == 200
        his = {**signed_in(ben), "Content-Type": file}
        put = requests.post(
            f"{server.origin}/inbox/{session.pk}/files/", data=b"x" * 10, headers=his, timeout=5
        )
        assert put.status_code in (201, 422)  # 422: no domain; but it was read


def test_nobody_takes_all_places_and_one_that_is_given_back_is_free():
    places = Places(together=4, each=2)

    assert [places.take("anna") for _unused in range(3)] == [True, True, False]
    assert [places.take("ben") for _unused in range(3)] == [True, True, False]
    assert not places.take("carla")
    places.give_back("ben")
    assert places.take("carla")
    assert not places.take("ben")
