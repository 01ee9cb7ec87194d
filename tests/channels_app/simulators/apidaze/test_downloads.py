"""The simulator downloads the files of a message as Apidaze does, and says what came of each."""

from __future__ import annotations

import hashlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.channels_app.simulators.apidaze.client import GOOD, send
from tests.support.scripted_server import Script, ScriptedServer, http_answer, self_signed
from tests.support.simulator import Simulator

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 300
PNG = http_answer(200, PICTURE, {"Content-Type": "image/png"})
MEGABYTE = 1024 * 1024


def mms(*addresses: str) -> dict[str, str]:
    return GOOD | {"message_type": "MMS"} | {f"file_urls[{n}]": each for n, each in enumerate(addresses)}


def downloaded(simulator: Simulator, *addresses: str) -> list[dict[str, Any]]:
    """What came of the files of a message with these addresses."""
    assert send(simulator, mms(*addresses)).status_code == 200
    return simulator.files_of(simulator.received()[-1])


@pytest.fixture(scope="module")
def hasty() -> Iterator[Simulator]:
    """A simulator that waits one second for a file."""
    with Simulator("--download-seconds", "1") as simulator:
        yield simulator


def test_each_address_is_fetched_once_and_its_bytes_are_kept(simulator: Simulator) -> None:
    text = http_answer(200, b"Hello", {"Content-Type": "text/plain; charset=utf-8"})
    with ScriptedServer(PNG, text) as server:
        one, two = downloaded(simulator, f"{server.url}/files/a%20b.png?x=%2F", f"{server.url}/note.txt")

    assert [request.partition(b"\r\n")[0] for request in server.requests] == [
        b"GET /files/a%20b.png?x=%2F HTTP/1.1",
        b"GET /note.txt HTTP/1.1",
    ]
    assert (one["state"], one["status"], one["content_type"]) == ("downloaded", 200, "image/png")
    assert (one["name"], one["size"]) == ("a b.png", len(PICTURE))
    assert one["sha256"] == hashlib.sha256(PICTURE).hexdigest()
    assert (two["content_type"], two["size"]) == ("text/plain; charset=utf-8", 5)
    assert [simulator.content_of(file) for file in (one, two)] == [PICTURE, b"Hello"]
    assert simulator.thread(GOOD["to"])[0]["files"] == [one, two]


def test_the_answer_does_not_wait_for_the_files(simulator: Simulator) -> None:
    simulator.set_faults(latency_ms=300)
    asked_at: list[float] = []

    def hold(connection: socket.socket) -> None:
        asked_at.append(time.monotonic())
        time.sleep(0.5)
        connection.sendall(PNG)

    with ScriptedServer(hold) as server:
        send(simulator, mms(server.url + "/a.png"))
        answered_at = time.monotonic()
        [file] = simulator.received()[0]["files"]
        assert file["state"] in ("waiting", "downloading")
        [file] = simulator.files_of(simulator.thread(GOOD["to"])[0])

    assert file["state"] == "downloaded"
    assert asked_at[0] > answered_at - 0.1


def slow_drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(100):
        connection.sendall(b"x")
        time.sleep(0.1)


def silence(connection: socket.socket) -> None:
    connection.recv(1)


def hang_up(connection: socket.socket) -> None:
    pass


@pytest.mark.parametrize(
    ("script", "status", "problem"),
    [
        (http_answer(404, "gone"), 404, "Answered 404"),
        (http_answer(204), 204, "Answered 204"),
        (http_answer(302, headers={"Location": "/b"}), 302, "Answered 302: redirects are not followed"),
        (slow_drip, 200, "Not through after 1 seconds"),
        (silence, None, "Not through after 1 seconds"),
        (hang_up, None, "The connection was closed without an answer"),
        (lambda c: c.sendall(PNG[:-1]), 200, f"The answer broke off after {len(PICTURE) - 1} bytes"),
        (
            lambda c: c.sendall(b"SSH-2.0-OpenSSH\r\n\r\n"),
            None,
            "The answer is not HTTP, or longer than it says",
        ),
        (http_answer(200, "Hello") + b" and more", None, "The answer is not HTTP, or longer than it says"),
        (http_answer(200, "x", {"Content-Encoding": "gzip"}), 200, "The answer is packed (gzip), and"),
    ],
)
def test_what_went_wrong_is_told_in_words(
    hasty: Simulator, script: Script, status: int | None, problem: str
) -> None:
    with ScriptedServer(script) as server:
        [file] = downloaded(hasty, server.url + "/a.png")

    assert (file["state"], file["status"], file["kept"]) == ("failed", status, False)
    assert file["problem"].startswith(problem)
    with pytest.raises(ValueError, match=r"404 .*not kept"):
        hasty.content_of(file)


def test_redirects_are_not_followed(simulator: Simulator) -> None:
    with ScriptedServer(PNG) as elsewhere:
        with ScriptedServer(http_answer(302, headers={"Location": elsewhere.url})) as server:
            downloaded(simulator, server.url + "/a.png")
        assert (server.connections, elsewhere.connections) == (1, 0)


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("http://127.0.0.1:1/a.png", "Nothing answers at this address"),
        ("http://no-such-host.invalid/a.png", "No such host name"),
    ],
)
def test_an_address_where_nobody_is(simulator: Simulator, address: str, problem: str) -> None:
    [file] = downloaded(simulator, address)

    assert (file["state"], file["status"], file["problem"]) == ("failed", None, problem)


def test_a_certificate_of_no_authority_is_not_trusted(simulator: Simulator, tmp_path: Path) -> None:
    _, context = self_signed(tmp_path)
    with ScriptedServer(PNG, tls=context) as server:
        [file] = downloaded(simulator, server.url + "/a.png")

    assert (file["state"], file["status"]) == ("failed", None)
    assert file["problem"] == "The certificate can't be trusted, or it is not TLS"
    assert server.requests == []


def test_one_failure_leaves_the_other_files_alone(simulator: Simulator) -> None:
    with ScriptedServer(PNG, http_answer(500), PNG) as server:
        files = downloaded(simulator, *[f"{server.url}/{n}.png" for n in range(3)])

    assert [file["state"] for file in files] == ["downloaded", "failed", "downloaded"]


def endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n")
    while True:
        connection.sendall(b"x" * MEGABYTE)


def announced(size: int) -> Script:
    def answer(connection: socket.socket) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
        for _ in range(size // MEGABYTE):
            connection.sendall(b"x" * MEGABYTE)

    return answer


def test_a_message_may_have_100_megabytes_and_no_byte_more(simulator: Simulator) -> None:
    too_large = "A message's files may have 100 MB together"
    with ScriptedServer(announced(60 * MEGABYTE), announced(40 * MEGABYTE + 1), endless) as server:
        files = downloaded(simulator, *[f"{server.url}/{n}.mp4" for n in range(3)])

    assert [file["state"] for file in files] == ["downloaded", "failed", "failed"]
    assert [file["problem"] for file in files] == ["", too_large, too_large]
    assert files[1]["size"] == 0
    assert files[2]["size"] <= 40 * MEGABYTE


def peak_memory(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))  # the peak


def test_memory_stays_flat() -> None:
    with Simulator() as simulator, ScriptedServer(announced(100 * MEGABYTE)) as server:
        before = peak_memory(simulator.pid)
        [file] = downloaded(simulator, server.url + "/film.mp4")
        assert (file["state"], file["size"]) == ("downloaded", 100 * MEGABYTE)
        assert peak_memory(simulator.pid) - before < 40 * MEGABYTE


def test_only_a_few_messages_are_downloaded_at_once(simulator: Simulator) -> None:
    at_once, most = 0, 0

    def count(connection: socket.socket) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        time.sleep(0.1)
        at_once -= 1
        connection.sendall(PNG)

    with ScriptedServer(count) as server:
        for _ in range(8):
            send(simulator, mms(server.url + "/a.png"))
        states = {simulator.files_of(message)[0]["state"] for message in simulator.received()}

    assert states == {"downloaded"}
    assert 2 <= most <= 4


def test_files_can_be_left_where_they_are(simulator: Simulator) -> None:
    simulator.set_faults(download_files=False)
    assert simulator.control("GET", "faults")["download_files"] is False
    with ScriptedServer(PNG) as server:
        [file] = downloaded(simulator, server.url + "/a.png")
        time.sleep(0.2)

    assert (file["state"], server.connections) == ("not_downloaded", 0)


def test_a_text_has_no_files_even_with_addresses(simulator: Simulator) -> None:
    with ScriptedServer(PNG) as server:
        send(simulator, GOOD | {"file_urls[0]": server.url + "/a.png"})
        time.sleep(0.2)

    assert simulator.received()[0]["files"] == []
    assert server.connections == 0


def test_a_message_refused_by_a_fault_is_not_downloaded(simulator: Simulator) -> None:
    simulator.set_fault("unprocessable", next=1)
    with ScriptedServer(PNG) as server:
        assert send(simulator, mms(server.url + "/a.png")).status_code == 422
        time.sleep(0.2)

    assert server.connections == 0


def test_a_message_taken_without_an_answer_is_downloaded(simulator: Simulator) -> None:
    simulator.set_fault("reset_after_taking", next=1)
    with ScriptedServer(PNG) as server:
        with pytest.raises(OSError, match="reset"):
            send(simulator, mms(server.url + "/a.png"))
        [file] = simulator.files_of(simulator.received()[0])

    assert file["state"] == "downloaded"


def test_forgetting_gives_up_and_removes_the_bytes(simulator: Simulator) -> None:
    with ScriptedServer(PNG, silence) as server:
        [kept] = downloaded(simulator, server.url + "/a.png")
        send(simulator, mms(server.url + "/b.png"))
        while simulator.received()[1]["files"][0]["state"] != "downloading":
            time.sleep(0.01)
        simulator.control("DELETE", "phone")
        [given_up] = simulator.files_of(simulator.received()[1])

    assert (given_up["state"], given_up["problem"]) == ("failed", "Given up before it was through")
    assert simulator.received()[0]["files"][0]["kept"] is False
    with pytest.raises(ValueError, match="404"):
        simulator.content_of(kept)


def test_nothing_is_left_on_the_disk_in_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with ScriptedServer(PNG, PNG, slow_drip) as server, Simulator() as simulator:
        downloaded(simulator, server.url + "/a.png", server.url + "/b.png")
        send(simulator, mms(server.url + "/c.png"))
        assert len([path for path in tmp_path.rglob("*") if path.is_file()]) >= 2
        assert simulator.stop() == 0

    assert list(tmp_path.iterdir()) == []
