"""Files that come as an address: fetched from the public internet only, within limits, and never twice."""

import datetime as dt
import io
import json
import time
from pathlib import Path

import pytest
from django.utils import timezone

from messaging.files import fetching, public_http, taking_out
from messaging.models import Attachment, Message
from tests.conftest import CUSTOMER, NUMBER
from tests.support.scripted_server import ScriptedServer, closed_port, http_answer, self_signed


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.SPOOL_FOLDER = tmp_path / "spool"
    files = {**settings.STORAGES["files"], "OPTIONS": {"location": str(tmp_path / "files")}}
    settings.STORAGES = {**settings.STORAGES, "files": files}
    return tmp_path / "files"


@pytest.fixture
def this_machine_is_public(monkeypatch):
    """The tests' server is on this machine, which is what must never be fetched from."""
    monkeypatch.setattr(public_http, "is_public", lambda address: True)
    monkeypatch.setattr(public_http, "is_own", lambda connection: False)


@pytest.fixture
def receive(client, channel, rule):
    def receive(*addresses):
        body = {
            "caller_id_number": CUSTOMER[1:],
            "destination_number": NUMBER[1:],
            "text": "Look",
            "media_urls": list(addresses),
        }
        client.post(
            f"/webhooks/apidaze/{channel.webhook_token}/",
            json.dumps(body),
            content_type="application/json",
        )
        taking_out.take_out(Message.objects.latest("pk").pk)
        return list(Attachment.objects.order_by("position"))

    return receive


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("fec0::1", False),
        ("64:ff9b:1::a00:1", False),
        ("::8.8.8.8", False),
    ],
)
def test_what_is_public(address, public):
    assert public_http.is_public(address) is public


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433", "0x7f.1"])  # noqa: S104
def test_nothing_is_fetched_from_this_machine_by_any_name(host):
    with ScriptedServer(http_answer(200, b"secret")) as server:
        port = server.url.rpartition(":")[2].strip("/")
        into = io.BytesIO()
        with pytest.raises(public_http.NotFetchedError):
            public_http.fetch(f"http://{host}:{port}/", into, 1000)

    assert into.getvalue() == b""


def test_nor_by_a_redirect(monkeypatch):
    """The first server plays one of the public internet."""
    with ScriptedServer(http_answer(200, b"secret")) as inside:
        redirect = http_answer(302, headers={"Location": inside.url.replace("127.0.0.1", "localhost")})
        with ScriptedServer(redirect) as outside:
            asked = []
            is_public = public_http.is_public

            def first_is_public(address):
                asked.append(address)
                return len(asked) == 1 or is_public(address)

            monkeypatch.setattr(public_http, "is_public", first_is_public)
            monkeypatch.setattr(public_http, "is_own", lambda connection: False)
            with pytest.raises(public_http.NotFetchedError, match="public internet"):
                public_http.fetch(outside.url, io.BytesIO(), 1000)
    assert len(asked) == 2


@pytest.mark.parametrize(
    "address",
    ["", "ftp://a.example/b", "file:///etc/passwd", "http://", "http://[", "http://a:b/", "gopher://x/"],
)
def test_what_is_no_http_address_is_not_asked(address):
    with pytest.raises(public_http.NotFetchedError):
        public_http.fetch(address, io.BytesIO(), 1000)


def test_a_file_is_fetched_through_a_redirect_and_named_by_its_address(
    receive, this_machine_is_public, folders
):
    with ScriptedServer(http_answer(200, b"\xff\xd8\xff" + b"x" * 2000)) as second:
        redirect = http_answer(301, headers={"Location": f"{second.url}/elsewhere"})
        with ScriptedServer(redirect) as first:
            [file] = receive(f"{first.url}/pictures/IMG_1.jpg?size=3")
            assert (file.state, file.name) == ("waiting", "IMG_1.jpg")
            assert fetching.due() == [file.pk]
            assert fetching.fetch(file.pk)
            assert not fetching.fetch(file.pk)

    file.refresh_from_db()
    assert (file.state, file.size, file.content_type, file.problem) == ("stored", 2003, "image/jpeg", "")
    assert fetching.due() == []


@pytest.mark.parametrize("status", [404, 403, 410, 401])
def test_what_is_not_there_is_said_at_once(receive, this_machine_is_public, status):
    with ScriptedServer(http_answer(status)) as server:
        [file] = receive(f"{server.url}/a.jpg")
        assert not fetching.fetch(file.pk)

    file.refresh_from_db()
    assert (file.state, file.problem) == ("broken", f"The address answers {status}.")


def test_what_may_come_later_is_tried_again_and_not_for_ever(receive, this_machine_is_public):
    [file] = receive(f"http://127.0.0.1:{closed_port()}/a.jpg")
    tries = 0
    while fetching.due():
        fetching.fetch(file.pk)
        tries += 1
        Attachment.objects.filter(state="waiting").update(
            try_again_at=timezone.now() - dt.timedelta(seconds=1)
        )

    file.refresh_from_db()
    assert (tries, file.state, file.problem) == (
        len(fetching.PAUSES) + 1,
        "broken",
        "Nothing answers at the address.",
    )


def test_more_than_the_limit_is_not_kept(receive, this_machine_is_public, settings, folders):
    settings.MAX_FILES_BYTES = 1000
    with ScriptedServer(http_answer(200, bytes(1001))) as server:
        [file] = receive(f"{server.url}/a.bin")
        fetching.fetch(file.pk)

    file.refresh_from_db()
    assert (file.state, "limit" in file.problem) == ("broken", True)
    assert not [path for path in Path(folders).rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "cut", [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhello", b"HTTP/1.1 200 OK\r\nContent-"]
)
def test_an_answer_that_ends_early_is_tried_again(receive, this_machine_is_public, cut):
    with ScriptedServer(lambda connection: connection.sendall(cut)) as server:
        [file] = receive(f"{server.url}/a.bin")
        assert not fetching.fetch(file.pk)

    file.refresh_from_db()
    assert (file.state, file.tries) == ("waiting", 1)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
@pytest.mark.parametrize(
    ("at_once", "dripping"),
    [
        (b"", b"HTTP/1.1 200 OK\r\n" + b"X-Name: value\r\n" * 50),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 50),
        (HEAD, b"x" * 1000),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 200),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1000),
        (HEAD, b""),
    ],
    ids=["headers", "1xx", "body", "chunks", "without a length", "silence"],
)
def test_what_drips_ends_at_its_time(
    monkeypatch, this_machine_is_public, tmp_path, secure, at_once, dripping
):
    monkeypatch.setattr(public_http, "TOTAL_SECONDS", 0.7)
    tls = None
    if secure:
        certificate, tls = self_signed(tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    def drip(connection):
        connection.sendall(at_once)
        for byte in dripping:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)
        time.sleep(10)

    started = time.monotonic()
    with (
        ScriptedServer(drip, tls=tls) as server,
        pytest.raises(public_http.NotFetchedError, match="too slow") as end,
    ):
        public_http.fetch(server.url, io.BytesIO(), 10_000_000)
    assert time.monotonic() - started < 3
    assert not end.value.for_good


def test_a_file_comes_over_tls(this_machine_is_public, tmp_path, monkeypatch):
    certificate, tls = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    into = io.BytesIO()
    with ScriptedServer(http_answer(200, b"Hello"), tls=tls) as server:
        public_http.fetch(server.url, into, 1000)

    assert into.getvalue() == b"Hello"
