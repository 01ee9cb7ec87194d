"""Keeps tokens out of every log line, whoever writes it."""

from __future__ import annotations

import logging
import re

_SLASH = r"(?:\\?/|%2F)"  # in JSON and in forms an address is escaped

# The token of a webhook's address, of a sign-in link or of a file's link, and the secret in the address of an
# ITSP's API. Where people fetch files, the address has a short number in that place.
_SECRETS = re.compile(
    rf"({_SLASH}webhooks{_SLASH}+[\w-]+{_SLASH}+|{_SLASH}welcome{_SLASH}+|{_SLASH}files{_SLASH}+(?=[\w%-]{{20}})"
    rf"|api_secret=)[^\s/&\"'?<>]+",
    re.IGNORECASE,
)


def mask(text: str) -> str:
    """The text with tokens cut to `***`."""
    return _SECRETS.sub(r"\1***", text)


class MaskSecrets(logging.Filter):
    """Masks the finished message of a log line, and the traceback's text with it."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except (TypeError, ValueError):  # a line with wrong arguments is still a line
            message = str(record.msg)
        masked = mask(message)
        if masked != message:
            record.msg, record.args = masked, None
        if record.exc_info:
            record.exc_text = mask(logging.Formatter().formatException(record.exc_info))
        return True
