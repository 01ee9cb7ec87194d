"""What every provider keeps, whichever ITSP it speaks with: the registered ones, and the tests' own."""

from __future__ import annotations

import io
import logging
import re
import socket
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels_app.providers import PROVIDERS, get_provider
from channels_app.providers.base import (
    Account,
    CheckOutcome,
    CheckResult,
    InboundMessage,
    NotAMessageError,
    NotUnderstoodError,
    OutboundMessage,
    Provider,
    SendOutcome,
    SendResult,
)
from tests.channels_app.providers.examplecom import Examplecom
from tests.support.scripted_server import ScriptedServer, closed_port, http_answer, json_answer

MESSAGE = OutboundMessage("+14102161183", "+13057673260", "Hello", ("https://files.example/1",))

GARBAGE = [
    "",
    "nonsense",
    "http://",
    "http://[",
    "ftp://127.0.0.1",
    "http://a:b:c",
    "http://\x00",
    "http://\ud800",
]

ADAPTERS: dict[str, Provider] = {**PROVIDERS, Examplecom.slug: Examplecom()}
each_provider = pytest.mark.parametrize("provider", ADAPTERS.values(), ids=ADAPTERS)


def account_of(provider: Provider, url: str) -> Account:
    return Account(url, {field.name: f"s3cret/{field.name}+?" for field in provider.credential_fields})


def send(
    provider: Provider, url: str, depart: Callable[[], None] = lambda: None, timeout: float = 2
) -> SendResult:
    return provider.send(account_of(provider, url), MESSAGE, depart=depart, timeout=timeout)


def hang_up(connection: socket.socket) -> None:
    pass


def stall(connection: socket.socket) -> None:
    time.sleep(2)


def test_they_are_found_by_their_slugs() -> None:
    assert PROVIDERS
    for slug, provider in PROVIDERS.items():
        assert get_provider(slug) is provider
        assert provider.slug == slug
    with pytest.raises(KeyError):
        get_provider("none")


def test_their_labels_differ() -> None:
    assert len({provider.label for provider in ADAPTERS.values()}) == len(ADAPTERS)


@each_provider
def test_its_names_can_stand_in_an_address_and_a_form(provider: Provider) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9-]{1,30}", provider.slug)
    names = [field.name for field in provider.credential_fields]
    assert names
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)
    assert all(field.label for field in provider.credential_fields)
    assert provider.default_base_url.startswith("https://")


@each_provider
def test_depart_is_called_once_before_any_byte(provider: Provider) -> None:
    calls: list[bytes] = []
    with ScriptedServer() as server:

        def depart() -> None:
            time.sleep(0.05)
            calls.append(server.received)

        assert isinstance(send(provider, server.url, depart), SendResult)
    assert calls == [b""]
    assert len(server.requests) == 1


@each_provider
@pytest.mark.parametrize(
    "error", [RuntimeError("no"), OSError(104, "no"), TimeoutError(), KeyboardInterrupt()]
)
def test_what_depart_raises_comes_through_and_nothing_leaves(
    provider: Provider, error: BaseException
) -> None:
    def refuse() -> None:
        raise error

    with ScriptedServer() as server:
        with pytest.raises(type(error)) as caught:
            send(provider, server.url, refuse)
        time.sleep(0.05)
        assert server.received == b""
        assert caught.value is error
        send(provider, server.url)
        assert len(server.requests) == 1


@each_provider
def test_where_nobody_listens_nothing_departs(provider: Provider) -> None:
    departures: list[None] = []
    result = send(provider, f"http://127.0.0.1:{closed_port()}", lambda: departures.append(None))
    assert result.outcome is SendOutcome.NOT_DEPARTED
    assert result.code
    assert not departures


@each_provider
@pytest.mark.parametrize("url", GARBAGE)
def test_a_base_url_that_is_none(provider: Provider, url: str) -> None:
    assert send(provider, url).outcome is SendOutcome.WRONG_ADDRESS
    assert (
        provider.check_credentials(account_of(provider, url), timeout=1).outcome is CheckOutcome.NOT_CHECKED
    )


@each_provider
def test_without_credentials_nothing_is_asked(provider: Provider) -> None:
    with ScriptedServer() as server:
        result = provider.send(Account(server.url, {}), MESSAGE, depart=lambda: None, timeout=1)
        check = provider.check_credentials(Account(server.url, {}), timeout=1)
    assert result.outcome is SendOutcome.BAD_CREDENTIALS
    assert check.outcome is CheckOutcome.REJECTED
    assert server.connections == 0


@each_provider
@pytest.mark.parametrize("script", [hang_up, stall, http_answer(500), http_answer(200, "<html>")])
def test_what_left_without_a_clear_answer_is_unconfirmed(
    provider: Provider, script: bytes | Callable[[socket.socket], None]
) -> None:
    started = time.monotonic()
    with ScriptedServer(script) as server:
        result = send(provider, server.url, timeout=0.5)
        assert result.outcome is SendOutcome.UNCONFIRMED
        assert result.code
        assert provider.check_credentials(account_of(provider, server.url), timeout=0.5) != CheckResult(
            CheckOutcome.VALID
        )
    assert time.monotonic() - started < 3


@each_provider
def test_to_slow_down_says_for_how_long(provider: Provider) -> None:
    with ScriptedServer(http_answer(429, headers={"Retry-After": "17"})) as server:
        result = send(provider, server.url)
    assert (result.outcome, result.retry_after) == (SendOutcome.SLOW_DOWN, 17)


@each_provider
@pytest.mark.parametrize("status", [200, 302, 400, 401, 404, 429, 500])
def test_credentials_stay_out_of_results_and_logs_even_if_echoed(
    provider: Provider, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def echo_in_words(connection: socket.socket) -> None:
        connection.sendall(
            http_answer(status, server.received, {"Location": "/s3cret", "Content-Type": "x\r\nbad"})
        )

    def echo_in_json(connection: socket.socket) -> None:
        words = server.requests[-1].decode()
        content = {"ok": False, "message": words, "error": {"url": words}, "details": {"uuid": words}}
        connection.sendall(json_answer(status, content))

    with ScriptedServer(echo_in_words, echo_in_json, echo_in_words, echo_in_json, hang_up) as server:
        account = account_of(provider, server.url)
        results: list[object] = [account, send(provider, server.url), send(provider, server.url)]
        results += [provider.check_credentials(account, timeout=1) for _ in range(2)]
        results.append(send(provider, server.url))
    results.append(send(provider, server.url))
    assert b"s3cret" in server.received
    assert "s3cret" not in repr(results)
    assert "s3cret" not in caplog.text


@each_provider
@given(answer=st.binary(max_size=300), body=st.binary(max_size=300), status=st.integers(100, 999))
@settings(max_examples=40, deadline=None)
def test_whatever_answers_sending_and_checking_raise_nothing(
    provider: Provider, answer: bytes, body: bytes, status: int
) -> None:
    def raw(connection: socket.socket) -> None:
        connection.sendall(answer)

    for script in (raw, http_answer(status, body), http_answer(status, b'{"ok":' + body + b"}")):
        with ScriptedServer(script) as server:
            assert isinstance(send(provider, server.url, timeout=0.2), SendResult)
            assert isinstance(
                provider.check_credentials(account_of(provider, server.url), timeout=0.2), CheckResult
            )


def bodies() -> st.SearchStrategy[bytes]:
    """Bytes of any kind, and such that look like a webhook's, whole and cut off."""
    apidaze = ["to", "from", "text", "files", "media", "id", "status", "destination_number", "x"]
    examplecom = ["recipient", "sender", "content", "attachments", "reference", "kind"]
    names = st.sampled_from([*apidaze, *examplecom])
    values = st.text() | st.integers() | st.none() | st.lists(st.text(), max_size=3)
    looks = st.dictionaries(names, values).map(
        lambda fields: repr(fields).replace("'", '"').replace("None", "null")
    )
    forms = st.lists(st.tuples(names, st.text()).map("=".join)).map("&".join)
    whole = (looks | forms).map(lambda text: text.encode("utf-8", "surrogatepass"))
    return st.binary() | whole | st.tuples(whole, st.integers(0, 50)).map(lambda pair: pair[0][: -pair[1]])


@each_provider
@given(body=bodies())
@settings(max_examples=400, deadline=None)
def test_whatever_comes_in_is_understood_or_named(provider: Provider, body: bytes) -> None:
    try:
        message = provider.parse_inbound(io.BytesIO(body), {"Content-Type": "application/json"})
    except (NotUnderstoodError, NotAMessageError) as error:
        if not str(error):
            pytest.fail("an error without a sentence for the log")
        return
    assert isinstance(message, InboundMessage)
    assert message.recipient
    assert message.sender
    assert message.text or message.has_files
    assert message.has_files is bool(message.files_digest)
    for text in (message.sender, message.recipient, message.text, message.message_id):
        assert "\x00" not in text
        text.encode()
    assert max(len(message.sender), len(message.recipient)) <= 32
    assert "\r" not in message.text


@each_provider
@given(body=bodies(), limit=st.integers(0, 300))
@settings(max_examples=400, deadline=None)
def test_whatever_comes_in_can_stand_in_the_log(provider: Provider, body: bytes, limit: int) -> None:
    text = provider.redact_body(io.BytesIO(body), limit)
    assert len(text) <= limit
    assert "\x00" not in text
    text.encode()


@each_provider
@given(body=bodies())
@settings(max_examples=400, deadline=None)
def test_whatever_comes_in_gives_files_or_none(provider: Provider, body: bytes) -> None:
    opened: list[io.BytesIO] = []

    def open_file() -> io.BytesIO:
        opened.append(io.BytesIO())
        return opened[-1]

    files = provider.read_files(io.BytesIO(body), open_file)

    for file in files:
        assert sum([file.content is not None, file.address != "", file.problem != "", file.is_layout]) == 1
        assert file.content is None or file.content.tell() == 0
    kept = [file.content for file in files]
    assert all(each.closed or each in kept for each in opened)


@each_provider
@given(body=bodies())
@settings(max_examples=400, deadline=None)
def test_whoever_is_told_of_files_gets_some_or_hears_why_not(provider: Provider, body: bytes) -> None:
    try:
        message = provider.parse_inbound(io.BytesIO(body), {})
    except (NotUnderstoodError, NotAMessageError):
        return
    assert message.has_files is bool(provider.read_files(io.BytesIO(body), io.BytesIO))


@each_provider
@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"a":' * 100_000, b"9" * 100_000, b'{"text": ' + b"9" * 100_000 + b"}"]
)
def test_extreme_bodies(provider: Provider, body: bytes) -> None:
    with pytest.raises((NotUnderstoodError, NotAMessageError)):
        provider.parse_inbound(io.BytesIO(body), {})
    assert len(provider.redact_body(io.BytesIO(body), 1000)) <= 1000
