"""Links by which an ITSP fetches a file: public, unguessable, ending with the file."""

from __future__ import annotations

import secrets
from urllib.parse import quote

from messaging.models import Attachment


def new_token() -> str:
    """256 bits, as 43 characters: the token is all that is between the internet and the file."""
    return secrets.token_urlsafe(32)


def address_of(origin: str, attachment: Attachment) -> str:
    """The link, ending with the file's name."""
    return f"{origin}/files/{attachment.link_token}/{quote(attachment.name, safe='')}"
