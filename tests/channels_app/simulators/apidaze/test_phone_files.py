"""The files of the phones over HTTP: the customer's own go to the webhook, and a browser may look at all."""

from __future__ import annotations

import ast
import base64
import hashlib
import threading
import time
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.channels_app.simulators.apidaze.client import GOOD, connect, send
from tests.channels_app.simulators.apidaze.test_downloads import MEGABYTE, peak_memory
from tests.channels_app.simulators.apidaze.test_phone import Webhook, WebhookHandler, webhook
from tests.support.scripted_server import ScriptedServer, http_answer
from tests.support.simulator import Simulator

__all__ = ["webhook"]

PICTURE = bytes(range(256)) * 700
OCTETS = "application/octet-stream"


def upload(
    simulator: Simulator, name: str, content: Any, content_type: str = OCTETS, method: str = "PUT"
) -> requests.Response:
    return requests.request(
        method,
        f"{simulator.control_url}/control/phone/uploads",
        params={"name": name},
        data=content,
        headers={"Content-Type": content_type},
        timeout=60,
    )


def write(simulator: Simulator, *uploads: int, **fields: object) -> dict[str, Any]:
    message: dict[str, Any] = {"from": "13057673260", "to": "13052314933", "text": "", "uploads": uploads}
    answer: dict[str, Any] = simulator.control("POST", "phone/send", message | fields)
    return answer


def test_files_go_to_the_webhook_as_apidaze_sends_them(simulator: Simulator, webhook: Webhook) -> None:
    name = 'It\'s a "Grüße" \\ 😀.png'
    numbers = [upload(simulator, each, PICTURE).json()["upload"] for each in (name, "b.jpg")]
    message = write(simulator, *numbers)

    assert (message["state"], message["status"]) == ("delivered", 200)
    [(_, content_type, body)] = webhook.got
    assert content_type == "application/json"
    assert (body["type"], body["text"]) == ("incomingWebhookMMS", "")
    files = ast.literal_eval(body["files"])
    assert list(files) == [name, "b.jpg", "message.smil"]
    assert base64.b64decode(files[name], validate=True) == PICTURE
    assert body["files"] == repr(files)


def test_the_customers_own_files_are_kept_and_shown(simulator: Simulator, webhook: Webhook) -> None:
    written = simulator.write("13057673260", "13052314933", "See", {"a.png": PICTURE, "b.pdf": b"%PDF"})
    [message] = simulator.thread("13057673260")

    assert message["files"] == written["files"] == simulator.files_of(message)
    one, two = message["files"]
    assert (one["state"], one["name"], one["content_type"]) == ("own", "a.png", "image/png")
    assert (one["size"], one["sha256"]) == (len(PICTURE), hashlib.sha256(PICTURE).hexdigest())
    assert (one["shown_as"], two["shown_as"]) == ("picture", "")
    assert simulator.content_of(one) == PICTURE


def test_files_of_the_same_name_all_arrive(simulator: Simulator, webhook: Webhook) -> None:
    names = ["image.png", "image.png", "image.png", "image (2).png", "x", "x"]
    numbers = [upload(simulator, name, bytes([n])).json()["upload"] for n, name in enumerate(names)]
    write(simulator, *numbers)

    files = ast.literal_eval(webhook.got[0][2]["files"])
    assert [base64.b64decode(content) for content in files.values()][:-1] == [bytes([n]) for n in range(6)]
    assert list(files)[:3] == ["image.png", "image (2).png", "image (3).png"]


def test_an_upload_is_sent_once(simulator: Simulator, webhook: Webhook) -> None:
    number = upload(simulator, "a.png", PICTURE).json()["upload"]
    write(simulator, number)

    for numbers in ([number], [number + 1], ["1"], [None]):
        with pytest.raises(ValueError, match=r"^400 .*uploads must be"):
            write(simulator, text="x", uploads=numbers)
    assert len(webhook.got) == 1


def test_an_upload_can_be_forgotten(simulator: Simulator, webhook: Webhook) -> None:
    number = upload(simulator, "a.png", PICTURE).json()["upload"]
    simulator.control("DELETE", "phone")

    with pytest.raises(ValueError, match=r"^400 .*uploads must be"):
        write(simulator, number)


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", "image/png"])
def test_an_upload_that_a_foreign_page_could_make_is_refused(simulator: Simulator, content_type: str) -> None:
    assert upload(simulator, "a.png", b"x", content_type).status_code == 400
    assert upload(simulator, "a.png", b"x", method="POST").status_code == 405


def test_files_must_be_base64(simulator: Simulator, webhook: Webhook) -> None:
    for files in ({"a.png": "no base64!"}, {"a.png": 1}, ["a.png"]):
        with pytest.raises(ValueError, match=r"^400 .*files must be"):
            write(simulator, text="x", uploads=[], files=files)
    assert webhook.got == []


class Drain(WebhookHandler):
    """Takes a body without keeping it."""

    def do_POST(self) -> None:  # noqa: N802 - the name that the parent calls
        left = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read(min(left, MEGABYTE)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


def test_memory_stays_flat_while_the_customer_sends_100_megabytes() -> None:
    with Simulator() as simulator, ThreadingHTTPServer(("127.0.0.1", 0), Drain) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        simulator.set_phone(webhook_url=f"http://127.0.0.1:{server.server_port}/")
        before = peak_memory(simulator.pid)
        number = upload(simulator, "a.mp4", (b"x" * MEGABYTE for _ in range(100))).json()["upload"]
        message = write(simulator, number)
        assert peak_memory(simulator.pid) - before < 40 * MEGABYTE
        server.shutdown()

    assert (message["state"], message["files"][0]["size"]) == ("delivered", 100 * MEGABYTE)


def test_who_leaves_in_the_middle_leaves_nothing_and_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    film = http_answer(200, b"x" * 30 * MEGABYTE, {"Content-Type": "video/mp4"})
    with Simulator() as simulator, ScriptedServer(film) as server:
        send(simulator, GOOD | {"message_type": "MMS", "file_urls[0]": f"{server.url}/a.mp4"})
        [file] = simulator.files_of(simulator.received()[0])
        for _ in range(2):
            with connect(simulator) as leaves_while_looking:
                leaves_while_looking.sendall(f"GET {file['link']} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                leaves_while_looking.recv(1000)
            with connect(simulator) as leaves_while_uploading:
                leaves_while_uploading.sendall(
                    b"PUT /control/phone/uploads?name=a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
                    b"Content-Type: application/octet-stream\r\n\r\n" + b"x" * 100
                )
                time.sleep(0.1)
        time.sleep(0.2)
        assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
    assert capfd.readouterr().err == ""


def shown(simulator: Simulator, content_type: str, content: bytes = PICTURE) -> requests.Response:
    """What a browser gets that looks at a file of the business's with this type."""
    headers = {"Content-Type": content_type} if content_type else {}
    with ScriptedServer(http_answer(200, content, headers)) as server:
        send(simulator, GOOD | {"message_type": "MMS", "file_urls[0]": f"{server.url}/Gr%C3%BC%22.x"})
        [file] = simulator.files_of(simulator.thread(GOOD["to"])[-1])
    return requests.get(simulator.control_url + file["link"], timeout=5)


@pytest.mark.parametrize(
    ("content_type", "served_as"),
    [
        ("image/jpeg", "image/jpeg"),
        ("IMAGE/PNG; x=y", "image/png"),
        ("image/webp", "image/webp"),
        ("audio/mpeg", "audio/mpeg"),
        ("video/mp4; codecs=x", "video/mp4"),
    ],
)
def test_pictures_sound_and_films_are_shown(simulator: Simulator, content_type: str, served_as: str) -> None:
    answer = shown(simulator, content_type)

    assert (answer.status_code, answer.content) == (200, PICTURE)
    assert answer.headers["Content-Type"] == served_as
    assert "Content-Disposition" not in answer.headers


@pytest.mark.parametrize(
    "content_type",
    ["text/html", "image/svg+xml", "application/pdf", "application/xhtml+xml", "", "audio/", "video/ä\tb"],
)
def test_everything_else_is_only_kept(simulator: Simulator, content_type: str) -> None:
    answer = shown(simulator, content_type, b"<script>alert(1)</script>")

    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''Gr%C3%BC%22.x"


def test_no_file_may_run_anything(simulator: Simulator) -> None:
    for content_type in ("image/png", "text/html"):
        headers = shown(simulator, content_type).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("asked", "part", "content_range"),
    [
        ("bytes=10-19", PICTURE[10:20], "bytes 10-19/179200"),
        ("bytes=179000-", PICTURE[179_000:], "bytes 179000-179199/179200"),
        ("bytes=-5", PICTURE[-5:], "bytes 179195-179199/179200"),
        ("bytes=0-999999", PICTURE, "bytes 0-179199/179200"),
    ],
)
def test_a_part_of_a_film_can_be_asked_for(
    simulator: Simulator, asked: str, part: bytes, content_range: str
) -> None:
    url = shown(simulator, "video/mp4").url
    answer = requests.get(url, headers={"Range": asked}, timeout=5)

    assert (answer.status_code, answer.content) == (206, part)
    assert answer.headers["Content-Range"] == content_range


def test_a_part_that_is_not_there_can_not_be_asked_for(simulator: Simulator) -> None:
    url = shown(simulator, "video/mp4").url

    assert requests.get(url, headers={"Range": "bytes=179200-"}, timeout=5).status_code == 416


@pytest.mark.parametrize("path", ["1/0", "99999999/0", "x/0", "1/x", "1", "-1/0", "1/-1", "9" * 40 + "/0"])
def test_a_file_that_is_not_there_is_not_found(simulator: Simulator, path: str) -> None:
    assert requests.get(f"{simulator.control_url}/control/phone/files/{path}", timeout=5).status_code == 404
