"""The exact request that Apidaze gets for a message."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from channels_app.providers import get_provider
from channels_app.providers.base import Account, OutboundMessage, SendOutcome
from tests.support.scripted_server import ScriptedServer, json_answer

APIDAZE = get_provider("apidaze")


def request_for(
    message: OutboundMessage, *, key: str = "k", secret: str = "s", path: str = ""
) -> tuple[str, str]:
    """The request line and the body that arrive."""
    with ScriptedServer() as server:
        account = Account(server.url + path, {"api_key": key, "api_secret": secret})
        result = APIDAZE.send(account, message, depart=lambda: None, timeout=5)
    assert result.outcome is SendOutcome.SENT
    assert result.message_id == "0d706ee2"
    head, _, body = server.requests[0].decode("ascii").partition("\r\n\r\n")
    return head.partition("\r\n")[0], body


def test_a_text() -> None:
    line, body = request_for(OutboundMessage("+14102161183", "+13057673260", "Hi & bye + 5€\nü"))
    assert line == "POST /k/sms/send?api_secret=s HTTP/1.1"
    assert body == "from=14102161183&to=13057673260&body=Hi+%26+bye+%2B+5%E2%82%AC%0A%C3%BC"


def test_an_alphanumeric_sender_and_a_short_code_stay_as_they_are() -> None:
    _, body = request_for(OutboundMessage("My Shop", "12345", "x"))
    assert parse_qsl(body) == [("from", "My Shop"), ("to", "12345"), ("body", "x")]


def test_files() -> None:
    urls = ("https://a.example/1?x=1&y=2", "https://a.example/2")
    _, body = request_for(OutboundMessage("+14102161183", "+13057673260", "A file", urls))
    assert parse_qsl(body) == [
        ("from", "14102161183"),
        ("to", "13057673260"),
        ("body", "A file"),
        ("message_type", "MMS"),
        ("file_urls[0]", urls[0]),
        ("file_urls[1]", urls[1]),
    ]


@pytest.mark.parametrize(
    ("key", "secret", "target"),
    [
        ("a/b?c#d", "e&f=g h", "/a%2Fb%3Fc%23d/sms/send?api_secret=e%26f%3Dg%20h"),
        (" k ", " s\n", "/k/sms/send?api_secret=s"),
        ("%2F", "%", "/%252F/sms/send?api_secret=%25"),
        ("k\r\nHost: x", "ü", "/k%0D%0AHost%3A%20x/sms/send?api_secret=%C3%BC"),
        ("k\ud800", "s", "/k%3F/sms/send?api_secret=s"),
    ],
)
def test_key_and_secret_are_quoted(key: str, secret: str, target: str) -> None:
    line, _ = request_for(OutboundMessage("+14102161183", "+13057673260", "x"), key=key, secret=secret)
    assert line == f"POST {target} HTTP/1.1"


@pytest.mark.parametrize(
    ("path", "prefix"), [("/", ""), ("/v1", "/v1"), ("/v1//", "/v1"), ("/a b", "/a%20b"), ("/%20x", "/%20x")]
)
def test_the_base_url_may_have_a_path(path: str, prefix: str) -> None:
    line, _ = request_for(OutboundMessage("+14102161183", "+13057673260", "x"), path=path)
    assert line == f"POST {prefix}/k/sms/send?api_secret=s HTTP/1.1"


def test_a_text_that_is_no_unicode_leaves_all_the_same() -> None:
    _, body = request_for(OutboundMessage("+14102161183", "+13057673260", "a\ud800b"))
    assert body.endswith("body=a%3Fb")


def test_the_link_of_a_file_is_masked_in_what_the_itsp_says() -> None:
    token = "T0ken-" + "x" * 37
    link = f"https://sms.example.com/files/{token}/a.png"
    message = OutboundMessage("+14102161183", "+13057673260", "A file", (link,))
    with ScriptedServer(json_answer(422, {"message": f"can't fetch {link} ({link!r})"})) as server:
        account = Account(server.url, {"api_key": "k", "api_secret": "s"})
        result = APIDAZE.send(account, message, depart=lambda: None, timeout=5)
    assert "can't fetch" in result.detail
    assert token not in result.detail
