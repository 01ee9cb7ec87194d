"""Credentials at rest: encrypted with keys of their own, apart from Django's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class CredentialsUnreadableError(Exception):
    """The stored credentials can't be decrypted with any of `CREDENTIALS_KEY`."""


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _current() -> MultiFernet:
    return _fernet(tuple(settings.CREDENTIALS_KEYS))


def encrypt(credentials: Mapping[str, str]) -> str:
    """What may be stored: the credentials under the first key."""
    return _current().encrypt(json.dumps(dict(credentials)).encode()).decode()


def decrypt(stored: str) -> dict[str, str]:
    """The credentials again; {} where none are stored. Raises `CredentialsUnreadableError`."""
    if not stored:
        return {}
    try:
        plain = json.loads(_current().decrypt(stored.encode()))
    except (InvalidToken, ValueError):
        raise CredentialsUnreadableError from None  # the cause may quote what it could not read
    return {str(name): str(value) for name, value in plain.items()}
