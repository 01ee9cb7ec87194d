"""The HTTP client under the adapters: when a request leaves, when it is over, and what never gets out."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from channels_app.providers.base import departure
from channels_app.providers.base.departure import Stage
from channels_app.providers.base.http import LONGEST_ANSWER, Answer, BadAddressError, NoAnswerError, exchange
from tests.support.scripted_server import ACCEPTED, ScriptedServer, closed_port, http_answer, self_signed

SECRET = "s3cret-in-the-query"


def post(url: str, *, depart: Callable[[], None] | None = None, timeout: float = 5) -> Answer:
    return exchange("POST", url, f"/send?secret={SECRET}", body=b"to=1", depart=depart, timeout=timeout)


def stage_of_failure(url: str, *, depart: Callable[[], None] | None = None, timeout: float = 5) -> Stage:
    with pytest.raises(NoAnswerError) as caught:
        post(url, depart=depart, timeout=timeout)
    assert caught.value.departed is (caught.value.stage is Stage.DEPARTED)
    assert caught.value.__cause__ is caught.value.__context__ is None
    return caught.value.stage


def in_new_thread(work: Callable[[], object]) -> None:
    """Each thread has connections of its own: a new one begins without any."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]


def stall(connection: socket.socket) -> None:
    time.sleep(3)


def dribble(beginning: bytes) -> Callable[[socket.socket], None]:
    def script(connection: socket.socket) -> None:
        connection.sendall(beginning)
        for _ in range(30):
            time.sleep(0.1)
            connection.sendall(b"x")

    return script


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


def test_the_request_arrives_as_it_was_given() -> None:
    with ScriptedServer() as server:
        answer = post(server.url + "/v1/")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/send?secret=s3cret-in-the-query HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{server.port}".encode() in head
    assert b"Content-Type: application/x-www-form-urlencoded" in head
    assert body == b"to=1"
    assert answer.status == 200
    assert b"0d706ee2" in answer.body
    assert answer.headers["CONTENT-type"] == "application/json"


def test_a_connection_serves_one_request_after_the_other() -> None:
    with ScriptedServer() as server:
        for _ in range(3):
            post(server.url)
    assert (server.connections, len(server.requests)) == (1, 3)


def test_depart_is_called_once_when_connected_and_before_any_byte() -> None:
    seen: list[tuple[int, bytes]] = []
    with ScriptedServer() as server:

        def depart() -> None:
            time.sleep(0.05)
            seen.append((server.connections, server.received))

        post(server.url, depart=depart)
        first = server.received
        post(server.url, depart=depart)
    assert seen == [(1, b""), (1, first)]


@pytest.mark.parametrize(
    "error", [RuntimeError("no"), ConnectionResetError(104, "x"), BrokenPipeError(), KeyboardInterrupt()]
)
def test_what_depart_raises_comes_through_and_nothing_leaves(error: BaseException) -> None:
    def refuse() -> None:
        raise error

    with ScriptedServer() as server:
        post(server.url)
        before, started = server.received, time.monotonic()
        with pytest.raises(type(error)) as caught:
            post(server.url, depart=refuse)
        assert caught.value is error
        assert time.monotonic() - started < 3
        time.sleep(0.05)
        assert server.received == before
        assert post(server.url).status == 200


def test_a_connection_that_closes_while_depart_waits_is_not_used() -> None:
    with ScriptedServer() as server:
        post(server.url)
        assert (
            stage_of_failure(server.url, depart=lambda: (server.__exit__(), time.sleep(0.1), None)[2])
            is Stage.OUTLIVED
        )


def test_a_depart_that_takes_all_the_time_leaves_nothing() -> None:
    with ScriptedServer() as server:
        assert stage_of_failure(server.url, depart=lambda: time.sleep(0.3), timeout=0.2) is Stage.READY
        time.sleep(0.05)
        assert server.received == b""


def test_a_connection_idle_for_too_long_is_closed_and_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(departure, "IDLE_SECONDS", 0.2)
    with ScriptedServer() as server:
        post(server.url)
        time.sleep(0.1)
        post(server.url)
        assert server.connections == 1
        time.sleep(0.25)
        post(server.url)
        assert server.connections == 2


def test_idle_means_fifteen_seconds() -> None:
    assert departure.IDLE_SECONDS == 15


def test_a_connection_closed_by_the_server_is_opened_anew() -> None:
    def answer_and_close(connection: socket.socket) -> None:
        connection.sendall(ACCEPTED)

    with ScriptedServer(answer_and_close, ACCEPTED) as server:
        post(server.url)
        time.sleep(0.05)
        assert post(server.url).status == 200
    assert server.connections == 2


def test_nobody_listens() -> None:
    assert stage_of_failure(f"http://127.0.0.1:{closed_port()}") is Stage.CONNECTING


def test_an_unknown_name() -> None:
    assert stage_of_failure("http://nobody.invalid") is Stage.RESOLVING


def test_a_silent_address_costs_no_more_than_the_whole_time() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        with socket.create_connection(listener.getsockname()):  # the queue is full: others hear nothing
            started = time.monotonic()
            assert (
                stage_of_failure(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=0.3)
                is Stage.CONNECTING
            )
            assert 0.2 < time.monotonic() - started < 2


def test_a_certificate_that_is_not_trusted_fails_before_departure(tmp_path: Path) -> None:
    departed: list[bool] = []
    _, context = self_signed(tmp_path)
    with ScriptedServer(tls=context) as server:
        assert stage_of_failure(server.url, depart=lambda: departed.append(True)) is Stage.SECURING
        assert server.received == b""
    assert not departed


def test_a_server_without_tls_fails_before_departure() -> None:
    with ScriptedServer() as server:
        assert stage_of_failure(server.url.replace("http", "https"), timeout=1) is Stage.SECURING
    assert server.requests == []


def test_a_trusted_certificate_and_depart_after_the_handshake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, context = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    departure._made_tls_context.cache_clear()
    seen: list[bytes] = []
    try:
        with ScriptedServer(tls=context) as server:

            def send() -> None:
                for _ in range(2):
                    post(server.url, depart=lambda: (time.sleep(0.1), seen.append(server.received))[1])

            in_new_thread(send)
    finally:
        departure._made_tls_context.cache_clear()
    assert (server.connections, len(server.requests)) == (1, 2)
    assert seen[0] == b""


@pytest.mark.parametrize(
    "script",
    [
        stall,
        dribble(b""),
        dribble(b"HTTP/1.1 200 OK\r\nX-Long: "),
        dribble(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"),
        dribble(b"HTTP/1.1 200 OK\r\n\r\n"),
    ],
    ids=["silent", "dribbled_status", "dribbled_headers", "dribbled_body", "dribbled_body_without_length"],
)
def test_a_slow_answer_ends_with_the_whole_time(script: Callable[[socket.socket], None]) -> None:
    with ScriptedServer(script) as server:
        started = time.monotonic()
        assert stage_of_failure(server.url, timeout=0.5) is Stage.DEPARTED
        assert 0.4 < time.monotonic() - started < 2
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "script",
    [
        reset,
        lambda _: None,
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nx",
    ],
    ids=["reset", "closed", "no_http", "cut_short"],
)
def test_an_answer_that_is_none_counts_as_departed(script: bytes | Callable[[socket.socket], None]) -> None:
    def cut(connection: socket.socket) -> None:
        connection.sendall(script) if isinstance(script, bytes) else script(connection)

    with ScriptedServer(cut) as server:
        assert stage_of_failure(server.url) is Stage.DEPARTED
        assert len(server.requests) == 1


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with (
        ScriptedServer() as other,
        ScriptedServer(http_answer(307, headers={"Location": other.url})) as server,
    ):
        assert post(server.url).status == 307
    assert other.connections == 0


def test_no_cookie_comes_back() -> None:
    with ScriptedServer(http_answer(200, headers={"Set-Cookie": "a=b"})) as server:
        post(server.url)
        post(server.url)
    assert b"cookie" not in server.received.lower()


def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password something\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    with ScriptedServer() as proxy, ScriptedServer() as server:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert post(server.url).status == 200
    assert proxy.connections == 0
    assert b"Authorization" not in server.received


def test_a_long_answer_is_cut_and_its_connection_not_used_again() -> None:
    with ScriptedServer(http_answer(200, b"x" * (LONGEST_ANSWER * 20)), ACCEPTED) as server:
        assert post(server.url).body == b"x" * LONGEST_ANSWER
        assert post(server.url).status == 200
    assert server.connections == 2


def test_a_long_answer_whose_rest_is_late_does_not_stand_in_the_way() -> None:
    def stop_halfway(connection: socket.socket) -> None:
        answer = http_answer(200, b"x" * LONGEST_ANSWER * 2)
        connection.sendall(answer[: 1 - LONGEST_ANSWER])
        time.sleep(1)

    with ScriptedServer(stop_halfway, ACCEPTED) as server:
        assert len(post(server.url).body) == LONGEST_ANSWER
        assert post(server.url).status == 200


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "nonsense",
        "ftp://127.0.0.1",
        "http://",
        "http://[::1",
        "http://127.0.0.1:port",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:0",
        "http://user:word@127.0.0.1",
        "http://127.0.0.1?a=b",
        "http://a b",
        "http://a\x00b",
        "http://a..b",
        "http://" + "a" * 70,
        "http://\ud800",
        "\ud800",
    ],
)
def test_a_base_url_that_is_none(base_url: str) -> None:
    with pytest.raises(BadAddressError):
        post(base_url)


def test_the_target_reaches_no_log_even_where_a_library_warns(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="urllib3")  # which the settings keep quiet
    with ScriptedServer(
        http_answer(200, headers={"Content-Type": "x\r\nno header at all"}),
        http_answer(302, headers={"Location": "//["}),
        reset,
    ) as server:
        post(server.url)
        post(server.url)
        stage_of_failure(server.url)
    assert SECRET in server.received.decode()
    assert "urllib3" in {record.name.partition(".")[0] for record in caplog.records}
    assert SECRET not in caplog.text
