"""A stream of hints: where a page finds it, how many a person may have, and when it ends."""

from __future__ import annotations

import time

import pytest
import requests
from django.conf import settings
from django.test import Client, RequestFactory
from django.urls import reverse

from channels_app.models import User
from messaging.broker.stream_endpoint import MOST_OF_A_PERSON
from messaging.views.events_address import events_address
from tests.support.events_process import EventsProcess
from tests.support.stack import free_ports
from tests.support.web_server import WebServer


@pytest.fixture
def listen(tmp_path, transactional_db):
    """Asks the events process for a stream, as a browser that is signed in."""
    [port] = free_ports(1)
    web = WebServer(tmp_path, REDIS_URL="redis://127.0.0.1:1/0", EVENTS_LOOK_AGAIN="1")
    events = EventsProcess(tmp_path, port, web.environment).start()

    def listen(client: Client) -> requests.Response:
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        cookies = {settings.SESSION_COOKIE_NAME: cookie}
        return requests.get(f"http://127.0.0.1:{port}/events/", cookies=cookies, stream=True, timeout=10)

    yield listen
    events.stop()


@pytest.mark.stack
def test_a_stream_ends_soon_after_a_sign_out_and_where_a_login_is_disabled(
    listen, anna, ben, carla, browser_of
):
    browsers = [browser_of(anna), browser_of(ben), browser_of(carla)]
    signed_out, disabled, stays = streams = [listen(browser) for browser in browsers]
    assert [stream.status_code for stream in streams] == [200, 200, 200]
    browsers[0].post(reverse("sign-out"))
    User.objects.filter(pk=ben.user_id).update(is_active=False)
    began_at = time.monotonic()
    for ended in (signed_out, disabled):
        assert b"".join(ended.iter_content(None)).startswith(b"retry: 2000")
    assert time.monotonic() - began_at < 5
    assert [listen(browser).status_code for browser in browsers] == [401, 401, 200]
    assert not stays.raw.closed
    stays.close()


@pytest.mark.stack
def test_one_stream_too_many_is_refused_until_another_ends(listen, anna, ben, browser_of):
    browser = browser_of(anna)
    streams = [listen(browser) for _number in range(MOST_OF_A_PERSON)]
    assert {stream.status_code for stream in streams} == {200}
    assert listen(browser).status_code == 429
    assert listen(browser_of(ben)).status_code == 200
    streams.pop().close()
    deadline = time.monotonic() + 5
    while (status := listen(browser).status_code) == 429 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert status == 200
    for stream in streams:
        stream.close()


@pytest.mark.parametrize(
    ("on_port", "secure", "address"),
    [
        (True, False, "http://portal.example:8001/events/"),
        (True, True, "/events/"),
        (False, False, "/events/"),
        (False, True, "/events/"),
    ],
)
def test_a_page_that_came_over_https_is_never_sent_to_a_port_of_plain_http(
    on_port, secure, address, settings
):
    settings.EVENTS_ON_PORT, settings.EVENTS_PORT = on_port, 8001
    request = RequestFactory().get("/inbox/", secure=secure, headers={"host": "portal.example:8000"})
    assert events_address(request) == address
