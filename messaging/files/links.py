"""File links, from which an ITSP fetches what is sent to a customer. The token in the address is the only secret."""

from __future__ import annotations

import re
import secrets
from urllib.parse import quote

from messaging.models import Attachment

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """An unguessable token: 256 bits in 43 characters that need no escaping in an address."""
    return secrets.token_urlsafe(32)


def address_of(origin: str, attachment: Attachment) -> str:
    """The link of a file on an origin such as `https://sms.example.com`; it ends with the file's name.

    Raises `ValueError` for a file without a link: one that a customer sent.
    """
    if not attachment.link_token:
        raise ValueError(f"file {attachment.pk} has no link")
    return f"{origin}/files/{attachment.link_token}/{quote(attachment.name, safe='')}"


def find(token: str) -> Attachment | None:
    """The file of a link, expired or not. At most one query, and none for what can't be a token."""
    if not _TOKEN.fullmatch(token):
        return None
    # The second condition repeats the index's own: without it SQLite reads every row.
    return Attachment.objects.filter(link_token=token).exclude(link_token="").order_by("pk").first()
