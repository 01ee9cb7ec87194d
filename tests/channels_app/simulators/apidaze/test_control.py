"""The simulator's control API, and the simulator as a process."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time

import pytest
import requests

from channels_app.simulators.apidaze.record import most_in_a_second
from tests.channels_app.simulators.apidaze.client import connect, raw_send, send, validate
from tests.support.simulator import ROOT, Simulator


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "must be a JSON object"),
        ({"fault": []}, "has no 'fault'"),
        ({"faults": {}}, "faults must be a list"),
        ({"faults": [1]}, "must be an object with a kind"),
        ({"faults": [{"kind": "flood"}]}, "must be an object with a kind"),
        ({"faults": [{"kind": ["silence"]}]}, "must be an object with a kind"),
        ({"faults": [{"kind": "silence", "on": "calls"}]}, "on must be"),
        ({"faults": [{"kind": "silence", "next": 0}]}, "next must be"),
        ({"faults": [{"kind": "silence", "next": 1.5}]}, "next must be a whole number"),
        ({"faults": [{"kind": "silence", "probability": 1.1}]}, "probability must be"),
        ({"faults": [{"kind": "silence", "probability": True}]}, "probability must be"),
        ({"faults": [{"kind": "silence", "probability": 1, "next": 1}]}, "not both"),
        ({"faults": [{"kind": "silence", "retry_after": 1}]}, "has no 'retry_after'"),
        ({"faults": [{"kind": "unavailable", "retry_after": "1\r\nX: y"}]}, "retry_after must be"),
        ({"faults": [{"kind": "silence", "taken": 1}]}, "taken must be"),
        ({"faults": [{"kind": "redirect", "location": "a\nb"}]}, "location must be"),
        ({"faults": [{"kind": "html", "probability": 0.6}] * 2}, "add up to more than 1"),
        ({"latency_ms": -1}, "latency_ms must be"),
        ({"latency_ms": "1"}, "latency_ms must be"),
        ({"close_idle_ms": 0}, "close_idle_ms must be"),
        ({"details": None}, "details must be"),
        ({"download_files": 0}, "download_files must be"),
        ({"refuse_seconds": 100_000}, "refuse_seconds must be"),
    ],
)
def test_bad_faults_are_refused_in_words_and_change_nothing(
    simulator: Simulator, data: object, words: str
) -> None:
    simulator.set_fault("server_error")
    answer = requests.put(f"{simulator.base_url}/control/faults", json=data, timeout=5)

    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert send(simulator).status_code == 500


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{", "application/json"),
        (b"\xff", "application/json"),
        (b"[" * 60_000, "application/json"),
        (b"{}", "text/plain"),
    ],
)
def test_bodies_that_are_not_json_are_refused(simulator: Simulator, body: bytes, content_type: str) -> None:
    for method, path in (("PUT", "faults"), ("PUT", "phone"), ("POST", "phone/send")):
        answer = requests.request(
            method,
            f"{simulator.base_url}/control/{path}",
            data=body,
            headers={"Content-Type": content_type},
            timeout=5,
        )
        assert answer.status_code == 400
        assert answer.json()["error"]


@pytest.mark.parametrize("query", ["since=-1", "since=x", "limit=10001", "since=" + "9" * 30])
def test_bad_paging_is_refused(simulator: Simulator, query: str) -> None:
    assert requests.get(f"{simulator.base_url}/control/received?{query}", timeout=5).status_code == 400


def test_the_log_is_read_in_pages_and_cleared(simulator: Simulator) -> None:
    for _ in range(5):
        send(simulator)
    page = simulator.control("GET", "received?limit=2")
    assert len(page["received"]) == 2
    assert page["more"]
    rest = simulator.control("GET", f"received?since={page['next']}")
    assert len(rest["received"]) == 3
    assert not rest["more"]

    simulator.control("DELETE", "received")
    assert simulator.received() == []
    send(simulator)
    (item,) = simulator.control("GET", f"received?since={rest['next']}")["received"]
    assert item["index"] == rest["next"]


def test_the_summary_counts(simulator: Simulator) -> None:
    simulator.set_fault("reset_after_taking", next=1, on="send")
    with connect(simulator) as connection:
        connection.sendall(raw_send())
        time.sleep(0.1)
    send(simulator)
    send(simulator, {"from": "14102161183"})
    validate(simulator)

    summary = simulator.summary()
    assert (summary["total"], summary["sends"], summary["validates"], summary["taken"]) == (4, 3, 1, 2)
    assert summary["outcomes"] == {"reset": 1, "accepted": 2, "refused": 1}
    assert summary["faults"] == {"reset_after_taking": 1}
    assert summary["most_in_a_second"] == 3
    assert summary["senders"] == {"14102161183": {"sends": 3, "most_in_a_second": 3}}


@pytest.mark.parametrize(
    ("arrivals", "most"),
    [([], 0), ([5.0], 1), ([0.0, 0.999, 1.0], 2), ([3.0, 0.5, 1.25, 1.0, 1.5], 3), ([1.0] * 4, 4)],
)
def test_a_rolling_second_is_half_open(arrivals: list[float], most: int) -> None:
    assert most_in_a_second(arrivals) == most


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_without_a_traceback(number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "channels_app.simulators.apidaze", "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    address = process.stdout.readline().split()[-1].rstrip("/")
    port = int(address.rpartition(":")[2])
    requests.put(f"{address}/control/faults", json={"faults": [{"kind": "silence"}]}, timeout=5)
    for message in (b"GET / HTTP/1.1\r\nX-Huge: " + b"x" * 100_000 + b"\r\n\r\n", raw_send()):
        with socket.create_connection(("127.0.0.1", port)) as left_early:
            left_early.sendall(message)
            time.sleep(0.1)
    with socket.create_connection(("127.0.0.1", port)) as waiting:
        waiting.sendall(raw_send())
        time.sleep(0.1)
        started = time.monotonic()
        process.send_signal(number)
        _, errors = process.communicate(timeout=5)
        assert time.monotonic() - started < 1
    assert (process.returncode, errors) == (0, "")


def test_a_taken_port_is_one_line_and_exit_code_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "channels_app.simulators.apidaze", "--port", str(port)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Port {port} on 127.0.0.1 is already in use.\n"


def test_it_starts_again_on_the_same_port() -> None:
    simulator = Simulator()
    simulator.start()
    url = simulator.base_url
    send(simulator)
    assert simulator.stop() == 0
    simulator.start()
    try:
        assert simulator.base_url == url
        assert send(simulator).status_code == 200
    finally:
        simulator.stop()


def test_it_needs_no_django() -> None:
    program = "import sys, channels_app.simulators.apidaze.server\nraise SystemExit('django' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=10, check=False)
    assert done.returncode == 0
