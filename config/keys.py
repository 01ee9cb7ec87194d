"""The portal's two keys: made and kept in the data folder while trying out, from the environment in production."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured


def kept_key(folder: Path, name: str, make: Callable[[], str]) -> str:
    """The key kept in `folder`/`name`, made on the first call.

    Processes that start together agree: the file appears whole, once, readable by its owner only.
    """
    path = folder / name
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f".{name}.{secrets.token_hex(8)}"
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(make())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # fails if another process was first: then its key counts
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text().strip()


def secret_key(given: str, folder: Path, *, may_make: bool) -> str:
    """Django's secret key. Raises `ImproperlyConfigured` if none is given and none may be made."""
    if given:
        return given
    if not may_make:
        raise ImproperlyConfigured("SECRET_KEY must be set when DEBUG=0: 50 or more random characters.")
    return kept_key(folder, "secret_key", lambda: secrets.token_urlsafe(50))


def credentials_keys(given: list[str], folder: Path, *, may_make: bool) -> list[str]:
    """The Fernet keys for ITSPs' credentials: the first encrypts, all decrypt.

    Raises `ImproperlyConfigured` where there is none, or one is no Fernet key; the text holds no key.
    """
    keys = [key.strip() for key in given if key.strip()]
    if not keys and may_make:
        keys = [kept_key(folder, "credentials_key", lambda: Fernet.generate_key().decode())]
    hint = 'Make one with: python -c "from cryptography.fernet import Fernet as F; print(F.generate_key().decode())"'
    if not keys:
        raise ImproperlyConfigured(f"CREDENTIALS_KEY must be set when DEBUG=0. {hint}")
    for place, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError:
            raise ImproperlyConfigured(
                f"CREDENTIALS_KEY number {place} is no key of 32 bytes in URL-safe base64. {hint}"
            ) from None
    return keys
