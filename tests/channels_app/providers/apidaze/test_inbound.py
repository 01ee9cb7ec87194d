"""What Apidaze's webhook brings, in every known form and in many unknown ones."""

from __future__ import annotations

import hashlib
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_app.providers import get_provider
from channels_app.providers.base import InboundMessage, NotAMessageError, NotUnderstoodError

APIDAZE = get_provider("apidaze")
TEXT = {"caller_id_number": "13057673260", "destination_number": "13052314933", "text": "Hello"}


def parse(body: bytes | dict[str, Any], content_type: str = "application/json") -> InboundMessage:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return APIDAZE.parse_inbound(io.BytesIO(raw), {"Content-Type": content_type})


def refusal(body: bytes | dict[str, Any]) -> str:
    with pytest.raises(NotUnderstoodError) as caught:
        parse(body)
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_the_known_text() -> None:
    message = parse({"type": "incomingWebhookSMS", **TEXT})
    assert message == InboundMessage(sender="+13057673260", recipient="+13052314933", text="Hello")


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_json_under_another_content_type(content_type: str) -> None:
    assert parse(TEXT, content_type).text == "Hello"


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ('"13057673260"', "+13057673260"),
        ('"+13057673260"', "+13057673260"),
        ('" +1 (305) 767-3260 "', "+13057673260"),
        ('"0013057673260"', "+13057673260"),
        ("13057673260", "+13057673260"),
        ("13057673260.0", "+13057673260"),
        ("1.3057673260e10", "+13057673260"),
        ("1.3057673260E+10", "+13057673260"),
        ('"420601123456"', "+420601123456"),
        ('"+390236618300"', "+390236618300"),
        ('"12345"', "12345"),
        ("12345", "12345"),
        ('"1234567"', "1234567"),
        ('"3057673260"', "3057673260"),
        ('"999999999999999"', "999999999999999"),
        ('"13057673260123456"', "13057673260123456"),
        ('"+1305767"', "+1305767"),
        ('" Google "', "Google"),
        (
            '"\u0661\u0663\u0660\u0665\u0667\u0666\u0667\u0663\u0662\u0666\u0660"',
            "\u0661\u0663\u0660\u0665\u0667\u0666\u0667\u0663\u0662\u0666\u0660",
        ),
        ('"' + "x" * 40 + '"', "x" * 32),
        ('"' + " " * 40 + '1"', "1"),
        (r'"\u0000G\ud800"', "G\ufffd"),
        ("-5", "-5"),
        ("1e400", "1e400"),
        ("1.5", "1.5"),
    ],
)
def test_numbers(raw: str, number: str) -> None:
    message = parse(f'{{"caller_id_number": {raw}, "destination_number": {raw}, "text": "x"}}'.encode())
    assert (message.sender, message.recipient) == (number, number)


@pytest.mark.parametrize(
    "raw", ["null", '""', '" "', "[1]", "{}", "true", "false", "NaN", "-Infinity", "1" + "0" * 100_000]
)
def test_a_number_that_is_none(raw: str) -> None:
    assert parse(f'{{"from": {raw}, "to": "13052314933", "text": "x"}}'.encode()).sender == "unknown"
    assert refusal(f'{{"to": {raw}, "text": "x"}}'.encode()) == "There is no destination number."


def test_a_missing_number() -> None:
    assert parse({"destination_number": "13052314933", "text": "x"}).sender == "unknown"
    assert refusal({"caller_id_number": "13052314933", "text": "x"}) == "There is no destination number."


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (r'"a\r\nb\rc\nd"', "a\nb\nc\nd"),
        ('"a\r\nb\tc"', "a\nb\tc"),
        (r'"a\u0000b\ud83d\ude00 \ud83d!"', "ab😀 \ufffd!"),
        (r'"\"\\\/"', '"\\/'),
        ("123", "123"),
        ("0123.50", "0123.50"),
        ('" "', " "),
    ],
)
def test_texts(raw: str, text: str) -> None:
    assert parse(f'{{"to": "13052314933", "text": {raw}}}'.encode()).text == text


def test_a_text_in_broken_utf8() -> None:
    assert parse(b'\xef\xbb\xbf {"to": "13052314933", "text": "a\xffb\xc3"}').text == "a\ufffdb\ufffd"


@pytest.mark.parametrize("character", ["x", "ü", "😀", "\\"])
def test_a_text_that_is_far_too_long_is_cut(character: str) -> None:
    for ascii_only in (True, False):
        raw = json.dumps({**TEXT, "text": character * 3_000_000}, ensure_ascii=ascii_only).encode()
        assert parse(raw).text == character * 65_536


@pytest.mark.parametrize("text", [None, "", [], {}, True, ["x"]])
def test_neither_text_nor_files(text: object) -> None:
    assert refusal({**TEXT, "text": text, "files": "{}"}) == "There is neither text nor a file."


@pytest.mark.parametrize(
    ("extra", "message_id"),
    [
        ({"id": "a-1"}, "a-1"),
        ({"uuid": 10**40}, "1" + "0" * 40),
        ({"message_uuid": " b "}, "b"),
        ({"reference_id": "x" * 200}, "x" * 128),
        ({"id": None, "uuid": "c"}, "c"),
        ({"id": {"a": 1}}, ""),
        ({}, ""),
    ],
)
def test_message_ids(extra: dict[str, Any], message_id: str) -> None:
    assert parse({**TEXT, **extra}).message_id == message_id


@pytest.mark.parametrize("name", ["files", "media", "media_urls"])
@pytest.mark.parametrize(
    "raw",
    [
        "\"{'IMG_1.jpg': 'QUJD', 'x.smil': 'QUJD'}\"",
        '{"IMG_1.jpg": "QUJD"}',
        '[{"filename": "a \\"x\\" ]}", "base64": "QUJD"}]',
        '["https://a.example/1"]',
        '"' + "QUJD" * 50_000 + '"',
        '"' + r"\\\"\/" * 50_000 + '"',
        "[" + ",".join(['{"data": "QUJD"}'] * 10_000) + "]",
        "[" * 100_000 + "1" + "]" * 100_000,
    ],
    ids=["python_dict", "object", "objects", "urls", "long", "escapes", "many", "deep"],
)
def test_files(name: str, raw: str) -> None:
    body = f'{{"text": null, "to": 13052314933, "{name}" : {raw} , "id": 5}}'.encode()
    message = parse(body)
    assert message.has_files
    assert message.files_digest == hashlib.sha256(raw.encode()).hexdigest()
    assert (message.text, message.message_id) == ("", "5")


@pytest.mark.parametrize(
    "raw", ['""', "{}", "[]", "null", '"{}"', '"[]"', " [ ] ", '[""]', '"None"', "false", '" "']
)
def test_no_files(raw: str) -> None:
    message = parse(f'{{"to": 13052314933, "text": "x", "files": {raw}}}'.encode())
    assert (message.has_files, message.files_digest) == (False, "")


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_stream_that_gives_little_at_a_time(size: int) -> None:
    class Slow(io.BytesIO):
        def read(self, _: int | None = -1) -> bytes:
            return super().read(size)

    body = rb'{"a": [1, {"b": "]\\"}], "to": "13052314933", "text": "\u00fc\\\"x", "files": "{\"a\": \"QUJD\"}"} '
    message = APIDAZE.parse_inbound(Slow(body), {})
    assert message == parse(body)
    assert (message.text, message.has_files) == ('ü\\"x', True)


@pytest.mark.parametrize(
    "body",
    [
        b"status=DELIVERED&to=13052314933&msgid=88",
        b'{"status": "delivered", "to": "13052314933", "msgid": 88}',
        b"to=13052314933&status=&text=",
    ],
)
def test_a_delivery_report_is_no_message(body: bytes) -> None:
    with pytest.raises(NotAMessageError):
        parse(body)


def test_a_message_as_a_form() -> None:
    body = b"caller_id_number=13057673260&destination_number=%2B13052314933&text=Hi+%E2%82%AC%0D%0A%00&files=%7B%7D\r\n"
    assert parse(body) == InboundMessage("+13057673260", "+13052314933", "Hi €\n")


def test_files_in_a_form() -> None:
    message = parse(b"to=13052314933&files=%7B%27a.jpg%27%3A%27QUJD%27%7D&x&=&text=")
    assert (message.has_files, message.text) == (True, "")


def test_a_form_with_more_fields_than_anybody_sends() -> None:
    assert refusal(b"a=1" + b"&a=1" * 10_000) == "The form has more than 10,000 fields."


def test_harmless_mistakes_in_json() -> None:
    assert parse(b' {"to":"13052314933" "text":"x",,} trailing {').text == "x"
    assert parse(b'{"text": "a", "to": "13052314933", "text": "b"}').text == "b"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "The body is empty."),
        (b" \r\n\xef\xbb\xbf", "The body is empty."),
        (b"hello", "The body is neither a JSON object nor a form."),
        (b'"x"', "The body is neither a JSON object nor a form."),
        (b"[" * 100_000, "The body is neither a JSON object nor a form."),
        (b'[{"to": "13052314933", "text": "x"}]', "The body is neither a JSON object nor a form."),
        (b"\x1f\x8b\x08\x00", "The body is neither a JSON object nor a form."),
        (b"{", "The JSON ends early."),
        (b'{"text', "The JSON ends early, inside a string."),
        (b'{"text": "a\\', "The JSON ends early, inside a string."),
        (b'{"to": "13052314933", "text": "x", "files": "QUJD', "The JSON ends early, inside a string."),
        (b'{"a": ' + b"[" * 100_000, "The JSON ends early, inside a list or an object."),
        (b'{"to": "13052314933", "text": "x"', "The JSON ends early."),
        (b'{"to": 1x}', "The body is not JSON: a value is missing or malformed."),
        (b'{"to": 01x, "text": "a"}', "The body is not JSON: a value is missing or malformed."),
        (b'{"to": "\\x"}', "The body is not JSON: a string is malformed."),
        (b"{1: 2}", "The body is not JSON: a field's name is missing."),
        (b'{"to" "x"}', "The body is not JSON: a colon is missing."),
        (b'{"a":1' + b',"a":1' * 10_000 + b"}", "The JSON object has more than 10,000 fields."),
        (b"{]", "The body is not JSON: a field's name is missing."),
    ],
)
def test_what_cannot_be_understood(body: bytes, sentence: str) -> None:
    assert refusal(body) == sentence


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(
    st.fixed_dictionaries(
        {"destination_number": VALUES, "text": VALUES}, optional={"files": VALUES, "other": VALUES}
    ),
    st.booleans(),
)
def test_whatever_json_is_read_as_python_reads_it(fields: dict[str, Any], ascii_only: bool) -> None:
    raw = json.dumps(fields, ensure_ascii=ascii_only).encode("utf-8", "replace")
    text = json.loads(raw)["text"]
    try:
        message = parse(raw)
    except (NotUnderstoodError, NotAMessageError):
        return
    if isinstance(text, str) and ascii_only and "\x00" not in text:
        expected = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        assert message.text == expected.replace("\r\n", "\n").replace("\r", "\n")
    assert message.recipient
    (message.text + message.sender + message.recipient).encode()
