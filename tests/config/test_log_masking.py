"""Tokens and secrets in addresses reach no log line."""

import logging

import pytest

from config.log_masking import MaskSecrets, mask


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
