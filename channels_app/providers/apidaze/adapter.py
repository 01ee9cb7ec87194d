"""Apidaze as a provider: the names of things, and where each of them is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import BinaryIO

from ..base import Account, CheckResult, FoundFile, InboundMessage, OutboundMessage, SendResult
from . import checking, credentials, inbound, sending


class Apidaze:
    """The messaging API of Apidaze (Voip Innovations)."""

    slug = "apidaze"
    label = "Apidaze"
    credential_fields = credentials.FIELDS
    requires_accompanying_text = True
    default_base_url = "https://api.apidaze.io"

    def send(
        self, account: Account, message: OutboundMessage, *, depart: Callable[[], None], timeout: float
    ) -> SendResult:
        return sending.send(account, message, depart=depart, timeout=timeout)

    def check_credentials(self, account: Account, *, timeout: float) -> CheckResult:
        return checking.check_credentials(account, timeout=timeout)

    def parse_inbound(self, stream: BinaryIO, headers: Mapping[str, str]) -> InboundMessage:
        return inbound.parse_inbound(stream, headers)

    def read_files(self, stream: BinaryIO, open_file: Callable[[], BinaryIO]) -> list[FoundFile]:
        return inbound.read_files(stream, open_file)

    def redact_body(self, stream: BinaryIO, limit: int) -> str:
        return inbound.redact_body(stream, limit)
