"""The simulator fails as it is told to."""

from __future__ import annotations

import socket
import time

import pytest
import requests

from tests.channels_app.simulators.apidaze.client import GOOD, connect, raw_send, send, validate
from tests.support.simulator import Simulator


@pytest.mark.parametrize(
    ("kind", "status", "outcome"),
    [
        ("unauthorized", 401, "refused"),
        ("not_a_pair", 404, "refused"),
        ("unprocessable", 422, "refused"),
        ("too_many_requests", 429, "refused"),
        ("ok_false", 200, "refused"),
        ("not_found_html", 404, "error"),
        ("redirect", 302, "error"),
        ("server_error", 500, "error"),
        ("unavailable", 503, "error"),
        ("html", 200, "error"),
        ("not_an_object", 200, "error"),
    ],
)
def test_a_fault_answers_in_place_of_the_api(
    simulator: Simulator, kind: str, status: int, outcome: str
) -> None:
    simulator.set_fault(kind, on="send")
    answer = send(simulator)

    assert answer.status_code == status
    is_page = kind in ("not_found_html", "redirect", "html")
    assert answer.headers["Content-Type"].startswith("text/html" if is_page else "application/json")
    (item,) = simulator.received()
    assert (item["outcome"], item["fault"], item["taken"]) == (outcome, kind, False)
    assert validate(simulator).status_code == 200


def test_the_bodies_of_faults(simulator: Simulator) -> None:
    kinds = ("not_a_pair", "ok_false", "not_an_object", "redirect")
    simulator.set_faults(*[dict[str, object](kind=kind, next=1) for kind in kinds])

    assert send(simulator).json()["code"] == "E_NOT_FOUND"
    assert send(simulator).json()["ok"] is False
    assert isinstance(send(simulator).json(), list)
    assert send(simulator).headers["Location"] == "https://www.example.com/"
    assert send(simulator).json()["ok"] is True


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("too_many_requests", {}, "1"),
        ("too_many_requests", {"retry_after": 7}, "7"),
        ("unavailable", {}, None),
        ("unavailable", {"retry_after": 2}, "2"),
        ("unavailable", {"retry_after": "Wed, 21 Oct 2026 07:28:00 GMT"}, "Wed, 21 Oct 2026 07:28:00 GMT"),
    ],
)
def test_retry_after(
    simulator: Simulator, kind: str, options: dict[str, object], expected: str | None
) -> None:
    simulator.set_fault(kind, **options)

    assert send(simulator).headers.get("Retry-After") == expected


def test_a_message_can_be_taken_behind_an_error(simulator: Simulator) -> None:
    simulator.set_fault("server_error", taken=True)
    send(simulator)

    assert simulator.received()[0]["taken"]
    assert len(simulator.thread("13057673260")) == 1


def test_a_fault_for_the_next_requests_ends_by_itself(simulator: Simulator) -> None:
    simulator.set_fault("server_error", next=2)

    assert [send(simulator).status_code for _ in range(3)] == [500, 500, 200]
    (fault,) = simulator.control("GET", "faults")["faults"]
    assert (fault["next"], fault["applied"]) == (0, 2)


def test_a_fault_can_be_for_the_check_alone(simulator: Simulator) -> None:
    simulator.set_fault("unauthorized", on="validates")

    assert (send(simulator).status_code, validate(simulator).status_code) == (200, 401)


def test_probabilities_are_exact_side_by_side() -> None:
    with Simulator("--seed", "7") as simulator, requests.Session() as session:
        simulator.set_faults(
            {"kind": "server_error", "probability": 0.1}, {"kind": "unprocessable", "probability": 0.3}
        )
        url = f"{simulator.base_url}/demo-key/validates?api_secret=demo-secret"
        statuses = [session.get(url, timeout=5).status_code for _ in range(2000)]
    assert 150 < statuses.count(500) < 250
    assert 520 < statuses.count(422) < 680


@pytest.mark.parametrize(
    ("kind", "taken"),
    [("reset_before_reading", False), ("reset_before_taking", False), ("reset_after_taking", True)],
)
def test_a_reset_breaks_the_connection(simulator: Simulator, kind: str, taken: bool) -> None:
    simulator.set_fault(kind, next=1)
    with connect(simulator) as connection:
        connection.sendall(raw_send())
        with pytest.raises(ConnectionResetError):
            connection.recv(4096)

    (item,) = simulator.received()
    assert (item["outcome"], item["fault"], item["taken"]) == ("reset", kind, taken)
    assert item["path"] == "/demo-key/sms/send"
    assert len(simulator.thread("13057673260")) == taken
    assert send(simulator).status_code == 200


@pytest.mark.parametrize(("kind", "taken"), [("silence", True), ("silence_before_reading", False)])
def test_silence_never_answers(simulator: Simulator, kind: str, taken: bool) -> None:
    simulator.set_fault(kind, next=1)
    with pytest.raises(requests.ReadTimeout):
        send(simulator, timeout=0.3)

    (item,) = simulator.received()
    assert (item["outcome"], item["taken"], item["status"]) == ("silent", taken, None)
    assert send(simulator).status_code == 200


def test_mms_can_be_refused_and_texts_taken(simulator: Simulator) -> None:
    simulator.set_faults({"kind": "mms_refused", "next": 2})
    mms = GOOD | {"message_type": "MMS", "file_urls[0]": "http://127.0.0.1:1/a.png"}

    assert send(simulator).status_code == 200
    answer = send(simulator, mms)
    assert (answer.status_code, answer.json()) == (422, {"error": "MMS is not enabled for this number"})
    assert validate(simulator).status_code == 200
    item = simulator.received()[1]
    assert (item["outcome"], item["fault"], item["taken"], item["files"]) == (
        "refused",
        "mms_refused",
        False,
        [],
    )
    assert [send(simulator, mms).status_code for _ in range(2)] == [422, 200]


def test_silence_before_reading_leaves_the_bytes_in_the_socket(simulator: Simulator) -> None:
    simulator.set_fault("silence_before_reading")
    with connect(simulator) as connection:
        connection.sendall(raw_send())
        time.sleep(0.1)
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.sendall(b"x" * 50_000_000)


def test_refusing_connections_ends_by_itself(simulator: Simulator) -> None:
    with connect(simulator) as kept:
        kept.sendall(raw_send())
        kept.recv(4096)
        simulator.refuse(0.5)
        assert kept.recv(4096) == b""
    with pytest.raises(ConnectionRefusedError):
        connect(simulator)
    assert 0 < simulator.control("GET", "faults")["refuse_seconds"] <= 0.5
    time.sleep(0.6)
    assert send(simulator).status_code == 200


def test_refusing_connections_can_be_ended_early(simulator: Simulator) -> None:
    simulator.refuse(600)
    with pytest.raises(ConnectionRefusedError):
        connect(simulator)
    simulator.set_faults()

    assert send(simulator).status_code == 200


def test_the_request_that_asks_for_refusal_is_answered_on_the_same_port(simulator: Simulator) -> None:
    answer = requests.put(f"{simulator.base_url}/control/faults", json={"refuse_seconds": 0.5}, timeout=5)

    assert answer.status_code == 200
    assert answer.headers["Connection"] == "close"
    with pytest.raises(ConnectionRefusedError):
        connect(simulator)


def test_kept_connections_are_closed_when_idle(simulator: Simulator) -> None:
    simulator.set_faults(close_idle_ms=100)
    with connect(simulator) as connection:
        for _ in range(3):
            connection.sendall(raw_send())
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
            time.sleep(0.03)
        started = time.monotonic()
        assert connection.recv(4096) == b""
        assert time.monotonic() - started < 0.3


def test_connections_are_kept_otherwise(simulator: Simulator) -> None:
    with connect(simulator) as connection:
        connection.sendall(raw_send())
        connection.recv(4096)
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(4096)


def test_a_client_that_leaves_during_silence_leaves_nothing_behind(simulator: Simulator) -> None:
    simulator.set_fault("silence", next=1)
    with connect(simulator) as connection:
        connection.sendall(raw_send())
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        time.sleep(0.1)

    assert send(simulator).status_code == 200
