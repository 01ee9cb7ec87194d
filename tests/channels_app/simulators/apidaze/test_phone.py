"""The customer's phone: it writes to the webhook as Apidaze does, and shows what was sent to it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from tests.channels_app.simulators.apidaze.client import GOOD, send
from tests.support.simulator import Simulator


class Webhook(ThreadingHTTPServer):
    """A webhook that keeps what it got and answers what it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), WebhookHandler)
        self.got: list[tuple[str, str, Any]] = []
        self.status = 200
        self.url = f"http://127.0.0.1:{self.server_port}/webhooks/apidaze/token/"


class WebhookHandler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Webhook)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, self.headers["Content-Type"], json.loads(body)))
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        pass


@pytest.fixture
def webhook(simulator: Simulator) -> Iterator[Webhook]:
    with Webhook() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        simulator.set_phone(webhook_url=server.url, business_numbers=["13052314933"], customer_numbers=[])
        yield server
        server.shutdown()


def test_the_customer_writes_exactly_as_apidaze_calls(simulator: Simulator, webhook: Webhook) -> None:
    message = simulator.write("+1 (305) 767-3260", "13052314933", "Grüße <b>")

    assert (message["state"], message["status"]) == ("delivered", 200)
    assert webhook.got == [
        (
            "/webhooks/apidaze/token/",
            "application/json",
            {
                "type": "incomingWebhookSMS",
                "caller_id_number": "13057673260",
                "destination_number": "13052314933",
                "text": "Grüße <b>",
            },
        )
    ]
    assert simulator.thread("13057673260") == [message]


@pytest.mark.parametrize("status", [201, 302, 404, 500])
def test_any_other_answer_is_not_delivered(simulator: Simulator, webhook: Webhook, status: int) -> None:
    webhook.status = status
    message = simulator.write("13057673260", "13052314933", "Hello")

    assert (message["state"], message["status"]) == ("failed", status)
    assert len(webhook.got) == 1


def test_a_webhook_that_is_away_is_told_in_words(simulator: Simulator, webhook: Webhook) -> None:
    simulator.set_phone(webhook_url="http://127.0.0.1:1/")
    message = simulator.write("13057673260", "13052314933", "Hello")
    assert (message["state"], message["status"]) == ("failed", None)
    assert message["problem"] == "Nothing answers at the webhook address"

    simulator.set_phone(webhook_url="")
    assert simulator.write("13057673260", "13052314933", "Hello")["problem"] == "No webhook address is set"


def test_answers_appear_on_the_customers_phone(simulator: Simulator) -> None:
    send(simulator)
    send(simulator, GOOD | {"to": "14155550123"})

    (message,) = simulator.thread("13057673260")
    assert (message["text"], message["business"], message["from_customer"]) == ("Hello", "14102161183", False)
    state = simulator.control("GET", "phone")
    assert {"13057673260", "14155550123"} <= {*state["other_customers"], *state["customer_numbers"]}


def test_only_what_changed_is_sent_again(simulator: Simulator) -> None:
    send(simulator)
    since = simulator.control("GET", "phone?customer=13057673260")["changed"]
    send(simulator, GOOD | {"body": "Second"})

    state = simulator.control("GET", f"phone?customer=13057673260&since={since}")
    assert [message["text"] for message in state["messages"]] == ["Second"]


@pytest.mark.parametrize(
    "settings",
    [
        {"webhook_url": "ftp://example.com/"},
        {"webhook_url": "javascript:alert(1)"},
        {"webhook_url": "http://"},
        {"webhook_url": "http://[x"},
        {"webhook_url": "http://x:port/"},
        {"webhook_url": 1},
        {"business_numbers": "13052314933"},
        {"business_numbers": ["MyShop"]},
        {"customer_numbers": [13057673260]},
        {"webhook": ""},
    ],
)
def test_bad_settings_are_refused(
    simulator: Simulator, webhook: Webhook, settings: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match=r"^400 "):
        simulator.set_phone(**settings)
    assert simulator.control("GET", "phone")["webhook_url"] == webhook.url


@pytest.mark.parametrize(
    "message",
    [
        {},
        [],
        {"from": "1", "to": "2"},
        {"from": "1", "to": "2", "text": ""},
        {"from": "x", "to": "2", "text": "a"},
    ],
)
def test_bad_messages_are_refused(simulator: Simulator, message: object) -> None:
    with pytest.raises(ValueError, match=r"^400 "):
        simulator.control("POST", "phone/send", message)


def test_the_page_brings_everything_itself(simulator: Simulator) -> None:
    page = requests.get(f"{simulator.base_url}/", timeout=5)

    assert page.status_code == 200
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    for part in ("phone.css", "phone.js", "phone.svg"):
        assert f"/{part}" in page.text
        assert requests.get(f"{simulator.base_url}/{part}", timeout=5).status_code == 200
    assert requests.get(f"{simulator.control_url}/", timeout=5).text == page.text
