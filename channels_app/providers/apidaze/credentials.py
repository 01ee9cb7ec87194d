"""An Apidaze account's key and secret, and the addresses that carry them."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote

from ..base import Account, CredentialField

FIELDS: tuple[CredentialField, ...] = (
    CredentialField("api_key", "API Key"),
    CredentialField("api_secret", "Secret"),
)


@dataclass(frozen=True, slots=True)
class Credentials:
    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)

    @classmethod
    def of(cls, account: Account) -> Credentials | None:
        """The account's key and secret, or None where one is missing, or the key can't be part of a path."""
        key, secret = ((account.credentials.get(each.name) or "").strip() for each in FIELDS)
        return cls(key, secret) if key.strip(".") and secret else None

    @property
    def secrets(self) -> tuple[str, str]:
        return self.api_key, self.api_secret

    def target(self, action: str) -> str:
        """The path and query of an action of the API. They hold the secret: for the HTTP client only."""
        key, secret = (quote(each, safe="", errors="replace") for each in self.secrets)
        return f"/{key}/{action}?api_secret={secret}"
