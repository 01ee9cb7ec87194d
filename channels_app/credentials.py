"""ITSPs' credentials at rest: encrypted with keys of their own, apart from Django's."""

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
    """The credentials encrypted with the first key, ready to be stored."""
    return _current().encrypt(json.dumps(dict(credentials)).encode()).decode()


def decrypt(stored: str) -> dict[str, str]:
    """The decrypted credentials; {} if none are stored. Raises `CredentialsUnreadableError`."""
    if not stored:
        return {}
    try:
        plain = json.loads(_current().decrypt(stored.encode()))
    except (InvalidToken, ValueError):
        raise CredentialsUnreadableError from None  # the cause may quote what could not be read
    return {str(name): str(value) for name, value in plain.items()}
