"""Whatever a browser sends, the inbox answers in words and never with a 500."""

from __future__ import annotations

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging.models import Message
from tests.inbox.conftest import PARTS

HUGE = "9" * 30
ODD = [
    "",
    "x",
    "-1",
    "0",
    "1.5",
    HUGE,
    "9" * 5000,
    "٣",
    "\x00",
    "é" * 100,
    "queue:" + HUGE,
    "extension:0",
    "None",
]
POSTS = ["answer", "pick-up", "transfer", "close-session", "archive", "unarchive", "conversation-read"]
FINE = {200, 204, 302, 400, 403, 404, 405, 422}


@pytest.fixture
def client(anna, browser_of):
    client = browser_of(anna)
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("odd", ODD)
def test_odd_parameters(odd, waiting, client):
    odd_everywhere = dict.fromkeys(
        [
            "tab",
            "limit",
            "current",
            "seen",
            "before",
            "rule",
            "customer",
            "up_to",
            "target",
            "press_key",
            "text",
        ],
        odd,
    )
    for headers in ({}, PARTS):
        for address in ["inbox", "session-list", "start-session"]:
            assert client.get(reverse(address), odd_everywhere, headers=headers).status_code in FINE
        for name in ["conversation", "conversation-news", "conversation-earlier", "transfer"]:
            address = reverse(name, args=[waiting.pk])
            assert client.get(address, odd_everywhere, headers=headers).status_code in FINE
        for name in POSTS:
            address = reverse(name, args=[waiting.pk])
            assert client.post(address, odd_everywhere, headers=headers).status_code in FINE
        assert client.post(reverse("start-session"), odd_everywhere, headers=headers).status_code in FINE
    assert not Message.objects.filter(direction="outbound").exists()


@pytest.mark.parametrize("number", ["0", HUGE, "9" * 18, "9223372036854775807", "9223372036854775808"])
def test_ids_that_no_session_has(number, waiting, client):
    for name in ["", "news/", "earlier/", "transfer/"]:
        assert client.get(f"/inbox/{number}/{name}", {"before": "1"}).status_code == 404
    for name in ["answer/", "pick-up/", "transfer/", "close/", "archive/", "unarchive/", "read/"]:
        assert client.post(f"/inbox/{number}/{name}", {"text": "x", "press_key": "0" * 32}).status_code == 404


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"text=%ff%fe%00&press_key=%ff", "application/x-www-form-urlencoded"),
        (b"\xff\xfe\x00\x01", "application/x-www-form-urlencoded; charset=utf-16"),
        (b"\xff\xfe", "application/x-www-form-urlencoded; charset=nonsense"),
        (b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n', "multipart/form-data; boundary=x"),
        (b"no boundary", "multipart/form-data"),
        (b"{", "application/json"),
        (b"&".join(b"a%d=1" % number for number in range(2000)), "application/x-www-form-urlencoded"),
        (b"text=" + b"x" * 2_200_000, "application/x-www-form-urlencoded"),
    ],
)
def test_bodies_that_are_no_forms(body, content_type, waiting, client):
    for name in POSTS:
        address = reverse(name, args=[waiting.pk])
        assert client.generic("POST", address, body, content_type).status_code in FINE | {413}
    answer = client.generic("POST", reverse("start-session"), body, content_type)
    assert answer.status_code in FINE | {413}
    answer = client.generic("POST", reverse("sign-in"), body, content_type)
    assert answer.status_code in FINE | {413}
    assert not Message.objects.filter(direction="outbound").exists()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(max_size=2000),
    key=st.one_of(st.text(max_size=50), st.uuids().map(str)),
    tab=st.text(max_size=8),
)
def test_any_text(text, key, tab, waiting, client):
    """Over 5 s: 25 texts, each sent and shown."""
    address = reverse("answer", args=[waiting.pk])
    data = {
        "text": text.encode("utf-8", "replace").decode(),
        "press_key": key.encode("utf-8", "replace").decode(),
        "tab": tab.encode("utf-8", "replace").decode(),
    }
    assert client.post(address, data).status_code in (302, 422)
    assert client.get(reverse("conversation", args=[waiting.pk])).status_code == 200
