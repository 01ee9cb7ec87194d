"""The simulator's API answers as Apidaze does."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime

import pytest
import requests

from tests.channels_app.simulators.apidaze.client import GOOD, connect, raw_send, send, validate
from tests.support.simulator import Simulator

NOT_A_PAIR = {"code": "E_NOT_FOUND", "message": "api secret and api key are not a pair"}


def test_a_message_is_taken_with_an_id(simulator: Simulator) -> None:
    answer = send(simulator)

    assert answer.status_code == 200
    message_id = answer.json()["details"]["uuid"]
    assert answer.json() == {"ok": True, "message": "Message sent", "details": {"uuid": message_id}}
    assert str(uuid.UUID(message_id)) == message_id
    assert simulator.received()[0]["uuid"] == message_id


def test_the_older_answer_has_no_id(simulator: Simulator) -> None:
    simulator.set_faults(details=False)

    assert send(simulator).json() == {"ok": True, "message": "Message sent"}


@pytest.mark.parametrize(("key", "secret"), [("demo-key", "wrong"), ("wrong", "demo-secret"), ("ключ", "й")])
def test_key_and_secret_that_are_no_pair_are_not_found(simulator: Simulator, key: str, secret: str) -> None:
    for answer in (send(simulator, key=key, secret=secret), validate(simulator, key, secret)):
        assert answer.status_code == 404
        assert answer.json() == NOT_A_PAIR
    assert not simulator.received()[0]["taken"]


def test_a_pair_is_valid(simulator: Simulator) -> None:
    assert validate(simulator).status_code == 200
    assert simulator.received("validates")[0]["outcome"] == "accepted"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"to": "+13057673260"}, "to must be digits"),
        ({"to": "1305 767"}, "to must be digits"),
        ({"to": "١٢٣٤٥"}, "to must be digits"),
        ({"from": "+14102161183"}, "from must be a number of the account"),
        ({"from": "MyShop"}, "from must be a number of the account"),
        ({"from": ""}, "from is required"),
        ({"to": None}, "to is required"),
        ({"body": ""}, "body is required"),
        ({"message_type": "FAX"}, "message_type must be"),
        ({"message_type": "MMS"}, "file_urls must be"),
        ({"message_type": "MMS", "file_urls[0]": ""}, "file_urls must be"),
        ({"message_type": "MMS", "file_urls[0]": "file:///etc/passwd"}, "file_urls must be"),
        ({"message_type": "MMS", "file_urls[0]": "http:///a.png"}, "file_urls must be"),
        ({"message_type": "MMS", "file_urls[0]": "http://x:y/a.png"}, "file_urls must be"),
        ({"message_type": "MMS", "file_urls[0]": "http://a.example/a b.png"}, "file_urls must be"),
        ({"message_type": "MMS", "file_urls[0]": "http://a.example/a", "body": ""}, "body is required"),
    ],
)
def test_a_bad_message_is_unprocessable(
    simulator: Simulator, change: dict[str, str | None], words: str
) -> None:
    answer = send(simulator, GOOD | change)

    assert answer.status_code == 422
    assert words in answer.json()["error"]
    assert simulator.received()[0]["outcome"] == "refused"


def test_files_are_recorded_in_their_order(simulator: Simulator) -> None:
    urls = ["https://files.example.com/b.png", "https://files.example.com/a.png"]
    answer = send(simulator, GOOD | {"message_type": "MMS", "file_urls[0]": urls[0], "file_urls[1]": urls[1]})

    assert answer.status_code == 200
    assert simulator.received()[0]["file_urls"] == urls
    assert simulator.thread(GOOD["to"])[0]["file_urls"] == urls


def test_the_log_has_the_request_as_it_came(simulator: Simulator) -> None:
    before, before_at = time.monotonic(), datetime.now(UTC)
    send(simulator, {"from": "14102161183", "to": "13057673260", "body": "Grüße + 1 €"})

    (item,) = simulator.received()
    assert before <= item["arrived_at_monotonic"] <= time.monotonic()
    assert abs((datetime.fromisoformat(item["at"]) - before_at).total_seconds()) < 5
    assert item["method"] == "POST"
    assert item["path"] == "/demo-key/sms/send"
    assert item["query"] == "api_secret=demo-secret"
    assert item["content_type"] == "application/x-www-form-urlencoded"
    assert item["raw_body"] == "from=14102161183&to=13057673260&body=Gr%C3%BC%C3%9Fe+%2B+1+%E2%82%AC"
    assert (item["from"], item["to"], item["body"]) == ("14102161183", "13057673260", "Grüße + 1 €")
    assert (item["outcome"], item["taken"], item["status"], item["fault"]) == ("accepted", True, 200, None)


def test_arrival_is_when_the_first_bytes_come(simulator: Simulator) -> None:
    with connect(simulator) as connection:
        for _ in range(2):
            message = raw_send()
            started = time.monotonic()
            connection.sendall(message[:100])
            time.sleep(0.2)
            connection.sendall(message[100:])
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
            assert simulator.received()[-1]["arrived_at_monotonic"] - started < 0.1


def test_latency_comes_before_the_answer_and_after_the_record(simulator: Simulator) -> None:
    simulator.set_faults(latency_ms=300, jitter_ms=50)
    with connect(simulator) as connection:
        started = time.monotonic()
        connection.sendall(raw_send())
        while not simulator.received():
            assert time.monotonic() - started < 0.3
        connection.recv(4096)
        assert 0.3 <= time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"from": "14102161183"}', "application/json"),
        (b"\xff\xfe\x00&=&&==%%%", "application/x-www-form-urlencoded"),
        (b"&".join(b"a=1" for _ in range(1000)), "application/x-www-form-urlencoded"),
        (b"x" * 100_000, "application/x-www-form-urlencoded"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
    ],
)
def test_garbage_is_refused(simulator: Simulator, body: bytes, content_type: str) -> None:
    assert send(simulator, body, content_type=content_type).status_code in (413, 422)


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Huge: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        b"POST /demo-key/sms/send HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
    ],
)
def test_what_is_not_http_is_a_bad_request(simulator: Simulator, garbage: bytes) -> None:
    with connect(simulator) as connection:
        connection.sendall(garbage)
        assert connection.recv(4096).split()[1] == b"400"


def test_unknown_addresses_and_methods_are_refused(simulator: Simulator) -> None:
    assert requests.get(f"{simulator.base_url}/demo-key/sms/send", timeout=5).status_code == 405
    assert requests.post(f"{simulator.base_url}/demo-key/calls", timeout=5).status_code == 404
