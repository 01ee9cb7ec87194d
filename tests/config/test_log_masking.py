"""Tokens and secrets in addresses reach no log line."""

import logging

import pytest

from config.log_masking import MaskSecrets, mask

LINK = "AbC-1_2" + 36 * "x"  # the token of a file's link


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("POST /webhooks/apidaze/AbC-1_2/ 404", "POST /webhooks/apidaze/***/ 404"),
        ("Not Found: /webhooks/apidaze/AbC-1_2", "Not Found: /webhooks/apidaze/***"),
        ("GET /welcome/xyz/", "GET /welcome/***/"),
        (
            "https://api.example/KEY/sms/send?api_secret=s%2Fx&a=1",
            "https://api.example/KEY/sms/send?api_secret=***&a=1",
        ),
        ("GET /Webhooks//apidaze/AbC-1_2/", "GET /Webhooks//apidaze/***/"),
        (f"GET /files/{LINK}/IMG_1.jpg 503", "GET /files/***/IMG_1.jpg 503"),
        (f"https://sms.example.com:8443/files/{LINK}", "https://sms.example.com:8443/files/***"),
        (f"GET /Files//{LINK}/a.jpg", "GET /Files//***/a.jpg"),
        (
            f'{{"error": "no https:\\/\\/x.example\\/files\\/{LINK}\\/a"}}',
            '{"error": "no https:\\/\\/x.example\\/files\\/***/a"}',
        ),
        (
            f"file_urls%5B0%5D=https%3A%2F%2Fx%2Ffiles%2F{LINK}%2Fa.jpg&b=1",
            "file_urls%5B0%5D=https%3A%2F%2Fx%2Ffiles%2F***&b=1",
        ),
        (
            "callback=https%3A%2F%2Fx%2Fwebhooks%2Fapidaze%2FAbC-1_2&b=1",
            "callback=https%3A%2F%2Fx%2Fwebhooks%2Fapidaze%2F***&b=1",
        ),
        ("GET /inbox/5/files/7/preview/ 200", "GET /inbox/5/files/7/preview/ 200"),
        ("/data/files/2026/03/01/0123456789abcdef", "/data/files/2026/03/01/0123456789abcdef"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_what_is_cut(line, masked):
    assert mask(line) == masked


def test_arguments_and_tracebacks_are_masked_too():
    try:
        raise ValueError("at /webhooks/apidaze/AbC-1_2/")
    except ValueError as error:
        record = logging.LogRecord(
            "x",
            logging.ERROR,
            __file__,
            1,
            "failed: %s",
            ("/welcome/xyz/",),
            (ValueError, error, error.__traceback__),
        )

    MaskSecrets().filter(record)

    line = logging.Formatter().format(record)
    assert "failed: /welcome/***/" in line
    assert "AbC-1_2" not in line
