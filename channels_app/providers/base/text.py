"""Text from outside, made fit for a database."""

from __future__ import annotations

import re

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str, limit: int) -> str:
    """At most `limit` characters of `text`: no NUL (PostgreSQL refuses it), lone surrogates as U+FFFD."""
    if _UNSTORABLE.search(text):
        text = text.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text[:limit]
