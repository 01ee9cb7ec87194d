"""What of a body stands in the webhook log."""

from __future__ import annotations

import base64
import io
import json
import os

import pytest

from channels_app.providers import get_provider

APIDAZE = get_provider("apidaze")
LONG = base64.b64encode(bytes(range(256)) * 4).decode()


def redacted(body: bytes | str | object, limit: int = 10_000) -> str:
    if not isinstance(body, (bytes, str)):
        body = json.dumps(body, ensure_ascii=False)
    return APIDAZE.redact_body(io.BytesIO(body.encode() if isinstance(body, str) else body), limit)


@pytest.mark.parametrize(
    "body",
    [
        b'{"type": "incomingWebhookSMS", "caller_id_number": 13057673260, "text": "Hello/you, \\"x\\""}',
        b"status=DELIVERED&to=13052314933&msgid=88",
        b"",
        b"nonsense ]} [",
        '{"text": "Grüße €😀"}'.encode(),
    ],
)
def test_a_short_body_stays_as_it_is(body: bytes) -> None:
    assert redacted(body) == body.decode()


def test_names_of_files_stay_and_their_contents_go() -> None:
    files = {"IMG_20240101_123456.jpg": LONG, "tiny.txt": "aGk=", "x.smil": ""}
    assert redacted({"files": repr(files), "text": "Look: 'this'", "to": "1"}) == (
        "{\"files\": \"{'IMG_20240101_123456.jpg': '<… 1,368 bytes cut>', 'tiny.txt': '<… 4 bytes cut>', "
        '\'x.smil\': \'\'}", "text": "Look: \'this\'", "to": "1"}'
    )


def test_files_as_json() -> None:
    assert redacted({"files": {"a b.txt": "aGk=", "c": LONG}}) == (
        '{"files": {"a b.txt": "<… 4 bytes cut>", "c": "<… 1,368 bytes cut>"}}'
    )
    listed = [
        {"filename": "a.txt", "base64": "aGk=", "content_type": "text/plain"},
        {"name": "b", "url": "https://x.example/b?c=d"},
        {"name": "c", "url": "data:text/plain,secret"},
    ]
    assert redacted({"media": listed}) == (
        '{"media": [{"filename": "a.txt", "base64": "<… 4 bytes cut>", "content_type": "text/plain"}, '
        '{"name": "b", "url": "https://x.example/b?c=d"}, {"name": "c", "url": "<… 22 bytes cut>"}]}'
    )
    urls = {"media_urls": ["https://x.example/1", "https:\\/\\/x.example\\/2"]}
    assert redacted(urls) == json.dumps(urls)


def test_json_within_a_json_string() -> None:
    assert redacted({"files": json.dumps({"a.txt": "aGk=", "b.jpg": LONG}), "text": "x"}) == (
        r'{"files": "{\"a.txt\": \"<… 4 bytes cut>\", \"b.jpg\": \"<… 1,368 bytes cut>\"}", "text": "x"}'
    )


def test_files_in_a_form() -> None:
    assert (
        redacted("to=1&files=%7B%27a.txt%27%3A%27aGk%3D%27%7D&text=x") == "to=1&files=<… 32 bytes cut>&text=x"
    )
    encoded = LONG.replace("/", "%2F").replace("+", "%2b").replace("=", "%3D")
    assert redacted(f"to=1&what={encoded}&text=x") == f"to=1&what=<… {len(encoded):,} bytes cut>&text=x"


@pytest.mark.parametrize("separator", ["\n", r"\n", r"\r\n", "\r\n"])
def test_base64_in_lines_is_one_piece(separator: str) -> None:
    wrapped = separator.join(LONG[start : start + 76] for start in range(0, len(LONG), 76))
    assert redacted(f'{{"x": "{wrapped}", "y": 1}}') == f'{{"x": "<… {len(wrapped):,} bytes cut>", "y": 1}}'


@pytest.mark.parametrize("escape", ["/", r"\/"])
def test_no_part_of_a_large_file_is_left(escape: str) -> None:
    for offset in range(60):
        content = base64.b64encode(os.urandom(100_000)).decode().replace("/", escape)
        text = redacted('{"' + "p" * offset + '": "' + content + '", "y": 1}')
        assert text == '{"' + "p" * offset + f'": "<… {len(content):,} bytes cut>", "y": 1}}'


def test_no_part_of_a_file_is_left_where_two_pieces_meet() -> None:
    words = "word " * (64 * 1024 // 5 - 10)
    for offset in range(70):
        text = redacted(words + "." * offset + " " + LONG, 100_000)
        assert text == words + "." * offset + " <… 1,368 bytes cut>"


def test_a_body_cut_off_within_a_file() -> None:
    assert redacted("{\"files\": \"{'a.txt': 'aGVsbG8g") == "{\"files\": \"{'a.txt': '<… 8 bytes cut>"


@pytest.mark.parametrize("limit", [-1, 0, 1, 2, 100])
def test_never_more_than_the_limit(limit: int) -> None:
    text = redacted("word " * 50_000, limit)
    assert len(text) == max(limit, 0)
    assert not text or text.endswith("…")
    assert len(redacted("a b" * 33, 99)) == 99
    assert redacted("a b" * 33, 99).endswith("b")


def test_it_is_always_text_for_a_database() -> None:
    text = redacted(b"\xff\x00\xc3 \xed\xa0\x80 a")
    assert "\x00" not in text
    text.encode()
    assert text.endswith(" a")


def test_a_stream_that_breaks_gives_what_came() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if piece := super().read(size):
                return piece
            raise OSError

    assert APIDAZE.redact_body(Broken(b"some words"), 100) == "some words"
