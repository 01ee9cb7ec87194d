"""What each answer of Apidaze's means, over real HTTP."""

from __future__ import annotations

import datetime
import socket
from email.utils import format_datetime
from typing import Any

import pytest

from channels_app.providers import get_provider
from channels_app.providers.base import (
    Account,
    CheckOutcome,
    CheckResult,
    OutboundMessage,
    SendOutcome,
    SendResult,
)
from tests.support.scripted_server import Script, ScriptedServer, closed_port, http_answer, json_answer

KEY, SECRET = "key/with?odd&letters", "s3cret+with=odd letters"
APIDAZE = get_provider("apidaze")
NO_PAIR = {"code": "E_NOT_FOUND", "message": "api secret and api key are not a pair"}
PAGE = "<html><head><title>Welcome</title></head><body><p>It&nbsp;works</p></body></html>"

SENT, FAILED, UNCONFIRMED = SendOutcome.SENT, SendOutcome.FAILED, SendOutcome.UNCONFIRMED
SLOW_DOWN, WRONG_ADDRESS = SendOutcome.SLOW_DOWN, SendOutcome.WRONG_ADDRESS
BAD_CREDENTIALS, NOT_DEPARTED = SendOutcome.BAD_CREDENTIALS, SendOutcome.NOT_DEPARTED


def account(url: str) -> Account:
    return Account(url, {"api_key": KEY, "api_secret": SECRET})


def send_to(url: str, timeout: float = 5) -> SendResult:
    message = OutboundMessage("+14102161183", "+13057673260", "Hello")
    return APIDAZE.send(account(url), message, depart=lambda: None, timeout=timeout)


def sent(script: Script) -> SendResult:
    with ScriptedServer(script) as server:
        return send_to(server.url, timeout=1)


def hang_up(connection: socket.socket) -> None:
    pass


def say_nothing(connection: socket.socket) -> None:
    connection.recv(1)


@pytest.mark.parametrize(
    ("script", "outcome", "code", "detail"),
    [
        (json_answer(200, {"ok": True, "message": "Message sent"}), SENT, "", ""),
        (json_answer(202, {}), SENT, "", ""),
        (json_answer(200, {"ok": None}), SENT, "", ""),
        (http_answer(200, b"\xef\xbb\xbf" + b'{"ok": true}'), SENT, "", ""),
        (json_answer(200, {"ok": False, "message": "No such number"}), FAILED, "refused", "No such number"),
        (json_answer(200, {"ok": "false", "error": "No"}), FAILED, "refused", "No"),
        (http_answer(200, PAGE), UNCONFIRMED, "not_json", "It works"),
        (json_answer(200, ["ok"]), UNCONFIRMED, "not_json", ""),
        (http_answer(204), UNCONFIRMED, "not_json", ""),
        (http_answer(200, "[" * 60_000), UNCONFIRMED, "not_json", "[" * 299 + "…"),
        (http_answer(200, '{"ok": true, "n": ' + "9" * 5000 + "}"), UNCONFIRMED, "not_json", None),
        (http_answer(302, headers={"Location": "/login"}), WRONG_ADDRESS, "wrong_address", ""),
        (http_answer(301, PAGE, {"Location": "//["}), WRONG_ADDRESS, "wrong_address", "It works"),
        (json_answer(401, {"message": "no"}), BAD_CREDENTIALS, "credentials", "no"),
        (http_answer(401), BAD_CREDENTIALS, "credentials", ""),
        (json_answer(404, NO_PAIR), BAD_CREDENTIALS, "credentials", NO_PAIR["message"]),
        (json_answer(404, {"message": "No such number"}), FAILED, "refused", "No such number"),
        (http_answer(404, PAGE), WRONG_ADDRESS, "wrong_address", "It works"),
        (json_answer(404, {"path": "/x"}), WRONG_ADDRESS, "wrong_address", ""),
        (json_answer(422, {"error": "to is\x00 wrong"}), FAILED, "refused", "to is wrong"),
        (json_answer(422, {"errors": {"to": ["invalid"]}}), FAILED, "refused", '{"to": ["invalid"]}'),
        (json_answer(422, {"error": "\ud800"}), FAILED, "refused", "\ufffd"),
        (http_answer(400, "to is\nwrong"), FAILED, "refused", "to is wrong"),
        (http_answer(403, b"\xff<b>no"), FAILED, "refused", "\ufffd no"),
        (http_answer(422, "<style>" * 9000), FAILED, "refused", ""),
        (json_answer(429, {"message": "slowly"}), SLOW_DOWN, "slow_down", "slowly"),
        (http_answer(503, headers={"Retry-After": "7"}), SLOW_DOWN, "slow_down", ""),
        (http_answer(503), UNCONFIRMED, "server_error", ""),
        (json_answer(500, {"ok": True, "error": "oops"}), UNCONFIRMED, "server_error", "oops"),
        (http_answer(502, PAGE), UNCONFIRMED, "server_error", "It works"),
        (http_answer(999), UNCONFIRMED, "server_error", ""),
        (hang_up, UNCONFIRMED, "no_answer", ""),
        (say_nothing, UNCONFIRMED, "no_answer", ""),
    ],
)
def test_the_meaning_of_an_answer(
    script: Script, outcome: SendOutcome, code: str, detail: str | None
) -> None:
    result = sent(script)
    assert (result.outcome, result.code) == (outcome, code)
    assert detail is None or result.detail == detail


def test_where_nobody_listens() -> None:
    assert send_to(f"http://127.0.0.1:{closed_port()}") == SendResult(NOT_DEPARTED, code="connection")


def test_an_unknown_name() -> None:
    assert send_to("http://nobody.invalid") == SendResult(NOT_DEPARTED, code="unknown_host")


def test_an_address_that_is_none() -> None:
    assert send_to("no address") == SendResult(WRONG_ADDRESS, code="wrong_address")


def test_a_server_without_tls() -> None:
    with ScriptedServer() as server:
        result = send_to(server.url.replace("http", "https"), timeout=1)
    assert (result.outcome, result.code) == (NOT_DEPARTED, "tls")


@pytest.mark.parametrize(
    "credentials", [{}, {"api_key": "", "api_secret": " "}, {"api_key": "..", "api_secret": "x"}]
)
def test_without_credentials_nothing_is_asked(credentials: dict[str, str]) -> None:
    message = OutboundMessage("+14102161183", "+13057673260", "Hello")
    with ScriptedServer() as server:
        result = APIDAZE.send(Account(server.url, credentials), message, depart=lambda: None, timeout=1)
        checked = APIDAZE.check_credentials(Account(server.url, credentials), timeout=1)
    assert result == SendResult(BAD_CREDENTIALS, code="credentials")
    assert checked == CheckResult(CheckOutcome.REJECTED, code="credentials")
    assert server.connections == 0


@pytest.mark.parametrize(
    ("details", "message_id"),
    [
        ({"uuid": "0d706ee2-1"}, "0d706ee2-1"),
        ({"uuid": "x" * 500}, "x" * 128),
        ({"uuid": 5}, ""),
        ({}, ""),
        ("x", ""),
    ],
)
def test_the_message_id(details: Any, message_id: str) -> None:
    assert sent(json_answer(200, {"ok": True, "details": details})).message_id == message_id


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, 5),
        ("30", 30),
        ("1.5", 1.5),
        ("0", 1),
        ("86400", 3600),
        ("9" * 400, 5),
        ("-3", 5),
        ("soon", 5),
        ("nan", 5),
        ("", 5),
        ("Fri, 31 Dec 9999 23:59:59 -0000", 3600),
        ("Fri, 99 Dec 99999 23:59:59 GMT", 5),
    ],
)
def test_how_long_to_wait(value: str | None, seconds: float) -> None:
    headers = {} if value is None else {"Retry-After": value}
    assert sent(http_answer(429, headers=headers)).retry_after == pytest.approx(seconds, abs=3)


@pytest.mark.parametrize(("ahead", "seconds"), [(60, 60), (-60, 5), (9_999_999, 3600)])
def test_how_long_to_wait_as_a_date(ahead: float, seconds: float) -> None:
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=ahead)
    headers = {"Retry-After": format_datetime(moment, usegmt=True)}
    assert sent(http_answer(503, headers=headers)).retry_after == pytest.approx(seconds, abs=3)


@pytest.mark.parametrize(
    "echo",
    [
        f"bad request: {KEY} {SECRET}",
        "/key%2Fwith%3Fodd%26letters/sms/send?api_secret=s3cret%2Bwith%3Dodd%20letters",
        "/key%2fwith%3fodd%26letters/sms/send?api_secret=s3cret%2bwith%3dodd+letters",
        "<a href='key/with?odd&amp;letters'>s3cret&#43;with=odd letters</a> s3cret&#43;with=odd letters",
        "x" * 290 + SECRET,
        "\n" * (8 * 1024 - 5) + SECRET,
    ],
)
@pytest.mark.parametrize("as_json", [True, False])
def test_echoed_credentials_are_not_shown(echo: str, as_json: bool) -> None:
    detail = sent(json_answer(400, {"error": echo}) if as_json else http_answer(400, echo)).detail
    assert "***" in detail or detail.startswith("x" * 290)
    assert "s3c" not in detail
    assert "odd" not in detail
    assert len(detail) <= 300


def test_echoed_credentials_are_no_message_id() -> None:
    assert sent(json_answer(200, {"details": {"uuid": f"id-{SECRET}"}})).message_id == ""


def test_an_error_nested_too_deeply_to_show() -> None:
    for depth in (900, 960, 980, 1000):
        result = sent(http_answer(400, '{"error": ' + "[" * depth + "]" * depth + "}"))
        assert (result.outcome, result.code) == (FAILED, "refused")


@pytest.mark.parametrize(
    ("script", "outcome", "code", "detail"),
    [
        (http_answer(200), CheckOutcome.VALID, "", ""),
        (json_answer(200, {"ok": False}), CheckOutcome.VALID, "", ""),
        (http_answer(200, PAGE), CheckOutcome.NOT_CHECKED, "wrong_address", ""),
        (http_answer(401), CheckOutcome.REJECTED, "credentials", ""),
        (json_answer(404, NO_PAIR), CheckOutcome.REJECTED, "credentials", NO_PAIR["message"]),
        (http_answer(404), CheckOutcome.NOT_CHECKED, "wrong_address", ""),
        (http_answer(302), CheckOutcome.NOT_CHECKED, "wrong_address", ""),
        (json_answer(202, {}), CheckOutcome.NOT_CHECKED, "unexpected", ""),
        (json_answer(403, {"message": "no"}), CheckOutcome.NOT_CHECKED, "unexpected", "no"),
        (http_answer(429), CheckOutcome.NOT_CHECKED, "slow_down", ""),
        (http_answer(500), CheckOutcome.NOT_CHECKED, "server_error", ""),
        (hang_up, CheckOutcome.NOT_CHECKED, "no_answer", ""),
    ],
)
def test_what_a_check_finds(script: Script, outcome: CheckOutcome, code: str, detail: str) -> None:
    with ScriptedServer(script) as server:
        result = APIDAZE.check_credentials(account(server.url), timeout=1)
    assert result == CheckResult(outcome, code=code, detail=detail)
    expected = (
        b"GET /key%2Fwith%3Fodd%26letters/validates?api_secret=s3cret%2Bwith%3Dodd%20letters HTTP/1.1\r\n"
    )
    assert server.requests[0].startswith(expected)


def test_a_check_where_nobody_listens() -> None:
    result = APIDAZE.check_credentials(account(f"http://127.0.0.1:{closed_port()}"), timeout=1)
    assert result == CheckResult(CheckOutcome.NOT_CHECKED, code="connection")
