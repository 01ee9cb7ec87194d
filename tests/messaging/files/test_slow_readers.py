"""Readers who take large files slowly: the real web process, and real connections that nobody reads from."""

import random
import socket
import time
from contextlib import ExitStack, contextmanager

import pytest
import requests
from django.conf import settings as portal

from messaging.files import links
from messaging.models import Session
from tests.conftest import CUSTOMER, NUMBER
from tests.messaging.arrivals import arrive
from tests.messaging.files.stored_files import add_linked_file
from tests.support.web_server import WebServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.stack]

PLACES = 2  # of one person, and of one link
THREADS = 20
MEBIBYTE = 1024 * 1024
LARGE = 20 * MEBIBYTE  # more than the buffers of a connection take


@pytest.fixture
def session(channel, rule, file_folder):
    arrive(channel)
    return Session.objects.get()


@pytest.fixture
def server(session, file_folder):
    """Its pool has one connection: who kept it for the time of a file would stop everybody else."""
    with WebServer(file_folder.parent, DATABASE_POOL="1", GRANIAN_LOG_ACCESS_ENABLED="1") as server:
        yield server


@pytest.fixture
def cookie(client, supervisor):
    client.force_login(supervisor)
    return f"{portal.SESSION_COOKIE_NAME}={client.cookies[portal.SESSION_COOKIE_NAME].value}"


@pytest.fixture
def addresses(session):
    """The addresses of a large file: by its link, and for people."""
    file = add_linked_file(session, random.Random(1).randbytes(LARGE))
    return {"link": links.address_of("", file), "people": f"/inbox/{session.pk}/files/{file.pk}/"}


@pytest.fixture
def reading_slowly(server, cookie):
    """Asks for a file, and reads no more of the answer than its first line; gives the status."""

    @contextmanager
    def reading_slowly(address):
        with socket.socket() as reader:
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.settimeout(10)
            reader.connect(("127.0.0.1", server.port))
            reader.sendall(f"GET {address} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode())
            yield int(reader.recv(12).split()[1])

    return reading_slowly


@pytest.fixture
def text_comes_in(server, channel):
    """A webhook's request with a text; gives how many seconds its answer took."""

    def text_comes_in():
        body = {"caller_id_number": CUSTOMER[1:], "destination_number": NUMBER[1:], "text": "Hello"}
        address = f"{server.origin}/webhooks/apidaze/{channel.webhook_token}/"
        began = time.monotonic()
        assert requests.post(address, json=body, timeout=20).status_code == 200
        return time.monotonic() - began

    return text_comes_in


def status_within(seconds, wanted, ask):
    """Asks until it is answered with the wanted status."""
    deadline = time.monotonic() + seconds
    while (status := ask()) != wanted:
        assert time.monotonic() < deadline, f"still {status} instead of {wanted}"
        time.sleep(0.05)


def test_however_many_read_slowly_a_message_comes_in_at_once(
    server, addresses, reading_slowly, text_comes_in
):
    with ExitStack() as readers:
        for address in addresses.values():
            statuses = [readers.enter_context(reading_slowly(address)) for _unused in range(PLACES + 3)]
            assert statuses == [200] * PLACES + [503] * 3

        assert [text_comes_in() < 2 for _unused in range(20)] == [True] * 20


@pytest.mark.parametrize("by", ["link", "people"])
def test_readers_who_leave_give_their_places_back(server, addresses, reading_slowly, by):
    def ask():
        with reading_slowly(addresses[by]) as status:
            return status

    for _unused in range(3):
        with ExitStack() as readers:
            for _each in range(PLACES):
                status_within(5, 200, lambda: readers.enter_context(reading_slowly(addresses[by])))
            assert ask() == 503
    status_within(5, 200, ask)


def test_small_files_and_parts_need_no_place_and_take_no_thread_however_slowly_they_are_read(
    server, session, addresses, reading_slowly, text_comes_in
):
    small = links.address_of("", add_linked_file(session, bytes(MEBIBYTE)))

    with ExitStack() as readers:
        for _unused in range(PLACES):
            readers.enter_context(reading_slowly(addresses["link"]))
        statuses = [readers.enter_context(reading_slowly(small)) for _unused in range(THREADS * 2)]

        assert statuses == [200] * THREADS * 2
        part = requests.get(
            server.origin + addresses["link"], headers={"Range": "bytes=9-1000000"}, timeout=20
        )
        assert part.status_code == 206
        assert text_comes_in() < 2


def test_a_large_file_is_not_held_in_memory_for_a_slow_reader(server, session, reading_slowly, text_comes_in):
    address = links.address_of("", add_linked_file(session, bytes(100 * MEBIBYTE)))
    text_comes_in()
    before = server.memory

    with reading_slowly(address) as status:
        time.sleep(2)
        assert (status, server.memory - before < 20 * 1024) == (200, True)


def test_whole_files_parts_and_heads_arrive_as_they_are(server, session, cookie, addresses):
    content = random.Random(1).randbytes(LARGE)
    for address in addresses.values():

        def ask(method="GET", address=address, **headers):
            headers = {"Cookie": cookie, "Accept-Encoding": "identity", **headers}
            return requests.request(method, server.origin + address, headers=headers, timeout=20)

        whole, head = ask(), ask("HEAD")
        part, last = ask(Range="bytes=5-2999999"), ask(Range="bytes=-7")
        assert (whole.status_code, whole.content == content) == (200, True)
        assert (head.status_code, head.headers["Content-Length"], head.content) == (200, str(LARGE), b"")
        assert (part.status_code, part.content == content[5:3_000_000]) == (206, True)
        assert (last.status_code, last.content == content[-7:]) == (206, True)
        assert ask(Range=f"bytes={LARGE}-").headers["Content-Range"] == f"bytes */{LARGE}"
        for answer in (whole, head, part):
            assert "Transfer-Encoding" not in answer.headers


def test_no_token_is_logged_whatever_is_answered(server, session, addresses, reading_slowly):
    token = addresses["link"].split("/")[2]
    with ExitStack() as readers:
        for _unused in range(PLACES + 1):
            readers.enter_context(reading_slowly(addresses["link"]))
    for method in ("GET", "POST", "HEAD"):
        for address in (
            addresses["link"],
            f"/files/{token}",
            f"/files/{token}/%0a",
            f"/inbox/files/{token}/a",
        ):
            requests.request(method, server.origin + address, timeout=20)

    assert "/files/***/" in server.log
    assert token not in server.log


def test_a_file_that_is_shorter_than_it_should_be_breaks_off(server, session, addresses, file_folder):
    """Else half a file would pass for the whole."""
    [stored] = [path for path in file_folder.rglob("*") if path.is_file()]
    with stored.open("r+b") as file:
        file.truncate(LARGE - 1)

    for _unused in range(PLACES * 2):
        with pytest.raises(requests.RequestException):
            requests.get(server.origin + addresses["link"], timeout=20)
